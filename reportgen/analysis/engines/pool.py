"""Processes of this machine that share work; one that dies loses nothing."""

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

Input = TypeVar("Input")
Output = TypeVar("Output")
# What a process does: it enters this, and calls what it got with one input after another.
Serve: TypeAlias = Callable[[], AbstractContextManager[Callable[[Input], Output]]]


@dataclass
class _Member(Generic[Input]):
    """One process, with the input that it works on, if any.

    It gets the next one when it has answered: as long as neither side reads, both could wait for
    the other.
    """

    process: SpawnProcess
    connection: Connection
    given: Input | None = None


class Pool(Generic[Input, Output]):
    """Processes that share work; a context manager.

    What one that dies had to do is done by another.
    """

    def __init__(self, number: int, serve: Serve[Input, Output], advice: str) -> None:
        """`serve`, inputs and outputs must be objects that can be sent to a process. `advice` says
        what the user can do if one process after another dies."""
        self._serve = serve
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

    def run(self, inputs: Iterable[Input]) -> Iterator[Output]:
        """Work on all `inputs`; the outputs come in any order.

        Raises:
            EngineError: process after process died.
        """
        rest, ready = iter(inputs), deque[Input]()
        while True:
            for member in self._members:
                if member.given is None and (ready or _take(rest, ready)):
                    self._give(member, ready.popleft())
            busy = [member for member in self._members if member.given is not None]
            if not busy:
                return
            while len(ready) < len(busy) and _take(rest, ready):
                pass  # while the others work
            answered = wait([member.connection for member in busy])
            for member in (member for member in busy if member.connection in answered):
                try:
                    answer = member.connection.recv()
                except (EOFError, OSError):  # it died
                    assert member.given is not None
                    ready.appendleft(member.given)
                    self._replace(member)
                    continue
                if isinstance(answer, Exception):
                    raise answer
                member.given = None
                yield answer

    def _give(self, member: _Member[Input], given: Input) -> None:
        member.given = given
        # If it died, that is noticed when its answer is waited for.
        with suppress(OSError):
            member.connection.send(given)

    def _replace(self, member: _Member[Input]) -> None:
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

    def _started(self) -> _Member[Input]:
        # A copy of this process, with the threads of libraries in it, would not work.
        context = multiprocessing.get_context("spawn")
        pipe, other = context.Pipe()
        process = context.Process(target=_serve, args=(other, self._serve), daemon=True)
        process.start()
        other.close()  # so that its end is noticed
        return _Member(process, pipe)


def _take(rest: Iterator[Input], ready: deque[Input]) -> bool:
    """Take one of the `rest` of inputs; False if there are no more."""
    given = next(rest, None)
    if given is not None:
        ready.append(given)
    return given is not None


def _serve(connection: Connection, serve: Serve[Input, Output]) -> None:
    """Work until the process that started this one ends or closes the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other process decides what it means
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with serve() as work:
            while True:
                connection.send(work(connection.recv()))
    except (EOFError, BrokenPipeError):
        return
    except Exception as error:
        connection.send(error)
