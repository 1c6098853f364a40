"""Make the pictures of `docs/gallery.md` from real reports: `python tests/gallery.py`.

Both bundled models read `sample_inputs/ad_headlines_star.csv`; for other tasks tiny models with
random weights read a sentence. Their pages are photographed in Chromium and kept small. Given a
folder, results are kept there and not made again.
"""

import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cmarkgfm
from helpers.places import ROOT
from helpers.real.models import save_model
from picture import CHROMIUM, run
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

PICTURES = ROOT / "docs" / "gallery"
TEXTS = "sample_inputs/ad_headlines_star.csv"
# The models of the trend: name, other options, commit.
RUNS = (
    ("demo", (), "4f2a9c1"),
    ("demo", ("--dtype", "bfloat16"), "8d03b7e"),
    ("demo-star", (), "c61f50a"),
)
WIDTH, HEIGHT, SHOWN, LARGEST = 1100, 760, 860, 60_000  # pixels of page and picture; bytes
TAGS = {0: "O", 1: "B-PER", 2: "I-PER", 3: "B-LOC"}
# Other tasks: family, head and configuration of a tiny model, its texts, and other options.
TASKS: dict[str, tuple[str, str, dict[str, Any], list[dict[str, str]], tuple[str, ...]]] = {
    "tags": (
        *("bert", "token", {"id2label": TAGS, "num_labels": 4}),
        *([{"text": "the cat sat on the mat and the dog sat on the log"}], ()),
    ),
    "masks": (
        *("bert", "masked", {}),
        *([{"text": "a very good [MASK] with a very bad [MASK]"}], ()),
    ),
    "answer": (
        *("bert", "question", {}),
        *([{"text": "what sat on the mat", "pair": "the cat sat on the mat today"}], ()),
    ),
    "choice": (
        *("bert", "choice", {}),
        [{"text": "the cat sat on", "choice1": "the mat", "choice2": "a very bad ending"}],
        (),
    ),
    "completion": (
        *("gpt2", "causal", {}),
        *([{"text": "the cat sat on", "completion": " the mat and the dog"}], ()),
    ),
    "translation": (
        *("t5", "seq2seq", {}),
        [{"text": "Free coffee for every new member", "completion": "coffee for every member"}],
        (),
    ),
}
# As a host shows Markdown.
_HOST = """<!doctype html><meta charset="utf-8"><style>
body { font: 15px/1.5 sans-serif; max-width: 900px; margin: 24px auto; color: #1f2328 }
table { border-collapse: collapse } td, th { border: 1px solid #d1d9e0; padding: 5px 11px }
a { color: #0969da; text-decoration: none } img { max-width: 100% }
details { margin: 8px 0 } code { background: #eff1f3 }
</style>"""


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture of the gallery: of a file, from an element on, or of that element alone."""

    name: str
    file: str
    at: str = ""  # selector of what stands at the top; "" for the top of the page
    alone: bool = False
    dark: bool = False
    width: int = WIDTH
    height: int = HEIGHT


SHOTS = (
    Shot("report", "report.html"),
    Shot("text", "report.html", ".panel.open"),
    Shot("dark", "report.html", ".panel.open", dark=True),
    Shot("phone", "report.html", width=390),
    Shot("japanese", "ja.html"),
    Shot("comparison", "compare.html"),
    Shot("two-texts", "compare.html", ".two.open"),
    Shot("trend", "trend.html"),
    Shot("pull-request", "markdown.html"),
    Shot("map", "report.html", ".panel.open .map .plots", alone=True),
    Shot("heads", "report.html", ".panel.open .heads-box .scroll", alone=True),
    Shot("bars", "report.html", ".panel.open .strip", alone=True),
    Shot("used", "report.html", ".panel.open svg.used", alone=True),
    Shot("predictions", "report.html", "#predictions", alone=True),
    Shot("errors", "report.html", "#errors", alone=True),
    Shot("layers", "report.html", "figure#by-layer, #sinks figure", alone=True),
    Shot("trust", "report.html", "#trust .scroll", alone=True),
    Shot("across", "report.html", "#across"),
    *(Shot(name, f"{name}.html", ".panel.open", height=560) for name in TASKS),
)


def write_pages(folder: Path) -> None:
    """Write every kind of page to `folder`, from results that are made where they are missing."""
    results = [str(folder / "runs" / str(n)) for n in range(len(RUNS))]
    for place, (model, options, commit) in zip(results, RUNS, strict=True):
        if not Path(place).exists():
            run("analyze", TEXTS, "--model", model, *options, "--commit", commit, "-o", place)
    first, *_, last = results

    def page(name: str) -> tuple[str, ...]:
        return ("--force", "-o", str(folder / name))

    run("render", last, *page("report.html"), "-o", str(folder / "report.md"))
    run("render", last, "--lang", "ja", *page("ja.html"))
    run("compare", first, last, *page("compare.html"))
    run("compare", *results, *page("trend.html"))
    markdown = (folder / "report.md").read_text("utf-8")
    unsafe = cmarkgfm.Options.CMARK_OPT_UNSAFE
    html = cmarkgfm.github_flavored_markdown_to_html(markdown, unsafe)
    (folder / "markdown.html").write_text(_HOST + html, "utf-8")


def write_tasks(folder: Path) -> None:
    """Write a report of each other task, by a tiny model."""
    for name, (family, head, changes, rows, options) in TASKS.items():
        model = save_model(folder / "models" / name, family, head, **changes)
        texts = folder / f"{name}.jsonl"
        texts.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
        page = str(folder / f"{name}.html")
        run("run", str(texts), "--model", str(model), *options, "--force", "-o", page)


def photograph(browser: Browser, folder: Path, shot: Shot) -> bytes:
    """The picture that `shot` asks for."""
    page = browser.new_page(
        viewport={"width": shot.width, "height": shot.height},
        device_scale_factor=2,
        color_scheme="dark" if shot.dark else "light",
    )
    page.goto((folder / shot.file).as_uri())
    if shot.at == ".panel.open":
        page.locator(".panel.open .map.drawn").wait_for()
    element = page.locator(shot.at).first if shot.at else page.locator("body")
    if shot.at:
        element.evaluate("e => e.scrollIntoView()")
    page.mouse.move(0, 0)
    page.wait_for_timeout(700)
    taken: Callable[..., bytes] = element.screenshot if shot.alone else page.screenshot
    picture = taken(animations="disabled")
    page.close()
    return picture


def of_paper(browser: Browser, folder: Path) -> bytes:
    """The first two printed pages, side by side."""
    page = browser.new_page()
    page.goto((folder / "report.html").as_uri())
    page.wait_for_timeout(700)
    (folder / "paper.pdf").write_bytes(page.pdf(format="A4"))
    page.close()
    draw = ("pdftoppm", "-r", "110", "-l", "2", "-png", "paper.pdf", "paper")
    subprocess.run(draw, cwd=folder, check=True)
    sheets = [Image.open(path) for path in sorted(folder.glob("paper-*.png"))[:2]]
    both = Image.new("RGB", (sum(sheet.width for sheet in sheets) + 24, sheets[0].height), "#888")
    both.paste(sheets[0], (0, 0))
    both.paste(sheets[1], (sheets[0].width + 24, 0))
    png = io.BytesIO()
    both.save(png, "PNG")
    return png.getvalue()


def small(png: bytes, width: int) -> bytes:
    """The picture as WebP, `width` pixels wide at most."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    if image.width > width:
        image = image.resize((width, round(image.height * width / image.width)))
    kept = io.BytesIO()
    image.save(kept, "WEBP", quality=60, method=6)
    return kept.getvalue()


def keep(name: str, png: bytes, width: int = SHOWN) -> None:
    """Write a picture of the gallery, unless it is too large."""
    picture = small(png, width)
    if len(picture) > LARGEST:
        sys.exit(f"{name} has {len(picture):,} bytes, more than {LARGEST:,}")
    (PICTURES / f"{name}.webp").write_bytes(picture)
    print(f"docs/gallery/{name}.webp: {len(picture):,} bytes")


def main(folder: Path) -> None:
    """Write the pictures, and say how large they are."""
    write_pages(folder)
    write_tasks(folder)
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for shot in SHOTS:
            keep(shot.name, photograph(browser, folder, shot), min(SHOWN, shot.width))
        keep("paper", of_paper(browser, folder))
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as name:
            main(Path(name))
