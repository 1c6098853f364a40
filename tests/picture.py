"""Make the README's picture from a real report: `python tests/picture.py`.

The demo model reads `sample_inputs/ad_headlines.txt`; the first headline's part of the page is laid
together with the page's answer and photographed in Chromium. The same checkout, versions and fonts
give the same picture.
"""

import os
import struct
import subprocess
import sys
import tempfile
import zlib
from base64 import b64decode, b64encode
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "sample_inputs" / "report.png"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
WIDTH, SCALE, LARGEST = 1120, 2, 350_000  # pixels; of the page; bytes of the file

# What the picture leaves out, so that question, coloured text, lists and map stand in one view. The
# rules are added to the page's own sheet, since its content policy allows no other.
SHOWN = """
.skip, .run > :not(h1), .kpis, #overview h2, #overview h2 ~ *:not(.headline),
main > section:not(.run, #overview),
.tools, .cards, .panel > details, .steps,
.colours small, .hint, .heads-box > label, .compare, #predictions { display: none !important; }
main { padding-bottom: 1.5rem !important; }
.top { position: static !important; }
.panel { margin-top: 1.5rem !important; }
main > section, .panel, .run { padding-top: 1.2rem !important; }
"""


def make_report(folder: Path) -> Path:
    """The demo model's report on the sample headlines."""
    path = folder / "report.html"
    command = [sys.executable, "-m", "reportgen", "run", "sample_inputs/ad_headlines.txt"]
    done = subprocess.run(
        [*command, "-o", str(path), "--quiet"],
        cwd=ROOT,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1750000000", "OMP_NUM_THREADS": "1"},
    )
    if done.returncode:
        sys.exit(done.returncode)
    return path


def photograph(page: Page, report: Path) -> bytes:
    """The top of the page and the first text, without what `SHOWN` leaves out."""
    page.goto(f"{report.as_uri()}#text=1&layer=4&head=mean")
    page.locator("#map-1").scroll_into_view_if_needed()
    page.locator("#map-1.drawn").wait_for()
    page.evaluate(
        """rules => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(rules);
          document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
          scrollTo(0, 0);
        }""",
        SHOWN,
    )
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)
    end = page.locator("#map-1 .plot").evaluate("e => e.getBoundingClientRect().bottom")
    return page.screenshot(
        full_page=True,
        animations="disabled",
        clip={"x": 0, "y": 0, "width": WIDTH, "height": round(end) + 16},
    )


def pixels(page: Page, png: bytes) -> np.ndarray:
    """The colours of a PNG, `[row, column, 3]`."""
    page.goto("about:blank")
    height, raw = page.evaluate(
        """async png => {
          const image = new Image();
          image.src = `data:image/png;base64,${png}`;
          await image.decode();
          const canvas = document.createElement("canvas");
          Object.assign(canvas, { width: image.width, height: image.height });
          const pen = canvas.getContext("2d");
          pen.drawImage(image, 0, 0);
          const reader = new FileReader();
          reader.readAsDataURL(new Blob([pen.getImageData(0, 0, image.width, image.height).data]));
          await new Promise((resolve) => reader.addEventListener("load", resolve));
          return [image.height, reader.result.split(",")[1]];
        }""",
        b64encode(png).decode(),
    )
    return np.frombuffer(b64decode(raw), np.uint8).reshape(height, -1, 4)[:, :, :3]


def with_palette(colours: np.ndarray) -> bytes:
    """A PNG of 256 colours, the most frequent ones; every other takes the nearest of them."""
    packed = colours.astype(np.int64) @ [65536, 256, 1]
    found, at, counts = np.unique(packed, return_inverse=True, return_counts=True)
    parts = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=1)
    kept = parts[np.argsort(-counts, kind="stable")[:256]]
    nearest = np.array([((kept - one) ** 2).sum(axis=1).argmin() for one in parts], np.uint8)
    height, width, _ = colours.shape
    rows = np.zeros((height, width + 1), np.uint8)  # each begins with its filter, none
    rows[:, 1:] = nearest[at].reshape(height, width)

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + check

    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"PLTE", kept.astype(np.uint8).tobytes())
        + chunk(b"IDAT", zlib.compress(rows.tobytes(), 9))
        + chunk(b"IEND", b"")
    )


def main() -> None:
    """Write the picture, and say how large it is."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        report = make_report(Path(name))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(
            viewport={"width": WIDTH, "height": 1400},
            device_scale_factor=SCALE,
            color_scheme="light",
        )
        picture = with_palette(pixels(page, photograph(page, report)))
        browser.close()
    if len(picture) > LARGEST:
        sys.exit(f"the picture has {len(picture):,} bytes, more than {LARGEST:,}")
    TARGET.write_bytes(picture)
    print(f"{TARGET.relative_to(ROOT)}: {len(picture):,} bytes")


if __name__ == "__main__":
    main()
