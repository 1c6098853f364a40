"""Corpus figures of special tokens, and their intervals, against plain loops."""

from pathlib import Path
from statistics import mean

import numpy as np
import pytest
from helpers.made_up.factories import HEADLINES, make_results
from helpers.made_up.role_tables import with_roles
from helpers.plain.plain_bootstrap import plain_interval

from reportgen.findings import mean_intervals
from reportgen.findings.attention import role_figures, takes_part
from reportgen.findings.statistics import intervals_of_ratio, measured, ratio_estimates
from reportgen.results import MIN_TEXTS


def test_figures_are_means_over_texts(tmp_path: Path) -> None:
    results = make_results(tmp_path, sink=0.3)
    figures = role_figures(results, "sep")
    assert figures.n_texts == len(HEADLINES)
    for layer in figures.layers:
        rows = [
            row
            for row in results.roles.to_dict("records")
            if row["role"] == "sep" and row["layer"] == layer.layer
        ]
        shares = [float(row["share"]) for row in rows]
        expected = [float(row["expected"]) for row in rows]
        assert layer.share.mean == pytest.approx(mean(shares))
        assert layer.expected == pytest.approx(mean(expected))
        assert layer.ratio.mean == pytest.approx(mean(shares) / mean(expected))
        assert layer.self_share == pytest.approx(mean(float(row["self_share"]) for row in rows))
        assert layer.share_range == pytest.approx((min(shares), max(shares)))
        assert layer.expected_range == pytest.approx((min(expected), max(expected)))


def test_the_ratio_is_that_of_the_means_and_not_the_mean_of_ratios(tmp_path: Path) -> None:
    results = with_roles(
        make_results(tmp_path, HEADLINES[:2]),
        [(0, 1, "cls", 0.5, 0.1, 0.0), (1, 1, "cls", 0.3, 0.3, 0.0)],
    )
    (layer,) = role_figures(results, "cls").layers
    assert layer.ratio.mean == pytest.approx(0.4 / 0.2)  # the mean of 5 and 1 would be 3


def test_intervals_are_those_of_a_plain_bootstrap(tmp_path: Path) -> None:
    results = make_results(tmp_path, HEADLINES * 4, n_layers=1, sink=0.4)
    (layer,) = role_figures(results, "cls").layers
    rows = results.roles[results.roles["role"] == "cls"]
    share, expected = (rows[name].to_numpy(np.float64) for name in ("share", "expected"))
    ours = {"share": layer.share.interval, "ratio": layer.ratio.interval}
    statistics = {
        "share": lambda s, e: s.mean(),
        "ratio": lambda s, e: s.mean() / e.mean(),
    }
    for name, statistic in statistics.items():
        low, high = plain_interval(lambda rows, of=statistic: of(share[rows], expected[rows]), 24)
        assert ours[name] == pytest.approx((low, high), abs=0.1 * (high - low))


def test_texts_of_one_length_with_an_even_spread_have_a_ratio_interval_of_one(
    tmp_path: Path,
) -> None:
    """Shares that follow the texts' lengths vary, but their ratio to the equal share does not."""
    even = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4)
    results = with_roles(
        make_results(tmp_path), [(i, 1, "cls", u, u, 0.0) for i, u in enumerate(even)]
    )
    (layer,) = role_figures(results, "cls").layers
    assert layer.ratio.interval == pytest.approx((1, 1))
    assert layer.share.interval is not None
    assert layer.share.interval.high > 1.5 * layer.share.interval.low


@pytest.mark.parametrize("n", range(1, 7))
def test_few_texts_have_no_interval(tmp_path: Path, n: int) -> None:
    figures = role_figures(make_results(tmp_path, HEADLINES[:n]), "cls")
    assert [layer.share.interval is None for layer in figures.layers] == [n < MIN_TEXTS] * 4
    assert [layer.ratio.interval is None for layer in figures.layers] == [n < MIN_TEXTS] * 4


def test_short_empty_and_failed_texts_take_no_part(tmp_path: Path) -> None:
    texts = ("abcdef", "abcd", "abcde", "", "abcdefgh", "abcdefgh")
    results = make_results(tmp_path, texts, failed=(4,), truncated=(5,))
    assert list(results.analysed) == [True, True, True, False, False, True]
    # Two code points a token: "abcd" has two text tokens, "abcde" three.
    assert list(takes_part(results)) == [True, False, True, False, False, True]
    assert role_figures(results, "cls").n_texts == 3


def test_a_role_without_a_text_has_no_layers(tmp_path: Path) -> None:
    figures = role_figures(make_results(tmp_path, ("ab", "")), "cls")
    assert (figures.n_texts, figures.layers) == (0, ())


