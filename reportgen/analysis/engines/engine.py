"""An engine carries out the tasks of an analysis: this process, or several others."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from reportgen.analysis.tasks.tally import Kept
from reportgen.analysis.tasks.task import Task, TaskResult
from reportgen.texts.read import TextInput

if TYPE_CHECKING:  # merging shards needs no libraries of models
    from reportgen.analysis.first_pass import Window
    from reportgen.analysis.worker import Worker


@dataclass(frozen=True, slots=True)
class AttentionOrder:
    """A window of texts whose attention is to be measured."""

    task: Task
    kept: Kept  # the texts before it that keep their maps
    # Its texts, where they were tokenised already. Another process does that faster than it is sent
    # them.
    window: "Window | None" = None


@dataclass(frozen=True, slots=True)
class EvidenceOrder:
    """Texts whose evidence is to be measured."""

    task: Task
    sources: Sequence[TextInput]  # with what the model added to them
    # By row of the table of texts, its rows of the table of tokens.
    tokens: Mapping[int, pd.DataFrame] = field(default_factory=dict)


Order = AttentionOrder | EvidenceOrder


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an order."""

    task: Task
    result: TaskResult
    is_stopped: bool = False  # the user interrupted it, so that it is not whole
    halved: int | None = None  # see `Worker`


def carried_out(order: Order, worker: "Worker") -> Done:
    """Carry out an order."""
    if isinstance(order, AttentionOrder):
        window = order.window or worker.window(order.task)
        return Done(order.task, worker.attention(window, order.kept), halved=worker.halved)
    found = worker.evidence(order.task, order.sources, order.tokens)
    return Done(order.task, *found, halved=worker.halved)


class Engine(Protocol):
    """Carries out orders.

    Attributes:
        is_alone: whether that is this process, which reports the progress within an order.
    """

    is_alone: bool

    def run(self, orders: Iterable[Order]) -> Iterator[Done]:
        """Carry out all `orders`, in any order. They are taken as they are needed."""


class ThisProcess:
    """The engine without others: one order after another."""

    is_alone = True

    def __init__(self, worker: Callable[[], "Worker"]) -> None:
        self._worker = worker

    def run(self, orders: Iterable[Order]) -> Iterator[Done]:
        """Carry out all `orders`."""
        return (carried_out(order, self._worker()) for order in orders)
