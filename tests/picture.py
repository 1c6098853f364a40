"""Make the README's pictures from real reports: `python tests/picture.py`.

The bundled model reads `sample_inputs/ad_headlines.txt`, and the top of its report is shown. For
the second picture both bundled models are compared. They are photographed in Chromium; the same
checkout, versions and fonts give the same pictures.
"""

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from helpers.places import ROOT, SAMPLES
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from scipy.spatial import cKDTree

PICTURES = SAMPLES
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
_SPREAD = 96  # colours that stand for the rare ones
WIDTH, SCALE, LARGEST = 1280, 2, 350_000  # pixels; of the page; bytes of a file

# What the pictures leave out, so that question and answer stand in one view. The rules are added to
# the page's own sheet, since its content policy allows no other.
_REPORT = """
.skip, .tools, .panel > details { display: none !important; }
.top { position: static !important; }
"""
_COMPARED = _REPORT + ".listed li:nth-child(n+7) { display: none !important; }"


def run(*arguments: str) -> None:
    """A reportgen command over the sample inputs."""
    done = subprocess.run(
        [sys.executable, "-m", "reportgen", *arguments, "--quiet"],
        cwd=ROOT,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1750000000", "OMP_NUM_THREADS": "1"},
    )
    if done.returncode:
        sys.exit(done.returncode)


def of_report(page: Page, folder: Path) -> bytes:
    """The top of the report and its first text."""
    path = folder / "report.html"
    run("run", "sample_inputs/ad_headlines.txt", "-o", str(path))
    page.goto(path.as_uri())
    page.locator(".panel.open .map").scroll_into_view_if_needed()
    page.locator(".panel.open .map.drawn").wait_for()
    return photograph(page, _REPORT, ".panel.open .plot")


def of_comparison(page: Page, folder: Path) -> bytes:
    """The top of a comparison and its first text."""
    path = folder / "compare.html"
    models = ("--base", "demo", "--head", "demo-star")
    run("compare", *models, "sample_inputs/ad_headlines_star.csv", "-o", str(path))
    page.goto(path.as_uri())
    return photograph(page, _COMPARED, ".two.open .one-map svg.cells")


def photograph(page: Page, rules: str, last: str) -> bytes:
    """The page under `rules` down to the end of the first `last`."""
    page.evaluate(
        """rules => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(rules);
          document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
          scrollTo(0, 0);
        }""",
        rules,
    )
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)
    end = page.locator(last).first.evaluate("e => e.getBoundingClientRect().bottom")
    return page.screenshot(
        full_page=True,
        animations="disabled",
        clip={"x": 0, "y": 0, "width": WIDTH, "height": round(end) + 4},
    )


def small(png: bytes) -> bytes:
    """The picture in 256 colours: its most frequent ones as they are, rare ones among the rest."""
    kept = io.BytesIO()
    image = Image.open(io.BytesIO(png)).convert("RGB")
    spread = image.quantize(_SPREAD, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    colours, place, counts = np.unique(
        np.asarray(image).reshape(-1, 3), axis=0, return_inverse=True, return_counts=True
    )
    frequent = colours[np.argsort(-counts, kind="stable")[: 256 - _SPREAD]]
    rare = np.reshape(spread.getpalette(), (-1, 3))[:_SPREAD]
    palette = np.vstack([frequent, rare])
    nearest = cKDTree(palette).query(colours)[1].astype(np.uint8)
    few = Image.fromarray(nearest[place].reshape(image.height, image.width), "P")
    few.putpalette(palette.ravel().tolist())
    few.save(kept, "PNG", optimize=True)
    return kept.getvalue()


def main() -> None:
    """Write the pictures, and say how large they are."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(
            viewport={"width": WIDTH, "height": 900},
            device_scale_factor=SCALE,
            color_scheme="light",
        )
        for file, made in (("report.png", of_report), ("compare.png", of_comparison)):
            picture = small(made(page, Path(name)))
            if len(picture) > LARGEST:
                sys.exit(f"{file} has {len(picture):,} bytes, more than {LARGEST:,}")
            (PICTURES / file).write_bytes(picture)
            print(f"sample_inputs/{file}: {len(picture):,} bytes")
        browser.close()


if __name__ == "__main__":
    main()
