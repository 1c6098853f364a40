"""Adaptive shrinkage against plain loops and integrals, and what it holds of made-up truths."""

from math import exp, log, pi, sqrt

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm, t

from reportgen.findings.tokens import shrink

RANDOM = np.random.default_rng(8)
MANY = 1e7  # degrees of freedom, of errors that are known


def plain_weights(distances: list[float], errors: list[float]) -> dict[float, float]:
    """The weight of each standard deviation of the mixture, by loops."""
    least = 0.1 * min(errors)
    beyond = max(d * d - e * e for d, e in zip(distances, errors, strict=True))
    most = 2 * sqrt(max(beyond, 16 * least * least))
    n_parts = -int(-log(most / least) // log(sqrt(2))) + 1
    spreads = [0.0, *(least * sqrt(2) ** k for k in range(n_parts))]
    weights = {spread: 1 / len(spreads) for spread in spreads}
    for _ in range(500):
        sums = dict.fromkeys(spreads, 0.0)
        for distance, error in zip(distances, errors, strict=True):
            likely = {
                spread: weight
                * exp(-(distance**2) / 2 / (error**2 + spread**2))
                / sqrt(2 * pi * (error**2 + spread**2))
                for spread, weight in weights.items()
            }
            whole = sum(likely.values())
            for spread, own in likely.items():
                sums[spread] += own / whole
        sums[0.0] += 1  # the penalty towards 0
        weights = {spread: own / (len(distances) + 1) for spread, own in sums.items()}
    return weights


def density(distance: float, deviation: float) -> float:
    """Of a normal distribution, at this distance from its mean; SciPy's takes a hundred times as
    long."""
    return exp(-((distance / deviation) ** 2) / 2) / (sqrt(2 * pi) * deviation)


def test_the_posterior_is_that_of_plain_loops_and_integrals() -> None:
    errors = RANDOM.uniform(0.1, 0.4, 12)
    distances = np.where(np.arange(12) < 4, 1.0, 0.0) + RANDOM.normal(0, errors)
    found = shrink(distances, errors, np.full(12, MANY))
    weights = plain_weights(distances.tolist(), errors.tolist())
    for i in range(12):

        def mass(theta: float, i: int = i) -> float:
            prior = sum(w * density(theta, s) for s, w in weights.items() if s)
            return prior * density(distances[i] - theta, errors[i])

        at_0 = weights[0.0] * density(distances[i], errors[i])
        places = [0, distances[i]]
        below, above = (
            quad(mass, *ends, points=places, limit=500)[0] for ends in ((-4, 0), (0, 4))
        )
        whole = at_0 + below + above
        mean = quad(lambda theta: theta * mass(theta), -4, 4, points=places, limit=500)[0] / whole
        assert found.means[i] == pytest.approx(mean, abs=2e-3)
        assert found.wrong_sign[i] == pytest.approx((at_0 + min(below, above)) / whole, abs=2e-3)


def test_errors_of_few_texts_count_as_students_t_does() -> None:
    """A score of 4 with two degrees of freedom says as much as one of the same p-value."""
    distances, errors = np.array([4.0, 0.1, -0.2, 0.3]), np.ones(4)
    few = shrink(distances, errors, np.array([2.0, MANY, MANY, MANY]))
    error = 4.0 / norm.isf(t.sf(4.0, 2))
    same = shrink(distances, np.array([error, 1, 1, 1]), np.full(4, MANY))
    assert few.wrong_sign == pytest.approx(same.wrong_sign, abs=1e-6)
    assert few.wrong_sign[0] > shrink(distances, errors, np.full(4, MANY)).wrong_sign[0]


@pytest.mark.parametrize("share", [0.15, 1.0])
def test_signs_are_wrong_as_seldom_as_is_said(share: float) -> None:
    """Over 40 sets of 60 figures, of which a part is 0 in truth."""
    wrong, said, kept = [], [], []
    for _ in range(40):
        truth = np.where(RANDOM.random(60) < share, RANDOM.normal(0, 1, 60), 0.0)
        errors = RANDOM.uniform(0.2, 0.6, 60)
        distances = truth + RANDOM.normal(0, errors)
        found = shrink(distances, errors, np.full(60, MANY))
        sure = found.wrong_sign <= 0.1
        wrong += (np.sign(truth) != np.sign(distances))[sure].tolist()
        said += found.wrong_sign[sure].tolist()
        own = sure & (truth != 0)
        kept += (found.means[own] / truth[own]).tolist()
    assert len(wrong) > 50
    assert np.mean(wrong) <= np.mean(said) + 0.02 <= 0.1
    assert 0.85 < np.median(kept) < 1.1


def test_of_nothing_but_noise_nothing_is_sure() -> None:
    n_sure = 0
    for _ in range(40):
        found = shrink(RANDOM.normal(0, 1, 50), np.ones(50), np.full(50, MANY))
        n_sure += int((found.wrong_sign <= 0.1).sum())
        assert abs(found.means).max() < 3
    assert n_sure <= 4  # of 2,000


def test_what_does_not_differ_from_the_centre_is_never_sure() -> None:
    found = shrink(np.zeros(5), np.full(5, 1e-9), np.full(5, 4.0))
    assert found.means == pytest.approx(0)
    assert (found.wrong_sign >= 0.5).all()
    assert not len(shrink(np.empty(0), np.empty(0), np.empty(0)).means)


def test_a_single_figure_can_be_sure() -> None:
    found = shrink(np.array([2.0]), np.array([0.1]), np.array([30.0]))
    assert found.wrong_sign[0] < 0.05
    assert found.means[0] == pytest.approx(2, rel=0.05)
