"""Whether probabilities can be believed: of what is predicted with 80 %, 80 % should be right."""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from reportgen.findings.quality.scored import Scored
from reportgen.findings.statistics import (
    CONFIDENCE,
    Estimate,
    Floats,
    Interval,
    Places,
    certain_share,
    intervals_of,
    ratio_estimates,
)
from reportgen.results import MIN_TEXTS

_BINS = 10  # at most, of about as many items each
_BIN = 10  # items of one, at least
_DRAWS = 2000
_MOST_ITEMS = 20_000  # evenly spaced, of which right answers are drawn
_SEED = 20260102
WORTH_TELLING = 0.01  # of a share
# Probabilities are too high on average, too low, or right on average but wrong in themselves.
CalibrationVerdict: TypeAlias = Literal["over", "under", "off"]


@dataclass(frozen=True, slots=True)
class Bin:
    """Items of about the same probability."""

    n_items: int
    chance: float  # mean probability
    right: Estimate  # the share that is right


@dataclass(frozen=True, slots=True)
class Calibration:
    """The probabilities of what was predicted, and how often it is right."""

    n_items: int
    n_texts: int
    mean_chance: float
    right: float  # share
    gap: Estimate  # mean probability less the share right
    p: float  # of a gap as large, if each item were right with its probability
    # Expected calibration error (Guo et al. 2017): the mean distance of the probability of a bin
    # from its share right, mean over items. With few texts it is above 0 by chance alone: `noise`
    # is what it would be if each item were right with its probability. `error` has that taken out;
    # it is never below the size of the gap, where that is sure.
    plain_error: float
    noise: float
    error: Estimate
    bins: tuple[Bin, ...]  # from low to high probability

    @property
    def verdict(self) -> CalibrationVerdict | None:
        """What is sure of both; None where nothing is."""
        gap, error = self.gap.interval, self.error.interval
        if gap is not None and self.p <= 1 - CONFIDENCE:
            if gap.low > WORTH_TELLING:
                return "over"
            if gap.high < -WORTH_TELLING:
                return "under"
        return "off" if error is not None and error.low > WORTH_TELLING else None


