"""A browser, and a page that must be without fault."""

import pytest
from exploring import HEADS, LAYERS
from factories import HEADLINES, make_results
from opening import written
from playwright.sync_api import sync_playwright


@pytest.fixture(scope="session")
def browser(chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def watched(browser):
    """A page; at the end it must have had no console error and no request but for itself."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda m: faults.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda r: faults.append(r.url) if r.url.startswith(("http", "ws")) else None)
    yield page
    assert faults == []
    context.close()


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    """The headlines a page is explored with; a test that needs others has its own."""
    folder = tmp_path_factory.mktemp("results")
    return make_results(folder, HEADLINES, n_layers=LAYERS, n_heads=HEADS, sink=0.4)


@pytest.fixture(scope="session")
def url(results, tmp_path_factory):
    return written(results, tmp_path_factory.mktemp("page"))
