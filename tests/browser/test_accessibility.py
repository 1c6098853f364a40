"""axe-core finds nothing, in the page and in every state reached by keyboard, light and dark."""

from itertools import pairwise, product

import pytest
from axe import COLOURS, found, found_in_both, leave_one_text
from exploring import colour_by
from helpers.made_up.factories import HEADLINES, make_results
from opening import drawn, placed, rendered, show_all, written
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

UNUSUAL = 5  # as many texts follow the first: cut off, failed, long, empty, from right to left
ARABIC = "مرحبا بكم في المتجر"
# Of the steps of the highlight and the paper behind them.
LEAST_CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext(
    "2d", { willReadFrequently: true });
  const rgb = (...layers) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const layer of layers) { canvas.fillStyle = layer; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (c) => c.map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const unit = document.querySelector("#strip-1 .u:not(.s)");
  const paper = getComputedStyle(document.body).backgroundColor;
  const out = [];
  for (const minus of ["", " m"]) {
    for (let step = 0; step <= 15; step++) {
      unit.className = `u h${step}${minus}`;
      const style = getComputedStyle(unit);
      out.push(ratio(light(rgb(style.color)), light(rgb(paper, style.backgroundColor))));
    }
  }
  return Math.min(...out);
}"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    texts = (*HEADLINES[:3], "long " * 12, "", ARABIC)
    labels = (0.5, 1.5, 2.0, 2.5, 1.0, 2.0)
    made = make_results(
        tmp_path_factory.mktemp("results"),
        texts,
        n_layers=2,
        n_heads=3,
        sink=0.4,
        labels=labels,
        truncated=(1,),
        failed=(2,),
        evidence="full",
    )
    made.texts["group"] = ["a", "b", "a", None, "a", "b"]
    return made


@pytest.fixture(scope="module")
def page_file(results, tmp_path_factory):
    return rendered(results, tmp_path_factory.mktemp("page"))


@pytest.fixture
def japanese(results, tmp_path):
    return written(results, tmp_path, lang="ja")


def test_faults_are_found_also_in_a_text_that_pales_among_others_that_look_the_same(watched, url):
    watched.goto(url)
    leave_one_text(watched)
    assert found(watched, "main", COLOURS) == []
    pale = "one => { one.id = 'pale'; one.style.color = '#bbb'; }"
    watched.locator("main p:visible").nth(2).evaluate(pale)
    bare = "h2 => h2.after(Object.assign(document.createElement('button'), { id: 'bare' }))"
    watched.locator("h2").first.evaluate(bare)
    faults = sorted(fault[:2] for fault in found(watched, "main"))
    assert faults == [["button-name", "#bare"], ["color-contrast", "#pale"]]


def test_axe_finds_nothing_in_the_page_at_both_widths_and_in_both_themes(watched, url):
    watched.emulate_media(color_scheme="light")
    watched.goto(f"{url}#text=1")
    watched.locator("#map-1").scroll_into_view_if_needed()
    drawn(watched, 1)
    require_landmarks_headings_and_figures(watched)
    leave_one_text(watched)
    assert found(watched) == []
    show_all(watched)
    assert found(watched, ".listed") == []
    watched.set_viewport_size({"width": 400, "height": 900})
    watched.emulate_media(color_scheme="dark")
    assert found(watched) == []


