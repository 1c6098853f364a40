"""Whether a new model is better than the old one: what the figure that decides says, and what the
others say."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Literal, TypeAlias

import numpy as np
from scipy.special import ndtri, stdtr

from reportgen.comparison.change import Change, certain_change
from reportgen.comparison.outputs.fit import FitFigure
from reportgen.findings import (
    CONFIDENCE,
    QUALITY,
    Floats,
    Interval,
    Judging,
    SmallestChange,
    certain_share,
    deciding,
    intervals_between,
)
from reportgen.results import OutputInfo
from reportgen.tasks import Metric

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
        found = self.figure(name)
        return None if found is None else found.change


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
    own = figures[first.name]
    return Quality(tuple(figures.values()), own, n_texts, not outputs.moved, judging.smallest)


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
    (found,) = intervals_between(resampled[:, None], n_texts, confidence)
    return found


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
    found = _interval(resampled, n_texts, confidence)
    if found is not None and kind.scale != "correlation":
        most = 1.0 if kind.scale == "share" else np.inf
        further = WIDER / 2 * (found.high - found.low)
        found = Interval(max(-most, found.low - further), min(most, found.high + further))
    if kind.scale != "share" or outputs.same:
        return found
    return certain_change(found, n_texts, confidence)


def _p(fit: FitFigure) -> float:
    """The p-value of whether a figure got neither better nor worse."""
    base, head = _known(fit)
    gains = _gain(base, head, QUALITY[fit.name])
    return p_value(gains, fit.n_texts) if len(gains) else 1.0


def holm(p: Sequence[float]) -> list[float]:
    """`p` corrected for their number, so that one of those up to 5 % is so by chance in at most 5 %
    of cases (Holm 1979)."""
    found, largest = list(p), 0.0
    for n_before, place in enumerate(sorted(range(len(found)), key=lambda i: p[i])):
        largest = max(largest, min(1.0, (len(found) - n_before) * p[place]))
        found[place] = largest
    return found


def p_value(resampled: Floats, n_texts: int) -> float:
    """The two-sided p-value of whether a figure of `n_texts` texts is 0, from `[resample]`: the
    level at which its interval begins to leave out 0."""
    beyond = min(int((resampled <= 0).sum()), int((resampled >= 0).sum()))
    outside = (beyond + 1) / (len(resampled) + 1)
    if outside >= 0.5:
        return 1.0
    score = ndtri(outside) / sqrt(n_texts / (n_texts - 1))
    return float(2 * stdtr(n_texts - 1, score))
