"""How often what edits do is told as it is: a tiny model whose number falls without brackets and
without capital letters, rises where one word stands for another, and is noise otherwise, is run on
fresh texts with all edits.

    python tests/benchmarks/planted_edits.py [--seeds 300] [--texts 15 40] [--noise 0.3] [--plain]

For each number of texts: in how many runs the interval of each planted edit holds the truth, and it
is called clear; in how many runs no other edit is called clear. A run takes some 3 seconds on one
core; with --plain the numbers are computed without the model.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from helpers.plain.planted_edits import TRUTH, planted_rows, planted_run

from reportgen.findings.what_if.edit_kind import EditKind, edit_kinds
from reportgen.findings.what_if.edits import edit_changes, sample_of
from reportgen.findings.what_if.text_change import TextChange


def judged(folder: Path, n_texts: int, noise: float, seed: int) -> Counter[str]:
    """What one run of the model says, counted."""
    results = planted_run(folder, n_texts, noise, seed)
    kinds = edit_kinds(edit_changes(results, sample_of(results)))
    return counted(kinds)


def judged_plainly(n_texts: int, noise: float, seed: int) -> Counter[str]:
    """The same of the numbers that the model gives, without running it."""
    rows = planted_rows(n_texts, noise, seed)
    kinds = edit_kinds(
        [TextChange(*row[:2], None, *row[3:], None) for row in rows.itertuples(False)]
    )
    return counted(kinds)


def counted(kinds: Sequence[EditKind]) -> Counter[str]:
    """Which edits are inside their intervals and clear."""
    found: Counter[str] = Counter(runs=1)
    for kind in kinds:
        if kind.name in TRUTH and kind.change and kind.change.interval:
            low, high = kind.change.interval
            found[f"{kind.name} judged"] += 1
            found[f"{kind.name} inside"] += low <= TRUTH[kind.name] <= high
            found[f"{kind.name} clear"] += kind.is_clear
    found["no other clear"] += not any(k.is_clear for k in kinds if k.name not in TRUTH)
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--texts", type=int, nargs="+", default=[15, 40])
    parser.add_argument("--noise", type=float, default=0.3)
    parser.add_argument("--plain", action="store_true")
    given = parser.parse_args()
    for n_texts in given.texts:
        found: Counter[str] = Counter()
        for seed in range(given.seeds):
            if given.plain:
                found += judged_plainly(n_texts, given.noise, seed)
                continue
            with tempfile.TemporaryDirectory() as folder:
                found += judged(Path(folder) / "run", n_texts, given.noise, seed)
        print(f"{n_texts} texts, {found['runs']} runs")
        for name in TRUTH:
            n = max(found[f"{name} judged"], 1)
            inside, clear = found[f"{name} inside"] / n, found[f"{name} clear"] / n
            print(f"  {name}: inside {inside:.1%}, clear {clear:.1%} of {n}")
        print(f"  no other clear: {found['no other clear'] / found['runs']:.1%}", flush=True)


if __name__ == "__main__":
    main()
