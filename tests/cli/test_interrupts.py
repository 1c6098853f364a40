"""Ctrl-C while the command works, in a process of its own: what is written, and what is said."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from places import SAMPLES

from reportgen.api import progress_bar as terminal
from reportgen.files import Staging, held_back

SAMPLE = SAMPLES / "ad_headlines.txt"


@contextmanager
def working(folder: Path, *args: str) -> Iterator[subprocess.Popen]:
    """The command at work in `folder`, which holds nothing but its texts and an old report."""
    (folder / "texts.txt").write_bytes(SAMPLE.read_bytes())
    (folder / "report.html").write_text("old")
    command = [sys.executable, "-m", "reportgen", "run", "texts.txt", "-o", "report.html"]
    process = subprocess.Popen(
        [*command, "--force", "--evidence", "full", *args],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "TMPDIR": str(folder)},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def wait_for(process: subprocess.Popen, words: str) -> None:
    """Read what the command says up to the line that begins with `words`."""
    for line in process.stderr:
        if line.startswith(words):
            return
    pytest.fail(f"the command never said {words!r}")


def names(folder: Path) -> list[str]:
    """What is in `folder`, but for torch's own empty cache."""
    return sorted(path.name for path in folder.iterdir() if "inductor" not in path.name)


def end(process: subprocess.Popen) -> list[str]:
    """What the command says in the end, once it has ended as an interrupted one does."""
    rest = process.stderr.read()
    assert process.wait(timeout=60) == 130, rest
    assert "Traceback" not in rest
    return rest.splitlines()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_the_first_interrupt_during_evidence_ends_in_a_report(tmp_path: Path, sent: int) -> None:
    with working(tmp_path, "-o", "results/", "-o", "summary.json") as process:
        wait_for(process, "Deletion: 24 texts")
        process.send_signal(sent)
        said = end(process)
    assert terminal.INTERRUPTED in said
    assert any(line.startswith("report.html: ") for line in said)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "The evidence was stopped before it was complete" in page
    record = json.loads((tmp_path / "results" / "results.json").read_text("utf-8"))
    assert record["evidence"]["interrupted"]
    assert record["evidence"]["withheld"]["ig"] == "interrupted"
    assert json.loads((tmp_path / "summary.json").read_text("utf-8"))["evidence"]["interrupted"]
    assert names(tmp_path) == ["report.html", "results", "summary.json", "texts.txt"]


def test_an_interrupt_late_in_full_evidence_keeps_what_came_before(tmp_path: Path) -> None:
    with working(tmp_path, "-o", "results/") as process:
        wait_for(process, "ALTI: 24 texts")
        process.send_signal(signal.SIGINT)
        end(process)
    evidence = json.loads((tmp_path / "results" / "results.json").read_text("utf-8"))["evidence"]
    assert evidence["interrupted"]
    assert not {"deletion", "gradient", "mask", "ig", "alti"} & set(evidence["withheld"])


def test_the_second_interrupt_writes_nothing(tmp_path: Path) -> None:
    with working(tmp_path, "-o", "results/", "-o", "new.md") as process:
        wait_for(process, "Deletion: 24 texts")
        process.send_signal(signal.SIGINT)
        wait_for(process, "reportgen: interrupted; finishing")
        process.send_signal(signal.SIGINT)
        said = end(process)
    assert said[-1] == "reportgen: interrupted; nothing was written"
    assert (tmp_path / "report.html").read_text() == "old"
    assert names(tmp_path) == ["report.html", "texts.txt"]


def test_an_interrupt_before_evidence_writes_nothing(tmp_path: Path) -> None:
    with working(tmp_path) as process:
        wait_for(process, "24 texts to analyse")
        process.send_signal(signal.SIGINT)
        said = end(process)
    assert said[-1] == "reportgen: interrupted; nothing was written"
    assert (tmp_path / "report.html").read_text() == "old"
    assert names(tmp_path) == ["report.html", "texts.txt"]


def test_a_first_interrupt_is_held_back_and_a_second_is_not() -> None:
    with held_back() as came:
        assert came == []
        os.kill(os.getpid(), signal.SIGINT)
    assert came == [signal.SIGINT]
    with pytest.raises(KeyboardInterrupt), held_back() as came:
        interrupt_twice()
    assert came == [signal.SIGINT] * 2
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_does_not_part_outputs_that_belong_together(
    tmp_path: Path, monkeypatch
) -> None:
    replace = Path.replace

    def interrupted(self, target):
        if target.name == "a":
            os.kill(os.getpid(), signal.SIGINT)
        return replace(self, target)

    with Staging() as staging:
        for name in "ab":
            staging.file(tmp_path / name, b"new")
        monkeypatch.setattr(Path, "replace", interrupted)
        staging.commit()
    assert [path.read_bytes() for path in sorted(tmp_path.iterdir())] == [b"new", b"new"]


def interrupt_twice() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGINT)


def test_a_handler_of_ones_own_is_left_alone() -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
    try:
        with held_back() as came:
            os.kill(os.getpid(), signal.SIGINT)
        assert (seen, came) == ([signal.SIGINT], [])
    finally:
        signal.signal(signal.SIGINT, before)
