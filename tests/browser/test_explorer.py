"""Exploring one text with scripts on: what is drawn in every mode equals the results."""

import numpy as np
import pytest
from exploring import as_pair, cell, maps_of, plots, same
from factories import HEADLINES, make_results
from opening import drawn, written
from playwright.sync_api import expect
from scipy.stats import rankdata

pytestmark = pytest.mark.browser

LAYERS, HEADS = 3, 4
ENGLISH = 2  # of HEADLINES
SPLIT = 9  # the token of it that becomes the [SEP] of a pair
LONG = 150  # tokens, special ones included


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    return make_results(folder, HEADLINES, n_layers=LAYERS, n_heads=HEADS, sink=0.4)


@pytest.fixture(scope="module")
def url(results, tmp_path_factory):
    return written(results, tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    made = make_results(
        tmp_path_factory.mktemp("pair"), (HEADLINES[ENGLISH],), n_layers=LAYERS, n_heads=HEADS
    )
    return as_pair(made, 0, SPLIT)


@pytest.fixture(scope="module")
def pair_url(pair, tmp_path_factory):
    return written(pair, tmp_path_factory.mktemp("pair_page"))


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    text = "".join(f"{i % 100:02d}" for i in range(LONG - 2))
    return make_results(tmp_path_factory.mktemp("long"), (text, "short"), n_layers=2, n_heads=2)


@pytest.fixture(scope="module")
def long_url(long, tmp_path_factory):
    return written(long, tmp_path_factory.mktemp("long_page"))


def heads_table(results, text, column):
    heads = results.heads[results.heads["text"] == text]
    return heads[column].to_numpy().reshape(LAYERS, HEADS)


def test_the_grid_shows_every_heads_figures_and_their_means(watched, url, results):
    watched.goto(f"{url}#text=1")
    drawn(watched, 1)
    choice = watched.locator("#map-1").get_by_role("combobox", name="Grid shows")
    for name, column, factor, digits in (
        ("special-token share", "special_share", 100, 0),
        ("entropy", "entropy", 100, 0),
        ("distance", "distance", 1, 1),
    ):
        choice.select_option(label=name)
        values = heads_table(results, 0, column).astype(float) * factor
        expected = np.vstack([np.c_[values, values.mean(1)], [*values.mean(0), values.mean()]])
        rows = watched.locator("#map-1 .heads tbody tr")
        shown = [rows.nth(i).locator("td").all_text_contents() for i in range(LAYERS + 1)]
        assert np.abs(np.array(shown, float) - expected).max() <= 0.5 * 10**-digits + 1e-6
    assert "grid=distance" in watched.url
    choice.select_option(label="head class")
    letters = {"vertical": "V", "heterogeneous": "H"}
    for layer, row in enumerate(heads_table(results, 0, "head_class"), 1):
        for head, name in enumerate(row, 1):
            found = cell(watched, 1, layer, head, LAYERS, HEADS)
            expect(found).to_have_text(letters[name])
            expect(found).to_have_attribute("aria-label", f"Layer {layer}, head {head}: {name}")


def test_a_cell_says_where_it_is_and_its_figure(watched, url, results):
    watched.goto(f"{url}#text=1&grid=special")
    drawn(watched, 1)
    share = 100 * heads_table(results, 0, "special_share")[2, 1]
    said = cell(watched, 1, 3, 2, LAYERS, HEADS).get_attribute("aria-label")
    assert said == f"Layer 3, head 2: special share {share:.0f} %"
    assert watched.locator("#map-1 [role=grid]").get_attribute("aria-multiselectable") == "true"


def test_heads_are_chosen_and_added_with_the_keyboard_alone(watched, url, results):
    watched.goto(f"{url}#text=1")
    drawn(watched, 1)
    assert watched.locator("#map-1 [role=gridcell][tabindex='0']").count() == 1
    watched.locator("#map-1 [role=gridcell][tabindex='0']").focus()
    for key in ("Home", "ArrowRight", "ArrowUp", "ArrowUp"):
        watched.keyboard.press(key)
    expect(cell(watched, 1, 1, 2, LAYERS, HEADS)).to_be_focused()
    watched.keyboard.press("Enter")
    expect(watched.locator("#map-1 b.live")).to_have_text("Layer 1, head 2")
    watched.keyboard.press("ArrowDown")
    watched.keyboard.press("ArrowRight")
    watched.keyboard.press("Shift+Enter")
    expect(watched.locator("#map-1 b.live")).to_have_text("Mean over 2 heads (L1H2, L2H3)")
    assert watched.url.endswith("#text=1&heads=1.2+2.3")
    expect(watched.locator("#map-1 [role=gridcell][aria-selected=true]")).to_have_count(2)
    maps = maps_of(results, 0)
    assert same(plots(watched, 1)[0].z, (maps[0, 1] + maps[1, 2]) / 2)
    watched.go_back()
    expect(watched.locator("#map-1 b.live")).to_have_text("Layer 1, head 2")
    assert same(plots(watched, 1)[0].z, maps[0, 1])


def test_the_add_mode_takes_out_what_is_chosen_again(watched, url, results):
    watched.goto(f"{url}#text=1&layer=1&head=1")
    drawn(watched, 1)
    watched.get_by_role("checkbox", name="Add to the set").check()
    for layer, head in ((2, 2), (3, "mean"), (1, 1)):
        cell(watched, 1, layer, head, LAYERS, HEADS).click()
    assert watched.url.endswith("#text=1&heads=2.2+3.mean")
    maps = maps_of(results, 0)
    expected = (maps[1, 1] + maps[2].sum(0)) / (1 + HEADS)
    assert same(plots(watched, 1)[0].z, expected)


def test_the_ends_of_rows_and_columns_are_means(watched, url, results):
    watched.goto(f"{url}#text=1")
    drawn(watched, 1)
    maps = maps_of(results, 0)
    for layer, head, expected, title in (
        (2, "mean", maps[1].mean(0), "Layer 2, mean over 4 heads"),
        ("all", 3, maps[:, 2].mean(0), "All layers, head 3"),
        ("all", "mean", maps.mean((0, 1)), "All layers, mean over 4 heads"),
    ):
        cell(watched, 1, layer, head, LAYERS, HEADS).click()
        expect(watched.locator("#map-1 b.live")).to_have_text(title)
        assert same(plots(watched, 1)[0].z, expected)


def test_a_sets_lines_are_means_too(watched, url, results):
    watched.goto(f"{url}#text=1&heads=1.1+1.4+3.2")
    maps = maps_of(results, 0)
    expected = (maps[0, 0] + maps[0, 3] + maps[2, 1]) / 3
    (plot,) = plots(watched, 1)
    assert same(plot.z, expected)
    assert same(plot.received, expected.mean(0))
    assert same(plot.row, expected[0])


def test_two_selections_stand_side_by_side_with_one_range(watched, url, results):
    watched.goto(f"{url}#text=1&layer=1&head=2&with=3.4")
    drawn(watched, 1)
    maps = maps_of(results, 0)
    a, b = plots(watched, 1)
    assert same(a.z, maps[0, 1])
    assert same(b.z, maps[2, 3])
    assert (a.rows, a.columns, a.zmax) == (b.rows, b.columns, b.zmax)
    assert (a.layout["x"], a.layout["y"]) == (b.layout["x"], b.layout["y"])
    content = [sorted(m[:, 1:-1].flatten()) for m in (maps[0, 1], maps[2, 3])]
    tops = [cells[int(0.995 * len(cells))] for cells in content]
    assert a.zmax == pytest.approx(max(tops))
    lines = [m for x in (maps[0, 1], maps[2, 3]) for m in (*x.mean(0), *x[0])]
    assert a.layout["lines"] == b.layout["lines"] == pytest.approx([0, 1.06 * max(lines)])
    boxes = [watched.locator("#map-1 .plot").nth(i).bounding_box() for i in (0, 1)]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]


