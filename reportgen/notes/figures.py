"""Figures of all texts together: how much attention each special-token role gets, layer by layer.

A corpus figure is the mean over texts of per-text figures, so that long texts do not dominate. The
ratio to an even spread is the ratio of two such means, not the mean of the texts' ratios: it is
what a reader gets by dividing the two printed numbers.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap

from reportgen.results import Results

Array = NDArray[np.float64]

MIN_CONTENT = 3  # content tokens a text needs to take part
MIN_TEXTS = 5  # texts that a statement about all of them, and an interval, need
CONFIDENCE = 0.95
RESAMPLES = 1000
ANALYSED = ("ok", "truncated")  # statuses of texts that have figures at all
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
    share, expected, own = (
        by_layer[name].to_numpy(dtype=np.float64) for name in ("share", "expected", "self_share")
    )  # each [text, layer]
    share_intervals, ratio_intervals = _intervals(share, expected)
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
            )
            for i, layer in enumerate(layers)
        ),
    )


def _intervals(
    share: Array, expected: Array
) -> tuple[list[Interval] | list[None], list[Interval] | list[None]]:
    """Percentile bootstrap intervals of the mean share and of the ratio of means, by layer.

    Texts are drawn with replacement; a text's share and expected `[text, layer]` stay together.
    """
    n_texts, n_layers = share.shape
    if n_texts < MIN_TEXTS:
        return [None] * n_layers, [None] * n_layers

    def statistic(share: Array, expected: Array, axis: int) -> Array:
        means = share.mean(axis=axis)
        return np.stack([means, means / expected.mean(axis=axis)])

    interval = bootstrap(
        (share, expected),
        statistic,
        paired=True,
        vectorized=True,
        method="percentile",
        confidence_level=CONFIDENCE,
        n_resamples=RESAMPLES,
        batch=1 + _BATCH_CELLS // share.size,
        rng=np.random.default_rng(_SEED),
    ).confidence_interval
    ends = np.stack([interval.low, interval.high], axis=-1)  # [share | ratio, layer, end]
    shares, ratios = ([Interval(float(a), float(b)) for a, b in layers] for layers in ends)
    return shares, ratios
