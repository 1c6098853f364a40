"""The report in a real Chromium: what is drawn equals the results, offline and without errors."""

import re

import numpy as np
import pytest
from exploring import (
    HEADS,
    LAYERS,
    cell,
    lines,
    pick,
    place_of,
    places_of,
    received_places,
    units_of,
)
from helpers.made_up.factories import HEADLINES, make_results
from helpers.made_up.packed_maps import unpack
from helpers.plain.plain_multiples import plain_multiples
from opening import drawn, overhang, placed, pointed_at, rendered, show_all, visit, written
from playwright.sync_api import expect

from reportgen.comparison import Runs
from reportgen.findings import Findings
from reportgen.report import RenderOptions, render

pytestmark = pytest.mark.browser


def plotted(plot):
    """The drawn figure: values, labels and texts."""
    return plot.evaluate(
        """gd => ({
          z: gd.data[0].customdata, places: gd.data[0].z, zmax: gd.data[0].zmax,
          bar: gd.data[0].colorbar.ticktext,
          received: gd.data[1].customdata[0], receivedPlaces: gd.data[1].z[0],
          x: [...gd.querySelectorAll('.xtick text')].map(t => t.textContent),
          y: [...gd.querySelectorAll('.ytick text')].map(t => t.textContent),
          title: gd.closest('figure').querySelector('figcaption b.live').textContent,
        })"""
    )


def maps_of(results, text):
    return unpack(results.packed_maps(text), LAYERS, HEADS)


def close(drawn_rows, rows, within=1e-6):
    return all(
        value == pytest.approx(expected, abs=within)
        for drawn_row, row in zip(drawn_rows, rows, strict=True)
        for value, expected in zip(drawn_row, row, strict=True)
    )


def test_the_first_view_is_the_last_layer_over_all_heads(kept, results):
    visit(kept, "#text=1")
    figure = plotted(drawn(kept, 1))
    tokens = results.tokens_of(0)
    assert figure["x"] == figure["y"] == tokens["token"].tolist()
    assert figure["title"] == "Layer 3, mean over 4 heads"
    assert close(figure["z"], maps_of(results, 0)[-1].mean(axis=0))
    assert figure["received"] == tokens["received_last"].tolist()
    received = received_places(maps_of(results, 0)[-1].mean(axis=0))
    assert figure["receivedPlaces"] == pytest.approx(received.tolist(), abs=0.01)
    (drawn_lines,) = lines(kept, 1)
    assert drawn_lines.received.tolist() == tokens["received_last"].tolist()
    assert drawn_lines.row.tolist() == tokens["cls_row_last"].tolist()
    assert drawn_lines.even == pytest.approx(tokens["expected"].to_numpy(float))
    expect(kept.locator("#map-1")).not_to_contain_text("learned sink")  # the model has none


def test_hovering_says_from_where_to_where_and_about_how_much(kept, results):
    visit(kept, "#text=1&layer=2&head=3")
    plot = drawn(kept, 1)
    weights = maps_of(results, 0)[1, 2]
    names = results.tokens_of(0)["token"].tolist()
    share = 100 * float(weights[4, 0])
    assert share > 10
    place = plot.evaluate(
        """gd => {
          const { left, top } = gd.getBoundingClientRect();
          const { _offset: x } = gd._fullLayout.xaxis, { _offset: y } = gd._fullLayout.yaxis;
          return [left + x + gd._fullLayout.xaxis.d2p(0), top + y + gd._fullLayout.yaxis.d2p(4)];
        }"""
    )
    kept.mouse.move(place[0] - 2, place[1])
    kept.mouse.move(*place)
    tip = kept.locator("#tip")
    expect(tip.locator("bdi")).to_have_text(f"{names[4]} → [CLS]")
    expect(tip.locator("b").first).to_have_text(f"≈ {share:.0f}\u00a0%")
    kept.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_layer_and_head_are_chosen_and_kept_in_the_address(kept, results):
    visit(kept, "#text=1")
    drawn(kept, 1)
    pick(kept, 1, "Layer", "2")
    pick(kept, 1, "Head", "4")
    expect(kept.locator("#map-1 b.live")).to_have_text("Layer 2, head 4")
    assert kept.url.endswith("#text=1&layer=2&head=4")
    weights = maps_of(results, 0)[1, 3]
    figure = plotted(drawn(kept, 1))
    assert close(figure["z"], weights)
    assert close([figure["received"]], [weights.mean(axis=0)])
    assert close([figure["receivedPlaces"]], [received_places(weights)])
    assert close([lines(kept, 1)[0].row], [weights[0]])
    kept.go_back()
    expect(kept.locator("#map-1 b.live")).to_have_text("Layer 2, mean over 4 heads")


