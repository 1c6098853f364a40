"""How well the order of predictions fits the order of labels, when their scales differ."""

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
    intervals_of_counts,
)
from reportgen.results.ranks import (
    centred_ranks,
    mean_ranks,
    spearman,
    weighted_correlation,
)
from reportgen.tasks.metrics import RANK
from reportgen.tasks.task import Task


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
    if task.measure != "ranks":
        return None
    sums = RANK.sums(items)
    predictions, labels = (part[:, 0] for part in sums.parts)
    found = rank_correlation(predictions, labels)
    if found is None:
        return None
    return RankFit(
        texts=sums.texts,
        predictions=mean_ranks(predictions),
        labels=mean_ranks(labels),
        correlation=found.mean,
        interval=found.interval,
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
