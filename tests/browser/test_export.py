"""What the page gives away in a real Chromium: tables as text and CSV, charts as SVG and PNG."""

import csv
import io
import struct
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from exploring import lines, menu
from helpers.made_up.factories import HEADLINES, changed, make_results
from opening import drawn, rendered, show_all, visit, written
from pixels import colours
from playwright.sync_api import expect

from reportgen.results import attention_maps

pytestmark = pytest.mark.browser

SVG = "{http://www.w3.org/2000/svg}"
RUNS = ("=1+1", "@SUM(A1)", "+cmd", "-cmd", "＝1", "50,000", 'say "hi", you', "plain\ttab")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    texts = (*HEADLINES, "long " * 60)
    labels = (0.5, 1.5, 3.0, 0.25, 2.0, 1.0, 12.0)
    return make_results(
        tmp_path_factory.mktemp("results"), texts, n_layers=2, n_heads=2, sink=0.3, labels=labels
    )


@pytest.fixture(scope="module")
def page_file(results, tmp_path_factory):
    return rendered(results, tmp_path_factory.mktemp("page"))


def tools(page, after):
    """The buttons that follow a thing."""
    return page.locator(f"{after} + .tools")


def saved(page, group, button):
    """The name and the bytes of what a button saves."""
    with page.expect_download() as info:
        menu(group).get_by_role("button", name=button).click()
    return info.value.suggested_filename, info.value.path().read_bytes()


def rows_of(content):
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_list_is_saved_as_it_is_shown_with_whole_texts(kept, results):
    visit(kept, "#text=1&sort=-tokens&q=l")
    name, content = saved(kept, tools(kept, "#list"), "Save CSV")
    assert name == "made-up-7-texts-reportgen-table-of-texts.csv"
    head, *rows = rows_of(content)
    shown = kept.locator("#list tbody tr:not([hidden]) th").all_inner_texts()
    assert [row[0] for row in rows] == shown
    assert head[:3] == ["No.", "Text", "Prediction"]
    assert rows[0][1] == ("long " * 60).strip()
    for row in rows:
        text = results.texts.iloc[int(row[0]) - 1]
        assert row[1] == text["text"].strip()
        cells = dict(zip(head, row, strict=True))
        error = text["prediction"] - text["label_value"]
        assert float(cells["Error"]) == pytest.approx(error, abs=0.05)  # a minus a program reads
        assert float(cells["Right answer"]) == text["label_value"]
        assert cells["Special share"].endswith("%")
    assert any(float(row[head.index("Error")]) < 0 for row in rows)


def saved_list(page, folder, seen, lost):
    """The saved list of `seen`, with `lost` behind its cut, and of cells to be quoted."""
    made = make_results(folder, (seen, *RUNS), truncated=(0,))
    texts = made.texts.copy()
    texts.loc[0, "text"] = seen + lost
    page.goto("about:blank")
    page.goto(written(changed(made, texts=texts), folder))
    show_all(page)
    _, content = saved(page, tools(page, "#list"), "Save CSV")
    head, *rows = rows_of(content)
    return head[1], [row[1] for row in rows]


def test_a_text_that_was_cut_is_saved_whole_or_its_column_says_that_it_goes_on(watched, tmp_path):
    seen = "ab" * 100
    name, texts = saved_list(watched, tmp_path / "one", seen, "cd" * 100)
    assert (name, texts[0]) == ("Text", seen + "cd" * 100)
    # What a spreadsheet would run, or read as a number, gets a quote.
    assert texts[1:8] == [*("'" + text for text in RUNS[:6]), RUNS[6]]
    # 300 characters behind the cut are held.
    name, texts = saved_list(watched, tmp_path / "two", seen, "cd" * 900)
    assert (name, texts[0]) == ("Text (… where it goes on)", f"{seen}…")


def test_every_table_and_chart_of_the_page_and_of_the_open_text_has_its_tools(kept):
    visit(kept, "#text=2")
    kept.locator("#map-2").scroll_into_view_if_needed()
    drawn(kept, 2)
    for kind, button in (("table", "Save CSV"), ("svg.fig:not(.small), .plot", "Save SVG")):
        things = kept.locator("main").locator(kind).filter(visible=True)
        assert things.count() >= 3
        for thing in things.all():
            after = thing.evaluate(
                """thing => (thing.closest(".heads-box")?.lastElementChild
                  ?? (thing.closest(".scroll, .framed") ?? thing).nextElementSibling).textContent"""
            )
            assert button in after