def test_all_layers_are_their_mean(kept, results):
    visit(kept, "#text=2&layer=all&head=mean")
    figure = plotted(drawn(kept, 2))
    assert close(figure["z"], maps_of(results, 1).mean(axis=(0, 1)))
    assert figure["received"] == pytest.approx(results.tokens_of(1)["received_all"].tolist())


def test_content_only_renormalises_and_says_how_much_it_hides(kept, results):
    visit(kept, "#text=1&layer=1&head=2")
    drawn(kept, 1)
    kept.locator("#map-1").get_by_label("Hide [CLS] and [SEP]").check()
    expect(kept.locator("#map-1 .live.legend, #map-1 .live .legend").first).to_contain_text(
        "Text tokens only"
    )
    figure = plotted(drawn(kept, 1))
    content = maps_of(results, 0)[0, 1][:, 1:-1].astype(float)
    whole = content.sum(axis=1, keepdims=True)
    assert [row[0] for row in figure["z"]] == [None] * len(content)
    assert close([row[1:-1] for row in figure["z"]], content / whole)
    assert figure["received"][1:-1] == pytest.approx((content / whole).mean(axis=0).tolist())
    mean = (content / whole).mean(axis=0)[None]  # every row sees every token
    places = place_of(plain_multiples(mean, np.ones_like(mean), [True] * mean.size))
    assert close([figure["receivedPlaces"][1:-1]], places)
    assert figure["receivedPlaces"][0] is None
    even = lines(kept, 1)[0].even
    assert even[1:-1] == pytest.approx([1 / content.shape[1]] * content.shape[1])
    hidden = f"≈ {100 * (1 - whole.mean()):.0f} % of the attention is hidden"
    expect(kept.locator("#map-1")).to_contain_text(hidden)


def test_the_colours_are_multiples_of_an_average_text_token(kept, results):
    visit(kept, "#text=1&layer=1&head=1")
    figure = plotted(drawn(kept, 1))
    places = places_of(maps_of(results, 0)[0, 0])
    assert close(figure["places"], places)
    assert figure["zmax"] == 1
    beyond = int((places == 1).sum())
    assert figure["bar"] == ["0", "1×", "2×", "4×", "8×", "≥ 16×" if beyond else "16×"]
    expect(kept.locator("#map-1")).to_contain_text("1× is what an average text token")
    kept.locator("#map-1").get_by_label("Hide [CLS] and [SEP]").check()
    hidden = plotted(drawn(kept, 1))["places"]
    assert close([row[1:-1] for row in hidden], places[:, 1:-1])  # nothing is scaled anew


def test_a_token_is_chosen_with_the_keyboard_alone(kept, results):
    visit(kept, "#text=1")
    drawn(kept, 1)
    strip = kept.locator("#strip-1 .u")
    assert kept.locator("#strip-1 [tabindex='0']").count() == 1
    strip.first.focus()
    for _ in range(3):
        kept.keyboard.press("ArrowRight")
    expect(strip.nth(3)).to_be_focused()  # the fourth word: [CLS] comes after the text
    kept.keyboard.press("Enter")
    expect(strip.nth(3)).to_have_attribute("aria-pressed", "true")
    row = maps_of(results, 0)[-1].mean(axis=0)[4]
    most = int(row.argmax())
    names = results.tokens_of(0)["token"].tolist()
    expect(kept.locator("#map-1 .detail h4")).to_contain_text(names[4])
    first = kept.locator("#map-1 .detail ol").first.locator("li").first
    expect(first).to_have_text(f"{names[most]} ≈ {100 * row[most]:.0f} %")
    kept.keyboard.press("Escape")
    expect(kept.locator("#tip")).to_be_hidden()
    expect(kept.locator("#strip-1")).to_have_class("strip looking")
    kept.keyboard.press("Escape")
    expect(kept.locator("#strip-1")).not_to_have_class("strip looking")


