"""How often the last unit of a text is the strongest, against loops; and in comparisons."""

from pathlib import Path

import numpy as np
import pytest
from helpers.made_up.moved_tokens import with_last
from scipy.stats import binomtest

from reportgen.comparison.pairing import pair
from reportgen.comparison.tokens.units import unit_pairs
from reportgen.findings.findings import Findings
from reportgen.findings.tokens.last_token import LastToken, last_token


def test_it_is_counted_as_by_loops() -> None:
    random = np.random.default_rng(2)
    texts = [np.round(random.normal(0, 1, random.integers(1, 6)), 0) for _ in range(60)]
    same = np.arange(60)
    same[7] = 3  # a copy shows nothing new
    n, k, chances = 0, 0, []
    for row, effects in enumerate(texts):
        if same[row] == row and len(effects) > 1:
            n += 1
            k += all(abs(effects[-1]) > abs(own) for own in effects[:-1])
            chances.append(1 / len(effects))
    text = np.repeat(np.arange(60), [len(effects) for effects in texts])
    found = last_token(text, np.concatenate(texts), same)
    assert found == LastToken(k, n, pytest.approx(np.mean(chances)))
    ends = binomtest(k, n).proportion_ci(0.95)
    assert found is not None
    assert found.interval == pytest.approx((ends.low, ends.high))


@pytest.mark.parametrize(
    ("k", "n", "chance", "is_told"),
    [
        (13, 16, 0.1, True),
        (4, 4, 0.1, False),  # fewer than five texts
        (8, 16, 0.1, False),  # not in most
        (6, 10, 0.5, False),  # as by chance
        (5, 5, 0.1, True),
    ],
)
def test_it_is_told_where_it_is_most_often_so_and_surely_not_by_chance(
    k: int, n: int, chance: float, is_told: bool
) -> None:
    assert LastToken(k, n, chance).stands_out == is_told


def test_of_single_units_and_of_nothing_nothing_is_counted() -> None:
    assert last_token(np.arange(4), np.ones(4), np.arange(4)) is None
    assert last_token(np.empty(0, np.intp), np.empty(0), np.empty(0, np.intp)) is None
    still = last_token(np.array([0, 0, 1, 1]), np.zeros(4), np.arange(2))
    assert still is not None
    assert (still.n_strongest, still.n_texts) == (0, 2)


@pytest.mark.parametrize(("n", "is_left_out"), [(8, True), (2, False)])
def test_a_comparison_leaves_out_last_tokens_where_a_report_does(
    tmp_path: Path, n: int, is_left_out: bool
) -> None:
    base, head = with_last(tmp_path / "base", n), with_last(tmp_path / "head", 0)
    units = unit_pairs(base, head, pair(Findings(base), Findings(head)))
    is_last = np.append(np.diff(units.text) != 0, True)
    for side in units.effect:
        assert np.isnan(side[is_last]).all() == is_left_out
        assert np.isfinite(side[~is_last]).all()
