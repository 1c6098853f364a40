"""Masks over all texts: first choices, and how often they are the right word."""

from math import exp
from pathlib import Path

import pytest
from helpers.made_up.factories import changed, make_results

from reportgen.findings.findings import Findings
from reportgen.report.language.language import load_language
from reportgen.report.panel.coloured.steps import make_steps
from reportgen.report.panel.coloured.strip import Mark
from reportgen.report.panel.coloured.tagged import strip_marks
from reportgen.report.panel.prediction import prediction
from reportgen.report.redact.masked import DOT
from reportgen.report.redact.run import redacted
from reportgen.results.units import text_units

EN = load_language("en")
TEXTS = ("ab cd ef gh ij", "kl mn op qr", "st")


def findings_of(folder: Path, *labels: str | None) -> Findings:
    made = make_results(folder, TEXTS, kind="masks", evidence="basic")
    rows = made.stored("texts").copy()
    rows["label"] = [*labels, *[None] * (len(TEXTS) - len(labels))]
    return Findings(changed(made, texts=rows))


def test_every_mask_has_its_choices(tmp_path: Path) -> None:
    findings = findings_of(tmp_path)
    found = findings.masks
    assert found is not None
    assert found.n_masks == sum(map(len, findings.texts["steps"]))
    for text, masks in found.by_text.items():
        row = findings.texts.iloc[text]
        assert [mask.position for mask in masks] == list(row["steps"])
        assert [t for mask in masks for t in mask.tokens] == list(row["score_names"])
        assert [s for mask in masks for s in mask.log_probabilities] == list(row["scores"])
    firsts = [mask.tokens[0] for mask in found.every]
    top = found.first_choices[0]
    assert top.n_texts == max(firsts.count(name) for name in firsts)
    assert findings.figures["n_masks"] == found.n_masks
    assert found.first_share is None


def test_right_words_are_counted(tmp_path: Path) -> None:
    plain = findings_of(tmp_path / "plain").masks
    assert plain is not None
    first, second = plain.by_text[0], plain.by_text[1]
    labels = [f'["{first[0].tokens[0].upper()}", "{first[1].tokens[2]}"]', "x"]
    findings = findings_of(tmp_path / "made", *labels)
    found = findings.masks
    assert found is not None
    assert [mask.rank for mask in found.by_text[0]] == [0, 2]
    assert len(second) == 2  # so that one word fits none of them
    assert all(not mask.label for mask in found.by_text[1])
    assert (found.first_share, found.listed_share) == (0.5, 1.0)
    assert findings.figures["mask_accuracy"] == 0.5
    assert findings.figures["mask_top5_accuracy"] == 1.0


def test_the_panel_lists_what_fills_each_mask(tmp_path: Path) -> None:
    findings = findings_of(tmp_path)
    units = text_units(findings.results, 0)
    found, masks = make_steps(findings, 0, units, EN), findings.masks
    assert found is not None
    assert masks is not None
    assert found.columns == ("First choice", "Probability", "Other choices")
    for row, mask in zip(found.rows, masks.by_text[0], strict=True):
        assert row.token == mask.tokens[0]
        chances = [EN.percent(exp(own)) for own in mask.log_probabilities]
        others = [f"{t}\u00a0{c}" for t, c in zip(mask.tokens[1:], chances[1:], strict=True)]
        assert row.cells == (chances[0], ", ".join(others))
    marks = strip_marks(findings, 0, units, EN)
    said = {m.position: f" → {m.tokens[0].strip()}" for m in masks.by_text[0]}
    assert marks == {unit: (Mark(None, tag),) for unit, tag in said.items()}
    said = prediction(findings, 0, EN).value
    assert said == " ".join(mask.tokens[0] for mask in masks.by_text[0])


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_redacted_choices_are_dots(tmp_path: Path, lang: str) -> None:
    results = make_results(tmp_path, TEXTS, kind="masks")
    with redacted(results, lang, wanted=True, with_short=True) as copy:  # type: ignore[arg-type]
        found = Findings(copy).masks
    assert found is not None
    assert all(set(token) == {DOT} for mask in found.every for token in mask.tokens)
