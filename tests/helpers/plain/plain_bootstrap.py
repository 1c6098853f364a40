"""Intervals over texts, computed plainly: other draws, one text at a time."""

from collections.abc import Callable, Sequence
from math import sqrt
from random import Random
from statistics import fmean, stdev

from scipy.stats import norm, t

DRAWS = 4_000


def plain_interval(
    statistic: Callable[[list[int]], float],
    n_texts: int,
    confidence: float = 0.95,
    draws: int = DRAWS,
) -> tuple[float, float]:
    """The expanded percentile interval of what `statistic` makes of the numbers of drawn texts."""
    random = Random(11)
    found = sorted(statistic(random.choices(range(n_texts), k=n_texts)) for _ in range(draws))
    far = t.ppf(1 - (1 - confidence) / 2, df=n_texts - 1) * sqrt(n_texts / (n_texts - 1))
    place = round(draws * norm.sf(far))
    return found[place], found[-1 - place]


def plain_mean_interval(
    values: Sequence[float], confidence: float = 0.95, draws: int = DRAWS
) -> tuple[float, float]:
    """That of a mean: where all texts are on one side of 0, its far end is at least that of
    Student's t for values as skewed as lognormal ones, and not beyond 1 where no text is."""
    n_texts, mean = len(values), fmean(values)
    low, high = plain_interval(
        lambda rows: fmean(values[i] for i in rows), n_texts, confidence, draws
    )
    if min(values) <= 0 <= max(values):
        return low, high
    score, error = t.ppf((1 + confidence) / 2, n_texts - 1), stdev(values) / sqrt(n_texts)
    skewness = 3 * stdev(values) / abs(mean)
    far = abs(mean) + error * (score + skewness * (2 * score**2 + 1) / (6 * sqrt(n_texts)))
    if max(map(abs, values)) <= 1:
        far = min(far, 1.0)
    return (low, max(high, far)) if mean > 0 else (min(low, -far), high)
