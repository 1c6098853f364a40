"""The report on paper: short, the same with and without scripts, nothing cut, light."""

import re
from shutil import which
from subprocess import check_output

import pytest
from exploring import as_pair
from helpers.cases import some_of
from helpers.made_up.factories import HEADLINES, make_results
from opening import drawn, placed, rendered, visit
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

MM = 96 / 25.4
PAPER = {"width": round((210 - 24) * MM), "height": round((297 - 20) * MM)}  # within the margins
FORTY = "".join(chr(0x3042 + i) for i in range(38))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Short texts, one of 40 tokens, a pair, one of 200 tokens."""
    folder = tmp_path_factory.mktemp("paper")
    texts = (*HEADLINES, FORTY, "first second", "0123456789" * 20)
    made = make_results(folder / "results", texts, n_layers=3, sink=0.4, evidence="full")
    return rendered(as_pair(made, len(HEADLINES) + 1, 6), folder), len(texts)


@pytest.fixture
def report(whole):
    """Its address and how many texts it has."""
    path, count = whole
    return placed(path), count


def titles(pdf, key):
    """The strings of a PDF under `key`, in their order."""
    found = re.findall(rb"/" + key + rb" \((?:\\.|[^\\)])*\)|/" + key + rb" <[0-9A-Fa-f]*>", pdf)
    texts = []
    for one in found:
        value = one[len(key) + 2 :]
        if value.startswith(b"<"):
            raw = bytes.fromhex(value[1:-1].decode())
        else:
            raw = re.sub(rb"\\([0-7]{3})", lambda m: bytes([int(m[1], 8)]), value[1:-1])
            raw = re.sub(rb"\\(.)", rb"\1", raw, flags=re.DOTALL)
        is_wide = raw.startswith(b"\xfe\xff")
        texts.append(raw[2:].decode("utf-16-be") if is_wide else raw.decode("latin-1"))
    return texts


def bare(texts):
    """Without spaces, of which the outline loses those at the end of a line."""
    return {"".join(text.split()) for text in texts}


def pages(pdf):
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def printed(page):
    return page.pdf(prefer_css_page_size=True, tagged=True, outline=True)


@pytest.mark.parametrize("scripts", [True, False])
def test_the_pdf_has_every_section_and_every_figure_of_every_text(page, report, scripts):
    url, count = report
    page.goto(url)
    if scripts:
        drawn(page, int(page.locator(".panel.open").get_attribute("id").removeprefix("text=")))
    page.emulate_media(media="print")
    sections = page.locator("main > section :is(h2, h3)").filter(visible=True).all_text_contents()
    shown = page.locator(".panel.paper")
    numbers = [int(own.removeprefix("text=")) for own in shown.evaluate_all(IDS)]
    assert 1 < len(numbers) < count
    charts = (
        shown.locator("svg.fig")
        .filter(visible=True)
        .evaluate_all("""figures => figures.map(figure => figure.getAttribute("aria-label"))""")
    )
    assert len(sections) > 5
    of_units = [label for label in charts if " dots: " in label]
    of_maps = [label for label in charts if "largest cell" in label]
    assert len(of_maps) == len(numbers)
    assert len(charts) == len(of_maps) + len(of_units)  # lines that are folded stay so
    pdf = printed(page)
    outline = bare(titles(pdf, b"Title"))
    # Chromium says the words of a heading at the top of a page twice.
    outline |= {
        title[: len(title) // 2] for title in outline if title == 2 * title[: len(title) // 2]
    }
    assert bare(sections) <= outline
    texts = {one for one in outline if re.fullmatch(r"Text\d+", one)}
    assert texts == {f"Text{number}" for number in numbers}
    assert bare(charts) <= bare(titles(pdf, b"Alt"))


IDS = "all => all.map(e => e.id)"


def words_by_page(page, folder):
    """The words of each printed page, in order."""
    path = folder / "printed.pdf"
    path.write_bytes(page.pdf(format="A4"))
    text = check_output(["pdftotext", path, "-"], text=True)
    return ["\n".join(sorted(part.split())) for part in text.split("\f")[:-1]]


@pytest.mark.skipif(which("pdftotext") is None, reason="pdftotext is not there")
def test_paper_is_short_and_the_same_whether_scripts_ran_or_not(keep, still_tab, whole, tmp_path):
    path, _ = whole
    kept = keep(path)
    first = kept.evaluate("JSON.parse(document.getElementById('page-data').textContent).first")
    visit(kept, f"#text={first}")
    drawn(kept, first)
    with_scripts = words_by_page(kept, tmp_path)
    still_tab.goto(placed(path))
    assert words_by_page(still_tab, tmp_path) == with_scripts
    assert len(with_scripts) <= 9
    # The open text and its map follow the answers at once.
    first_map = next(at for at, words in enumerate(with_scripts) if "columns" in words)
    assert first_map <= 1


def test_what_is_folded_is_one_line_on_paper_and_what_is_open_stands_there(keep, whole):
    kept = keep(whole[0])
    kept.emulate_media(media="print")
    fold = kept.locator("#trust .behind")
    expect(fold.locator("ul.how")).to_be_hidden()
    expect(fold.locator("> summary")).to_contain_text("figures also in agreement.csv")
    assert fold.bounding_box()["height"] < 40
    assert (
        kept.locator("details:not(.tools, .guide, .panel *, dialog *) > summary").count()
        == kept.locator("details:not(.tools, .panel *, dialog *) > summary:has(.on-paper)").count()
    )
    expect(kept.locator(".panel.open > details > summary")).to_be_hidden()
    kept.evaluate("document.querySelector('#trust .behind').open = true")
    expect(fold.locator("ul.how")).to_be_visible()
    expect(fold.locator("> summary .on-paper")).to_be_hidden()
    kept.emulate_media(media="screen")
    expect(fold.locator("> summary .on-paper")).to_be_hidden()


@pytest.mark.parametrize("lang", some_of(["en", "ja"], "en"))
def test_what_belongs_together_fits_a_page_and_is_kept_on_it(keep, whole, tmp_path, lang):
    path, count = whole
    if lang == "ja":
        texts = (*HEADLINES, FORTY)
        path = rendered(make_results(tmp_path / "r", texts), tmp_path, lang="ja")
        count = len(texts) + 1
    tab = keep(path)
    tab.set_viewport_size(PAPER)
    tab.emulate_media(media="print")
    tab.evaluate("document.querySelectorAll('.panel').forEach(e => e.classList.add('paper'))")
    if lang == "en":
        require_maps_within_their_part(tab, count)
    # What is wider makes the browser shrink the whole tab.
    assert tab.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]
    boxes = tab.locator("main :is(svg.fig, tr, .notes li, .card, .influence tr)").evaluate_all(
        """all => all.filter(e => e.getClientRects().length).map(e => ({
          height: e.getBoundingClientRect().height, inside: getComputedStyle(e).breakInside,
          right: e.matches("svg.cells") ? 0 : e.getBoundingClientRect().right,
        }))"""
    )
    assert len(boxes) > 100
    for box in boxes:
        assert box["inside"] == "avoid"
        assert box["height"] < PAPER["height"] / 1.3
        assert box["right"] <= PAPER["width"] + 1
    texts = tab.locator(", ".join(f'[id="text={number}"]' for number in range(1, count)))
    each = (
        "all => all.map(e => [e.getBoundingClientRect().height, getComputedStyle(e).breakInside])"
    )
    found = texts.evaluate_all(each)
    assert len(found) == count - 1
    assert max(height for height, _ in found) <= PAPER["height"]
    assert max(height for height, _ in found[: len(HEADLINES)]) <= PAPER["height"] / 1.9
    assert {inside for _, inside in found} == {"avoid"}
    # The map of a long text stands below it, and may stand on the next page.
    ((_, inside),) = tab.locator(f'[id="text={count}"]').evaluate_all(each)
    assert inside == "auto"
    headings = tab.locator("main :is(h2, h3, h4, thead)").filter(visible=True)
    after = headings.evaluate_all("all => all.map(e => getComputedStyle(e).breakAfter)")
    assert set(after) == {"avoid"}
    small = tab.locator(".panel td, .panel th").evaluate_all(
        "cells => Math.min(...cells.map(cell => parseFloat(getComputedStyle(cell).fontSize)))"
    )
    assert small >= 7 * 96 / 72 - 0.01


def require_maps_within_their_part(page, count):
    maps = page.locator("[id^='text='] svg.cells").evaluate_all(
        """all => all.map((svg) => {
          const room = svg.closest(".static").getBoundingClientRect();
          const cells = svg.querySelector("g.scale").getBoundingClientRect();
          return [cells.right - room.right, cells.left - room.left, cells.bottom - room.bottom,
                  cells.width];
        })"""
    )
    assert len(maps) == count
    for right, left, bottom, width in maps:
        assert right <= 1
        assert left >= 0
        assert bottom <= 1
        assert width > 50


def test_paper_is_light_whatever_the_screen_is(keep, whole):
    tab = keep(whole[0])
    tab.emulate_media(color_scheme="dark")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    tab.emulate_media(media="print")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    highlight = tab.locator("#strip-1 .u:not(.s)").first
    assert highlight.evaluate("e => getComputedStyle(e).printColorAdjust") == "exact"


def test_paper_says_what_was_chosen_and_the_screen_is_as_before(keep, whole):
    kept = keep(whole[0])
    visit(kept, "#text=2&layer=1&head=2&content=1")
    drawn(kept, 2)
    in_place = kept.locator(".panel").evaluate_all(IDS)
    kept.evaluate("dispatchEvent(new Event('beforeprint'))")
    kept.emulate_media(media="print")
    line = kept.locator('[id="text=2"] .printed')
    expect(line).to_be_visible()
    expect(line).to_contain_text("Chosen on the screen: layer 1, head 2, Text tokens only.")
    expect(kept.locator("#texts > .printed").nth(1)).to_contain_text("layer 1, head 2")
    assert on_paper_first(kept) == "text=2"
    kept.emulate_media(media="screen")
    kept.evaluate("dispatchEvent(new Event('afterprint'))")
    assert kept.locator(".printed").count() == 2
    assert kept.locator(".panel").evaluate_all(IDS) == in_place
    visit(kept, "#text=2")
    expect(kept.locator("#map-2 b.live")).to_have_text("Layer 3, mean over 3 heads")
    kept.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert kept.locator(".printed").count() == 2
    kept.evaluate("dispatchEvent(new Event('afterprint'))")


def on_paper_first(page):
    return page.locator(".panel").filter(visible=True).first.get_attribute("id")


def test_every_text_is_printed_in_the_measure_that_was_chosen(keep, whole):
    path, count = whole
    kept = keep(path)
    visit(kept, "#text=1&measure=effect")
    expect(kept.locator("#colours-1 input:checked")).to_have_value("effect")
    kept.evaluate("dispatchEvent(new Event('beforeprint'))")
    kept.emulate_media(media="print")
    chosen = kept.locator(".colours input:checked").evaluate_all("all => all.map(e => e.value)")
    assert chosen == ["effect"] * count
    for legend in kept.locator(".strip + .legend").all_inner_texts():
        assert "when the token is left out" in legend


def nothing_is_cut(page, width):
    """No table is wider than its place."""
    page.set_viewport_size({"width": width, "height": 860})
    sizes = page.locator(".scroll").evaluate_all(
        "all => all.map(e => [e.scrollWidth, e.clientWidth])"
    )
    assert sizes
    for whole, shown in sizes:
        assert whole <= shown


@pytest.fixture(scope="module")
def long_table(tmp_path_factory):
    """Many texts, of which each takes two lines of the table."""
    folder = tmp_path_factory.mktemp("long")
    texts = tuple(f"begin{i} {'and so on ' * 9}end{i}" for i in range(1, 91))
    made = make_results(folder / "results", texts, n_layers=1, n_heads=1, keep=0)
    return rendered(made, folder)


@pytest.mark.skipif(which("pdftotext") is None, reason="pdftotext is not there")
@pytest.mark.parametrize("scripts", some_of([True, False], True))
def test_every_page_of_a_table_has_its_head_and_no_row_is_on_two(page, long_table, tmp_path):
    page.goto(placed(long_table))
    (tmp_path / "long.pdf").write_bytes(printed(page))
    text = check_output(["pdftotext", "-layout", tmp_path / "long.pdf", "-"], text=True)
    row = re.compile(r"^ *(\d+) +begin\1 ", re.MULTILINE)
    places: dict[str, set[int]] = {}
    with_rows = 0
    for number, part in enumerate(text.split("\f")):
        first = row.search(part)
        if first is None:
            continue
        with_rows += 1
        before = part[: first.start()]
        assert re.search(r"No\. +Text +Prediction\s*$", before)
        of_table = part[first.start() :]
        for mark in re.findall(r"(?:begin|end)\d+\b", of_table):
            places.setdefault(mark, set()).add(number)
    assert with_rows >= 3
    for i in range(1, 91):
        assert places[f"begin{i}"] & places[f"end{i}"]
        assert len(places[f"begin{i}"]) == 1
    page.emulate_media(media="print")
    breaks = "all => [...new Set(all.map(row => getComputedStyle(row).breakInside))]"
    assert page.locator("main tr").evaluate_all(breaks) == ["avoid"]
