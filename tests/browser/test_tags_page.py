"""Choosing a word of a tagged text shows what changes its tag; what fills masks, and answers."""

from itertools import chain

import pytest
from exploring import units_of
from helpers.made_up.factories import make_results
from helpers.made_up.tagged import tagged_results
from opening import written
from playwright.sync_api import expect

from reportgen.findings import Findings
from reportgen.report import load_language
from reportgen.report.panel import make_steps, strip_marks
from reportgen.results import text_units

pytestmark = pytest.mark.browser

TEXTS = ("ab cd ef gh ij", "kl mn op qr st uv")
EN = load_language("en")
HINTS = {
    "masks": "Choose a mask to see what changes the word in its place.",
    "answer": "Choose the first or last token of the answer to see what changes it.",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    right = tagged_results(tmp_path_factory.mktemp("right"), TEXTS).texts["prediction_label"]
    labels = [right[0], " ".join(["O"] * len(right[1].split()))]
    return tagged_results(tmp_path_factory.mktemp("made"), TEXTS, labels)


def test_a_word_colours_the_text_by_what_changes_its_tag(watched, made, tmp_path):
    watched.goto(f"{written(made, tmp_path)}#text=1")
    answer = watched.locator("#strip-1 ~ .answer")
    expect(answer).to_have_text("Choose a word to see what changes its tag.")
    units = units_of(watched)
    rows = make_steps(Findings(made), 0, text_units(made, 0), EN).rows
    for row in rows[:3]:
        units[row.unit].click()
        expect(answer).to_have_text(row.sentence)
        expect(watched.locator("#legend-1")).to_contain_text(f"the tag of “{row.token}”")
        for i, colour in enumerate(row.moves.colours):
            classes = units[i].get_attribute("class").split()
            assert f"h{abs(colour or 0)}" in classes
            assert units[i].get_attribute("data-value") == row.moves.changes[i]


@pytest.mark.parametrize("kind", ["masks", "answer"])
def test_what_is_predicted_stands_in_the_text(watched, tmp_path, kind):
    made = make_results(tmp_path / "made", TEXTS, kind=kind, evidence="basic")
    findings = Findings(made)
    watched.goto(f"{written(made, tmp_path)}#text=1")
    expect(watched.locator("#strip-1 ~ .answer")).to_have_text(HINTS[kind])
    marks = list(chain.from_iterable(strip_marks(findings, 0, text_units(made, 0), EN).values()))
    shown = watched.locator("#strip-1 .tag").all_inner_texts()
    assert [own.strip() for own in shown] == [own.strip() for mark in marks if (own := mark.tag)]
    assert watched.locator("#strip-1 .u[data-e]").count() == sum(not mark.tag for mark in marks)


def test_every_word_stands_in_a_table_without_scripts(still_tab, made, tmp_path):
    page = still_tab
    page.goto(written(made, tmp_path))
    rows = page.locator('[id="text=2"] .completion tbody tr')
    steps = make_steps(Findings(made), 1, text_units(made, 1), EN).rows
    assert rows.count() == len(steps)
    for i, step in enumerate(steps):
        cells = rows.nth(i).locator("th, td").all_text_contents()
        expected = [step.token, *step.cells, step.moves.raises, step.moves.lowers]
        assert cells == expected
        assert ("wrong" in (rows.nth(i).get_attribute("class") or "")) is step.is_wrong
