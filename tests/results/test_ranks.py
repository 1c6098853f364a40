"""Rank correlations: the figures of scipy.stats, to the last bit."""

import numpy as np
import pytest
from scipy import stats

from reportgen.results import adjusted, mean_ranks, spearman


def lists(n_values: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Two lists that go together, with ties where there are few values."""
    random = np.random.default_rng(n_values + length)
    first = random.integers(0, n_values, length).astype(np.float64) / 7
    return first, first + random.integers(-n_values, n_values, length) / 3


@pytest.mark.parametrize("n_values", [2, 5, 100_000])
@pytest.mark.parametrize("length", [2, 3, 9, 40, 511, 512, 513, 1500])
def test_correlations_are_those_of_scipy(n_values, length):
    first, second = lists(n_values, length)
    first[0], second[0] = first[-1] + 1, second[-1] - 1  # both vary
    assert spearman(first, second) == stats.spearmanr(first, second).statistic
    assert np.array_equal(mean_ranks(first), stats.rankdata(first))


def test_a_list_that_does_not_vary_has_no_correlation():
    assert np.isnan(spearman(np.ones(4), np.arange(4.0)))


@pytest.mark.parametrize("length", [0, 1, 2, 50])
def test_adjusted_p_values_are_those_of_scipy(length):
    p = np.random.default_rng(length).random(length) ** 3
    assert np.array_equal(adjusted(p), stats.false_discovery_control(p) if length else p)
