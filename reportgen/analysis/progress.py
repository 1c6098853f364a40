"""What an analysis tells while it runs: what it will cost, and how far it has come."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

# In the order in which they come.
Stage: TypeAlias = Literal[
    "texts",
    "deletion",
    "gradient",
    "mask",
    "ig",
    "alti",
    "jacobian",
    "faithfulness",
    "sinks",
]
STAGES: tuple[Stage, ...] = get_args(Stage)


@dataclass(frozen=True, slots=True)
class Passes:
    """Passes through the model, of one text or a changed form of it."""

    forward: int
    backward: int
    work: float  # tokens passed forward, or what takes about as long


@dataclass(frozen=True, slots=True)
class Cost:
    """What an analysis takes, known before it starts."""

    passes: Mapping[Stage, Passes]  # of the stages that will come
    n_texts: Mapping[Stage, int]  # that go through each of them
    is_exact: bool  # not so: integrated gradients take more steps, and sinks are found, on the way


class Progress:
    """Is told how an analysis goes; does nothing with it."""

    def begin(self, cost: Cost) -> None:
        """The work is about to start."""

    def advance(self, stage: Stage, done: int, work: float = 0.0) -> None:
        """`done` more texts went through a stage; `work` as in `Passes`, where it is known."""

    def interrupted(self) -> None:
        """The user stopped the gathering of evidence; what is there is being finished."""