def test_a_second_view_is_begun_chosen_swapped_and_closed(watched, url, results):
    watched.goto(f"{url}#text=1&layer=2&head=1")
    drawn(watched, 1)
    panel = watched.locator("#map-1")
    panel.get_by_role("button", name="Compare with another view").press("Enter")
    expect(panel.get_by_role("radio", name="B: layer 2, head 1")).to_be_checked()
    cell(watched, 1, 3, 3, LAYERS, HEADS).click()
    assert watched.url.endswith("#text=1&layer=2&head=1&with=3.3")
    panel.get_by_role("button", name="Swap").click()
    assert watched.url.endswith("#text=1&layer=3&head=3&with=2.1")
    maps = maps_of(results, 0)
    a, b = plots(watched, 1)
    assert same(a.z, maps[2, 2])
    assert same(b.z, maps[1, 0])
    panel.get_by_role("radio", name="A:").check()
    panel.get_by_role("combobox", name="Head").select_option("4")
    assert watched.url.endswith("#text=1&layer=3&head=4&with=2.1")
    panel.get_by_role("button", name="Close").click()
    expect(panel.locator(".plot")).to_have_count(1)
    watched.go_back()
    expect(panel.locator(".plot")).to_have_count(2)


def test_on_a_narrow_screen_one_stands_below_the_other(browser, url):
    page = browser.new_page(viewport={"width": 400, "height": 900})
    page.goto(f"{url}#text=1&layer=1&head=2&with=3.4")
    plots(page, 1)
    first, second = (page.locator("#map-1 .plot").nth(i).bounding_box() for i in (0, 1))
    assert first["y"] + first["height"] <= second["y"]
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    page.close()


