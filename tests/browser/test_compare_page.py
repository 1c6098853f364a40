"""The page that compares two models, in a real Chromium."""

from pathlib import Path

import pytest
from test_accessibility import found
from two_models import LABELS, STAR, TEXTS, pair_of, plant

from reportgen.comparison.compare import compare
from reportgen.findings.findings import Findings
from reportgen.report.html.compare_page import render
from reportgen.report.options import RenderOptions

pytestmark = pytest.mark.browser

HOSTILE = (
    "</script><script>window.bad=1</script>",
    "<img src=x onerror=window.bad=1> <s>&amp;</s>",
)


@pytest.fixture(scope="module")
def sides(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pair")
    texts = (*TEXTS, *(STAR + text for text in HOSTILE), "long " * 60)
    labels = (*LABELS, 1.0, 2.0, 3.0)
    base, head = pair_of(folder, texts, evidence="basic", labels=labels, sink=0.2, failed=(4,))
    return base, plant(head)


@pytest.fixture(scope="module")
def addresses(sides, tmp_path_factory):
    folder: Path = tmp_path_factory.mktemp("page")
    comparison = compare(*map(Findings, sides))
    for lang in ("en", "ja"):
        made = render(comparison, RenderOptions(lang=lang))
        (folder / f"{lang}.html").write_bytes(made)
    return {lang: (folder / f"{lang}.html").as_uri() for lang in ("en", "ja")}


@pytest.fixture(scope="module")
def many(sides, tmp_path_factory):
    """The addresses of pages of four and twelve models, by their number."""
    folder: Path = tmp_path_factory.mktemp("many")
    for n in (4, 12):
        first, *between, last = map(Findings, (sides * 6)[:n])
        page = render(compare(first, last, between=between), RenderOptions())
        (folder / f"{n}.html").write_bytes(page)
    return {n: (folder / f"{n}.html").as_uri() for n in (4, 12)}


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 400)])
def test_twelve_models_scroll_in_their_table_alone(watched, many, scheme, width):
    watched.set_viewport_size({"width": width, "height": 900})
    watched.emulate_media(color_scheme=scheme)
    watched.goto(many[12])
    assert found(watched) == []
    assert watched.evaluate("document.documentElement.scrollWidth") <= width
    cells = watched.locator("#all_models tbody tr").first.locator("td.n")
    assert cells.count() == 12
    labels = cells.evaluate_all("""cells => cells.map(cell =>
      getComputedStyle(cell, "::before").content)""")
    assert all("made-up" in label for label in labels) == (width == 400)


@pytest.mark.parametrize("n_models", [4, 12])
def test_on_paper_no_model_is_cut(watched, many, n_models):
    watched.goto(many[n_models])
    watched.set_viewport_size({"width": 700, "height": 900})
    watched.emulate_media(media="print")
    assert watched.evaluate("document.documentElement.scrollWidth") <= 700
    ends = watched.locator("#all_models td").evaluate_all(
        "cells => cells.map(cell => cell.getBoundingClientRect().right)"
    )
    assert len(ends) > 20 * n_models - 10
    assert max(ends) <= 700


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page(watched, addresses, lang):
    """Axe once in each theme, width and language: contrast does not depend on the language."""
    scheme, widths = {"en": ("light", (400, 1280)), "ja": ("dark", (1280, 400))}[lang]
    watched.emulate_media(color_scheme=scheme)
    watched.goto(addresses[lang])
    watched.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    for width in widths:
        watched.set_viewport_size({"width": width, "height": 900})
        assert watched.evaluate("document.documentElement.scrollWidth") <= width
    assert found(watched) == []
    assert watched.evaluate("window.bad") is None


def test_the_theme_can_be_switched_and_tables_taken_away(watched, addresses):
    watched.goto(addresses["en"])
    paper = "getComputedStyle(document.body).backgroundColor"
    light = watched.evaluate(paper)
    watched.click("#theme")
    assert watched.evaluate(paper) != light
    with watched.expect_download() as download:
        watched.locator("#tokens .tools button", has_text="CSV").click()
    lines = download.value.path().read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("Token,")
    assert lines[1].startswith(f"{STAR},")
    with watched.expect_download() as download:
        watched.locator("#predictions figure .tools button", has_text="SVG").click()
    assert download.value.path().read_text("utf-8").startswith("<svg")


def test_colours_have_a_second_sign_and_differ_by_theirs(watched, addresses):
    watched.goto(addresses["en"])
    rows = watched.locator("article.two").first.locator(".strip")
    assert rows.count() == 3
    looks = watched.evaluate(
        """() => [...document.querySelectorAll('.two .u.m:not(.h0)')].map(unit => {
          const style = getComputedStyle(unit);
          return [style.textDecorationLine, style.backgroundColor];
        })"""
    )
    assert looks
    assert all(line == "underline" and "0)" not in colour[-3:] for line, colour in looks)
    raised = watched.locator(".two .u.h15:not(.m)").first.evaluate(
        "unit => getComputedStyle(unit).backgroundColor"
    )
    assert raised not in [colour for _, colour in looks]


def test_without_scripts_or_styles_every_figure_stands(browser, addresses, tmp_path):
    document = Path(addresses["en"].removeprefix("file://")).read_text("utf-8")
    bare = tmp_path / "bare.html"
    bare.write_text(document.replace("style-src 'unsafe-inline'", "style-src 'none'"), "utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(bare.as_uri())
    assert page.locator(".headline").first.is_visible()
    assert page.locator("svg.fig").count() >= 5
    dots = page.locator("svg.scatter .dots").first
    assert dots.get_attribute("stroke").startswith("#")
    cell = page.locator("table.grid td").first
    assert cell.evaluate("cell => getComputedStyle(cell).backgroundColor") != "rgba(0, 0, 0, 0)"
    context.close()


def test_on_paper_nothing_is_cut(watched, addresses):
    watched.goto(addresses["ja"])
    watched.set_viewport_size({"width": 700, "height": 900})
    watched.emulate_media(media="print")
    assert watched.evaluate("document.documentElement.scrollWidth") <= 700
    assert not watched.locator(".tools").first.is_visible()
    assert not watched.locator(".top").is_visible()