def calibration(scored: Scored | None, alike: Places) -> Calibration | None:
    """The calibration over different texts, at least MIN_TEXTS; None for outputs without
    probabilities. `alike` is the row of the first text that is equal to each."""
    if scored is None or scored.chances is None or scored.right is None:
        return None
    scored = scored.once(alike)
    _, text = np.unique(scored.texts, return_inverse=True)
    n_texts, chances, right = int(text.max()) + 1, scored.chances, scored.right
    assert chances is not None
    assert right is not None
    if n_texts < MIN_TEXTS:
        return None
    n_bins = min(_BINS, max(1, len(chances) // _BIN))
    place = np.empty(len(chances), np.intp)
    for i, items in enumerate(np.array_split(np.argsort(chances, kind="stable"), n_bins)):
        place[items] = i
    apart = _by_text(text, place, chances - right, (n_texts, n_bins))
    sizes = _by_text(text, place, np.ones(len(chances)), (n_texts, n_bins))
    n_items = sizes.sum(axis=1, keepdims=True)
    mean_chance, share = float(chances.mean()), float(right.mean())
    noise, p = _by_chance(chances, place, n_bins, abs(mean_chance - share))
    plain = float(_mean_distance(apart.mean(axis=0)[None], n_items.mean(axis=0)[None])[0, 0])
    (ends,) = intervals_of(_mean_distance, apart, n_items)[:1]
    corrected = ends and Interval(*(_without(end, 2 * noise**2) for end in ends))
    gap = _gap(apart, n_items, mean_chance, share)
    error = _at_least(Estimate(_without(plain, noise**2), corrected, n_texts), gap, p)
    return Calibration(
        n_items=len(chances),
        n_texts=n_texts,
        mean_chance=mean_chance,
        right=share,
        gap=gap,
        p=p,
        plain_error=plain,
        noise=noise,
        error=error,
        bins=tuple(_bins(text, place, chances, right.astype(np.float64), (n_texts, n_bins))),
    )


def _by_text(text: Places, place: Places, values: Floats, shape: tuple[int, int]) -> Floats:
    """`[text, bin]`: the sums of `values` `[item]`."""
    cells = text * shape[1] + place
    sums = np.bincount(cells, weights=values, minlength=shape[0] * shape[1])
    return sums.reshape(shape).astype(np.float64)


def _mean_distance(apart: Floats, n_items: Floats) -> Floats:
    """`[resample, 1]`, from means over texts: of the sums by bin `[resample, bin]`, of items."""
    distance: Floats = abs(apart).sum(axis=1, keepdims=True) / n_items
    return distance


def _without(error: float, square: float) -> float:
    """An error without chance, which adds to its square; what resampling adds is as large again."""
    return float(max(error**2 - square, 0.0) ** 0.5)


def _at_least(error: Estimate, gap: Estimate, p: float) -> Estimate:
    """An error, which is in its interval, and no smaller than a gap that is sure."""
    interval, ends = error.interval, gap.interval
    if interval is None or ends is None:
        return error
    mean, low, high = error.mean, *interval
    if p <= 1 - CONFIDENCE and not ends.low <= 0 <= ends.high:
        nearest, farthest = sorted(map(abs, ends))
        mean, low, high = max(mean, abs(gap.mean)), max(low, nearest), max(high, farthest)
    return replace(error, mean=mean, interval=Interval(min(low, mean), max(high, mean)))


def _gap(apart: Floats, n_items: Floats, mean_chance: float, share: float) -> Estimate:
    """The mean probability less the share right. Where all are right, or none, no resample differs
    in that: there the exact interval of the share is taken."""
    n_texts = len(apart)
    (gap,) = ratio_estimates(apart.sum(axis=1, keepdims=True), n_items)
    assert gap is not None  # every text has an item
    if share in (0.0, 1.0):
        exact = certain_share(Interval(share, share), n_texts)
        assert exact is not None
        ends = Interval(mean_chance - exact.high, mean_chance - exact.low)
        return Estimate(gap.mean, ends, n_texts)
    return gap


def _by_chance(chances: Floats, place: Places, n_bins: int, gap: float) -> tuple[float, float]:
    """What the error by bins is on average, and how often the gap is as large, if each item is
    right with its probability."""
    step = -(-len(chances) // _MOST_ITEMS)
    sample = chances[::step]
    random, weights = np.random.default_rng(_SEED), np.eye(n_bins)[place[::step]]
    sums = np.zeros((_DRAWS, n_bins))
    size = max(1, 1_000_000 // len(sample))
    for start in range(0, _DRAWS, size):
        drawn = random.random((min(size, _DRAWS - start), len(sample))) < sample
        sums[start : start + size] = (sample - drawn) @ weights
    scale = (len(chances) / len(sample)) ** 0.5  # of the spread of sums over all items
    sums *= scale / len(chances)
    noise = float(abs(sums).sum(axis=1).mean())
    return noise, float((1 + (abs(sums.sum(axis=1)) >= gap - 1e-12).sum()) / (1 + _DRAWS))


def _bins(
    text: Places, place: Places, chances: Floats, right: Floats, shape: tuple[int, int]
) -> list[Bin]:
    hits, sizes = (_by_text(text, place, v, shape) for v in (right, np.ones(len(chances))))
    bins = []
    for i in range(shape[1]):
        has = sizes[:, i] > 0
        (share,) = ratio_estimates(hits[has, i : i + 1], sizes[has, i : i + 1])
        assert share is not None
        ends = certain_share(share.interval, share.n_texts)
        right_share = Estimate(share.mean, ends, share.n_texts)
        bins.append(Bin(int(sizes[:, i].sum()), float(chances[place == i].mean()), right_share))
    return bins
