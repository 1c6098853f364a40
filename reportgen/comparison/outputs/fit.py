"""How well the predictions of two models fit the labels: each figure in both, in the texts and in
resamples of them.

The texts are the same on both sides, so both figures are computed anew on the same resampled texts
(paired bootstrap).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from reportgen.findings.outputs.completions import perplexity
from reportgen.findings.outputs.predictions import r_squared
from reportgen.findings.outputs.ranks import centred_ranks, weighted_correlation
from reportgen.findings.outputs.several_numbers import mean_errors
from reportgen.findings.resampling import draw_counts, resampled_means
from reportgen.findings.statistics import Booleans, Floats, Interval, Places, mean_intervals
from reportgen.results.measure_register import MIN_TEXTS
from reportgen.results.ranks import spearman


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
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


def number_fit(base: Floats, head: Floats, labels: Floats) -> tuple[Fit, ...]:
    """The fit of predicted numbers, each `[text]`; a label is NaN where a text has none.

    None where no text has a label. R² takes labels that vary, the rank correlation (Spearman) also
    predictions that vary in both models.
    """
    known = np.isfinite(labels)
    given, sides = labels[known], (base[known], head[known])
    if not len(given):
        return ()
    own, other = (side - given for side in sides)
    found = [
        _of_means("mae", _same, [abs(own)], [abs(other)]),
        _of_means("rmse", np.sqrt, [own**2], [other**2]),
        _of_means("bias", _same, [own], [other]),
        *rank_fits(base, head, labels),
    ]
    if np.ptp(given) > 0:
        centred = given - given.mean()
        spread = [centred, centred**2]
        ends = [r_squared(side, given) for side in sides]
        found.append(_of_means("r2", _r_squared, [own**2, *spread], [other**2, *spread], ends))
    return tuple(found)


def numbers_fits(base: Floats, head: Floats, labels: Floats) -> tuple[Fit, ...]:
    """The fit of several predicted numbers, each `[text, number]`; labels are NaN where a text has
    none. Empty where no text has labels."""
    known = np.isfinite(labels).all(axis=1)
    if not known.any():
        return ()
    own, other = (mean_errors(side[known], labels[known]) for side in (base, head))
    return (_of_means("mae", _same, [own], [other]),)


def rank_fits(base: Floats, head: Floats, labels: Floats) -> tuple[Fit, ...]:
    """The fit of the order of predicted numbers alone, for labels on another scale; arguments as of
    `number_fit`. None where labels or predictions do not vary."""
    known = np.isfinite(labels)
    given, sides = labels[known], (base[known], head[known])
    if len(given) < 2 or not all(np.ptp(values) > 0 for values in (given, *sides)):
        return ()

    def correlations(counts: Floats) -> Floats:
        own = centred_ranks(counts, given)
        both = [weighted_correlation(counts, centred_ranks(counts, s), own) for s in sides]
        return np.stack(both, axis=1)

    resampled = None
    if len(given) >= MIN_TEXTS:
        draws = (drawn.astype(np.float64) for drawn in draw_counts(len(given)))
        resampled = np.concatenate([correlations(drawn) for drawn in draws])
    own, other = (spearman(side, given) for side in sides)
    return (Fit("rank", own, other, resampled, len(given)),)


def completion_fit(base: Sequence[Floats], head: Sequence[Floats]) -> tuple[Fit, ...]:
    """How well both models expect the completions: the perplexity over all tokens of at least one
    text. Each side has the log-probabilities `[token]` of each text."""

    def of_sums(total: Floats, n: Floats) -> Floats:
        with np.errstate(over="ignore"):
            return np.asarray(np.exp(-total / n))

    own, other = (
        [np.array([own.sum() for own in side]), np.array([float(len(own)) for own in side])]
        for side in (base, head)
    )
    ends = [perplexity(np.concatenate(list(side))) for side in (base, head)]
    return (_of_means("perplexity", of_sums, own, other, ends),)


def class_fits(base: Places, head: Places, labels: Places) -> tuple[Fit, ...]:
    """The fit of predicted classes with labels, each `[text]`, of at least one text.

    Macro-F1 is the mean of F1 over the classes that are a label of some text; in a resample over
    those that it holds.
    """
    classes = np.unique(labels)
    given = (labels[:, None] == classes).astype(np.float64)  # [text, class]
    sides = [(side[:, None] == classes).astype(np.float64) for side in (base, head)]
    own, other = ([given, side, side * given] for side in sides)
    return (
        *right_fit("accuracy", base == labels, head == labels),
        _of_means("macro_f1", _macro_f1, own, other),
    )


def right_fit(name: str, base: Booleans, head: Booleans) -> tuple[Fit, ...]:
    """How often both models are right, each `[text]`, of at least one text."""
    own, other = ([side.astype(np.float64)] for side in (base, head))
    return (_of_means(name, _same, own, other),)


def rate_fits(counts: Mapping[str, Floats]) -> tuple[Fit, ...]:
    """How well both models do on figures that are shares of several things in a text: by name
    `[text, 4]`, what counts in the old model and out of how much, and the same of the new model; of
    at least one text each."""

    def rate(above: Floats, below: Floats) -> Floats:
        return np.asarray(above / below)

    return tuple(
        _of_means(name, rate, [rows[:, 0], rows[:, 1]], [rows[:, 2], rows[:, 3]])
        for name, rows in counts.items()
    )


def _of_means(
    name: str,
    combine: Callable[..., Floats],
    base: Sequence[Floats],
    head: Sequence[Floats],
    ends: Sequence[float] = (),
) -> Fit:
    """A figure that is a function of means over texts.

    Args:
        name: of the figure.
        combine: what it is of the means, each `[..., 1]` or `[..., column]`, as `[..., 1]`.
        base: the parts of the old model, each `[text]` or `[text, column]`.
        head: the same of the new model.
        ends: the figure in both, where it is known more exactly than from the means.
    """
    sides = [[_column(part) for part in side] for side in (base, head)]
    n_texts = len(sides[0][0])
    own, other = ends or [
        float(combine(*(part.mean(axis=0) for part in side)).item()) for side in sides
    ]
    if n_texts < MIN_TEXTS:
        return Fit(name, own, other, None, n_texts)
    resampled = [combine(*map(resampled_means, side)).reshape(-1) for side in sides]
    found = Fit(name, own, other, np.stack(resampled, axis=1), n_texts)
    if len(sides[0]) > 1:
        return found
    old, new = (_interval(combine, part) for (part,) in sides)
    return replace(found, ends=(old, new))


def _interval(combine: Callable[..., Floats], values: Floats) -> Interval:
    """The interval of what rises with the mean over texts of `[text, 1]`."""
    (interval,) = mean_intervals(values)
    assert interval is not None  # there are enough texts
    low, high = combine(np.array(interval)).tolist()
    return Interval(low, high)


def _column(values: Floats) -> Floats:
    return np.ascontiguousarray(values if values.ndim == 2 else values[:, None])


def _same(mean: Floats) -> Floats:
    return mean


def _macro_f1(given: Floats, predicted: Floats, hit: Floats) -> Floats:
    """`[..., 1]` of shares of texts `[..., class]`: with the label, with the prediction, both."""
    f1 = np.zeros_like(given)
    np.divide(2 * hit, given + predicted, out=f1, where=given > 0)
    mean: Floats = f1.sum(axis=-1, keepdims=True) / (given > 0).sum(axis=-1, keepdims=True)
    return mean


def _r_squared(square: Floats, mean: Floats, spread: Floats) -> Floats:
    """From the means of squared errors, of centred labels and of their squares; NaN where the
    labels of a resample do not vary."""
    variance = spread - mean**2
    left = np.full_like(variance, np.nan)
    np.divide(square, variance, out=left, where=variance > 0)
    return 1 - left
