"""Many texts: with scripts most panels are built only when they are asked for, without them all
stand in the page."""

import csv
import re

import pytest
from exploring import menu
from helpers.made_up.factories import HEADLINES, changed, make_results
from opening import drawn, placed, pointed_at, rendered, written
from playwright.sync_api import expect
from serving import JENKINS, OWN_AND_DATA, served

from reportgen.findings import Findings
from reportgen.report.html import PAPER_ROWS, WHOLE_UP_TO

pytestmark = pytest.mark.browser

N = PAPER_ROWS + 5
TEXTS = tuple(
    f"{HEADLINES[i % len(HEADLINES)]} <{i}> &amp; <b> \"{i}' {'long ' * 12}end{i}" for i in range(N)
)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    labels = tuple(float(i % 7) for i in range(N))
    return make_results(folder, TEXTS, n_layers=2, n_heads=2, labels=labels)


@pytest.fixture(scope="module")
def page_file(results, tmp_path_factory):
    return rendered(results, tmp_path_factory.mktemp("page"), max_size=30_000_000)


@pytest.fixture(scope="module")
def one_held(page_file):
    """The number of a text whose panel is not built at first."""
    numbers = re.findall(r"<noscript class=held id=held-(\d+)>", page_file.read_text("utf-8"))
    assert N - 12 <= len(numbers) < N
    return int(numbers[len(numbers) // 2])


@pytest.fixture
def held(watched, url, one_held):
    """The same, while the page is open at another text."""
    watched.goto(url)
    n_held = watched.evaluate("document.querySelectorAll('.held').length")
    assert watched.locator(".panel").count() == N - n_held
    return one_held


def test_a_text_is_built_coloured_and_drawn_when_it_is_opened(watched, held):
    watched.get_by_role("button", name=f"All {N}").click()
    watched.evaluate("(n) => document.querySelector(`.texts a[href='#text=${n}']`).click()", held)
    panel = watched.locator(".panel.open")
    expect(panel).to_have_attribute("id", f"text={held}")
    expect(panel.locator(f"#strip-{held} p")).to_contain_text(TEXTS[held - 1])
    assert panel.locator(".u:not(.s, .h0)").count() > 3
    pointed_at(watched, held)
    panel.locator(f"#strip-{held} .u").nth(3).click()
    expect(panel.locator(".answer")).not_to_be_empty()
    assert watched.locator(f"#held-{held}").count() == 0
    panel.locator("a[rel=next]").click()
    expect(watched.locator(".panel.open")).to_have_attribute("id", f"text={held + 1}")


def test_the_search_and_a_saved_list_read_the_whole_of_texts_that_are_not_built(watched, held):
    watched.get_by_role("searchbox").fill(f"END{held - 1}")
    expect(watched.locator("table.texts tbody tr:visible")).to_have_count(1)
    expect(watched.locator("table.texts tbody tr:visible th")).to_have_text(str(held))
    watched.get_by_role("searchbox").fill(f"<{held - 1}> &amp; <b> long")
    expect(watched.locator("table.texts tbody tr:visible")).to_have_count(1)
    assert watched.locator(f"#held-{held}").count() == 1  # read, not built
    require_found_what_the_text_says(watched)
    watched.get_by_role("searchbox").fill("")
    with watched.expect_download() as saved:
        watched.get_by_role("button", name=f"All {N}").click()
        menu(watched.locator("#list + .tools")).get_by_role("button").last.click()
    rows = list(csv.reader(saved.value.path().read_text("utf-8-sig").splitlines()))
    assert [row[0] for row in rows[1:]] == [str(n) for n in range(1, N + 1)]
    assert TEXTS[held - 1] in rows[held]


def require_found_what_the_text_says(page):
    for word in ("&amp;", "&lt;", "<b", '"7', "7'", "span", "[sep]", "u+"):
        page.get_by_role("searchbox").fill(word)
        found = [i + 1 for i, text in enumerate(TEXTS) if word in text.lower()]
        said = f"{N} texts" if len(found) == N else f"{len(found)} of {N} texts shown"
        expect(page.locator(".find .count"), word).to_have_text(said)
        if word in ("&amp;", "u+"):  # as it stands in the address, after a while
            searched = "word => new URLSearchParams(location.hash.slice(1)).get('q') === word"
            page.wait_for_function(searched, arg=word)


MOVED = """
window.moved = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.moved += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
# Rows of a list that are whole in the window.
WHOLE_ROWS = """selector => [...document.querySelectorAll(selector)].filter((row) => {
  const { top, bottom, height } = row.getBoundingClientRect();
  return height && top >= 0 && bottom <= innerHeight;
}).length"""


@pytest.fixture(scope="module", params=[90, pytest.param(1000, marks=pytest.mark.whole)])
def listed(request, tmp_path_factory):
    """The page of many texts, of which 90 have maps, and how many they are."""
    folder, n = tmp_path_factory.mktemp("listed"), request.param
    texts = tuple(f"{HEADLINES[i % len(HEADLINES)]} {i}" for i in range(n))
    labels = tuple(float(i % 7) for i in range(n))
    made = make_results(folder, texts, n_layers=1, n_heads=2, labels=labels, keep=90)
    return rendered(made, folder), n


def test_of_many_texts_those_to_start_with_are_open_and_nothing_moves(own_tab, listed):
    page, (path, n) = own_tab, listed
    page.set_viewport_size({"width": 1280, "height": 800})
    page.add_init_script(MOVED)
    page.goto(placed(path))
    first = page.locator("#notable .pick[aria-current=true]")
    expect(first).to_be_visible()
    drawn(page, int(page.locator(".panel.open").get_attribute("id").removeprefix("text=")))
    assert page.evaluate("moved") <= 0.05
    assert page.evaluate(WHOLE_ROWS, "#notable ol > li") >= 6
    told = page.locator("#notable h3 small").text_content()
    assert page.locator(".tabs button").first.inner_text().endswith(f" {told}")
    filters = page.get_by_role("button", name="Filter")
    expect(filters).to_be_hidden()
    page.get_by_role("button", name=f"All {n:,}").click()
    assert page.evaluate(WHOLE_ROWS, "#list tbody tr") >= 6
    expect(page.locator(".find select").first).to_be_hidden()
    expect(filters).to_have_attribute("aria-expanded", "false")
    filters.click()
    expect(filters).to_have_attribute("aria-expanded", "true")
    page.locator(".find").get_by_label("Sort by").select_option("-error")
    page.reload()  # what was chosen is seen
    expect(page.locator(".find").get_by_label("Sort by")).to_have_value("-error")
    expect(page.locator(".find").get_by_label("Sort by")).to_be_visible()


def test_the_text_is_two_presses_of_tab_away(watched, listed):
    watched.goto(placed(listed[0]))
    number = watched.locator(".panel.open").get_attribute("id").removeprefix("text=")
    watched.keyboard.press("Tab")
    expect(watched.get_by_role("link", name="Skip to the text")).to_be_focused()
    watched.keyboard.press("Enter")
    expect(watched.locator(f"#t{number}")).to_be_focused()
    watched.keyboard.press("Tab")
    assert watched.evaluate("Boolean(document.activeElement.closest('.panel.open'))")


def test_without_scripts_the_first_link_skips_to_the_texts(still_tab, url):
    still_tab.goto(url)
    still_tab.keyboard.press("Tab")
    expect(still_tab.locator(".skip")).to_be_focused()
    still_tab.keyboard.press("Enter")
    expect(still_tab.locator("#panels .panel").first).to_be_in_viewport()


def test_a_text_without_evidence_says_so_once(watched, tmp_path):
    made = make_results(tmp_path, HEADLINES * 6, evidence="basic")
    stored = (made.stored(name) for name in ("evidence", "effects"))
    evidence, effects = (own[own["text"] != 3].reset_index(drop=True) for own in stored)
    watched.goto(f"{written(changed(made, evidence=evidence, effects=effects), tmp_path)}#text=4")
    said = re.compile("not measured")
    expect(watched.locator(".panel.open").get_by_text(said)).to_have_count(1)
    expect(watched.locator(".panel.open .unmeasured")).to_have_text(said)
    watched.get_by_role("button", name="All 36").click()
    expect(watched.locator("#list td").get_by_text(said).locator("visible=true")).to_have_count(0)


def on_paper(page):
    """The numbers of the texts on paper."""
    page.emulate_media(media="print")
    ids = page.locator(".panel").filter(visible=True).evaluate_all("all => all.map(e => e.id)")
    return {int(own.removeprefix("text=")) for own in ids}


def test_an_address_opens_a_text_and_on_paper_are_that_and_those_to_start_with(
    watched, held, url, results
):
    first = {text + 1 for text in Findings(results).picked.texts}
    assert 1 < len(first) < 12
    watched.goto(f"{url}#text={N + 1}")
    watched.wait_for_function("location.hash === '#texts'")
    watched.goto(f"{url}#text={held}&layer=1&head=2")
    expect(watched.locator(".panel.open")).to_have_attribute("id", f"text={held}")
    drawn(watched, held)
    watched.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert on_paper(watched) == first | {held}
    assert watched.locator("#list tbody tr").filter(visible=True).count() == PAPER_ROWS
    # One that was opened before is left out again.
    watched.goto(f"{url}#text={min(first)}")
    assert on_paper(watched) == first
    expect(watched.locator("#unprinted")).to_have_text(
        f"On paper: the text that is open, and those to start with. The other {N - len(first)} of "
        f"{N} texts stand in this table; one that you open before you print is on paper too. The "
        f"table has its first {PAPER_ROWS} rows on paper; all {N} are in the table texts.csv."
    )
    watched.emulate_media(media="screen")
    watched.evaluate("dispatchEvent(new Event('afterprint'))")
    assert watched.locator(".panel:visible").count() == 1
    expect(watched.locator("#unprinted")).to_be_hidden()


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """Of as many texts as a page shows whole and of one more: the texts to start with, the page."""
    made = {}
    for n in (WHOLE_UP_TO, WHOLE_UP_TO + 1):
        texts, folder = HEADLINES * 9, tmp_path_factory.mktemp("few")
        results = make_results(folder, texts[:n], n_layers=2, n_heads=2)
        picked = Findings(results).picked
        opened = Findings(results).opened["en"]
        first = {text + 1 for text in (opened, *picked.texts)}  # the example is listed too
        made[n] = first, rendered(results, folder)
    return made


@pytest.mark.parametrize("scripts", [True, False])
def test_those_to_start_with_are_on_paper_whether_others_are_built_or_not(page, few, scripts):
    for n, (first, file) in few.items():
        page.goto(placed(file))
        if scripts:
            page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert on_paper(page) == first
        assert page.locator("#list tbody tr").filter(visible=True).count() == n
        expect(page.locator("#unprinted")).to_contain_text(f"The other {n - len(first)} of {n}")
        expect(page.locator("#unprinted")).not_to_contain_text("texts.csv")


def test_without_scripts_every_text_is_coloured_and_those_to_start_with_are_on_paper(
    still_tab, url, results
):
    still_tab.goto(url)
    expect(still_tab.locator(".panel")).to_have_count(N)
    last = still_tab.locator(f'[id="text={N}"]')
    last.scroll_into_view_if_needed()
    expect(last).to_be_visible()
    expect(last.locator(".strip .u:not(.s, .h0)").first).to_be_visible()
    expect(last.locator("svg.cells")).to_be_visible()
    expect(still_tab.locator(".unrun")).to_have_count(0)
    box, before = (still_tab.locator(f'[id="text={n}"]').bounding_box() for n in (N, N - 1))
    assert box["x"] == before["x"]
    assert box["width"] == before["width"]
    assert on_paper(still_tab) == {text + 1 for text in Findings(results).picked.texts}
    expect(still_tab.locator("#unprinted")).to_be_visible()
    assert still_tab.locator("#list tbody tr").filter(visible=True).count() == PAPER_ROWS


def test_where_a_host_lets_no_script_run_the_page_says_what_is_missing(own_tab, page_file):
    tab = own_tab
    with served(page_file.parent, OWN_AND_DATA) as host:
        tab.goto(f"{host}/{page_file.name}")
        sentence = tab.locator(".unrun")
        expect(sentence).to_be_visible()
        n_held = int(sentence.inner_text().split(" texts")[0].split()[-1])
        assert n_held == N - tab.locator(".panel").count()
        assert "Save this file and open it from a disk." in sentence.inner_text()
    with served(page_file.parent, JENKINS) as host:  # a sandbox, where scripts are off
        tab.goto(f"{host}/{page_file.name}")
        expect(tab.locator(".panel")).to_have_count(N)
        expect(tab.locator(".unrun")).to_have_count(0)
