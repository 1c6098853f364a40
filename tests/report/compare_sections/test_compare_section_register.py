"""The register of a comparison's sections: a section added to it stands in every form of one."""

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from helpers.new_section import add_section
from helpers.places import ROOT
from helpers.real.two_models import pair_of

from reportgen.comparison.compare import compare
from reportgen.findings.findings import Findings
from reportgen.report.compare_sections import section_register
from reportgen.report.compare_sections.section_register import SECTIONS
from reportgen.report.components import Cell, Section, make_table
from reportgen.report.html import assets, compare_page
from reportgen.report.language.language import load_language
from reportgen.report.options import CompareOptions
from reportgen.report.section import PageSection
from reportgen.report.short_form import markdown


def lengths(context):
    """What the section shows: the number of tokens in both models."""
    sides = (context.comparison.base, context.comparison.head)
    cells = [Cell(str(int(side.texts["n_tokens"].sum()))) for side in sides]
    return make_table("Lengths", ("name", "base", "head"), [("tokens", cells)])


def short_lengths(context):
    yield Section(2, "Lengths in tokens", table=lengths(context))


@pytest.fixture
def with_section(monkeypatch, tmp_path):
    """A section "lengths" after the predictions, added as the register says."""
    own = PageSection("lengths", lengths, short_lengths)
    add_section(monkeypatch, tmp_path, section_register, own, "predictions")
    english = load_language("en")
    compared = {**english.words["compared"], "nav_lengths": "Lengths in tokens"}
    words = {**english.words, "compared": compared}
    monkeypatch.setattr(compare_page, "load_language", lambda code: replace(english, words=words))
    yield
    assets.environment.cache_clear()


def test_a_new_section_stands_on_the_page_in_its_navigation_and_in_markdown(tmp_path, with_section):
    base, head = pair_of(tmp_path)
    found = compare(Findings(base), Findings(head))
    n_tokens = int(head.texts["n_tokens"].sum())
    html = BeautifulSoup(compare_page.render(found, CompareOptions()).decode(), "html.parser")
    assert html.find(id="lengths").get_text() == f"{n_tokens} tokens"
    names = [(a["href"], a.get_text()) for a in html.nav("a")]
    at = names.index(("#predictions", "Predictions"))
    assert names[at + 1] == ("#lengths", "Lengths in tokens")
    text = markdown.write_comparison(found, CompareOptions()).text
    assert "### Lengths in tokens\n\n| name | base | head |\n|:--|--:|--:|\n| tokens | " in text
    assert f" | {n_tokens} |" in text


def test_every_section_has_a_template_and_a_name():
    for section in SECTIONS:
        template = ROOT / "templates" / "compare_sections" / f"{section.id}.html.jinja"
        assert template.is_file(), section.id
        if section.in_navigation:
            assert all(load_language(c).say("compared", f"nav_{section.id}") for c in ("en", "ja"))


def test_sections_that_have_nothing_to_show_are_left_out(tmp_path):
    base, head = pair_of(tmp_path, kind="embedding", evidence="none")
    found = compare(Findings(base), Findings(head))
    html = BeautifulSoup(compare_page.render(found, CompareOptions()).decode(), "html.parser")
    assert html.find(id="predictions") is None
    assert "#predictions" not in {a["href"] for a in html.nav("a")}
