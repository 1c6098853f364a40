"""The grid of heads with scripts on: its figures are the results', and it selects."""

import numpy as np
import pytest
from exploring import (
    HEADS,
    LAYERS,
    cell,
    heads_table,
    lines,
    maps_of,
    pick,
    place_of,
    places_of,
    plots,
    same,
    units_of,
)
from helpers.made_up.factories import HEADLINES, make_results
from helpers.plain.plain_multiples import plain_even, plain_multiples, plain_step
from opening import drawn, visit, written
from playwright.sync_api import expect

from reportgen.report.charts import SCALE_LIGHT, SCALE_PLACES

pytestmark = pytest.mark.browser


def test_the_grid_shows_every_heads_figures_and_their_means(kept, results):
    visit(kept, "#text=1")
    drawn(kept, 1)
    kept.locator("#map-1").get_by_text("More options").click()
    choice = kept.locator("#map-1").get_by_role("combobox", name="Show heads by")
    for name, column, factor, digits in (
        ("special-token share", "special_share", 100, 0),
        ("entropy", "entropy", 100, 0),
        ("distance", "distance", 1, 1),
    ):
        choice.select_option(label=name)
        values = heads_table(results, 0, column).astype(float) * factor
        by_layer = np.c_[values.mean(1), values]
        expected = np.vstack([by_layer, by_layer.mean(0)]).T  # the mean first, all layers last
        rows = kept.locator("#map-1 .heads tbody tr")
        shown = [rows.nth(i).locator("td").all_text_contents() for i in range(HEADS + 1)]
        assert np.abs(np.array(shown, float) - expected).max() <= 0.5 * 10**-digits + 1e-6
    assert "grid=distance" in kept.url
    choice.select_option(label="head class")
    letters = {"vertical": "V", "heterogeneous": "H"}
    for layer, row in enumerate(heads_table(results, 0, "head_class"), 1):
        for head, name in enumerate(row, 1):
            found = cell(kept, 1, layer, head, LAYERS, HEADS)
            expect(found).to_have_text(letters[name])
            expect(found).to_have_attribute("aria-label", f"Layer {layer}, head {head}: {name}")
    choice.select_option(label="picture")  # which is painted again
    last = cell(kept, 1, LAYERS, HEADS, LAYERS, HEADS).locator("canvas")
    expect(last).not_to_have_js_property("width", 1)
    expect(cell(kept, 1, "all", "mean", LAYERS, HEADS)).to_be_hidden()  # it is chosen by name


def colour_of(place: float) -> np.ndarray:
    """The colour of the light scale at a place from 0 to 1."""
    stops = [[int(stop[i : i + 2], 16) for i in (1, 3, 5)] for stop in SCALE_LIGHT]
    return np.array([np.interp(place, SCALE_PLACES, part) for part in zip(*stops, strict=True)])


def pixels_of(picture, side):
    """`[row, column]`, red, green, blue and opacity of each."""
    found = picture.evaluate(
        "one => Array.from(one.getContext('2d').getImageData(0, 0, one.width, one.height).data)"
    )
    return np.array(found).reshape(side, side, 4)


def test_each_head_is_a_small_picture_of_its_map(kept, results):
    visit(kept, "#text=1")
    drawn(kept, 1)
    maps = maps_of(results, 0)
    for layer, head, expected in ((1, 2, maps[0, 1]), (3, "mean", maps[2].mean(0))):
        picture = cell(kept, 1, layer, head, LAYERS, HEADS).locator("canvas")
        expect(picture).not_to_have_js_property("width", 1)
        side = len(expected)
        pixels = pixels_of(picture, side)
        places = places_of(expected)
        for q in range(side):
            for k in range(side):
                step = round(255 * places[q, k]) / 255
                assert np.abs(pixels[q, k, :3] - colour_of(step)).max() <= 3
    said = cell(kept, 1, 3, 2, LAYERS, HEADS).get_attribute("aria-label")
    for column, name in (("special_share", "special-token share"), ("entropy", "entropy")):
        value = 100 * heads_table(results, 0, column)[2, 1]
        assert f"{name} {value:.1f}\u00a0%" in said


