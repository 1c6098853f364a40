"""What each kind of edit does to the predictions, over all texts that it was tried on.

A text counts once in each kind, with the mean over its edits of that kind: edits of one text are
not independent of each other. The intervals of the changes hold for all kinds at once (Bonferroni,
see `widened`), so that of edits that do nothing hardly one is called clear, however many are tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import inf
from operator import attrgetter

import numpy as np

from reportgen.findings.statistics import (
    Estimate,
    Floats,
    Places,
    estimate,
    share_estimate,
    widened,
)
from reportgen.findings.what_if.text_change import TextChange

_LARGEST = 5  # changes that are listed of each kind


@dataclass(frozen=True, slots=True)
class EditKind:
    """One kind of edit over all texts that it was tried on."""

    name: str
    changes: tuple[TextChange, ...]  # all of them, in the order of the texts
    n_texts: int  # different originals
    # Mean over the texts, with an interval that holds for all kinds at once; None where no change
    # of an output figure is known.
    change: Estimate | None
    size: Estimate | None  # the same of absolute changes, with an interval for this kind alone
    flips: Estimate | None  # share of the texts; None for numbers

    @property
    def is_clear(self) -> bool:
        """Whether the interval of the mean change excludes 0."""
        interval = None if self.change is None else self.change.interval
        return interval is not None and (interval.low > 0 or interval.high < 0)

    @property
    def change_max(self) -> float | None:
        """The largest change of a text, by size."""
        sizes = (abs(change.change) for change in self.changes if change.is_measured)
        return max(sizes, default=None)

    @property
    def largest(self) -> tuple[TextChange, ...]:
        """The changes that move their texts most, the largest first; none that is 0."""
        moved = [change for change in self.changes if change.is_measured and change.change]
        return tuple(sorted(moved, key=lambda change: -abs(change.change))[:_LARGEST])


def edit_kinds(changes: Sequence[TextChange], most: float = inf) -> tuple[EditKind, ...]:
    """The kinds of edits: those that are clear first, then by the size of their mean change.

    Args:
        changes: of all kinds and texts, in any order.
        most: the largest change that there can be, 1 for probabilities.
    """
    by_name = attrgetter("kind")
    ordered = sorted(changes, key=attrgetter("kind", "text"))
    named = [(name, tuple(rows)) for name, rows in groupby(ordered, by_name)]
    kinds = [_kind(name, rows, len(named), most) for name, rows in named]
    return tuple(sorted(kinds, key=_order))


def _order(kind: EditKind) -> tuple[bool, float, str]:
    return not kind.is_clear, -abs(kind.change.mean if kind.change else 0.0), kind.name


def _kind(name: str, changes: tuple[TextChange, ...], n_kinds: int, most: float) -> EditKind:
    texts = np.array([change.text for change in changes], np.intp)
    differences = np.array([change.change for change in changes], np.float64)
    flips = np.array([change.flip for change in changes], np.float64)
    mean = estimate(by_text(texts, differences))
    return EditKind(
        name,
        changes,
        len(np.unique(texts)),
        mean and widened(mean, n_kinds, most),
        estimate(by_text(texts, np.abs(differences))),
        share_estimate(by_text(texts, flips)),
    )


def by_text(texts: Places, values: Floats) -> Floats:
    """`[text]`: the mean of the `values` of each text that are known; NaN where none is."""
    known = np.isfinite(values)
    rows, places = np.unique(texts, return_inverse=True)
    sums = np.bincount(places[known], values[known], len(rows))
    counts = np.bincount(places[known], minlength=len(rows))
    means: Floats = np.divide(sums, counts, out=np.full(len(rows), np.nan), where=counts > 0)
    return means
