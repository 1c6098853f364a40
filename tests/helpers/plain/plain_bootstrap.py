"""Intervals over texts, computed plainly: other draws, one text at a time."""

from collections.abc import Callable
from math import sqrt
from random import Random

from scipy.stats import norm, t

DRAWS = 8_000


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
