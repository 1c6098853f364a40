"""The words of a text with their tags in a panel: in the table, and in the highlighted text."""

from math import exp
from pathlib import Path

import numpy as np
import pytest
from helpers.made_up.factories import make_results
from helpers.made_up.tagged import tagged_results

from reportgen.findings import Findings
from reportgen.report import load_language, redacted
from reportgen.report.charts import signed_step
from reportgen.report.html import step_data
from reportgen.report.panel import Mark, Steps, make_steps, strip_marks
from reportgen.report.panel.prediction import prediction
from reportgen.report.redact import DOT
from reportgen.results import DELETION_SCORES, text_units
from reportgen.tasks import spans

EN = load_language("en")
TEXTS = ("ab cd ef gh ij", "kl mn op qr st uv", "wx yz ab cd", "ef gh ij kl")


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    right = tagged_results(tmp_path_factory.mktemp("right"), TEXTS).texts["prediction_label"]
    labels = [right[0], " ".join(["O"] * len(right[1].split())), None, right[3]]
    return Findings(tagged_results(tmp_path_factory.mktemp("made"), TEXTS, labels))


def steps_of(findings: Findings, text: int) -> Steps:
    found = make_steps(findings, text, text_units(findings.results, text), EN)
    assert found is not None
    return found


@pytest.mark.parametrize("text", range(len(TEXTS)))
def test_each_word_has_its_tag_and_what_moves_it(findings: Findings, text: int) -> None:
    row, found = findings.texts.iloc[text], steps_of(findings, text)
    assert found.columns == ("Word", "Tag", "Probability", "Right answer")
    effects = findings.results.effects_of(text)
    assert effects is not None
    by_token = effects[DELETION_SCORES].tolist()
    for number, own in enumerate(found.rows):
        assert own.unit == row["steps"][number]
        tag, chance, label = own.cells
        assert (tag, chance) == (row["score_names"][number], EN.percent(exp(row["scores"][number])))
        assert own.is_wrong is (bool(label) and label != tag)
        opening = f"“{own.token}” has the tag {tag}, with probability {chance}"
        assert own.sentence.startswith(opening)
        values = np.array([np.nan if v is None else v[number] for v in by_token])
        top = np.nanmax(np.abs(values))
        assert own.moves.colours == tuple(
            None if np.isnan(value) else signed_step(value, top) for value in values
        )
        assert own.moves.colours[own.unit] is None
    assert set(step_data(found.rows)) == set(row["steps"])


def test_entities_stand_in_brackets_and_wrong_ones_have_a_cross(findings: Findings) -> None:
    for text, row in findings.texts.iterrows():
        units = text_units(findings.results, int(text))  # type: ignore[arg-type]
        marks = strip_marks(findings, int(text), units, EN)  # type: ignore[arg-type]
        found, steps = spans(list(row["score_names"])), list(row["steps"])
        opening = {unit for unit, own in marks.items() if Mark(0) in own}
        assert opening == {steps[first] for _, first, _ in found}
        mark = " ✗" if text == 1 else ""
        after = {unit: own[-1] for unit, own in marks.items() if own[-1].tag}
        assert after == {steps[last]: Mark(None, f"] {kind}{mark}") for kind, _, last in found}


def test_the_prediction_in_short_is_the_entities(findings: Findings) -> None:
    assert findings.tags is not None
    for text, entities in findings.tags.entities.items():
        said = ", ".join(f"{own.kind}: {own.name}" for own in entities) or "no entity"
        assert prediction(findings, text, EN).value == said


def test_of_many_words_those_that_are_wrong_are_told_first(
    findings: Findings, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = steps_of(findings, 1)
    wrong = {own.unit for own in found.rows if own.is_wrong}
    n_units = len(found.rows[0].moves.colours)
    monkeypatch.setattr("reportgen.report.html.script_data._MOST_CHANGES", n_units * len(wrong))
    assert wrong
    assert set(step_data(found.rows)) == wrong


def test_redacted_words_are_dots_and_their_tags_stay(tmp_path: Path) -> None:
    results = make_results(tmp_path, TEXTS, kind="tags")
    with redacted(results, "en", wanted=True, with_short=True) as copy:
        found, whole = Findings(copy).tags, Findings(results).tags
    assert found is not None
    assert whole is not None
    for text, words in found.words.items():
        assert all(set(word.name) == {DOT} for word in words)
        assert [word.tag for word in words] == [word.tag for word in whole.words[text]]
