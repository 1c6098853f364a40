"""Choosing a token of a completion shows what changes its probability."""

import pytest
from exploring import units_of
from helpers.made_up.completed import completed_results
from opening import rendered, visit
from playwright.sync_api import expect

from reportgen.findings import Findings
from reportgen.report import load_language
from reportgen.report.panel import make_steps
from reportgen.results import text_units

pytestmark = pytest.mark.browser

TEXTS = ("ab cd ef gh ij", "kl mn op qr st uv")
HINT = "Choose a token of the completion to see what changes its probability."


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return completed_results(tmp_path_factory.mktemp("made"), TEXTS)


def rows_of(made, text):
    """The rows of the table of its completion."""
    return make_steps(Findings(made), text, text_units(made, text), load_language("en")).rows


@pytest.fixture(scope="module")
def page_file(made, tmp_path_factory):
    return rendered(made, tmp_path_factory.mktemp("page"))


def test_a_token_of_the_completion_colours_the_text_by_what_changes_it(kept, made):
    visit(kept, "#text=1")
    answer = kept.locator("#strip-1 ~ .answer")
    expect(answer).to_have_text(HINT)
    units = units_of(kept)
    before = [unit.get_attribute("class") for unit in units]
    for row in rows_of(made, 0):
        units[row.unit].click()
        expect(answer).to_have_text(row.sentence)
        expect(kept.locator("#legend-1")).to_contain_text(f"“{row.token}”")
        for i, colour in enumerate(row.moves.colours):
            classes = units[i].get_attribute("class").split()
            assert f"h{abs(colour or 0)}" in classes
            assert ("m" in classes) is (colour is not None and colour < 0)
            assert units[i].get_attribute("data-value") == row.moves.changes[i]
        assert "chosen" in units[row.unit].get_attribute("class")
    kept.locator("#colours-1 .looking-at").click()
    expect(answer).to_have_text(HINT)
    assert [units[i].get_attribute("class") for i in range(len(units))] == before


def test_a_token_of_the_text_shows_where_it_looks_as_ever(kept):
    visit(kept, "#text=1&token=2")
    expect(kept.locator("#strip-1 ~ .answer")).to_contain_text("sends")


def test_segments_are_called_text_and_completion(kept):
    visit(kept, "#text=2")
    names = kept.locator("#strip-2 .segment")
    assert names.all_inner_texts() == ["text", "completion"]
    assert kept.locator("#map-2 .static svg.cells text").filter(has_text="completion").count() == 2


def test_every_token_stands_in_a_table_without_scripts(still_tab, made, url):
    page = still_tab
    page.goto(url)
    rows = page.locator('[id="text=2"] .completion tbody tr')
    steps = rows_of(made, 1)
    for i, step in enumerate(steps):
        # Not the inner text: far from the window a text is not laid out, and has none.
        cells = [cell.strip() for cell in rows.nth(i).locator("th, td").all_text_contents()]
        expected = [step.token, *step.cells, step.moves.raises, step.moves.lowers]
        assert cells == [" ".join(cell.split(" ")).strip() for cell in expected]
