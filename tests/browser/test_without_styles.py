"""A text is coloured where no style sheet is let through, and not twice where one is."""

import re
from collections import Counter

import pytest
from helpers.cases import some_of
from helpers.made_up.factories import HEADLINES, make_results
from opening import rendered, visit
from pixels import colours
from playwright.sync_api import expect
from serving import JENKINS, JENKINS_OLD, served

from reportgen.report.charts import MAP_COLOURS, scale_colour

pytestmark = pytest.mark.browser

ARABIC = "مرحبا بكم في المتجر"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    return make_results(folder, (*HEADLINES[:3], ARABIC), n_layers=2, n_heads=3, sink=0.4)


@pytest.fixture(scope="module")
def page_file(results, tmp_path_factory):
    return rendered(results, tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def document(page_file):
    return page_file.read_text("utf-8")


@pytest.fixture(scope="module")
def reader(tabs):
    """An empty page that reads pictures."""
    page = tabs.new_page()
    yield page
    page.close()


def colours_of(reader, element):
    """How many pixels of `element` have each colour."""
    return colours(reader, element.screenshot(animations="disabled"))


def cells_of(document, number):
    """Text and colour of the cells of a text's twin, from the markup."""
    twin = re.findall(r"<div class=twin .*?</div>", document, re.DOTALL)[number - 1]
    return re.findall(r"<td(?: bgcolor=(#\w{6}))?>(.*?)(?=<t[dr]|</table>)", twin)


def is_coloured(reader, page, document, number):
    """Each colour of the twin fills at least as much as its letters' boxes can leave."""
    twin = page.locator(f'[id="text={number}"] .twin')
    expect(twin).to_be_visible()
    found = colours_of(reader, twin)
    wanted = Counter(colour for colour, _ in cells_of(document, number) if colour)
    assert len(wanted) > 1
    for colour, n in wanted.items():
        assert found[colour] >= n * 40, colour  # a letter's box of 8 by 18, less the letter
    return found


def require_cells_from_right_to_left(page, number):
    cells = page.locator(f'[id="text={number}"] .twin td')
    first, second = (cells.nth(i).bounding_box()["x"] for i in (0, 1))
    assert first > second


@pytest.mark.parametrize(
    ("policy", "scheme"),
    some_of([(JENKINS, "light"), (JENKINS_OLD, "dark")], (JENKINS_OLD, "dark")),
)
def test_a_sandbox_that_refuses_styles_shows_coloured_tokens(
    page, reader, document, tmp_path, policy, scheme
):
    (tmp_path / "report.html").write_text(document, "utf-8")
    page.emulate_media(color_scheme=scheme)
    with served(tmp_path, policy) as host:
        page.goto(f"{host}/report.html")
        assert page.locator(".panel").first.evaluate("e => getComputedStyle(e).display") == "block"
        assert page.locator(".where").first.evaluate("e => getComputedStyle(e).fontSize") == "16px"
        for number in (1, 2):
            found = is_coloured(reader, page, document, number)
            assert found.most_common(1)[0][0] == "#ffffff"  # the attributes are for light
        legend = page.locator("#legend-1")
        expect(legend).to_be_visible()
        expect(legend).to_contain_text("Colour: ")
        twin, told = (page.locator(f'[id="text=1"] {name}') for name in (".twin", ".legend"))
        gap = told.first.bounding_box()["y"] - (
            twin.bounding_box()["y"] + twin.bounding_box()["height"]
        )
        assert 0 <= gap < 40  # what the colours mean stands right under them
        page.locator("#map-1").get_by_text("As lines").click()
        figure = colours_of(reader, page.locator("#map-1 svg.lines"))
        assert {"#1b1d22", "#d9751a"} <= set(figure)
        cells = colours_of(reader, page.locator("#map-1 svg.cells"))
        assert cells[MAP_COLOURS[15]] > 300
        require_cells_from_right_to_left(page, 4)


def test_a_mail_that_is_stripped_of_styles_and_classes_keeps_its_colours(
    page, reader, document, tmp_path
):
    bare = re.sub(r"<style>.*?</style>|<script.*?</script>", "", document, flags=re.DOTALL)
    bare = re.sub(r"<svg.*?</svg>", "", bare, flags=re.DOTALL)
    (tmp_path / "mail.html").write_text(bare, "utf-8")
    page.set_viewport_size({"width": 640, "height": 900})
    page.goto((tmp_path / "mail.html").as_uri())
    is_coloured(reader, page, document, 1)
    assert (
        page.locator('[id="text=1"] .twin').evaluate(
            "e => Math.max(...[...e.children].map((table) => table.getBoundingClientRect().right))"
        )
        <= 640
    )


@pytest.mark.parametrize("scripts", [True, False])
def test_with_styles_a_text_is_coloured_once(page, reader, url, scripts):
    page.goto(f"{url}#text=1")
    strip = page.locator("#strip-1")
    expect(strip).to_be_visible()
    expect(page.locator('[id="text=1"] .twin')).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.locator('[id="text=1"] .twin')).to_be_hidden()
    page.emulate_media(media="screen")
    assert page.locator(".twin td").locator("visible=true").count() == 0
    assert page.locator(".twin ~ .tools, .twin .tools").count() == 0  # nothing to save there
    assert "[CLS][CLS]" not in page.locator('[id="text=1"]').inner_text().replace("\n", "")
    found = colours_of(reader, strip)
    steps = [int(unit[1:]) for unit in re.findall(r"\bh\d+", strip.inner_html())]
    assert len(set(steps)) > 1
    for step in set(steps):
        shades = [
            tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))
            for colour in found
            if found[colour] > 40
        ]
        wanted = tuple(int(scale_colour(step)[i : i + 2], 16) for i in (1, 3, 5))
        assert any(
            max(abs(a - b) for a, b in zip(wanted, shade, strict=True)) <= 2 for shade in shades
        )


