"""What a notebook shows of a report: executed, then sanitised as one that is not trusted."""

import html
import re
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import nh3
import pytest
from bs4 import BeautifulSoup
from helpers.made_up.factories import HEADLINES, make_results
from nbconvert import HTMLExporter
from nbconvert.preprocessors.sanitize import SanitizeHTML

import reportgen
from reportgen.findings import Findings
from reportgen.report import plain_text, render_markdown, render_notebook
from reportgen.report.notebook import LIMIT

HOSTILE = (
    "</script></iframe><script>window.bad=1</script>",
    '"><img src=x onerror=window.bad=1> <s>&amp;</s>',
    "<a href='javascript:window.bad=1'>x</a> a\u202eb\x00c",
)
TEXTS = tuple(f"{line} {i}" for i, line in enumerate((*HEADLINES, *HOSTILE) * 3))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    make_results(folder, TEXTS, sink=0.4, labels=tuple(range(len(TEXTS))), evidence="basic")
    return folder


def frame(cell: str) -> str:
    """The page in the frame of a cell, as a browser reads it out of the attribute."""
    found = BeautifulSoup(cell, "html.parser").find("iframe")
    assert found is not None
    return str(found["srcdoc"])


def outputs(folder: Path) -> Any:
    """The outputs of a notebook that shows the report, once it has run."""
    code = f"import reportgen\nreportgen.open_report({str(folder)!r})"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return notebook


def test_an_executed_cell_stands_when_the_notebook_is_not_trusted(folder: Path) -> None:
    notebook = outputs(folder)
    (data,) = (out.data for out in notebook.cells[0].outputs if "data" in out)
    report = reportgen.open_report(folder)
    said = plain_text(Findings(report.results))
    assert set(data) == {"text/html", "text/markdown", "text/plain"}
    assert data["text/plain"] == repr(report)
    assert said in data["text/plain"]
    assert data["text/html"] == report._repr_html_()
    # Trusted, and published: the frame is there, and holds the page.
    page, _ = HTMLExporter().from_notebook_node(notebook)
    frames = BeautifulSoup(page, "html.parser").find_all("iframe")
    assert len(frames) == 1
    assert frames[0]["srcdoc"] == frame(data["text/html"])
    # As Jupyter's own sanitiser, and its publisher's, would leave it.
    for clean in (
        nh3.clean(data["text/html"]),
        SanitizeHTML(strip=True).sanitize_html_tags(data["text/html"]),
    ):
        assert "iframe" not in clean
        assert said in html.unescape(clean)
        assert "report.save('report.html')" in html.unescape(clean)


def test_the_frame_runs_nothing_and_fetches_nothing(folder: Path) -> None:
    cell = render_notebook(Findings(reportgen.open_report(folder).results))
    tag = re.search(r"<iframe [^>]*?srcdoc=", cell)
    assert tag is not None
    assert re.search(r"\bsandbox (?!=)", tag[0])  # nothing is allowed
    page = BeautifulSoup(frame(cell), "html.parser")
    assert page.find(["script", "iframe", "object", "embed", "link", "base", "form"]) is None
    for found in page.find_all(True):
        for name, value in found.attrs.items():
            assert not name.startswith("on"), found
            assert name != "style", found
            assert not (name in ("src", "href") and "javascript" in str(value)), found
    policy = page.find("meta", {"http-equiv": "Content-Security-Policy"})
    assert str(policy["content"]).startswith("default-src 'none'; style-src 'unsafe-inline'")


def test_it_shows_the_verdict_and_the_texts_that_deserve_a_look(folder: Path) -> None:
    findings = Findings(reportgen.open_report(folder).results)
    page = BeautifulSoup(frame(render_notebook(findings)), "html.parser")
    assert [p.get_text() for p in page.select("#answers .says")][2].startswith("Mostly on [CLS]")
    assert len(page.select("#answers svg")) == 4
    assert not page.select("a[href^='#']")  # what they would lead to is not in the cell
    first = findings.picked.first
    assert [panel["id"] for panel in page.select(".panel")] == [f"text={first + 1}"]
    assert len(page.select("svg.cells")) == 1
    assert "--max-size" not in page.get_text()
    listed = [int(number.get_text()) for number in page.select("#notable ol > li .pick > b")]
    picked = findings.picked
    assert listed == [row + 1 for row in dict.fromkeys((picked.first, *picked.texts))]


def test_it_says_its_size_and_keeps_to_its_limit(folder: Path) -> None:
    results = reportgen.open_report(folder).results
    whole = render_notebook(Findings(results))
    assert len(whole.encode()) < LIMIT
    kb = len(frame(whole).encode()) / 1000
    assert f"({kb:.0f} KB, without scripts)" in whole
    smaller = render_notebook(Findings(results), limit=len(whole.encode()) - 1)
    assert len(smaller.encode()) < len(whole.encode())
    assert 'id="notable"' in frame(smaller)
    assert 'class="panels"' not in frame(smaller)
    smallest = render_notebook(Findings(results), limit=len(smaller.encode()) - 1)
    assert 'id="notable"' not in frame(smallest)
    least = render_notebook(Findings(results), limit=2_000)
    assert len(least.encode()) < 2_000
    assert "<iframe" not in least
    assert "too large for a cell" in least


def test_markdown_and_japanese(folder: Path) -> None:
    results = reportgen.open_report(folder).results
    markdown = render_markdown(Findings(results))
    assert markdown.startswith("**")
    assert "\n- " in markdown
    assert "<" not in re.sub(r"\\<", "", markdown)
    assert "予測の結果は？" in render_notebook(Findings(results), "ja")
    assert "アテンション" in render_markdown(Findings(results), "ja")


def test_one_text_is_shown_by_its_id(folder: Path) -> None:
    report = reportgen.open_report(folder)
    cell = report.text(3)
    page = BeautifulSoup(frame(cell._repr_html_()), "html.parser")
    assert [panel["id"] for panel in page.select(".panel")] == ["text=3"]
    strip = page.select_one(".strip")
    assert HEADLINES[2] in strip.get_text().replace("\n", "")
    assert len(page.select("svg.cells")) == 1
    assert page.select(".influence table tbody tr")
    said = page.select_one(".influence > p").get_text()
    assert said in repr(cell)
    assert said in html.unescape(nh3.clean(cell._repr_html_()))  # in a notebook without trust
    assert not page.find_all(["img", "iframe", "link", "object"])
    assert not page.find_all("script", type=lambda kind: kind != "application/json")
    assert "最もよく見ている語（平均との比）：" in report.text("3", lang="ja")._repr_html_()


def test_a_text_that_does_not_exist_is_named(folder: Path) -> None:
    with pytest.raises(
        reportgen.errors.UsageError, match=r"no text has the id '0'; ids are 1, 2, 3, …"
    ):
        reportgen.open_report(folder).text(0)
