"""The fragment in Confluence's storage format, parsed as XML with its two namespaces."""

import re
import xml.etree.ElementTree as ET

import pytest
from helpers.cases import some_of
from helpers.hostile_texts import hostile_texts
from helpers.made_up.factories import make_results

from reportgen.comparison import Runs
from reportgen.errors import UsageError
from reportgen.findings import Findings
from reportgen.report import RenderOptions, visible
from reportgen.report.charts import effect_colour
from reportgen.report.components import Brief, Section
from reportgen.report.format_register import Output
from reportgen.report.short_form import LengthLimit, make_brief
from reportgen.report.short_form.confluence import set_brief, write
from reportgen.results import Results

AC, RI = "http://atlassian.com/content", "http://atlassian.com/resource/identifier"
TEXTS = (*hostile_texts(60), "\x00\x0b\ufffe\ud83d".encode("utf-8", "replace").decode(), "")


def parsed(fragment: str) -> ET.Element:
    """The fragment inside a root that declares its prefixes."""
    return ET.fromstring(f'<page xmlns:ac="{AC}" xmlns:ri="{RI}">{fragment}</page>')


def texts_of(element: ET.Element) -> str:
    """What a reader sees: not what keeps words from right to left apart."""
    return re.sub("[\u2068\u2069]", "", "".join(element.itertext()))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return make_results(
        tmp_path_factory.mktemp("made"), TEXTS, ids=TEXTS, sink=0.5, evidence="basic", n_layers=2
    )


@pytest.mark.parametrize("lang", some_of(["en", "ja"], "ja"))
def test_it_is_well_formed_and_says_what_the_tree_says(results: Results, lang) -> None:
    options = RenderOptions(title="]]> <b>&", lang=lang)
    page = write(Runs(Findings(results)), options, Output("run.xml", None))
    root = parsed(page.text)
    brief = make_brief(Runs(Findings(results)), options, "page.xml")
    assert [texts_of(h) for h in root.iter("h2")] == ["]]> <b>&"]
    assert texts_of(next(root.iter("strong"))) == visible(brief.headline)
    tables = [section.table for section in brief.sections if section.table]
    found = list(root.iter("table"))
    assert len(found) == len(tables)
    for table, element in zip(tables, found, strict=True):
        head, *rows = element.iter("tr")
        assert [texts_of(th) for th in head] == [visible(c.name) for c in table.columns]
        said = [[texts_of(cell) for cell in row] for row in rows]
        assert said == [[visible(cell.text) for cell in row] for row in table.rows]
        strong = [[[texts_of(s) for s in cell.iter("strong")] for cell in row] for row in rows]
        assert strong == [
            [[visible(s.text) for s in cell.spans if s.is_strong] for cell in row]
            for row in table.rows
        ]
    folded = [s.heading for s in brief.sections if s.is_folded and not s.picture]
    expands = [m for m in root.iter(f"{{{AC}}}structured-macro") if name_of(m) == "expand"]
    assert [texts_of(macro.find(f"{{{AC}}}parameter")) for macro in expands] == folded
    assert all(macro.find(f"{{{AC}}}rich-text-body") is not None for macro in expands)


def name_of(macro: ET.Element) -> str | None:
    return macro.get(f"{{{AC}}}name")


def test_only_what_the_format_knows_is_in_it(results: Results) -> None:
    root = parsed(write(Runs(Findings(results)), RenderOptions(), Output("run.xml", None)).text)
    tags = {element.tag for element in root.iter()} - {"page"}
    assert tags == {
        *("p", "h2", "h3", "strong", "ul", "li", "table", "tbody", "tr", "th", "td", "br"),
        *(f"{{{AC}}}{name}" for name in ("structured-macro", "parameter", "rich-text-body")),
        *(f"{{{AC}}}{name}" for name in ("plain-text-body", "image")),
        f"{{{RI}}}attachment",
    }
    plain = {name for e in root.iter() for name in e.attrib if not name.startswith("{")}
    assert plain == {"data-highlight-colour"}


