"""How well rankings find the words that people marked, against plain computations."""

from collections.abc import Sequence
from itertools import combinations, permutations
from pathlib import Path

import numpy as np
import pytest
from helpers.made_up.factories import changed, make_results

from reportgen.findings import Findings, marked_units
from reportgen.findings.rationale_scores import MarkedUnits, RationaleScores, span_f1
from reportgen.results import EFFECT, Results, text_units

# Marked words and scores of four texts. Of these the code of the benchmark gives the values below
# (`score_hard_rationale_predictions`, `partial_match_score` and `score_soft_tokens` of the
# repository jayded/eraserbenchmark, with scikit-learn): macro F1 of tokens, macro precision, recall
# and F1 of spans at 0.5, and average precision.
MARKED = ("0110001000", "111000", "0100110", "00011110")
SCORES = (
    (0.1, 0.9, 0.8, 0.2, 0.0, 0.3, 0.4, 0.5, 0.05, 0.15),
    (0.5, 0.1, 0.6, 0.2, 0.7, 0.3),
    (0.9, 0.8, 0.1, 0.2, 0.7, 0.6, 0.3),
    (0.1, 0.2, 0.9, 0.8, 0.7, 0.6, 0.5, 0.0),
)
REFERENCE = (0.6875, 0.625, 0.625, 0.625, 0.6975694444444444)


def units(marked: str, begins: Sequence[int] = (0,)) -> MarkedUnits:
    is_marked = np.array([int(mark) for mark in marked])
    first = np.isin(np.arange(len(marked)), begins)
    before = np.append(0, is_marked[:-1])
    span = np.cumsum(is_marked & ((before == 0) | first)) * is_marked
    return MarkedUnits(span.astype(np.intp), first)


def runs(picked: set[int], begins: Sequence[int]) -> list[set[int]]:
    found: list[set[int]] = []
    for unit in sorted(picked):
        if unit - 1 in picked and unit not in begins:
            found[-1].add(unit)
        else:
            found.append({unit})
    return found


def plain(marked: str, values: Sequence[float], begins: Sequence[int] = (0,)) -> RationaleScores:
    """From the formulas of DeYoung et al. 2020, unit by unit; no two values are equal."""
    truth = {i for i, mark in enumerate(marked) if mark == "1"}
    ranked = sorted(range(len(values)), key=lambda i: -values[i])
    picked = set(ranked[: len(truth)])
    area = np.mean([len(truth & set(ranked[: ranked.index(i) + 1])) / (ranked.index(i) + 1)
                    for i in truth])  # fmt: skip
    wanted, given = runs(truth, begins), runs(picked, begins)
    right = sum(any(len(a & b) / len(a | b) >= 0.5 for b in wanted) for a in given)
    f1 = len(truth & picked) / len(truth)
    return RationaleScores(f1, float(area), right / len(given), right / len(wanted))


def test_figures_are_those_of_the_benchmark_and_of_its_formulas() -> None:
    scores = [units(m).scores(np.array(v)) for m, v in zip(MARKED, SCORES, strict=True)]
    f1, auprc, precision, recall = np.mean(scores, axis=0)
    iou = span_f1(np.array([precision]), np.array([recall]))[0]
    assert (f1, precision, recall, iou, auprc) == pytest.approx(REFERENCE)
    random = np.random.default_rng(3)
    for _ in range(60):
        n = int(random.integers(2, 20))
        marks = random.permutation([1, 0, *random.integers(0, 2, n - 2)])
        begins = (0, int(random.integers(0, n)))  # where the second text of a pair begins
        marked, values = "".join(map(str, marks)), random.normal(size=n)
        expected = plain(marked, values.tolist(), begins)
        assert units(marked, begins).scores(values) == pytest.approx(expected)


def test_equal_values_and_chance_are_means_over_all_choices() -> None:
    marked = units("110010")
    orders = [plain("110010", order) for order in permutations(range(6))]
    every = np.mean(orders, axis=0)
    assert marked.chance()[:2] == pytest.approx(every[:2])
    assert marked.chance()[2:] == pytest.approx(every[2:], abs=0.08)  # of orders that are drawn
    level = marked.scores(np.array([2.0, 1, 1, 1, 0, 0]))
    choices = [len({0, 1, 4} & {0, *pair}) / 3 for pair in combinations((1, 2, 3), 2)]
    assert level.f1 == pytest.approx(np.mean(choices))
    assert level.auprc == pytest.approx((1 + 2 / 4 + 3 / 6) / 3)  # equal values are one step
    constant = marked.scores(np.zeros(6))
    assert constant.f1 == pytest.approx(0.5)
    assert constant.auprc == pytest.approx(0.5)


