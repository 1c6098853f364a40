"""Intervals over texts against plain computations, and how often they hold the truth."""

from collections.abc import Callable

import numpy as np
import pytest
from helpers.cases import some_of
from helpers.plain.plain_bootstrap import plain_interval, plain_mean_interval
from scipy.stats import binom, t, ttest_1samp

from reportgen.findings import (
    CONFIDENCE,
    RESAMPLES,
    Estimate,
    Interval,
    certain_share,
    intervals_of_counts,
    mean_interval,
    mean_intervals,
    p_values,
    resampling,
)
from reportgen.findings.resampling import resamples
from reportgen.findings.statistics import (
    estimates,
    intervals_of,
    intervals_of_ratio,
    lows_among,
    share_estimate,
    tail,
)

RANDOM = np.random.default_rng(20)


@pytest.mark.parametrize("n_texts", some_of([5, 8, 24, 100], 5, 24))
def test_intervals_are_plain_expanded_percentile_intervals(n_texts: int) -> None:
    above = RANDOM.lognormal(0, 0.5, n_texts)
    below = RANDOM.lognormal(0, 0.5, n_texts)
    both = np.append(above[:-1], -below[-1])  # on both sides of 0
    columns = above[:, None], below[:, None]
    spread = intervals_of(lambda mean, square: square - mean**2, columns[0], columns[0] ** 2)
    for (found,), statistic in (
        (mean_intervals(both[:, None]), lambda rows: both[rows].mean()),
        (intervals_of_ratio(*columns), lambda rows: above[rows].mean() / below[rows].mean()),
        (spread, lambda rows: above[rows].var()),
    ):
        low, high = plain_interval(statistic, n_texts, draws=8_000)
        assert found == pytest.approx((low, high), abs=0.08 * (high - low))


@pytest.mark.parametrize("scale", [0.3, 1.0, -1.0, -0.3])
@pytest.mark.parametrize("n_texts", [5, 8, 24])
def test_the_far_end_of_a_mean_of_sizes_is_that_of_t_moved_for_skew(
    n_texts: int, scale: float
) -> None:
    """Of very skewed values it is farther out than the percentile; no share is above 1."""
    values = scale * RANDOM.lognormal(0, 1, (n_texts, 3))
    shares = values / abs(values).max(axis=0)
    found = mean_intervals(np.concatenate([values, shares], axis=1))
    for column, interval in zip(np.concatenate([values, shares], axis=1).T, found, strict=True):
        low, high = plain_mean_interval(column.tolist(), draws=2_000)
        assert interval == pytest.approx((low, high), abs=0.12 * (high - low))
        assert interval.low <= column.mean() <= interval.high
    assert all(-1 <= low <= high <= 1 for low, high in found[3:])


def test_the_interval_of_equal_values_has_no_width() -> None:
    (found,) = mean_intervals(np.full((6, 1), 0.5))
    assert found == (0.5, 0.5)


def test_ends_lie_as_far_out_as_those_of_students_t() -> None:
    """5 texts need the .1 % quantile, many the 2.5 %."""
    assert [round(100 * tail(n), 1) for n in (5, 10, 20, 40, 1000)] == [0.1, 0.9, 1.6, 2.0, 2.5]


def test_few_texts_have_more_resamples() -> None:
    assert [resamples(n) for n in (5, 8, 20, 40, 1000)] == [8000, 5000, 2000, RESAMPLES, RESAMPLES]
    # At least five resamples lie outside of either end, so that none rests on a single one.
    assert all(resamples(n) * tail(n) > 5 for n in range(5, 2000))


@pytest.mark.parametrize("share", [0.02, 0.5, 0.97])
def test_the_interval_of_a_share_stays_within_0_and_1(share: float) -> None:
    for n_texts in (5, 8, 24):
        values = RANDOM.beta(2 * share, 2 - 2 * share, (n_texts, 50))
        found = mean_intervals(values)
        assert all(low >= 0 and high <= 1 for low, high in filter(None, found))


@pytest.mark.parametrize(
    ("draw", "truth"),
    [
        (lambda shape: RANDOM.normal(0.5, 1, shape), 0.5),
        (lambda shape: RANDOM.beta(1, 4, shape), 0.2),
        (lambda shape: RANDOM.lognormal(0, 0.8, shape), np.exp(0.32)),
        (lambda shape: RANDOM.gamma(0.5, 1, shape), 0.5),
    ],
    ids=["normal", "share", "lognormal", "gamma"],
)
@pytest.mark.parametrize(
    ("n_texts", "least"), some_of([(5, 0.88), (8, 0.91), (24, 0.93)], (8, 0.91), (24, 0.93))
)
def test_intervals_hold_the_truth_about_as_often_as_they_say(
    draw: Callable[[tuple[int, int]], np.ndarray], truth: float, n_texts: int, least: float
) -> None:
    """In 1,500 runs; percentile ends fail this, and so does Student's t of sizes."""
    found = mean_intervals(draw((n_texts, 1500)))
    held = np.mean([low <= truth <= high for low, high in filter(None, found)])
    assert least <= held <= CONFIDENCE + 0.035


def test_p_values_are_those_of_students_t() -> None:
    values = RANDOM.normal(0.3, 1, (7, 20))
    errors = values.std(axis=0, ddof=1) / np.sqrt(7)
    found = p_values(values.mean(axis=0), errors, np.full(20, 7))
    assert found == pytest.approx(ttest_1samp(values, 0).pvalue)


def test_what_cannot_be_tested_has_a_p_value_of_1() -> None:
    means = np.array([1.0, np.nan, 1.0, 0.0, 1.0])
    errors = np.array([0.1, 0.1, np.nan, 0.0, 0.0])
    found = p_values(means, errors, np.array([4, 9, 9, 9, 9]))
    assert list(found) == [1, 1, 1, 1, 0]


