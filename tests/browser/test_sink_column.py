"""The column of a learned sink in the drawn map: what each row lacks to 1, in every view."""

import csv
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from exploring import maps_of, menu, place_of, places_of, same, settle
from helpers.plain.plain_multiples import plain_even, plain_multiples
from helpers.real.learned_sinks import analysed, gpt_oss
from opening import drawn, rendered, visit, written
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
LONG = "the cat sat on the mat and the dog sat on the log, " * 3
LAST = """plots => plots.map(gd => {
  const [map, sink] = [gd.data[0], gd.data.find((trace) => trace.meta === "sink")];
  const { range, ticktext } = gd.layout.xaxis;
  const [all, allSink] = [gd.data[1], gd.data.find((trace) => trace.meta === "all-sink")];
  return sink ? { received: [...all.z[0], allSink.z[0][0]],
    meanSink: allSink.customdata[0][0], z: sink.customdata.map(([cell]) => cell),
    places: sink.z.map(([cell]) => cell), map: map.z, x: sink.x, end: range[1],
    zmax: [map.zmax, sink.zmax], last: map.x.at(-1), ticks: ticktext.at(-1) } : null;
})"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    model = gpt_oss(tmp_path_factory.mktemp("gpt_oss"))
    return analysed(model, tmp_path_factory.mktemp("results"), "basic")


@pytest.fixture(scope="module")
def page_file(results, tmp_path_factory):
    return rendered(results, tmp_path_factory.mktemp("page"))


def columns(page, number):
    settle(page, number)
    return page.locator(f"#map-{number} .plot").evaluate_all(LAST)


def places_beside(whole, content, lacking):
    """Where the shares of the sink stand on the scale of colours: it is one token that every row
    sees, beside what an average text token of the row gets."""
    even = plain_even(range(len(whole)), is_causal=True)
    beside = np.column_stack([even, 1 / np.arange(1, len(whole) + 1)])
    shares = np.column_stack([whole, lacking]).astype(float)
    return place_of(plain_multiples(shares, beside, [*content, False])[:, -1])


def received_beside(whole, content, lacking):
    """The same of the row of all rows: the mean of the rows beside the mean of even ones."""
    even = plain_even(range(len(whole)), is_causal=True)
    beside = np.column_stack([even, 1 / np.arange(1, len(whole) + 1)])
    shares = np.column_stack([whole, lacking]).astype(float)
    rows = (each.mean(0)[None] for each in (shares, beside))
    return place_of(plain_multiples(*rows, [*content, False]))[0]


def test_its_cells_are_what_rows_lack_in_one_head_in_means_and_in_two_views(kept, results):
    maps = maps_of(results, 0)
    content = (~results.tokens_of(0)["is_special"].to_numpy(bool)).tolist()
    for place, expected in (
        ("layer=1&head=2", [maps[0, 1]]),
        ("layer=2&head=mean", [maps[1].mean(0)]),
        ("layer=all&head=mean", [maps.mean((0, 1))]),
        ("layer=1&head=1&with=2.4", [maps[0, 0], maps[1, 3]]),
    ):
        visit(kept, f"#text=1&{place}")
        found = columns(kept, 1)
        assert len(found) == len(expected)
        for own, whole in zip(found, expected, strict=True):
            lacking = np.maximum(0, 1 - whole.sum(1))
            assert same(np.array(own["z"], float), lacking)
            assert own["zmax"][0] == own["zmax"][1]
            assert np.allclose(own["places"], places_beside(whole, content, lacking), atol=1e-6)
            assert np.allclose(own["map"], places_of(whole, content, is_causal=True), atol=1e-6)
            assert own["meanSink"] == pytest.approx(lacking.mean(), abs=1e-6)
            assert np.allclose(own["received"], received_beside(whole, content, lacking), atol=1e-2)
            assert own["x"] == [own["last"] + 1.5]  # apart from the tokens' columns
            assert own["end"] == own["x"][0] + 0.5
            assert own["ticks"] == "learned sink"


def test_what_rows_cannot_see_is_hatched_and_said(kept, results):
    visit(kept, "#text=1&layer=1&head=2")
    settle(kept, 1)
    figure = kept.locator("#map-1")
    path = figure.locator(".key .future").get_attribute("d")
    boxes = [[float(x) for x in re.findall(r"-?[\d.]+", box)] for box in path.split("z")[:-1]]
    n = len(results.tokens_of(0))
    assert len(boxes) == n - 1  # the last row sees all
    starts, ends = [box[0] for box in boxes], {box[2] for box in boxes}
    (end,) = ends
    widths = [end - start for start in starts]
    assert widths == pytest.approx([widths[-1] * (n - 1 - row) for row in range(n - 1)])
    tops = [box[1] for box in boxes]
    assert tops == pytest.approx([tops[0] + box[3] * i for i, box in enumerate(boxes)])
    expect(figure.locator("p.legend").filter(has_text="Hatched: later").first).to_be_visible()
    with kept.expect_download() as download:
        menu(figure.locator(".framed + .tools")).get_by_role("button", name="Save SVG").click()
    svg = ET.parse(download.value.path())
    paths = [path.get("d") for path in svg.iterfind(".//{*}g[@class='shapelayer']//{*}path")]
    assert max(path.count("M") for path in paths) == 3 * n * (n - 1) / 2  # three lines a cell


def test_it_has_a_tooltip_and_stands_in_what_a_token_looks_at(kept, results):
    lacking = 1 - maps_of(results, 0)[1].mean(0).sum(1)
    visit(kept, "#text=1&layer=2&head=mean")
    figure = kept.locator("#map-1")
    drawn(kept, 1)
    said = figure.locator("p.legend").filter(has_text="The last column, apart from the tokens")
    expect(said.first).to_be_visible()
    at = figure.locator(".plot").evaluate(
        """gd => {
          const { xaxis, yaxis } = gd._fullLayout;
          const box = gd.getBoundingClientRect();
          const sink = gd.data.find((trace) => trace.meta === "sink");
          return [
            box.left + xaxis._offset + xaxis.c2p(sink.x[0]), box.top + yaxis._offset + yaxis.c2p(2),
          ];
        }"""
    )
    kept.mouse.move(*at)
    tip = kept.locator("#tip")
    expect(tip).to_contain_text("→ learned sink")
    assert f"{100 * lacking[2]:.0f}" in tip.inner_text()
    kept.mouse.click(*at)
    looks = figure.locator("xpath=ancestor::*[contains(@class, 'panel')]").locator(".told-of li")
    expect(looks.filter(has_text="learned sink")).to_have_count(1)


def test_it_is_saved_with_the_weights_of_the_map(kept, results):
    visit(kept, "#text=1&layer=2&head=mean")
    drawn(kept, 1)
    with kept.expect_download() as info:
        group = kept.locator(".panel.open .framed + .tools")
        menu(group).get_by_role("button", name="Save CSV").click()
    head, *rows = csv.reader(info.value.path().read_text("utf-8-sig").splitlines())
    assert head[-1] == "learned sink"
    values = np.array([[float(cell) for cell in row[1:]] for row in rows])
    np.testing.assert_allclose(values.sum(1), 1, rtol=2e-3)
    lacking = 1 - maps_of(results, 0)[1].mean(0).sum(1)
    lacking = [*lacking, lacking.mean()]  # of all rows
    np.testing.assert_allclose(values[:, -1], lacking, rtol=1e-3, atol=1e-4)


def test_of_a_long_text_the_window_has_it_and_the_overview_says_that_it_has_not(
    watched, tmp_path, tmp_path_factory
):
    """The small pictures of all heads, too, have room for the tokens alone."""
    model, folder = gpt_oss(tmp_path / "model"), tmp_path_factory.mktemp("long")
    made = analysed(model, folder, "none", texts=(LONG,) * 5)
    assert made.texts["n_tokens"].iloc[0] > 64
    watched.goto(f"{written(made, tmp_path)}#text=1&layer=2&head=mean")
    ((shown,),) = [columns(watched, 1)]
    assert shown["ticks"] == "learned sink"
    figure = watched.locator("#map-1")
    said = "The overview leaves out the learned sink; the window shows it in its last column."
    expect(figure.locator(".overview")).to_contain_text(said)
    said = "The small pictures leave out the learned sink; the large map shows it."
    expect(figure.locator(".head-says")).to_contain_text(said)
    assert (
        said in figure.page.content().split("<noscript><img class=heads")[1].split("</noscript>")[0]
    )
