"""What norm-weighted attention costs beside the analysis forward pass, in time and in memory.

    python tests/benchmarks/norms.py time     # CPU time, as a ratio
    python tests/benchmarks/norms.py memory   # peak memory above the loaded model

The analysis forward pass is what every text takes without evidence, its attention summaries among
it. Base-size models with random weights, texts of one length. Both ways run in each round, in an
order drawn anew, in one process on one thread; a ratio is of CPU times within a round.
"""

import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from capture import BATCH_TOKENS, CONFIGS, load, resident, sample_text

from reportgen.analysis import try_model
from reportgen.analysis.attention import Norms, Runner, find_norms
from reportgen.models import LoadedModel
from reportgen.models.tokens import encode

ROUNDS = 9
MOST = 1.25  # what the ratio may be
N_TOKENS = 2048  # of all texts together
LENGTHS = (30, 128)


def modes(model: LoadedModel, length: int) -> dict[str, Callable[[], None]]:
    """The two ways; each call runs all its texts."""
    texts = [encode(model.tokenizer, sample_text(length), None, 512)] * (N_TOKENS // length)
    capture, probed = try_model(model, texts)
    found = find_norms(model, capture, texts[0])
    assert isinstance(found, Norms)

    def run(norms: Norms | None) -> Callable[[], None]:
        runner = Runner(model, capture, probed, ["cls", "sep"], BATCH_TOKENS, norms=norms)

        def call() -> None:
            outcomes = runner.run(texts, [False] * len(texts), lambda i, p: None, lambda n: None)
            assert all(outcome.error is None for outcome in outcomes)

        return call

    return {"without": run(None), "with": run(found)}


def measure_time() -> None:
    """Print a table of ratios."""
    torch.set_num_threads(1)
    print(f"with norms / without, CPU time, median of {ROUNDS} rounds (lowest - highest)")
    for name in CONFIGS:
        for length in LENGTHS:
            with tempfile.TemporaryDirectory() as folder:
                runs = modes(load(name, Path(folder)), length)
                ratios = []
                for _ in range(ROUNDS):
                    taken = {}
                    for mode in random.sample(list(runs), len(runs)):
                        started = time.process_time()
                        runs[mode]()
                        taken[mode] = time.process_time() - started
                    ratios.append(taken["with"] / taken["without"])
            spread = f"{min(ratios):.2f} - {max(ratios):.2f}"
            middle = statistics.median(ratios)
            print(f"  {name:12} {length:4} tokens  {middle:5.2f}   ({spread})   at most {MOST}")


def measure_memory() -> None:
    """Print peak memory above the loaded model, each figure from a process of its own."""
    print("peak memory above the loaded model, MB")
    for name in CONFIGS:
        for length in LENGTHS:
            peaks = []
            for mode in ("without", "with"):
                command = [sys.executable, __file__, "peak", name, str(length), mode]
                peaks.append(subprocess.check_output(command, text=True, stderr=subprocess.DEVNULL))
            without, with_norms = (peak.strip() for peak in peaks)
            print(f"  {name:12} {length:4} tokens  without {without:>5}   with {with_norms:>5}")


def peak(name: str, length: int, mode: str) -> None:
    """Print how far one way raises this process's peak above the loaded model."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        run = modes(load(name, Path(folder)), length)[mode]
        # Loading took more for a moment: have the kernel forget that peak (Linux).
        Path("/proc/self/clear_refs").write_text("5")
        before = resident()
        run()
        print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before:.0f}")


if __name__ == "__main__":
    what = sys.argv[1] if len(sys.argv) > 1 else "time"
    {"time": measure_time, "memory": measure_memory}.get(
        what, lambda: peak(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    )()
