"""Carries out the tasks of an analysis in several processes, each with a copy of the model."""

import multiprocessing
import os
import pickle
import signal
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import TracebackType
from typing import Self

import torch

from reportgen.analysis.engines.crew import Done, Order, carried_out
from reportgen.analysis.options import AnalysisOptions
from reportgen.analysis.progress import Progress
from reportgen.analysis.worker import Worker
from reportgen.errors import EngineError, ModelError
from reportgen.models.loading.factory import describe
from reportgen.models.loading.load import load_model
from reportgen.models.spec import ModelSpec
from reportgen.texts.read import TextSet

MOST_DEATHS = 3  # of processes, before the work is given up


@dataclass(frozen=True, slots=True)
class Given:
    """What each process makes a `Worker` of.

    Attributes:
        n_threads: that torch may use in it.
        is_silent: whether what a user's class prints, which may be a text, is thrown away.
    """

    texts: TextSet
    spec: ModelSpec
    options: AnalysisOptions
    n_threads: int
    is_silent: bool = False


@dataclass
class _Member:
    """One process, with the order that it carries out, if any.

    It gets the next one when it has answered: as long as neither side reads, both could wait for
    the other.
    """

    process: SpawnProcess
    connection: Connection
    order: Order | None = None


class Processes:
    """Processes of this machine; a context manager.

    One that dies loses nothing: what it had to do is done by another.
    """

    is_alone = False

    def __init__(self, number: int, given: Given) -> None:
        self._given = given
        self._n_deaths = 0
        self._members = [_started(given) for _ in range(number)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for member in self._members:
            member.process.terminate()
        for member in self._members:
            member.process.join()

    def run(self, orders: Iterable[Order]) -> Iterator[Done]:
        """Carry out all `orders`, in any order.

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

    def _give(self, member: _Member, order: Order) -> None:
        member.order = order
        # If it died, that is noticed when its answer is waited for.
        with suppress(OSError):
            member.connection.send(order)

    def _replace(self, member: _Member) -> None:
        """Start a process in place of one that died."""
        self._n_deaths += 1
        member.process.join()
        self._members.remove(member)
        if self._n_deaths == MOST_DEATHS:
            raise EngineError(
                f"processes of --workers died {MOST_DEATHS} times, perhaps for lack of memory; "
                "give fewer of them, and --resume to go on"
            )
        self._members.append(_started(self._given))


@contextmanager
def processes(
    number: int,
    texts: TextSet,
    spec: ModelSpec,
    options: AnalysisOptions,
    *,
    is_silent: bool = False,
) -> Iterator[Processes]:
    """So many processes, which share the threads of this one."""
    n_threads = max(1, torch.get_num_threads() // number)
    with Processes(number, Given(texts, spec, options, n_threads, is_silent)) as found:
        yield found


def _take(rest: Iterator[Order], ready: deque[Order]) -> bool:
    """Take one of the `rest` of orders; False if there are no more."""
    order = next(rest, None)
    if order is not None:
        ready.append(order)
    return order is not None


def _started(given: Given) -> _Member:
    # A copy of this process, with the threads of torch in it, would not work.
    context = multiprocessing.get_context("spawn")
    own, other = context.Pipe()
    process = context.Process(target=_serve, args=(other, given), daemon=True)
    process.start()
    other.close()  # so that its end is noticed
    return _Member(process, own)


def _serve(connection: Connection, given: Given) -> None:
    """Carry out orders until the process that started this one ends or closes the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other process decides what it means
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    torch.set_num_threads(given.n_threads)
    with ExitStack() as stack:
        if given.is_silent:
            nowhere = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
            stack.enter_context(redirect_stderr(nowhere))
        stack.enter_context(redirect_stdout(sys.stderr))
        try:
            worker = Worker(given.texts, load_model(given.spec), given.options, Progress())
            while True:
                connection.send(carried_out(connection.recv(), worker))
        except (EOFError, BrokenPipeError):
            return
        except Exception as error:
            connection.send(_sendable(error))


def _sendable(error: Exception) -> Exception:
    """`error`, or one that says the same where it cannot be sent to another process."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return ModelError(describe(error))
    return error
