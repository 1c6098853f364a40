"""Whether the scores of attention are read right in every family of transformers.

    python tests/benchmarks/families_scores.py [--every N] [FAMILY or HEAD ...]

Makes the tiny random models of `families.py`, or every N-th of them, runs one text through each,
and prints the largest difference of the softmax of the scores that were read from the captured
maps, as `reportgen check` does. At the end: how many pass, within 1e-4. Nothing is downloaded.
"""

import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from families import PROCESSES, quiet
from helpers.real.every_family import Case, NotTiny, cases, save

from reportgen.analysis import sample_text, scores_error, try_model
from reportgen.errors import ReportgenError
from reportgen.models import ModelSpec, load_model, tolerances


def outcome(case: Case) -> tuple[str, str]:
    """What one model is counted as, and what is printed of it."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            loaded = load_model(ModelSpec(model=str(save(case, Path(folder)))))
            capture, _ = try_model(loaded)
        except NotTiny as error:
            return "not made", str(error)
        except ReportgenError as error:
            return "refused", " ".join(str(error).split())
        text = sample_text(loaded)
        gap = scores_error(capture, loaded.inputs([text]), len(text.ids))
    if isinstance(gap, str):
        return "unread", "nothing of the shape of a map went into a softmax"
    most = tolerances(loaded.info.dtype).repeated
    return "passed" if gap <= most else "unproven", f"{gap:.0e}"


def main(asked: list[str]) -> None:
    """Print a row for each case and how many there are of each kind."""
    started = time.perf_counter()
    step = 1
    if asked[:1] == ["--every"]:
        step, asked = int(asked[1]), asked[2:]
    chosen = [case for case in cases() if not asked or {case.family, case.head} & {*asked}]
    chosen, counts = chosen[::step], Counter[str]()
    with ProcessPoolExecutor(PROCESSES, get_context("spawn"), quiet) as pool:
        for case, (kind, row) in zip(chosen, pool.map(outcome, chosen), strict=True):
            counts[kind] += 1
            print(f"{kind:9} {case.name:32} {row}", flush=True)
    print(*(f"{kind}: {n}" for kind, n in counts.items()), sep=", ")
    print(f"{time.perf_counter() - started:.0f} seconds")


if __name__ == "__main__":
    main(sys.argv[1:])
