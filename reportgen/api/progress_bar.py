"""What the terminal shows while an analysis runs: its cost, and one bar for each stage."""

import logging
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.text import Text

from reportgen.analysis import STAGES, Cost, Progress, Stage
from reportgen.api.options import Verbosity
from reportgen.errors import counted

if TYPE_CHECKING:
    from rich.progress import TaskID

INTERRUPTED = (
    "reportgen: interrupted; finishing with the evidence gathered so far, interrupt again to stop"
)


class TerminalProgress(Progress):
    """Print the number of passes before the work, the time it will take after the first batch, and
    the progress of each stage: as a bar, or as a line when it is done if standard error is not a
    terminal."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._cost = Cost({}, {}, is_exact=True)
        self._tasks: dict[Stage, TaskID] = {}
        self._started = 0.0
        self._is_timed = False  # whether the time left was printed
        self._worked = 0.0  # so far, as in `Passes`

    def resumed(self, n_done: int, n_texts: int, n_left: int) -> None:
        """Print what an earlier run did."""
        evidence = f", and evidence on {n_left:,}" if n_left else ""
        self._say(
            "reportgen: going on: an earlier run measured the attention of "
            f"{n_done:,} of {counted(n_texts, 'text')}; left are {n_texts - n_done:,}{evidence}"
        )

    def begin(self, cost: Cost) -> None:
        """Print the cost and set up a bar for each stage."""
        self._cost = cost
        self._say(cost_line(cost))
        for stage in (stage for stage in STAGES if stage in cost.passes):
            self._tasks[stage] = self._bars.add_task(
                STAGES[stage], total=cost.n_texts[stage], start=False
            )
        self._started = time.perf_counter()

    def extend(self, more: Cost) -> None:
        """Print what evidence on more texts costs, and make the bars longer."""
        count = counted(more.n_texts.get("deletion", 0), "text")
        self._say(f"evidence also on {count} that the report lists first: {_passes(more)} more")
        self._cost = self._cost.plus(more)
        for stage in self._tasks.keys() & more.n_texts.keys():
            self._bars.update(self._tasks[stage], total=self._cost.n_texts[stage])

    def advance(self, stage: Stage, done: int, work: float = 0.0) -> None:
        """Move the bar of a stage; after the first batch, print how long the rest will take."""
        task = self._tasks.get(stage)
        if task is None:
            return
        bar = self._bars.tasks[task]
        was_finished = bar.finished
        self._bars.start_task(task)
        self._bars.advance(task, done)
        if work and not self._is_timed:
            self._is_timed = True
            self._say(time_left(self._left(work)))
        self._worked += self._cost.passes[stage].work * done / self._cost.n_texts[stage]
        if bar.finished and not was_finished and not self._bars.console.is_terminal:
            left = self._left(self._worked)
            rest = f", {time_left(left)}" if left >= 0.5 else ""
            self._say(f"{STAGES[stage]}: {counted(self._cost.n_texts[stage], 'text')}{rest}")

    def halved(self, n_texts: int, device: str) -> None:
        """Print that batches are run in halves."""
        self._say(
            f"reportgen: {counted(n_texts, 'text')} at once did not fit into the memory of "
            f"{device}; such batches run in halves, which moves figures by rounding at most; see "
            "--batch-tokens"
        )

    def interrupted(self) -> None:
        """Print that the report will be written with the evidence so far."""
        self._say(INTERRUPTED)

    def _left(self, worked: float) -> float:
        """Seconds that the rest will take, at the speed so far."""
        total = sum(passes.work for passes in self._cost.passes.values())
        if not worked:  # where none of the texts chosen for evidence has content
            return 0.0
        return (time.perf_counter() - self._started) * max(total - worked, 0.0) / worked

    def _say(self, line: str) -> None:
        self._bars.console.print(line, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def terminal_progress(verbosity: Verbosity) -> Iterator[TerminalProgress]:
    """Show progress bars on standard error; within it, pass the result to an analysis."""
    console = Console(file=sys.stderr, stderr=True, quiet=verbosity.quiet)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bars(
        *columns,
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bars:
        yield TerminalProgress(bars)


@contextmanager
def writing(files: Sequence[str], verbosity: Verbosity) -> Iterator[None]:
    """Print on a terminal that `files` are being written, for as long as it takes."""
    console = Console(file=sys.stderr, stderr=True, quiet=verbosity.quiet)
    if not files or not console.is_terminal:
        yield
        return
    with console.status(Text(f"Writing {', '.join(files)}")):
        yield


def quiet_libraries(verbosity: Verbosity) -> None:
    """Hide log lines of transformers unless --verbose is set."""
    if not verbosity.verbose:
        logging.getLogger("transformers").setLevel(logging.ERROR)


def cost_line(expected: Cost) -> str:
    """How many texts and passes an analysis takes, as one line."""
    line = f"{counted(expected.n_texts['texts'], 'text')} to analyse"
    if "deletion" in expected.n_texts:
        line += f", evidence on {expected.n_texts['deletion']:,}"
    line += f": {_passes(expected)}{_room_of(expected)}"
    if expected.asked is not None:
        line += f"; --evidence-texts {expected.asked} takes the same texts"
    return line


def _room_of(cost: Cost) -> str:
    """The memory that attention of the longest text takes, if it is much."""
    room = cost.room
    if room is None:
        return ""
    size = f"{max(1, round(room.n_bytes / 1e6)):,} MB"
    how = "read some queries at a time" if room.in_stripes else "which can only be read whole"
    return f"; the attention of {room.n_tokens:,} tokens, {how}, takes about {size}"


def _passes(cost: Cost) -> str:
    forward = sum(passes.forward for passes in cost.passes.values())
    backward = sum(passes.backward for passes in cost.passes.values())
    about = "" if cost.is_exact else "about "
    return f"{about}{forward:,} forward and {backward:,} backward passes"


def time_left(seconds: float) -> str:
    """How long the rest of the work takes, in words such as "about 2 minutes left"."""
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds >= 1.5 * size:
            return f"about {round(seconds / size)} {unit}s left"
    count = max(1, round(seconds))
    return f"about {count} second{'s' if count > 1 else ''} left"