def test_the_figures_of_a_text_are_saved_as_printed(kept, results):
    visit(kept, "#text=2")
    kept.locator(".panel.open").get_by_text("Figures as a table").click()
    details = kept.locator(".panel.open > details")
    name, content = saved(kept, details.locator(".tools"), "Save CSV")
    assert name == "made-up-7-texts-reportgen-text-2-figures-as-a-table.csv"
    head, *rows = rows_of(content)
    tokens = results.tokens_of(1)
    assert len(rows) == len(tokens)
    at = next(i for i, title in enumerate(head) if title.startswith("received, layer 2"))
    values = [float(row[at].rstrip("%")) for row in rows]
    assert values == pytest.approx([100 * v for v in tokens["received_last"]], abs=0.0501)


def test_copying_gives_the_same_cells_with_tabs(tabs, own_tab, url):
    page = own_tab
    tabs.grant_permissions(["clipboard-read", "clipboard-write"])
    try:
        page.goto(url)
        show_all(page)
        group = tools(page, "#list")
        menu(group).get_by_role("button", name="Copy").click()
        expect(group.get_by_role("status")).to_have_text(
            "Copied, ready to paste into a spreadsheet."
        )
        copied = page.evaluate("navigator.clipboard.readText()")
        _, content = saved(page, group, "Save CSV")
        lines = copied.replace("\r\n", "\n").split("\n")
        assert [line.split("\t") for line in lines] == rows_of(content)
    finally:
        tabs.clear_permissions()


def test_a_static_chart_is_saved_as_svg_that_stands_alone(kept):
    kept.emulate_media(color_scheme="dark")
    name, content = saved(kept, tools(kept, "svg.sinks"), "Save SVG")
    assert name.endswith(".svg")
    root = ET.fromstring(content)
    assert root.tag == f"{SVG}svg"
    ground, *_ = root.iter(f"{SVG}rect")
    assert ground.get("fill") == "#ffffff"
    fills = {rect.get("fill") for rect in root.iter(f"{SVG}rect")}
    assert "rgb(63, 78, 140)" in fills  # the first role in light colours
    assert not [e for e in root.iter() if "color(" in " ".join(e.attrib.values())]
    assert not [e for e in root.iter() if e.get("class") or "var(" in " ".join(e.attrib.values())]
    assert "sans-serif" in root.get("font-family")
    title, *texts = root.iter(f"{SVG}text")
    assert title.text == kept.locator("#sinks :is(h2, h3)").filter(visible=True).evaluate_all(
        """headings => headings.filter((one) => one.compareDocumentPosition(
             document.querySelector("svg.sinks")) & 4).at(-1).textContent"""
    )
    key = kept.locator("figure:has(svg.sinks) figcaption span").all_text_contents()
    assert {text.strip() for text in key} <= {text.text for text in texts}
    inks = ("rgb(27, 29, 34)", "rgb(91, 97, 110)", "#1b1d22")
    assert {text.get("fill") for text in (title, *texts)} <= set(inks)
    assert kept.evaluate("document.documentElement.dataset.theme") is None


def test_a_static_chart_is_saved_as_png_in_light_colours_on_white(kept):
    kept.emulate_media(color_scheme="dark")
    _, svg = saved(kept, tools(kept, "svg.sinks"), "Save SVG")
    name, png = saved(kept, tools(kept, "svg.sinks"), "Save PNG")
    assert name.endswith(".png")
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    assert (width, height) == tuple(
        2 * float(ET.fromstring(svg).get(k)) for k in ("width", "height")
    )
    found = colours(kept, png)
    assert max(found, key=found.get) == "#ffffff"
    assert found["#3f4e8c"] > 1000


def test_a_drawn_map_is_saved_both_ways(kept):
    kept.emulate_media(color_scheme="dark")
    visit(kept, "#text=2&layer=1&head=2")
    drawn(kept, 2)
    group = tools(kept, ".panel.open .framed")
    name, svg = saved(kept, group, "Save SVG")
    assert name == "made-up-7-texts-reportgen-text-2-layer-1-head-2.svg"
    assert b"<svg" in svg
    root = ET.fromstring(svg)
    assert root.tag == f"{SVG}svg"
    said = {text.text for text in root.iter(f"{SVG}text")}
    assert {"Text 2 · layer 1, head 2", "all rows"} <= said
    name, png = saved(kept, group, "Save PNG")
    assert name.endswith("layer-1-head-2.png")
    found = colours(kept, png)
    assert max(found, key=found.get) == "#ffffff"


