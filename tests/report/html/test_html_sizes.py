"""The page within its limit: chosen texts, many texts, long ones, and files beside it."""

import json
import re

import pytest
from bs4 import BeautifulSoup
from helpers.letters import from_letters
from helpers.made_up.factories import HEADLINES, make_results
from helpers.made_up.packed_maps import unpack
from helpers.page_of import page_of

from reportgen.comparison import Runs
from reportgen.findings import Findings
from reportgen.report import RenderOptions, render
from reportgen.report.html import Assets, plotly_source, report_scripts


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    return make_results(folder, (*HEADLINES, ""), sink=0.4, truncated=(2,), failed=(4,))


def panel(soup, number):
    return soup.find(id=f"text={number}")


def numbers(page):
    return [int(article["id"].removeprefix("text=")) for article in page.find_all("article")]


def test_texts_that_are_not_listed_are_passed_over_by_next_and_previous(tmp_path, monkeypatch):
    """With a tenth of the lines that a page always has, and estimated as a page of many texts."""
    monkeypatch.setattr("reportgen.report.html.size_plan._LINES_KEPT", 30)
    monkeypatch.setattr("reportgen.report.html.page._MEASURED", 30)
    made = make_results(tmp_path, ("words of one text",) * 70, n_layers=1, n_heads=1, keep=0)
    report = render(Runs(Findings(made)), RenderOptions(max_size=1))
    page = BeautifulSoup(report.content.decode(), "html.parser")
    articles = page.find_all("article")
    shown = numbers(page)
    assert len(shown) == 30
    assert {1, 2} <= set(shown)
    rows = [int(cell.get_text()) for cell in page.select("table.texts tbody th")]
    assert rows == shown == sorted(shown)
    for place, article in enumerate(articles):
        links = {a["rel"][0]: a["href"] for a in article.select("nav a[rel]")}
        near = {"prev": shown[place - 1] if place else None, "next": (*shown, None)[place + 1]}
        assert links == {name: f"#text={to}" for name, to in near.items() if to is not None}
    assert any(
        sentence.startswith("40 texts: counted") or "not listed" in sentence
        for sentence in report.reduced
    )
    assert "30 of 70" in page.find(class_="partial").get_text()


def test_many_texts_stay_within_the_limit_and_the_first_are_whole(tmp_path):
    findings = Findings(make_results(tmp_path, HEADLINES * 5, n_layers=6, n_heads=12))
    for limit in (2_400_000, 2_600_000):
        report = render(Runs(findings), RenderOptions(max_size=limit))
        assert 0.9 * limit < len(report.content) <= limit
        page = BeautifulSoup(report.content.decode(), "html.parser")
        levels = {int(f["data-text"]): int(f["data-level"]) for f in page.find_all(class_="map")}
        assert levels[findings.opened["en"] + 1] == 3
        strips = page.find_all(id=re.compile(r"^strip-\d+$"))
        coloured = [int(s["id"].removeprefix("strip-")) for s in strips if s.find(class_="u")]
        assert set(levels) < set(coloured)
        assert limit < 2_600_000 or len(coloured) == 30
        assert report.reduced


def test_a_long_text_is_pooled_and_says_so(tmp_path):
    made = make_results(tmp_path, ("ab" * 300, "short"), n_layers=2, n_heads=2)
    report = render(Runs(Findings(made)), RenderOptions())
    page = BeautifulSoup(report.content.decode(), "html.parser")
    assert "302 tokens" in panel(page, 1).get_text()
    assert "Its maps are pooled over the whole length" in panel(page, 1).get_text()
    assert page.select_one("#reproduce .further").find(string="--pool-above none")
    assert len(panel(page, 1).select(".strip .u")) == 302
    (sentence,) = report.reduced
    assert sentence.startswith("Text 1: more than 256 tokens")
    side = max(json.loads(page.find(id="data-1").string)["cells"]) + 1
    assert unpack(from_letters(page.find(id="maps-1").string), 2, 2).shape[-1] == side < 130
    whole = render(Runs(Findings(made)), RenderOptions(pool_above=None))
    assert not whole.reduced
    carried = BeautifulSoup(whole.content.decode(), "html.parser").find(id="maps-1").string
    assert from_letters(carried) == made.packed_maps(0)


def test_a_page_with_files_has_nothing_inline(results):
    made = render(Runs(Findings(results)), RenderOptions(layout="dir"))
    page = BeautifulSoup(made.content.decode(), "html.parser")
    pictures = {"icon.svg", "heads-1.png", "heads-2.png", "heads-3.png"}
    assert set(made.files) == {"report.css", "report.js", "plotly.min.js", *pictures}
    assert made.files == render(Runs(Findings(results)), RenderOptions(layout="dir")).files
    assert page.find("link", rel="stylesheet")["href"] == "report.css"
    scripts = [tag for tag in page.find_all("script") if not tag.get("type")]
    assert [tag["src"] for tag in scripts] == ["report.js"]
    kinds = {tag["type"] for tag in page.find_all("script") if tag.get("type")}
    assert kinds == {"application/json", "application/octet-stream"}
    assert not any(tag.string for tag in scripts)
    assert not page.find_all("style")
    assert not page.find_all(style=True)
    assert made.files["plotly.min.js"].decode() == plotly_source(None)
    one = page_of(results)
    assert one.find("style").string == made.files["report.css"].decode()
    # Pages with and without a decoder may share the file; one file has what it needs alone.
    alone, shared = one.find("script", type="module").string, made.files["report.js"].decode()
    assert Assets("dir", "").script in shared
    assert alone == Assets("file", "", report_scripts("file", has_decoder=False)).script
    assert len(alone) < len(shared) - 10_000
    assert "class DecoderFigure" in shared
    assert "class DecoderFigure" not in alone
    assert page.find("main").get_text().replace("--layout dir -o report/index.html", "") == (
        one.find("main").get_text().replace("-o report.html", "")
    )
    sizes = sum(map(len, made.files.values())) + len(made.content)
    assert sum(made.parts.values()) == sizes
