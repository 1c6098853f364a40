"""Words that the glossary explains: by pointer, focus and touch, and as links without scripts."""

import pytest
from helpers.made_up.factories import HEADLINES, make_results
from opening import middle, rendered, visit
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

MEANT = "A model reads a text in steps, its layers"


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("terms")
    return rendered(make_results(folder, HEADLINES, evidence="basic"), folder)


def test_pointer_and_focus_show_what_a_word_means(kept):
    visit(kept, "#text=1")
    term, tip = kept.locator(".line .term"), kept.locator("#tip")
    expect(term).to_have_text("4 layers × 3 heads")
    term.hover()
    expect(tip).to_contain_text(MEANT)
    kept.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    term.focus()
    expect(tip).to_contain_text(MEANT)
    expect(term).to_have_attribute("aria-describedby", "tip")


def test_a_touch_shows_it_and_stays_where_it_is(own_tab, tap, url):
    page = own_tab
    page.set_viewport_size({"width": 400, "height": 860})
    page.goto(url)
    tap(*middle(page.locator(".panel.open .bars .term")))
    expect(page.locator("#tip")).to_contain_text("the piece of text the model works on")
    assert "#term" not in page.url


def test_a_click_and_without_scripts_the_link_lead_to_the_glossary(kept, still_tab, url):
    visit(kept, "#text=1")
    still_tab.goto(url)
    for page in (kept, still_tab):
        page.locator(".line .term").click()
        expect(page.locator("#term-layer dd")).to_be_in_viewport()
    require_every_term_in_the_glossary(still_tab)


def require_every_term_in_the_glossary(page):
    links = page.locator("a.term").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert {"#term-layer", "#term-token"} <= set(links)
    names = page.locator("[id^=term-]:has(dt)").evaluate_all("all => all.map(one => '#' + one.id)")
    assert set(links) <= set(names)
    assert len(names) == len(set(names))
