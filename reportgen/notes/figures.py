"""Figures of all texts together: how much attention each special-token role gets, layer by layer.

A corpus figure is the mean over texts of per-text figures, so that long texts do not dominate. The
ratio to an even spread is the ratio of two such means, not the mean of the texts' ratios: it is
what a reader gets by dividing the two printed numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap

from reportgen.info import ANALYSED
from reportgen.limits import MIN_CONTENT, MIN_TEXTS
from reportgen.results import Results

Array = NDArray[np.float64]

CONFIDENCE = 0.95
RESAMPLES = 1000
_SEED = 20190601
_BATCH_CELLS = 1_000_000  # resampled at once, so that memory does not grow with the texts


class Interval(NamedTuple):
    """The two ends of an interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LayerFigures:
    """What one role gets in one layer; means over the texts, shares in 0..1."""

    layer: int
    share: float  # of all attention received in the layer
    expected: float  # the share under an even spread
    ratio: float  # share / expected
    self_share: float  # of the weight the role's own rows spread, the part on the role
    share_range: Interval  # smallest and largest share of a text
    expected_range: Interval
    share_interval: Interval | None  # bootstrap over texts; None for fewer than MIN_TEXTS
    ratio_interval: Interval | None
    # Over the texts in which norms were measured; None where that is none of them.
    n_norms: int = 0  # how many texts that is
    norm_share: float | None = None  # of norm-weighted attention received
    norm_share_interval: Interval | None = None
    value_ratio: float | None = None  # length of what the role passes on / a content token's
    value_ratio_interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class RoleFigures:
    """What one special-token role gets, over the texts that take part."""

    n_texts: int
    layers: tuple[LayerFigures, ...]  # none where no text takes part


def takes_part(results: Results) -> NDArray[np.bool_]:
    """`[text]`: whether a text was analysed and has at least MIN_CONTENT content tokens."""
    texts = results.texts
    long_enough = (texts["n_content"] >= MIN_CONTENT).to_numpy(dtype=np.bool_)
    return long_enough & analysed(results)


def analysed(results: Results) -> NDArray[np.bool_]:
    """`[text]`: whether a text has figures at all, so is neither empty nor failed."""
    return results.texts["status"].isin(ANALYSED).to_numpy(dtype=np.bool_)


def role_figures(results: Results, role: str) -> RoleFigures:
    """The figures of the special-token role with key `role`."""
    rows = results.roles[results.roles["role"] == role]
    rows = rows[takes_part(results)[rows["text"].to_numpy(dtype=np.int64)]]
    if rows.empty:
        return RoleFigures(0, ())
    by_layer = rows.pivot(index="text", columns="layer")
    layers = by_layer["share"].columns
    share, expected, own, norm_share, value_size, content_value_size = (
        by_layer[name].to_numpy(dtype=np.float64)
        for name in (
            "share",
            "expected",
            "self_share",
            "norm_share",
            "value_size",
            "content_value_size",
        )
    )  # each [text, layer]
    share_intervals = mean_intervals(share)
    ratio_intervals = intervals_of_ratio(share, expected)
    norms = measured(norm_share, value_size, content_value_size)
    norm_share, value_size, content_value_size = norms
    norm_intervals = mean_intervals(norm_share)
    value_intervals = intervals_of_ratio(value_size, content_value_size)
    return RoleFigures(
        n_texts=len(by_layer),
        layers=tuple(
            LayerFigures(
                layer=int(layer),
                share=float(share[:, i].mean()),
                expected=float(expected[:, i].mean()),
                ratio=float(share[:, i].mean() / expected[:, i].mean()),
                self_share=float(own[:, i].mean()),
                share_range=Interval(float(share[:, i].min()), float(share[:, i].max())),
                expected_range=Interval(float(expected[:, i].min()), float(expected[:, i].max())),
                share_interval=share_intervals[i],
                ratio_interval=ratio_intervals[i],
                n_norms=len(norm_share),
                norm_share=float(norm_share[:, i].mean()) if len(norm_share) else None,
                norm_share_interval=norm_intervals[i],
                value_ratio=ratio_of_means(value_size[:, i], content_value_size[:, i]),
                value_ratio_interval=value_intervals[i],
            )
            for i, layer in enumerate(layers)
        ),
    )


def measured(*figures: Array) -> tuple[Array, ...]:
    """Those rows of `figures`, each `[text, figure]`, in which all of them are finite numbers."""
    whole = np.isfinite(np.concatenate(figures, axis=1)).all(axis=1)
    return tuple(values[whole] for values in figures)


def ratio_of_means(above: Array, below: Array) -> float | None:
    """Mean of `above` `[text]` over that of `below`; None without texts and where that is 0."""
    if not below.any():
        return None
    return float(above.mean() / below.mean())


def mean_intervals(values: Array) -> list[Interval | None]:
    """`[figure]`: percentile bootstrap intervals of the means over texts of `[text, figure]`.

    None for fewer than MIN_TEXTS texts.
    """
    return _intervals(np.mean, values)


def intervals_of_ratio(above: Array, below: Array) -> list[Interval | None]:
    """The same of the ratios of two means; a text's two values `[text, figure]` stay together.

    None also where the lower mean is 0 in so many of the resamples that an end is not finite.
    """

    def ratio(above: Array, below: Array, axis: int) -> Array:
        means: Array = below.mean(axis=axis)
        ratios: Array = np.full_like(means, np.inf)
        np.divide(above.mean(axis=axis), means, out=ratios, where=means > 0)
        return ratios

    return _intervals(ratio, above, below)


def _intervals(statistic: Callable[..., Array], *samples: Array) -> list[Interval | None]:
    """Percentile bootstrap intervals of `statistic`; texts are drawn with replacement."""
    n_texts, n_figures = samples[0].shape
    if n_texts < MIN_TEXTS:
        return [None] * n_figures
    with np.errstate(invalid="ignore"):  # between two ends that are not finite
        interval = bootstrap(
            samples,
            statistic,
            paired=True,
            vectorized=True,
            method="percentile",
            confidence_level=CONFIDENCE,
            n_resamples=RESAMPLES,
            batch=1 + _BATCH_CELLS // (len(samples) * samples[0].size),
            rng=np.random.default_rng(_SEED),
        ).confidence_interval
    return [
        Interval(float(low), float(high)) if np.isfinite([low, high]).all() else None
        for low, high in zip(interval.low, interval.high, strict=True)
    ]
