"""Processor time and peak memory of rendering results of many texts, in a process of its own each.

    python tests/benchmarks/many.py [1000 10000 100000] [--layers 12] [--heads 12]

The results are made up (no model): 500 texts of 12 to 30 tokens with evidence, the same tokens and
figures again and again under their own predictions and labels.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from measuring import seconds_of_children

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from helpers.made_up.factories import make_results

from reportgen.results import ANALYSIS_TABLES, Recorder, open_results, write_info
from reportgen.tasks import items_from_texts

DISTINCT = 500
PARTS = 4  # of these, about as many texts as a run measures together
WORDS = (
    *("最大", "無料", "今すぐ", "ポイント", "もらえる", "カード"),
    *("free", "coffee", "every", "new"),
)


def make_many(folder: Path, n_texts: int, n_layers: int, n_heads: int) -> None:
    """Write a results folder of `n_texts` texts, a multiple of DISTINCT."""
    random = np.random.default_rng(0)
    texts = tuple(_text(random) for _ in range(DISTINCT))
    labels = tuple(random.normal(1.5, 0.5, DISTINCT).round(2).tolist())
    sizes = {"n_layers": n_layers, "n_heads": n_heads}
    made = make_results(folder, texts, **sizes, sink=0.4, labels=labels, evidence="full")
    times = n_texts // DISTINCT
    n_tokens = int(made.texts["n_tokens"].sum())
    tables = {name: pq.read_table(folder / f"{name}.parquet") for name in ANALYSIS_TABLES}
    for name in tables:
        (folder / f"{name}.parquet").unlink()
    with Recorder(folder, tables) as recorder:  # in row groups as a run writes them
        for i in range(times):
            for name, table in tables.items():
                rows = _again(table, i, n_tokens, random)
                for start in range(0, len(rows), max(1, len(rows) // PARTS)):
                    recorder.add(name, rows.slice(start, max(1, len(rows) // PARTS)))
    inputs = (replace(made.info.inputs[0], n_texts=DISTINCT * times),)
    info = replace(made.info, inputs=inputs)
    write_info(folder, info)
    predictions = pa.concat_tables(items_from_texts(open_results(folder)))
    pq.write_table(predictions, folder / "predictions.parquet")
    write_info(folder, info)  # with that file in the list of all


def _text(random: np.random.Generator) -> str:
    """Of 20 to 56 characters, which are 10 to 28 tokens."""
    text = ""
    while len(text) < 20:
        text += random.choice(WORDS) + random.choice(["", " "])
    size = int(random.integers(20, 57))
    while len(text) < size:
        text += random.choice(WORDS)
    return text[:size]


def _again(table: pa.Table, i: int, n_tokens: int, random: np.random.Generator) -> pa.Table:
    """The rows of DISTINCT texts as those of texts further down."""
    changed = {}
    if "text_id" in table.column_names:
        changed["text_id"] = [str(i * DISTINCT + n + 1) for n in range(len(table))]
        changed["first_token"] = table["first_token"].to_numpy() + i * n_tokens
        for name in ("prediction", "label_value"):
            changed[name] = table[name].to_numpy() + random.normal(0, 0.1, len(table))
        changed["label"] = [str(value) for value in changed["label_value"]]
        if i:  # maps are kept of the first texts only
            changed |= {name: [None] * len(table) for name in ("map_offset", "map_bytes")}
    else:
        changed["text"] = table["text"].to_numpy() + i * DISTINCT
    for name, values in changed.items():
        place = table.schema.get_field_index(name)
        kind = table.schema.field(name).type
        table = table.set_column(place, name, pa.array(values, kind))
    return table


def render(folder: Path) -> tuple[float, float, int]:
    """Processor time, peak in MB and bytes of the page that `reportgen render` makes."""
    page = folder.parent / "page.html"
    before = seconds_of_children()
    subprocess.run(
        [sys.executable, "-m", "reportgen", "render", f"{folder}/", "-o", page, "--force"],
        check=True,
        capture_output=True,
    )
    seconds = seconds_of_children() - before
    # The largest of all children so far; they are rendered from the fewest texts up.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    return seconds, peak, page.stat().st_size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", nargs="*", type=int, default=[1_000, 10_000, 100_000])
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--heads", type=int, default=12)
    chosen = parser.parse_args()
    print("| texts | processor seconds | peak, MB | page, MB |\n|--:|--:|--:|--:|")
    for n_texts in sorted(chosen.texts):
        with tempfile.TemporaryDirectory() as folder:
            results = Path(folder) / "results"
            make_many(results, n_texts, chosen.layers, chosen.heads)
            assert len(open_results(results).texts) == n_texts
            seconds, peak, size = render(results)
        print(f"| {n_texts:,} | {seconds:.1f} | {peak:,.0f} | {size / 1e6:.1f} |", flush=True)


if __name__ == "__main__":
    main()
