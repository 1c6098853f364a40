"""Predictions over all texts: how well numbers fit their labels, and what a table shows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reportgen.findings.statistics import (
    Booleans,
    Estimate,
    Floats,
    Places,
    estimates,
)
from reportgen.results import Results
from reportgen.tasks import Task, rated, task_of, text_names, text_numbers, whole

if TYPE_CHECKING:
    from reportgen.findings.findings import Findings

MIN_PREDICTIONS = 2  # texts below which there is nothing to say over all of them


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """How predicted numbers are spread over the texts that have one."""

    values: Floats  # [text]
    mean: float
    deviation: float
    low: float
    first: float  # quartile
    middle: float
    third: float
    high: float

    @property
    def largest(self) -> float:
        """The largest size of a value."""
        return float(abs(self.values).max())


@dataclass(frozen=True, slots=True)
class Frequent:
    """What is predicted for some items, such as a next token or what stands at a mask."""

    name: str
    n_items: int
    chance: float  # mean over these items


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """The errors of some of the texts."""

    n_texts: int
    mean_prediction: float
    mae: float
    bias: float


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """How far predicted numbers are from their labels, over the texts that have both."""

    texts: Places  # rows of `texts`
    predictions: Floats  # [text]
    labels: Floats  # [text]

    @property
    def n_texts(self) -> int:
        """How many texts have both a prediction and a label."""
        return len(self.texts)

    @property
    def errors(self) -> Floats:
        """`[text]`: prediction minus label."""
        return self.predictions - self.labels

    @property
    def constant(self) -> float:
        """The constant answer that is least far off on average: the median of the labels."""
        return float(np.median(self.labels))

    @property
    def constant_mae(self) -> float:
        """The mean absolute error of always answering that."""
        return float(abs(self.labels - self.constant).mean())

    def group(self, texts: Booleans) -> ErrorGroup:
        """The errors of the texts for which `texts` `[text]` is true, at least one."""
        errors = self.errors[texts]
        mean = float(self.predictions[texts].mean())
        return ErrorGroup(len(errors), mean, float(abs(errors).mean()), float(errors.mean()))

    def by_group(self, names: "pd.Series[str]", most: int) -> tuple[tuple[str, ErrorGroup], ...]:
        """The errors of the `most` largest groups, the largest first; `names` has the group of each
        text."""
        given = names.iloc[self.texts]
        return tuple(
            (str(name), self.group((given == name).to_numpy(np.bool_, na_value=False)))
            for name in given.value_counts().index[:most]
        )

    def by_label(self, n_bands: int) -> tuple[tuple[float, float, ErrorGroup], ...]:
        """The errors by label, with the lowest and the highest label of each group.

        Each value of few labels is a group; else there are up to `n_bands` groups, each of about
        as many texts.
        """
        known = np.unique(self.labels)
        if len(known) <= n_bands + 2:
            place = np.searchsorted(known, self.labels)
        else:
            cuts = np.unique(np.quantile(self.labels, np.linspace(0, 1, n_bands + 1)[1:-1]))
            place = np.searchsorted(cuts, self.labels)
        groups = (place == band for band in np.unique(place))
        return tuple(
            (float(self.labels[group].min()), float(self.labels[group].max()), self.group(group))
            for group in groups
        )


@dataclass(frozen=True, slots=True, eq=False)
class NumbersFit:
    """How far each of several numbers is from its label, over the texts that have all of both."""

    texts: Places  # rows of `texts`
    predictions: Floats  # [text, number]
    labels: Floats  # [text, number]
    by_number: tuple[Estimate, ...]  # the mean absolute error of each

    @property
    def constants(self) -> Floats:
        """`[number]`: the constant answer that is least far off on average, the median label."""
        return np.asarray(np.median(self.labels, axis=0))


def numbers_fit(task: Task, items: pd.DataFrame) -> NumbersFit | None:
    """The fit of several predicted numbers with labels; None for other tasks, and where no text has
    all of both."""
    known = whole(items)
    if not task.has_names or known["value"].isna().all():
        return None
    texts = np.unique(known["text"].to_numpy(np.intp))
    predictions, labels = (
        known[name].to_numpy(np.float64).reshape(len(texts), -1)
        for name in ("value", "label_value")
    )
    return NumbersFit(texts, predictions, labels, estimates(abs(predictions - labels)))


def number_spread(values: Floats) -> Spread | None:
    """The spread of the numbers `[text]` of texts; None where no text has a finite one."""
    known = values[np.isfinite(values)]
    return _spread(known) if len(known) else None


def number_spreads(items: pd.DataFrame) -> tuple[Spread, ...]:
    """The spread of each of several numbers, over at least one analysed text."""
    values = items["value"].to_numpy(np.float64).reshape(items["text"].nunique(), -1)
    return tuple(map(_spread, values.T))


def frequent(items: pd.DataFrame) -> tuple[Frequent, ...]:
    """What is predicted for `items`, the most frequent first, of equal ones that of the first."""
    groups = items.groupby("predicted", sort=False)["probability"].agg(["size", "mean"])
    groups = groups.sort_values("size", ascending=False, kind="stable")
    columns = (groups.index.tolist(), groups["size"].tolist(), groups["mean"].tolist())
    return tuple(Frequent(*row) for row in zip(*columns, strict=True))


def label_fit(task: Task, items: pd.DataFrame) -> Fit | None:
    """The fit of predicted numbers with labels; None where no text has both, and for tasks without
    an error of one number."""
    known = rated(items)
    if not task.has_errors or not len(known):
        return None
    predictions, labels = (known[name].to_numpy(np.float64) for name in ("value", "label_value"))
    return Fit(known["text"].to_numpy(np.intp), predictions, labels)


def _spread(values: Floats) -> Spread:
    quarters = [float(value) for value in np.quantile(values, (0, 0.25, 0.5, 0.75, 1))]
    return Spread(values, float(values.mean()), float(values.std()), *quarters)


def label_errors(fit: Fit | None, texts: pd.Index) -> "pd.Series[float]":
    """`[text]` of all `texts`: prediction minus label; missing unless both are one number of the
    same scale."""
    if fit is None:
        return pd.Series(np.nan, texts, np.float32)
    return pd.Series(fit.errors, texts[fit.texts], np.float32).reindex(texts)


def predictions(results: Results, items: pd.DataFrame) -> "pd.Series[float] | pd.Series[str]":
    """`[text]`: the number, the class, the labels, the numbers with their names, the next token,
    the log-probability of the completion, or the tags with spaces between.

    Missing for a text that was not analysed and for an embedding, which is no prediction.
    """
    texts = results.texts
    if task_of(results.info.output).has_number:
        return pd.Series(text_numbers(results, items), texts.index, np.float32)
    if items["value"].isna().all():
        return text_names(results)
    shown = [str(value) for value in items["value"].to_numpy(np.float32)]
    named = [
        value if pd.isna(name) else f"{name}={value}"
        for name, value in zip(items["name"], shown, strict=True)
    ]
    joined = pd.Series(named, dtype=object).groupby(items["text"].to_numpy()).agg(", ".join)
    return joined.reindex(range(len(texts))).set_axis(texts.index).astype("string")


def independent_items(findings: "Findings") -> pd.DataFrame:
    """The predicted items of all texts but variants, which figures over all texts are of."""
    items, is_counted = findings.all_items, findings.results.independent
    if is_counted.all():
        return items
    rows: pd.DataFrame = items[is_counted[items["text"].to_numpy(np.intp)]]
    return rows.reset_index(drop=True)