def test_the_weights_of_a_drawn_map_are_saved(kept, results):
    visit(kept, "#text=2&layer=1&head=2")
    drawn(kept, 2)
    name, content = saved(kept, tools(kept, ".panel.open .framed"), "Save CSV")
    assert name == "made-up-7-texts-reportgen-text-2-layer-1-head-2.csv"
    head, *rows, received = rows_of(content)
    maps = attention_maps(results, results.texts["text_id"].iloc[1], 1, 2)
    assert head == ["", *(row[0] for row in rows)]
    assert [label.removeprefix("'") for label in head[1:]] == list(maps.tokens)
    values = [[float(cell) for cell in row[1:]] for row in rows]
    np.testing.assert_allclose(values, maps.values, rtol=1e-3, atol=1e-7)
    assert received[0] == "all rows"
    mean = maps.values.mean(0)
    np.testing.assert_allclose([float(cell) for cell in received[1:]], mean, rtol=1e-3, atol=1e-7)


def test_the_lines_are_saved_too(kept):
    visit(kept, "#text=2&layer=1&head=2")
    lines(kept, 2)
    name, svg = saved(kept, tools(kept, ".panel.open .line-plot"), "Save SVG")
    assert name == "made-up-7-texts-reportgen-text-2-layer-1-head-2-as-lines.svg"
    said = {text.text for text in ET.fromstring(svg).iter(f"{SVG}text")}
    assert {"Text 2 · layer 1, head 2 As lines", "attention received", "equal share"} <= said


def test_without_a_drawn_map_its_static_chart_is_saved(own_tab, url):
    page = own_tab
    page.add_init_script("delete window.DecompressionStream")
    page.goto(f"{url}#text=2")
    group = page.locator(".panel.open .static .tools").first
    _, svg = saved(page, group, "Save SVG")
    names = [text.text for text in ET.fromstring(svg).iter(f"{SVG}text")]
    assert "[CLS]" in names
    assert names[0].startswith("Text 2 · Layer ")
    assert "all rows" in names
    page.locator(".panel.open").get_by_text("As lines").click()
    _, svg = saved(page, page.locator(".panel.open .as-lines .static .tools"), "Save SVG")
    names = [text.text for text in ET.fromstring(svg).iter(f"{SVG}text")]
    assert {"[CLS]", "attention received (column mean)"} <= {*names}


def test_a_picture_that_the_host_refuses_fails_with_a_sentence(watched, url):
    watched.goto(url)
    watched.evaluate("() => { Image.prototype.decode = () => Promise.reject(new Error()) }")
    group = tools(watched, "svg.sinks")
    menu(group).get_by_role("button", name="Save PNG").click()
    expect(group.get_by_role("status")).to_contain_text("could not be saved here: the browser did")


def test_a_frame_that_may_forbid_downloads_says_so(own_tab, url, tmp_path):
    frame = tmp_path / "frame.html"
    frame.write_text(f'<iframe src="{url}" sandbox="allow-scripts" width=1200 height=800></iframe>')
    page, downloads = own_tab, []
    page.on("download", lambda download: downloads.append(download))
    page.goto(frame.as_uri())
    inside = page.frame_locator("iframe")
    inside.get_by_role("button", name="All 7").click()
    group = inside.locator("#list + .tools")
    menu(group).get_by_role("button", name="Save CSV").click()
    expect(group.get_by_role("status")).to_contain_text("If no file arrives, this frame forbids")
    page.wait_for_timeout(300)
    assert downloads == []


def test_what_saves_and_copies_is_one_menu_for_each_figure_and_none_without_scripts(
    kept, still_tab, url
):
    group = tools(kept, "svg.sinks")
    expect(group.locator("> summary")).to_have_text("Save or copy")
    expect(group.get_by_role("button")).to_have_count(0)  # folded
    expect(menu(group).get_by_role("button")).to_have_text(["Save PNG", "Save SVG"])
    still_tab.goto(url)
    expect(still_tab.locator(".tools")).to_have_count(0)
