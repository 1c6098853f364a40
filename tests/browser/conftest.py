"""A browser, and a page that must be without fault."""

from contextlib import contextmanager

import pytest
from exploring import HEADS, LAYERS
from helpers.made_up.factories import HEADLINES, make_results
from opening import placed, rendered, visit
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
  work.name === "loadPlotly" ? setTimeout(work, 4000) : whenIdle(work, options);
"""
# What a page that is kept is like at first, and how it is made so again.
KEEP = """(file) => {
  const folds = Array.from(document.querySelectorAll("details"), (fold) => [fold, fold.open]);
  Object.assign(window, { kept: file, folds: new Map(folds) });
}"""
PUT_BACK = """() => {
  document.activeElement?.blur();
  for (const fold of document.querySelectorAll("details")) fold.open = folds.get(fold) ?? false;
}"""


@pytest.fixture(scope="session")
def browser(chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--renderer-process-limit=1"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def tabs(browser):
    """The window of all tabs with scripts, which are one process of the browser: another one would
    compile plotly.js again, which takes over a second."""
    with browser.new_context(viewport=WINDOW) as tabs:
        tabs.add_init_script(ONE_ADDRESS)
        tabs.add_init_script(NOT_AT_ONCE)
        yield tabs


@pytest.fixture(scope="session")
def one_tab(tabs):
    return tabs.new_page()


@pytest.fixture
def own_tab(tabs):
    """A tab of its own, for a test that adds a script to every page."""
    page = tabs.new_page()
    yield page
    page.close()


@pytest.fixture
def tap(own_tab):
    """What touches a place of `own_tab` as a finger does."""
    session = own_tab.context.new_cdp_session(own_tab)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def tap(x, y):
        point = {"x": x, "y": y}
        session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    return tap


@pytest.fixture
def tab(one_tab):
    """An empty tab with the default window and media, and nothing in its storage."""
    yield one_tab
    one_tab.evaluate("location.protocol === 'file:' && localStorage.clear()")
    empty(one_tab)


def empty(page):
    page.goto("about:blank")
    reset(page)


def reset(page):
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


@contextmanager
def faultless(tab):
    """While it lasts, a tab must have no console error and no request but for itself."""
    faults: list[str] = []
    listeners = {
        "console": lambda m: faults.append(m.text) if m.type in ("error", "warning") else None,
        "pageerror": lambda error: faults.append(str(error)),
        "request": lambda r: faults.append(r.url) if r.url.startswith(("http", "ws")) else None,
    }
    for event, listener in listeners.items():
        tab.on(event, listener)
    try:
        yield
    finally:
        for event, listener in listeners.items():
            tab.remove_listener(event, listener)
    assert faults == []


@pytest.fixture
def watched(tab):
    """A tab; at the end it must have had no console error and no request but for itself."""
    with faultless(tab):
        yield tab


@pytest.fixture(scope="session")
def kept_tab(tabs):
    return tabs.new_page()


@pytest.fixture
def keep(request, kept_tab):
    """Opens a report that stays open for the next test that asks for it, in a watched tab.

    It is for tests that `visit` a place, and leave nothing that another address does not undo, or
    that is not put back here: folds, the focus, the pointer, window and media.
    """

    def open_report(file):
        if kept_tab.evaluate("window.kept") != str(file):
            empty(kept_tab)
            kept_tab.goto(f"{placed(file)}#text=1")  # where the map is drawn at once
            kept_tab.evaluate(KEEP, str(file))
        return kept_tab

    n_failed = request.session.testsfailed
    with faultless(kept_tab):
        yield open_report
        reset(kept_tab)
        if kept_tab.evaluate("'kept' in window"):
            kept_tab.mouse.move(0, 0)
            visit(kept_tab, "#text=1")
            kept_tab.evaluate(PUT_BACK)
    if request.session.testsfailed > n_failed:
        empty(kept_tab)  # no test fails because of another


@pytest.fixture
def kept(keep, page_file):
    """The tab where the report of the module is open and stays so."""
    return keep(page_file)


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
