"""Single keys, the help card and the theme switch in a real Chromium."""

import pytest
from helpers.made_up.factories import HEADLINES, make_results
from helpers.page_of import page_of
from opening import rendered, show_all, visit
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    made = make_results(tmp_path_factory.mktemp("results"), HEADLINES, n_layers=2, n_heads=2)
    made.texts["group"] = ["a", "b", "a", "b", "a", "b"]
    return made


@pytest.fixture(scope="module")
def page_file(results, tmp_path_factory):
    return rendered(results, tmp_path_factory.mktemp("page"))


def opened(page):
    return page.locator(".panel.open h3")


def focused(page):
    """The address that the focus is on."""
    return page.evaluate("document.activeElement.getAttribute('href')")


def test_tab_reaches_one_link_of_the_list_and_arrows_go_from_text_to_text(kept):
    """What is filtered out is passed over."""
    visit(kept, "#text=3")
    show_all(kept)
    links = kept.locator("#list tbody a")
    stops = links.evaluate_all(
        "all => all.filter((one) => one.tabIndex === 0).map((one) => one.hash)"
    )
    assert stops == ["#text=3"]
    kept.locator("#list tbody a[tabindex='0']").focus()
    for key, text in (("ArrowDown", 4), ("End", 6), ("ArrowDown", 6), ("ArrowUp", 5), ("Home", 1)):
        kept.keyboard.press(key)
        assert focused(kept) == f"#text={text}"
    kept.keyboard.press("ArrowDown")
    kept.keyboard.press("Tab")
    assert kept.evaluate("!document.activeElement.closest('#list tbody')")
    kept.keyboard.press("Shift+Tab")
    assert focused(kept) == "#text=2"
    kept.keyboard.press("Enter")
    expect(opened(kept)).to_have_text("Text 2")
    visit(kept, "#text=2&group=a")  # texts 1, 3 and 5
    kept.locator("#list tbody a[tabindex='0']").focus()
    assert focused(kept) == "#text=1"
    kept.keyboard.press("ArrowDown")
    assert focused(kept) == "#text=3"


def test_the_text_is_thirty_steps_of_tab_away_however_many_texts_there_are(kept):
    visit(kept, "#text=1")
    for show in (lambda page: None, show_all):
        show(kept)
        kept.locator(".skip").focus()
        for _ in range(30):
            kept.keyboard.press("Tab")
            if kept.evaluate("document.activeElement.matches('.strip .u')"):
                break
        assert kept.evaluate("document.activeElement.matches('.strip .u')")


@pytest.mark.parametrize(("forth", "back"), [("]", "["), ("j", "k")])
def test_keys_go_through_the_list_as_it_is_sorted_and_filtered(kept, url, results, forth, back):
    order = sorted((0, 2, 4), key=lambda text: -int(results.texts["n_tokens"].iloc[text]))
    visit(kept, f"#text={order[0] + 1}&sort=-tokens&group=a")
    expect(opened(kept)).to_have_text(f"Text {order[0] + 1}")
    for text in order[1:]:
        kept.keyboard.press(forth)
        expect(opened(kept)).to_have_text(f"Text {text + 1}")
        expect(kept).to_have_url(f"{url}#text={text + 1}&sort=-tokens&group=a")
        expect(opened(kept)).to_be_focused()
        expect(opened(kept)).to_be_in_viewport()
    kept.keyboard.press(forth)  # the last stays
    expect(opened(kept)).to_have_text(f"Text {order[-1] + 1}")
    kept.keyboard.press(back)
    expect(opened(kept)).to_have_text(f"Text {order[-2] + 1}")
    kept.go_back()
    expect(opened(kept)).to_have_text(f"Text {order[-1] + 1}")


def test_from_a_text_that_is_filtered_out_keys_go_to_its_neighbours(kept):
    visit(kept, "#text=3&group=b")
    kept.keyboard.press("]")
    expect(opened(kept)).to_have_text("Text 4")