def test_headline_and_texts_lead_to_the_page_and_the_date_stands_beside_them(
    results: Results,
) -> None:
    options = RenderOptions(page_url="https://example.com/?a=1&b=2", commit="4f2a9c1")
    root = parsed(write(Runs(Findings(results)), options).text)
    first, *others = (link.get("href") for link in root.iter("a"))
    assert first == "https://example.com/?a=1&b=2"
    assert others
    assert all(link.startswith("https://example.com/?a=1&b=2#id=") for link in others)
    (line,) = (p for p in root.iter("p") if p.find("a") is not None)
    assert line.find("br").tail == f"{results.info.created} · commit 4f2a9c1"


@pytest.mark.parametrize("images", some_of(["svg", "png", "none"], "png", "none"))
def test_every_picture_it_names_lies_in_img(results: Results, images) -> None:
    page = write(Runs(Findings(results)), RenderOptions(images=images), Output('a&b "é".xml', None))
    names = [e.get(f"{{{RI}}}filename") for e in parsed(page.text).iter(f"{{{RI}}}attachment")]
    assert {f"img/{name}" for name in names} == set(page.files)
    assert len(names) == (0 if images == "none" else 2)
    assert all(name.startswith("a&b _é_-") for name in names)
    drawn = make_brief(Runs(Findings(results)), RenderOptions(), "page.xml").pictures
    widths = [e.get(f"{{{AC}}}width") for e in parsed(page.text).iter(f"{{{AC}}}image")]
    assert widths == [str(figure.width) for figure in drawn][: len(widths)]
    assert all(f' width="{figure.width}" ' in figure.svg for figure in drawn)


def test_strong_effects_are_coloured_by_their_sign(results: Results) -> None:
    brief = make_brief(Runs(Findings(results)), RenderOptions(), "page.xml")
    looked_at = brief.sections[2].table
    assert looked_at is not None
    (_, table, *_) = parsed(write(Runs(Findings(results)), RenderOptions()).text).iter("table")
    for row, cells in zip(table.iter("tr"), [(), *looked_at.rows], strict=True):
        if not cells:
            continue
        colour = list(row)[-1].get("data-highlight-colour")
        first = cells[-1].text.partition("” ")[2]
        assert colour == ("" if not first else effect_colour(4 if first[0] == "+" else -4))


def test_the_anchor_marks_it_for_a_later_run(results: Results) -> None:
    root = parsed(write(Runs(Findings(results)), RenderOptions(id="june")).text)
    (anchor,) = [m for m in root.iter(f"{{{AC}}}structured-macro") if name_of(m) == "anchor"]
    assert texts_of(anchor) == "reportgen-june"
    (code,) = root.iter(f"{{{AC}}}plain-text-body")
    assert texts_of(code).startswith("reportgen run ")
    assert "-o page.xml" in texts_of(code)


def test_a_page_of_many_texts_leaves_whole_rows_out(results: Results, monkeypatch) -> None:
    brief = make_brief(Runs(Findings(results)), RenderOptions(), "page.xml")
    whole = set_brief(brief, RenderOptions(id="x"), {})
    monkeypatch.setattr("reportgen.report.short_form.confluence.LIMIT", LengthLimit(9_000, 20_000))
    cut = set_brief(brief, RenderOptions(id="x"), {})
    assert len(cut) <= 9_000
    n_left_out = whole.count("<tr>") + whole.count("<li>") - cut.count("<tr>") - cut.count("<li>")
    last = texts_of(list(parsed(cut))[-1])
    folded = [s for s in brief.sections if s.is_folded and s.table]
    headers = sum(s.heading not in cut for s in folded)
    assert last.startswith(f"{n_left_out - headers} rows are not shown")


def test_a_title_without_end_is_told() -> None:
    with pytest.raises(UsageError, match="shorten --title"):
        set_brief(Brief("x" * 1_000_001, "", (Section(1),)), RenderOptions(id="x"), {})