def test_a_special_token_says_that_content_only_hides_it(kept):
    visit(kept, "#text=1&layer=1&head=2&content=1&token=0")  # its row in the map is there to choose
    drawn(kept, 1)
    expect(units_of(kept)[0]).to_be_hidden()
    lists = kept.locator("#map-1 .told-of > div")
    expect(lists.nth(0).locator("li")).to_have_count(5)
    expect(lists.nth(1)).to_contain_text("Hidden in this view")


NOT_THERE = (
    ("#text=99", "#texts"),
    ("#text=0&layer=2", "#texts"),
    ("#text=1&layer=77", "#text=1"),
    ("#text=2&layer=2&head=9", "#text=2&layer=2&head=mean"),
    ("#text=2&layer=2&head=4", "#text=2&layer=2&head=4"),
)


def test_an_address_that_names_what_is_not_there_is_put_right(kept, url):
    for given, right in NOT_THERE:
        visit(kept, "#text=3")
        kept.evaluate("address => { location.hash = address }", given)
        kept.wait_for_url(url + right)


@pytest.mark.parametrize(("given", "right"), NOT_THERE[1:4:2])
def test_it_is_put_right_where_the_page_is_opened_with_it(watched, url, given, right):
    watched.goto(url + given)
    watched.wait_for_url(url + right)


@pytest.mark.parametrize("width", [400, 1280])
def test_the_tokens_stand_above_the_map_and_all_rows_below_it(kept, width):
    kept.set_viewport_size({"width": width, "height": 900})
    visit(kept, "#text=1")
    plot = drawn(kept, 1)
    boxes = plot.evaluate(
        """gd => {
          const box = (element) => {
            const { top, bottom, left, right } = element.getBoundingClientRect();
            return { top, bottom, left, right };
          };
          return {
            maps: [...gd.querySelectorAll('.heatmaplayer image')].map(box),
            names: [...gd.querySelectorAll('.xtick text')].map(box),
            all: box(gd),
          };
        }"""
    )
    whole, rows = boxes["maps"]
    assert 5 <= rows["top"] - whole["bottom"] <= 12
    assert (rows["left"], rows["right"]) == (whole["left"], whole["right"])
    for name in boxes["names"]:
        assert name["bottom"] <= whole["top"] + 1
        assert name["right"] <= boxes["all"]["right"] + 1


def test_the_layers_table_is_not_cut(kept):
    for width in (400, 1280):
        kept.set_viewport_size({"width": width, "height": 900})
        room = kept.locator("#sinks details:has(> summary:text('As a table')) .scroll")
        room.locator("xpath=..").evaluate("fold => { fold.open = true; }")
        assert room.evaluate("box => box.scrollWidth <= box.clientWidth")


def test_the_explorer_speaks_japanese_and_says_about_in_words(tab, results, tmp_path):
    tab.goto(f"{written(results, tmp_path, lang='ja')}#text=1&layer=1&head=1&content=1")
    drawn(tab, 1)
    caption = tab.locator("#map-1 .live p.legend").text_content()
    assert "1×は、その行が本文の1トークンに向ける割合の平均です" in caption
    assert "≈" not in caption
    for said in tab.locator("[id='text=1'] .legend").all_text_contents():
        assert "。 " not in said
    visit(tab, "#text=1&heads=1.1+2.2&with=3.mean&token=3")
    expect(tab.locator("#map-1 .side").first).to_have_text("A：2ヘッドの平均（L1H1、L2H2）")
    said = "".join(tab.locator("#map-1 .live").all_text_contents())
    english = ("Layer", "Head", "Scale", "Range", "Compare", "Swap", "mean", "Tokens", "Add")
    assert [word for word in english if word in said] == []


