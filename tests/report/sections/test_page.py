"""The page's context: what was run, the overview, the method, how to reproduce."""

import shlex
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from helpers.made_up.factories import HEADLINES, changed, make_results

from reportgen.comparison import Runs
from reportgen.findings import THRESHOLDS, Findings
from reportgen.report import RenderOptions, load_language, render
from reportgen.report.panel import make_panel
from reportgen.report.sections import Context, make_page, short_name, with_texts
from reportgen.report.sections.run import command
from reportgen.report.short_form.markdown import write as render_markdown
from reportgen.results import Settings

EN = load_language("en")
LABELS = (1.0, 2.0, 1.5, 1.1, 0.4, 2.2)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    return make_results(folder, sink=0.5, labels=LABELS, truncated=(1,), n_layers=3)


@pytest.fixture(scope="module")
def page(results):
    return page_of(results)


def page_of(results, **options):
    context = Context(Runs(Findings(results)), RenderOptions(**options), EN)
    listed = range(len(results.texts))
    panels = [make_panel(context.findings, text, EN, "mean", context.scope) for text in listed]
    page = with_texts(make_page(context), context, listed, panels)
    return SimpleNamespace(title=page.title, brand=page.brand, scope=context.scope, **page.sections)


def percent(share):
    return f"{100 * share:.1f}\u00a0%"


def test_the_command_is_rebuilt_from_the_results(results):
    settings = Settings({"text-column": "my text", "strict": True, "fast": False}, "20", 6)
    info = replace(results.info, settings=settings)
    line = command(info, RenderOptions(lang="ja", title="A $title", max_size=25_000_000))
    words = shlex.split(line)
    assert words[:3] == ["reportgen", "run", "made.txt"]
    given = dict(pairwise(words))
    assert given["--text-column"] == "my text"
    assert given["--model"] == "made-up"
    assert given["--keep-maps"] == "20"
    assert given["--title"] == "A $title"
    assert given["--lang"] == "ja"
    assert given["--max-size"] == "25MB"
    assert not {"--heads", "--pool-above", "--layout"} & set(words)  # their defaults
    assert "--strict" in words
    assert "--fast" not in words
    assert words[-2:] == ["-o", "report.html"]


def test_the_command_names_what_was_chosen_for_the_page(results):
    options = RenderOptions(pool_above=None, layout="dir")
    words = shlex.split(command(results.info, options))
    given = dict(pairwise(words))
    assert given["--pool-above"] == "none"
    assert given["--layout"] == "dir"
    assert words[-2:] == ["-o", "report/index.html"]


def test_the_demo_model_says_that_its_score_is_made_up(results):
    demo = replace(results.info, model=replace(results.info.model, source="demo"))
    page = page_of(replace(results, info=demo))
    assert page.run.is_demo
    assert "--model" not in page.reproduce.command


def test_versions_checks_and_checksums_are_listed(results, page):
    assert dict(page.reproduce.versions[0][1]) == dict(results.info.versions)
    assert ("weights", "0" * 64) in page.reproduce.checksums
    assert ("made.txt", "1" * 64) in page.reproduce.checksums
    assert ("Largest distance of a row's sum from 1", "3.0e-07") in page.reproduce.checks


def test_every_cited_work_is_in_the_literature(page):
    cited = [c for note in page.sinks.overview.notes for c in note.citations]
    assert cited
    for citation in cited:
        assert any(citation.title in entry for entry in page.method.literature)


def test_the_thresholds_are_printed(page):
    limits = {limit.name: limit for limit in page.method.thresholds}
    assert len(limits) == len(THRESHOLDS)
    sink = limits["Attention sink: beyond the equal share"]
    assert sink.value == "30\u00a0%"
    assert "30\u00a0%" in sink.why.text
    assert limits["Raised: beyond the equal share"].value == "5\u00a0%"


