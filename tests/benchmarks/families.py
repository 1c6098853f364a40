"""Which families of transformers are reported, and whether their figures equal plain ones.

    python tests/benchmarks/families.py [--scores] [--every N] [FAMILY or HEAD ...]

Makes a tiny random model of every family of transformers that reads token ids, and of some that
read other things, or of every N-th of them, analyses two texts with all evidence, and prints a row
for each. Encoder-decoders that write get targets, models for multiple choice choices. Nothing is
downloaded. Without arguments it makes the table in `docs/models.md` anew.

With `--scores` it runs one text through each in place of that, and prints the largest difference of
the softmax of the scores of attention that were read from the captured maps, as `reportgen check`
does; at the end how many pass.
"""

import argparse
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import torch
import transformers

sys.path.insert(0, str(Path(__file__).parents[1]))

from docs_tables import table
from helpers.places import ROOT
from helpers.plain.family_checks import Measured, measure
from helpers.real.every_family import Case, NotTiny, cases, save

from reportgen.analysis import sample_text, scores_error, try_model
from reportgen.errors import ReportgenError
from reportgen.models import ModelSpec, load_model, tolerances

PAGE = ROOT / "docs" / "models.md"
START, END = "<!-- made by tests/benchmarks/families.py -->\n", "<!-- end -->"
# What a report lacks, by the measure that is withheld; of a head or a tokenizer nothing is said.
_LACKS = {
    "received_norm_all": "attention × value",
    "gradient": "gradients",
    "alti": "ALTI",
    "cp_lrp": "CP-LRP",
    "cross_received_norm": "cross-attention × value",
}
_OF_HEADS = ("embedding_output", "no_special_tokens", "no_mask_token")
# Why a family is refused, by what the message says.
_REFUSED = {
    "attention in parts": "attention to tokens of its own beside the text's",
    "other positions": "attention between other positions than the tokens",
    "positions for a text": "attention between other positions than the tokens",
    "no prediction found": "no prediction that is found",
    "of shape": "no square map for each head",
    "learned sinks in some": "learned sinks in some layers only",
    "do not sum to 1": "scores in place of attention weights",
    "also reads": "images, sound or tables beside the text",
    "it reads": "images, sound or tables beside the text",
    "no attention": "no attention maps",
    "both directions": "a next token that is not predicted from what stands before it",
}
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


class Scores(NamedTuple):
    """What one model is counted as, and what is printed of it."""

    kind: str
    row: str


def scores(case: Case) -> Scores:
    """Whether the scores of attention are read right in the model of one case."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            loaded = load_model(ModelSpec(model=str(save(case, Path(folder)))))
            capture, _ = try_model(loaded)
        except NotTiny as error:
            return Scores("not made", str(error))
        except ReportgenError as error:
            return Scores("refused", " ".join(str(error).split()))
        text = sample_text(loaded)
        gap = scores_error(capture, loaded.inputs([text]), len(text.ids))
    if isinstance(gap, str):
        return Scores("unread", "nothing of the shape of a map went into a softmax")
    most = tolerances(loaded.info.dtype).repeated
    return Scores("passed" if gap <= most else "unproven", f"{gap:.0e}")


def write_table(outcomes: Iterable[Outcome]) -> None:
    """Make the table in the page anew."""
    before, rest = PAGE.read_text("utf-8").split(START)
    after = rest.split(END, 1)[1]
    lines = "\n".join(tables([own for own in outcomes if own.kind != "not made"]))
    PAGE.write_text(f"{before}{START}\n{lines}\n\n{END}{after}", "utf-8")


def tables(outcomes: Sequence[Outcome]) -> list[str]:
    """How many were tried, what is on for whom, and who is refused why."""
    reported: dict[str, list[str]] = defaultdict(list)
    refused: dict[str, list[str]] = defaultdict(list)
    mixed: list[str] = []
    for own in outcomes:
        if own.measured is None:
            refused[_reason(own.refused)].append(own.case.listed)
            continue
        reported[_lacks(own.measured)].append(own.case.listed)
        if any("have no attention maps" in remark for remark in own.measured.remarks):
            mixed.append(own.case.listed)
    n = sum(map(len, reported.values()))
    ordered = sorted(reported.items(), key=lambda item: (item[0].count(","), item[0] != "", item))
    return [
        f"Of {len(outcomes)} tiny models of {len({own.case.family for own in outcomes})} families "
        f"(model types of transformers, with their heads) {n} are reported and "
        f"{len(outcomes) - n} refused in one line.",
        "Encoder-decoders that write were given targets, models for multiple choice choices. "
        "In those reported, attention (of a decoder and its cross-attention too) and equal shares "
        "equal the library's own maps and masks to 1e-6, and deletion equals a plain loop.",
        "",
        *table(
            ("a report lacks", "families"),
            ((lacks or "nothing", _families(names)) for lacks, names in ordered),
        ),
        "",
        *table(
            ("refused for", "families"),
            ((reason, _families(names)) for reason, names in sorted(refused.items())),
        ),
        "",
        f"Some layers of {_families(mixed)} have no attention maps (linear attention, state spaces "
        "or convolutions): a report says which layers it shows.",
    ]


def _lacks(own: Measured) -> str:
    missing = own.missing
    found = [
        what for view, what in _LACKS.items() if missing.get(view, _OF_HEADS[0]) not in _OF_HEADS
    ]
    if any("attention of the decoder is not reported" in remark for remark in own.remarks):
        found.append("maps of the decoder")
    if "attention × value" in found and "ALTI" in found:
        found.remove("ALTI")  # goes with it
    return ", ".join(found)


def _reason(message: str) -> str:
    return next((why for part, why in _REFUSED.items() if part in message), "inputs it needs")


def _families(names: Sequence[str]) -> str:
    return ", ".join(sorted(set(names)))


def quiet() -> None:
    """Let each process use one thread and print nothing but rows."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity(50)
    transformers.logging.disable_progress_bar()


def main() -> None:
    """Print a row for each case and how many there are of each kind."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="FAMILY or HEAD")
    parser.add_argument("--scores", action="store_true")
    parser.add_argument("--every", type=int, default=1, metavar="N")
    asked = parser.parse_args()
    started, found = time.perf_counter(), []
    chosen = [c for c in cases() if not asked.names or {c.family, c.head} & {*asked.names}]
    chosen = chosen[:: asked.every]
    with ProcessPoolExecutor(PROCESSES, get_context("spawn"), quiet) as pool:
        each = pool.map(scores if asked.scores else outcome, chosen)
        for case, own in zip(chosen, each, strict=True):
            found.append(own)
            print(f"{own.kind:9} {case.name:32} {own.row}", flush=True)
    print(*(f"{kind}: {n}" for kind, n in Counter(own.kind for own in found).items()), sep=", ")
    print(f"{time.perf_counter() - started:.0f} seconds")
    if len(sys.argv) == 1:
        write_table(found)


if __name__ == "__main__":
    main()