TEXTS = tuple(f"some {word} words {i} stand here in a row" for i in range(30) for word in ("odd",))


def marked_at(results: Results, marks: dict[int, list[tuple[int, int]] | None]) -> Findings:
    """The findings of results with these marks, by row of `texts`."""
    column = [None if marks.get(i) is None else [end for place in marks[i] or () for end in place]
              for i in range(len(results.texts))]  # fmt: skip
    texts = results.texts.drop(columns=["rationale", "rationale_pair"])
    return Findings(changed(results, texts=texts.assign(rationale=column)))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("made")
    return make_results(folder, TEXTS, n_layers=1, n_heads=1, keep=0, evidence="basic")


def largest(results: Results, text: int, n: int) -> list[tuple[int, int]]:
    """The places of the units of a text that change the prediction most."""
    effects, found = results.effects_of(text), text_units(results, text)
    assert effects is not None
    by_unit = {unit: abs(effects[EFFECT].iloc[i]) for i, unit in enumerate(found.unit_of)}
    content = [i for i, unit in enumerate(found.units) if not unit.is_special]
    top = sorted(content, key=lambda i: -by_unit[i])[:n]
    return sorted((found.units[i].start or 0, found.units[i].end or 0) for i in top)


def test_marks_on_what_changes_the_prediction_are_found_and_others_are_not(made: Results) -> None:
    findings = marked_at(made, {i: largest(made, i, 2) for i in range(30)})
    assert findings.rationales is not None
    effect = findings.rationales.views[EFFECT]
    assert effect.figures.f1.mean == effect.figures.auprc.mean == 1.0
    assert effect.judgement is not None
    assert effect.judgement.is_above_all
    figures = findings.figures
    assert figures["rationale_effect_f1"] == 1.0
    assert effect.figures.iou.mean > 0.9  # two marks side by side are two spans, and one is picked
    assert figures["rationale_n_texts"] == 30
    # A text that is a copy counts once; a mark over everything, or none, is not compared.
    some = {0: [(0, 4)], 1: [], 2: [(0, len(TEXTS[2]))], 3: [(5, 8)]}
    few = marked_at(made, some).rationales
    assert few is not None
    assert (len(few.marked), few.n_none, few.n_all, few.n_compared) == (4, 1, 1, 2)
    assert all(item.stated is None for item in few.views.values())


def test_random_marks_call_for_no_claim(made: Results) -> None:
    """Of 20 random markings no more than one lets the colours or the effects look better."""
    random, n_claims = np.random.default_rng(5), 0
    for _ in range(20):
        marks = {}
        for i in range(30):
            found = [u for u in text_units(made, i).units if not u.is_special]
            chosen = random.choice(len(found), 2, replace=False)
            marks[i] = sorted((found[j].start or 0, found[j].end or 0) for j in chosen)
        findings = marked_at(made, marks)
        assert findings.rationales is not None
        judged = (findings.rationales.views[view].judgement for view in
                  (EFFECT, findings.shown_first))  # fmt: skip
        n_claims += any(item is not None and item.is_above_all for item in judged)
    assert n_claims <= 1


def test_a_unit_is_marked_where_a_mark_covers_a_character_of_it(made: Results) -> None:
    places = {
        "one character": ([(1, 2)], {"so"}),
        "the space before a word": ([(4, 6)], {" o", "od"}),
        "up to a boundary": ([(0, 2)], {"so"}),
    }
    for marks, expected in places.values():
        findings = marked_at(made, {0: marks})
        found = text_units(made, 0)
        chosen = marked_units(findings.results, 0)
        assert {TEXTS[0][found.units[i].start : found.units[i].end] for i in chosen} & expected
        covered = {c for start, end in marks for c in range(start, end) if TEXTS[0][c] != " "}
        for i, unit in enumerate(found.units):
            inside = not unit.is_special and covered & set(range(unit.start or 0, unit.end or 0))
            assert (i in chosen) == bool(inside)


def test_results_without_marks_have_no_figure_of_them(made: Results, tmp_path: Path) -> None:
    findings = Findings(made)
    assert findings.rationales is None
    named = {name: value for name, value in findings.figures.items() if "rationale" in name}
    assert set(named.values()) == {None}
