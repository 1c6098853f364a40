"""How well the predictions of two models fit the labels: each figure in both, in the texts and in
resamples of them.

The texts are the same on both sides, so both figures are computed anew on the same resampled texts
(paired bootstrap).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from reportgen.findings import Floats, Interval, draw_counts, mean_intervals, resampled_means
from reportgen.results import MIN_TEXTS, centred_ranks, spearman, weighted_correlation
from reportgen.tasks import Metric, Sums


@dataclass(frozen=True, slots=True, eq=False)
class FitFigure:
    """One figure of the fit with labels in both models."""

    name: str  # in the register of quality
    base: float
    head: float
    # [resample, 2], base and head; NaN where a resample has no such figure. None: too few texts.
    resampled: Floats | None
    n_texts: int
    # Of the figure itself in both, as the report of one model has them, where they are not those of
    # `resampled`.
    ends: tuple[Interval, Interval] | None = None


def metric_fits(
    metrics: Iterable[Metric], base: pd.DataFrame, head: pd.DataFrame
) -> tuple[FitFigure, ...]:
    """How well the predicted items of both models fit the same right answers, by each metric that
    is defined for both over the texts that both have."""
    found = []
    for metric in metrics:
        own, other = _common(metric, base, head)
        if len(own.texts) and len(other.texts):
            make = _of_order if metric.is_of_order else _of_means
            found.append(make(metric, own, other))
    return tuple(found)


def _common(metric: Metric, base: pd.DataFrame, head: pd.DataFrame) -> tuple[Sums, Sums]:
    """The sums of both sides over the texts that both have."""
    own, other = metric.sums(base), metric.sums(head)
    if np.array_equal(own.texts, other.texts):
        return own, other
    texts = np.intersect1d(own.texts, other.texts)
    # Once more: sums may rest on all texts that there are, such as on the mean label.
    own, other = (
        metric.sums(side[np.isin(side["text"].to_numpy(np.intp), texts)]) for side in (base, head)
    )
    return own, other


def _of_order(metric: Metric, base: Sums, head: Sums) -> FitFigure:
    """A figure of the order of predictions, beside that of the labels."""
    (_, labels), n = (part[:, 0] for part in base.parts), len(base.texts)
    sides = [side.parts[0][:, 0] for side in (base, head)]

    def correlations(counts: Floats) -> Floats:
        own = centred_ranks(counts, labels)
        both = [weighted_correlation(counts, centred_ranks(counts, s), own) for s in sides]
        return np.stack(both, axis=1)

    resampled = None
    if n >= MIN_TEXTS:
        draws = (drawn.astype(np.float64) for drawn in draw_counts(n))
        resampled = np.concatenate([correlations(drawn) for drawn in draws])
    own, other = (spearman(side, labels) for side in sides)
    return FitFigure(metric.name, own, other, resampled, n)


def _of_means(metric: Metric, base: Sums, head: Sums) -> FitFigure:
    """A figure that is a function of means over texts."""
    sides, n_texts = (base.parts, head.parts), len(base.texts)
    own, other = (metric.of_all(side) for side in (base, head))
    if n_texts < MIN_TEXTS:
        return FitFigure(metric.name, own, other, None, n_texts)
    resampled = [metric.combine(*map(_resampled, side)).reshape(-1) for side in sides]
    found = FitFigure(metric.name, own, other, np.stack(resampled, axis=1), n_texts)
    if len(base.parts) > 1:
        return found
    old, new = (_interval(metric.combine, part) for (part,) in sides)
    return replace(found, ends=(old, new))


def _resampled(part: Floats) -> Floats:
    return resampled_means(np.ascontiguousarray(part))


def _interval(combine: Callable[..., Floats], values: Floats) -> Interval:
    """The interval of what rises with the mean over texts of `[text, 1]`."""
    (interval,) = mean_intervals(values)
    assert interval is not None  # there are enough texts
    low, high = combine(np.array(interval)).tolist()
    return Interval(low, high)
