"""The trend from model to model: how the models are called, since which one those that follow are
better, worse or the same, and what became of sinks, tokens and texts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from reportgen.comparison.outputs.quality import Quality
from reportgen.comparison.trend.sinks import SinkTrend
from reportgen.comparison.trend.texts import TextTrend
from reportgen.comparison.trend.tokens import TokenTrend

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


Course: TypeAlias = Literal["better", "worse", "same"]
_COURSES: tuple[Course, ...] = ("better", "worse", "same")


@dataclass(frozen=True, slots=True)
class QualityTrend:
    """What the figure that decides says of a model and of all that come after it."""

    course: Course  # against the first model, by the rule of a comparison of the two
    since: int  # the place of that model, from 1: the first model is 0
    figure: str  # in the register of quality
    values: tuple[float, ...]  # of the figure: in the first model, in that model, in the last


def quality_trend(qualities: Sequence[Quality | None]) -> QualityTrend | None:
    """The trend of the figure that decides; `qualities` are of the models after the first, each
    compared with that.

    None where it is not sure what the last model is, and where models are not judged by one figure.
    """
    last = qualities[-1] if qualities else None
    course = next((own for own in _COURSES if last is not None and own == last.verdict), None)
    if last is None or course is None:
        return None
    figure, since = last.deciding.name, len(qualities)
    for place, own in reversed(list(enumerate(qualities, 1))):
        if own is None or own.verdict != course or own.deciding.name != figure:
            break
        since = place
    first = qualities[since - 1]
    assert first is not None  # it was judged
    changes = first.deciding.change, last.deciding.change
    return QualityTrend(course, since, figure, (changes[1].base, *(own.head for own in changes)))


@dataclass(frozen=True, slots=True)
class Unmatched:
    """The texts of a model that do not count, since other models lack them."""

    n_missing: int  # texts of the first model that this one has no figures of
    n_other: int  # its texts that the first model does not have


@dataclass(frozen=True, slots=True)
class Trend:
    """The trend of sinks, tokens and texts over all models."""

    checkpoints: tuple[Checkpoint, ...]  # [model]
    unmatched: tuple[Unmatched, ...]  # [model]
    sinks: tuple[SinkTrend, ...]
    tokens: tuple[TokenTrend, ...]
    texts: tuple[TextTrend, ...]  # that changed their prediction
    n_predicted: int  # texts whose predictions are compared
    quality: QualityTrend | None = None  # None where nothing is sure of the last model
    without: tuple[str, ...] = ()  # ids of texts that no model has figures of
