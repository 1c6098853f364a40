"""Where errors lie: figures against plain computations, silence where there is nothing."""

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from helpers.cases import some_of
from helpers.made_up.factories import changed, make_results
from scipy.stats import rankdata, spearmanr

from reportgen.findings import Estimate, Findings, Floats, Interval, LengthTrend, Subset, WhereWrong
from reportgen.findings.quality import Aspect, Scored, adjusted_p, compared, difference, main_script
from reportgen.results import Results


def scored(errors: Floats, measure: str = "distance") -> Scored:
    return Scored(measure, np.arange(len(errors)), errors)  # type: ignore[arg-type]


def of(errors: Floats, *differ_in: Aspect, measure: str = "distance") -> WhereWrong:
    found = compared(scored(errors, measure), differ_in)
    assert found is not None
    return found


def names(*own: str) -> np.ndarray:
    return np.array(own, np.str_)


def test_p_is_that_of_all_orders_of_few_errors() -> None:
    errors = np.array([0.3, 0.1, 0.9, 0.2, 0.7, 0.4, 0.05])
    columns = np.column_stack([[0, 0, 1, 0, 1, 1, 0], [1, 2, 7, 3, 5, 6, 4.0]])
    ranks = rankdata(errors)

    def scores(order: tuple[float, ...]) -> list[float]:
        return [abs(np.corrcoef(order, column)[0, 1]) for column in columns.T]

    own = scores(tuple(ranks))
    every = np.array([scores(order) for order in permutations(ranks)])
    strongest, weakest = int(np.argmax(own)), int(np.argmin(own))
    plain = np.empty(2)
    plain[strongest] = (every.max(axis=1) >= own[strongest] - 1e-9).mean()
    plain[weakest] = (every[:, weakest] >= own[weakest] - 1e-9).mean()
    plain[weakest] = max(plain)
    assert adjusted_p(columns, errors) == pytest.approx(plain, abs=0.02)


def test_the_means_of_a_part_and_of_all_others_are_plain_means() -> None:
    errors = np.arange(20.0)
    group = names(*["a"] * 8, *["b"] * 7, *["c"] * 5)
    found = of(errors, Aspect("group", names=group))
    assert [(part.name, part.error.mean, part.rest.mean) for part in found.parts] == [
        ("a", errors[:8].mean(), errors[8:].mean()),
        ("b", errors[8:15].mean(), np.delete(errors, slice(8, 15)).mean()),
        ("c", errors[15:].mean(), errors[:15].mean()),
    ]
    assert found.error.mean == errors.mean()
    (first, *_) = found.sure
    assert isinstance(first, Subset)
    assert (first.name, first.is_worse) == ("c", True)


def test_a_difference_has_the_interval_of_squares_and_sums() -> None:
    own = Estimate(0.6, Interval(0.4, 0.75), 20)
    rest = Estimate(0.2, Interval(0.15, 0.3), 80)
    expected = (0.4 - (0.2**2 + 0.1**2) ** 0.5, 0.4 + (0.15**2 + 0.05**2) ** 0.5)
    assert difference(own, rest) == pytest.approx(expected)


def test_errors_that_grow_with_length_are_told_with_both_thirds() -> None:
    lengths = np.arange(30.0)
    errors = lengths / 10 + np.tile([0.0, 0.3, 0.1], 10)
    found = of(errors, Aspect("length", lengths))
    (trend,) = found.sure
    assert isinstance(trend, LengthTrend)
    assert trend.correlation.mean == pytest.approx(spearmanr(errors, lengths).statistic)
    assert trend.longest.mean == pytest.approx(errors[20:].mean())
    assert trend.shortest.mean == pytest.approx(errors[:10].mean())
    assert trend.lengths == (Interval(0, 9), Interval(20, 29))


@pytest.mark.parametrize(
    ("lengths", "short", "long"),
    [
        ([5, 6, 7, 7, 7, 9, 9, 9, 9, 12] * 3, (5, 7), (9, 12)),  # a third alone ends within 7 and 9
        ([5] * 26 + [6] * 4, (5, 5), (6, 6)),
        ([5] * 4 + [6] * 26, (5, 5), (6, 6)),
    ],
)
def test_a_third_has_all_texts_of_the_lengths_that_are_told(
    lengths: list[int], short: tuple[int, int], long: tuple[int, int]
) -> None:
    """As seen: “12 tokens or fewer” with the mean of 13 of the 16 texts that short, 0.012 in place
    of 0.017."""
    own = np.array(lengths, dtype=np.float64)
    errors = np.random.default_rng(4).uniform(size=30) + own / 10
    trend = of(errors, Aspect("length", own)).trend
    assert trend is not None
    assert trend.lengths == (Interval(*short), Interval(*long))
    assert trend.shortest.mean == pytest.approx(errors[own <= short[1]].mean())
    assert trend.longest.mean == pytest.approx(errors[own >= long[0]].mean())


def test_a_trend_of_ranks_that_means_deny_is_not_told() -> None:
    """As in both headline files together: one short text is off by far more than all others."""
    lengths = np.arange(45.0)
    errors = lengths / 100
    errors[0] = 90.0
    trend = of(errors, Aspect("length", lengths)).trend
    assert trend is not None
    assert trend.p < 0.01
    assert trend.longest.mean < trend.shortest.mean
    assert not trend.is_sure