def test_norm_figures_are_means_over_texts(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="basic")
    roles = results.roles
    steps = roles["text"].astype(float)
    roles["value_ratio"] = roles["value_ratio"] * (1 + steps)
    # Different in every text, so that a mean of ratios would be another number.
    roles["value_size"] = roles["value_size"] * (1 + roles["text"].astype(float))
    roles["content_value_size"] = roles["content_value_size"] + roles["text"].astype(float) ** 2
    for layer in role_figures(results, "cls").layers:
        rows = [
            row
            for row in roles.to_dict("records")
            if row["role"] == "cls" and row["layer"] == layer.layer
        ]
        means = {
            name: mean(float(row[name]) for row in rows)
            for name in ("norm_share", "value_size", "content_value_size", "value_ratio")
        }
        stored = layer.value_ratio, means["value_ratio"]
        found = (layer.norm_share, means["norm_share"]), stored
        for estimate, expected in found:
            assert estimate is not None
            assert estimate.mean == pytest.approx(expected)
            assert estimate.low is not None
            assert estimate.high is not None
            assert estimate.low < estimate.mean < estimate.high


def test_norms_that_were_not_measured_leave_the_rest_whole(tmp_path: Path) -> None:
    with_norms = role_figures(make_results(tmp_path / "with", evidence="basic"), "cls")
    without = role_figures(make_results(tmp_path / "without"), "cls")
    for layer, measured_layer in zip(without.layers, with_norms.layers, strict=True):
        assert layer.norm_share is None
        assert layer.value_ratio is None
        assert layer.share == measured_layer.share


@pytest.mark.parametrize("n_missing", [1, 3, 6])
def test_texts_without_norms_count_for_the_rest_alone(tmp_path: Path, n_missing: int) -> None:
    results = make_results(tmp_path, evidence="basic")
    missing = results.roles["text"] < n_missing
    results.roles.loc[missing, ["norm_share", "value_size", "content_value_size"]] = np.nan
    figures = role_figures(results, "sep")
    assert figures.n_texts == 6
    layer = figures.layers[0]
    assert layer.share.interval is not None
    rows = results.roles[(results.roles["role"] == "sep") & (results.roles["layer"] == 1)]
    kept = [float(x) for x in rows["norm_share"] if x == x]
    assert len(kept) == 6 - n_missing
    assert (layer.value_ratio is None) == (layer.norm_share is None) == (not kept)
    if layer.norm_share is not None:
        assert layer.norm_share.mean == pytest.approx(mean(kept))
        assert (layer.norm_share.interval is not None) == (len(kept) >= MIN_TEXTS)


def test_a_row_that_misses_any_figure_is_not_measured() -> None:
    first = np.array([[1.0, 2.0], [np.nan, 4.0], [5.0, 6.0], [7.0, 8.0]])
    second = np.array([[1.0], [2.0], [np.inf], [4.0]])
    above, below = measured(first, second)
    assert above.tolist() == [[1, 2], [7, 8]]
    assert below.tolist() == [[1], [4]]


def test_nothing_is_divided_by_nothing() -> None:
    zeros, ones = np.zeros((6, 1)), np.ones((6, 1))
    assert ratio_estimates(ones, zeros) == (None,)
    assert ratio_estimates(ones[:0], ones[:0]) == (None,)
    (nothing,) = ratio_estimates(zeros, ones)
    assert nothing is not None
    assert (nothing.mean, nothing.interval, nothing.n_texts) == (0, (0, 0), 6)


def test_a_ratio_has_an_interval_unless_its_resamples_are_mostly_over_nothing() -> None:
    above = np.ones((6, 1))
    # Six draws all miss the one text whose control moves with (5 / 6)^6 = .33, above .025;
    # with four such texts that is (2 / 6)^6 = .001.
    assert intervals_of_ratio(above, np.array([[1.0], *[[0.0]] * 5])) == [None]
    (interval,) = intervals_of_ratio(above, np.array([*[[1.0]] * 4, [0.0], [0.0]]))
    assert interval is not None
    assert 1 <= interval.low < 1.5 < interval.high <= 6


@pytest.mark.parametrize("n", [0, 1, 4, 5])
def test_intervals_need_texts(n: int) -> None:
    values = np.arange(2.0 * n).reshape(n, 2)
    assert [i is None for i in mean_intervals(values)] == [n < MIN_TEXTS] * 2
    assert [i is None for i in intervals_of_ratio(values, values + 1)] == [n < MIN_TEXTS] * 2