def test_content_only_prints_the_hidden_mass_of_each_view(watched, url, results):
    watched.goto(f"{url}#text=1&heads=1.1+2.2&with=3.4&content=1")
    maps = maps_of(results, 0)
    panes = watched.locator("#map-1 .plots > div")
    both = plots(watched, 1)
    for i, whole in enumerate(((maps[0, 0] + maps[1, 1]) / 2, maps[2, 3])):
        kept = whole[:, 1:-1].sum(1, keepdims=True)
        assert same(both[i].z[:, 1:-1], whole[:, 1:-1] / kept)
        assert np.isnan(both[i].z[:, [0, -1]]).all()
        said = f"≈ {100 * (1 - kept.mean()):.0f} % of the attention is hidden"
        expect(panes.nth(i)).to_contain_text(said)


def test_the_chosen_token_stands_in_the_address_and_back_undoes_it(watched, url, results):
    watched.goto(f"{url}#text=1&layer=2&head=3")
    drawn(watched, 1)
    watched.locator("#strip-1 .u").nth(4).click()
    assert watched.url.endswith("#text=1&layer=2&head=3&token=4")
    expect(watched.locator("#map-1 .detail h4")).to_be_visible()
    watched.go_back()
    expect(watched.locator("#map-1 .detail h4")).to_have_count(0)
    watched.goto("about:blank")
    watched.goto(f"{url}#text=1&layer=2&head=3&token=4")
    weights = maps_of(results, 0)[1, 2]
    names = results.tokens_of(0)["token"].tolist()
    lists = watched.locator("#map-1 .detail ol")
    for at, values in ((0, weights[4]), (1, weights[:, 4])):
        order = sorted(range(len(values)), key=lambda i: (-values[i], i))[:5]
        shown = [text.split(" ≈ ")[0] for text in lists.nth(at).locator("li").all_text_contents()]
        assert shown == [names[i] for i in order]
    watched.locator("#map-1 .plot .nsewdrag").first.wait_for()
    bands = plots(watched, 1)[0].layout["shapes"]
    assert [(s["x0"], s["x1"]) for s in bands if s["xref"] == "x"] == [(3.5, 4.5)]


def test_the_token_stays_behind_when_the_text_is_turned(watched, url):
    watched.goto(f"{url}#text=1&layer=2&head=3&token=4")
    drawn(watched, 1)
    watched.locator(".panel.open a[rel=next]").click()
    drawn(watched, 2)
    assert "token" not in watched.url
    assert "layer=2&head=3" in watched.url
    expect(watched.locator("#map-2 .detail h4")).to_have_count(0)


def test_scales_by_square_root_and_rank(watched, url, results):
    weights = maps_of(results, 0)[1, 2]
    watched.goto(f"{url}#text=1&layer=2&head=3")
    (linear,) = plots(watched, 1)
    scale = watched.locator("#map-1").get_by_role("combobox", name="Scale")
    scale.select_option("sqrt")
    (root,) = plots(watched, 1)
    assert same(root.z, np.sqrt(weights))
    assert root.zmax == pytest.approx(np.sqrt(linear.zmax))
    expect(watched.locator("#map-1 .live p.legend")).to_contain_text("Cells above that:")
    scale.select_option("rank")
    assert watched.url.endswith("&scale=rank")
    (rank,) = plots(watched, 1)
    expected = (rankdata(weights, "average").reshape(weights.shape) - 1) / (weights.size - 1)
    assert same(rank.z, expected)
    assert rank.zmax == 1
    expect(watched.locator("#map-1 .live p.legend")).to_contain_text("Nothing is clipped")