def test_slash_searches_and_keys_are_letters_while_typing(kept):
    visit(kept, "#text=2")
    kept.keyboard.press("/")
    field = kept.get_by_role("searchbox")
    expect(field).to_be_focused()
    kept.keyboard.type("jk[]d?/")
    expect(field).to_have_value("jk[]d?/")
    expect(opened(kept)).to_have_text("Text 2")
    expect(kept.get_by_role("dialog")).to_have_count(0)
    kept.keyboard.press("Control+a")
    assert kept.evaluate("document.documentElement.dataset.theme") is None


def test_keys_with_control_are_the_browsers(kept):
    visit(kept, "#text=2")
    for key in ("Control+j", "Alt+j", "Meta+k"):
        kept.keyboard.press(key)
    expect(opened(kept)).to_have_text("Text 2")


KEYS = {"]", "[", "j", "↑", "↓", "k", "/", "d", "?", "Enter", "Esc"}


def test_the_help_card_lists_every_key_in_japanese_too(results):
    card = page_of(results, lang="ja").find(id="help")
    assert "読み方" in card.get_text()
    assert {key.get_text() for key in card.select("kbd")} >= KEYS
    assert len(card.find_all("p", recursive=False)) == 4


def test_the_help_card_lists_every_key_and_gives_the_focus_back(kept):
    button = kept.locator("#help-button")
    button.focus()
    kept.keyboard.press("?")
    card = kept.get_by_role("dialog", name="How to read")
    expect(card).to_be_visible()
    keys = card.locator("kbd").all_inner_texts()
    assert set(keys) >= KEYS
    assert card.locator(":scope > p").count() == 4  # three sentences and the switch
    assert kept.evaluate("document.querySelector('dialog').contains(document.activeElement)")
    kept.keyboard.press("]")
    kept.keyboard.press("d")
    assert kept.evaluate("document.documentElement.dataset.theme") is None
    kept.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(button).to_be_focused()
    button.click()
    expect(card).to_be_visible()
    card.get_by_role("button").click()
    expect(card).to_be_hidden()
    expect(button).to_be_focused()


def test_a_theme_and_that_single_keys_are_off_are_remembered(watched, url):
    watched.emulate_media(color_scheme="light")
    watched.goto(f"{url}#text=2")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = watched.evaluate(paper)
    watched.keyboard.press("d")
    dark = watched.evaluate(paper)
    assert (light, dark) == ("rgb(255, 255, 255)", "rgb(18, 22, 28)")
    watched.keyboard.press("?")
    watched.get_by_label("Single keys are on").uncheck()
    watched.keyboard.press("Escape")
    watched.keyboard.press("]")
    watched.keyboard.press("?")
    expect(watched.get_by_role("dialog")).to_have_count(0)
    watched.reload()
    assert watched.evaluate(paper) == dark
    watched.keyboard.press("]")
    expect(opened(watched)).to_have_text("Text 2")
    watched.locator("#help-button").click()
    watched.get_by_label("Single keys are on").check()
    watched.keyboard.press("Escape")
    watched.keyboard.press("]")
    expect(opened(watched)).to_have_text("Text 3")
    button = watched.get_by_role("button", name="Theme")
    button.click()
    assert watched.evaluate(paper) == light
    button.click()
    assert watched.evaluate(paper) == dark


def test_without_storage_the_theme_still_switches(watched, url, tmp_path):
    frame = tmp_path / "frame.html"
    frame.write_text(f'<iframe src="{url}" sandbox="allow-scripts" width=1200 height=800></iframe>')
    watched.goto(frame.as_uri())
    inside = watched.frame_locator("iframe")
    inside.locator("#theme").click()
    expect(inside.locator("html")).to_have_attribute("data-theme", "dark")


def test_without_scripts_there_is_no_help_button_and_no_card(still_tab, url):
    still_tab.goto(url)
    expect(still_tab.locator("#help-button")).to_be_hidden()
    expect(still_tab.locator("#help")).to_be_hidden()
