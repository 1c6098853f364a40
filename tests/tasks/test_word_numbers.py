"""A number for each word: findings, reports, comparisons, trends, gates and JSON, which say no more
of it than its record does."""

import json
import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.cases import some_of
from helpers.made_up.factories import changed, make_results
from helpers.made_up.unlisted import without_manifest

from reportgen.api import open_report
from reportgen.comparison import Runs, compare_runs
from reportgen.comparison import worse as worse_texts
from reportgen.errors import ResultsError, with_quotes
from reportgen.findings import WATCHED, Findings, evaluate, figure_list, parse_gate
from reportgen.report import REPORT_FORMATS, Output, RenderOptions, load_language
from reportgen.report.json import text_records
from reportgen.report.language import number
from reportgen.report.panel import make_steps, strip_marks
from reportgen.report.panel.prediction import prediction
from reportgen.report.redact import rule_of
from reportgen.report.sections import make_quality, predicted
from reportgen.results import Results, open_results, text_units
from reportgen.tasks import TASKS
from reportgen.tasks.metrics import WORD_MAE

TEXTS = tuple(f"line {i} of some words{' and more' * (i % 4)}" for i in range(40))
CUT = 7  # its label has a number too few
GAP = 9  # its first word has no label


@pytest.fixture
def sides(tmp_path: Path) -> Sequence[Findings]:
    """Three models, each farther off than the one before."""
    made = make_results(tmp_path, TEXTS, n_layers=1, n_heads=1, keep=1, kind="word_numbers")
    return [Findings(_off(made, by)) for by in (0.2, 0.2001, 2.0)]


def _right(made: Results) -> list[np.ndarray]:
    random = np.random.default_rng(5)
    return [random.normal(3, 1, len(steps)).round(3) for steps in made.texts["steps"]]


def _off(made: Results, by: float) -> Results:
    random, right = np.random.default_rng(6), _right(made)
    labels = [json.dumps(own.tolist()) for own in right]
    labels[CUT] = json.dumps(right[CUT][1:].tolist())
    labels[GAP] = json.dumps([None, *right[GAP][1:].tolist()])
    scores = [(own + by * random.normal(0, 1, len(own))).tolist() for own in right]
    return changed(made, texts=made.texts.assign(scores=scores, label=labels))


def _words(own: Findings) -> list[np.ndarray]:
    """`[text]`: the distances of the words of each text that have a label."""
    return [
        abs(np.asarray(scores) - wanted)[text == GAP :]
        for text, (scores, wanted) in enumerate(
            zip(own.texts["scores"], _right(own.results), strict=True)
        )
        if text != CUT
    ]


def _mean(own: Findings) -> float:
    return float(np.concatenate(_words(own)).mean())


def _errors(own: Findings) -> list[float]:
    """`[text]`: the mean error over the words of each text with a label for each."""
    return [float(own.mean()) for own in _words(own)]


def test_a_run_says_how_far_off_words_are(sides: Sequence[Findings]) -> None:
    own, wanted = sides[0], _errors(sides[0])
    assert own.figures["word_mae"] == pytest.approx(_mean(own), rel=1e-5)
    assert own.figures["n_labelled"] == len(TEXTS) - 1
    assert own.figures["word_mae_low"] < _mean(own) < own.figures["word_mae_high"]
    known = own.items[own.items["label_value"].notna()]
    pearson = np.corrcoef(known["value"], known["label_value"])[0, 1]
    assert own.figures["word_correlation"] == pytest.approx(pearson, rel=1e-5)
    assert own.figures["word_correlation_low"] < pearson < own.figures["word_correlation_high"]
    assert own.deciding is not None
    assert own.deciding[0] is WORD_MAE
    assert own.label_use is not None
    assert (own.label_use.n_labelled, own.label_use.n_used) == (len(TEXTS), len(TEXTS) - 1)
    assert own.against_constant == "better"
    assert sides[2].against_constant == "worse"
    worst = [text if text < CUT else text + 1 for text in np.argsort(-np.array(wanted))]
    assert own.ranking["error"].tolist() == worst
    assert own.where_wrong is not None
    words = own.texts["text"][0]
    assert own.words[:2] == [words[:2], words[2:4]]
    assert own.predictions[0] == ", ".join(str(np.float32(x)) for x in own.texts["scores"][0])