def require_landmarks_headings_and_figures(page):
    for role in ("banner", "main", "navigation", "search"):
        assert page.get_by_role(role).count() >= 1, role
    levels = page.evaluate(
        """[...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
             .filter((h) => h.checkVisibility()).map((h) => Number(h.tagName[1]))"""
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    figures = page.locator("svg.fig, .plot.js-plotly-plot").filter(visible=True)
    names = "figures => figures.map((one) => [one.getAttribute('role'), one.ariaLabel])"
    told = figures.evaluate_all(names)
    assert len(told) > 3
    for role, label in told:
        assert role == "img"
        assert len(label) > 40


def test_axe_finds_nothing_without_scripts(watched, tmp_path):
    """In a page of a text, one that was cut, one that failed and an empty one: all are open."""
    made = make_results(
        tmp_path, (*HEADLINES[:3], ""), sink=0.4, truncated=(1,), failed=(2,), evidence="full"
    )
    document = rendered(made, tmp_path).read_text("utf-8")
    assert document.count('<script type="module">') == 1
    static = tmp_path / "static.html"  # axe itself is a script, so they cannot be switched off
    static.write_text(document.replace('<script type="module">', '<script type="text/plain">'))
    watched.emulate_media(color_scheme="light")
    watched.goto(placed(static))
    expect(watched.locator("html.js")).to_have_count(0)
    assert found_in_both(watched) == []


def test_axe_finds_nothing_in_japanese(watched, japanese):
    watched.goto(f"{japanese}#text=1")
    drawn(watched, 1)
    watched.keyboard.press("?")
    leave_one_text(watched)
    assert found(watched) == []


def test_axe_finds_nothing_in_any_state_reached_by_keyboard(watched, url):
    watched.set_viewport_size({"width": 1100, "height": 900})  # the list has columns
    watched.emulate_media(color_scheme="light")
    watched.goto(f"{url}#text=1")
    drawn(watched, 1)
    press = watched.keyboard.press
    states = {}

    def look(name, part, find=found):
        states[name] = find(watched, part)

    press("?")
    expect(watched.get_by_role("dialog")).to_be_visible()
    look("help", "#help", found_in_both)
    press("Escape")
    press("/")
    watched.keyboard.type("nothing like it")
    look("no text matches", ".listed")
    press("Control+a")
    watched.keyboard.type("a")
    watched.locator("#list").get_by_role("columnheader", name="Error").get_by_role("button").focus()
    press("Enter")
    watched.locator("#list + .tools > summary").focus()
    press("Enter")
    watched.locator("#list + .tools button").last.focus()
    press("Enter")
    look("searched, sorted and saved", ".listed")
    watched.get_by_role("button", name="Reset").focus()
    press("Enter")
    watched.locator("#list a").first.focus()
    press("Enter")
    drawn(watched, 1)
    watched.locator("#strip-1 .u").first.focus()
    press("ArrowRight")
    press("Enter")
    expect(watched.locator("#strip-1 [aria-pressed=true]")).to_have_count(1)
    look("a token is chosen", ".panel.open")
    press("Escape")  # the tooltip, then the token
    press("Escape")
    colour_by(watched, 1, "effect")
    press("Escape")
    for summary in watched.locator(".panel.open summary").all():
        summary.focus()
        press("Enter")
    look("another measure, and the tables unfolded", ".panel.open")
    for number in range(2, 2 + UNUSUAL):
        watched.locator("h2").first.evaluate("h => document.activeElement.blur()")
        press("]")
        expect(watched.locator(".panel.open h3")).to_have_text(f"Text {number}")
    # Each was opened, and all are judged at once, where only regions may have the same names.
    watched.evaluate("document.querySelectorAll('.panel').forEach((e) => e.classList.add('open'))")
    expect(watched.locator(".panel.open").filter(visible=True)).to_have_count(1 + UNUSUAL)
    look("each text", "#panels")
    states["each text"] = [one for one in states["each text"] if one[0] != "landmark-unique"]
    press("d")
    states["the other theme"] = found(watched, rules=COLOURS)
    assert {name: faults for name, faults in states.items() if faults} == {}


def test_every_step_of_the_highlight_keeps_a_contrast_of_4_5(watched, url):
    """By the formula of WCAG, on the colours as they are drawn."""
    watched.goto(f"{url}#text=1")
    for measure, scheme in product(("received_norm_all", "gradient", "effect"), ("light", "dark")):
        colour_by(watched, 1, measure)
        watched.emulate_media(color_scheme=scheme)
        least = watched.evaluate(LEAST_CONTRAST)
        assert 4.5 <= least < 21, (measure, scheme)
