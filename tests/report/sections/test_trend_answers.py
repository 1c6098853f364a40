"""The four answers over several models: each point of a chart against a plain computation."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from helpers.drawings import drawn_values
from helpers.made_up.factories import changed
from helpers.real.two_models import LABELS, STAR, TEXTS, chain, four_of, pair_of, row_of, twice

from reportgen.comparison import Comparison, compare_runs
from reportgen.findings import Findings
from reportgen.report import CompareOptions, Lang, load_language
from reportgen.report.components import Answer
from reportgen.report.language import LANGUAGES
from reportgen.report.sections import make_several_answers
from reportgen.report.sections.context_compared import CompareContext
from reportgen.results import SINK_EXCESS, Results

FOLDERS = [f"results-step{step}" for step in (100, 200, 300, 1000)]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, ...]:
    return four_of(tmp_path_factory.mktemp("trend"))


@pytest.fixture(scope="module")
def found(models: tuple[Results, ...]) -> Comparison:
    first, *between, last = map(Findings, models)
    return compare_runs(first, last, None, between, FOLDERS)


def answers_of(found: Comparison, lang: Lang = "en") -> tuple[Answer, ...]:
    context = CompareContext(found.runs, CompareOptions(lang=lang), load_language(lang))
    return make_several_answers(context)


def chart_of(answer: Answer) -> BeautifulSoup:
    return BeautifulSoup(str(answer.chart), "html.parser")


def near(values: list[float]) -> object:
    """A pixel of a chart is about a hundredth of what it shows."""
    return pytest.approx(values, abs=0.015 * max(1, *map(abs, values)))


def test_the_error_that_decides_is_a_point_in_every_model(
    found: Comparison, models: tuple[Results, ...]
) -> None:
    first = answers_of(found)[0]
    errors = [np.abs(side.texts["prediction"] - LABELS).mean() for side in models]
    assert drawn_values(chart_of(first)) == near(errors)
    values = row_of(found, "mae").values
    rings = ["ring" in circle["class"] for circle in chart_of(first)("circle")]
    assert rings == [v.gain is not None and v.gain not in ("better", "worse") for v in values]
    assert f"{errors[0]:.2f} → {errors[-1]:.2f}" in first.remark
    assert values[-1].gain == "unclear"
    assert first.answer == "Unclear: 12 texts cannot tell"


def test_the_verdict_says_since_when(models: tuple[Results, ...]) -> None:
    """The first two models are off by two, the others by next to nothing."""
    sides = [
        with_errors(side, error) for side, error in zip(models, (2.0, 2.0, 0.02, 0.01), strict=True)
    ]
    first, *between, last = map(Findings, sides)
    comparison = compare_runs(first, last, None, between, FOLDERS)
    said: dict[Lang, str] = {
        "en": "Yes: mean absolute error 2.00 → 0.01, since step 300",
        "ja": "はい：平均絶対誤差は2.00→0.01（ステップ300から）",
    }
    assert {lang: answers_of(comparison, lang)[0].answer for lang in said} == said


def with_errors(side: Results, size: float) -> Results:
    errors = size + 0.001 * np.arange(len(LABELS)) / len(LABELS)
    predictions = np.array(LABELS) + errors * np.where(np.arange(len(LABELS)) % 2, 1, -1)
    texts = side.texts.assign(prediction=predictions, scores=[[x] for x in predictions])
    return changed(side, texts=texts)


def test_what_the_sink_gets_is_a_point_in_every_model(
    found: Comparison, models: tuple[Results, ...]
) -> None:
    third = answers_of(found)[2]
    most = []
    for side in models:
        roles = side.roles[side.roles["role"] == "cls"]
        excess = (roles["share"] - roles["expected"]) / (1 - roles["expected"])
        most.append(100 * excess.groupby(roles["layer"]).mean().max())
    assert drawn_values(chart_of(third)) == pytest.approx(most, abs=1)
    is_full = ["ring" not in circle["class"] for circle in chart_of(third)("circle")]
    assert is_full == [False, False, True, True]
    assert min(most[2:]) > 100 * SINK_EXCESS > most[0]
    assert third.answer == "On [CLS], from step 300 on"


def test_the_agreement_is_a_point_in_every_model_and_the_last_one_is_judged(
    found: Comparison,
) -> None:
    fourth = answers_of(found)[3]
    values = row_of(found, "agreement").values
    assert drawn_values(chart_of(fourth)) == near([value.value for value in values])
    assert f"{values[0].value:.3f} → {values[-1].value:.3f}".replace("-", "−") in fourth.remark
    assert values[-1].judgement.verdict in ("unclear", "chance")
    assert fourth.answer == "Not clearly better than chance"


def test_the_token_that_counts_more_is_told_from_the_first_model_to_the_last(
    found: Comparison,
) -> None:
    assert answers_of(found)[1].answer == f"“{STAR}”: looked at more, and counts more"


def test_without_right_answers_it_is_told_how_many_predictions_changed(tmp_path: Path) -> None:
    sides = pair_of(tmp_path, TEXTS, kind="class", evidence="none")
    first, _, _, fourth = answers_of(chain(sides[0], sides[1], sides[0], sides[0]))
    names = [side.texts["prediction_label"].to_numpy() for side in sides]
    share = 100 * (names[0] != names[1]).mean()
    assert drawn_values(chart_of(first)) == pytest.approx([share, share, 0], abs=1)
    assert first.answer == "0.0 % at the last step".replace(" %", "\u00a0%")
    assert fourth.answer == "Not measured"


def test_answers_are_short_in_every_kind(tmp_path: Path) -> None:
    for kind in ("number", "class", "embedding"):
        sides = twice(tmp_path / kind, TEXTS, kind=kind, evidence="basic")
        comparison = chain(*sides, sides[0])
        for lang in LANGUAGES:
            for answer in answers_of(comparison, lang):
                assert answer.answer
                assert len(answer.answer.split()) <= 15
                assert lang == "en" or len(answer.answer) <= 40


def test_points_are_as_far_apart_as_the_steps(found: Comparison) -> None:
    for answer in (a for i, a in enumerate(answers_of(found)) if i != 1):
        places = [float(circle["cx"]) for circle in chart_of(answer)("circle")]
        gaps = [b - a for a, b in pairwise(places)]
        assert gaps == pytest.approx([gaps[0], gaps[0], 7 * gaps[0]], rel=0.02)
