"""A browser, and a page that must be without fault."""

import pytest
from exploring import HEADS, LAYERS
from helpers.made_up.factories import HEADLINES, make_results
from opening import placed, rendered
from playwright.sync_api import sync_playwright

WINDOW = {"width": 1280, "height": 900}
# The browser keeps a compiled script under the address of its page, of which the part after # is
# one: while plotly.js is added that part is empty, so that it is compiled once for each page.
ONE_ADDRESS = """
const append = Element.prototype.append;
Element.prototype.append = function (...nodes) {
  const address = location.href;
  const isHidden = location.hash && nodes.some((node) => node.tagName === "SCRIPT");
  if (isHidden) history.replaceState(history.state, "", address.split("#")[0]);
  append.apply(this, nodes);
  if (isHidden) history.replaceState(history.state, "", address);
};
"""
# A page that has nothing to do starts plotly.js and draws the map of the open text, which takes as
# long as all else: here later, so that most tests that look at neither are over by then.
NOT_AT_ONCE = """
const whenIdle = window.requestIdleCallback;
window.requestIdleCallback = (work, options) =>
  work.name === "loadPlotly" ? setTimeout(work, 1000) : whenIdle(work, options);
"""


@pytest.fixture(scope="session")
def browser(chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def one_tab(browser):
    """The tab behind `tab`: a new one would compile plotly.js again, which takes over a second."""
    page = browser.new_page(viewport=WINDOW)
    page.add_init_script(ONE_ADDRESS)
    page.add_init_script(NOT_AT_ONCE)
    yield page
    page.close()


@pytest.fixture
def tab(one_tab):
    """An empty tab with the default window and media, and nothing in its storage.

    A test that adds a script to every page, or needs rights, opens a tab of its own.
    """
    yield one_tab
    one_tab.evaluate("location.protocol === 'file:' && localStorage.clear()")
    empty(one_tab)


def empty(page):
    page.goto("about:blank")
    page.set_viewport_size(WINDOW)
    page.emulate_media(
        media="null", color_scheme="null", reduced_motion="null", forced_colors="null"
    )


@pytest.fixture(scope="session")
def one_still_tab(browser):
    page = browser.new_page(viewport=WINDOW, java_script_enabled=False)
    yield page
    page.close()


@pytest.fixture
def still_tab(one_still_tab):
    """An empty tab where scripts are off."""
    yield one_still_tab
    empty(one_still_tab)


@pytest.fixture
def scripts():
    """Whether scripts are on, for tests that try both."""
    return True


@pytest.fixture
def page(request, scripts):
    """A tab where scripts are on or off."""
    return request.getfixturevalue("tab" if scripts else "still_tab")


@pytest.fixture
def watched(tab):
    """A tab; at the end it must have had no console error and no request but for itself."""
    faults: list[str] = []
    listeners = {
        "console": lambda m: faults.append(m.text) if m.type in ("error", "warning") else None,
        "pageerror": lambda error: faults.append(str(error)),
        "request": lambda r: faults.append(r.url) if r.url.startswith(("http", "ws")) else None,
    }
    for event, listener in listeners.items():
        tab.on(event, listener)
    yield tab
    for event, listener in listeners.items():
        tab.remove_listener(event, listener)
    assert faults == []


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    """The headlines a page is explored with; a test that needs others has its own."""
    folder = tmp_path_factory.mktemp("results")
    return make_results(folder, HEADLINES, n_layers=LAYERS, n_heads=HEADS, sink=0.4)


@pytest.fixture(scope="session")
def page_file(results, tmp_path_factory):
    """The report of `results`; a module with others has its own."""
    return rendered(results, tmp_path_factory.mktemp("page"))


@pytest.fixture
def url(page_file):
    return placed(page_file)