def test_the_table_leads_to_the_text(kept):
    visit(kept, "#text=1")
    show_all(kept)
    kept.locator("table.texts a").nth(4).click()
    expect(kept).to_have_url(re.compile("#text=5$"))
    expect(kept.locator("[id='text=5'] h3")).to_be_in_viewport()
    pointed_at(kept, 5)


def test_a_link_to_a_section_keeps_what_is_chosen(kept):
    kept.set_viewport_size({"width": 1100, "height": 900})  # the list is not beside the text
    visit(kept, "#text=1&layer=2&head=4")
    drawn(kept, 1)
    kept.get_by_role("link", name="Back to the table").first.click()
    show_all(kept)
    kept.locator("table.texts a").first.click()
    expect(kept.locator("#map-1 b.live")).to_have_text("Layer 2, head 4")
    assert kept.url.endswith("#text=1&layer=2&head=4")


def test_sums_are_the_means_times_the_heads(tab, results, tmp_path):
    tab.goto(f"{written(results, tmp_path, heads='sum')}#text=1")
    figure = plotted(drawn(tab, 1))
    tokens = results.tokens_of(0)
    assert figure["title"] == "Layer 3, sum over 4 heads"
    assert figure["received"] == pytest.approx((HEADS * tokens["received_last"]).tolist())
    assert close(figure["z"], maps_of(results, 0)[-1].sum(axis=0), within=1e-5)


def test_a_text_with_layer_means_only_offers_layers_and_sets_of_them(tab, tmp_path):
    made = make_results(tmp_path, (HEADLINES[0],) * 3, n_layers=LAYERS, n_heads=12)
    whole = render(Runs(Findings(made)), RenderOptions())
    limit = len(whole.content) - whole.parts["attention maps"] // 3
    address = written(made, tmp_path, max_size=limit)
    text = (tmp_path / "report.html").read_text("utf-8")
    number = int(re.search(r"data-text=(\d+) data-level=2", text)[1])
    tab.goto(f"{address}#text={number}&layer=2&head=7")
    figure = plotted(drawn(tab, number))
    heads = unpack(made.packed_maps(number - 1), LAYERS, 12)
    assert figure["title"] == "Layer 2, mean over 12 heads"
    assert close(figure["z"], heads[1].mean(axis=0), within=0.004)
    lists = tab.locator(f"#map-{number}")
    expect(lists.get_by_role("combobox", name="Layer", exact=True)).to_be_visible()
    expect(lists.get_by_role("combobox", name="Head", exact=True)).to_have_count(0)  # it is hidden
    layers = f"#text={number}&heads=1.mean+3.mean"
    visit(tab, layers)
    drawn_set = np.array(plotted(drawn(tab, number))["z"], float)
    assert np.abs(drawn_set - heads[[0, 2]].mean((0, 1))).max() <= 0.004
    single = cell(tab, number, 2, 2, LAYERS, 12)
    expect(single).to_have_attribute("aria-disabled", "true")
    share = made.heads.query("text == @number - 1 and layer == 2 and head == 2")["special_share"]
    expect(single).to_have_text(f"{100 * share.item():.0f}")
    single.click(force=True)
    assert tab.url.endswith(layers)


def test_with_scripts_off_every_figure_is_there(still_tab, url, results):
    page = still_tab
    page.goto(url)
    for number in range(1, len(HEADLINES) + 1):
        panel = page.locator(f"[id='text={number}']")
        panel.scroll_into_view_if_needed()
        expect(panel.locator("svg.cells")).to_be_visible()
        expect(panel.locator("svg.lines")).to_be_hidden()
        panel.get_by_text("As lines").click()
        expect(panel.locator("svg.lines")).to_be_visible()
        expect(panel.locator(".strip .u").first).to_be_visible()
    expect(page.locator("svg.sinks")).to_be_visible()
    said = page.locator("noscript .static-view").inner_text()
    assert "search and sorting need scripts" in said
    assert "map of the last layer" in said
    shown = page.locator("#strip-1 .u").evaluate_all(
        "units => units.map(unit => [unit.className, getComputedStyle(unit).backgroundColor])"
    )
    steps = {name for name, _ in shown}
    assert len(steps) > 1
    assert len({colour for _, colour in shown}) == len(steps)  # special tokens have none