def test_a_comparison_says_that_words_are_farther_off(sides: Sequence[Findings]) -> None:
    found = compare_runs(sides[0], sides[2])
    old, new = (_mean(side) for side in (sides[0], sides[2]))
    assert found.figures["word_mae_base"] == pytest.approx(old, rel=1e-5)
    assert found.figures["word_mae_rise"] == pytest.approx(new - old, rel=1e-5)
    assert found.figures["word_mae_rise_low"] > 0
    assert found.figures["quality_worse"] == 1
    assert found.figures["prediction_changed"] > 0.5
    assert found.predictions is not None
    assert not compare_runs(sides[0], sides[0]).predictions.change.any()
    grown = np.subtract(_errors(sides[2]), _errors(sides[0]))
    worst = [text for text in np.argsort(-grown).tolist() if grown[text] > 0]
    rows = found.predictions.texts[worse_texts(found.predictions)].tolist()
    assert rows == [text if text < CUT else text + 1 for text in worst]
    by_id = {own["id"]: own for own in json.loads(json.dumps(text_records(found)))}
    assert by_id[str(rows[0] + 1)]["error_growth"] == pytest.approx(max(grown), rel=1e-5)
    gate = parse_gate("word_mae_rise > 0.5", "fail", figure_list("compare"))
    (result,) = evaluate([gate], found.figures)
    assert not result.passed
    assert figure_list("compare").of(WATCHED["compare"], found.figures) >= {"word_mae_rise"}


def test_a_trend_has_the_figure_of_each_model(sides: Sequence[Findings]) -> None:
    trend = compare_runs(sides[0], sides[2], between=[sides[1]]).all_models
    assert trend is not None
    (row,) = (row for row in trend.rows if row.quality == "word_mae")
    values = [value.value for value in row.values if value is not None]
    assert values == pytest.approx([_mean(side) for side in sides], rel=1e-3)
    assert trend.trend.quality is not None
    assert (trend.trend.quality.course, trend.trend.quality.since) == ("worse", 2)


def test_a_report_shows_the_number_of_each_word(sides: Sequence[Findings]) -> None:
    own, language = sides[0], load_language("en")
    scores, right = own.texts["scores"][3], _right(own.results)[3]
    said = prediction(own, 3, language)
    assert said.value == f"mean {number(float(np.mean(scores)))} of {len(scores)}"
    assert said.label is None  # they stand beside the words
    units = text_units(own.results, 3)
    steps = make_steps(own, 3, units, language)
    assert steps is not None
    assert steps.columns == ("Word", "Value", "Right answer")
    cells = [(number(float(s)), number(float(r))) for s, r in zip(scores, right, strict=True)]
    assert [row.cells for row in steps.rows] == cells
    marks = strip_marks(own, 3, units, language)
    assert [mark.tag for own in marks.values() for mark in own] == [value for value, _ in cells]


def test_its_section_lists_the_words_that_are_farthest_off(sides: Sequence[Findings]) -> None:
    own, language = sides[0], load_language("en")
    mae = number(_mean(own))
    section = make_quality(own, language)
    assert section is not None
    assert mae in section.headline
    correlation = section.figures[1]
    assert re.fullmatch(r"0\.\d\d", correlation.value)
    assert re.fullmatch(r"\[0\.\d\d, 0\.\d\d\]", correlation.remark)
    (table,) = section.tables
    every = (text for text in range(len(TEXTS)) if text != CUT)
    off = [(far, text) for text, far in zip(every, _words(own), strict=True)]
    off = [(float(word), text) for far, text in off for word in far]
    worst_texts = [str(text + 1) for _, text in sorted(off, reverse=True)[: len(table.rows)]]
    assert [row[-1].text for row in table.rows] == worst_texts
    assert predicted(own, language).answer.startswith("Off by 0.1")
    plain = changed(
        own.results, texts=own.texts.assign(label=own.texts["label"].mask(own.analysed))
    )
    assert "range from" in make_quality(Findings(plain), language).headline  # type: ignore[union-attr]
    assert "half below" in predicted(Findings(plain), language).answer


@pytest.mark.parametrize("lang", some_of(["en", "ja"], "ja"))
def test_every_format_is_written(sides: Sequence[Findings], lang: Any) -> None:
    for known in REPORT_FORMATS:
        if 1 in known.runs:
            write = import_module(known.module).write
            made = write(Runs(sides[0]), RenderOptions(lang=lang), Output(known.example, known))
            assert made.content


def test_numbers_of_words_are_coarse_where_texts_are_hidden() -> None:
    task = TASKS["word_numbers"]
    assert rule_of("texts", "scores", task).by == 1
    assert task.has_open_labels  # so that labels are left out


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"output": {"kind": "verse"}}, "output.kind 'verse'"),
        ({"evidence": {"scalar": "mood"}}, "evidence.scalar 'mood'"),
    ],
)
def test_results_of_a_task_without_a_record_are_refused_in_one_line(
    tmp_path: Path, changes: Any, name: str
) -> None:
    make_results(tmp_path, TEXTS[:2], n_layers=1, n_heads=1, evidence="basic")
    without_manifest(tmp_path)
    path = tmp_path / "results.json"
    record = json.loads(path.read_text("utf-8"))
    for part, own in changes.items():
        record[part] |= own
    path.write_text(json.dumps(record), "utf-8")
    words = f"^results.json: {name} is unknown to this version; update reportgen$"
    with pytest.raises(ResultsError) as caught:
        open_report(tmp_path)
    assert re.match(words, with_quotes(str(caught.value)))
    with pytest.raises(ResultsError):
        Findings(open_results(tmp_path))
