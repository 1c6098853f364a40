"""The gates on the page: read without scripts and styles, in both languages, on narrow screens."""

import re

import pytest
from axe import found, leave_one_text
from helpers.cases import some_of
from helpers.made_up.factories import make_results
from opening import placed, rendered
from playwright.sync_api import expect
from serving import JENKINS, served

from reportgen.findings import Findings, evaluate, parse_gate
from reportgen.findings.figures import RUN_FIGURES

pytestmark = pytest.mark.browser

LONG = f"sink_token_{'長いトークン' * 12}_zero_value_ratio_low"
FIGURES = ("n_texts", "special_share_max", "label_r2", LONG)
ASKED = tuple(
    (f"{figure} {limit}", level)
    for figure, (limit, level) in zip(
        FIGURES,
        (("< 5", "fail"), ("> 1%", "warn"), ("< 0.5", "fail"), (">= 1.5", "warn")),
        strict=True,
    )
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The folders of the page in each language."""
    results = make_results(tmp_path_factory.mktemp("results"), n_layers=2, sink=0.4)
    gates = [parse_gate(text, level, RUN_FIGURES) for text, level in ASKED]
    judged = evaluate(gates, Findings(results).figures)
    folders = {lang: tmp_path_factory.mktemp(lang) for lang in ("en", "ja")}
    for lang, folder in folders.items():
        rendered(results, folder, lang=lang, gates=judged)
    return folders


WORDS = {
    "en": ["Failed", "Warning", "Warning", "Passed"],
    "ja": ["不合格", "警告", "警告", "合格"],
}


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_all_is_read_where_neither_scripts_nor_inline_styles_are_allowed(page, folders, lang):
    with served(folders[lang], JENKINS) as address:
        page.goto(f"{address}/report.html")
        rows = page.locator(".run table.gates tbody tr")
        expect(rows.locator("th")).to_have_text(WORDS[lang])
        for figure in FIGURES:
            row = rows.filter(has_text=figure)
            expect(row).to_be_visible()
        assert (
            page.evaluate("getComputedStyle(document.querySelector('.gates th')).padding") == "1px"
        )


def test_axe_finds_nothing_and_nothing_sticks_out(watched, folders):
    watched.goto(placed(folders["en"] / "report.html"))
    expect(watched.locator("table.gates")).to_be_visible()
    leave_one_text(watched)
    right = "[...document.querySelectorAll('.gates td')].map(c => c.getBoundingClientRect().right)"
    for scheme, width in (("light", 1280), ("dark", 390)):
        watched.set_viewport_size({"width": width, "height": 900})
        watched.emulate_media(color_scheme=scheme)
        assert found(watched) == []
        assert watched.evaluate("document.documentElement.scrollWidth") == width
        assert max(watched.evaluate(right)) <= width


@pytest.mark.parametrize("lang", some_of(["ja", "en"], "ja"))  # the next test reads it in English
def test_neither_a_result_nor_a_figure_is_broken_over_two_lines(keep, folders, lang):
    kept = keep(folders[lang] / "report.html")
    kept.set_viewport_size({"width": 390, "height": 900})
    lines = """cells => cells.map(cell => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      return new Set([...range.getClientRects()].map(line => line.top)).size;
    })"""
    found = kept.locator(".gates td:nth-child(3)").filter(has_text=re.compile(r"\d"))
    for cells in (kept.locator(".gates tbody th"), found):
        assert set(cells.evaluate_all(lines)) == {1}


def test_states_differ_in_words_and_sign(keep, folders):
    kept = keep(folders["en"] / "report.html")
    cells = kept.locator(".gates tbody th")
    signs = cells.evaluate_all("cells => cells.map(c => getComputedStyle(c, '::before').content)")
    assert len(set(signs)) == 3
    assert signs[1] == signs[2]
    assert "none" not in signs
