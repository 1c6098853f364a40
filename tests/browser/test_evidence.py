"""Evidence in a real Chromium: the choice of a measure, its colours, the page without scripts."""

import re

import numpy as np
import pytest
from exploring import PLACES, cell, colour_by, maps_of, units_of
from helpers.cases import some_of
from helpers.made_up.factories import HEADLINES, changed, make_results
from helpers.plain.plain_multiples import plain_even, plain_multiples, plain_step
from opening import HOSTILE, drawn, rendered, turn_page, visit, written
from playwright.sync_api import expect

from reportgen.findings import Findings

pytestmark = pytest.mark.browser

HUES = """units => units.map(unit => {
  const parts = getComputedStyle(unit).backgroundColor.match(/[\\d.e-]+/g).map(Number);
  const [red, green, blue, alpha = 1] = parts;
  const warm = green < blue ? "pink" : "orange", cold = green > .85 * blue ? "teal" : "blue";
  return { hue: alpha === 0 ? "none" : red > blue ? warm : cold, alpha };
})"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return make_results(
        tmp_path_factory.mktemp("results"), HEADLINES, n_layers=3, sink=0.4, evidence="full"
    )


@pytest.fixture(scope="module")
def page_file(results, tmp_path_factory):
    return rendered(results, tmp_path_factory.mktemp("page"), colour="received_norm_all")


def chooser(page, number=1):
    """The button that is down."""
    return page.locator(f"#colours-{number} input:checked")


def column(results, name, text=0):
    tokens = results.tokens_of(text)
    table = tokens if name in tokens else results.effects_of(text)
    return table[name].to_numpy(float)


def in_order(page, number, expression):
    """What an expression says of the units of a text, in their order."""
    strip = page.locator(f"#strip-{number}")
    told = strip.locator(".u").evaluate_all(expression)
    return [told[place] for place in strip.evaluate(PLACES)]


def content_of(results, text=0):
    return ~results.tokens_of(text)["is_special"].to_numpy(bool)


def test_the_row_that_is_read_is_framed_in_every_layer_and_named_for_what_it_is(kept):
    visit(kept, "#text=1")
    key = kept.locator("#map-1 .rows")
    frames = "plot => plot.layout.shapes.filter(shape => shape.name === 'reads').map(s => s.y0)"
    assert drawn(kept, 1).evaluate(frames) == [-0.47]
    expect(key).to_have_text("the prediction is read from this row alone")
    for other in ("layer=2&head=mean", "layer=all&head=mean"):
        visit(kept, f"#text=1&{other}")
        expect(key).to_have_text("the row of the token that the prediction is read from")
        assert drawn(kept, 1).evaluate(frames) == [-0.47]
    visit(kept, "#text=1&layer=3&head=2")
    expect(key).to_have_text("the prediction is read from this row alone")


def require_colours_of(page, results, layer, head):
    """The text has the colours and the shares of the [CLS] row of a head."""
    weights = maps_of(results, 0)[layer - 1, head - 1]
    content = content_of(results)
    times = plain_multiples(weights, plain_even(range(len(weights)), is_causal=False), content)[0]
    units = in_order(page, 1, "units => units.map(unit => [unit.className, unit.dataset.value])")
    for (name, value), is_content, share, multiple in zip(
        units, content, weights[0], times, strict=True
    ):
        step = re.search(r"\bh(\d+)", name)
        assert (step and int(step[1])) == (plain_step(multiple) if is_content else None)
        shown = float(value.removeprefix("≈ ").removesuffix("\u00a0%"))
        assert shown == pytest.approx(100 * share, rel=0.06, abs=0.0006)
    best = max(times[content])
    token = results.tokens_of(0)["token"].tolist()[times.tolist().index(best)]
    look = page.locator("#text\\=1 .without .look").locator("..")
    expect(look).to_have_text(
        re.compile(rf" Looked at most: “{re.escape(token)}[^”]*” {best:.1f}×")
    )
    expect(look).to_have_attribute("aria-live", "polite")
    row = f"where [CLS] looks, layer {layer}, head {head}"
    said = f"Colour: {row}, per token; 1× is the average."
    expect(page.locator("#legend-1")).to_have_text(said)


def test_a_head_that_is_kept_colours_the_text_until_its_chip_is_pressed(kept, results):
    visit(kept, "#text=1")
    drawn(kept, 1)
    look = kept.locator("#text\\=1 .without .look").locator("..")
    legend, chip = kept.locator("#legend-1"), kept.locator("#colours-1 .looking-at")
    at_first = (hues(kept), read_back(kept), look.inner_text(), legend.inner_text())
    cell(kept, 1, 1, 2, 3, 2).hover()
    expect(kept.locator("#map-1 b.live")).to_have_text("Layer 1, head 2")
    assert hues(kept) == at_first[0]  # what is only pointed at does not colour it
    expect(chip).to_be_hidden()
    cell(kept, 1, 1, 2, 3, 2).click()
    expect(chip).to_have_text("Colours now: layer 1, head 2 ×")
    require_colours_of(kept, results, 1, 2)
    expect(chooser(kept)).to_have_count(0)
    units_of(kept)[2].hover()
    tip = kept.locator("#tip span")
    shares = [f"{100 * maps_of(results, 0)[0, 1][0, 2]:.2g}"[:3]]
    expect(tip).to_have_text(
        [
            re.compile(f"^where .CLS. looks, layer 1, head 2 ≈ {shares[0]}"),
            re.compile("^effect on the prediction"),
        ]
    )
    kept.keyboard.press("Escape")
    chip.focus()
    kept.keyboard.press("Enter")
    expect(chip).to_be_hidden()
    expect(kept.locator("#colours-1 summary")).to_be_focused()
    assert kept.url.endswith("#text=1&layer=3&head=mean")
    assert (hues(kept), read_back(kept), look.inner_text(), legend.inner_text()) == at_first


def test_a_chosen_colouring_comes_before_a_kept_head_and_a_kept_head_ends_it(kept, results):
    visit(kept, "#text=1&layer=2&head=1&measure=gradient")
    drawn(kept, 1)
    expect(chooser(kept)).to_have_value("gradient")
    visit(kept, "#text=1&layer=2&head=1")
    require_colours_of(kept, results, 2, 1)
    colour_by(kept, 1, "received_norm_all")  # its own, while the map stays
    assert kept.url.endswith("layer=2&head=1&measure=received_norm_all")
    expect(kept.locator("#legend-1")).to_contain_text("attention × value")
    cell(kept, 1, 2, 1, 3, 2).click()
    require_colours_of(kept, results, 2, 1)
    kept.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(kept.locator("#legend-1")).to_contain_text("attention × value")  # as the map on paper
    kept.evaluate("dispatchEvent(new Event('afterprint'))")
    require_colours_of(kept, results, 2, 1)


def read_back(page, number=1):
    """The values of the strip as they are printed; None where there is none."""
    shown = in_order(page, number, "units => units.map(u => u.dataset.value ?? u.title)")
    return [None if s == "–" else float(s.rstrip(" %").replace("−", "-")) for s in shown]


def hues(page, number=1):
    return in_order(page, number, HUES)


@pytest.mark.parametrize(
    ("measure", "name", "factor", "within"),
    [
        ("received_norm_all", "attention × value, all layers", 100, 0.051),
        ("received_all", "attention received, all layers", 100, 0.051),
        ("cls_row_last", "[CLS] row, last layer", 100, 0.051),
        ("effect", "effect", 1, 0.00051),
        ("gradient", "gradient size", 1, 0.00051),
        ("ig", "integrated gradients", 1, 0.00051),
    ],
)
def test_a_measure_is_chosen_and_its_values_are_those_of_the_results(
    kept, results, measure, name, factor, within
):
    visit(kept, "#text=1")
    kept.locator("#strip-1").scroll_into_view_if_needed()
    colour_by(kept, 1, measure)
    button = kept.locator("#colours-1 label").filter(has=kept.locator("input:checked"))
    agreement = Findings(results).agreement_by_size.get(measure)
    said = "" if agreement is None else f"{agreement.estimate.mean:.2f}".replace("-", "−")
    assert button.locator("small").all_text_contents() == ([said] if said else [])
    button.hover()
    expect(kept.locator("#tip bdi")).to_have_text(name)
    expect(kept.locator("#legend-1")).not_to_have_text("")
    shown, values = read_back(kept), factor * column(results, measure)
    for text, value, is_content in zip(shown, values, content_of(results), strict=True):
        if text is None:
            assert not is_content
        else:
            assert text == pytest.approx(value, abs=within)
    strongest = np.where(content_of(results), np.abs(values), -1).argmax()
    drawn_colours = [unit["alpha"] for unit in hues(kept)]
    assert drawn_colours[strongest] == max(drawn_colours) > 0.4
    assert f"#text=1&layer=3&head=mean&measure={measure}" in kept.url or (
        measure == "received_norm_all" and "measure" not in kept.url
    )


def test_a_chosen_measure_colours_every_text_and_comes_back_with_the_address(
    kept, watched, results
):
    visit(kept, "#text=1")
    first = hues(kept)
    colour_by(kept, 1, "effect")
    expect(kept.locator("#legend-1")).to_contain_text("Red tokens raise the prediction")
    assert hues(kept) != first
    watched.goto(kept.url)
    expect(chooser(watched)).to_have_value("effect")
    expect(watched.locator("#legend-1")).to_contain_text("Red tokens raise the prediction")
    turn_page(watched)
    expect(chooser(watched, 2)).to_have_value("effect")
    assert read_back(watched, 2)[3] == pytest.approx(column(results, "effect", 1)[3], abs=6e-4)
    colour_by(watched, 2, "received_norm_all")
    assert watched.url.endswith("#text=2&layer=3&head=mean")
    watched.go_back()
    expect(chooser(watched, 2)).to_have_value("effect")


def test_one_tooltip_says_what_is_known_of_a_token(kept, results):
    visit(kept, "#text=1&measure=gradient")
    drawn(kept, 1)
    tip, unit = kept.locator("#tip"), units_of(kept)[3]
    row = results.by_layer(results.token_table(0)["cls_row_layers"])[:, -1]  # that alone is read
    effect, size = (column(results, name)[3] for name in ("effect", "gradient"))
    told = [
        f"gradient size {size:.3f}".rstrip("0"),
        f"[CLS] row {100 * row[3]:.1f}\u00a0%",
        f"effect on the prediction {effect:+.3f}".replace("-", "−"),
    ]

    def said():
        return [line.strip() for line in tip.locator("span").all_inner_texts()]

    unit.hover()
    expect(tip).to_be_visible()
    assert [line.split()[:2] for line in said()] == [line.split()[:2] for line in told]
    assert said()[1:] == told[1:]
    assert unit.get_attribute("title") is None
    area = tip.bounding_box()  # stays while the pointer is on it
    kept.mouse.move(area["x"] + 9, area["y"] + area["height"] - 3)
    kept.wait_for_timeout(300)
    expect(tip).to_be_visible()
    kept.mouse.move(2, 2)
    expect(tip).to_be_hidden()
    unit.focus()
    expect(tip).to_be_visible()
    expect(unit).to_have_attribute("aria-describedby", "tip")
    kept.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    influence = kept.locator('[id="text=1"] .influence')
    influence.locator("details:not(.tools) > summary").click()  # "As a table"
    for one in (influence.locator("circle[data-u]").last, influence.locator("tbody tr").first):
        one.hover()
        name = results.tokens_of(0)["token"].iloc[int(one.get_attribute("data-u"))].strip()
        expect(tip.locator("bdi")).to_contain_text(name)


def test_figures_on_the_buttons_are_said_to_be_of_all_texts(kept):
    visit(kept, "#text=1")
    kept.locator("#colours-1 details").evaluate("menu => { menu.open = true; }")
    choice = kept.locator("#colours-1 .choice")
    expect(choice.locator(".name")).to_have_text(
        "Colour by (agreement with effects over all texts)"
    )
    expect(choice.get_by_role("link", name="agreement")).to_have_attribute(
        "href", "#term-agreement"
    )
    found = choice.locator("input").evaluate_all("all => all.map(input => input.ariaLabel)")
    figures = choice.locator("label").all_inner_texts()
    said = "(agreement with what changes the prediction, over all texts)"
    assert found == [  # changes themselves have no figure
        f"{' '.join(figure.split())} {said}" if figure[-1].isdigit() else None for figure in figures
    ]
    # The figure of the colours shown first is that of the answer above.
    fourth = kept.locator('.answer-card[href="#trust"]')
    shown = fourth.locator("svg text[font-weight]").all_text_contents()
    assert " ".join(shown) == " ".join(figures[0].split())


def test_a_measure_is_chosen_with_the_keyboard_alone(kept):
    visit(kept, "#text=1")
    expect(chooser(kept)).to_have_value("received_norm_all")
    kept.locator("#colours-1 summary").press("Enter")
    chooser(kept).focus()
    for _ in range(20):
        kept.keyboard.press("ArrowDown")
        if chooser(kept).input_value() == "effect":
            break
    expect(chooser(kept)).to_have_value("effect")
    expect(kept.locator("#legend-1")).to_contain_text("falls when the token is left out")
    assert kept.url.endswith("&measure=effect")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sign_has_a_colour_and_is_marked_without_it(kept, results, scheme):
    kept.emulate_media(color_scheme=scheme)
    visit(kept, "#text=1&measure=effect")
    expect(kept.locator("#legend-1")).to_contain_text("Red tokens raise the prediction")
    values = column(results, "effect")
    steps = np.round(15 * values / np.nanmax(np.abs(values)))
    lines = "units => units.map(u => getComputedStyle(u).textDecorationLine === 'underline')"
    underlined = in_order(kept, 1, lines)
    right = {-1.0: "blue", 1.0: "pink", 0.0: "none"}
    for unit, line, step in zip(hues(kept), underlined, steps, strict=True):
        sign = 0.0 if np.isnan(step) else float(np.sign(step))
        assert unit["hue"] == right[sign]
        assert line is (sign < 0)
    key = kept.locator('[id="text=1"] .without i').evaluate_all(HUES)
    assert [mark["hue"] for mark in key] == ["orange", "pink", "blue"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_orange_is_attention_alone(kept, scheme):
    kept.emulate_media(color_scheme=scheme)
    visit(kept, "#text=1&measure=gradient")
    expect(kept.locator("#legend-1")).to_contain_text("Colour: gradient size")
    assert {unit["hue"] for unit in hues(kept)} == {"teal", "none"}
    colour_by(kept, 1, "cls_row_last")
    assert {unit["hue"] for unit in hues(kept)} == {"orange", "none"}
    colour_by(kept, 1, "gradient")
    assert {unit["hue"] for unit in hues(kept)} == {"teal", "none"}
    units_of(kept)[2].click()
    expect(kept.locator("#strip-1")).not_to_have_class(re.compile("size"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_mark_of_a_group_has_the_ink_of_its_unit_on_the_strongest_colours(kept, scheme):
    kept.emulate_media(color_scheme=scheme)
    visit(kept, "#text=1")
    inks = kept.locator("#strip-1 .u").first.evaluate(
        """unit => {
          unit.append(Object.assign(document.createElement("i"), { className: "tag" }));
          return [12, 15].map((step) => {
            unit.className = `u h${step}`;
            return [unit, unit.lastChild].map((part) => getComputedStyle(part).color);
          });
        }"""
    )
    assert all(unit == mark for unit, mark in inks)
    assert (inks[0] == inks[1]) == (scheme == "dark")  # in light the ink turns later


def test_forced_colours_keep_what_colours_say(kept):
    kept.emulate_media(forced_colors="active")
    visit(kept, "#text=1")
    drawn(kept, 1)
    assert {unit["hue"] for unit in hues(kept)} >= {"orange"}
    visit(kept, "#text=1&measure=gradient")
    expect(kept.locator("#strip-1")).to_have_class(re.compile("size"))
    assert {unit["hue"] for unit in hues(kept)} >= {"teal"}
    picked = kept.locator("#map-1 .heads td.picked")
    others = kept.locator("#map-1 .heads td[role]:not(.picked)")
    line = "cell => getComputedStyle(cell).outlineStyle"
    assert (picked.evaluate(line), others.first.evaluate(line)) == ("solid", "none")


def test_choosing_a_token_and_letting_go_comes_back_to_the_measure(kept):
    visit(kept, "#text=1&measure=effect")
    drawn(kept, 1)
    before = read_back(kept)
    units_of(kept)[2].click()
    expect(kept.locator("#legend-1")).to_contain_text("Colour: where")
    kept.keyboard.press("Escape")
    expect(kept.locator("#legend-1")).to_contain_text("Red tokens raise the prediction")
    assert read_back(kept) == before


def test_a_measure_that_is_not_there_is_put_right(kept, url):
    visit(kept, "#text=1&layer=2&head=1&measure=magic")
    kept.wait_for_url(f"{url}#text=1&layer=2&head=1")
    expect(kept.locator("#legend-1")).to_contain_text("layer 2, head 1")  # as without one


def test_with_scripts_off_every_figure_of_the_evidence_is_there(still_tab, url):
    page = still_tab
    page.goto(url)
    for fold in page.locator("details.behind > summary").all():
        fold.click()
    expect(page.locator(".sink svg.shares")).to_have_count(2)
    page.locator("#trust > details:not(.behind) > summary").click()
    for figure in page.locator(".sink svg.shares").all():
        expect(figure).to_be_visible()
    assert page.locator(".sink svg.track").count() == 2 * (2 + 1)  # the tests and their scale
    bars = page.locator("#trust svg.track")
    assert bars.count() > 10
    for figure in (*page.locator(".sink svg.track").all(), *bars.all()):
        expect(figure).to_be_visible()
    for number in range(1, len(HEADLINES) + 1):
        panel = page.locator(f"[id='text={number}']")
        panel.scroll_into_view_if_needed()
        expect(panel.locator(".influence svg.used")).to_be_visible()
        panel.locator(".influence summary").click()
        expect(panel.locator(".influence table")).to_be_visible()
        expect(panel.locator(".colours")).to_contain_text("attention × value, all layers")
        panel.locator("summary").last.click()
        names = panel.locator("details table.numbers thead th").all_text_contents()
        assert {"effect", "gradient size", "integrated gradients", "[MASK] effect"} <= {*names}


def test_hostile_texts_are_plain_text_in_the_map_the_answer_and_every_measure(watched, tmp_path):
    made = make_results(tmp_path, HOSTILE, n_layers=1, n_heads=1, evidence="full")
    watched.goto(f"{written(made, tmp_path, title=HOSTILE[0])}#text=1&measure=ig&token=1")
    names = drawn(watched, 1).locator(".xtick text").all_text_contents()
    assert names == made.tokens_of(0)["token"].tolist()
    expect(watched.locator("#strip-1 ~ .answer")).to_contain_text("sends")
    expect(watched.locator("#map-1 .detail h4")).to_be_visible()
    watched.locator("#map-1 .nsewdrag").first.hover()
    watched.keyboard.press("Escape")
    watched.keyboard.press("Escape")
    assert watched.locator("figure a[href]:not(.term), figure s").count() == 0
    for number in (1, 2, 3):
        if number > 1:
            turn_page(watched)
        for measure in ("effect", "gradient", "cls_row_last", "ig"):
            colour_by(watched, number, measure)
            expect(chooser(watched, number)).to_have_value(measure)
    assert watched.evaluate("window.bad") is None
    assert watched.locator(".panel img").count() == 0
    for fold in watched.locator(".influence summary").all():
        fold.evaluate("summary => { summary.parentElement.open = true; }")
    chips = watched.locator(".influence th .chip")  # no bars, which have a colour and a height
    assert set(chips.evaluate_all("all => all.map(e => getComputedStyle(e).display)")) == {"inline"}


@pytest.fixture(scope="module")
def partial_page(tmp_path_factory):
    """A measure is withheld, and the first text has no evidence at all."""
    folder = tmp_path_factory.mktemp("partial")
    made = make_results(folder, HEADLINES, evidence="basic", withheld={"gradient": "no_gradient"})
    return rendered(changed(made, evidence=made.evidence[made.evidence["text"] > 0]), folder)


def test_a_text_without_evidence_shows_the_first_measure(keep, partial_page):
    kept = keep(partial_page)
    visit(kept, "#text=1&measure=effect")
    expect(chooser(kept)).to_have_value("cls_row_last")
    expect(kept.locator("[id='text=1'] .influence thead th")).to_have_count(2)  # no change
    turn_page(kept)
    expect(chooser(kept, 2)).to_have_value("effect")


def test_what_is_withheld_is_named_at_the_choice_and_leads_to_the_reason(keep, partial_page):
    kept = keep(partial_page)
    visit(kept, "#text=2")
    expect(kept.locator("#colours-2")).to_contain_text("Not available: gradient size (why)")
    expect(kept.locator("#colours-2 summary")).to_be_visible()
    expect(kept.locator("#withheld")).to_be_hidden()  # folded behind the answer
    kept.locator("#colours-2").get_by_role("link", name="why").click()
    expect(kept.locator("#withheld")).to_be_in_viewport()
    expect(kept.locator("#sinks .behind")).not_to_have_attribute("open", "")
    expect(kept.locator("#withheld + ul")).to_contain_text("gradient size:")


@pytest.mark.parametrize("lang", some_of(["en", "ja"], "ja"))
def test_evidence_never_scrolls_the_page_sideways_nor_cuts_a_table(
    keep, page_file, results, tmp_path, lang
):
    tab = keep(page_file if lang == "en" else rendered(results, tmp_path, lang=lang))
    for width in (400, 770, 900, 1280):
        tab.set_viewport_size({"width": width, "height": 800})
        assert tab.evaluate("document.documentElement.scrollWidth") == width
        boxes = tab.locator(".sink .scroll, #trust .scroll").evaluate_all(
            "boxes => boxes.map(box => [box.scrollWidth, box.clientWidth])"
        )
        assert boxes
        for inside, room in boxes:
            assert inside <= room
