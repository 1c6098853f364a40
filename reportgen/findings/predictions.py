"""Predictions over all texts: classes, accuracy, and how well numbers fit their labels."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import spearmanr

from reportgen.findings.attention import analysed
from reportgen.findings.statistics import Floats, Interval, mean_interval
from reportgen.results.store import Results

_SEPARATORS = ",;|、，；"  # between the labels of one text
MIN_PREDICTIONS = 2  # texts below which there is nothing to say over all of them
Booleans = NDArray[np.bool_]


def accuracy(results: Results) -> float | None:
    """The share of texts whose class is the label's; None where none can be compared."""
    if results.info.output.kind != "class":
        return None
    found = match_classes(results)
    right = (found.predicted == found.labels)[found.compared]
    return float(right.mean()) if len(right) else None


def label_matrix(results: Results) -> tuple[Booleans, Booleans]:
    """`[text, label]`: whether it is given; and `[text]`: whether labels are given, all known."""
    place = {name: index for index, name in enumerate(results.info.output.labels)}
    given = np.zeros((len(results.texts), len(place)), dtype=np.bool_)
    known = np.zeros(len(results.texts), dtype=np.bool_)
    for text, label in enumerate(results.texts["label"]):
        if not isinstance(label, str):
            continue
        names = [label.strip()]
        if names[0] not in place:  # a name may itself hold a separator
            for mark in _SEPARATORS[1:]:
                label = label.replace(mark, _SEPARATORS[0])
            names = [part.strip() for part in label.split(_SEPARATORS[0]) if part.strip()]
        known[text] = all(name in place for name in names)
        if known[text]:
            given[text, [place[name] for name in names]] = True
    return given, known


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


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """How far predicted numbers are from their labels, over the texts that have both."""

    texts: NDArray[np.intp]  # rows of `texts`
    predictions: Floats  # [text]
    labels: Floats  # [text]
    mae: float  # mean absolute error
    rmse: float  # root of the mean squared error
    bias: float  # mean of prediction minus label
    mean_label_mae: float  # the mean absolute error of always answering the labels' mean
    r2: float | None  # None where the labels are all the same
    rank: float | None  # Spearman; None where either side is all the same
    mae_interval: Interval | None
    rmse_interval: Interval | None
    bias_interval: Interval | None

    @property
    def n_texts(self) -> int:
        """How many texts have both a prediction and a label."""
        return len(self.texts)

    @property
    def errors(self) -> Floats:
        """`[text]`: prediction minus label."""
        return self.predictions - self.labels


def label_fit(results: Results) -> Fit | None:
    """The fit of predicted numbers with labels; None where no text has both as a finite number."""
    texts = results.texts
    predictions = texts["prediction"].to_numpy(dtype=np.float64)
    labels = texts["label_value"].to_numpy(dtype=np.float64)
    rows = np.flatnonzero(np.isfinite(predictions) & np.isfinite(labels) & analysed(results))
    if results.info.output.kind != "number" or not len(rows):
        return None
    predictions, labels = predictions[rows], labels[rows]
    errors = predictions - labels
    varies = len(rows) > 1 and np.ptp(labels) > 0 and np.ptp(predictions) > 0
    squares = mean_interval(errors**2)
    return Fit(
        texts=rows,
        predictions=predictions,
        labels=labels,
        mae=float(abs(errors).mean()),
        rmse=float((errors**2).mean()) ** 0.5,
        bias=float(errors.mean()),
        mean_label_mae=float(abs(labels - labels.mean()).mean()),
        r2=r_squared(predictions, labels) if labels.var() else None,
        rank=float(spearmanr(predictions, labels).statistic) if varies else None,
        mae_interval=mean_interval(abs(errors)),
        rmse_interval=squares and Interval(squares.low**0.5, squares.high**0.5),
        bias_interval=mean_interval(errors),
    )


def r_squared(predictions: Floats, labels: Floats) -> float:
    """1 minus the mean squared error over the variance of `labels`, which must vary."""
    return float(1 - ((predictions - labels) ** 2).mean() / labels.var())


def label_errors(results: Results) -> "pd.Series[float]":
    """`[text]`: prediction minus label; missing unless both are one number."""
    errors = results.texts["prediction"] - results.texts["label_value"]
    return errors.astype(np.float32)


def predictions(results: Results) -> "pd.Series[float] | pd.Series[str]":
    """`[text]`: the number, the class, the labels, the numbers with their names or the next token.

    Missing for a text that was not analysed and for an embedding, which is no prediction.
    """
    texts, output = results.texts, results.info.output
    if output.kind == "number":
        return texts["prediction"].astype(np.float32)
    if output.kind == "numbers":
        named = [_named(output.labels, scores) for scores in texts["scores"]]
        return pd.Series(named, index=texts.index, dtype="string")
    return texts["prediction_label"]


def _named(
    names: tuple[str, ...], scores: "np.ndarray[tuple[int], np.dtype[np.float64]]"
) -> str | None:
    if not len(scores):
        return None
    values = [str(np.float32(score)) for score in scores]
    if not names:
        return ", ".join(values)
    return ", ".join(f"{name}={value}" for name, value in zip(names, values, strict=True))