def test_a_cell_says_where_it_is_and_its_figure(kept, results):
    visit(kept, "#text=1&grid=special")
    drawn(kept, 1)
    share = 100 * heads_table(results, 0, "special_share")[2, 1]
    said = cell(kept, 1, 3, 2, LAYERS, HEADS).get_attribute("aria-label")
    assert said == f"Layer 3, head 2: special share {share:.1f}\u00a0%"
    assert kept.locator("#map-1 [role=grid]").get_attribute("aria-multiselectable") == "true"


def test_heads_are_chosen_and_added_with_the_keyboard_alone(kept, results):
    visit(kept, "#text=1")
    drawn(kept, 1)
    assert kept.locator("#map-1 [role=gridcell][tabindex='0']").count() == 1
    kept.locator("#map-1 [role=gridcell][tabindex='0']").focus()
    for key in ("Home", "ArrowDown", "ArrowDown"):
        kept.keyboard.press(key)
    expect(cell(kept, 1, 1, 2, LAYERS, HEADS)).to_be_focused()
    kept.keyboard.press("Enter")
    expect(kept.locator("#map-1 b.live")).to_have_text("Layer 1, head 2")
    assert kept.url.endswith("#text=1&layer=1&head=2")
    kept.keyboard.press("ArrowDown")
    kept.keyboard.press("ArrowRight")
    kept.keyboard.press("Shift+Enter")
    expect(kept.locator("#map-1 b.live")).to_have_text("Mean over 2 heads (L1H2, L2H3)")
    assert kept.url.endswith("#text=1&heads=1.2+2.3")
    expect(kept.locator("#map-1 [role=gridcell][aria-selected=true]")).to_have_count(2)
    maps = maps_of(results, 0)
    assert same(plots(kept, 1)[0].z, (maps[0, 1] + maps[1, 2]) / 2)
    kept.go_back()
    expect(kept.locator("#map-1 b.live")).to_have_text("Layer 1, head 2")
    assert same(plots(kept, 1)[0].z, maps[0, 1])


def test_a_head_that_is_pointed_at_is_shown_and_what_was_kept_comes_back(kept, results):
    visit(kept, "#text=1&layer=2&head=1")
    maps = maps_of(results, 0)
    title = kept.locator("#map-1 b.live")
    assert same(plots(kept, 1)[0].z, maps[1, 0])
    cell(kept, 1, 1, 3, LAYERS, HEADS).hover()
    expect(title).to_have_text("Layer 1, head 3")
    assert same(plots(kept, 1)[0].z, maps[0, 2])
    assert same(plots(kept, 1)[0].received, maps[0, 2].mean(0))
    share = 100 * heads_table(results, 0, "special_share")[0, 2]
    said = kept.locator("#map-1 .head-says")
    expect(said).to_contain_text(f"special-token share {share:.1f}\u00a0%")
    assert kept.url.endswith("#text=1&layer=2&head=1")  # it is not chosen
    expect(kept.locator("#map-1 .picked")).to_have_attribute("data-l", "1")
    kept.mouse.move(0, 0)
    expect(title).to_have_text("Layer 2, head 1")
    assert same(plots(kept, 1)[0].z, maps[1, 0])
    expect(said).to_contain_text("Point at a picture")


def test_without_evidence_a_kept_head_colours_the_text_by_what_its_tokens_receive(kept, results):
    visit(kept, "#text=1&layer=2&head=3")
    drawn(kept, 1)
    legend = kept.locator("#legend-1")
    said = "Colour: attention received, layer 2, head 3, per token; 1× is the average."
    expect(legend).to_have_text(said)
    received = maps_of(results, 0)[1, 2].mean(0)
    times = received / received[1:-1].mean()
    names = [unit.get_attribute("class") for unit in units_of(kept)]
    steps = [
        f"h{plain_step(multiple)}" in name for multiple, name in zip(times, names, strict=True)
    ]
    assert all(steps[1:-1])
    assert not any(steps[:: len(steps) - 1])
    kept.get_by_role("button", name="Colours now: layer 2, head 3: clear").click()
    expect(legend).not_to_have_text(said)
    assert kept.url.endswith("#text=1&layer=3&head=mean")


