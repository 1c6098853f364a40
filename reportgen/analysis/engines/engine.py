"""An engine has workers measure the items of a job: in this process, or in several others."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

import pandas as pd

from reportgen.analysis.work.item import WorkItem, WorkResult
from reportgen.analysis.work.tally import MapQuota
from reportgen.texts import TextInput

if TYPE_CHECKING:  # merging shards needs no libraries of models
    from reportgen.analysis.first_pass import Window
    from reportgen.analysis.worker import Worker


@dataclass(frozen=True, slots=True)
class AttentionInput:
    """A window of texts whose attention is to be measured."""

    item: WorkItem
    kept: MapQuota  # the texts before it that keep their maps
    # Its texts, where they were tokenised already. Another process does that faster than it is sent
    # them.
    window: "Window | None" = None


@dataclass(frozen=True, slots=True)
class EvidenceInput:
    """Texts whose evidence is to be measured."""

    item: WorkItem
    sources: Sequence[TextInput]  # with what the model added to them
    # By row of the table of texts, its rows of the table of tokens.
    tokens: Mapping[int, pd.DataFrame] = field(default_factory=dict)


WorkInput: TypeAlias = AttentionInput | EvidenceInput


@dataclass(frozen=True, slots=True)
class Measured:
    """What a worker measured of an item."""

    item: WorkItem
    result: WorkResult
    is_stopped: bool = False  # the user interrupted it, so that it is not whole
    halved: int | None = None  # see `Worker`


class Engine(Protocol):
    """Where workers run.

    Attributes:
        is_alone: whether that is this process, which reports the progress within an item.
    """

    is_alone: bool

    def run(self, inputs: Iterable[WorkInput]) -> Iterator[Measured]:
        """Measure all `inputs`, in any order. They are taken as they are needed."""


class ThisProcess:
    """The engine without others: one item after another."""

    is_alone = True

    def __init__(self, worker: Callable[[], "Worker"]) -> None:
        self._worker = worker

    def run(self, inputs: Iterable[WorkInput]) -> Iterator[Measured]:
        """Measure all `inputs`, one after another."""
        return map(self._worker().measure, inputs)
