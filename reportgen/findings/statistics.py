"""Means, ratios of means and their bootstrap intervals over texts.

Intervals are expanded percentile intervals (Hesterberg 2015): the quantiles of the resampled figure
that are taken lie so far out that the interval of a mean is as wide as that of Student's t. Plain
percentile intervals are too narrow for few texts. Where all texts are on one side of 0, the end of
a mean that is farther from 0 also lies at least as far out as that of Student's t moved for skew:
of sizes a few texts often have most, and a mean that lacks them is too small. A share stays within
0 and 1. `tests/benchmarks/coverage.py` measures what share of intervals hold the truth.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import isfinite, log, sqrt
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr, stdtrit

from reportgen.findings.resampling import draw_counts, resampled_means
from reportgen.results import MIN_TEXTS

if TYPE_CHECKING:
    import pandas as pd

Floats: TypeAlias = NDArray[np.float64]
Booleans: TypeAlias = NDArray[np.bool_]
Places: TypeAlias = NDArray[np.intp]  # rows of `texts`, or places in a list
CONFIDENCE = 0.95
FALSE_DISCOVERIES = 0.10  # of what is named from a long list, the share that may be chance


class Interval(NamedTuple):
    """The two ends of an interval."""

    low: float
    high: float


def is_reversed(correlation: Interval) -> bool:
    """Whether an order is surely reversed: the whole interval is below 0, also as printed."""
    return round(correlation.high, 2) < 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over texts, or the ratio of two."""

    mean: float
    interval: Interval | None  # bootstrap over texts; None for fewer than MIN_TEXTS
    n_texts: int

    @property
    def low(self) -> float | None:
        """The lower end of the interval."""
        return self.interval.low if self.interval else None

    @property
    def high(self) -> float | None:
        """The upper end of the interval."""
        return self.interval.high if self.interval else None

    @property
    def count(self) -> int:
        """Of a share of texts, how many that is."""
        return round(self.mean * self.n_texts)


def estimate(values: "NDArray[np.float64] | pd.Series[float]") -> Estimate | None:
    """The mean over texts of the finite values of `[text]`; None if there are none."""
    (known,) = measured(np.asarray(values, dtype=np.float64)[:, None])
    return estimates(known)[0] if len(known) else None


def widened(figure: Estimate, n_tried: int, most: float) -> Estimate:
    """`figure` with an interval that holds for it and `n_tried` - 1 other figures at once.

    Both ends move away from the mean as Student's t does from a level of 2.5 % to 2.5 % divided by
    the number of figures (Bonferroni), and no farther from 0 than `most`, the largest that the
    figure can be.
    """
    if figure.interval is None or n_tried <= 1:
        return figure
    level, freedom = (1 - CONFIDENCE) / 2, figure.n_texts - 1
    grown = float(stdtrit(freedom, 1 - level / n_tried) / stdtrit(freedom, 1 - level))
    ends = (figure.mean + grown * (end - figure.mean) for end in figure.interval)
    return replace(figure, interval=Interval(*(min(most, max(-most, end)) for end in ends)))


def share_estimate(values: Floats) -> Estimate | None:
    """Like `estimate`, of shares: its interval is not without width where all are 0, or all 1."""
    mean = estimate(values)
    return mean and replace(mean, interval=certain_share(mean.interval, mean.n_texts))


def estimates(values: Floats) -> tuple[Estimate, ...]:
    """`[figure]`: the means over texts of `[text, figure]`, at least one text."""
    return tuple(
        Estimate(float(values[:, i].mean()), interval, len(values))
        for i, interval in enumerate(mean_intervals(values))
    )


def ratio_estimates(above: Floats, below: Floats) -> tuple[Estimate | None, ...]:
    """`[figure]`: the ratios of two means over texts, each of `[text, figure]`.

    None without texts, where the lower mean is 0, and where it is 0 in so many of the resamples
    that the interval is not finite.
    """
    n_texts, intervals = len(above), intervals_of_ratio(above, below)
    return tuple(
        Estimate(float(over.mean() / under.mean()), interval, n_texts)
        if under.any() and (interval or n_texts < MIN_TEXTS)
        else None
        for over, under, interval in zip(above.T, below.T, intervals, strict=True)
    )


