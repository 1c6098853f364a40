"""Answers over all texts: exact match and F1 as SQuAD has them, panels, redaction."""

from math import exp
from pathlib import Path

import numpy as np
import pytest
from helpers.made_up.factories import changed, make_results

from reportgen.findings import Findings
from reportgen.report import load_language, redacted
from reportgen.report.panel import Mark, make_steps, strip_marks
from reportgen.report.panel.prediction import prediction
from reportgen.report.redact import DOT
from reportgen.results import text_units
from reportgen.tasks.answers import normalised, word_f1

EN = load_language("en")
TEXTS = ("ab cd ef gh ij", "kl mn op qr", "st uv wx yz", "ab ef gh", "cd kl mn", "op qr st")


@pytest.mark.parametrize(
    ("answer", "right", "f1"),
    [
        ("The cat!", "cat", 1.0),
        ("Ada Lovelace", "Lovelace", 2 / 3),
        ("a dog", "the cat", 0.0),
        ("in  New York", "New York City", 2 / 3),
        ("the", "a", 1.0),
        ("the", "cat", 0.0),
        ("cat cat", "cat", 2 / 3),
        ("東京都", "東京", 4 / 5),
    ],
)
def test_words_are_compared_as_squad_compares_them(answer: str, right: str, f1: float) -> None:
    assert word_f1(answer, right) == pytest.approx(f1)
    assert (normalised(answer) == normalised(right)) == (f1 == 1.0)


def findings_of(folder: Path, *labels: str | None) -> Findings:
    made = make_results(folder, TEXTS, kind="answer", evidence="basic")
    rows = made.stored("texts").copy()
    rows["label"] = [*labels, *[None] * (len(TEXTS) - len(labels))]
    return Findings(changed(made, texts=rows))


def test_fit_equals_plain_means(tmp_path: Path) -> None:
    own = [str(name) for name in findings_of(tmp_path / "plain").texts["prediction_label"]]
    labels = [own[0].upper(), f'["zz", "{own[1]}"]', "zz", f"{own[3]} more", None, own[5]]
    findings = findings_of(tmp_path / "made", *labels)
    right = [[own[0]], ["zz", own[1]], ["zz"], [f"{own[3]} more"], None, [own[5]]]
    f1 = [max(word_f1(a, r) for r in rs) for a, rs in zip(own, right, strict=True) if rs]
    exact, mean = (findings.fits.known(name).mean for name in ("answer_exact", "answer_f1"))
    assert exact == pytest.approx(np.mean([value == 1.0 for value in f1]))
    assert mean == pytest.approx(np.mean(f1))
    chances = findings.items["probability"].tolist()
    assert chances == pytest.approx(np.exp(findings.texts["prediction"].to_numpy(float)))
    assert findings.figures["answer_exact"] == pytest.approx(exact, abs=1e-6)
    assert findings.figures["answer_f1"] == pytest.approx(mean, abs=1e-6)


def test_the_panel_has_both_ends_of_the_answer(tmp_path: Path) -> None:
    findings = findings_of(tmp_path)
    row, units = findings.texts.iloc[0], text_units(findings.results, 0)
    found = make_steps(findings, 0, units, EN)
    assert found is not None
    first, last = row["steps"]
    assert [own.unit for own in found.rows] == [first, last]
    assert [own.cells for own in found.rows] == [(EN.percent(exp(s)),) for s in row["scores"]]
    marks = strip_marks(findings, 0, units, EN)
    assert marks == {first: (Mark(0),), last: (Mark(None, "] answer"),)}
    assert prediction(findings, 0, EN).value == row["prediction_label"]


def test_redacted_answers_are_dots_and_are_held_against_nothing(tmp_path: Path) -> None:
    results = make_results(tmp_path, TEXTS, kind="answer", labels=(1.0,) * len(TEXTS))
    with redacted(results, "en", wanted=True, with_short=True) as copy:
        findings = Findings(copy)
        assert findings.fits["answer_exact"] is None
        names = findings.items["predicted"].tolist()
    assert names[0] == f"{DOT}1"
    assert {name[0] for name in names} == {DOT}
