"""The register of sections: a section added to it stands in every form of one run, two and more."""

import shutil
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from helpers.cases import some_of
from helpers.made_up.factories import make_results
from helpers.places import ROOT
from helpers.real.two_models import chain, pair_of

from reportgen.comparison import ANY, ONE, SEVERAL, Runs, compare_runs
from reportgen.findings import Findings
from reportgen.report import CompareOptions, RenderOptions, load_language, render_notebook
from reportgen.report.components import Cell, Section, make_table
from reportgen.report.html import assets, page
from reportgen.report.sections import SECTIONS, section_register
from reportgen.report.sections.page_section import PageSection
from reportgen.report.short_form import markdown, short_form


def lengths(context):
    """What the section shows: the number of tokens in the last run, and how many runs there are."""
    n_tokens = int(context.runs.findings.texts["n_tokens"].sum())
    cells = [Cell(str(len(context.runs.infos))), Cell(str(n_tokens))]
    return make_table("Lengths", ("name", "runs", "tokens"), [("all", cells)])


def short_lengths(context):
    yield Section(2, "Lengths in tokens", table=lengths(context))


@pytest.fixture(params=[ANY, ONE, SEVERAL], ids=["any", "one", "several"])
def taken(request, monkeypatch, tmp_path):
    """A section "lengths" after the predictions, added as the register says, for so many runs."""
    own = PageSection("lengths", lengths, short_lengths, request.param, in_notebook=True)
    place = max(i for i, section in enumerate(SECTIONS, 1) if section.id == "predictions")
    monkeypatch.setattr(section_register, "SECTIONS", (*SECTIONS[:place], own, *SECTIONS[place:]))
    templates = tmp_path / "templates"
    shutil.copytree(ROOT / "templates", templates)
    (templates / "sections" / "lengths.html.jinja").write_text(
        '<section id="lengths"><p>{{ page.sections.lengths.rows[0][-1].text }} tokens</p></section>'
    )
    monkeypatch.setattr(assets, "templates_root", lambda: templates)
    assets.environment.cache_clear()
    english = load_language("en")
    words = {**english.words, "page": {**english.words["page"], "lengths": "Lengths in tokens"}}
    for module in (page, short_form, markdown):
        monkeypatch.setattr(module, "load_language", lambda code: replace(english, words=words))
    monkeypatch.setattr(
        "reportgen.report.notebook.load_language", lambda code: replace(english, words=words)
    )
    yield request.param
    assets.environment.cache_clear()


@pytest.mark.parametrize(
    ("taken", "n"),
    some_of(
        [(ANY, 1), (ANY, 3), (ONE, 1), (ONE, 2), (SEVERAL, 1), (SEVERAL, 2)],
        *((ANY, 3), (ONE, 1), (ONE, 2), (SEVERAL, 1)),
    ),
    indirect=["taken"],
)
def test_a_new_section_stands_on_the_page_in_its_navigation_and_in_markdown(tmp_path, taken, n):
    made = [make_results(tmp_path / str(i), seed=i, evidence="basic") for i in range(n)]
    runs = Runs(Findings(made[0])) if n == 1 else chain(*made).runs
    options = RenderOptions() if n == 1 else CompareOptions()
    html = BeautifulSoup(page.render(runs, options).text, "html.parser")
    text = markdown.write(runs, options).text
    names = [a["href"] for a in html.nav("a")]
    n_tokens = int(made[-1].texts["n_tokens"].sum())
    head = "### Lengths in tokens\n\n| name | runs | tokens |\n|:--|--:|--:|\n"
    assert (f"{head}| all | {n} | {n_tokens} |" in text) == (n in taken)
    assert ("#lengths" in names) == (n in taken)
    if n in taken:
        assert html.find(id="lengths").get_text() == f"{n_tokens} tokens"
        assert names[names.index("#predictions") + 1] == "#lengths"
        (link,) = html.nav.select('a[href="#lengths"]')
        assert link.get_text() == "Lengths in tokens"


def test_a_new_section_stands_in_a_notebook(tmp_path, taken):
    results = make_results(tmp_path / "results")
    n_tokens = results.texts["n_tokens"].sum()
    assert (f"{n_tokens} tokens" in render_notebook(Findings(results))) == (1 in taken)


def test_every_section_has_a_template_and_a_name():
    for section in SECTIONS:
        endings = ["", *(["_compared"] if 2 in section.runs else [])]
        folder = ROOT / "templates" / "sections"
        paths = [folder / f"{section.id}{ending}.html.jinja" for ending in endings]
        assert any(path.is_file() for path in paths), section.id
        if section.in_navigation:
            key = section.id if 1 in section.runs else f"nav_{section.id}"
            part = "page" if 1 in section.runs else "compared"
            names = {load_language(lang).say(part, key) for lang in ("en", "ja")}
            assert len(names) == 2, section.id


def test_no_two_sections_of_so_many_runs_have_one_id():
    for n in (1, 2, 3):
        ids = [section.id for section in section_register.sections_of(n)]
        assert len(ids) == len({*ids})


def test_sections_that_have_nothing_to_show_are_left_out(tmp_path):
    results = make_results(tmp_path / "one", special=False)
    base, head = pair_of(tmp_path, kind="embedding", evidence="none")
    found = compare_runs(Findings(base), Findings(head))
    for runs, options, id in (
        (Runs(Findings(results)), RenderOptions(), "trust"),
        (found.runs, CompareOptions(), "predictions"),
        (found.runs, CompareOptions(), "trend"),
    ):
        html = BeautifulSoup(page.render(runs, options).text, "html.parser")
        assert html.find(id=id) is None
        assert f"#{id}" not in {a["href"] for a in html.nav("a")}
