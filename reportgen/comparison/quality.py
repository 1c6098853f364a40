"""Whether a new model is better than the old one: each figure of the fit with labels in both
models, in the texts and in resamples of them; what the one that decides says, and the others.

The texts are the same on both sides, so both figures are computed anew on the same resampled texts
(paired bootstrap).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtr

from reportgen.comparison.change import Change, certain_change
from reportgen.findings import (
    CONFIDENCE,
    QUALITY,
    Floats,
    Interval,
    Judging,
    SmallestChange,
    certain_share,
    deciding,
    draw_counts,
    intervals_between,
    mean_intervals,
    resampled_means,
)
from reportgen.results import MIN_TEXTS, OutputInfo, centred_ranks, spearman, weighted_correlation
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
    fits = []
    for metric in metrics:
        old, new = _common(metric, base, head)
        if len(old.texts) and len(new.texts):
            make = _of_order if metric.is_of_order else _of_means
            fits.append(make(metric, old, new))
    return tuple(fits)


def _common(metric: Metric, base: pd.DataFrame, head: pd.DataFrame) -> tuple[Sums, Sums]:
    """The sums of both sides over the texts that both have."""
    old, new = metric.sums(base), metric.sums(head)
    if np.array_equal(old.texts, new.texts):
        return old, new
    texts = np.intersect1d(old.texts, new.texts)
    # Once more: sums may rest on all texts that there are, such as on the mean label.
    old, new = (
        metric.sums(side[np.isin(side["text"].to_numpy(np.intp), texts)]) for side in (base, head)
    )
    return old, new


def _of_order(metric: Metric, base: Sums, head: Sums) -> FitFigure:
    """A figure of the order of predictions, beside that of the labels."""
    (_, labels), n = (part[:, 0] for part in base.parts), len(base.texts)
    sides = [side.parts[0][:, 0] for side in (base, head)]

    def correlations(counts: Floats) -> Floats:
        label_ranks = centred_ranks(counts, labels)
        both = [weighted_correlation(counts, centred_ranks(counts, s), label_ranks) for s in sides]
        return np.stack(both, axis=1)

    resampled = None
    if n >= MIN_TEXTS:
        draws = (drawn.astype(np.float64) for drawn in draw_counts(n))
        resampled = np.concatenate([correlations(drawn) for drawn in draws])
    old, new = (spearman(side, labels) for side in sides)
    return FitFigure(metric.name, old, new, resampled, n)


def _of_means(metric: Metric, base: Sums, head: Sums) -> FitFigure:
    """A figure that is a function of means over texts."""
    sides, n_texts = (base.parts, head.parts), len(base.texts)
    before, after = (metric.of_all(side) for side in (base, head))
    if n_texts < MIN_TEXTS:
        return FitFigure(metric.name, before, after, None, n_texts)
    resampled = [metric.combine(*map(_resampled, side)).reshape(-1) for side in sides]
    fit = FitFigure(metric.name, before, after, np.stack(resampled, axis=1), n_texts)
    if len(base.parts) > 1:
        return fit
    old, new = (_own_interval(metric.combine, part) for (part,) in sides)
    return replace(fit, ends=(old, new))


def _resampled(part: Floats) -> Floats:
    return resampled_means(np.ascontiguousarray(part))


def _own_interval(combine: Callable[..., Floats], values: Floats) -> Interval:
    """The interval of what rises with the mean over texts of `[text, 1]`."""
    (interval,) = mean_intervals(values)
    assert interval is not None  # there are enough texts
    low, high = combine(np.array(interval)).tolist()
    return Interval(low, high)


# "better" and "worse": the interval of the change leaves out 0, and the change is larger than the
# smallest one that is worth telling. "same": it is surely smaller than that, or no prediction
# moved. "few": too few texts for an interval.
QualityVerdict: TypeAlias = Literal["better", "worse", "same", "unclear", "few"]
Ends: TypeAlias = tuple[Interval | None, Interval | None]
# Two one-sided tests at 5 % each find two models the same where this interval lies within the
# smallest change (Lakens 2017).
SAME_CONFIDENCE = 0.90
# Two models that are off as far differ by errors of which a few texts often have most. Intervals
# of the mean of 24 such differences leave out 0 in 6 % of samples; wider by so much of themselves,
# in 4 %. Those of correlations do so in 1 to 3 % as they are.
WIDER = 0.06


@dataclass(frozen=True, slots=True)
class Outputs:
    """What is known of the outputs of both models."""

    info: OutputInfo
    moved: bool  # whether any prediction did, beyond the floor
    same: bool  # all scores are the same


@dataclass(frozen=True, slots=True)
class QualityFigure:
    """One figure of the fit with the labels, in both models."""

    name: str  # in the register of quality
    change: Change
    ends: Ends  # the intervals of the figure itself, in the old and the new model
    # The smallest change worth telling, in the unit of the figure; None where the verdict is that
    # of a figure that says the same.
    limit: float | None
    gain: QualityVerdict

    @property
    def kind(self) -> Metric:
        """What the figure is."""
        return QUALITY[self.name]


@dataclass(frozen=True, slots=True)
class Quality:
    """Every figure of the fit, over the texts that have a label and both predictions."""

    figures: tuple[QualityFigure, ...]
    deciding: QualityFigure  # one of them
    n_texts: int
    is_unmoved: bool  # no prediction moved beyond the floor
    smallest: SmallestChange

    @property
    def verdict(self) -> QualityVerdict:
        """What the figure that decides says."""
        return self.deciding.gain

    @property
    def of_completions(self) -> bool:
        """Whether the figures are of completions, not of labels."""
        return any(figure.name == "perplexity" for figure in self.figures)

    @property
    def others(self) -> tuple[QualityFigure, ...]:
        """The figures that do not decide."""
        return tuple(figure for figure in self.figures if figure is not self.deciding)

    def with_gain(self, gain: QualityVerdict) -> tuple[QualityFigure, ...]:
        """The figures that do not decide with this outcome, such as better or worse."""
        return tuple(figure for figure in self.others if figure.gain == gain)

    def figure(self, name: str) -> QualityFigure | None:
        """One figure; None where it is not defined."""
        return next((each for each in self.figures if each.name == name), None)

    def is_sure_alone(self, figure: QualityFigure) -> bool:
        """Whether the change of a figure that does not decide has an interval without 0, which
        counts for less where several figures are looked at."""
        return figure is not self.deciding and figure.change.is_certain

    def change(self, name: str) -> Change | None:
        """The change of one figure; None where it is not defined."""
        figure = self.figure(name)
        return None if figure is None else figure.change


def judged(fits: Sequence[FitFigure], outputs: Outputs, judging: Judging) -> Quality | None:
    """The verdict of each figure, and which of them decides; None without any.

    The figure that decides stands alone. The p-values of the others are corrected for their number
    (Holm 1979); what says the same as another has its verdict. No figure is better or worse where
    no prediction moved.
    """
    by_name = {fit.name: fit for fit in fits}
    first = deciding(outputs.info, by_name, judging.quality)
    if first is None:
        return None
    others = [name for name in by_name if name != first.name and not QUALITY[name].says_as]
    adjusted = holm([_p(by_name[name]) for name in others])
    is_sure = {name: p <= 1 - CONFIDENCE for name, p in zip(others, adjusted, strict=True)}
    # A bias is measured against the size of the errors, not against itself.
    errors = by_name["mae"].base if "mae" in by_name else 0.0
    figures = {
        name: _figure(fit, outputs, judging.smallest, errors, is_sure=is_sure.get(name, True))
        for name, fit in by_name.items()
    }
    for name, figure in figures.items():
        if figure.kind.says_as in figures and name != first.name:
            figures[name] = replace(figure, gain=figures[figure.kind.says_as].gain, limit=None)
    n_texts = max(fit.n_texts for fit in fits)
    decisive = figures[first.name]
    return Quality(tuple(figures.values()), decisive, n_texts, not outputs.moved, judging.smallest)


def _figure(
    fit: FitFigure, outputs: Outputs, smallest: SmallestChange, errors: float, *, is_sure: bool
) -> QualityFigure:
    """A figure with its verdict; `is_sure` says whether a correction lets it be told."""
    kind = QUALITY[fit.name]
    base, head = _known(fit)
    limit = smallest.of(kind, errors if kind.best == "zero" else fit.base)
    of_change = _change_interval(head - base, fit.n_texts, kind, outputs)
    change = Change(fit.base, fit.head, fit.head - fit.base, of_change, fit.n_texts)
    ends = fit.ends or tuple(_interval(side, fit.n_texts) for side in (base, head))
    if kind.scale == "share":
        ends = tuple(certain_share(end, fit.n_texts) for end in ends)
    gains = _gain(base, head, kind)
    at = _gain(np.array([fit.base]), np.array([fit.head]), kind).item()
    wide, narrow = (
        _change_interval(gains, fit.n_texts, kind, outputs, confidence)
        for confidence in (CONFIDENCE, SAME_CONFIDENCE)
    )
    verdict = _verdict(at, wide, narrow, limit, is_sure=is_sure, moved=outputs.moved)
    return QualityFigure(fit.name, change, (ends[0], ends[1]), limit, verdict)


def _verdict(
    gain: float,
    wide: Interval | None,
    narrow: Interval | None,
    limit: float,
    *,
    is_sure: bool,
    moved: bool,
) -> QualityVerdict:
    """What the two intervals of a gain say."""
    if wide is None or narrow is None:
        return "few"
    if not moved or (-limit <= narrow.low and narrow.high <= limit):
        return "same"
    if is_sure and abs(gain) > limit and (wide.low > 0 or wide.high < 0):
        return "better" if gain > 0 else "worse"
    return "unclear"


def _gain(base: Floats, head: Floats, kind: Metric) -> Floats:
    """How far a figure got better."""
    if kind.best == "zero":
        return np.asarray(np.abs(base) - np.abs(head))
    return head - base if kind.best == "high" else base - head


def _known(fit: FitFigure) -> tuple[Floats, Floats]:
    """`[resample]`: the figure in both models, in the resamples that have it; empty where there are
    too few texts, or where more than 1 % of the resamples have no such figure."""
    if fit.resampled is None:
        return np.empty(0), np.empty(0)
    known = fit.resampled[np.isfinite(fit.resampled).all(axis=1)]
    if len(known) < 0.99 * len(fit.resampled):
        return np.empty(0), np.empty(0)
    return known[:, 0], known[:, 1]


def _interval(resampled: Floats, n_texts: int, confidence: float = CONFIDENCE) -> Interval | None:
    if not len(resampled):
        return None
    (interval,) = intervals_between(resampled[:, None], n_texts, confidence)
    return interval


def _change_interval(
    resampled: Floats,
    n_texts: int,
    kind: Metric,
    outputs: Outputs,
    confidence: float = CONFIDENCE,
) -> Interval | None:
    """The interval of a change; but for correlations it is wider than others, by `WIDER` of itself.

    That of a share has a width also where no text changed, unless all outputs are the same; of
    macro-F1 it is then that of the accuracy.
    """
    interval = _interval(resampled, n_texts, confidence)
    if interval is not None and kind.scale != "correlation":
        most = 1.0 if kind.scale == "share" else np.inf
        further = WIDER / 2 * (interval.high - interval.low)
        interval = Interval(max(-most, interval.low - further), min(most, interval.high + further))
    if kind.scale != "share" or outputs.same:
        return interval
    return certain_change(interval, n_texts, confidence)


def _p(fit: FitFigure) -> float:
    """The p-value of whether a figure got neither better nor worse."""
    base, head = _known(fit)
    gains = _gain(base, head, QUALITY[fit.name])
    return p_value(gains, fit.n_texts) if len(gains) else 1.0


def holm(p: Sequence[float]) -> list[float]:
    """`p` corrected for their number, so that one of those up to 5 % is so by chance in at most 5 %
    of cases (Holm 1979)."""
    adjusted, largest = list(p), 0.0
    for n_before, place in enumerate(sorted(range(len(adjusted)), key=lambda i: p[i])):
        largest = max(largest, min(1.0, (len(adjusted) - n_before) * p[place]))
        adjusted[place] = largest
    return adjusted


def p_value(resampled: Floats, n_texts: int) -> float:
    """The two-sided p-value of whether a figure of `n_texts` texts is 0, from `[resample]`: the
    level at which its interval begins to leave out 0."""
    beyond = min(int((resampled <= 0).sum()), int((resampled >= 0).sum()))
    outside = (beyond + 1) / (len(resampled) + 1)
    if outside >= 0.5:
        return 1.0
    score = ndtri(outside) / sqrt(n_texts / (n_texts - 1))
    return float(2 * stdtr(n_texts - 1, score))
