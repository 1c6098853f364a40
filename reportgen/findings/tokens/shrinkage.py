"""What many figures are in truth, as far as their errors let one say (adaptive shrinkage).

Of many means some are large by chance. How many, and how far the others are from the centre, is
read from all means together (Stephens 2017, "False discovery rates: a new deal"). The true
distances are taken to come from a mixture: a part is exactly 0, the others are normal around 0 with
standard deviations on a grid. The weights are those that fit the means best, by expectation
maximisation with a penalty that favours 0. Each mean then has a posterior distribution: its mean,
and the *false sign rate*, the chance that the truth has the other sign, or is 0.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, ndtr, ndtri, stdtr

from reportgen.findings.statistics import Floats

_NULL = 2.0  # pseudo-count of the penalty towards 0: of few tokens, the 10 of Stephens decide alone
_STEP = np.sqrt(2.0)  # between two standard deviations of the grid (Stephens 2017)
_SMALLEST = 0.1  # standard deviation of the grid, in the smallest error
_MOST_STEPS = 500
_SETTLED = 1e-7  # change of the weights
_DENSITY = 1 / np.sqrt(2 * np.pi)  # of the normal distribution at 0


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """`[figure]` each: what is known of the true distances from the centre."""

    means: Floats
    wrong_sign: Floats  # local false sign rate, 0 to 1


def shrink(distances: Floats, errors: Floats, freedom: Floats) -> Posterior:
    """The posterior of `distances` from the centre, each `[figure]`.

    Args:
        errors: standard errors, above 0.
        freedom: degrees of freedom of each error. So that a normal likelihood gives each distance
            the p-value of its t-test, its error is widened (Lu and Stephens 2019).
    """
    if not len(distances):
        return Posterior(distances, distances)
    errors = _widened(distances, errors, freedom)
    spreads = _grid(distances, errors)
    variance = errors[:, None] ** 2
    total = variance + spreads**2  # [figure, part]
    logs = -(distances[:, None] ** 2) / total / 2 - np.log(total) / 2
    likely = np.exp(logs - logs.max(axis=1, keepdims=True))
    shares = likely * _weights(likely)
    shares /= shares.sum(axis=1, keepdims=True)
    centres = distances[:, None] * spreads**2 / total
    scales = errors[:, None] * spreads / np.sqrt(total)
    below = ndtr(-centres[:, 1:] / scales[:, 1:])  # chance that the truth is below 0
    low, high = ((shares[:, 1:] * own).sum(axis=1) for own in (below, 1 - below))
    wrong = shares[:, 0] + np.minimum(low, high)
    return Posterior((shares * centres).sum(axis=1), np.minimum(wrong, 1.0))


def _widened(distances: Floats, errors: Floats, freedom: Floats) -> Floats:
    """Errors by which a normal distribution gives the p-values of Student's t."""
    scores = np.abs(distances) / errors
    density = np.exp(_log_density(freedom))
    widened = errors * _DENSITY / density  # the limit at a score of 0
    normal = -ndtri(stdtr(freedom, -scores))
    np.divide(np.abs(distances), normal, out=widened, where=scores > 1e-4)
    found: Floats = np.maximum(widened, errors)  # also where a p-value is 0 in this arithmetic
    return found


def _log_density(freedom: Floats) -> Floats:
    """The logarithm of the density of Student's t at 0."""
    found: Floats = gammaln((freedom + 1) / 2) - gammaln(freedom / 2) - np.log(freedom * np.pi) / 2
    return found


def _grid(distances: Floats, errors: Floats) -> Floats:
    """`[part]`: the standard deviations of the mixture, the first 0."""
    least = _SMALLEST * float(errors.min())
    beyond = float((distances**2 - errors**2).max())
    most = 2 * np.sqrt(max(beyond, (4 * least) ** 2))
    n_parts = int(np.ceil(np.log(most / least) / np.log(_STEP))) + 1
    return np.concatenate([[0.0], least * _STEP ** np.arange(n_parts)])


def _weights(likely: Floats) -> Floats:
    """`[part]`: the weights that fit best; `likely` is `[figure, part]`, the likelihood of each
    figure under each part."""
    n_parts = likely.shape[1]
    extra = np.where(np.arange(n_parts), 0.0, _NULL - 1)
    weights = np.full(n_parts, 1 / n_parts)
    for _ in range(_MOST_STEPS):
        shares = likely * weights
        shares /= shares.sum(axis=1, keepdims=True)
        found = shares.sum(axis=0) + extra
        found /= found.sum()
        change, weights = np.abs(found - weights).max(), found
        if change < _SETTLED:
            break
    return weights