def test_with_the_keyboard_a_head_is_seen_before_it_is_kept_and_escape_goes_back(kept, results):
    visit(kept, "#text=1&layer=2&head=1&token=3")
    drawn(kept, 1)
    title = kept.locator("#map-1 b.live")
    cell(kept, 1, 2, 1, LAYERS, HEADS).focus()
    kept.keyboard.press("ArrowRight")
    kept.keyboard.press("ArrowDown")
    expect(title).to_have_text("Layer 3, head 2")
    assert same(plots(kept, 1)[0].z, maps_of(results, 0)[2, 1])
    kept.keyboard.press("Escape")
    expect(title).to_have_text("Layer 2, head 1")
    expect(cell(kept, 1, 2, 1, LAYERS, HEADS)).to_be_focused()
    assert kept.url.endswith("layer=2&head=1&token=3")  # the token stays chosen
    kept.keyboard.press("End")
    kept.keyboard.press(" ")
    expect(title).to_have_text("Layer 3, head 1")
    assert kept.url.endswith("layer=3&head=1&token=3")
    pick(kept, 1, "Layer", "all (mean)")
    expect(title).to_have_text("All layers, head 1")
    expect(cell(kept, 1, 3, 1, LAYERS, HEADS)).to_have_attribute("tabindex", "0")  # beside it


def test_beside_a_second_view_what_is_pointed_at_takes_the_place_of_the_chosen_side(kept, results):
    visit(kept, "#text=1&layer=2&head=1&with=3.mean")
    drawn(kept, 1)
    kept.locator("#map-1").get_by_role("radio", name="B:").check()
    cell(kept, 1, 1, 4, LAYERS, HEADS).hover()
    expect(kept.locator("#map-1 .side").nth(1)).to_have_text("B: layer 1, head 4")
    a, b = plots(kept, 1)
    maps = maps_of(results, 0)
    assert same(a.z, maps[1, 0])
    assert same(b.z, maps[0, 3])
    kept.mouse.move(0, 0)


def test_hiding_special_tokens_empties_them_in_the_pictures(kept, results):
    visit(kept, "#text=1&content=1")
    drawn(kept, 1)
    picture = cell(kept, 1, 1, 2, LAYERS, HEADS).locator("canvas")
    expect(picture).not_to_have_js_property("width", 1)
    places = places_of(maps_of(results, 0)[0, 1])
    pixels = pixels_of(picture, len(places))
    assert (pixels[:, [0, -1]] == 0).all()  # clear, as in the map
    (plot,) = plots(kept, 1)
    assert np.isnan(plot.z[:, [0, -1]]).all()
    assert (pixels[1:-1, 1:-1, 3] == 255).all()
    for q, k in ((2, 3), (4, 1)):
        step = round(255 * places[q, k]) / 255
        assert np.abs(pixels[q, k, :3] - colour_of(step)).max() <= 3


