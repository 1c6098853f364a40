"""What a decoder looks at, on the page: its own map, and that across to the text."""

import csv
import io
import json
import re

import numpy as np
import pytest
from axe import found
from exploring import menu, units_of
from helpers.calling import call
from helpers.plain.plain_multiples import plain_step
from helpers.real.writers import PAIRS, save_writer
from opening import overhang, rendered, visit
from playwright.sync_api import expect

from reportgen.findings import Findings
from reportgen.report import load_language
from reportgen.report.panel import make_steps
from reportgen.results import attention_maps, open_results, target_units, text_units

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("decoded")
    save_writer(folder / "model", "bart")
    lines = [json.dumps({"text": text, "completion": target}) for text, target in PAIRS[:2]]
    (folder / "texts.jsonl").write_text("\n".join(lines), "utf-8")
    given = ("-m", folder / "model", "--units", "token", "-o", folder / "made")
    done = call("analyze", folder / "texts.jsonl", *given)
    assert done.exit_code == 0, done.stderr
    return open_results(folder / "made")


@pytest.fixture(scope="module")
def page_file(made, tmp_path_factory):
    return rendered(made, tmp_path_factory.mktemp("page"))


def test_axe_finds_nothing_on_the_page_of_an_encoder_decoder_and_narrow_it_fits(kept):
    kept.emulate_media(color_scheme="light")
    visit(kept, "#text=1")
    expect(kept.locator("#parts-1 svg").first).to_be_visible()
    assert found(kept) == []
    kept.set_viewport_size({"width": 400, "height": 900})
    kept.emulate_media(color_scheme="dark")
    kept.locator("#map-1").scroll_into_view_if_needed()
    expect(kept.locator("#parts-1 rect[data-at]").first).to_be_attached()
    assert found(kept) == []
    assert kept.evaluate("document.documentElement.scrollWidth") <= 400
    assert overhang(kept, "#parts-1 .scroll svg :is(text, rect)") <= 0