def test_the_lower_end_of_the_strongest_of_many_is_bonferronis() -> None:
    alone = Estimate(6.0, Interval(4.0, 7.0), 8)
    (same,) = lows_among([alone], [alone])
    assert same.interval == pytest.approx(alone.interval)
    (among,) = lows_among([alone], [alone], n_tried=24)
    grown = t.ppf(1 - 0.025 / 24, 7) / t.ppf(0.975, 7)
    assert among.interval == pytest.approx((6 * (4 / 6) ** grown, 7))
    at_0 = Estimate(0.2, Interval(0.0, 0.5), 8)
    few = Estimate(0.2, None, 3)
    exact = Estimate(0.2, Interval(0.2, 0.2), 8)
    for own in (at_0, few, exact):
        assert lows_among([own], [own], n_tried=24) == (own,)


def test_a_figure_has_half_its_own_variance_and_half_that_of_all() -> None:
    figures = [Estimate(m, Interval(m * low, 2 * m), 5) for m, low in ((4, 0.9), (2, 0.5), (3, 0))]
    sizes = [Estimate(m, Interval(m * low, 2 * m), 5) for m, low in ((2, 0.8), (1, 0.6), (1, 0.7))]
    found = lows_among(figures, sizes, n_tried=2)
    apart = [-np.log(0.8), -np.log(0.6), -np.log(0.7)]
    for figure, moved, own in zip(figures[:2], found, apart, strict=False):
        spread = np.sqrt((own**2 + np.mean(np.square(apart))) / 2) / own
        grown = spread * t.ppf(1 - 0.025 / 6, 4 * 2) / t.ppf(0.975, 4)
        assert grown > 1
        low, high = figure.interval
        assert moved.interval == pytest.approx((figure.mean * (low / figure.mean) ** grown, high))
    assert found[2] == figures[2]
    # It is never moved up, however little the others differ.
    sizes = [sizes[1], Estimate(1.0, Interval(0.999, 2.0), 5)]
    assert lows_among(figures[:2], sizes)[0].interval == pytest.approx(figures[0].interval)


def test_of_many_even_layers_the_strongest_is_seldom_called_raised() -> None:
    """24 layers at the threshold itself, 8 texts; with plain ends it is in a fifth of the runs."""
    n_raised = {False: 0, True: 0}
    for _ in range(100):
        found = estimates(1.5 * RANDOM.lognormal(-0.045, 0.3, (8, 24)))
        for is_moved in n_raised:
            own = lows_among(found, found) if is_moved else found
            n_raised[is_moved] += any(one.interval.low >= 1.5 for one in own)
    assert n_raised[True] <= 5 < n_raised[False]


def test_a_sink_of_few_texts_is_found_among_many_layers() -> None:
    """One of 24 layers has .5, six times its equal share; 5 texts that differ by a tenth."""
    n_found = 0
    for _ in range(50):
        even = 0.5 / 6
        share = even * RANDOM.lognormal(-0.005, 0.1, (5, 24)) * np.append(np.ones(23), 6)
        moved = lows_among(estimates((share - even) / (1 - even)), estimates(share))
        n_found += moved[-1].interval.low >= 0.3
    assert n_found >= 45


def test_of_many_texts_groups_are_drawn_and_intervals_are_as_wide(monkeypatch) -> None:
    """Sorted values, which groups of neighbours would make too wide and interleaved ones too
    narrow; against intervals of the normal distribution and of the delta method."""
    monkeypatch.setattr(resampling, "GROUPS", 1000)
    random = np.random.default_rng(5)
    above = np.sort(random.lognormal(size=10_007))
    below = above * random.uniform(0.5, 1.5, len(above)) + 1
    (low, high), n = mean_intervals(above[:, None])[0], len(above)
    assert low < above.mean() < high
    assert high - low == pytest.approx(2 * 1.96 * above.std() / n**0.5, rel=0.1)
    ratio = above.mean() / below.mean()
    spread = (above - ratio * below).std() / below.mean() / n**0.5
    low, high = intervals_of_ratio(above[:, None], below[:, None])[0]
    assert low < ratio < high
    assert high - low == pytest.approx(2 * 1.96 * spread, rel=0.1)


def test_how_often_many_texts_are_drawn_is_the_same_whether_it_is_kept(monkeypatch) -> None:
    def counts(drawn):
        return drawn[:, :5]

    kept = intervals_of_counts(counts, 300)
    monkeypatch.setattr(resampling, "GROUPS", 200)
    assert intervals_of_counts(counts, 300) == kept


def share_of(flags: np.ndarray) -> Interval | None:
    return certain_share(mean_interval(flags.astype(float)), len(flags))


@pytest.mark.parametrize("n_texts", [5, 60])
def test_a_share_of_which_all_texts_are_alike_is_not_certain(n_texts: int) -> None:
    """By the tails of the binomial distribution at both ends (Clopper and Pearson 1934)."""
    every = np.ones(n_texts, np.bool_)
    right, wrong = share_of(every), share_of(~every)
    assert right is not None
    assert wrong is not None
    assert right.high == 1.0
    assert wrong.low == 0.0
    assert binom.sf(n_texts - 1, n_texts, right.low) == pytest.approx(0.025)
    assert binom.cdf(0, n_texts, wrong.high) == pytest.approx(0.025)
    found = share_estimate(every.astype(float))
    assert found is not None
    assert found.interval == right
    assert share_of(every[:4]) is None
    mixed = np.arange(n_texts) > 1
    assert share_of(mixed) == mean_intervals(mixed.astype(float)[:, None])[0]