def test_a_dot_of_a_long_text_stands_for_several_tokens_as_a_cell_of_a_long_map(watched, tmp_path):
    text = "".join(f"{i % 100:02d}" for i in range(100))
    made = make_results(tmp_path, (text,), n_layers=1, n_heads=2, sink=0.4)
    watched.goto(f"{written(made, tmp_path)}#text=1")
    expect(watched.locator("#map-1 .head-says")).to_contain_text("A dot stands for up to 3 tokens")
    picture = cell(watched, 1, 1, 2, 1, 2).locator("canvas")
    expect(picture).not_to_have_js_property("width", 1)
    weights = maps_of(made, 0)[0, 1]
    dots = range(0, len(weights), 3)
    cells = np.array([[weights[q : q + 3, k : k + 3].sum(1).mean() for k in dots] for q in dots])
    even = plain_even([token // 3 for token in range(len(weights))], is_causal=False)
    places = place_of(
        plain_multiples(cells, even, [0 < at < len(dots) - 1 for at in range(len(dots))])
    )
    pixels = pixels_of(picture, len(dots))
    for q, k in ((0, 0), (3, 7), (20, 20), (33, 1)):
        assert np.abs(pixels[q, k, :3] - colour_of(round(255 * places[q, k]) / 255)).max() <= 3


def test_the_add_mode_takes_out_what_is_chosen_again(kept, results):
    visit(kept, "#text=1&layer=1&head=1")
    drawn(kept, 1)
    kept.locator("#map-1").get_by_text("More options").click()
    several = kept.get_by_role("checkbox", name="Choose several heads")
    several.check()
    for layer, head in ((2, 2), (3, "mean"), (1, 1)):
        cell(kept, 1, layer, head, LAYERS, HEADS).click()
    assert kept.url.endswith("#text=1&heads=2.2+3.mean")
    maps = maps_of(results, 0)
    expected = (maps[1, 1] + maps[2].sum(0)) / (1 + HEADS)
    assert same(plots(kept, 1)[0].z, expected)
    several.uncheck()


def test_of_many_heads_those_that_differ_most_are_shown_and_all_on_demand(watched, tmp_path):
    made = make_results(tmp_path, (HEADLINES[2],), n_layers=2, n_heads=30, sink=0.4)
    watched.goto(f"{written(made, tmp_path)}#text=1")
    drawn(watched, 1)
    far = np.zeros(30)
    for column in ("special_share", "entropy", "distance"):
        values = heads_table(made, 0, column).astype(float)
        far += (np.abs(values - values.mean(1, keepdims=True)) / np.ptp(values)).sum(0)
    most = sorted(np.argsort(-far)[:24].tolist())
    rows = watched.locator("#map-1 .heads tbody tr").filter(visible=True)
    names = [str(head + 1) for head in most]
    assert rows.locator("th").all_inner_texts() == ["mean", *names]
    hidden = next(head for head in range(30) if head not in most)
    pick(watched, 1, "Head", str(hidden + 1))  # what is chosen is always seen
    expect(cell(watched, 1, 2, hidden + 1, 2, 30)).to_be_visible()
    expect(rows).to_have_count(26)
    watched.get_by_role("checkbox", name="all 30 heads").check()
    expect(rows).to_have_count(31)


def test_means_over_heads_and_over_layers_are_chosen_by_name(kept, results):
    visit(kept, "#text=1")
    drawn(kept, 1)
    maps = maps_of(results, 0)
    for layer, head, expected, title in (
        (2, "mean", maps[1].mean(0), "Layer 2, mean over 4 heads"),
        ("all", 3, maps[:, 2].mean(0), "All layers, head 3"),
        ("all", "mean", maps.mean((0, 1)), "All layers, mean over 4 heads"),
    ):
        pick(kept, 1, "Layer", "all (mean)" if layer == "all" else str(layer))
        pick(kept, 1, "Head", f"mean of {HEADS}" if head == "mean" else str(head))
        expect(kept.locator("#map-1 b.live")).to_have_text(title)
        assert same(plots(kept, 1)[0].z, expected)


def test_a_sets_lines_are_means_too(kept, results):
    visit(kept, "#text=1&heads=1.1+1.4+3.2")
    maps = maps_of(results, 0)
    expected = (maps[0, 0] + maps[0, 3] + maps[2, 1]) / 3
    (plot,) = plots(kept, 1)
    assert same(plot.z, expected)
    assert same(plot.received, expected.mean(0))
    (drawn_lines,) = lines(kept, 1)
    assert same(drawn_lines.received, expected.mean(0))
    assert same(drawn_lines.row, expected[0])
