"""Labels and predictions as classes of the model, by their place in its list of classes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.notes.figures import analysed
from reportgen.results import Results

NONE = -1  # stands where there is no class


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """`[text]` each: places in the model's list of classes, or NONE."""

    predicted: NDArray[np.intp]
    labels: NDArray[np.intp]
    by_number: bool  # the labels are the classes' numbers, not their names
    n_unmatched: int  # analysed texts whose label is no class

    @property
    def compared(self) -> NDArray[np.bool_]:
        """`[text]`: has both."""
        both: NDArray[np.bool_] = (self.predicted != NONE) & (self.labels != NONE)
        return both


def match_classes(results: Results, labelled: pd.DataFrame | None = None) -> Classes:
    """Predicted classes and labels of every text of a model that puts out a class.

    A label is the name of a class. Where no label of the texts is one, but all are whole numbers
    from 0 (which must be among them) to the number of classes less one, it is the class's number.
    The labels are those of the results, or the same columns of a table that is `labelled`.
    """
    texts, names = results.texts, results.info.output.labels
    labelled = texts if labelled is None else labelled
    place = {name: index for index, name in enumerate(names)}
    predicted = _places(texts["prediction_label"], place)
    predicted[~analysed(results)] = NONE
    given = labelled["label"].str.strip()
    labels = _places(given, place)
    by_number = False
    if not (labels != NONE).any() and given.notna().any():
        numbers = labelled["label_value"].to_numpy(dtype=np.float64)
        known = numbers[given.notna().to_numpy()]
        allowed = set(range(len(names)))
        if 0 in set(known) <= allowed:
            by_number = True
            labels = np.where(np.isnan(numbers), NONE, np.nan_to_num(numbers)).astype(np.intp)
    unmatched = given.notna().to_numpy() & (labels == NONE) & analysed(results)
    return Classes(predicted, labels, by_number, int(unmatched.sum()))


def class_shares(results: Results) -> NDArray[np.float64]:
    """`[text, class]`: softmax of the logits; NaN where a text was not analysed."""
    texts, n_classes = results.texts, len(results.info.output.labels)
    logits = np.full((len(texts), n_classes), np.nan)
    rows = np.flatnonzero((texts["scores"].map(len) == n_classes).to_numpy())
    if len(rows):
        logits[rows] = np.stack(list(texts["scores"].iloc[rows]))
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = raised / raised.sum(axis=1, keepdims=True)
    return shares


def _places(names: "pd.Series[str]", place: dict[str, int]) -> NDArray[np.intp]:
    return np.array([place.get(name, NONE) for name in names], dtype=np.intp)
