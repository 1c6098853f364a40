"""How well two models' predictions fit the labels: each figure in both, and whether one is better.

The texts are the same on both sides, so an interval is of the difference: both figures are computed
anew on the same resampled texts (paired bootstrap).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from reportgen.comparison.change import Change, changes
from reportgen.findings.outputs.completions import perplexity
from reportgen.findings.outputs.predictions import r_squared
from reportgen.findings.outputs.quality_register import QUALITY
from reportgen.findings.outputs.ranks import centred_ranks, weighted_correlation
from reportgen.findings.statistics import (
    Booleans,
    Floats,
    Interval,
    Places,
    certain_change,
    certain_share,
    intervals_of,
    intervals_of_counts,
    mean_intervals,
)
from reportgen.results.ranks import spearman

# Of a figure: whether the interval says that the new model is better. Of all: "mixed" where some
# are better and some worse, "few" where there are too few texts for an interval.
Gain: TypeAlias = Literal["better", "worse", "none", "few"]
Verdict: TypeAlias = Literal["better", "worse", "mixed", "none", "few"]
Ends: TypeAlias = tuple[Interval | None, Interval | None]
# An interval that holds 0 and reaches farther than this may hold a change that matters: a share of
# the old model's error or perplexity, and a difference of the other figures.
UNCLEAR_ERROR = 0.1
UNCLEAR_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class QualityFigure:
    """One figure of the fit with the labels, in both models."""

    name: str  # in the register of quality
    change: Change
    # Of the size of the figure, which differs from the change for a bias alone: it is better the
    # nearer it is to 0.
    size_interval: Interval | None
    ends: Ends = (None, None)  # the intervals of the figure itself, in the old and the new model

    @property
    def gain(self) -> Gain:
        """Whether the whole interval lies on the better or the worse side of 0."""
        if self.size_interval is None:
            return "few"
        low, high = self.size_interval
        if QUALITY[self.name].best != "high":
            low, high = -high, -low
        return "better" if low > 0 else "worse" if high < 0 else "none"


@dataclass(frozen=True, slots=True)
class Quality:
    """Every figure of the fit, over the texts that have a label and both predictions."""

    figures: tuple[QualityFigure, ...]
    n_texts: int

    @property
    def of_completions(self) -> bool:
        """Whether the figures are of completions, not of labels."""
        return any(figure.name == "perplexity" for figure in self.figures)

    @property
    def deciding(self) -> tuple[QualityFigure, ...]:
        """The figures that the verdict rests on; without R², which says the same as the RMSE."""
        return tuple(figure for figure in self.figures if figure.name != "r2")

    def with_gain(self, gain: Gain) -> tuple[QualityFigure, ...]:
        """The deciding figures with this outcome, such as better or worse."""
        return tuple(figure for figure in self.deciding if figure.gain == gain)

    @property
    def verdict(self) -> Verdict:
        """What the intervals of all deciding figures say together."""
        gains = {figure.gain for figure in self.deciding}
        if {"better", "worse"} <= gains:
            return "mixed"
        order: tuple[Gain, ...] = ("better", "worse", "none", "few")
        return next(gain for gain in order if gain in gains)

    @property
    def cannot_tell(self) -> bool:
        """Whether no figure is clearly better or worse, and at least one is unclear."""
        return self.verdict == "none" and any(map(self.is_unclear, self.deciding))

    def is_unclear(self, figure: QualityFigure) -> bool:
        """Whether the interval of a figure contains 0 as well as a change that would matter."""
        if figure.gain != "none" or figure.size_interval is None:
            return False
        limit = UNCLEAR_SHARE
        if QUALITY[figure.name].is_relative:
            of = self.change("mae") if figure.name == "bias" else figure.change
            limit = UNCLEAR_ERROR * (of.base if of else 0.0)
        return max(map(abs, figure.size_interval)) > limit

    def figure(self, name: str) -> QualityFigure | None:
        """One figure; None where it is not defined."""
        return next((each for each in self.figures if each.name == name), None)

    def change(self, name: str) -> Change | None:
        """The change of one figure; None where it is not defined."""
        found = self.figure(name)
        return None if found is None else found.change


def number_quality(base: Floats, head: Floats, labels: Floats) -> Quality | None:
    """The fit of predicted numbers, each `[text]`; a label is NaN where a text has none.

    None where no text has a label. R² takes labels that vary, the rank correlation (Spearman) also
    predictions that vary in both models.
    """
    known = np.isfinite(labels)
    given, sides = labels[known], (base[known], head[known])
    if not len(given):
        return None
    errors = [side - given for side in sides]
    (mae,) = changes(*(np.abs(each)[:, None] for each in errors))
    (bias,) = changes(*(each[:, None] for each in errors))
    squares = [(each**2)[:, None] for each in errors]
    of_rmse, of_both = _split(
        intervals_of(lambda own, other: _with_both(np.sqrt(own), np.sqrt(other)), *squares)
    )
    (of_bias,) = intervals_of(
        lambda own, other: np.abs(other) - np.abs(own), *(each[:, None] for each in errors)
    )
    rmse = _change([float(each.mean()) ** 0.5 for each in squares], of_rmse, len(given))
    figures = [
        QualityFigure("mae", mae, mae.interval, _of_means(*map(np.abs, errors))),
        QualityFigure("rmse", rmse, of_rmse, of_both),
        QualityFigure("bias", bias, of_bias, _of_means(*errors)),
    ]
    if len(given) > 1 and all(np.ptp(values) > 0 for values in (given, *sides)):
        figures.append(_rank(sides, given))
    if np.ptp(given) > 0:
        figures.append(_r2(sides, given))
    return Quality(tuple(figures), len(given))


def rank_quality(base: Floats, head: Floats, labels: Floats) -> Quality | None:
    """The fit of the order of predicted numbers alone, for labels on another scale; arguments as of
    `number_quality`. None where labels or predictions do not vary."""
    known = np.isfinite(labels)
    given, sides = labels[known], (base[known], head[known])
    if len(given) < 2 or not all(np.ptp(values) > 0 for values in (given, *sides)):
        return None
    return Quality((_rank(sides, given),), len(given))


def completion_quality(base: Sequence[Floats], head: Sequence[Floats]) -> Quality:
    """How well both models expect the completions: the perplexity over all tokens of at least one
    text. Each side has the log-probabilities `[token]` of each text."""
    sums = [np.array([own.sum() for own in side])[:, None] for side in (base, head)]
    sizes = [np.array([float(len(own)) for own in side])[:, None] for side in (base, head)]

    def difference(own: Floats, n_own: Floats, other: Floats, n_other: Floats) -> Floats:
        with np.errstate(over="ignore"):
            return _with_both(np.exp(-own / n_own), np.exp(-other / n_other))

    interval, both = _split(intervals_of(difference, sums[0], sizes[0], sums[1], sizes[1]))
    ends = [perplexity(np.concatenate(list(side))) for side in (base, head)]
    change = _change(ends, interval, len(base))
    return Quality((QualityFigure("perplexity", change, interval, both),), len(base))


def class_quality(base: Places, head: Places, labels: Places) -> Quality:
    """The fit of predicted classes with labels, each `[text]`, of at least one text.

    Macro-F1 is the mean of F1 over the classes that are a label of some text; in a resample over
    those that it holds.
    """
    right = [(side == labels).astype(np.float64) for side in (base, head)]
    (accuracy,) = changes(*(side[:, None] for side in right))
    classes = np.unique(labels)
    given = (labels[:, None] == classes).astype(np.float64)  # [text, class]
    sides = [(side[:, None] == classes).astype(np.float64) for side in (base, head)]

    def difference(
        given: Floats, own: Floats, own_hit: Floats, other: Floats, other_hit: Floats
    ) -> Floats:
        both = (_macro_f1(given, own, own_hit), _macro_f1(given, other, other_hit))
        return _with_both(*(side[:, None] for side in both))

    columns = (given, sides[0], sides[0] * given, sides[1], sides[1] * given)
    interval, both = _split(intervals_of(difference, *columns))
    ends = [float(_macro_f1(*(v.mean(0) for v in (given, s, s * given)))) for s in sides]
    macro_f1 = _change(ends, interval, len(labels))
    return Quality(
        (
            QualityFigure("accuracy", accuracy, accuracy.interval, _of_shares(*right)),
            QualityFigure("macro_f1", macro_f1, interval, _certain(both, len(labels))),
        ),
        len(labels),
    )


def right_quality(name: str, base: Booleans, head: Booleans) -> Quality:
    """How often both models are right, each `[text]`, of at least one text."""
    right = [side.astype(np.float64) for side in (base, head)]
    (share,) = changes(*(side[:, None] for side in right))
    return Quality((QualityFigure(name, share, share.interval, _of_shares(*right)),), len(base))


def rates_quality(counts: Mapping[str, Floats]) -> Quality:
    """How well both models do on figures that are shares of several things in a text. Each side is
    `[text, 3]`: how many are right in the old model, in the new model, and how many there are; at
    least one text."""

    def difference(own: Floats, other: Floats, n: Floats) -> Floats:
        return _with_both(own / n, other / n)

    figures = []
    for name, rows in counts.items():
        columns = [rows[:, i : i + 1] for i in range(3)]
        interval, both = _split(intervals_of(difference, *columns))
        own, other, n = rows.sum(axis=0).tolist()
        change = _change([own / n, other / n], interval, len(rows))
        figures.append(QualityFigure(name, change, interval, _certain(both, len(rows))))
    return Quality(tuple(figures), max(len(rows) for rows in counts.values()))


def not_certain(quality: Quality) -> Quality:
    """Figures that are shares, with intervals that have a width also where no text changed. Of
    macro-F1 it is that of the accuracy there.

    Not for models whose outputs are the same: their change is known to be none.
    """
    figures = []
    for own in quality.figures:
        interval = certain_change(own.size_interval, own.change.n_texts)
        change = replace(own.change, interval=interval)
        figures.append(replace(own, change=change, size_interval=interval))
    return replace(quality, figures=tuple(figures))


def _macro_f1(given: Floats, predicted: Floats, hit: Floats) -> Floats:
    """`[...]`, from shares of texts `[..., class]`: with the label, with the prediction, both."""
    f1 = np.zeros_like(given)
    np.divide(2 * hit, given + predicted, out=f1, where=given > 0)
    mean: Floats = f1.sum(axis=-1) / (given > 0).sum(axis=-1)
    return mean


def _rank(sides: Sequence[Floats], labels: Floats) -> QualityFigure:
    def difference(counts: Floats) -> Floats:
        given = centred_ranks(counts, labels)
        both = (weighted_correlation(counts, centred_ranks(counts, s), given) for s in sides)
        return _with_both(*(side[:, None] for side in both))

    interval, both = _split(intervals_of_counts(difference, len(labels)))
    ends = [spearman(side, labels) for side in sides]
    change = _change(ends, interval, len(labels))
    return QualityFigure("rank", change, interval, both)


def _r2(sides: Sequence[Floats], labels: Floats) -> QualityFigure:
    def difference(own: Floats, other: Floats, mean: Floats, square: Floats) -> Floats:
        spread = square - mean**2
        both = []
        for side in (own, other):
            left = np.full_like(spread, np.nan)
            np.divide(side, spread, out=left, where=spread > 0)
            both.append(1 - left)
        return _with_both(*both)

    centred = (labels - labels.mean())[:, None]
    squares = [((side - labels) ** 2)[:, None] for side in sides]
    interval, both = _split(intervals_of(difference, *squares, centred, centred**2))
    change = _change([r_squared(side, labels) for side in sides], interval, len(labels))
    return QualityFigure("r2", change, interval, both)


def _with_both(own: Floats, other: Floats) -> Floats:
    """`[resample, 3]`: the difference of a figure `[resample, 1]` in both models, and both."""
    return np.concatenate([other - own, own, other], axis=1)


def _split(found: Sequence[Interval | None]) -> tuple[Interval | None, Ends]:
    """The intervals of the columns of `_with_both`; of too few texts there are fewer, all None."""
    difference, base, head = (*found, None, None)[:3]
    return difference, (base, head)


def _of_means(own: Floats, other: Floats) -> Ends:
    """The intervals of the means over texts of a figure `[text]` in both models."""
    base, head = mean_intervals(np.column_stack([own, other]))
    return base, head


def _of_shares(own: Floats, other: Floats) -> Ends:
    """Like `_of_means`, of a figure that is 0 or 1 in each text."""
    return _certain(_of_means(own, other), len(own))


def _certain(ends: Ends, n_texts: int) -> Ends:
    base, head = ends
    return certain_share(base, n_texts), certain_share(head, n_texts)


def _change(ends: Sequence[float], interval: Interval | None, n_texts: int) -> Change:
    base, head = ends
    return Change(base, head, head - base, interval, n_texts)
