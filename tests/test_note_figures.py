"""Corpus figures of special tokens, and their intervals, against plain loops."""

from pathlib import Path
from statistics import mean

import numpy as np
import pytest
from factories import HEADLINES, make_results
from role_tables import with_roles

from reportgen.notes.figures import MIN_TEXTS, analysed, role_figures, takes_part


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
        assert layer.share == pytest.approx(mean(shares))
        assert layer.expected == pytest.approx(mean(expected))
        assert layer.ratio == pytest.approx(mean(shares) / mean(expected))
        assert layer.self_share == pytest.approx(mean(float(row["self_share"]) for row in rows))
        assert layer.share_range == pytest.approx((min(shares), max(shares)))
        assert layer.expected_range == pytest.approx((min(expected), max(expected)))


def test_the_ratio_is_that_of_the_means_and_not_the_mean_of_ratios(tmp_path: Path) -> None:
    results = with_roles(
        make_results(tmp_path, HEADLINES[:2]),
        [(0, 1, "cls", 0.5, 0.1, 0.0), (1, 1, "cls", 0.3, 0.3, 0.0)],
    )
    (layer,) = role_figures(results, "cls").layers
    assert layer.ratio == pytest.approx(0.4 / 0.2)  # the mean of 5 and 1 would be 3


def test_intervals_are_those_of_a_plain_bootstrap(tmp_path: Path) -> None:
    results = make_results(tmp_path, HEADLINES * 4, n_layers=1, sink=0.4)
    (layer,) = role_figures(results, "cls").layers
    rows = results.roles[results.roles["role"] == "cls"]
    share, expected = (rows[name].to_numpy(np.float64) for name in ("share", "expected"))
    ours = {"share": layer.share_interval, "ratio": layer.ratio_interval}
    statistics = {
        "share": lambda s, e: s.mean(),
        "ratio": lambda s, e: s.mean() / e.mean(),
    }
    random = np.random.default_rng(1)
    drawn = [random.integers(0, len(share), len(share)) for _ in range(4000)]
    for name, statistic in statistics.items():
        resampled = sorted(statistic(share[rows], expected[rows]) for rows in drawn)
        low, high = resampled[100], resampled[-100]
        assert ours[name] == pytest.approx((low, high), abs=0.1 * (high - low))


def test_texts_of_one_length_with_an_even_spread_have_a_ratio_interval_of_one(
    tmp_path: Path,
) -> None:
    """Shares that follow the texts' lengths vary, but their ratio to the even spread does not."""
    even = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4)
    results = with_roles(
        make_results(tmp_path), [(i, 1, "cls", u, u, 0.0) for i, u in enumerate(even)]
    )
    (layer,) = role_figures(results, "cls").layers
    assert layer.ratio_interval == pytest.approx((1, 1))
    assert layer.share_interval is not None
    assert layer.share_interval.high > 1.5 * layer.share_interval.low


def test_the_same_results_give_the_same_intervals(tmp_path: Path) -> None:
    results = make_results(tmp_path)
    assert role_figures(results, "cls") == role_figures(results, "cls")


@pytest.mark.parametrize("n", range(1, 7))
def test_few_texts_have_no_interval(tmp_path: Path, n: int) -> None:
    figures = role_figures(make_results(tmp_path, HEADLINES[:n]), "cls")
    assert [layer.share_interval is None for layer in figures.layers] == [n < MIN_TEXTS] * 4
    assert [layer.ratio_interval is None for layer in figures.layers] == [n < MIN_TEXTS] * 4


def test_short_empty_and_failed_texts_take_no_part(tmp_path: Path) -> None:
    texts = ("abcdef", "abcd", "abcde", "", "abcdefgh", "abcdefgh")
    results = make_results(tmp_path, texts, failed=(4,), truncated=(5,))
    assert list(analysed(results)) == [True, True, True, False, False, True]
    # Two code points a token: "abcd" has two content tokens, "abcde" three.
    assert list(takes_part(results)) == [True, False, True, False, False, True]
    assert role_figures(results, "cls").n_texts == 3


def test_a_role_without_a_text_has_no_layers(tmp_path: Path) -> None:
    figures = role_figures(make_results(tmp_path, ("ab", "")), "cls")
    assert (figures.n_texts, figures.layers) == (0, ())
