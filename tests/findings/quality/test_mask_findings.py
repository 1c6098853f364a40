"""Masks over all texts: first choices, and how often they are the right word."""

from math import exp
from pathlib import Path

import pytest
from helpers.made_up.factories import changed, make_results

from reportgen.findings import Findings
from reportgen.report import load_language, redacted
from reportgen.report.panel import Mark, make_steps, strip_marks
from reportgen.report.panel.prediction import prediction
from reportgen.report.redact import DOT
from reportgen.results import text_units
from reportgen.tasks import Item, items_in

EN = load_language("en")
TEXTS = ("ab cd ef gh ij", "kl mn op qr", "st")


def findings_of(folder: Path, *labels: str | None) -> Findings:
    made = make_results(folder, TEXTS, kind="masks", evidence="basic")
    rows = made.stored("texts").copy()
    rows["label"] = [*labels, *[None] * (len(TEXTS) - len(labels))]
    return Findings(changed(made, texts=rows))


def words_of(item: Item) -> list[str]:
    """The first choice and the others."""
    return [item.predicted, *(own.name for own in item.alternatives)]


def test_every_mask_has_its_choices(tmp_path: Path) -> None:
    findings = findings_of(tmp_path)
    assert findings.figures["n_masks"] == sum(map(len, findings.texts["steps"]))
    for text, row in enumerate(findings.texts.to_dict("records")):
        masks = findings.items_of(text)
        assert [mask.position for mask in masks] == list(row["steps"])
        assert [word for mask in masks for word in words_of(mask)] == list(row["score_names"])
        chances = [exp(own) for own in row["scores"]]
        assert [mask.probability for mask in masks] == pytest.approx(chances[::5])
    firsts = findings.items["predicted"].tolist()
    top = findings.frequent[0]
    assert top.n_items == max(firsts.count(name) for name in firsts)
    assert findings.fits["mask_accuracy"] is None


def test_right_words_are_counted(tmp_path: Path) -> None:
    plain = findings_of(tmp_path / "plain")
    first, second = (plain.items_of(text) for text in (0, 1))
    labels = [f'["{words_of(first[0])[0].upper()}", "{words_of(first[1])[2]}"]', "x"]
    findings = findings_of(tmp_path / "made", *labels)
    assert [mask.score for mask in findings.items_of(0)] == [1, 0]
    assert len(second) == 2  # so that one word fits none of them
    assert all(mask.label is None for mask in findings.items_of(1))
    assert (*(findings.fits.known(name).mean for name in ("mask_accuracy", "mask_listed")),) == (
        0.5,
        1.0,
    )
    assert findings.figures["mask_accuracy"] == 0.5
    assert findings.figures["mask_top5_accuracy"] == 1.0


def test_the_panel_lists_what_fills_each_mask(tmp_path: Path) -> None:
    findings = findings_of(tmp_path)
    units = text_units(findings.results, 0)
    found, masks = make_steps(findings, 0, units, EN), findings.items_of(0)
    assert found is not None
    assert found.columns == ("First choice", "Probability", "Other choices")
    scores = list(findings.texts["scores"][0])
    for i, (row, mask) in enumerate(zip(found.rows, masks, strict=True)):
        assert row.token == mask.predicted
        chances = [EN.percent(exp(own)) for own in scores[5 * i : 5 * i + 5]]
        others = [f"{t}\u00a0{c}" for t, c in zip(words_of(mask)[1:], chances[1:], strict=True)]
        assert row.cells == (chances[0], ", ".join(others))
    marks = strip_marks(findings, 0, units, EN)
    said = {mask.position: f" → {mask.predicted.strip()}" for mask in masks}
    assert marks == {unit: (Mark(None, tag),) for unit, tag in said.items()}
    assert prediction(findings, 0, EN).value == " ".join(mask.predicted for mask in masks)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_redacted_choices_are_dots(tmp_path: Path, lang: str) -> None:
    results = make_results(tmp_path, TEXTS, kind="masks")
    with redacted(results, lang, wanted=True, with_short=True) as copy:  # type: ignore[arg-type]
        items = Findings(copy).items
    words = [word for own in items_in(items) for word in words_of(own)]
    assert words
    assert all(set(word) == {DOT} for word in words)
