"""A report written to disk and opened."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Locator, Page

from reportgen.comparison import Runs
from reportgen.findings import Findings
from reportgen.report import RenderOptions, render
from reportgen.results import Results

HOSTILE = (
    "</script><script>window.bad=1</script>",
    "<img src=x onerror=window.bad=1> <s>&amp;</s>",
    "<a href='javascript:window.bad=1'>x</a> a\u202eb\x00c",
)


# Where every report is opened. The browser keeps a compiled script under the address of its page:
# at another one it would compile plotly.js again, which takes a second.
_PLACE = TemporaryDirectory()


def rendered(results: Results, folder: Path, **options) -> Path:
    """The file of the report of `results`."""
    path, choices = folder / "report.html", RenderOptions(**options)
    path.write_bytes(render(Runs(Findings(results, choices.colour)), choices).content)
    return path


def placed(path: Path) -> str:
    """The address of a report, which is its own until the next one is placed."""
    place = Path(_PLACE.name) / "report.html"
    place.unlink(missing_ok=True)
    place.symlink_to(path)
    return place.as_uri()


def written(results: Results, folder: Path, **options) -> str:
    """The address of the report of `results`, until the next one is placed."""
    return placed(rendered(results, folder, **options))


def visit(page: Page, address: str) -> None:
    """Follow an address, as "#text=2&layer=1", within the open report, until it is drawn."""
    page.evaluate(
        """(address) => new Promise((resolve) => {
          const inTwoFrames = () =>
            requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)));
          if (location.hash === address) return inTwoFrames();
          addEventListener("hashchange", inTwoFrames, { once: true });
          location.hash = address;
        })""",
        address,
    )


def drawn(page: Page, number: int) -> Locator:
    """The plot of a text, once it is drawn."""
    figure = page.locator(f"#map-{number}.drawn")
    figure.wait_for(state="attached", timeout=20_000)  # `expect` would look only once a second
    return figure.locator(".plot")


def pointed_at(page: Page, number: int) -> Locator:
    """The same of a map that is pointed at, which need not wait until the page is idle."""
    page.locator(f"#map-{number}").dispatch_event("pointerover")
    return drawn(page, number)


def middle(thing: Locator) -> tuple[float, float]:
    """The place in the window where a thing has its middle, once it is scrolled to."""
    thing.scroll_into_view_if_needed()
    box = thing.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def overhang(page: Page, marks: str) -> float:
    """How far the marks of a picture reach beyond what scrolls around it, to the right."""
    reach: float = page.evaluate(  # in one go, as a map may be drawn anew at any moment
        """marks => {
          const all = [...document.querySelectorAll(marks)];
          if (!all.length) throw new Error("no such marks");
          const right = (element) => element.getBoundingClientRect().right;
          const over = (mark) => right(mark) - right(mark.closest(".plots, .scroll"));
          return Math.max(...all.map(over));
        }""",
        marks,
    )
    return reach


def show_all(page: Page) -> None:
    """Shows the list of all texts, where those to start with stand first."""
    tab = page.get_by_role("button", name=re.compile(r"^All \d"))
    if tab.count():
        tab.click()


def turn_page(page: Page) -> None:
    """Go on to the next text."""
    page.locator(".panel.open a[rel=next]").click()