def test_one_range_for_all_views_and_texts(watched, url):
    for text, head in ((1, 2), (2, 4)):
        watched.goto(f"{url}#text={text}&layer=1&head={head}&range=shared")
        assert plots(watched, text)[0].zmax == 1
        expect(watched.locator(f"#map-{text} .live p.legend")).to_contain_text("from 0 to ≈ 100 %")
        expect(watched.locator(f"#map-{text} .live p.legend")).not_to_contain_text("above")


PARTS = {"1": (0, 0), "2": (1, 1), "1-2": (0, 1), "2-1": (1, 0)}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("content", [False, True])
def test_a_part_of_a_pair(watched, pair_url, pair, part, content):
    watched.goto(f"{pair_url}#text=1&layer=2&head=3&part={part}{'&content=1' * content}")
    segment = pair.tokens_of(0)["segment"].to_numpy(float, na_value=np.nan)
    rows, columns = (np.flatnonzero(segment == s) for s in PARTS[part])
    weights = maps_of(pair, 0)[1, 2]
    if content:
        is_content = ~np.isnan(segment)
        weights = weights / weights[:, is_content].sum(1, keepdims=True)
    (plot,) = plots(watched, 1)
    assert (plot.rows, plot.columns) == (rows.tolist(), columns.tolist())
    shown = weights[np.ix_(rows, columns)]
    assert same(plot.z, shown)
    assert same(plot.received, shown.mean(0))
    share = 100 * shown.sum(1).mean()
    expect(watched.locator("#map-1 .live p.legend")).to_contain_text(f": ≈ {share:.0f} % of what")
    names = [note["text"] for note in plot.layout["annotations"]]
    assert names == ["first", "second"] if "-" in part else len(set(names)) == 1


def test_a_rule_and_names_tell_the_segments_of_a_pair_apart(watched, pair_url, pair):
    watched.goto(f"{pair_url}#text=1")
    layout = plots(watched, 1)[0].layout
    second = SPLIT + 0.5
    rules = {(s["xref"], s["yref"], s["x0"], s["y0"]) for s in layout["shapes"]}
    assert rules == {("x", "paper", second, 0), ("paper", "y", 0, second)}
    names = [(note["text"], note["xref"], note["x"], note["y"]) for note in layout["annotations"]]
    assert names == [
        ("first", "x", 0.5, 1),
        ("first", "paper", 0, 0.5),
        ("second", "x", second, 1),
        ("second", "paper", 0, second),
    ]
    strip = watched.locator("#strip-1")
    expect(strip.locator(".segment")).to_have_text(["first", "second"])


def test_a_single_text_offers_no_parts(watched, url):
    watched.goto(f"{url}#text=1&part=1-2")
    drawn(watched, 1)
    expect(
        watched.locator("#map-1").get_by_role("combobox", name="Show", exact=True)
    ).to_have_count(0)
    assert not np.isnan(plots(watched, 1)[0].z).any()


def words_of(results, text):
    """The word of every token, from the text alone."""
    whole, words = results.texts.iloc[text]["text"], []
    numbers = np.cumsum([c.isspace() for c in whole])
    for token in results.tokens_of(text).itertuples():
        if token.is_special:
            words.append(token.token)
            continue
        letters = [i for i in range(token.start, token.end) if not whole[i].isspace()]
        words.append(int(numbers[letters[0]]))
    places = {word: i for i, word in enumerate(dict.fromkeys(words))}
    return np.array([places[word] for word in words])


def test_tokens_merged_to_words_are_sums_to_and_means_from(browser, tmp_path):
    made = make_results(tmp_path, ("word by word, merged again",), n_layers=LAYERS, n_heads=HEADS)
    tokens = made.tokens_of(0)
    page = browser.new_page()
    page.goto(f"{written(made, tmp_path)}#text=1&layer=2&head=3")
    drawn(page, 1)
    page.get_by_label("Merge tokens to words").check()
    assert page.url.endswith("&words=1")
    word = words_of(made, 0)
    member = np.eye(word.max() + 1)[word]  # [token, word]
    weights = maps_of(made, 0)[1, 2]
    (plot,) = plots(page, 1)
    assert same(plot.z, (member / member.sum(0)).T @ weights @ member)
    assert same(plot.received, weights.mean(0) @ member)
    assert same(plot.row, weights[0] @ member)
    assert len(plot.layout["labels"]) == 7
    page.goto("about:blank")
    page.goto(f"{written(made, tmp_path)}#text=1&words=1&token=2")
    (plot,) = plots(page, 1)
    assert same(plot.received, np.stack(tokens["received_layers"])[:, -1] @ member)
    chosen = page.locator("#strip-1 .u.chosen")
    assert chosen.count() == (word == word[2]).sum() > 1
    page.close()


