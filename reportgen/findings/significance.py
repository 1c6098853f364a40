"""P-values of resampled figures, and their correction where several are looked at."""

from collections.abc import Sequence
from math import sqrt

from scipy.special import ndtri, stdtr

from reportgen.findings.statistics import Floats


def holm(p: Sequence[float]) -> list[float]:
    """`p` corrected for their number, so that one of those up to 5 % is so by chance in at most 5 %
    of cases (Holm 1979)."""
    found, largest = list(p), 0.0
    for n_before, place in enumerate(sorted(range(len(found)), key=lambda i: p[i])):
        largest = max(largest, min(1.0, (len(found) - n_before) * p[place]))
        found[place] = largest
    return found


def p_value(resampled: Floats, n_texts: int) -> float:
    """The two-sided p-value of whether a figure of `n_texts` texts is 0, from `[resample]`: the
    level at which its interval begins to leave out 0."""
    beyond = min(int((resampled <= 0).sum()), int((resampled >= 0).sum()))
    outside = (beyond + 1) / (len(resampled) + 1)
    if outside >= 0.5:
        return 1.0
    score = ndtri(outside) / sqrt(n_texts / (n_texts - 1))
    return float(2 * stdtr(n_texts - 1, score))