def test_where_plotly_cannot_start_the_static_figures_stay(tab, results, tmp_path):
    path = tmp_path / "broken.html"
    document = render(Runs(Findings(results)), RenderOptions()).content
    path.write_bytes(re.sub(rb'(?<=id="plotly">).{5}', b"00000", document))
    tab.goto(f"{placed(path)}#text=1")
    expect(tab.locator("#map-1")).to_contain_text("could not be drawn here")
    expect(tab.locator("#map-1 svg.cells")).to_be_visible()


@pytest.mark.parametrize("width", [400, 1280])
def test_the_page_never_scrolls_sideways(kept, width):
    kept.set_viewport_size({"width": width, "height": 800})
    visit(kept, "#text=1")
    drawn(kept, 1)
    assert kept.evaluate("document.documentElement.scrollWidth") == width
    assert overhang(kept, "#map-1 .key text") <= 0  # the key of the colours


def test_the_key_of_the_lines_stands_right_above_them(kept, still_tab, url):
    visit(kept, "#text=1")
    lines(kept, 1)
    require_key_above(kept, ".line-plot")
    still_tab.goto(f"{url}#text=1")
    still_tab.locator("#map-1").get_by_text("As lines").click()
    require_key_above(still_tab, "svg.lines")


def require_key_above(page, drawing):
    figure = page.locator("#map-1")
    below, key = (figure.locator(".marks").nth(at) for at in (0, 1))
    drawn_lines = figure.locator(drawing).first
    end = key.bounding_box()["y"] + key.bounding_box()["height"]
    assert 0 <= drawn_lines.bounding_box()["y"] - end < 40
    expect(key).to_contain_text("attention received")
    expect(below).to_contain_text("rows look at columns")


def test_print_shows_the_static_figures_and_no_controls(kept):
    visit(kept, "#text=1")
    drawn(kept, 1)
    kept.emulate_media(media="print")
    expect(kept.locator("#map-1 svg.cells")).to_be_visible()
    expect(kept.locator("#map-1 .said")).to_be_visible()
    expect(kept.locator("#map-1 .plot")).to_be_hidden()
    for controls in kept.locator("#map-1 .controls").all():
        expect(controls).to_be_hidden()
    expect(kept.get_by_text("On paper each text has the map of its last layer")).to_be_visible()
    kept.emulate_media(media="screen")
    expect(kept.get_by_text("On paper each text has the map of its last layer")).to_be_hidden()


@pytest.fixture(scope="module")
def one_head(tmp_path_factory):
    """The page of a model of one head, with a sink that leaves little, and of long labels."""
    folder = tmp_path_factory.mktemp("one-head")
    made = make_results(folder, HEADLINES, n_heads=1, n_layers=2, sink=0.995, labels=(1.0,) * 6)
    made.texts["label"] = "9" * 300
    return rendered(made, folder)


def test_a_model_of_one_head_offers_no_choice_of_heads(keep, one_head):
    kept = keep(one_head)
    visit(kept, "#text=4")
    assert plotted(drawn(kept, 4))["title"] == "Layer 2, the only head"
    assert kept.locator("#map-4 [role=gridcell]").count() == 3  # two layers and their mean
    lists = kept.locator("#map-4 .by-name label").filter(visible=True)
    assert lists.count() == 1
    expect(lists).to_contain_text("Layer")
    expect(kept.locator(".run")).to_contain_text("2 layers × 1 head ")


def test_a_row_that_keeps_too_little_is_blank(keep, one_head):
    kept = keep(one_head)
    visit(kept, "#text=4&layer=1&head=mean&content=1")
    assert plotted(drawn(kept, 4))["z"] == [[None] * 5] * 5
    expect(kept.locator("#map-4")).to_contain_text("they keep less than 1 %: 5.")


def test_a_long_label_leaves_the_text_its_room(keep, one_head):
    kept = keep(one_head)
    kept.set_viewport_size({"width": 1100, "height": 900})
    visit(kept, "#text=1")
    show_all(kept)
    table = kept.locator("table.texts")
    assert table.locator("td.t").first.bounding_box()["width"] > 250
    assert kept.locator("#list").evaluate("box => box.scrollWidth <= box.clientWidth")
