"""Processor time of Chromium until a report shows its first content and its first map, and a bare
page with plotly.js and one heatmap beside it.

    python tests/benchmarks/first_plot.py [report.html ...] [--texts 100] [--rounds 5]

Without a report one is made of made-up results (no model): so many texts of 5 to 20 words, 12
layers with 12 heads. Counted is the processor time of all processes of the browser, which a
machine that is shared moves less than a clock, from the navigation to the moment at which the page
answers again after its first paint, and after the frame with its first map. The least of the
rounds, each in a context of its own, is taken.
"""

import argparse
import random
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from page_chromium import first_content, first_drawn, opened
from playwright.sync_api import Browser, sync_playwright
from plotly.offline import get_plotlyjs

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from helpers.made_up.factories import make_results

from reportgen.comparison import Runs
from reportgen.findings import Findings
from reportgen.report import RenderOptions, render

WORDS = "the screen waiter soup camera was not very cold free great noisy and but so again"
BARE = """<!doctype html><meta charset="utf-8"><title>One heatmap</title><h1>One heatmap</h1>
<figure class="drawn"><div id="plot"></div></figure>
<script>{plotlyjs}</script>
<script>
const rows = Array.from({{ length: 20 }}, (_, i) => Array.from({{ length: 20 }}, (_, j) => i * j));
Plotly.newPlot("plot", [{{ type: "heatmap", z: rows }}]);
</script>
"""


def made_up_report(folder: Path, n_texts: int) -> Path:
    """A report of so many texts with evidence."""
    draw = random.Random(1)
    words = WORDS.split()
    texts = tuple(" ".join(draw.choices(words, k=draw.randint(5, 20))) for _ in range(n_texts))
    results = make_results(
        folder / "results", texts, n_layers=12, n_heads=12, sink=0.4, evidence="basic"
    )
    path = folder / f"{n_texts}_texts.html"
    path.write_bytes(render(Runs(Findings(results)), RenderOptions()).content)
    return path


def bare_page(folder: Path) -> Path:
    """What plotly.js takes by itself."""
    path = folder / "one_heatmap.html"
    path.write_text(BARE.format(plotlyjs=get_plotlyjs()), "utf-8")
    return path


def processor_time(browser: Browser) -> Callable[[], float]:
    """A call for the milliseconds that all processes of the browser took so far."""
    session = browser.new_browser_cdp_session()

    def taken() -> float:
        processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
        return 1000 * sum(process["cpuTime"] for process in processes)

    return taken


def measured(browser: Browser, path: Path, rounds: int) -> tuple[float, float]:
    """Milliseconds of processor time until the first content and the first plot of a page."""
    taken, contents, plots = processor_time(browser), [], []
    for _ in range(rounds):
        before = taken()
        with opened(browser, path) as tab:
            first_content(tab)
            contents.append(taken() - before)
            first_drawn(tab)
            plots.append(taken() - before)
    return min(contents), min(plots)


def main() -> None:
    """Measure each page, and print its times beside those of the bare page."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("reports", nargs="*", type=Path)
    parser.add_argument("--texts", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        folder = Path(place)
        reports = given.reports or [made_up_report(folder, given.texts)]
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium-headless-shell") or shutil.which("chromium"),
            args=["--no-sandbox"],
        )
        bare = measured(browser, bare_page(folder), given.rounds)
        print(f"{'page':32} {'first content':>16} {'first map':>16}  ms of processor time")
        print(f"{'one heatmap':32} {bare[0]:16.0f} {bare[1]:16.0f}")
        for path in reports:
            times = measured(browser, path.resolve(), given.rounds)
            cells = (f"{ms:.0f} ({ms / own:.2f}x)" for ms, own in zip(times, bare, strict=True))
            print(f"{path.name:32} " + " ".join(f"{cell:>16}" for cell in cells))
        browser.close()


if __name__ == "__main__":
    main()
