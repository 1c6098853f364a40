"""The register of sections: a section added to it stands in every form of a report."""

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from helpers.made_up.factories import make_results
from helpers.new_section import add_section
from helpers.places import ROOT

from reportgen.findings.findings import Findings
from reportgen.report.components import Cell, Section, make_table
from reportgen.report.format_register import output_at
from reportgen.report.html import assets, page
from reportgen.report.language.language import load_language
from reportgen.report.notebook.shown import render_notebook
from reportgen.report.options import RenderOptions
from reportgen.report.sections import section_register
from reportgen.report.sections.section_register import SECTIONS, PageSection
from reportgen.report.short_form import markdown, short_form


def longest(context):
    """What the section shows: a table of the longest text."""
    texts = context.findings.texts
    n_tokens = int(texts["n_tokens"].max())
    return make_table("Longest", ("text", "tokens"), [("longest", [Cell(str(n_tokens))])])


def short_longest(context):
    yield Section(2, "Longest text", table=longest(context))


@pytest.fixture
def with_section(monkeypatch, tmp_path):
    """A section "longest" after the list of texts, added as the README says."""
    own = PageSection("longest", longest, short_longest, in_notebook=True)
    add_section(monkeypatch, tmp_path, section_register, own, "texts")
    english = load_language("en")
    words = {**english.words, "page": {**english.words["page"], "longest": "Longest text"}}
    for module in (page, short_form, markdown):
        monkeypatch.setattr(module, "load_language", lambda code: replace(english, words=words))
    monkeypatch.setattr(
        "reportgen.report.notebook.shown.load_language", lambda code: replace(english, words=words)
    )
    yield
    assets.environment.cache_clear()


def test_a_new_section_stands_on_the_page_and_in_its_navigation(tmp_path, with_section):
    results = make_results(tmp_path)
    html = BeautifulSoup(page.render(Findings(results), RenderOptions()).text, "html.parser")
    n_tokens = results.texts["n_tokens"].max()
    assert html.find(id="longest").get_text() == f"{n_tokens} tokens"
    names = {a["href"]: a.get_text() for a in html.nav("a")}
    assert names["#longest"] == "Longest text"
    order = [
        section["id"] for section in html.main("section", recursive=False) if "id" in section.attrs
    ]
    assert order.index("longest") == order.index("texts") + 1


def test_a_new_section_stands_in_markdown_and_in_a_notebook(tmp_path, with_section):
    results = make_results(tmp_path)
    n_tokens = results.texts["n_tokens"].max()
    output = output_at("report.md")
    text = markdown.write_report(Findings(results), RenderOptions(), output).text
    assert f"### Longest text\n\n| text | tokens |\n|:--|--:|\n| longest | {n_tokens} |" in text
    assert f"{n_tokens} tokens" in render_notebook(Findings(results))


def test_every_section_has_a_template_and_a_name():
    for section in SECTIONS:
        assert (ROOT / "templates" / "sections" / f"{section.id}.html.jinja").is_file(), section.id
        if section.in_navigation:
            names = {load_language(code).say("page", section.id) for code in ("en", "ja")}
            assert len(names) == 2, section.id


def test_sections_that_have_nothing_to_show_are_left_out(tmp_path):
    results = make_results(tmp_path, special=False)
    html = BeautifulSoup(page.render(Findings(results), RenderOptions()).text, "html.parser")
    assert html.find(id="trust") is None
    assert "#trust" not in {a["href"] for a in html.nav("a")}
