"""One changed text: what was predicted before and after."""

from dataclasses import dataclass
from math import isfinite, nan

from reportgen.results import Results
from reportgen.tasks import target_of, task_of

# Another batch size changes what a model returns by at most this fraction of its size; a smaller
# change of a prediction counts as none.
SAME_OUTPUT = 1e-5


@dataclass(frozen=True, slots=True)
class TextChange:
    """A text before and after one edit."""

    text: int  # row of the original in `texts`
    kind: str  # name of the edit
    variant: int | None  # row of the changed text in `texts`; None where it is no text of the run
    changed_text: str
    # The number, or the probability of what was predicted for the original, of labels that of the
    # strongest one; NaN where the output has no such figure, or it was not stored.
    before: float
    after: float
    # Whether something else is predicted; None for numbers, and where that is not known.
    changed_prediction: bool | None

    @property
    def change(self) -> float:
        """After less before; 0 for what is within rounding, NaN where either is not known."""
        difference = self.after - self.before
        is_none = abs(difference) <= SAME_OUTPUT * max(abs(self.before), abs(self.after))
        return 0.0 if is_none else difference

    @property
    def flip(self) -> float:
        """1 where something else is predicted, 0 where not, NaN where that is not known."""
        return nan if self.changed_prediction is None else float(self.changed_prediction)

    @property
    def is_measured(self) -> bool:
        """Whether the change is known."""
        return isfinite(self.before) and isfinite(self.after)


def has_direction(results: Results) -> bool:
    """Whether the figure that edits change can rise and fall, and is the same figure wherever it
    has one name: a number that is predicted, or what evidence explains, unless it is a distance.
    Without evidence nothing names the class that a lead is of."""
    evidence, task = results.info.evidence, task_of(results.info.output)
    if evidence.scalar is None:
        return task.has_number or task.is_number
    return not target_of(evidence).is_distance