def test_remarks_begin_with_a_capital_and_one_text_is_no_texts(tmp_path):
    made = make_results(tmp_path, ("ab",))
    page = page_of(replace(made, info=replace(made.info, remarks=("no weights for the head",))))
    assert page.run.remarks == ("No weights for the head",)
    assert ("Texts", "1 text from made.txt") in page.reproduce.run


def test_too_few_different_texts_are_told_at_the_top(tmp_path):
    made = make_results(tmp_path, ("abcdefgh",) * 6)
    said = "Different texts: only 1 of 6 texts; a statement about other texts takes at least 5."
    (remark,) = page_of(made).run.remarks
    assert remark.startswith(said)
    assert said in render_markdown(Runs(Findings(made)), RenderOptions()).text.partition("###")[0]


def test_the_glossary_has_the_words_of_this_page_only(page, tmp_path):
    bare = page_of(make_results(tmp_path, special=False))
    terms, bare_terms = ({term.name for term in p.method.glossary} for p in (page, bare))
    assert {"Attention sink", "[CLS] row", "Special token"} <= terms - bare_terms
    assert "Lead in score" not in terms  # without the scores of a sink
    assert bare_terms - terms == {"Entropy"}
    assert {"Equal share", "Head size", "95\u00a0% interval"} <= terms & bare_terms


def test_evidence_adds_its_sections_and_the_agreement_of_the_colours(tmp_path, page):
    assert (page.trust, page.sinks.tokens, page.scope.live) == (None, None, "")
    full = page_of(make_results(tmp_path, sink=0.5, evidence="full"))
    *_, trust = full.answers
    assert full.trust.first.text in trust.remark
    assert [panel.token for panel in full.sinks.tokens.panels] == ["[CLS]", "[SEP]"]
    assert "[CLS]" in full.scope.live


def test_the_self_check_of_the_norms_is_printed(tmp_path, page):
    made = page_of(make_results(tmp_path, evidence="basic"))
    name = "Largest relative error of the attention block rebuilt from its value vectors"
    assert dict(made.reproduce.checks)[name] == "3.0e-07"
    assert name not in dict(page.reproduce.checks)


def test_the_title_names_the_model_and_how_many_texts(results, page, tmp_path):
    assert page.title == "made-up · 6 texts · reportgen"
    assert page.run.heading == "Score of 6 texts"
    assert page_of(make_results(tmp_path, ("ab",))).title == "made-up · 1 text · reportgen"
    given = page_of(results, title="Headlines, June")
    assert (given.title, given.run.heading, given.brand) == ("Headlines, June",) * 3


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("albert", "albert"),
        ("owner/name", "owner/name"),
        ("/srv/models/albert-v2", "albert-v2"),
        ("./albert", "albert"),
        ("~/albert/", "albert"),
        ("a/b/c", "c"),
        ("C:\\models\\albert", "albert"),
        ("<img src=x>", "<img src=x>"),
        ("x" * 100, "x" * 29 + "…" + "x" * 29),
    ],
)
def test_a_models_name_is_short_in_the_title(model, name):
    assert short_name(model) == name


def test_a_hostile_name_is_plain_text_in_title_and_heading(results):
    name = "</title><script>bad()</script>"
    model = replace(results.info.model, name=name)
    made = replace(results, info=replace(results.info, model=model))
    html = render(Runs(Findings(made)), RenderOptions()).text
    page = BeautifulSoup(html, "html.parser")
    said = f"{name.rpartition('/')[2]} · 6 texts"
    assert page.h1.get_text() == "Score of 6 texts"
    assert page.title.get_text() == f"{said} · reportgen"
    assert "<script>bad" not in html


def test_the_line_below_the_title_names_no_file_where_texts_were_handed_over(tmp_path):
    made = make_results(tmp_path, HEADLINES)
    line = page_of(made).run.line
    assert line[2] == "made.txt"
    handed_over = page_of(changed(made, replace(made.info, inputs=()))).run.line
    assert handed_over == (*line[:2], *line[3:])
