"""The page in five sentences, in a real Chromium: one at a time, by keyboard, without scripts."""

import pytest
from axe import found, found_in_both
from helpers.made_up.factories import HEADLINES, make_results
from opening import placed, rendered
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SIZES = """box => [...box.querySelectorAll("*")].filter((one) => one.textContent.trim())
  .map((one) => parseFloat(getComputedStyle(one).fontSize))"""


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    made = make_results(folder, HEADLINES * 2, sink=0.5, evidence="basic")
    return rendered(made, tmp_path_factory.mktemp("page"))


@pytest.fixture
def opened(watched, url):
    """The page with the five sentences open, at a size where all is seen."""
    watched.set_viewport_size({"width": 1280, "height": 800})
    watched.goto(url)
    watched.get_by_text("Read this page in 5 sentences").click()
    return watched


def foot(page):
    return page.get_by_role("region", name="Read this page in 5 sentences")


def links(page):
    return page.locator("#guide li a")


def test_the_button_is_right_of_the_title_and_nothing_moves_when_it_opens(watched, url):
    watched.set_viewport_size({"width": 1280, "height": 800})
    watched.goto(url)
    button = watched.get_by_text("Read this page in 5 sentences")
    title, box = watched.locator("h1").bounding_box(), button.bounding_box()
    assert box["x"] > title["x"] + title["width"]
    assert abs(box["y"] + box["height"] / 2 - title["y"] - title["height"] / 2) < 8
    before = watched.locator(".answers").bounding_box()
    button.click()
    expect(links(watched)).to_have_count(5)
    expect(links(watched).last).to_be_in_viewport()
    assert watched.locator(".answers").bounding_box() == before
    watched.keyboard.press("Escape")
    expect(links(watched).last).to_be_hidden()
    expect(button).to_be_focused()


def test_show_me_sets_the_page_and_leaves_one_sentence_at_the_foot(opened):
    sentences = opened.locator("#guide li span").all_inner_texts()
    addresses = links(opened).evaluate_all("all => all.map(link => link.dataset.address)")
    links(opened).first.click()
    expect(links(opened).first).to_be_hidden()
    expect(foot(opened).get_by_role("button", name="Back")).to_be_hidden()
    for number, (sentence, address) in enumerate(zip(sentences, addresses, strict=True), 1):
        said = foot(opened).locator("p[aria-live=polite]")
        expect(said).to_have_text(f"{number} / 5{sentence}")
        opened.wait_for_function("address => location.hash === address", arg=address)
        expect(opened.locator(".shown-by-guide")).to_have_count(1)
        expect(opened.locator(".shown-by-guide")).to_be_in_viewport()
        expect(foot(opened).locator(":focus")).to_have_count(1)
        if number < 5:
            opened.keyboard.press("Enter")  # on Next
    text = opened.locator(".panel.open").get_attribute("id").removeprefix("text=")
    assert not opened.locator(f"#map-{text}").get_by_label("Hide [CLS] and [SEP]").is_checked()
    expect(foot(opened).get_by_role("button", name="Close")).to_be_focused()
    expect(foot(opened).get_by_role("button", name="Next")).to_be_hidden()
    foot(opened).get_by_role("button", name="Back").press("Enter")
    expect(foot(opened).locator("p")).to_contain_text("4 / 5")
    expect(foot(opened).get_by_role("button", name="Back")).to_be_focused()
    opened.keyboard.press("Escape")
    expect(foot(opened)).to_be_hidden()
    expect(opened.get_by_text("Read this page in 5 sentences")).to_be_focused()


def test_letters_are_large_enough_and_axe_finds_nothing(opened):
    assert min(opened.locator("#guide").evaluate(SIZES)) >= 9
    assert found_in_both(opened, "#guide") == []
    links(opened).nth(1).click()
    assert min(foot(opened).evaluate(SIZES)) >= 9
    assert found(opened, ".guide-foot") == []
    opened.emulate_media(media="print")
    expect(foot(opened)).to_be_hidden()
    expect(opened.locator("#guide")).to_be_hidden()


def test_on_a_phone_it_fits(watched, url):
    watched.set_viewport_size({"width": 400, "height": 860})
    watched.goto(url)
    watched.get_by_text("Read this page in 5 sentences").click()
    box = watched.locator("#guide ol").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 400
    links(watched).nth(4).click()
    expect(foot(watched).get_by_role("button", name="Close")).to_be_in_viewport(ratio=1)
    assert watched.evaluate("document.documentElement.scrollWidth") <= 400


def test_without_scripts_it_opens_and_leads_to_the_place(still_tab, page_file):
    still_tab.goto(placed(page_file))
    expect(links(still_tab).first).to_be_hidden()
    still_tab.get_by_text("Read this page in 5 sentences").click()
    expect(links(still_tab)).to_have_count(5)
    for link in links(still_tab).all():
        place = link.get_attribute("href").removeprefix("#")
        assert still_tab.locator(f'[id="{place}"]').count() == 1
    links(still_tab).nth(1).click()
    expect(still_tab.locator(".strip").first).to_be_in_viewport()
