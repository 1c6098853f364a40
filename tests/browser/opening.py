"""A report written to disk and opened."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page

from reportgen.findings.findings import Findings
from reportgen.report.html.page import render
from reportgen.report.options import RenderOptions
from reportgen.results.store import Results

HOSTILE = (
    "</script><script>window.bad=1</script>",
    "<img src=x onerror=window.bad=1> <s>&amp;</s>",
    "<a href='javascript:window.bad=1'>x</a> a\u202eb\x00c",
)


def written(results: Results, folder: Path, **options) -> str:
    """The address of the report of `results`."""
    path, choices = folder / "report.html", RenderOptions(**options)
    path.write_bytes(render(Findings(results, choices.colour), choices).content)
    return path.as_uri()


def drawn(page: Page, number: int) -> Locator:
    """The plot of a text, once it is drawn."""
    figure = page.locator(f"#map-{number}.drawn")
    figure.wait_for(state="attached", timeout=20_000)  # `expect` would look only once a second
    return figure.locator(".plot")


def show_all(page: Page) -> None:
    """Shows the list of all texts, where those to start with stand first."""
    tab = page.get_by_role("button", name=re.compile(r"^All \d"))
    if tab.count():
        tab.click()


def turn_page(page: Page) -> None:
    """Go on to the next text."""
    page.locator(".panel.open a[rel=next]").click()
