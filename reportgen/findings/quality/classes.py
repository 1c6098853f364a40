"""Classes and labels over all texts: which were predicted, how often they were right, and how many
labels can be used."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reportgen.findings.statistics import (
    Booleans,
    Floats,
    Places,
)
from reportgen.results import NONE, Results
from reportgen.tasks import YES, Misfit, ReadAs, task_of


@dataclass(frozen=True, slots=True)
class LabelUse:
    """How many labels of analysed texts are compared with predictions."""

    n_labelled: int
    n_used: int
    read_as: ReadAs  # of numbers: "number"
    n_folded: int  # match a class only without regard to case and spaces
    n_percent: int  # end in %, which is left out
    unused: str | None  # the first label that is not used
    misfits: tuple[Misfit, ...] = ()  # texts whose label has no part for each word
    n_unknown: int = 0  # words whose label is no tag of the model, or no number


def label_use(results: Results) -> LabelUse | None:
    """How labels are used; None where no analysed text has one, and for tasks whose labels can all
    be used, or none."""
    labels, readable = results.texts["label"], task_of(results.info.output).labels
    labelled = results.analysed & labels.notna().to_numpy(np.bool_)
    if readable is None or not labelled.any():
        return None
    reading = readable.read(results)
    used = labelled & reading.used
    unused = labels[labelled & ~used].tolist() if reading.misfits is None else []
    return LabelUse(
        n_labelled=int(labelled.sum()),
        n_used=int(used.sum()),
        read_as=reading.read_as,
        n_folded=reading.n_folded,
        n_percent=reading.n_percent,
        unused=str(unused[0]) if unused else None,
        misfits=reading.misfits or (),
        n_unknown=reading.n_unknown,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """`[text]` each: places in the model's list of classes, or NONE."""

    predicted: Places
    labels: Places  # that each text should have
    n_unmatched: int  # analysed texts with a label that is no class

    @property
    def compared(self) -> Booleans:
        """`[text]`: whether a text has both a prediction and a label."""
        both: Booleans = (self.predicted != NONE) & (self.labels != NONE)
        return both


def places_of(items: pd.DataFrame, names: Sequence[str]) -> tuple[Places, Places]:
    """`[item]` twice: the places in `names` of what was predicted, and of the right answer; NONE
    for what is none of them."""
    place = {name: i for i, name in enumerate(names)}
    predicted, labels = (
        np.array([place.get(name, NONE) for name in items[side]], np.intp)
        for side in ("predicted", "label")
    )
    return predicted, labels


def match_classes(
    items: pd.DataFrame, names: Sequence[str], n_texts: int, use: LabelUse | None
) -> Classes:
    """The predicted class and the label of every text."""
    sides = np.full((2, n_texts), NONE, np.intp)
    sides[:, items["text"].to_numpy(np.intp)] = places_of(items, names)
    return Classes(sides[0], sides[1], 0 if use is None else use.n_labelled - use.n_used)


@dataclass(frozen=True, slots=True, eq=False)
class ClassFit:
    """Predicted names against labels, over the items that have both."""

    counts: Places  # [label, predicted], items
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
    right: Places  # predicted and given
    claimed: Places  # predicted


def class_fit(items: pd.DataFrame, names: Sequence[str]) -> ClassFit | None:
    """The fit of what is predicted for `items`, each of which is one of `names`, with their labels;
    None where none has one."""
    predicted, labels = places_of(items, names)
    known = (predicted != NONE) & (labels != NONE)
    if not known.any():
        return None
    n = len(names)
    counts = np.bincount(labels[known] * n + predicted[known], minlength=n**2).reshape(n, n)
    by_label = counts.sum(axis=1)
    is_label = by_label > 0
    return ClassFit(
        counts=counts,
        mean_recall=float(np.mean(np.diag(counts)[is_label] / by_label[is_label])),
        base_share=float(by_label.max() / known.sum()),
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


def class_sureness(items: pd.DataFrame, names: Sequence[str]) -> Floats:
    """`[class]`: its probability, mean over the items it was predicted for; NaN for a class that
    never was."""
    predicted, _ = places_of(items, names)
    chances, means = items["probability"].to_numpy(np.float64), np.full(len(names), np.nan)
    for i in np.unique(predicted[predicted != NONE]):
        means[i] = chances[predicted == i].mean()
    return means


def label_counts(items: pd.DataFrame, n_labels: int) -> LabelCounts:
    """The labels of a model that puts out several; of at least one analysed text."""
    predicted, given = (
        items[side].eq(YES).fillna(False).to_numpy(np.bool_).reshape(-1, n_labels)
        for side in ("predicted", "label")
    )
    known = items["label"].notna().to_numpy(np.bool_).reshape(-1, n_labels).all(axis=1)
    return LabelCounts(
        n_texts=len(predicted),
        predicted=predicted.sum(axis=0),
        given=given[known].sum(axis=0),
        right=(predicted & given)[known].sum(axis=0),
        claimed=predicted[known].sum(axis=0),
    )
