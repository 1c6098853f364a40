"""Results that another run replaces while they are read: every report is of one run, or one line
says what happened."""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from helpers.calling import call
from helpers.made_up.factories import make_results

from reportgen.errors import ResultsError
from reportgen.files import Staging
from reportgen.results import open_results

TEXTS = tuple(f"headline number {number}" for number in range(12))
OUTPUTS = ("summary.json", "texts.csv", "heads.csv", "tokens.csv", "sinks.csv", "maps.npz")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The results of two models on the same texts."""
    place = tmp_path_factory.mktemp("runs")
    for number, name in enumerate(("old", "new")):
        make_results(place / name, TEXTS, seed=number, evidence="full", n_layers=2, n_heads=2)
    return place / "old", place / "new"


def replace(target: Path, source: Path) -> None:
    """Put the results of `source` in the place of those at `target`, as every command does."""
    with Staging() as staging:
        staging.copy({path.name: path for path in source.iterdir()}, target)
        staging.commit()


def rendered(results: Path, place: Path) -> tuple[int, dict[str, bytes], str]:
    """The exit code of `render`, what it wrote, and what it said."""
    files = [place / name for name in OUTPUTS]
    outputs = [part for file in files for part in ("-o", file)]
    done = call("render", results, *outputs, "--force", "--quiet")
    written = {file.name: file.read_bytes() for file in files if file.exists()}
    return done.exit_code, written, done.stderr


@contextmanager
def writer(target: Path, runs: tuple[Path, Path], pause: float) -> Iterator[None]:
    """Within it another process replaces the results at `target`, every `pause` seconds."""
    context = multiprocessing.get_context("fork")
    is_over = context.Event()
    process = context.Process(target=_replace_often, args=(target, runs, pause, is_over))
    process.start()
    try:
        yield
    finally:
        is_over.set()
        process.join()
    assert process.exitcode == 0


def _replace_often(target: Path, runs: tuple[Path, Path], pause: float, is_over: Event) -> None:
    number = 0
    while not is_over.wait(pause):
        number += 1
        replace(target, runs[number % 2])


def race(runs: tuple[Path, Path], place: Path, n_times: int, pause: float) -> dict[str, int]:
    """How many of `n_times` renders beside a writer gave the figures of the old run, those of the
    new one, a mixture, or one line in their place."""
    target = place / "results"
    replace(target, runs[0])
    known = []
    for name, run in zip(("old", "new"), runs, strict=True):
        (place / name).mkdir()
        known.append(rendered(run, place / name)[1])
    found = {"old": 0, "new": 0, "mixed": 0, "one line": 0}
    with writer(target, runs, pause):
        for _ in range(n_times):
            (place / "out").mkdir(exist_ok=True)
            code, files, said = rendered(target, place / "out")
            if code == 0:
                found[_kind(files, known)] += 1
            else:
                assert "replaced" in said, said
                assert "; run it again" in said, said
                assert said.count("\n") == 1
                found["one line"] += 1
    return found


def _kind(files: dict[str, bytes], known: list[dict[str, bytes]]) -> str:
    """Which run the outputs are of, of the outputs of both that are `known`."""
    is_of = {"old": files == known[0], "new": files == known[1]}
    return next((name for name, is_own in is_of.items() if is_own), "mixed")


def test_results_that_were_replaced_since_they_were_opened_are_refused_in_one_line(
    runs: tuple[Path, Path], tmp_path: Path
) -> None:
    target, line = tmp_path / "results", "results: was replaced while it was read; run it again"
    replace(target, runs[0])
    results = open_results(target)
    assert len(results.texts) == len(TEXTS)
    replace(target, runs[1])
    with pytest.raises(ResultsError, match=line):
        _ = results.heads
    with pytest.raises(ResultsError, match=line), Staging() as staging:
        staging.copy(results.stored_in.files(), tmp_path / "copy")


@pytest.mark.parametrize(
    ("n_times", "pause"),
    [(2, 0.005), (2, 2.0), pytest.param(500, 0.25, marks=pytest.mark.whole)],
)
def test_a_report_beside_a_writer_is_of_one_run(
    runs: tuple[Path, Path], tmp_path: Path, n_times: int, pause: float
) -> None:
    found = race(runs, tmp_path, n_times, pause)
    print(found)
    assert found["mixed"] == 0
