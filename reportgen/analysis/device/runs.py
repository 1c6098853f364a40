"""Runs batches one after another; one that does not fit into memory is run in halves."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Generic, Self, TypeAlias, TypeVar

from reportgen.models import describe, free_memory, lacks_memory

Result = TypeVar("Result")
Found = TypeVar("Found")
# Halves are cut at a multiple of this, so that the maps of a text lie in memory as they did in the
# whole batch: sums then take the same steps, and come to the same last digit.
_ALIGNED = 4


@dataclass(frozen=True, slots=True)
class BatchPart:
    """Texts that run together: a batch as it was planned, or a part of one.

    All parts of a batch are padded to its length, so that figures do not depend on the cut.
    """

    rows: Sequence[int]
    size: int  # tokens of each text, padding included
    n_planned: int  # texts of the whole batch

    def halves(self) -> tuple[Self, Self]:
        """Its two halves; it must have several texts."""
        middle = min(_part_of(len(self.rows), 2), len(self.rows) - 1)
        return replace(self, rows=self.rows[:middle]), replace(self, rows=self.rows[middle:])


def _part_of(n_texts: int, n_parts: int) -> int:
    """The texts of the largest of so many parts."""
    size = -(-n_texts // n_parts)
    return size if size < _ALIGNED else -(-size // _ALIGNED) * _ALIGNED


# BatchRuns a part; returns what waits for the figures of its texts, where that is still to be done.
Launch: TypeAlias = Callable[[BatchPart], Callable[[], Sequence[Result]]]


class Halving:
    """The number of parts that batches are run in; it doubles each time that one does not fit."""

    def __init__(self, told: Callable[[int], None]) -> None:
        """`told` is called with the number of texts of each part that did not fit."""
        self._told = told
        self._n_parts = 1

    def is_cut(self, part: BatchPart) -> bool:
        """Whether a part is run in halves because batches did not fit before."""
        return len(part.rows) > _part_of(part.n_planned, self._n_parts)

    def halved(self, part: BatchPart) -> tuple[BatchPart, BatchPart]:
        """The halves of a part that did not fit."""
        self._told(len(part.rows))
        while not self.is_cut(part):
            self._n_parts *= 2
        return part.halves()


@dataclass(frozen=True, slots=True)
class _Running(Generic[Result]):
    part: BatchPart
    finish: Callable[[], Sequence[Result]]


def in_batches(
    batches: Sequence[Sequence[int]],
    lengths: Sequence[int],
    launch: Launch[Result],
    alone: Callable[[int], Result],
    halving: Halving,
    *,
    ahead: bool = False,
) -> Iterator[tuple[Sequence[int], Sequence[Result]]]:
    """Run `batches`, and yield the rows and results of one part after another.

    Args:
        lengths: of each text, in tokens.
        launch: see `Launch`; if it or what it returns fails, the texts of the part are run alone.
        alone: runs one text, and never fails.
        ahead: whether the next part is launched before the results of one are waited for, so that a
            device works on while the host reads.
    """
    todo = _planned(batches, lengths)
    running: _Running[Result] | None = None
    while todo or running is not None:
        part = todo.popleft() if todo else None
        if part is not None and halving.is_cut(part):
            todo.extendleft(reversed(part.halves()))
            continue
        finish, is_too_large = (None, False) if part is None else _tried(lambda: launch(part))  # noqa: B023
        waited = running
        running = None
        if waited is not None:
            yield waited.part.rows, _finished(waited, alone)
        if part is None:
            continue
        if is_too_large:
            free_memory()
            # What waited took memory too. If nothing did, there is no more to be had.
            again: tuple[BatchPart, ...] = (part,) if waited is not None else ()
            if not again and len(part.rows) > 1:
                again = halving.halved(part)
            if again:
                todo.extendleft(reversed(again))
                continue
        if finish is None:
            yield part.rows, [alone(i) for i in part.rows]
        elif ahead:
            running = _Running(part, finish)
        else:
            yield part.rows, _finished(_Running(part, finish), alone)


class BatchRun(Generic[Result]):
    """One part of a batch, run in the body of a `with` statement, which must set `results`.

    An error in the body ends there: the texts are run again, see `BatchRuns`.

    Attributes:
        rows: the indices of its texts.
        results: one for each of them; None where the run failed.
    """

    def __init__(self, part: BatchPart, setting: AbstractContextManager[None]) -> None:
        self.rows = part.rows
        self.results: Sequence[Result] | None = None
        self.lacked_memory = False
        self.message = ""  # why it failed
        self._setting = setting

    def __enter__(self) -> Self:
        self._setting.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        self._setting.__exit__(None, None, None)
        if not isinstance(error, Exception | SystemExit):  # user code may call exit()
            return False
        self.lacked_memory, self.message = lacks_memory(error), describe(error)
        return True


class BatchRuns(Generic[Result]):
    """The runs of some texts in batches: iterate once over the runs, then read the `results`.

    If a run does not fit into memory, its halves follow; if it fails otherwise, or is one text,
    each of its texts follows alone. Nothing of a failed run stays in memory, as far as its body is
    a call.
    """

    def __init__(
        self,
        batches: Sequence[Sequence[int]],
        lengths: Sequence[int],
        halving: Halving,
        setting: Callable[[int], AbstractContextManager[None]],
    ) -> None:
        """Plan the runs.

        Args:
            lengths: of each text, in tokens.
            setting: entered for each run, with the tokens that its texts are padded to; 0 for a
                text alone.
        """
        self._todo = _planned(batches, lengths)
        self._halving = halving
        self._setting = setting
        self._found: dict[int, Result | str] = {}

    @property
    def results(self) -> list[Result | str]:
        """Of each text, in input order; an error message for one that failed even alone."""
        return [self._found[i] for i in range(len(self._found))]

    def __iter__(self) -> Iterator[BatchRun[Result]]:
        todo = self._todo
        while todo:
            part = todo.popleft()
            if self._halving.is_cut(part):
                todo.extendleft(reversed(part.halves()))
                continue
            run: BatchRun[Result] = BatchRun(part, self._setting(part.size))
            yield run
            if run.results is not None:
                self._found.update(zip(run.rows, run.results, strict=True))
                continue
            if run.lacked_memory:
                free_memory()
                if len(part.rows) > 1:
                    todo.extendleft(reversed(self._halving.halved(part)))
                    continue
            for i in part.rows:
                run = BatchRun(BatchPart((i,), 0, 1), self._setting(0))
                yield run
                self._found[i] = run.message if run.results is None else run.results[0]


def _planned(batches: Sequence[Sequence[int]], lengths: Sequence[int]) -> deque[BatchPart]:
    return deque(BatchPart(rows, max(lengths[i] for i in rows), len(rows)) for rows in batches)


def joined(
    rows: Sequence[int], call: Callable[[Sequence[int]], Found], halving: Halving
) -> list[Found]:
    """The result of `call` for `rows`, which all have the same length: in one call, or in several
    if it does not fit into memory."""
    todo, found = deque([BatchPart(rows, 0, len(rows))]), list[Found]()
    while todo:
        part = todo.popleft()
        if halving.is_cut(part):
            todo.extendleft(reversed(part.halves()))
            continue
        try:
            found.append(call(part.rows))
            continue
        except Exception as error:
            if len(part.rows) == 1 or not lacks_memory(error):
                raise
        free_memory()
        todo.extendleft(reversed(halving.halved(part)))
    return found


def _tried(call: Callable[[], Found]) -> tuple[Found | None, bool]:
    """The result of `call`, None if it fails, and whether it failed for lack of memory. Nothing of
    a failed call stays in memory."""
    try:
        return call(), False
    except (Exception, SystemExit) as error:  # user code may call exit()
        return None, lacks_memory(error)


def _finished(running: _Running[Result], alone: Callable[[int], Result]) -> Sequence[Result]:
    found, _ = _tried(running.finish)
    # The other texts of the part may run without the one that failed.
    return [alone(i) for i in running.part.rows] if found is None else found
