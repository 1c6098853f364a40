"""How far off each prediction is that has a right answer.

What is said about errors is made from this: where they lie, how well probabilities fit them, and
whether a constant answer would do as well.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.findings.statistics import (
    CONFIDENCE,
    Booleans,
    Floats,
    Places,
    mean_interval,
    p_values,
)
from reportgen.tasks import Measure, task_of

if TYPE_CHECKING:
    from reportgen.findings.findings import Findings

# Whether a constant answer is farther off ("better"), nearer ("worse"), nearer but not surely, or
# farther but not surely; "few" where there are too few texts for a verdict.
ConstantVerdict: TypeAlias = Literal["better", "worse", "not_better", "unclear", "few"]
Answers: TypeAlias = Floats | NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """The predictions that have a right answer, item by item: a text has one item, or several, such
    as its words."""

    measure: Measure
    texts: Places  # [item], rows of `texts`, ascending
    errors: Floats  # [item]
    constant: Floats | None = None  # [item], the error of the constant answer with the least
    n_constants: int = 1  # constant answers that it is the best of
    chances: Floats | None = None  # [item], the probability of what was predicted
    right: Booleans | None = None  # [item], whether that is right
    # [item], where a text has one: the right answer, a number or a name, and the predicted name.
    labels: Answers | None = None
    predictions: Answers | None = None

    @property
    def of_text(self) -> tuple[Places, Floats]:
        """The rows of `texts` that have an item, and `[text]`, the mean error of their items."""
        rows, first = np.unique(self.texts, return_index=True)
        sums = np.add.reduceat(self.errors, first)
        return rows.astype(np.intp), sums / np.diff([*first.tolist(), len(self.texts)])

    def once(self, alike: Places) -> "Scored":
        """The same of the first of equal texts alone; `alike` is as `first_alike` gives it."""
        rows = np.unique(self.texts)
        _, first = np.unique(alike[rows], return_index=True)
        return self.among(np.isin(self.texts, rows[first]))

    def among(self, items: Booleans) -> "Scored":
        """The same of these `items` `[item]`."""
        lists = ("texts", "errors", "constant", "chances", "right", "labels", "predictions")
        columns = {name: getattr(self, name) for name in lists}
        return replace(
            self, **{n: list_[items] for n, list_ in columns.items() if list_ is not None}
        )

    @property
    def against_constant(self) -> ConstantVerdict | None:
        """Whether the model is better than the best constant answer; None where none is defined.

        A verdict takes an interval of the difference over the texts without 0, and that the model
        is worse also a test corrected for how many constants were tried (Bonferroni), since the
        best of many is good by luck.
        """
        if self.constant is None:
            return None
        _, first = np.unique(self.texts, return_index=True)
        gains = np.add.reduceat(self.constant - self.errors, first)
        interval = mean_interval(gains)
        if interval is None:
            return "few"
        if interval.low > 0 or not self.errors.any():
            return "better"
        if not self.constant.any():  # all right answers are the same
            return "not_better"
        error = gains.std(ddof=1) / len(gains) ** 0.5
        p = p_values(np.array([gains.mean()]), np.array([error]), np.array([len(gains)]))
        if interval.high < 0 and p[0] <= (1 - CONFIDENCE) / self.n_constants:
            return "worse"
        return "unclear" if gains.mean() > 0 else "not_better"


def scored(findings: "Findings") -> Scored | None:
    """The predictions that have a right answer; None for tasks without, and where no text has
    one."""
    task, names = task_of(findings.info.output), findings.info.output.labels
    if task.errors is None:
        return None
    item_errors = task.errors.of_items(findings.items, names)
    if not len(item_errors.texts):
        return None
    labels: Answers | None = item_errors.labels
    predictions, chances = None, None
    if item_errors.named is not None:
        chances = item_errors.named["probability"].to_numpy(np.float64)
        if task.has_outcomes:
            labels, predictions = _names(findings, item_errors.named)
    return Scored(
        measure=task.errors.measure,
        texts=item_errors.texts,
        errors=item_errors.errors,
        constant=item_errors.constant,
        n_constants=item_errors.n_constants,
        chances=chances,
        right=item_errors.right,
        labels=labels,  # not predictions of numbers: far ones are wrong more whatever the model
        predictions=predictions,
    )


def _names(findings: "Findings", known: pd.DataFrame) -> tuple[Answers, Answers]:
    """The right and the predicted class of each text; of choices the names of their columns, else
    their numbers from 1."""
    if findings.choices is None:
        labels, predicted = (known[name].to_numpy(object) for name in ("label", "predicted"))
        return labels.astype(np.str_), predicted.astype(np.str_)
    columns = dict(enumerate(findings.info.output.labels))
    labelled = findings.choices.labelled
    labels, predicted = (
        np.array([columns.get(place, str(place + 1)) for place in places], np.str_)
        for places in ([one.label for one in labelled], [one.place for one in labelled])
    )
    return labels, predicted