def measured(*figures: Floats) -> tuple[Floats, ...]:
    """The rows of `figures`, each `[text, figure]`, in which all figures are finite."""
    whole = np.ones(len(figures[0]), np.bool_)
    for values in figures:
        whole &= np.isfinite(values).all(axis=1)
    if whole.all():  # they are not copied
        return tuple(map(np.ascontiguousarray, figures))
    return tuple(values[whole] for values in figures)


def mean_intervals(values: Floats) -> list[Interval | None]:
    """`[figure]`: bootstrap intervals of the means over texts of `[text, figure]`.

    None for fewer than MIN_TEXTS texts.
    """
    if len(values) < MIN_TEXTS:
        return [None] * values.shape[1]
    lows, highs = _quantiles(resampled_means(values), len(values))
    far, sign = _far_ends(values)
    lows = np.where(sign < 0, np.minimum(lows, far), lows)
    highs = np.where(sign > 0, np.maximum(highs, far), highs)
    return _intervals(np.stack([lows, highs]))


def _far_ends(values: Floats) -> tuple[Floats, Floats]:
    """`[figure]` twice: the end of the mean of `[text, figure]` away from 0 by Student's t moved
    for skew, and on which side of 0 all texts are (1 or -1; 0 where they are not, or are all
    alike).

    With a skewness *g* of the texts and the standard error *e* of their mean, the end lies
    e · (t + g · (2 t² + 1) / (6 √n)) from it (Johnson 1978; Hall 1983). Few texts do not show how
    skewed they are. So *g* is taken to be three times their coefficient of variation, which is that
    of lognormal sizes to first order. Where no text is beyond 1 or -1, nor is the end: shares are
    not.
    """
    n_texts, means = len(values), np.abs(values.mean(axis=0))
    least, most = values.min(axis=0), values.max(axis=0)
    sign = np.where(least < most, (least > 0) * 1.0 - (most < 0), 0.0)
    errors = values.std(axis=0, ddof=1) / sqrt(n_texts)
    part = np.divide(errors, means, out=np.zeros_like(means), where=sign != 0)
    score = float(stdtrit(n_texts - 1, (1 + CONFIDENCE) / 2))
    far = means * (1 + part * score + part**2 * (score**2 + 0.5))
    far = np.where(np.maximum(most, -least) <= 1, np.minimum(far, 1.0), far)
    return sign * far, sign


def mean_interval(values: Floats) -> Interval | None:
    """The bootstrap interval of the mean over texts of `[text]`; None for fewer than MIN_TEXTS."""
    (interval,) = mean_intervals(values[:, None])
    return interval


def certain_share(interval: Interval | None, n_texts: int) -> Interval | None:
    """The interval of a share of `n_texts` texts; the exact one (Clopper and Pearson 1934) in the
    place of one without width at 0 or 1: where all texts are alike, so are all resamples, which
    would make the share look certain."""
    least = ((1 - CONFIDENCE) / 2) ** (1 / n_texts) if n_texts else 0.0
    if interval == (1.0, 1.0):
        return Interval(least, 1.0)
    return Interval(0.0, 1.0 - least) if interval == (0.0, 0.0) else interval


def intervals_of_ratio(above: Floats, below: Floats) -> list[Interval | None]:
    """`[figure]`: intervals of the ratio of two means over texts, each of `[text, figure]`.

    A text's two values are drawn together. None for fewer than MIN_TEXTS texts.

    None also where the lower mean is 0 in so many of the resamples that an end is not finite.
    """

    def ratio(above: Floats, below: Floats) -> Floats:
        ratios = np.full_like(below, np.inf)
        np.divide(above, below, out=ratios, where=below > 0)
        return ratios

    return intervals_of(ratio, above, below)


