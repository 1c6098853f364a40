"""Makes the pages of a site in this process, or in several."""

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Self, TypeAlias

from reportgen.analysis import Pool
from reportgen.api.site.maker import Made, PageMaker, PageTask
from reportgen.api.site.trends import TrendMade, TrendTask, make_trend
from reportgen.findings.findings import Findings

Order: TypeAlias = Sequence[PageTask] | TrendTask
Answer: TypeAlias = tuple[Made, ...] | TrendMade

_AT_ONCE = 8  # runs that a process is given together: each is read for its own page and the next
_FEW = 4  # runs, below which another process takes longer to start than it saves
_GARBAGE = 50_000  # things made before garbage is looked for, in a process of its own


class PageWorkers:
    """Makes pages; a context manager. Its processes start with the first work that is worth it."""

    def __init__(self, maker: PageMaker) -> None:
        self._maker = maker
        self._workers = maker.options.workers or _processors()
        self._pool: Pool[Order, Answer] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._pool is not None:
            self._pool.__exit__(*error)

    def expect(self, n_tasks: int) -> None:
        """Start processes for so many tasks, if that is worth it, so that they are ready when the
        tasks are known."""
        number = min(self._workers, n_tasks)
        if self._pool is None and n_tasks > _FEW and number > 1:
            self._pool = Pool(number, partial(_working, self._maker), "give fewer of them")

    def pages(self, tasks: Sequence[PageTask]) -> Iterator[Made]:
        """Make the pages of all `tasks`, in any order. Neighbouring tasks share runs, so they go to
        the same process."""
        parts, rest = [], tasks
        while rest:  # fewer at the end, so that no process waits long for another one
            size = min(_AT_ONCE, -(-len(rest) // (2 * self._workers)))
            parts.append(rest[:size])
            rest = rest[size:]
        self.expect(len(tasks))
        for answer in self._answers(parts):
            if isinstance(answer, tuple):
                yield from answer

    def trends(self, tasks: Sequence[TrendTask]) -> Iterator[TrendMade]:
        """Make the trend pages of all `tasks`, in any order."""
        self.expect(len(tasks))
        for answer in self._answers(tasks):
            if isinstance(answer, TrendMade):
                yield answer

    def _answers(self, orders: Sequence[Order]) -> Iterator[Answer]:
        if self._pool is not None and len(orders) > 1:
            yield from self._pool.run(orders)
            return
        held: dict[Path, Findings] = {}
        for order in orders:
            yield _answer(self._maker, held, order)


@contextmanager
def _working(maker: PageMaker) -> Iterator[Callable[[Order], Answer]]:
    """Prepare a process that makes pages, and give its function for one order."""
    gc.freeze()
    gc.set_threshold(_GARBAGE)  # a page makes many things that stay until it is written
    held: dict[Path, Findings] = {}
    yield partial(_answer, maker, held)


def _answer(maker: PageMaker, held: dict[Path, Findings], order: Order) -> Answer:
    """Make the pages of one order. `held` is a cache of the findings of the last runs."""
    if isinstance(order, TrendTask):
        return make_trend(order, maker.options, redact=maker.redact)
    return maker.make(order, held)


def _processors() -> int:
    """How many processors this process may use."""
    can_ask = hasattr(os, "sched_getaffinity")
    return len(os.sched_getaffinity(0)) if can_ask else os.cpu_count() or 1
