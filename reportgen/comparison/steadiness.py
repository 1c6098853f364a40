"""Which of two models is steadier: how far edits of the same texts change the predictions of both.

A change is that of one model's prediction by one edit. Both models are compared on the same pairs
of texts; a text counts once, with the mean over its edits. Intervals are those of paired
differences. Those by kind of edit hold for all kinds at once (Bonferroni, see `widened`).
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from reportgen.comparison.change import (
    SAME_OUTPUT,
    Change,
    certain_change,
    changes,
    equal_if_close,
)
from reportgen.comparison.model_figures import EDIT_FLIPS, EDIT_SIZE, FigureRow, ModelValue
from reportgen.comparison.pairing import Pairing
from reportgen.findings import Estimate, Findings, Floats, Places, TextChange, WhatIf, widened


@dataclass(frozen=True, slots=True)
class EditSteadiness:
    """How far the edits of one kind, or all, change the predictions of both models."""

    name: str  # "" for all kinds
    n_texts: int
    size: Change | None  # absolute change of the number or probability; None where none is known
    flips: Change | None  # share of edits that change what is predicted; None for numbers


@dataclass(frozen=True, slots=True)
class Steadiness:
    """How far edits change the predictions of both models."""

    every: EditSteadiness  # over all kinds
    kinds: tuple[EditSteadiness, ...]  # those that differ most first
    is_share: bool  # whether sizes are of probabilities

    @property
    def deciding(self) -> Change | None:
        """What says which model is steadier: how often predictions flip, else how far they move."""
        return self.every.flips or self.every.size


def compare_steadiness(base: Findings, head: Findings, pairing: Pairing) -> Steadiness | None:
    """None where outputs cannot be compared, and where no text was changed in both."""
    sides = base.what_if, head.what_if
    if sides[0] is None or sides[1] is None or not pairing.same_output:
        return None
    old, new = (_by_pair(side) for side in sides if side)
    keys = [key for key in old if key in new]
    if not keys:
        return None
    pairs = [(old[key], new[key]) for key in keys]
    names = list(dict.fromkeys(one.kind for one, _ in pairs))
    kinds = [
        _of_kind(name, [pair for pair in pairs if pair[0].kind == name], len(names))
        for name in names
    ]
    return Steadiness(_of_kind("", pairs, 1), tuple(sorted(kinds, key=_order)), sides[0].is_share)


def _by_pair(side: WhatIf) -> Mapping[Hashable, TextChange]:
    """The changes, of equal texts once, by what both models share of them."""
    every = (change for kind in side.kinds for change in kind.changes)
    return {(one.text, one.kind, one.variant, one.changed_text): one for one in every}


def _order(kind: EditSteadiness) -> tuple[bool, float, str]:
    change = kind.flips or kind.size
    is_clear = change is not None and change.is_certain
    return not is_clear, -abs(change.difference) if change else 0.0, kind.name


def _of_kind(
    name: str, pairs: Sequence[tuple[TextChange, TextChange]], n_tried: int
) -> EditSteadiness:
    texts = np.array([one.text for one, _ in pairs], np.intp)
    sizes = np.array([[abs(one.change) for one in pair] for pair in pairs], np.float64)
    flips = np.array([[one.flip for one in pair] for pair in pairs], np.float64)
    # Of rounding in the predictions no change is left.
    figures = np.array([[one.before for one in pair] for pair in pairs], np.float64)
    scale = float(np.nanmax(np.abs(figures), initial=0.0))
    sizes[:, 1] = equal_if_close(sizes[:, 0], sizes[:, 1], scale, SAME_OUTPUT)
    share = _change(texts, flips, n_tried)
    if share is not None:  # texts that are all alike do not make it certain
        share = replace(share, interval=certain_change(share.interval, share.n_texts))
    return EditSteadiness(name, len(np.unique(texts)), _change(texts, sizes, n_tried), share)


def _change(texts: Places, values: Floats, n_tried: int) -> Change | None:
    """The change of a figure `[pair, model]`, each text with its mean; None where none is known."""
    known = np.isfinite(values).all(axis=1)
    if not known.any():
        return None
    _, places = np.unique(texts[known], return_inverse=True)
    counts = np.bincount(places)
    base, head = (np.bincount(places, column) / counts for column in values[known].T)
    (change,) = changes(base[:, None], head[:, None])
    figure = Estimate(change.difference, change.interval, change.n_texts)
    return replace(change, interval=widened(figure, n_tried, np.inf).interval)


def edit_rows(steady: Sequence[Steadiness | None]) -> Iterator[FigureRow]:
    """How often edits change what each model predicts, or how far; `steady` are of the models after
    the first, against that."""
    known = [each.deciding if each else None for each in steady]
    base = next((change.base for change in known if change), None)
    if base is None:
        return
    has_flips = any(each and each.every.flips for each in steady)
    values = (ModelValue(change.head, change) if change else None for change in known)
    yield FigureRow(EDIT_FLIPS if has_flips else EDIT_SIZE, (ModelValue(base), *values))