def intervals_of(statistic: Callable[..., Floats], *values: Floats) -> list[Interval | None]:
    """`[figure]`: intervals of a `statistic` of the means over texts of `values`.

    Each of `values` is `[text, figure]`; all values of a text are drawn together. `statistic` takes
    the means of the resamples, each `[resample, figure]`, and returns NaN where a resample has no
    such figure; such resamples are left out. None for fewer than MIN_TEXTS texts, where an end is
    not finite, and where more than 1 % of the resamples have no figure.
    """
    if len(values[0]) < MIN_TEXTS:
        return [None] * values[0].shape[1]
    return _intervals_of_known(statistic(*map(resampled_means, values)), len(values[0]))


def intervals_of_counts(
    statistic: Callable[[Floats], Floats], n_texts: int
) -> list[Interval | None]:
    """`[figure]`: intervals of a `statistic` that is not a function of means, such as a rank
    correlation.

    `statistic` takes how often each text is drawn, `[resample, text]`, and returns
    `[resample, figure]`, NaN where a resample has no such figure; such resamples are left out.
    None for fewer than MIN_TEXTS texts, and where more than 1 % of the resamples have no figure.
    """
    draws = draw_counts(n_texts) if n_texts >= MIN_TEXTS else ()
    parts = [statistic(drawn.astype(np.float64)) for drawn in draws]
    if not parts:
        return [None] * statistic(np.ones((1, n_texts))).shape[1]
    return _intervals_of_known(np.concatenate(parts), n_texts)


def _intervals_of_known(resampled: Floats, n_texts: int) -> list[Interval | None]:
    """`[figure]`: the intervals of a figure from `[resample, figure]`, of which NaN is left out;
    None where that is more than 1 %."""
    unknown = np.isnan(resampled)
    if not unknown.any():
        return intervals_between(resampled, n_texts)
    intervals: list[Interval | None] = []
    for column, missing in zip(resampled.T, unknown.T, strict=True):
        enough = missing.sum() <= 0.01 * len(column)
        intervals += intervals_between(column[~missing][:, None], n_texts) if enough else [None]
    return intervals


def p_values(means: Floats, errors: Floats, n_texts: Places) -> Floats:
    """`[figure]`: two-sided p-values of Student's t-test of whether means are 0.

    `errors` are the standard errors of the means and `n_texts` how many texts each is of. 1 where
    a mean or its error is not finite, or there are fewer than MIN_TEXTS texts.
    """
    known = (n_texts >= MIN_TEXTS) & np.isfinite(means) & np.isfinite(errors)
    scores = np.zeros_like(means)
    scores[known & (means != 0)] = np.inf  # where the texts do not differ at all
    np.divide(np.abs(means), errors, out=scores, where=known & (errors > 0))
    chances = np.ones_like(means)
    chances[known] = 2 * stdtr(n_texts[known] - 1.0, -scores[known])
    return chances


def tail(n_texts: int, confidence: float = CONFIDENCE) -> float:
    """The share of the resamples of `n_texts` texts beyond each end of an interval.

    The 2.5 % of a normal distribution, moved out to where Student's t has them, and by as much as a
    resample's spread is smaller than that of the texts it is drawn from.
    """
    widened = np.sqrt(n_texts / (n_texts - 1)) * stdtrit(n_texts - 1, (1 + confidence) / 2)
    return float(ndtr(-widened))


def intervals_between(
    resampled: Floats, n_texts: int, confidence: float = CONFIDENCE
) -> list[Interval | None]:
    """`[figure]`: the intervals of a figure of `n_texts` texts, from `[resample, figure]`.

    None where an end is not finite.
    """
    return _intervals(_quantiles(resampled, n_texts, confidence))


def _intervals(ends: Floats) -> list[Interval | None]:
    """The intervals of `[end, figure]`; None where an end is not finite."""
    return [
        Interval(low, high) if isfinite(low) and isfinite(high) else None
        for low, high in ends.T.tolist()
    ]


