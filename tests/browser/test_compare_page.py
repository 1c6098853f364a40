"""The page that compares two models, in a real Chromium."""

from pathlib import Path

import pytest
from axe import COLOURS, found
from exploring import menu
from helpers.cases import some_of
from helpers.on_github import rendered, sanitised
from helpers.real.two_models import LABELS, STAR, TEXTS, pair_of, plant
from playwright.sync_api import expect
from serving import OWN, served

from reportgen.comparison import Runs, compare_runs
from reportgen.findings import Findings, evaluate, parse_gate
from reportgen.findings.figures import COMPARE_FIGURES, RUN_FIGURES
from reportgen.report import CompareOptions, RenderOptions, render
from reportgen.report.html import write as write_comparison_page
from reportgen.report.short_form import write
from reportgen.report.short_form.markdown import write as write_one

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
    comparison = compare_runs(*map(Findings, sides))
    for lang in ("en", "ja"):
        made = render(comparison.runs, RenderOptions(lang=lang)).content
        (folder / f"{lang}.html").write_bytes(made)
    return {lang: (folder / f"{lang}.html").as_uri() for lang in ("en", "ja")}


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """The addresses of pages of four and twelve models, by their number."""
    folder: Path = tmp_path_factory.mktemp("many")
    sides = pair_of(folder, TEXTS[:6], evidence="basic", labels=LABELS[:6], sink=0.2)
    for n in (4, 12):
        first, *between, last = map(Findings, (sides * 6)[:n])
        page = render(compare_runs(first, last, between=between).runs, RenderOptions()).content
        (folder / f"{n}.html").write_bytes(page)
    return {n: (folder / f"{n}.html").as_uri() for n in (4, 12)}