def test_names_and_keys_that_are_drawn_again_have_the_colours_of_the_theme(still_tab, reader, url):
    still_tab.set_viewport_size({"width": 1280, "height": 1600})
    still_tab.goto(f"{url}#text=1")
    for scheme in ("light", "dark"):
        still_tab.emulate_media(color_scheme=scheme)
        require_colours_of_the_theme(still_tab, reader)


def is_close(one, other):
    """Whether two colours differ by no more than the edges of letters."""
    return all(abs(int(one[i : i + 2], 16) - int(other[i : i + 2], 16)) < 20 for i in (1, 3, 5))


def require_colours_of_the_theme(page, reader):
    ink = (
        page.locator("body").evaluate("e => getComputedStyle(e).getPropertyValue('--ink')").strip()
    )
    blue = (
        page.locator("body").evaluate("e => getComputedStyle(e).getPropertyValue('--cls')").strip()
    )
    names = page.locator("#map-1 svg.cells .names")
    names.scroll_into_view_if_needed()
    assert colours_of(reader, names)[ink] > 20
    fold = page.locator("#map-1 .as-lines")
    fold.locator("> summary").click()
    found = colours_of(reader, fold.locator("svg.lines"))  # with the names of the map
    assert sum(n for colour, n in found.items() if is_close(colour, ink)) > 20
    key = fold.locator(".marks svg").first
    assert colours_of(reader, key)[blue] > 20
    fold.locator("> summary").click()


def test_the_table_of_units_is_a_table_with_headers_of_rows_and_columns(kept, results):
    visit(kept, "#text=1")
    kept.locator(".panel.open details summary").filter(has_text="Figures as a table").click()
    table = kept.locator(".panel.open details table").first
    rows, columns = (
        table.locator("tbody tr").count(),
        table.locator("thead th").count(),
    )
    assert (rows, columns) == (len(results.tokens_of(0)), 5)
    assert table.get_by_role("columnheader").count() == columns
    tree = kept.context.new_cdp_session(kept).send("Accessibility.getFullAXTree")["nodes"]
    byrole = Counter(node["role"]["value"] for node in tree)
    names = [node["name"]["value"] for node in tree if node["role"]["value"] == "rowheader"]
    for token in results.tokens_of(0)["token"]:
        assert token in names
    assert byrole["columnheader"] >= columns