def test_words_are_not_offered_where_they_cannot_be_told(watched, url):
    watched.goto(f"{url}#text=1&words=1")
    drawn(watched, 1)
    expect(watched.get_by_label("Merge tokens to words")).to_have_count(0)
    expect(watched.locator("#map-1 .chooser")).to_contain_text("not merged to words")
    assert len(plots(watched, 1)[0].rows) == len(plots(watched, 1)[0].z)


def test_a_long_text_has_an_overview_and_a_window_of_it(watched, long_url, long):
    watched.goto(f"{long_url}#text=1&layer=2&head=1&at=40.70")
    weights = maps_of(long, 0)[1, 0]
    (plot,) = plots(watched, 1)
    size = len(plot.rows)
    assert 40 <= size <= 64
    assert plot.rows == list(range(40, 40 + size))
    assert plot.columns == list(range(70, 70 + size))
    assert same(plot.z, weights[40 : 40 + size, 70 : 70 + size])
    assert same(plot.received, weights.mean(0)[70 : 70 + size])
    said = watched.locator("#map-1 .overview .small")
    expect(said).to_contain_text(f"rows 41–{40 + size}")
    expect(said).to_contain_text(f"of {LONG}")
    expect(watched.locator("#map-1 .plot .ytick text")).to_have_count(size)


def test_the_window_is_moved_by_keys_buttons_and_dragging(watched, long_url, long):
    watched.goto(f"{long_url}#text=1&layer=2&head=1")
    weights = maps_of(long, 0)[1, 0]
    (plot,) = plots(watched, 1)
    size = len(plot.rows)
    assert (plot.rows[0], plot.columns[0]) == (0, 0)
    sheet = watched.locator("#map-1 .sheet")
    sheet.focus()
    watched.keyboard.press("ArrowDown")
    (plot,) = plots(watched, 1)
    step = round(0.25 * size)
    assert (plot.rows[0], plot.columns[0]) == (step, 0)
    watched.keyboard.press("End")
    (plot,) = plots(watched, 1)
    assert plot.rows[-1] == plot.columns[-1] == LONG - 1
    assert same(plot.z, weights[-size:, -size:])
    watched.locator("#map-1").get_by_role("button", name="Up", exact=True).click()
    (plot,) = plots(watched, 1)
    assert plot.rows[0] == LONG - size - round(size / 2)
    box = sheet.bounding_box()
    watched.mouse.move(box["x"] + 5, box["y"] + 5)
    watched.mouse.down()
    watched.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
    watched.mouse.up()
    (plot,) = plots(watched, 1)
    assert abs(plot.rows[0] + size / 2 - LONG / 2) <= 2
    assert abs(plot.columns[0] + size / 2 - LONG / 2) <= 2
    assert f"at={plot.rows[0]}.{plot.columns[0]}" in watched.url
    watched.go_back()
    (plot,) = plots(watched, 1)
    assert plot.columns[-1] == LONG - 1


def test_the_overview_is_the_whole_map_in_the_same_colours(watched, long_url, long):
    watched.goto(f"{long_url}#text=1&layer=1&head=2&range=shared")
    drawn(watched, 1)
    found = watched.locator("#map-1 .sheet canvas").evaluate(
        """canvas => {
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          const light = [];
          for (let i = 0; i < data.length; i += 4) light.push(data[i] + data[i + 1] + data[i + 2]);
          return [canvas.width, canvas.height, light];
        }"""
    )
    assert found[:2] == [LONG, LONG]
    light = np.array(found[2])
    weights = maps_of(long, 0)[0, 1].flatten()
    order = np.argsort(weights)
    assert light[order[0]] == 0xFF + 0xFD + 0xF9  # the first colour of the light scale
    steps = np.round(255 * weights[order]).astype(int)
    by_step = dict(zip(steps.tolist(), light[order].tolist(), strict=True))
    assert [by_step[s] for s in steps.tolist()] == light[order].tolist()  # one colour a step
    assert sorted(by_step.values(), reverse=True) == [by_step[s] for s in sorted(by_step)]


