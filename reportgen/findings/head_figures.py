"""Figures of heads over all texts: what special tokens get, and how wide attention spreads."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan, nan

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.findings.attention import takes_part
from reportgen.findings.statistics import Booleans, Floats
from reportgen.results import LEARNED_SHARE, Results


@dataclass(frozen=True, slots=True, eq=False)
class HeadShares:
    """What special tokens get in each head, mean over texts; NaN where no text has a value."""

    share: Floats  # [layer, head]
    even: Floats  # [layer, head], what they would get with equal shares

    @property
    def by_layer(self) -> Floats:
        """`[layer]`: the share of all special tokens, mean over heads."""
        means: Floats = self.share.mean(axis=1)
        return means

    @property
    def even_by_layer(self) -> Floats:
        """`[layer]`: the share they would get if attention were spread evenly."""
        means: Floats = self.even.mean(axis=1)
        return means

    @property
    def best(self) -> int:
        """The layer (from 1) in which their share is largest."""
        return int(self.by_layer.argmax()) + 1

    @property
    def most(self) -> float:
        """Their share in that layer."""
        return float(self.by_layer[self.best - 1])

    @property
    def mean(self) -> float:
        """The share, mean over layers and heads."""
        return float(self.share.mean())

    @property
    def even_mean(self) -> float:
        """The share they would get if attention were spread evenly, mean over layers and heads."""
        return float(self.even.mean())


def head_shares(results: Results) -> HeadShares:
    """What special tokens get in each head, mean over texts."""
    return HeadShares(*(_head_means(results, name) for name in ("special_share", "uniform_share")))


def spread_means(results: Results) -> Mapping[str, float]:
    """How widely attention is spread, mean over the texts that the notes count; NaN without values.

    By the name of the flat figure. Where no text is long enough to count, all do.
    """
    counted = takes_part(results)
    if not counted.any():
        counted = results.analysed

    def of_texts(name: str) -> Floats:
        values: Floats = results.texts[name].to_numpy(np.float64, na_value=np.nan)[counted]
        return values

    def of_heads(name: str) -> float:
        values = results.head_values(name)
        return _mean(values if counted.all() else values[counted])  # not copied without need

    return {
        "entropy_mean": of_heads("entropy"),
        "distance_mean": of_heads("distance"),
        "effective_tokens_mean": _mean(of_texts("effective_tokens")),
        "effective_content_mean": _mean(of_texts("effective_content")),
    }


def _mean(values: NDArray[np.float32] | Floats) -> float:
    """The mean of the finite values; NaN if there is none."""
    known = np.isfinite(values)
    return float(values.mean(dtype=np.float64, where=known)) if known.any() else nan


def entropy_by_head(results: Results) -> Floats:
    """`[layer, head]`: entropy of attention, mean over texts."""
    return _head_means(results, "entropy")


def role_shares(results: Results) -> Mapping[str, Floats]:
    """`[layer]` by key of a role: the share it gets, mean over the texts that count.

    Where no text is long enough to count, all do; a role that no text has is left out.
    """
    counted = takes_part(results)
    shares: dict[str, Floats] = {}
    for role in results.info.roles:
        text, layer, share = results.of_role(role.key, "text", "layer", "share")
        if counted.any():
            takes = counted[text.astype(np.intp)]
            layer, share = layer[takes], share[takes]
        if len(share):
            means = pd.Series(share.astype(np.float32)).groupby(layer.astype(np.intp)).mean()
            shares[role.key] = np.asarray(means, np.float64)
    return shares


def text_means(results: Results, name: str) -> Floats:
    """`[text]`, a figure of the heads, mean over layers and heads; NaN where it has no value."""
    means: Floats = results.head_values(name).mean(axis=(1, 2), dtype=np.float64)
    return means


def _head_means(results: Results, name: str) -> Floats:
    """`[layer, head]`, a figure of the heads, mean over the texts that the notes count; NaN where
    none has a value."""
    values = results.head_values(name)
    return column_means(values, counted_texts(results, values))


def column_means(values: NDArray[np.float32] | Floats, texts: Booleans) -> Floats:
    """`[layer, head]`: means of `[text, layer, head]` over `texts`; NaN where these are none."""
    if not texts.any():
        return np.full(values.shape[1:], np.nan)
    means: Floats = values.mean(axis=0, dtype=np.float64, where=texts[:, None, None])
    return means


def counted_texts(results: Results, values: NDArray[np.float32]) -> Booleans:
    """`[text]`: whether a text has values (`[text, layer, head]`) and counts in the notes.

    Where no text counts in the notes, all with values do.
    """
    whole = np.asarray(np.isfinite(values).all(axis=(1, 2)), dtype=np.bool_)
    counted = whole & takes_part(results)
    return counted if counted.any() else whole


@dataclass(frozen=True, slots=True, eq=False)
class TextShares:
    """The share that special tokens get in each text and their share with equal shares, mean over
    layers and heads, `[text]` each; NaN for texts without."""

    share: Floats
    even: Floats

    def get(self, text: int) -> tuple[float, float] | None:
        """Both shares of row `text` of `texts`; None if it was not analysed, or the model has no
        special token."""
        shares = float(self.share[text]), float(self.even[text])
        return None if isnan(shares[0]) or isnan(shares[1]) else shares


def shares_by_text(results: Results) -> TextShares:
    """What special tokens get in each text."""
    return TextShares(*(text_means(results, name) for name in ("special_share", "uniform_share")))


def learned_by_text(results: Results) -> Mapping[int, float]:
    """The share that learned sinks get in each text, by row of `texts`, mean over layers and heads;
    empty for models without any."""
    if not results.has_learned_sink:
        return {}
    rows = results.layer_columns("text", LEARNED_SHARE)
    means = rows.groupby("text")[LEARNED_SHARE].mean().dropna()
    return dict(zip(means.index.tolist(), means.tolist(), strict=True))
