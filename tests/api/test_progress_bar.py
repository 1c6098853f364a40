"""What the terminal says while an analysis runs."""

import io
import os
import pty
import re
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from helpers.places import SAMPLES
from rich.console import Console
from rich.progress import Progress as Bars

from reportgen.__main__ import main
from reportgen.analysis import Cost
from reportgen.analysis.progress import AttentionMemory, Passes
from reportgen.api import progress_bar as bars
from reportgen.api import progress_bar as terminal
from reportgen.api.options import Verbosity
from reportgen.api.progress_bar import TerminalProgress

SAMPLE = SAMPLES / "ad_headlines.txt"
COST = Cost(
    {
        "texts": Passes(6, 0, 100.0),
        "gradient": Passes(8, 4, 60.0),
        "deletion": Passes(40, 0, 240.0),
    },
    {"texts": 6, "gradient": 4, "deletion": 4},
    is_exact=True,
)


class Clock:
    """Stands for the time module: seconds as a test sets them."""

    now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(bars, "time", made)
    return made


def shown(is_terminal: bool = False, width: int = 40) -> tuple[TerminalProgress, io.StringIO, Bars]:
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=is_terminal)
    moved = Bars(console=console, disable=not is_terminal)
    return TerminalProgress(moved), stream, moved


def test_without_a_terminal_each_stage_is_one_line_of_any_length(clock) -> None:
    progress, stream, _ = shown()
    progress.begin(COST)
    clock.now = 2.0
    progress.advance("texts", 2, 50.0)  # 50 of 400 in 2 seconds
    clock.now = 3.0
    progress.advance("texts", 4, 50.0)
    progress.advance("deletion", 3)
    clock.now = 10.0
    progress.advance("deletion", 1)
    clock.now = 11.0
    progress.advance("gradient", 4)
    progress.interrupted()
    assert stream.getvalue().splitlines() == [
        "6 texts to analyse, evidence on 4: 54 forward and 4 backward passes",
        "about 14 seconds left",
        "Attention: 6 texts, about 9 seconds left",
        "Deletion: 4 texts, about 2 seconds left",
        "Gradient: 4 texts",
        terminal.INTERRUPTED,
    ]


def test_texts_beside_the_sample_are_announced_and_counted(clock) -> None:
    progress, stream, _ = shown()
    progress.begin(COST)
    clock.now = 1.0
    progress.advance("texts", 6, 100.0)
    more = {"deletion": Passes(20, 0, 120.0), "gradient": Passes(4, 2, 30.0)}
    progress.extend(Cost(more, {"deletion": 2, "gradient": 2}, is_exact=True))
    clock.now = 5.5
    progress.advance("deletion", 4)
    progress.advance("deletion", 2)  # 460 of 550 in 5.5 seconds
    progress.advance("gradient", 6)
    assert stream.getvalue().splitlines()[3:] == [
        "evidence also on 2 texts that the report lists first: 24 forward and 2 backward passes "
        "more",
        "Deletion: 6 texts, about 1 second left",
        "Gradient: 6 texts",
    ]


def test_on_a_terminal_there_is_a_bar_a_stage_in_the_order_of_the_work(clock) -> None:
    progress, stream, moved = shown(is_terminal=True, width=100)
    with moved:
        progress.begin(COST)
        clock.now = 2.0
        progress.advance("texts", 2, 50.0)
        progress.advance("texts", 4, 50.0)
        progress.advance("deletion", 1)
    tasks = [(task.description, task.completed, task.total) for task in moved.tasks]
    assert tasks == [("Attention", 6, 6), ("Deletion", 1, 4), ("Gradient", 0, 4)]
    assert [task.started for task in moved.tasks] == [True, True, False]
    said = plain(stream.getvalue())
    assert "54 forward and 4 backward passes" in said
    assert said.count("about 14 seconds left") == 1
    assert "Attention: 6 texts" not in said


def test_what_is_not_exact_is_said_to_be_about_right() -> None:
    cost = Cost({"texts": Passes(1000, 0, 1.0)}, {"texts": 1000}, is_exact=False)
    assert (
        terminal.cost_line(cost)
        == "1,000 texts to analyse: about 1,000 forward and 0 backward passes"
    )
    for in_stripes, how in ((True, "read some queries at a time"), (False, "which can only be")):
        said = terminal.cost_line(
            replace(cost, room=AttentionMemory(8192, 310_400_000, in_stripes))
        )
        assert f"; the attention of 8,192 tokens, {how}" in said
        assert said.endswith(" takes about 310 MB")
    one = Cost({"texts": Passes(1, 0, 1.0)}, {"texts": 1}, is_exact=True)
    assert terminal.cost_line(one) == "1 text to analyse: 1 forward and 0 backward passes"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "about 1 second left"),
        (1.6, "about 2 seconds left"),
        (89, "about 89 seconds left"),
        (90, "about 2 minutes left"),
        (5399, "about 90 minutes left"),
        (5400, "about 2 hours left"),
    ],
)
def test_time_is_said_in_the_unit_that_fits(seconds: float, words: str) -> None:
    assert terminal.time_left(seconds) == words


def plain(text: str) -> str:
    """Without what moves the cursor and colours the text."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_the_command_shows_bars_on_a_real_terminal(tmp_path: Path, monkeypatch) -> None:
    ours, theirs = pty.openpty()
    parts: list[bytes] = []

    def read() -> None:
        with suppress(OSError):  # the other side is closed
            while part := os.read(ours, 4096):
                parts.append(part)

    reader = Thread(target=read)
    with os.fdopen(theirs, "w", encoding="utf-8") as stderr, monkeypatch.context() as patch:
        for name, value in (("TERM", "xterm"), ("COLUMNS", "120"), ("LINES", "40")):
            patch.setenv(name, value)
        patch.setattr(sys, "stderr", stderr)
        command = ["reportgen", "run", str(SAMPLE), "--limit", "2"]
        patch.setattr(sys, "argv", [*command, "-o", str(tmp_path / "report.html")])
        reader.start()
        with pytest.raises(SystemExit) as ended:
            main()
    reader.join()
    os.close(ours)
    said = b"".join(parts)
    assert not ended.value.code, said
    text = plain(said.decode("utf-8"))
    cost, time_left = text.index("forward and 2 backward passes"), text.index(" left")
    assert cost < time_left < text.index("report.html: ")
    for name in ("Attention", "Deletion", "Gradient"):
        assert re.search(rf"{name} +━* *[━╸╺ ]*2/2", text), name
    assert time_left < text.index(f"Writing {tmp_path / 'report.html'}") < text.index("Bundled")
    # The bars are gone in the end.
    assert "\x1b[2K" in said.decode("utf-8")


def test_without_a_terminal_nothing_is_said_of_writing(capsys) -> None:
    with terminal.writing(["report.html"], Verbosity()):
        pass
    assert capsys.readouterr() == ("", "")


def test_batches_that_do_not_fit_are_said_in_one_line() -> None:
    progress, stream, _ = shown()
    progress.halved(64, "cuda:0")
    assert stream.getvalue() == (
        "reportgen: 64 texts at once did not fit into the memory of cuda:0; such batches run in "
        "halves, which moves figures by rounding at most; see --batch-tokens\n"
    )
