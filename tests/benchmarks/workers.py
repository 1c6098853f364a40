"""How much faster two processes are than one: `python tests/benchmarks/workers.py`.

A BERT of base size with random weights, texts of about 25 tokens, one thread in each process,
attention alone. The time is that on the clock, after all processes have loaded their model: on a
machine with two idle cores.
"""

import time
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from subjects import save_base, text_set

from reportgen.analysis import AnalysisOptions, Job, Progress, Worker, WorkFolder, processes
from reportgen.models import ModelSpec, load_model
from reportgen.texts import TextSet

N_TEXTS = 1024
TEXT = "the cat sat on the mat and the dog " * 2
LOADING = 25.0  # seconds that the processes have for it
ROUNDS = 2
OPTIONS = AnalysisOptions(units="token", keep_maps="none", evidence="none")


def seconds(number: int, texts: TextSet, spec: ModelSpec, folder: Path) -> float:
    """The time that `number` processes take for the attention of `texts`."""
    folder.mkdir()
    engine = nullcontext() if number == 1 else processes(number, texts, spec, OPTIONS)
    with engine as others:
        worker = Worker(texts, load_model(spec), OPTIONS, Progress())
        if others is not None:
            time.sleep(LOADING)
        job = Job.by(worker, WorkFolder(folder), Progress(), engine=others)
        started = time.perf_counter()
        job.begin()
        job.measure_attention()
        job.measure_evidence()
        return time.perf_counter() - started


def main() -> None:
    """Print the time of one process and of two, in turn, and the ratio."""
    torch.set_num_threads(1)
    with TemporaryDirectory() as name:
        place = Path(name)
        texts = text_set(f"{TEXT} {i}" for i in range(N_TEXTS))
        spec = save_base("BERT base", place / "model")
        for i in range(ROUNDS):
            one = seconds(1, texts, spec, place / f"one{i}")
            two = seconds(2, texts, spec, place / f"two{i}")
            print(f"one process {one:.1f} s, two {two:.1f} s: {one / two:.2f} times as fast")


if __name__ == "__main__":
    main()
