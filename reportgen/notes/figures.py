"""Figures of all texts together: how much attention each special-token role gets, layer by layer.

A corpus figure is the mean over texts of per-text figures, so that long texts do not dominate. The
ratio to an even spread is the ratio of two such means, not the mean of the texts' ratios: it is
what a reader gets by dividing the two printed numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reportgen.info import ANALYSED
from reportgen.limits import MIN_CONTENT, MIN_TEXTS
from reportgen.results import Results

Array = NDArray[np.float64]

CONFIDENCE = 0.95
RESAMPLES = 1000
_SEED = 20190601
_NORMS = ("norm_share", "value_size", "content_value_size")  # columns of the table of roles
_BATCH_CELLS = 1_000_000  # drawn at once: a number that is drawn takes eight times its count


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
    roles, counted = results.roles, takes_part(results)
    text, layer = (roles[name].to_numpy(np.intp) for name in ("text", "layer"))
    rows = np.flatnonzero((roles["role"] == role).to_numpy(np.bool_) & counted[text])
    if not len(rows):
        return RoleFigures(0, ())
    has_role = np.zeros(len(counted), np.bool_)
    has_role[text[rows]] = True
    n_texts, layers = int(has_role.sum()), np.unique(layer[rows])
    place = (np.cumsum(has_role) - 1)[text[rows]], np.searchsorted(layers, layer[rows])

    def column(name: str) -> Array:
        """`[text, layer]`."""
        values = np.full((n_texts, len(layers)), np.nan)
        values[place] = roles[name].to_numpy(np.float64)[rows]
        return values

    share, expected, own = (column(name) for name in ("share", "expected", "self_share"))
    share_intervals = mean_intervals(share)
    ratio_intervals = intervals_of_ratio(share, expected)
    norms = measured(*(column(name) for name in _NORMS))
    norm_share, value_size, content_value_size = norms
    norm_intervals = mean_intervals(norm_share)
    value_intervals = intervals_of_ratio(value_size, content_value_size)
    return RoleFigures(
        n_texts=n_texts,
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
    if len(values) < MIN_TEXTS:
        return [None] * values.shape[1]
    return _intervals(_resampled_means(values))


def intervals_of_ratio(above: Array, below: Array) -> list[Interval | None]:
    """The same of the ratios of two means; a text's two values `[text, figure]` stay together.

    None also where the lower mean is 0 in so many of the resamples that an end is not finite.
    """

    def ratio(above: Array, below: Array) -> Array:
        ratios = np.full_like(below, np.inf)
        np.divide(above, below, out=ratios, where=below > 0)
        return ratios

    return intervals_of(ratio, above, below)


def intervals_of(statistic: Callable[..., Array], *values: Array) -> list[Interval | None]:
    """The same of what `statistic` makes of the means of `values`, each `[text, figure]`.

    It takes the means of the resamples, `[resample, figure]` each; all of a text's values stay
    together. None also where an end is not finite.
    """
    if len(values[0]) < MIN_TEXTS:
        return [None] * values[0].shape[1]
    return _intervals(statistic(*map(_resampled_means, values)))


def _intervals(resampled: Array) -> list[Interval | None]:
    """`[figure]`: between which values `[resample, figure]` lie."""
    ends = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)
    with np.errstate(invalid="ignore"):  # between two ends that are not finite
        lows, highs = np.quantile(resampled, ends, axis=0)
    return [
        Interval(float(low), float(high)) if np.isfinite([low, high]).all() else None
        for low, high in zip(lows, highs, strict=True)
    ]


def _resampled_means(values: Array) -> Array:
    """`[resample, figure]`: means of `[text, figure]` over texts drawn with replacement."""
    drawn = _drawn(len(values))
    size = 1 + _BATCH_CELLS // len(values)
    sums = [drawn[i : i + size].astype(np.float64) @ values for i in range(0, RESAMPLES, size)]
    means: Array = np.concatenate(sums) / len(values)
    return means


@lru_cache(maxsize=2)  # drawing takes far longer than all that is done with it
def _drawn(n_texts: int) -> NDArray[np.uint8]:
    """`[resample, text]`: how often a text is drawn; no text of many is drawn 256 times."""
    random = np.random.default_rng(_SEED)
    drawn = np.empty((RESAMPLES, n_texts), np.uint8)
    size = 1 + _BATCH_CELLS // n_texts
    for i in range(0, RESAMPLES, size):
        part = drawn[i : i + size]
        for row, texts in zip(part, random.integers(0, n_texts, part.shape), strict=True):
            row[:] = np.bincount(texts, minlength=n_texts)
    return drawn
