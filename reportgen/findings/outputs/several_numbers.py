"""How far several predicted numbers are from their labels, of a model that returns them for each
text."""

from dataclasses import dataclass

import numpy as np

from reportgen.findings.statistics import Estimate, Floats, Places, estimates
from reportgen.results.store import Results
from reportgen.tasks.labels import label_numbers, n_numbers


@dataclass(frozen=True, slots=True, eq=False)
class NumbersFit:
    """How far each of several numbers is from its label, over the texts that have all of both."""

    texts: Places  # rows of `texts`
    predictions: Floats  # [text, number]
    labels: Floats  # [text, number]
    by_number: tuple[Estimate, ...]  # the mean absolute error of each

    @property
    def of_text(self) -> Floats:
        """`[text]`: the mean absolute error over its numbers, each of which counts alike."""
        return mean_errors(self.predictions, self.labels)

    @property
    def constants(self) -> Floats:
        """`[number]`: the constant answer that is least far off on average, the median label."""
        return np.asarray(np.median(self.labels, axis=0))


def mean_errors(predictions: Floats, labels: Floats) -> Floats:
    """`[text]` of two arrays `[text, number]`: the mean absolute error over the numbers, as
    scikit-learn averages the errors of several outputs."""
    return np.asarray(abs(predictions - labels).mean(axis=1))


def numbers_fit(results: Results) -> NumbersFit | None:
    """The fit of several predicted numbers with labels; None for other outputs, and where no text
    has all of both."""
    if results.info.output.kind != "numbers":
        return None
    labels, known = _labels(results), results.analysed
    predictions = np.full_like(labels, np.nan)
    for row, scores in enumerate(results.texts["scores"]):
        if known[row] and len(scores) == labels.shape[1]:
            predictions[row] = scores
    rows = np.flatnonzero(np.isfinite(predictions).all(axis=1) & np.isfinite(labels).all(axis=1))
    if not len(rows):
        return None
    predictions, labels = predictions[rows], labels[rows]
    return NumbersFit(rows, predictions, labels, estimates(abs(predictions - labels)))


def _labels(results: Results) -> Floats:
    return label_numbers(results.texts["label"], n_numbers(results))
