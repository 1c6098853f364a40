"""Names the models of a trend, by their training step if it is known."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# As trainers and `ReportCallback` call folders: checkpoint-500, results-step500, global_step500.
_STEP = re.compile(
    r"(?:^|[-_. ])(?:checkpoint|global_?step|step|iter)[-_ ]?([0-9]{1,12})$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One of the models that are compared in order."""

    name: str  # of the folder of its results, else of the model
    step: int | None  # of the training; None where not every model's is known


def checkpoints(folders: Sequence[str], models: Sequence[str]) -> tuple[Checkpoint, ...]:
    """The checkpoints of `models`, whose results are in `folders` (names; "" if they are not kept).

    Steps count only where every model has one and none has that of another.
    """
    names = [own or model for own, model in zip(folders, models, strict=True)]
    pairs = zip(names, models, strict=True)
    steps = [step if (step := _step(name)) is not None else _step(model) for name, model in pairs]
    if None in steps or len(set(steps)) < len(steps):
        steps = [None] * len(steps)
    return tuple(Checkpoint(*pair) for pair in zip(names, steps, strict=True))


def _step(name: str) -> int | None:
    found = _STEP.search(name)
    return int(found[1]) if found else None
