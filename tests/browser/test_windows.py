"""A window into a long text with scripts on."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from exploring import maps_of, menu, places_of, plots, same
from helpers.made_up.factories import make_results
from opening import drawn, rendered, visit
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

LONG = 150  # tokens, special ones included


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    text = "".join(f"{i % 100:02d}" for i in range(LONG - 2))
    return make_results(tmp_path_factory.mktemp("long"), (text, "short"), n_layers=2, n_heads=2)


@pytest.fixture(scope="module")
def long_page(long, tmp_path_factory):
    return rendered(long, tmp_path_factory.mktemp("long_page"))


@pytest.fixture
def long_kept(keep, long_page):
    return keep(long_page)


def test_a_long_text_has_an_overview_and_a_window_of_it(long_kept, long):
    visit(long_kept, "#text=1&layer=2&head=1&at=40.70")
    weights = maps_of(long, 0)[1, 0]
    (plot,) = plots(long_kept, 1)
    size = len(plot.rows)
    assert 25 <= size <= 64
    assert plot.rows == list(range(40, 40 + size))
    assert plot.columns == list(range(70, 70 + size))
    assert same(plot.z, weights[40 : 40 + size, 70 : 70 + size])
    assert same(plot.received, weights.mean(0)[70 : 70 + size])
    said = long_kept.locator("#map-1 .overview .small")
    expect(said).to_contain_text(f"rows 41–{40 + size}")
    expect(said).to_contain_text(f"of {LONG}")
    expect(long_kept.locator("#map-1 .plot .ytick text")).to_have_count(size)


def test_the_window_is_moved_by_keys_buttons_and_dragging(long_kept, long):
    visit(long_kept, "#text=1&layer=2&head=1")
    weights = maps_of(long, 0)[1, 0]
    (plot,) = plots(long_kept, 1)
    size = len(plot.rows)
    assert (plot.rows[0], plot.columns[0]) == (0, 0)
    sheet = long_kept.locator("#map-1 .sheet")
    sheet.focus()
    long_kept.keyboard.press("ArrowDown")
    (plot,) = plots(long_kept, 1)
    step = round(0.25 * size)
    assert (plot.rows[0], plot.columns[0]) == (step, 0)
    long_kept.keyboard.press("End")
    (plot,) = plots(long_kept, 1)
    assert plot.rows[-1] == plot.columns[-1] == LONG - 1
    assert same(plot.z, weights[-size:, -size:])
    long_kept.locator("#map-1").get_by_role("button", name="Up", exact=True).click()
    (plot,) = plots(long_kept, 1)
    assert plot.rows[0] == LONG - size - round(size / 2)
    box = sheet.bounding_box()
    long_kept.mouse.move(box["x"] + 5, box["y"] + 5)
    long_kept.mouse.down()
    long_kept.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
    long_kept.mouse.up()
    (plot,) = plots(long_kept, 1)
    assert abs(plot.rows[0] + size / 2 - LONG / 2) <= 2
    assert abs(plot.columns[0] + size / 2 - LONG / 2) <= 2
    assert f"at={plot.rows[0]}.{plot.columns[0]}" in long_kept.url
    long_kept.go_back()
    (plot,) = plots(long_kept, 1)
    assert plot.columns[-1] == LONG - 1


def test_the_overview_is_the_whole_map_in_the_same_colours(long_kept, long):
    visit(long_kept, "#text=1&layer=1&head=2")
    drawn(long_kept, 1)
    found = long_kept.locator("#map-1 .sheet canvas").evaluate(
        """canvas => {
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          const light = [];
          for (let i = 0; i < data.length; i += 4) light.push(data[i] + data[i + 1] + data[i + 2]);
          return [canvas.width, canvas.height, light];
        }"""
    )
    assert found[:2] == [LONG, LONG]
    light = np.array(found[2])
    places = places_of(maps_of(long, 0)[0, 1]).flatten()
    order = np.argsort(places)
    assert light[order[0]] == 0xFF + 0xFD + 0xFA  # the first colour of the light scale
    steps = np.round(255 * places[order]).astype(int)
    by_step = dict(zip(steps.tolist(), light[order].tolist(), strict=True))
    assert np.mean([by_step[s] == own for s, own in zip(steps, light[order], strict=True)]) > 0.99
    assert (np.diff(light[order]) <= 0).all()


def test_a_chosen_token_brings_the_window_to_it(long_kept, long):
    visit(long_kept, "#text=1&layer=2&head=1&token=120")
    (plot,) = plots(long_kept, 1)
    assert 120 in plot.rows
    assert 120 in plot.columns


def test_the_overview_says_its_value_and_is_found_as_a_slider(long_kept):
    visit(long_kept, "#text=1&layer=2&head=1&at=40.70")
    plots(long_kept, 1)
    sheet = long_kept.locator("#map-1").get_by_role("slider")
    expect(sheet).to_have_attribute("aria-valuenow", "41")
    before = sheet.get_attribute("aria-valuetext")
    assert "rows 41–" in before
    assert "columns 71–" in before
    sheet.focus()
    long_kept.keyboard.press("Home")
    expect(sheet).to_have_attribute("aria-valuenow", "1")
    assert "rows 1–" in sheet.get_attribute("aria-valuetext")


def test_the_overview_is_saved_as_svg_and_png(long_kept, long):
    long_kept.emulate_media(color_scheme="dark")
    visit(long_kept, "#text=1&layer=1&head=2")
    drawn(long_kept, 1)
    group = long_kept.locator("#map-1 .overview .tools")
    with long_kept.expect_download() as info:
        menu(group).get_by_role("button", name="Save SVG").click()
    assert info.value.suggested_filename == (
        "made-up-2-texts-reportgen-text-1-layer-1-head-2-overview-of-the-whole-map.svg"
    )
    root = ET.fromstring(info.value.path().read_bytes())
    seen = np.full((LONG, LONG), -1)
    for path in root.iter("{http://www.w3.org/2000/svg}path"):
        light = sum(int(part) for part in re.findall(r"\d+", path.get("stroke")))
        for x, y, length in re.findall(r"M(\d+) (\d+)\.5h(\d+)", path.get("d")):
            seen[int(y), int(x) : int(x) + int(length)] = light
    places = places_of(maps_of(long, 0)[0, 1])
    assert (seen >= 0).all()
    assert seen[np.unravel_index(places.argmin(), places.shape)] == 0xFF + 0xFD + 0xFA  # light
    order = np.argsort(places, axis=None)
    assert (np.diff(seen.flatten()[order]) <= 0).all()
    with long_kept.expect_download() as info:
        menu(group).get_by_role("button", name="Save PNG").click()
    assert info.value.path().read_bytes().startswith(b"\x89PNG")


def test_a_short_text_has_no_overview(kept):
    visit(kept, "#text=1")
    drawn(kept, 1)
    expect(kept.locator("#map-1 .overview")).to_be_hidden()
