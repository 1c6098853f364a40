"""How well predictions fit the right answers: every metric of the task, with its interval."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import atanh, sqrt, tanh

import numpy as np
import pandas as pd
from scipy.special import ndtri

from reportgen.findings.resampling import GROUPS
from reportgen.findings.statistics import (
    CONFIDENCE,
    Estimate,
    Floats,
    Interval,
    Places,
    certain_share,
    intervals_of,
    intervals_of_counts,
    mean_intervals,
)
from reportgen.results import centred_ranks, mean_ranks, spearman, weighted_correlation
from reportgen.tasks import RANK, ItemFigure, Sums, Task


@dataclass(frozen=True, slots=True, eq=False)
class RankFit:
    """The similarities of pairs and their labels as ranks, over the texts that have both."""

    texts: Places  # rows of `texts`
    predictions: Floats  # [text], ranks from 1; equal values share their mean rank
    labels: Floats  # [text], the same of the labels
    correlation: float  # Spearman
    interval: Interval | None  # bootstrap over texts; None for too few

    @property
    def n_texts(self) -> int:
        """How many texts have both a prediction and a label."""
        return len(self.texts)


def rank_fit(task: Task, items: pd.DataFrame) -> RankFit | None:
    """The fit of the order of similarities with that of labels. None for tasks whose numbers fit
    labels in more than their order, and if all similarities or all labels are equal."""
    if task.errors is None or task.errors.measure != "ranks":
        return None
    sums = RANK.sums(items)
    predictions, labels = (part[:, 0] for part in sums.parts)
    correlation = rank_correlation(predictions, labels)
    if correlation is None:
        return None
    return RankFit(
        texts=sums.texts,
        predictions=mean_ranks(predictions),
        labels=mean_ranks(labels),
        correlation=correlation.mean,
        interval=correlation.interval,
    )


def rank_correlation(predictions: Floats, labels: Floats) -> Estimate | None:
    """Spearman's correlation of both `[text]`, with its interval: bootstrap, and for very many
    texts, where ranks take long, that of Bonett and Wright (2000). None where one does not vary."""
    if not (len(labels) and np.ptp(predictions) > 0 and np.ptp(labels) > 0):
        return None

    def correlation(counts: Floats) -> Floats:
        ranks = (centred_ranks(counts, values) for values in (predictions, labels))
        return weighted_correlation(counts, *ranks)[:, None]

    mean, n = spearman(predictions, labels), len(labels)
    if n <= GROUPS:
        (interval,) = intervals_of_counts(correlation, n)
        return Estimate(mean, interval, n)
    middle = atanh(min(max(mean, -1 + 1e-15), 1 - 1e-15))
    reach = float(ndtri((1 + CONFIDENCE) / 2)) * sqrt((1 + mean**2 / 2) / (n - 3))
    return Estimate(mean, Interval(tanh(middle - reach), tanh(middle + reach)), n)


class Fits(Mapping[str, Estimate | None]):
    """The metrics and other figures of a task over the items of one run, by name; each is computed
    when it is first asked for. None for what is not defined, and for figures of other tasks."""

    def __init__(self, task: Task, items: pd.DataFrame) -> None:
        self._figures = {figure.name: figure for figure in (*task.metrics, *task.figures)}
        self._items = items
        self._known: dict[str, Estimate | None] = {}

    def __getitem__(self, name: str) -> Estimate | None:
        if name not in self._known:
            figure = self._figures.get(name)
            self._known[name] = None if figure is None else estimated(figure, self._items)
        return self._known[name]

    def known(self, name: str) -> Estimate:
        """A metric that is defined, as some text has a right answer."""
        metric = self[name]
        if metric is None:
            raise KeyError(name)
        return metric

    def __iter__(self) -> Iterator[str]:
        return iter(self._figures)

    def __len__(self) -> int:
        return len(self._figures)


def estimated(figure: ItemFigure, items: pd.DataFrame) -> Estimate | None:
    """A figure over all texts with its interval; None where no text has it."""
    sums = figure.sums(items)
    if not len(sums.texts):
        return None
    if figure.is_of_order:
        values, labels = (part[:, 0] for part in sums.parts)
        return rank_correlation(values, labels)
    interval = _interval(figure, sums)
    if figure.unit == "share":
        interval = certain_share(interval, len(sums.texts))
    return Estimate(figure.of_all(sums), interval, len(sums.texts))


def _interval(figure: ItemFigure, sums: Sums) -> Interval | None:
    """The bootstrap interval; of one part, of which the figure is a rising function, that of its
    mean."""
    if len(sums.parts) > 1:
        return intervals_of(figure.combine, *sums.parts)[0]
    (of_mean,) = mean_intervals(sums.parts[0])
    if of_mean is None:
        return None
    low, high = figure.combine(np.array(of_mean)).tolist()
    return Interval(low, high)