def test_a_chosen_token_brings_the_window_to_it(watched, long_url, long):
    watched.goto(f"{long_url}#text=1&layer=2&head=1&token=120")
    (plot,) = plots(watched, 1)
    assert 120 in plot.rows
    assert 120 in plot.columns


def test_a_short_text_has_no_overview(watched, url):
    watched.goto(f"{url}#text=1")
    drawn(watched, 1)
    expect(watched.locator("#map-1 .overview")).to_be_hidden()


WHOLE = "#text=1&heads=1.1+2.mean&with=3.2&content=1&scale=sqrt&range=shared&token=3&grid=entropy"


def test_a_copied_link_opens_the_same_view(watched, url):
    watched.goto(url + WHOLE)
    drawn(watched, 1)
    before = plots(watched, 1)
    assert watched.url == url + WHOLE
    watched.reload()
    after = plots(watched, 1)
    assert watched.url == url + WHOLE
    for a, b in zip(before, after, strict=True):
        assert same(a.z, b.z)
    panel = watched.locator("#map-1")
    for name, value in (("Scale", "sqrt"), ("Range", "shared"), ("Grid shows", "entropy")):
        expect(panel.get_by_role("combobox", name=name)).to_have_value(value)
    expect(panel.locator(".detail h4")).to_have_count(2)


@pytest.mark.parametrize(
    ("given", "right"),
    [
        ("#text=1&heads=9.9", "#text=1"),
        ("#text=1&heads=1.2", "#text=1&layer=1&head=2"),
        ("#text=1&heads=2.3+1.2", "#text=1&heads=1.2+2.3"),
        ("#text=1&heads=1.1+1.2+1.3+1.4", "#text=1&layer=1&head=mean"),
        ("#text=1&layer=2&head=1&with=7.mean", "#text=1&layer=2&head=1"),
        ("#text=1&layer=2&head=1&scale=loud", "#text=1&layer=2&head=1"),
        ("#text=1&layer=2&head=1&token=999", "#text=1&layer=2&head=1"),
        ("#text=1&layer=2&head=1&part=3", "#text=1&layer=2&head=1"),
        ("#text=1&layer=2&head=1&at=x", "#text=1&layer=2&head=1"),
    ],
)
def test_a_view_that_is_not_there_is_put_right(watched, url, given, right):
    watched.goto(url + given)
    watched.wait_for_url(url + right)


def test_a_text_of_layer_means_offers_layers_and_sets_of_them(browser, results, tmp_path):
    page = browser.new_page()
    whole = written(results, tmp_path)
    size = (tmp_path / "report.html").stat().st_size
    for limit in range(size - 2000, 0, -2000):
        whole = written(results, tmp_path, max_size=limit)
        text = (tmp_path / "report.html").read_text("utf-8")
        if 'data-level="2"' in text:
            break
    number = text.split('data-level="2"')[0].rsplit('data-text="', 1)[1].split('"')[0]
    page.goto(f"{whole}#text={number}&heads=1.mean+3.mean")
    weights = maps_of(results, int(number) - 1)
    assert np.abs(plots(page, int(number))[0].z - weights[[0, 2]].mean((0, 1))).max() <= 0.004
    single = cell(page, int(number), 2, 2, LAYERS, HEADS)
    expect(single).to_have_attribute("aria-disabled", "true")
    share = 100 * heads_table(results, int(number) - 1, "special_share")[1, 1]
    expect(single).to_have_text(f"{share:.0f}")
    single.click(force=True)
    assert "heads=1.mean+3.mean" in page.url
    page.close()


def test_the_explorer_speaks_japanese(browser, results, tmp_path):
    page = browser.new_page()
    page.goto(f"{written(results, tmp_path, lang='ja')}#text=1&heads=1.1+2.2&with=3.mean&token=3")
    plots(page, 1)
    said = page.locator("#map-1 .live").all_text_contents()
    expect(page.locator("#map-1 .side").first).to_have_text("A：2ヘッドの平均（L1H1、L2H2）")
    english = ("Layer", "Head", "Scale", "Range", "Compare", "Swap", "mean", "Tokens", "Add")
    assert [word for word in english if word in "".join(said)] == []
    page.close()