def saved(page, label="Save CSV"):
    """The table that is saved below the map of the first text: names of columns, rows, values."""
    with page.expect_download() as download:
        menu(page.locator("#parts-1 .tools")).get_by_role("button", name=label).click()
    text = download.value.path().read_text("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(text))
    return head[1:], [row[0] for row in rows], np.array([row[1:] for row in rows], float)


def test_it_opens_with_what_the_decoder_looks_at_in_the_text(kept, made):
    visit(kept, "#text=1")
    parts = kept.locator("#parts-1")
    expect(parts.locator(".said")).to_have_text("Cross-attention, layer 2, mean over 2 heads")
    expect(kept.locator("#map-1 > .static")).to_be_hidden()
    columns, rows, values = saved(kept)
    plain = attention_maps(made, "1", part="cross")
    assert len(columns) == len(plain.tokens)
    assert len(rows) == len(plain.queries)
    np.testing.assert_allclose(values, plain.values, atol=2e-4)
    row = values.max(axis=1).argmax()
    label = parts.locator("svg").first.get_attribute("aria-label")
    assert f"while it writes “{rows[row].removeprefix(chr(39))}” the decoder looks at" in label


def test_any_layer_and_head_is_drawn_and_weights_times_values_as_a_share_of_their_row(
    watched, made, url
):
    watched.goto(f"{url}#text=1")
    expect(watched.locator("#parts-1 rect[data-at]").first).to_be_attached()
    for layer, head in ((1, 1), (1, 2), (2, 1)):
        require_map_of(watched, made, layer, head)
    choose(watched, "Layer", 2)
    require_shares_of_rows(watched, made)


def choose(page, name, value):
    page.locator("#parts-1").get_by_role("combobox", name=name).select_option(label=str(value))


def require_map_of(watched, made, layer, head):
    parts = watched.locator("#parts-1")
    choose(watched, "Layer", layer)
    choose(watched, "Head", head)
    said = f"Cross-attention, layer {layer}, head {head}"
    expect(parts.locator(".said")).to_have_text(said)
    _, _, values = saved(watched)
    plain = attention_maps(made, "1", layer, head, "cross").values
    np.testing.assert_allclose(values, plain, atol=2e-4)
    marks = parts.locator("circle")
    content = [i for i, own in enumerate(made.tokens_of(0)["is_special"]) if not own]
    best = [content[row[content].argmax()] for row in plain]
    expect(marks).to_have_count(len(best))
    cells = [parts.locator(f"rect[data-at='{q}.{k}']") for q, k in enumerate(best)]
    for q, cell in enumerate(cells):
        box, dot = cell.bounding_box(), marks.nth(q).bounding_box()
        assert box["x"] < dot["x"] + dot["width"] / 2 < box["x"] + box["width"]
        assert box["y"] < dot["y"] + dot["height"] / 2 < box["y"] + box["height"]


def require_shares_of_rows(watched, made):
    parts = watched.locator("#parts-1")
    parts.get_by_label("× value").check()
    for head in ("mean", 2):
        choose(watched, "Head", "mean of 2" if head == "mean" else head)
        expect(parts.locator(".said")).to_contain_text("Cross-attention × value, layer 2")
        _, _, values = saved(watched)
        plain = attention_maps(made, "1", 2, head, "cross", values=True).values
        np.testing.assert_allclose(values, plain / plain.sum(1, keepdims=True), atol=4e-3)
        expect(parts.locator(".range")).to_contain_text("as a share of its row")
    watched.locator("#map-1 .part-choice label:has(input[value='decoder'])").click()
    expect(parts.locator(".said")).to_contain_text("Attention within the decoder")
    expect(parts.get_by_label("× value")).to_be_hidden()


def test_the_decoders_own_map_and_the_encoders_are_a_choice_away(kept, made):
    visit(kept, "#text=1")
    parts = kept.locator("#map-1 .part-choice")
    parts.locator("label:has(input[value='decoder'])").click()
    said = kept.locator("#parts-1 .said")
    expect(said).to_have_text("Attention within the decoder, layer 2, mean over 2 heads")
    columns, rows, values = saved(kept)
    plain = attention_maps(made, "1", part="decoder")
    assert columns == rows
    np.testing.assert_allclose(values, plain.values, atol=2e-4)
    assert np.array_equal(values, np.tril(values))
    parts.locator("label:has(input[value='encoder'])").click()
    expect(kept.locator("#parts-1")).to_be_hidden()
    expect(kept.locator("#map-1 .plot").first).to_be_visible()
    assert "map=encoder" in kept.url
    kept.go_back()
    expect(said).to_be_visible()


def test_the_address_says_which_part_is_shown(kept):
    visit(kept, "#text=2&map=encoder")
    expect(kept.locator("#parts-2")).to_be_hidden()
    visit(kept, "#text=1&map=nothing")
    expect(kept.locator("#parts-1 .said")).to_contain_text("Cross-attention")


def test_pictures_of_its_heads_preview_and_keep_a_map_whose_colours_the_text_takes(kept, made):
    visit(kept, "#text=1")
    parts, legend = kept.locator("#parts-1"), kept.locator("#legend-1")
    title, first = parts.locator(".said"), legend.inner_text()
    picture = parts.locator("td[data-l='0'][data-h='1']")
    expect(picture.locator("canvas")).not_to_have_js_property("width", 1)
    plain = attention_maps(made, "1", 1, 2, "cross").values
    size = [
        picture.locator("canvas").evaluate(f"one => one.{side}") for side in ("height", "width")
    ]
    assert size == list(plain.shape)
    picture.hover()
    expect(title).to_have_text("Cross-attention, layer 1, head 2")
    kept.mouse.move(0, 0)
    expect(title).to_have_text("Cross-attention, layer 2, mean over 2 heads")
    assert legend.inner_text() == first
    picture.click()
    assert kept.url.endswith("&decoded=1.2")
    said = "Colour: cross-attention, layer 1, head 2, per token; 1× is the average."
    expect(legend).to_have_text(said)
    content = ~made.tokens_of(0)["is_special"].to_numpy(bool)
    received = plain.mean(axis=0)
    times = received / received[content].mean()
    units = units_of(kept)
    for at in np.flatnonzero(content):
        assert f"h{plain_step(times[at])}" in units[at].get_attribute("class").split()
    kept.locator("#map-1 .part-choice label:has(input[value='decoder'])").click()
    expect(title).to_have_text("Attention within the decoder, layer 1, head 2")
    expect(legend).to_have_text(first)  # its columns are no tokens of the text
    expect(parts.locator("path.future")).to_be_attached()
    kept.go_back()
    expect(legend).to_have_text(said)
    kept.get_by_role("button", name="Colours now: cross-attention").click()
    expect(legend).to_have_text(first)
    assert "decoded" not in kept.url
    visit(kept, "#text=1&decoded=3.1")  # there are two layers
    expect(title).to_have_text("Cross-attention, layer 2, mean over 2 heads")


def test_without_special_tokens_rows_are_divided_by_what_is_left(kept, made):
    visit(kept, "#text=1&content=1&decoded=1.2")
    expect(kept.locator("#parts-1 .range")).to_contain_text("Special tokens are taken out")
    plain = attention_maps(made, "1", 1, 2, "cross").values
    content = np.flatnonzero(~made.tokens_of(0)["is_special"].to_numpy(bool))
    assert kept.locator("#parts-1 rect[data-at]").count() == len(plain) * len(content)
    kept.locator(f"#parts-1 rect[data-at='0.{content[1]}']").hover()
    share = plain[0, content[1]] / plain[0, content].sum()
    told = float(re.search(r"([\d.]+)\s%", kept.locator("#tip").inner_text())[1])
    assert told == pytest.approx(100 * share, rel=0.06)
    kept.locator("#parts-1").get_by_role("checkbox", name="Hide").uncheck()
    expect(kept.locator("#parts-1 rect[data-at]")).to_have_count(plain.size)


def test_a_cell_tells_from_what_to_what_it_is(kept, made):
    visit(kept, "#text=1")
    plain = attention_maps(made, "1", part="cross")
    kept.locator("#parts-1 rect[data-at='0.1']").hover()
    tip = kept.locator("#tip")
    expect(tip).to_contain_text("→")
    expect(tip).to_contain_text("Cross-attention, layer 2")
    assert f"{100 * plain.values[0, 1]:.0f}"[0] in tip.inner_text()


def test_a_chosen_token_of_the_target_frames_its_row(kept):
    visit(kept, "#text=1")
    expect(kept.locator("#parts-1 rect.reads")).to_have_count(0)
    units = kept.locator("#strip-1 p").nth(1).locator(".u")
    units.nth(1).click()
    frame, cell = (
        kept.locator(f"#parts-1 {name}") for name in ("rect.reads", "rect[data-at='1.0']")
    )
    expect(frame).to_have_count(1)
    assert abs(frame.bounding_box()["y"] - cell.bounding_box()["y"]) < 3


def test_without_scripts_the_encoders_map_and_the_one_across_stand_below_one_another(
    still_tab, url
):
    page = still_tab
    page.goto(url)
    for number in (1, 2):
        assert page.locator(f"#map-{number} > .static svg").is_visible()
        assert page.locator(f"#parts-{number} svg circle").count() > 0
        assert "Cross-attention" in page.locator(f"#parts-{number} figcaption").text_content()


@pytest.mark.parametrize("view", ["gradient", "attention_gradient"])
def test_a_chosen_token_shows_its_own_gradient(kept, made, view):
    units, behind = text_units(made, 0), target_units(made, 0)
    row = make_steps(Findings(made), 0, units, load_language("en"), behind).rows[1]
    visit(kept, f"#text=1&measure={view}")
    marks = units_of(kept)
    marks[row.unit].click()
    own = row.moves.others[view]
    legend = kept.locator("#legend-1")
    expect(legend).to_contain_text("gradient")
    expect(legend).to_contain_text(f"“{row.token}”")
    expect(kept.locator("#strip-1 ~ .answer")).to_have_text(row.sentence)
    for i, (colour, value) in enumerate(zip(own.colours, own.values, strict=True)):
        classes = marks[i].get_attribute("class").split()
        assert f"h{abs(colour or 0)}" in classes
        assert ("m" in classes) is (colour is not None and colour < 0)
        assert marks[i].get_attribute("data-value") == value
    tone = "size" if view == "gradient" else "signed"
    assert tone in kept.locator("#strip-1").get_attribute("class").split()


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    folder = tmp_path_factory.mktemp("long")
    save_writer(folder / "model", "bart", max_position_embeddings=1024)
    words = "the cat sat on a very good film " * 12
    (folder / "texts.jsonl").write_text(json.dumps({"text": words, "completion": words}), "utf-8")
    given = ("-m", folder / "model", "--evidence", "none", "--units", "token")
    done = call("analyze", folder / "texts.jsonl", *given, "-o", folder / "made")
    assert done.exit_code == 0, done.stderr
    return open_results(folder / "made")


@pytest.fixture(scope="module")
def long_page(long, tmp_path_factory):
    return rendered(long, tmp_path_factory.mktemp("page"), pool_above=130)


def grouped(values, rows, columns):
    """The sum over columns and the mean over rows of what belongs together."""
    found = np.zeros((max(rows) + 1, max(columns) + 1))
    for q, row in enumerate(rows):
        for k, column in enumerate(columns):
            found[row, column] += values[q, k] / rows.count(row)
    return found


@pytest.mark.parametrize("part", ["cross", "decoder"])
def test_of_a_long_text_and_target_cells_stand_for_several_tokens(keep, long_page, long, part):
    kept = keep(long_page)
    visit(kept, f"#text=1&map={part}")
    expect(kept.locator("#parts-1 rect[data-at]").first).to_be_attached()
    data = json.loads(kept.locator("#data-1").text_content())
    plain = attention_maps(long, "1", part=part)
    sides = {"text": data["cells"], "written": data["writtenCells"]["cells"]}
    sides["read"] = data["readCells"]["cells"]
    rows, columns = ("written", "text") if part == "cross" else ("read", "read")
    drawn = []
    for cells, unit_of in ((sides[rows], data["writes"]), (sides[columns], data["units"])):
        of = [cells[unit] for unit in unit_of] if part == "cross" else list(cells)
        each = -(-(max(cells) + 1) // 64)
        drawn.append([cell // each for cell in of])
    head, names, values = saved(kept)
    assert len(head) == max(drawn[1]) + 1 <= 64
    assert len(names) == max(drawn[0]) + 1 <= 64
    # Cells were rounded to a byte after the mean over their rows.
    np.testing.assert_allclose(values, grouped(plain.values, *drawn), atol=0.02)
    assert "A cell stands for up to" in kept.locator("#parts-1 .range").text_content()
    if part == "cross":
        units_of(kept)[data["units"][40]].click()
        frame = kept.locator("#parts-1 rect.reads")
        cell = kept.locator(f"#parts-1 rect[data-at='0.{drawn[1][40]}']")
        assert abs(frame.bounding_box()["x"] - cell.bounding_box()["x"]) < 3
