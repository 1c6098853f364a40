"""Processor time of starting, of a small run and of writing a page, each in a process of its own.

    python tests/benchmarks/start.py [--rounds 5] [--texts 2000] [--beside CHECKOUT]

All in turn, medians; user and system time, with the end of the process. The first round, in which
Python and the templates are compiled, does not count. `--beside` measures another checkout too.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from measuring import seconds_of_children

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = """
import torch
from transformers import AlbertForSequenceClassification, PreTrainedTokenizerFast
"""


def seconds(checkout: Path, *arguments: str) -> float:
    """Processor time of Python with these arguments."""
    before = seconds_of_children()
    environment = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
    environment |= {"PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, *arguments]
    subprocess.run(command, cwd=checkout, env=environment, check=True, capture_output=True)
    return seconds_of_children() - before


def made_texts(n_texts: int) -> str:
    """So many texts, put together from halves of the sample's."""
    lines = (ROOT / "sample_inputs/ad_headlines.txt").read_text("utf-8").splitlines()
    chance = random.Random(0)
    halves = [chance.choices(lines, k=2) for _ in range(n_texts)]
    return "".join(f"{a[: len(a) // 2]}{b[len(b) // 2 :]} {i}\n" for i, (a, b) in enumerate(halves))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--texts", type=int, default=2000)
    parser.add_argument("--beside", type=Path)
    chosen = parser.parse_args()
    places = [place.resolve() for place in (ROOT, chosen.beside) if place is not None]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts, results, page = folder / "texts.txt", folder / "results", folder / "page.html"
        texts.write_text(made_texts(chosen.texts), "utf-8")
        reportgen = ("-m", "reportgen")
        seconds(ROOT, *reportgen, "analyze", str(texts), "-o", str(results))
        sample = str(ROOT / "sample_inputs/ad_headlines.txt")
        out = ("-o", str(page), "--force")
        tried: dict[str, Sequence[str]] = {
            "torch and the two classes of transformers": ("-c", LIBRARIES),
            "--help": (*reportgen, "--help"),
            "run on the 24 texts of the sample": (*reportgen, "run", sample, *out),
            f"render {chosen.texts:,} texts": (*reportgen, "render", str(results), *out),
        }
        found: dict[tuple[str, Path], list[float]] = {}
        for _ in range(chosen.rounds + 1):
            for label, arguments in tried.items():
                for place in places:
                    took = seconds(place, *arguments)
                    found.setdefault((label, place), []).append(took)
    print(
        f"| | {' | '.join(place.name for place in places)} |",
        "|---" + "|--:" * len(places) + "|",
        sep="\n",
    )
    for label in tried:
        took = (median(found[label, place][1:]) for place in places)
        print(f"| {label} | " + " | ".join(f"{each:.2f} s" for each in took) + " |")


if __name__ == "__main__":
    main()
