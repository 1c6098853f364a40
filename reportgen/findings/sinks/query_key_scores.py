"""How much of a sink's lead every query gives it alike, over the texts whose scores were measured.

The lead of a token is its score less the mean score of the other text tokens, for one text token
that asks (`analysis/evidence/sinks/query_key_scores.py`). Its mean square over all that ask is the
square of its mean, which all give it alike, and its variance, by which they differ. What is said to
be alike is the part of the mean square that is the square of the mean: 1 where all queries give it
the same lead, 0 where the leads of those that prefer it and of those that avoid it cancel.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reportgen.findings.attention import excess
from reportgen.findings.statistics import (
    Estimate,
    Floats,
    Places,
    estimates,
    intervals_of,
    measured,
)
from reportgen.results import SINK_EXCESS, Results


@dataclass(frozen=True, slots=True)
class HeadScores:
    """One head that makes a token a sink."""

    head: int  # from 1
    share: float  # of the attention of text tokens, mean over texts
    lead: float  # mean over the texts
    alike: float  # 0..1


@dataclass(frozen=True, slots=True)
class SinkScores:
    """The scores of one token in the heads of one layer that make it a sink.

    Figures of several heads are means weighted by the attention that each gives the token.
    """

    layer: int  # from 1
    n_texts: int
    heads: tuple[HeadScores, ...]
    alike: Estimate
    lead: Estimate
    # A text token's being 1; None where they are not known.
    key_size: Estimate | None
    value_size: Estimate | None
    # Cosine to the mean query of the text tokens, of the token's key and of a text token's.
    key_cosine: Estimate | None
    text_cosine: Estimate | None


def sink_scores(results: Results) -> Mapping[str, Mapping[int, SinkScores]]:
    """The scores of each possible sink, by the key of its Subject and by layer.

    Heads count that give it SINK_EXCESS or more beyond the equal share, mean over the texts. Layers
    without such a head are left out, and so is a token that no layer has.
    """
    scores: dict[str, dict[int, SinkScores]] = {}
    for _, rows in results.sink_scores.groupby(["subject", "layer"], sort=True):
        key, layer = str(rows["subject"].iloc[0]), int(rows["layer"].iloc[0])
        layer_scores = _in_layer(layer, rows, results.info.model.n_heads)
        if layer_scores is not None:
            scores.setdefault(key, {})[layer] = layer_scores
    return scores


def _in_layer(layer: int, rows: pd.DataFrame, n_heads: int) -> SinkScores | None:
    """The scores of one token in one layer; `rows` have all heads of each text."""

    def column(name: str) -> Floats:
        """`[text, head]`."""
        return rows[name].to_numpy(np.float64, na_value=np.nan).reshape(-1, n_heads)

    shares = column("share")
    beyond = excess(shares, column("expected")).mean(axis=0)
    heads: Places = np.flatnonzero(beyond >= SINK_EXCESS)
    if not len(heads):
        return None
    shares = shares[:, heads]
    leads, squares = column("lead")[:, heads], column("lead_square")[:, heads]
    alike = _alike(leads.mean(axis=0), squares.mean(axis=0))
    weights = shares.mean(axis=0)
    interval, *_ = intervals_of(_pooled, leads, squares, shares)
    return SinkScores(
        layer=layer,
        n_texts=len(shares),
        heads=tuple(
            HeadScores(int(head) + 1, float(weights[i]), float(leads[:, i].mean()), float(alike[i]))
            for i, head in enumerate(heads)
        ),
        alike=Estimate(float(alike @ weights / weights.sum()), interval, len(shares)),
        lead=estimates((leads @ weights / weights.sum())[:, None])[0],
        key_size=_weighted(column("key_size")[:, heads], weights),
        value_size=_weighted(column("value_size")[:, heads], weights),
        key_cosine=_weighted(column("key_cosine")[:, heads], weights),
        text_cosine=_weighted(column("text_cosine")[:, heads], weights),
    )


def _alike(lead: Floats, square: Floats) -> Floats:
    """The part of the mean squares that is the square of the mean leads; 0 where the mean is not
    above 0, so that there is no lead that all give."""
    part = np.zeros_like(lead)
    np.divide(np.maximum(lead, 0.0) ** 2, square, out=part, where=square > 0)
    return np.minimum(part, 1.0)


def _pooled(lead: Floats, square: Floats, share: Floats) -> Floats:
    """`[resample, 1]`: the same of all heads together, from means `[resample, head]`."""
    pooled: Floats = (_alike(lead, square) * share).sum(axis=1) / share.sum(axis=1)
    return pooled[:, None]


def _weighted(values: Floats, weights: Floats) -> Estimate | None:
    """The mean over texts of `values` `[text, head]`, heads weighted; None where no text has it."""
    (known,) = measured(values)
    if not len(known):
        return None
    return estimates((known @ weights / weights.sum())[:, None])[0]
