"""Since which model those that follow are better or worse than the first, or the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from reportgen.comparison.outputs.quality import Quality

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