def _quantiles(resampled: Floats, n_texts: int, confidence: float = CONFIDENCE) -> Floats:
    """`[end, figure]`: np.quantile of `[resample, figure]` at both ends, without what it does
    beside, which takes as long; NaN where any resample is."""
    last, outside = len(resampled) - 1, tail(n_texts, confidence)
    shares = np.array([outside, 1 - outside])
    places = last * shares
    before = np.floor(places).astype(np.intp)
    part = (places - before)[:, None]
    ordered = np.sort(resampled, axis=0)  # which takes less than half as long as np.partition
    low, high = ordered[before], ordered[before + 1]
    with np.errstate(invalid="ignore"):  # between two ends that are not finite
        gap = high - low
        between = np.where(part < 0.5, low + gap * part, high - gap * (1 - part))
    return np.where(np.isnan(ordered[last]), np.nan, between)


def lows_among(
    figures: Sequence[Estimate], sizes: Sequence[Estimate], n_tried: int = 1
) -> tuple[Estimate, ...]:
    """`figures`, with lower ends that hold for the strongest of them, and of `n_tried` such sets.

    Of many figures one is high by luck. So the distance from a positive figure down to its lower
    end grows, on a scale of logarithms, as Student's t does from a level of 2.5 % to 2.5 % divided
    by the number of figures (Bonferroni). So far out few texts say little about how far they
    differ. So the variance of a figure is taken to be half its own and half the mean of all, which
    has more degrees of freedom (Smyth 2004).

    Args:
        figures: of the same texts; what is not positive at its lower end stays as it is.
        sizes: what each figure is made of, such as a share; the distance of its lower end on a
            scale of logarithms says how far the texts of that figure differ.
    """
    distances = np.array([_distance(size) for size in sizes])
    pool = float(np.mean(distances[distances > 0] ** 2)) if (distances > 0).any() else 0.0
    n_pooled, level = int((distances > 0).sum()), (1 - CONFIDENCE) / 2
    moved = []
    for figure, distance in zip(figures, distances, strict=True):
        if figure.interval is None or figure.interval.low <= 0:
            moved.append(figure)
            continue
        freedom, spread = figure.n_texts - 1.0, 1.0
        if distance > 0:
            freedom *= min(2.0, 4 * n_pooled / (n_pooled + 3))  # as for independent figures
            spread = sqrt((1 + pool / distance**2) / 2)
        further = stdtrit(freedom, 1 - level / (len(figures) * n_tried))
        grown = max(1.0, spread * further / stdtrit(figure.n_texts - 1, 1 - level))
        low = figure.mean * (figure.interval.low / figure.mean) ** float(grown)
        moved.append(replace(figure, interval=Interval(low, figure.interval.high)))
    return tuple(moved)


def low_of_means(sums: Floats, squares: Floats, n_texts: int, n_tried: int) -> Floats:
    """The lower ends of intervals of means over texts, of which the highest of `n_tried` is named
    (Bonferroni, with Student's t); minus infinity for fewer than MIN_TEXTS texts. For so many
    figures that texts cannot be drawn anew for each.

    Args:
        sums: over the texts, of any shape; `squares` are those of the squared values.
    """
    means: Floats = sums / max(1, n_texts)
    if n_texts < MIN_TEXTS:
        return np.full_like(means, -np.inf)
    variance = np.maximum(squares - n_texts * means**2, 0.0) / (n_texts - 1)
    further = stdtrit(n_texts - 1, 1 - (1 - CONFIDENCE) / 2 / n_tried)
    low: Floats = means - further * np.sqrt(variance / n_texts)
    return low


def _distance(size: Estimate) -> float:
    """How far the lower end of a positive figure is below it, on a logarithmic scale; 0 if that is
    not defined."""
    if size.interval is None or size.interval.low <= 0:
        return 0.0
    return log(size.mean / size.interval.low)
