"""An engine has workers measure the items of a job: in this process, or in several others."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

from reportgen.analysis.work.item import Measured, WorkInput

if TYPE_CHECKING:
    from reportgen.analysis.worker import Worker


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
