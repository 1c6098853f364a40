"""Classes and labels over all texts: which were predicted, and how often they were right."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from reportgen.findings.statistics import (
    Booleans,
    Floats,
    Places,
)
from reportgen.results.labels import NONE
from reportgen.results.store import Results
from reportgen.tasks.labels import ClassLabels, LabelSets, class_labels, label_sets


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """`[text]` each: places in the model's list of classes, or NONE."""

    predicted: Places
    labelled: ClassLabels

    @property
    def labels(self) -> Places:
        """`[text]`: the class that each text should have, or NONE."""
        return self.labelled.places

    @property
    def compared(self) -> Booleans:
        """`[text]`: whether a text has both a prediction and a label."""
        both: Booleans = (self.predicted != NONE) & (self.labels != NONE)
        return both

    @property
    def n_unmatched(self) -> int:
        """How many analysed texts have a label that is no class."""
        return int(self.labelled.unmatched.sum())


def match_classes(results: Results, labelled: pd.DataFrame | None = None) -> Classes:
    """Predicted classes and labels of every text of a model that puts out a class.

    Args:
        results: their texts give the predictions, and the labels unless `labelled` is given.
        labelled: a table with the columns `label` and `label_value`, one row per text.
    """
    texts, classes, known = results.texts, results.info.output.labels, results.analysed
    place = {name: index for index, name in enumerate(classes)}
    predicted = np.array([place.get(name, NONE) for name in texts["prediction_label"]], np.intp)
    predicted[~known] = NONE
    labels = class_labels(texts if labelled is None else labelled, classes, known)
    return Classes(predicted, labels)


def label_sets_of(results: Results) -> LabelSets:
    """The labels of every text of a model that puts out several labels."""
    output = results.info.output
    return label_sets(results.texts["label"], output.labels, results.analysed)


@dataclass(frozen=True, slots=True, eq=False)
class ClassFit:
    """Predicted classes against labels, over the texts that have both."""

    counts: Places  # [label, predicted], texts
    mean_recall: float  # mean over the labels of the share that was found
    base_share: float  # of the most frequent label: what always answering it would get right
    base_label: int  # that label


@dataclass(frozen=True, slots=True, eq=False)
class LabelCounts:
    """Predicted labels, of which a text may have several, and how often they were right."""

    n_texts: int
    predicted: Places  # [label], texts
    # Over the texts with known labels, [label]:
    given: Places
    found: Places  # predicted and given
    claimed: Places  # predicted


def class_fit(classes: Classes, n_classes: int) -> ClassFit | None:
    """The fit of predicted classes with labels; None where no text has both."""
    labels, predicted = (side[classes.compared] for side in (classes.labels, classes.predicted))
    if not len(labels):
        return None
    places = np.bincount(labels * n_classes + predicted, minlength=n_classes**2)
    counts = places.reshape(n_classes, n_classes)
    by_label = counts.sum(axis=1)
    has_texts = by_label > 0
    return ClassFit(
        counts=counts,
        mean_recall=float(np.mean(np.diag(counts)[has_texts] / by_label[has_texts])),
        base_share=float(by_label.max() / len(labels)),
        base_label=int(by_label.argmax()),
    )


def told_labels(counts: Places, most: int) -> list[int]:
    """The most frequent labels of `counts` `[label, predicted]`, at most `most`; the one that is
    right least often is always among them."""
    by_label, right = counts.sum(axis=1), np.diag(counts)
    order = [i for i in np.argsort(-by_label, kind="stable").tolist() if by_label[i]]
    if len(order) <= most:
        return order
    first, worst = order[:most], min(order, key=lambda i: right[i] / by_label[i])
    return first if worst in first else [*first[:-1], worst]


def class_sureness(classes: Classes, shares: Floats) -> Floats:
    """`[class]`: its softmax probability, mean over the texts it was predicted for; NaN for a class
    that never was."""
    means = np.full(shares.shape[1], np.nan)
    for i in np.unique(classes.predicted[classes.predicted != NONE]):
        means[i] = shares[classes.predicted == i, i].mean()
    return means


def label_counts(results: Results, sets: LabelSets) -> LabelCounts:
    """The labels of a model that puts out several; of at least one analysed text."""
    rows, n_labels = results.analysed, len(results.info.output.labels)
    scores = np.stack(list(results.texts["scores"].loc[rows]))
    predicted = scores[:, :n_labels] > 0
    given, known = sets.given[rows], sets.known[rows]
    return LabelCounts(
        n_texts=len(predicted),
        predicted=predicted.sum(axis=0),
        given=given[known].sum(axis=0),
        found=(predicted & given)[known].sum(axis=0),
        claimed=predicted[known].sum(axis=0),
    )
