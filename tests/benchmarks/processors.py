"""By how much figures differ between processors: `python tests/benchmarks/processors.py`.

The bundled model on eight headlines (`--evidence full`) and all-MiniLM-L6-v2 on sentences (`basic`)
are analysed under instructions that torch and its libraries choose by processor: AVX-512, AVX2 and
none of them, with one thread and with two. Prints, for each table of the results, what differs from
the first of these, and the largest difference as a part of the largest figure of its column.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from subjects import ROOT, minilm

SENTENCES = """The cat sat on the mat.
Free coffee for every new member this week!
Nobody expected the second half of the film to be so much better than the first.
Prices fell by 12 % in March, the largest drop since 2009.
"""
# What each kind of processor has: in torch, in Intel's library and in oneDNN.
PROCESSORS = {
    "AVX-512": ("avx512", "AVX512", "AVX512_CORE"),
    "AVX2": ("avx2", "AVX2", "AVX2"),
    "neither": ("default", "SSE4_2", "SSE41"),
}
RUNS = [("AVX-512", 1), ("AVX-512", 2), ("AVX2", 1), ("AVX2", 2), ("neither", 1)]
N_HEADLINES = 8


@dataclass(frozen=True)
class Difference:
    """How the rows of one table differ between two results of the same texts."""

    n_figures: int
    n_other: int  # figures that are not the same to the last bit
    largest: float  # difference, of the figure's largest size in the table
    column: str  # that has it
    others: tuple[str, ...]  # columns of words or counts that differ


def analysed(folder: Path, model: Path | None, texts: Path, processor: str, threads: int) -> Path:
    """The results folder of one run."""
    torch, intel, onednn = PROCESSORS[processor]
    chosen = {
        "ATEN_CPU_CAPABILITY": torch,
        "MKL_ENABLE_INSTRUCTIONS": intel,
        "ONEDNN_MAX_CPU_ISA": onednn,
        "OMP_NUM_THREADS": str(threads),
        "SOURCE_DATE_EPOCH": "1750000000",
    }
    command = [sys.executable, "-m", "reportgen", "analyze", texts, "-o", folder]
    if model is None:
        command += ["--evidence", "full", "--limit", str(N_HEADLINES)]
    else:
        command += ["--model", model]
    ran = subprocess.run(
        command, env={**os.environ, **chosen}, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return folder


def difference(first: pd.DataFrame, other: pd.DataFrame) -> Difference:
    """Between two tables with the same columns."""
    n_figures = n_other = 0
    largest, worst, others = 0.0, "", []
    for name in first:
        ours, theirs = (_numbers(table[name]) for table in (first, other))
        if ours is None or theirs is None or ours.shape != theirs.shape:
            if not _same(first[name], other[name]):
                others.append(str(name))
            continue
        gap = np.nan_to_num(np.abs(ours - theirs))
        n_figures, n_other = n_figures + ours.size, n_other + int((gap > 0).sum())
        size = np.nanmax(np.abs(ours), initial=0.0)
        if str(name).endswith("error"):
            continue  # of a self-check: it is rounding, and nothing else
        if size > 0 and gap.max() / size > largest:
            largest, worst = float(gap.max() / size), str(name)
    return Difference(n_figures, n_other, largest, worst, tuple(others))


def _numbers(column: pd.Series) -> np.ndarray | None:
    """All figures of `column`, lists one after the other; None where it holds words or counts."""
    if column.dtype == object:
        lists = [np.ravel(own) for own in column if own is not None]
        flat = np.concatenate(lists) if lists else np.zeros(0)
        return flat.astype(float) if flat.dtype.kind == "f" else None
    return column.to_numpy(float) if column.dtype.kind == "f" else None


def _same(first: pd.Series, other: pd.Series) -> bool:
    return first.map(str).tolist() == other.map(str).tolist()  # missing is alike, too


def main() -> None:
    """Print one line for each model, run and table."""
    with TemporaryDirectory() as name:
        place = Path(name)
        (place / "sentences.txt").write_text(SENTENCES, "utf-8")
        demo = ROOT / "sample_inputs" / "ad_headlines.csv"
        models = {
            "bundled": (None, demo),
            "MiniLM": (minilm(), place / "sentences.txt"),
        }
        print(
            "| model | processor | threads | table | figures | differ | largest, of the column's "
        )
        print("|---|---|--:|---|--:|--:|---|")
        for model, (folder, texts) in models.items():
            first: Path | None = None
            for i, (processor, threads) in enumerate(RUNS):
                results = analysed(place / f"{model}{i}", folder, texts, processor, threads)
                first = first or results
                for path in sorted(first.glob("*.parquet")):
                    own = difference(pd.read_parquet(path), pd.read_parquet(results / path.name))
                    words = f"; other {', '.join(own.others)}" if own.others else ""
                    print(
                        f"| {model} | {processor} | {threads} | {path.stem} | {own.n_figures:,} | "
                        f"{own.n_other:,} | {own.largest:.0e} {own.column}{words} |"
                    )


if __name__ == "__main__":
    main()
