"""Processes of this machine that carry out orders; one that dies loses nothing."""

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Generic, Self, TypeAlias, TypeVar

from reportgen.errors import EngineError

MOST_DEATHS = 3  # of processes, before the work is given up

Order = TypeVar("Order")
Answer = TypeVar("Answer")
# What a process does: it enters this, and carries out orders by what it got.
Work: TypeAlias = Callable[[], AbstractContextManager[Callable[[Order], Answer]]]


@dataclass
class _Member(Generic[Order]):
    """One process, with the order that it carries out, if any.

    It gets the next one when it has answered: as long as neither side reads, both could wait for
    the other.
    """

    process: SpawnProcess
    connection: Connection
    order: Order | None = None


class Pool(Generic[Order, Answer]):
    """Processes that carry out orders; a context manager.

    What one that dies had to do is done by another.
    """

    def __init__(self, number: int, work: Work[Order, Answer], advice: str) -> None:
        """`work`, orders and answers must be objects that can be sent to a process. `advice` says
        what the user can do if one process after another dies."""
        self._work = work
        self._advice = advice
        self._n_deaths = 0
        self._members = [self._started() for _ in range(number)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for member in self._members:
            # A process that has just begun may still handle the signal that asks it to end.
            member.process.kill()
        for member in self._members:
            member.process.join()

    def run(self, orders: Iterable[Order]) -> Iterator[Answer]:
        """Carry out all `orders`; the answers come in any order.

        Raises:
            EngineError: process after process died.
        """
        rest, ready = iter(orders), deque[Order]()
        while True:
            for member in self._members:
                if member.order is None and (ready or _take(rest, ready)):
                    self._give(member, ready.popleft())
            busy = [member for member in self._members if member.order is not None]
            if not busy:
                return
            while len(ready) < len(busy) and _take(rest, ready):
                pass  # while the others work
            answered = wait([member.connection for member in busy])
            for member in (member for member in busy if member.connection in answered):
                try:
                    answer = member.connection.recv()
                except (EOFError, OSError):  # it died
                    assert member.order is not None
                    ready.appendleft(member.order)
                    self._replace(member)
                    continue
                if isinstance(answer, Exception):
                    raise answer
                member.order = None
                yield answer

    def _give(self, member: _Member[Order], order: Order) -> None:
        member.order = order
        # If it died, that is noticed when its answer is waited for.
        with suppress(OSError):
            member.connection.send(order)

    def _replace(self, member: _Member[Order]) -> None:
        """Start a process in place of one that died."""
        self._n_deaths += 1
        member.process.join()
        self._members.remove(member)
        if self._n_deaths == MOST_DEATHS:
            raise EngineError(
                f"processes of --workers died {MOST_DEATHS} times, perhaps for lack of memory; "
                f"{self._advice}"
            )
        self._members.append(self._started())

    def _started(self) -> _Member[Order]:
        # A copy of this process, with the threads of libraries in it, would not work.
        context = multiprocessing.get_context("spawn")
        own, other = context.Pipe()
        process = context.Process(target=_serve, args=(other, self._work), daemon=True)
        process.start()
        other.close()  # so that its end is noticed
        return _Member(process, own)


def _take(rest: Iterator[Order], ready: deque[Order]) -> bool:
    """Take one of the `rest` of orders; False if there are no more."""
    order = next(rest, None)
    if order is not None:
        ready.append(order)
    return order is not None


def _serve(connection: Connection, work: Work[Order, Answer]) -> None:
    """Carry out orders until the process that started this one ends or closes the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other process decides what it means
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with work() as carry_out:
            while True:
                connection.send(carry_out(connection.recv()))
    except (EOFError, BrokenPipeError):
        return
    except Exception as error:
        connection.send(error)
