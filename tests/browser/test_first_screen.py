"""The first screen: four answers, a coloured text and its map, with scripts on and off."""

import re

import pytest
from exploring import units_of
from helpers.made_up.factories import HEADLINES, make_results
from opening import drawn, pointed_at, rendered, show_all, visit
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

MOVES = """
window.moved = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.moved += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
MOST_MOVED = 0.05  # of the layout, by the measure of browsers (CLS)

TEXTS = HEADLINES * 2
SCREENS = ((1280, 800), (1440, 900))
# Upper end, left end, width and height of a text's figure, and where the controls below it begin.
PLACES = """selector => {
  const figure = document.querySelector(selector);
  const { top, left, width, height } = figure.getBoundingClientRect();
  const below = figure.closest("figure").querySelector(".heads-box").getBoundingClientRect().top;
  return [top, left, width, height, below].map((place, i) => place + (i % 4 ? 0 : scrollY));
}"""
SCRIPTS = pytest.mark.parametrize("scripts", [True, False])


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    labels = tuple(1.0 + index / 10 for index in range(len(TEXTS)))
    return make_results(folder, TEXTS, sink=0.5, evidence="basic", labels=labels)


@pytest.fixture(scope="module")
def page_file(results, tmp_path_factory):
    return rendered(results, tmp_path_factory.mktemp("page"))


def box(page, selector):
    return page.locator(selector).locator("visible=true").first.bounding_box()


@SCRIPTS
def test_answers_text_and_map_are_there_without_scrolling(page, url, scripts):
    page.goto(url)
    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        require_first_screen(page, height)
    if scripts:
        number = int(page.locator(".panel.open").get_attribute("id").removeprefix("text="))
        pointed_at(page, number)
        for width, height in SCREENS:
            page.set_viewport_size({"width": width, "height": height})
            assert box(page, f"#map-{number} .plot")["y"] < 0.55 * height
    require_first_screen_of_a_phone(page)


def require_first_screen_of_a_phone(page):
    """The answers are two lines each, and the coloured text begins well above the middle."""
    page.set_viewport_size({"width": 400, "height": 860})
    cards = page.locator(".answer-card")
    assert len(cards.all()) == 4
    assert max(card.bounding_box()["height"] for card in cards.all()) <= 49
    assert not cards.locator("svg").locator("visible=true").count()
    guide, first = box(page, ".guide > summary"), box(page, ".answer-card")
    assert box(page, ".defined")["y"] < guide["y"] < first["y"]
    assert box(page, ".strip p .u:not(.s)")["y"] <= 520
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_arrows_to_its_neighbours_stand_in_the_first_line_of_a_text(kept):
    visit(kept, "#text=2")
    head = kept.locator('[id="text=2"] header')
    title, steps = (head.locator(part).bounding_box() for part in ("h3", ".steps"))
    assert title["y"] == pytest.approx(steps["y"], abs=4)
    assert steps["height"] <= 28
    assert head.bounding_box()["height"] <= 47  # two lines, where there is a right answer
    arrows = head.get_by_role("link", name=re.compile("text$")).all()
    assert [arrow.inner_text() for arrow in arrows] == ["Previous text", "Next text"]
    assert all(20 <= arrow.bounding_box()["width"] <= 34 for arrow in arrows)
    arrows[1].click()
    expect(kept.locator(".panel.open")).to_have_attribute("id", "text=3")


def require_first_screen(page, height):
    for card in page.locator(".answer-card").all():
        expect(card.locator(".says")).to_be_in_viewport()
    charts = page.locator(".answer-card svg.small").all()
    assert len(charts) >= 3  # no token of these texts is in enough of them
    for chart in charts:
        expect(chart).to_be_in_viewport(ratio=1)
    strip, lines = box(page, ".strip"), box(page, ".map :is(svg.cells, .plot)")
    assert strip["y"] < 0.6 * height
    assert strip["y"] + strip["height"] < height
    assert lines["y"] < 0.6 * height
    assert lines["x"] > strip["x"] + strip["width"]


def letters(page, selector):
    """The size of the smallest letters, in pixels of the screen."""
    return min(
        page.locator(selector).evaluate_all(
            """texts => texts.map((text) => {
              const { a, b } = text.getScreenCTM?.() ?? { a: 1, b: 0 };  // names may be slanted
              return parseFloat(getComputedStyle(text).fontSize) * Math.hypot(a, b);
            })"""
        )
    )


def test_the_pictures_of_heads_stand_beside_the_map_on_the_first_screen(kept):
    kept.set_viewport_size({"width": 1280, "height": 800})
    visit(kept, "#text=1")
    kept.evaluate("scrollTo(0, 0)")
    whole = pointed_at(kept, 1).bounding_box()
    heads = kept.locator("#map-1 table.heads")
    expect(heads).to_be_in_viewport(ratio=1)
    pictures = heads.bounding_box()
    assert 360 <= whole["width"] <= 386
    assert whole["y"] <= pictures["y"] + 30 <= whole["y"] + 120
    assert pictures["x"] >= whole["x"] + whole["width"]
    assert pictures["x"] + pictures["width"] <= 1280 - 20
    for words in ("#map-1 .plot text", "#map-1 .key text", "#map-1 .heads th"):
        assert letters(kept, words) >= 9, words
    kept.set_viewport_size({"width": 400, "height": 860})
    whole = pointed_at(kept, 1).bounding_box()
    pictures = heads.bounding_box()
    assert pictures["y"] > whole["y"] + whole["height"]
    size = kept.locator("#map-1 td[role]").first.bounding_box()
    assert min(size["width"], size["height"]) >= 30
    for words in ("#map-1 .key text", "#map-1 .heads th"):
        assert letters(kept, words) >= 9, words


@pytest.mark.parametrize("width", [375, 1280])
def test_without_scripts_the_letters_of_a_map_are_large_enough(still_tab, url, width):
    still_tab.set_viewport_size({"width": width, "height": 860})
    still_tab.goto(url)
    still_tab.locator(".panel .as-lines > summary").first.click()
    assert letters(still_tab, "#map-1 svg.cells text") >= 9
    assert letters(still_tab, "#map-1 svg.lines text") >= 9


def test_on_a_phone_each_figure_of_the_table_stays_on_a_line(kept):
    kept.set_viewport_size({"width": 400, "height": 860})
    visit(kept, "#text=1")
    if kept.locator('[id="text=1"] .influence details:not(.tools) > summary').count():
        kept.locator('[id="text=1"] .influence details:not(.tools) > summary').click()
    lines = kept.locator('[id="text=1"] .influence td').evaluate_all(
        """cells => cells.map(cell => {
          const text = document.createRange();
          text.selectNodeContents(cell.lastChild);
          return [text.getClientRects().length, text.getBoundingClientRect().right];
        })"""
    )
    assert len(lines) >= 10
    assert all(count == 1 and right <= 400 for count, right in lines)


def test_the_bar_is_one_line_at_every_width(kept):
    visit(kept, "#text=1")
    for width in (1280, 1024, 800, 640, 400):
        kept.set_viewport_size({"width": width, "height": 800})
        assert kept.locator(".top").bounding_box()["height"] <= 46, width


def test_at_two_hundred_percent_the_bar_does_not_take_the_window(kept):
    kept.set_viewport_size({"width": 640, "height": 400})  # as a browser of 1280 x 800 sees it
    kept.locator('.answer-card[href="#sinks"]').click()
    expect(kept.locator("#sinks h2")).to_be_in_viewport(ratio=1)
    expect(kept.locator(".top")).not_to_be_in_viewport()


def test_answers_lead_to_sections_that_are_not_hidden_by_the_bar(kept):
    visit(kept, "#text=1")
    for section in ("predictions", "across", "sinks", "trust"):
        kept.locator(f'.answer-card[href="#{section}"]').click()
        heading = kept.locator(f"#{section} h2")
        expect(heading).to_be_in_viewport(ratio=1)
        bar = kept.locator(".top").bounding_box()
        assert heading.bounding_box()["y"] >= bar["y"] + bar["height"]


def test_the_text_stands_high_its_words_are_whole_and_markers_follow_it(kept):
    visit(kept, "#text=1")
    words = kept.locator("#strip-1 p .u")
    assert words.first.bounding_box()["y"] <= 340
    assert set(words.evaluate_all("all => all.map(unit => unit.getClientRects().length)")) == {1}
    markers = kept.locator("#strip-1 .markers .u.s")
    assert [own.split()[0] for own in markers.all_inner_texts()] == ["[CLS]", "[SEP]"]
    assert markers.first.bounding_box()["y"] > words.last.bounding_box()["y"]


def test_bars_stand_at_the_tokens_that_change_the_prediction(kept, results):
    visit(kept, "#text=1")
    effects = results.effects_of(0).set_index("position")["effect"].dropna()
    units = units_of(kept)
    spread = results.texts["prediction"].max() - results.texts["prediction"].min()
    top = max(effects.abs().max(), 0.05 * spread)
    for position, effect in effects.items():
        steps = round(14 * effect / top)
        classes = units[int(position)].get_attribute("class").split()
        bars = [name for name in classes if name[0] in "bn" and name[1:].isdigit()]
        expected = f"{'b' if steps > 0 else 'n'}{abs(steps)}"
        assert bars == ([expected] if abs(steps) >= 2 else [])


def test_search_is_there_in_both_tabs_and_shows_its_result_below_it(kept):
    visit(kept, "#text=1")
    kept.keyboard.press("/")
    field = kept.get_by_role("searchbox")
    expect(field).to_be_focused()
    expect(field).to_be_in_viewport(ratio=1)
    kept.keyboard.type("coffee")
    kept.wait_for_url("**#text=1&q=coffee")  # written after a while, when it would follow a test
    row = kept.locator("#list tbody tr").locator("visible=true").first
    expect(row).to_be_in_viewport()
    assert row.bounding_box()["y"] > field.bounding_box()["y"]


def test_the_whole_row_of_a_text_to_start_with_opens_it(watched, url):
    watched.goto(url)
    row = watched.locator("#notable ol > li").nth(1)
    number = row.locator("b").first.inner_text()
    area = row.bounding_box()
    watched.mouse.click(area["x"] + area["width"] - 4, area["y"] + area["height"] - 4)
    expect(watched.locator(".panel.open")).to_have_attribute("id", f"text={number}")
    expect(row.locator("[aria-current=true]")).to_have_count(1)
    show_all(watched)
    expect(watched.locator("#list [aria-current=true]")).to_have_count(1)


def test_the_page_does_not_move_while_it_loads(own_tab, url):
    page = own_tab
    page.set_viewport_size({"width": 1280, "height": 800})
    page.add_init_script(MOVES)
    # So that it is the pointer that starts plotly.
    page.add_init_script("window.requestIdleCallback = () => {}")
    page.goto(url)
    number = int(page.locator(".panel.open").get_attribute("id").removeprefix("text="))
    expect(page.locator(f"#map-{number} .heads canvas").first).to_be_attached()
    assert not page.evaluate("'Plotly' in window")
    # The drawn map takes the place of the static one, in the same size and at the same place.
    still = page.evaluate(PLACES, f"#map-{number} .static svg.cells")
    fold = page.locator(f"#map-{number} .as-lines")
    fold.evaluate("fold => { fold.open = true; }")
    still_lines = page.evaluate(PLACES, f"#map-{number} .static svg.lines")
    fold.evaluate("fold => { fold.open = false; }")
    page.locator(f"#map-{number} .static svg.cells").hover()
    drawn(page, number)
    page.wait_for_timeout(300)
    live = page.evaluate(PLACES, f"#map-{number} .plot")
    assert live == pytest.approx(still, abs=1.5)
    assert page.evaluate("window.moved") < MOST_MOVED
    fold.locator("> summary").click()
    page.locator(f"#map-{number} .as-lines.drawn").wait_for()
    lines = page.evaluate(PLACES, f"#map-{number} .line-plot")
    assert lines == pytest.approx(still_lines, abs=1.5)
    fold.locator("> summary").click()
    # The first jump to a text moves nothing but what it asks for. It shows the static map until
    # there is time to draw.
    page.evaluate(
        """() => {
          window.moved = 0;
          window.requestIdleCallback = (draw) => {
            window.draw = draw;
            document.body.dataset.waits = "";
          };
        }"""
    )
    other = number % len(TEXTS) + 1
    page.evaluate(f"location.hash = '#text={other}'")
    expect(page.locator(f"#map-{other} .static svg.cells")).to_be_visible()
    page.locator("body[data-waits]").wait_for(state="attached")
    assert not page.locator(f"#map-{other}.drawn").count()
    page.evaluate("window.draw()")
    drawn(page, other)
    page.wait_for_timeout(300)
    assert page.evaluate("window.moved") < MOST_MOVED


def test_on_a_phone_nothing_moves_when_the_map_is_reached(own_tab, url):
    page = own_tab
    page.set_viewport_size({"width": 400, "height": 860})
    page.add_init_script(MOVES)
    page.goto(url)
    figure = page.locator(".panel.open figure.map")
    expect(figure.locator(":scope > .live .controls").first).to_be_attached()
    page.evaluate("window.moved = 0")
    figure.evaluate("(figure) => figure.scrollIntoView()")
    pointed_at(page, int(figure.get_attribute("data-text")))
    page.wait_for_timeout(300)
    assert page.evaluate("window.moved") < MOST_MOVED


@pytest.mark.parametrize("width", [400, 1280])
def test_a_list_below_the_texts_is_not_shown_before_they_arrive(still_tab, page_file, width):
    """Of a page that breaks off before its texts, as one that still arrives, and of the whole."""
    whole = page_file.read_text("utf-8")
    part = page_file.with_name("part.html")
    part.write_text(whole[: whole.index("<article")], "utf-8")
    still_tab.set_viewport_size({"width": width, "height": 860})
    shown = []
    for file in (part, page_file):
        still_tab.goto(file.as_uri())
        shown.append(still_tab.locator("#notable").is_visible())
    assert shown == [width == 1280, True]


def test_a_page_of_a_long_text_does_not_move_while_it_loads(own_tab, tmp_path):
    results = make_results(tmp_path, ("abcd " * 150, *HEADLINES), sink=0.4, evidence="basic")
    page = rendered(results, tmp_path).as_uri()
    own_tab.add_init_script(MOVES)
    for width in (400, 1280):
        own_tab.goto("about:blank")
        own_tab.set_viewport_size({"width": width, "height": 860})
        own_tab.goto(f"{page}#text=1")
        expect(own_tab.locator("#map-1 > .live .controls").first).to_be_attached()
        if width == 1280:  # on a phone the map is far below
            pointed_at(own_tab, 1)
        own_tab.wait_for_timeout(300)
        assert own_tab.evaluate("window.moved") < MOST_MOVED, width