@pytest.mark.parametrize("scripts", [True, False])
def test_answers_and_a_coloured_text_in_both_models_are_there_without_scrolling(
    page, addresses, scripts
):
    page.goto(addresses["en"])
    for width, height in ((1280, 800), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        require_first_screen(page)
    if scripts:  # on a phone too, where one text is open
        page.set_viewport_size({"width": 400, "height": 860})
        assert page.locator("article.two.open .strip").first.bounding_box()["y"] < 860
        expect(page.locator(".head .line")).to_be_in_viewport(ratio=1)


def require_first_screen(page):
    for part in (*page.locator(".answer-card .says").all(), page.locator("h1")):
        expect(part).to_be_in_viewport(ratio=1)
    charts = page.locator(".answer-card svg.small")
    assert charts.count() == 4
    for chart in charts.all():
        expect(chart).to_be_in_viewport(ratio=1)
    old, new, difference = (page.locator("article.two .strip").nth(i) for i in range(3))
    for strip in (old, new, difference):
        expect(strip).to_be_in_viewport(ratio=1)
    tops = [strip.bounding_box() for strip in (old, new, difference)]
    assert tops[0]["y"] < tops[1]["y"] < tops[2]["y"]
    drawn = page.locator("article.two").first.locator(".one-map svg.cells")
    expect(drawn).to_be_in_viewport(ratio=0.9)
    assert drawn.bounding_box()["x"] > tops[0]["x"] + tops[0]["width"]
    steps = page.locator("article.two").first.locator(".steps a").last.bounding_box()
    assert steps["x"] + steps["width"] == pytest.approx(tops[0]["x"] + tops[0]["width"], abs=2)


@pytest.mark.parametrize("scripts", [True, False])
def test_one_map_shows_the_difference_or_either_model(page, addresses, scripts):
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(addresses["en"])
    box = page.locator("article.two .one-map").first

    def shown():
        return box.locator("svg > g:is(.changes, .of-base, .of-head)").evaluate_all(
            """all => all.filter(g => getComputedStyle(g).display !== 'none')
                         .map(g => g.classList[0])"""
        )

    assert shown() == ["changes"]
    expect(box).to_contain_text("New minus old")
    for value, name in (("of-head", "New model"), ("of-base", "Old model")):
        box.get_by_label(name).check()
        assert shown() == [value]
        expect(box).to_contain_text("16 times what an average text token gets")
    if not scripts:
        return
    for value, name in (("changes", "Difference"), ("of-head", "New model")):
        box.get_by_label(name).check()
        box.locator("svg.cells").hover()
        page.mouse.down()
        assert shown() == ["of-base"]
        page.mouse.up()
        assert shown() == [value]


def test_the_list_opens_a_text_and_the_address_keeps_it(watched, addresses):
    watched.set_viewport_size({"width": 1280, "height": 800})
    watched.goto(addresses["en"])
    opened = watched.locator("article.two.open")
    expect(opened).to_have_count(1)
    row = watched.locator(".notable ol > li").nth(2)
    number = row.locator("b").first.inner_text()
    area = row.bounding_box()
    watched.mouse.click(area["x"] + area["width"] - 4, area["y"] + area["height"] - 4)
    expect(opened).to_have_attribute("id", f"text={number}")
    expect(row.locator("[aria-current=true]")).to_have_count(1)
    expect(opened.locator("h3")).to_be_focused()
    opened.locator("a[rel=next]").click()
    expect(watched.locator(".notable ol > li").nth(3).locator("[aria-current]")).to_have_count(1)
    watched.reload()
    later = watched.locator(".notable ol > li").nth(3).locator("b").first.inner_text()
    expect(opened).to_have_attribute("id", f"text={later}")
    for address in (f"{addresses['en']}#id={number}", f"{addresses['en']}#id=nobody"):
        watched.goto(address)
        expect(opened).to_have_attribute("id", f"text={number}")


def test_a_comment_ends_its_first_screen_before_the_first_fold(still_tab, sides):
    """As GitHub sets it: 14 pixels, lines of 21, and 13 and 6 around what stands in a cell."""
    base, head = map(Findings, sides)
    comparison = compare_runs(base, head)
    gate = parse_gate("mae_rise_low > 0", "fail", COMPARE_FIGURES)
    options = CompareOptions(
        page_url="https://example.com/compare.html", gates=evaluate([gate], comparison.figures)
    )
    style = (
        "body { font: 14px/1.5 sans-serif; width: 860px; margin: 16px }"
        "h2, h3 { margin: 24px 0 16px } table { border-collapse: collapse }"
        "td, th { border: 1px solid; padding: 6px 13px } p, ul, table { margin: 0 0 16px }"
    )
    of_one = RenderOptions(
        page_url="report.html",
        gates=evaluate([parse_gate("label_mae > 0", "fail", RUN_FIGURES)], base.figures),
    )
    for comment in (write(comparison.runs, options), write_one(Runs(base), of_one)):
        shown = sanitised(rendered(comment.text))
        still_tab.set_content(f"<style>{style}</style>{shown}")
        assert 300 < still_tab.locator("details").first.bounding_box()["y"] < 900


def test_twelve_models_scroll_in_their_table_alone(watched, many):
    watched.goto(many[12])
    watched.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    for scheme, width in (("light", 1280), ("dark", 400)):
        watched.set_viewport_size({"width": width, "height": 900})
        watched.emulate_media(color_scheme=scheme)
        if width == 400:
            assert found(watched) == []
        else:  # what depends on the theme, where a page of two has nothing like it
            assert found(watched, "#all_models", COLOURS) == []
        assert watched.evaluate("document.documentElement.scrollWidth") <= width
        cells = watched.locator("#all_models tbody tr").first.locator("td.n")
        assert cells.count() == 12
        labels = cells.evaluate_all("""cells => cells.map(cell =>
          getComputedStyle(cell, "::before").content)""")
        assert all("made-up" in label for label in labels) == (width == 400)
        charts = watched.locator("#trend .trend-cards svg").evaluate_all(
            "all => all.map(svg => svg.getBoundingClientRect().width)"
        )
        assert len(charts) > 5
        assert min(charts) > 280
    require_nothing_cut_on_paper(watched, 12)


def test_four_models_are_whole_on_paper(watched, many):
    watched.goto(many[4])
    require_nothing_cut_on_paper(watched, 4)


def require_nothing_cut_on_paper(page, n_models):
    page.set_viewport_size({"width": 700, "height": 900})
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    ends = page.locator("#all_models td").evaluate_all(
        "cells => cells.map(cell => cell.getBoundingClientRect().right)"
    )
    assert len(ends) > 20 * n_models - 10
    assert max(ends) <= 700


@pytest.mark.parametrize("lang", some_of(["en", "ja"], "en"))
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page_or_paper(watched, addresses, lang):
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
    watched.set_viewport_size({"width": 700, "height": 900})
    watched.emulate_media(media="print")
    assert watched.evaluate("document.documentElement.scrollWidth") <= 700
    assert not watched.locator(".tools").first.is_visible()
    assert not watched.locator(".top").is_visible()


def test_the_theme_can_be_switched_tables_be_taken_away_and_signs_be_seen(watched, addresses):
    watched.goto(addresses["en"])
    paper = "getComputedStyle(document.body).backgroundColor"
    light = watched.evaluate(paper)
    watched.click("#theme")
    assert watched.evaluate(paper) != light
    with watched.expect_download() as download:
        menu(watched.locator("#tokens .tools").first).get_by_role("button", name="CSV").click()
    lines = download.value.path().read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("Token,")
    assert lines[1].startswith(f"{STAR},")
    with watched.expect_download() as download:
        menu(watched.locator("#predictions figure .tools")).get_by_role(
            "button", name="SVG"
        ).click()
    assert download.value.path().read_text("utf-8").startswith("<svg")
    require_a_second_sign_of_colours(watched)


def require_a_second_sign_of_colours(page):
    """What lowers is underlined, and has colours of its own."""
    assert page.locator("article.two.open .strip").count() == 3
    looks = page.evaluate(
        """() => [...document.querySelectorAll('.two .u.m:not(.h0)')].map(unit => {
          const style = getComputedStyle(unit);
          return [style.textDecorationLine, style.backgroundColor];
        })"""
    )
    assert looks
    assert all(line == "underline" and "0)" not in colour[-3:] for line, colour in looks)
    raised = page.locator(".two .u:is(.h12, .h13, .h14, .h15):not(.m)").first.evaluate(
        "unit => getComputedStyle(unit).backgroundColor"
    )
    assert raised not in [colour for _, colour in looks]


def test_without_scripts_or_styles_every_figure_stands(still_tab, addresses, tmp_path):
    document = Path(addresses["en"].removeprefix("file://")).read_text("utf-8")
    bare = tmp_path / "bare.html"
    allowed = "style-src &#39;unsafe-inline&#39;"
    assert allowed in document
    bare.write_text(document.replace(allowed, "style-src &#39;none&#39;"), "utf-8")
    still_tab.goto(bare.as_uri())
    assert still_tab.locator(".headline").first.is_visible()
    assert still_tab.locator("svg.fig").count() >= 5
    dots = still_tab.locator("svg.scatter .dots").first
    assert dots.get_attribute("stroke").startswith("#")
    coloured = still_tab.locator("article.two .twin td[bgcolor]")
    assert coloured.first.is_visible()
    cell = still_tab.locator("table.grid td").first
    assert cell.evaluate("cell => getComputedStyle(cell).backgroundColor") != "rgba(0, 0, 0, 0)"


def test_with_its_files_beside_it_a_host_that_forbids_them_inside_shows_it(
    own_tab, sides, tmp_path
):
    made = write_comparison_page(
        compare_runs(*map(Findings, sides)).runs, CompareOptions(layout="dir")
    )
    assert set(made.files) == {"icon.svg", "report.css", "report.js"}
    for name, content in {"index.html": made.content, **made.files}.items():
        (tmp_path / name).write_bytes(content)
    faults = []
    own_tab.on("pageerror", lambda error: faults.append(str(error)))
    own_tab.on("requestfailed", lambda request: faults.append(request.url))
    with served(tmp_path, OWN) as host:
        own_tab.goto(f"{host}/index.html")
        assert own_tab.evaluate("document.styleSheets[0].cssRules.length") > 50
        expect(own_tab.locator("article.two.open")).to_have_count(1)
        first = own_tab.locator("article.two.open h3").inner_text()
        own_tab.locator("a.pick").nth(1).click()
        expect(own_tab.locator("article.two.open h3")).not_to_have_text(first)
    assert faults == []