def test_a_group_of_too_few_texts_gets_no_verdict() -> None:
    errors = np.array([*[9.0] * 4, *np.arange(16) / 16])
    found = of(errors, Aspect("group", names=names(*["few"] * 4, *["a"] * 8, *["b"] * 8)))
    assert [part.name for part in found.parts] == ["a", "b"]
    assert found.n_small == 1


def test_of_two_names_of_one_thing_one_is_compared() -> None:
    errors = np.arange(12.0)
    found = of(errors, Aspect("source", names=names(*["a"] * 6, *["b"] * 6)))
    assert [part.name for part in found.parts] == ["b"]


def test_what_all_texts_share_is_nothing_they_differ_in() -> None:
    found = of(np.arange(12.0), Aspect("group", names=names(*["a"] * 12)))
    assert (found.parts, found.n_small, found.n_tried) == ((), 0, 0)


@pytest.mark.parametrize("errors", [[0.5] * 20, [1.0, 2, 3, 4], [1.0, 2, 3, np.inf, 4, 5]])
def test_of_equal_few_or_boundless_errors_nothing_is_said(errors: list[float]) -> None:
    lengths = Aspect("length", np.arange(len(errors)) * 1.0)
    assert compared(scored(np.array(errors)), [lengths]) is None


@pytest.mark.parametrize(
    ("n", "measure"),
    some_of(
        [(12, "distance"), (60, "distance"), (12, "texts"), (24, "texts")],
        *((12, "distance"), (12, "texts")),
    ),
)
def test_where_errors_have_nothing_to_do_with_texts_reports_seldom_say_anything(
    n: int, measure: str
) -> None:
    n_said, n_reports = 0, 200
    for seed in range(n_reports):
        random = np.random.default_rng(seed)
        errors = random.gamma(0.7, 1.0, n)
        if measure == "texts":
            errors = (random.random(n) < 0.3) * 1.0
        group = random.choice(["a", "b", "c"], n).astype(np.str_)
        lengths = Aspect("length", random.integers(5, 40, n) * 1.0)
        labels = Aspect("label", random.normal(size=n))
        found = compared(scored(errors, measure), [lengths, labels, Aspect("group", names=group)])
        n_said += found is not None and bool(found.sure)
    assert n_said <= 0.08 * n_reports  # 5 %, and two standard errors of 200 reports


def test_texts_in_which_nothing_is_wrong_have_an_exact_interval() -> None:
    errors = np.array([0.0] * 10 + [1.0] * 10)
    files = Aspect("source", names=names(*["a"] * 10, *["b"] * 10))
    (part,) = of(errors, files, measure="texts").parts
    assert part.rest.interval == pytest.approx((0.0, 1 - 0.025 ** (1 / 10)))
    assert part.error.interval == pytest.approx((0.025 ** (1 / 10), 1.0))


def labelled(folder: Path, texts: tuple[str, ...], errors: Floats) -> Results:
    made = make_results(folder, texts, n_layers=1, n_heads=1, keep=0)
    predicted = made.texts["prediction"].to_numpy()
    labels = predicted + errors
    return changed(made, texts=made.texts.assign(label=labels.astype(str), label_value=labels))


def test_a_report_tells_length_script_and_file(tmp_path: Path) -> None:
    texts = tuple("もう少し" if i % 2 else "some more " + "words " * (i // 4) for i in range(24))
    texts = tuple(f"{text}{i}" for i, text in enumerate(texts))
    errors = np.where(np.arange(24) % 2 == 1, 2.0, 0.5) + np.arange(24) / 100
    results = labelled(tmp_path, texts, errors)
    sources = [f"{'a' if i < 12 else 'b'}.csv:{i + 2}" for i in range(24)]
    found = Findings(changed(results, texts=results.texts.assign(source=sources))).where_wrong
    assert found is not None
    assert {(part.aspect, part.name) for part in found.parts if part.band is None} == {
        ("script", "kana"),
        ("source", "b.csv"),
    }
    (script,) = (part for part in found.parts if part.aspect == "script")
    assert script.is_sure
    assert script.error.mean == pytest.approx(errors[1::2].mean())


def test_equal_texts_count_once(tmp_path: Path) -> None:
    texts = tuple(f"text {i % 8}" for i in range(24))
    results = labelled(tmp_path, texts, np.arange(24) / 10)
    found = Findings(results).where_wrong
    assert found is not None
    assert found.n_texts == 8
    assert found.error.mean == pytest.approx(np.arange(8).mean() / 10)


@pytest.mark.parametrize("label", [1e308, -1e308])
def test_labels_out_of_range_and_predictions_that_are_none_break_nothing(
    tmp_path: Path, label: float
) -> None:
    results = labelled(tmp_path, tuple(f"text {i}" for i in range(8)), np.arange(8) / 10)
    texts = results.texts.copy()
    texts.loc[0, "label_value"] = label
    texts.loc[1, "prediction"] = np.nan
    found = Findings(changed(results, texts=texts))
    assert found.where_wrong is not None
    assert found.where_wrong.n_texts == 7
    assert found.slopes is None or found.slopes.verdict is None
    one = texts.assign(label_value=[0.5, *[np.nan] * 7])
    assert Findings(changed(results, texts=one)).where_wrong is None


def test_the_script_of_a_text_is_that_of_most_of_its_letters() -> None:
    assert main_script("Hello мир") == "latin"
    assert main_script("漢字ばかりの本") == "kana"
    assert main_script("漢字とカナ") == "kana"
    assert main_script("北京大学") == "han"
    assert main_script("123 !?") == ""
