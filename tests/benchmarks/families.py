"""Which families of transformers are reported, and whether their figures equal plain ones.

    python tests/benchmarks/families.py [FAMILY or HEAD ...]

Makes a tiny random model of every family of transformers that reads token ids, and of some that
read other things, analyses two texts with all evidence, and prints a row for each. Encoder-decoders
that write get targets, models for multiple choice choices. Nothing is downloaded. Without arguments
it makes the table in `docs/models.md` anew.
"""

import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import torch
import transformers

sys.path.insert(0, str(Path(__file__).parents[1]))

from families_docs import write_table
from helpers.plain.family_checks import Measured, measure
from helpers.real.every_family import Case, NotTiny, cases, save

from reportgen.errors import ReportgenError

PROCESSES = 2
MAPS = EVEN = 1e-6
DELETION = 1e-3  # of the largest effect: single precision, and batches of several texts


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one model: measured, refused in a line, or an error that nothing caught."""

    case: Case
    measured: Measured | None = None
    refused: str = ""
    traceback: str = ""
    not_tiny: str = ""

    @property
    def kind(self) -> str:
        """What it is counted as."""
        if self.measured is not None:
            return "reported"
        return "refused" if self.refused else "traceback" if self.traceback else "not made"

    @property
    def row(self) -> str:
        """What is printed of it."""
        own = self.measured
        if own is None:
            return self.refused or self.traceback or self.not_tiny
        faults = [
            name
            for name, gap, most in (
                ("MAPS", own.maps, MAPS),
                ("PARTS", own.parts or 0.0, MAPS),
                ("EVEN", own.even, EVEN),
                ("DELETION", own.deletion, DELETION),
            )
            if not gap <= most
        ]
        found = f"{own.n_layers} x {own.n_heads} {own.kind}, maps {own.maps:.0e}"
        if own.parts is not None:
            found += f", decoder {own.parts:.0e}"
        found += f", even {own.even:.0e} ({own.masks}), deletion {own.deletion:.0e}"
        without = sorted({f"{view}: {why}" for view, why in own.missing.items()})
        return " | ".join([found, *faults, *without, *own.failed[:1], *own.remarks])


def outcome(case: Case) -> Outcome:
    """Make the model of one case and measure it."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            path = save(case, Path(folder))
        except NotTiny as error:
            return Outcome(case, not_tiny=str(error))
        try:
            return Outcome(case, measure(path, Path(folder) / "results"))
        except ReportgenError as error:
            return Outcome(case, refused=" ".join(str(error).splitlines()))
        except Exception:
            return Outcome(case, traceback=traceback.format_exc())


def quiet() -> None:
    """Let each process use one thread and print nothing but rows."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity(50)
    transformers.logging.disable_progress_bar()


def main(asked: list[str]) -> None:
    """Print a row for each case and how many there are of each kind."""
    started = time.perf_counter()
    chosen = [case for case in cases() if not asked or {case.family, case.head} & {*asked}]
    found = []
    with ProcessPoolExecutor(PROCESSES, get_context("spawn"), quiet) as pool:
        for own in pool.map(outcome, chosen):
            found.append(own)
            print(f"{own.kind:9} {own.case.name:32} {own.row}", flush=True)
    print(*(f"{kind}: {n}" for kind, n in Counter(own.kind for own in found).items()), sep=", ")
    print(f"{time.perf_counter() - started:.0f} seconds")
    if not asked:
        write_table(found)


if __name__ == "__main__":
    main(sys.argv[1:])
