"""Runs batches one after another; one that does not fit into memory is run in halves."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Generic, Self, TypeVar

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


class BatchRun(Generic[Result]):
    """One part of a batch, run in the body of a `with` statement, which sets `results` or `finish`.

    An error in the body ends there: the texts are run again, see `BatchRuns`.

    Attributes:
        rows: the indices of its texts.
        size: tokens that they are padded to; 0 for a text alone.
        is_alone: whether it is a text alone, after a run with it failed.
        results: one for each text.
        finish: waits for the results, where that is still to be done.
    """

    def __init__(
        self, part: BatchPart, setting: AbstractContextManager[None], *, is_alone: bool = False
    ) -> None:
        self.rows = part.rows
        self.size = part.size
        self.is_alone = is_alone
        self.results: Sequence[Result] | None = None
        self.finish: Callable[[], Sequence[Result]] | None = None
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
        setting: Callable[[int], AbstractContextManager[None]] = lambda size: nullcontext(),
        take: Callable[[Sequence[int], Sequence[Result]], None] | None = None,
        *,
        ahead: bool = False,
    ) -> None:
        """Plan the runs.

        Args:
            lengths: of each text, in tokens.
            setting: entered for each run, with its `size`.
            take: called with the rows and results of each run; None: they are kept as `results`.
            ahead: whether the next run begins before the results of one are waited for, so that a
                device works on while the host reads.
        """
        self._todo = deque(
            BatchPart(rows, max(lengths[i] for i in rows), len(rows)) for rows in batches
        )
        self._halving = halving
        self._setting = setting
        self._take = take or self._keep
        self._ahead = ahead
        self._found: dict[int, Result | str] = {}

    @property
    def results(self) -> list[Result | str]:
        """Of each text, in input order; an error message for one that failed even alone."""
        return [self._found[i] for i in range(len(self._found))]

    def __iter__(self) -> Iterator[BatchRun[Result]]:
        todo = self._todo
        waiting: BatchRun[Result] | None = None
        while todo or waiting is not None:
            part = todo.popleft() if todo else None
            if part is not None and self._halving.is_cut(part):
                todo.extendleft(reversed(part.halves()))
                continue
            run: BatchRun[Result] | None = None
            if part is not None:
                run = BatchRun(part, self._setting(part.size))
                yield run
            before, waiting = waiting, None
            if before is not None:
                yield from self._finished(before)
            if part is None or run is None:
                continue
            if run.lacked_memory:
                free_memory()
                if before is not None:  # it took memory too
                    todo.appendleft(part)
                    continue
                if len(part.rows) > 1:
                    todo.extendleft(reversed(self._halving.halved(part)))
                    continue
            if self._ahead and run.finish is not None:
                waiting = run
            else:
                yield from self._finished(run)

    def _finished(self, run: BatchRun[Result]) -> Iterator[BatchRun[Result]]:
        """Take the results of a run; the runs of its texts alone, if it failed."""
        finish, run.finish = run.finish, None
        if finish is not None:
            with suppress(Exception, SystemExit):  # user code may call exit()
                run.results = finish()
        if run.results is not None:
            self._take(run.rows, run.results)
            run.results = None  # it may be large
            return
        for i in run.rows:
            part = BatchPart((i,), 0, 1)
            alone: BatchRun[Result] = BatchRun(part, self._setting(0), is_alone=True)
            yield alone
            if alone.results is None:
                self._found[i] = alone.message
            else:
                self._take(alone.rows, alone.results)

    def _keep(self, rows: Sequence[int], results: Sequence[Result]) -> None:
        self._found.update(zip(rows, results, strict=True))


def joined(
    rows: Sequence[int], call: Callable[[Sequence[int]], Found], halving: Halving
) -> list[Found]:
    """The result of `call` for `rows`, which all have the same length: in one call, or in several
    if it does not fit into memory."""
    todo, results = deque([BatchPart(rows, 0, len(rows))]), list[Found]()
    while todo:
        part = todo.popleft()
        if halving.is_cut(part):
            todo.extendleft(reversed(part.halves()))
            continue
        try:
            results.append(call(part.rows))
            continue
        except Exception as error:
            if len(part.rows) == 1 or not lacks_memory(error):
                raise
        free_memory()
        todo.extendleft(reversed(halving.halved(part)))
    return results
