"""How effects changed: in each text, and for each token over all texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from reportgen.comparison.change import EFFECT_LEAST, LOOKS_LEAST_CHANGE, Change, Sides, changes
from reportgen.comparison.unit_pairs import UnitPairs
from reportgen.findings import (
    FALSE_DISCOVERIES,
    Floats,
    Places,
    fewest_texts,
    mean_interval,
    p_values,
)
from reportgen.results import MIN_TEXTS, MIN_UNITS, adjusted, spearman

# How a token's influence changed: it moves the output more than before, less, or the change is
# within noise.
Turn: TypeAlias = Literal["more", "less", "noise"]


@dataclass(frozen=True, slots=True, eq=False)
class EffectChanges:
    """How effects changed, in the texts whose effects can be compared."""

    spread: float  # standard deviation of the base's effects over these texts' units
    texts: Places  # rows of `texts`
    # [text], mean size of the units' changes, in spreads; inf where the base's effects never vary
    change: Floats
    rank: Floats  # [text], rank correlation (Spearman) of both models' effects; NaN: not defined
    mean: Change  # of `change`, from 0


@dataclass(frozen=True, slots=True)
class TokenChange:
    """The change of one token over the texts that contain it; where a text contains it twice, the
    mean of the two counts."""

    token: str
    n_texts: int
    attention: Change  # attention received, as a multiple of the equal share
    # The weight in the one row that the output is read from, as a multiple of the equal share; None
    # where the output is read from several rows.
    row: Change | None
    effect: Change | None  # effect; None where it was measured on too few texts
    turn: Turn  # of the effect; of how much the model looks at it where none was measured
    turn_p: float  # adjusted p-value of the turn
    looks_p: float  # the same for how much the model looks at it

    @property
    def looks_changed(self) -> bool:
        """Whether it is clear that the model looks at the token more or less than before."""
        return self.looks_p <= FALSE_DISCOVERIES

    @property
    def looks(self) -> Change:
        """How much the model looks at the token: `row`, or the attention it receives if `row` is
        None."""
        return self.attention if self.row is None else self.row


def effect_changes(units: UnitPairs) -> EffectChanges | None:
    """How effects changed; None where those of no text can be compared."""
    known = np.isfinite(units.effect[0])
    if not known.any():
        return None
    text = units.text[known]
    old, new = (side[known] for side in units.effect)
    spread = float(old.std())
    rows, at = np.unique(text, return_index=True)
    sizes = np.abs(new - old)
    means = np.array([part.mean() for part in np.split(sizes, at[1:])])
    change = np.where(means > 0, np.inf, 0.0)
    np.divide(means, spread, out=change, where=spread > 0)
    pairs = zip(np.split(old, at[1:]), np.split(new, at[1:]), strict=True)
    interval = mean_interval(change) if np.isfinite(change).all() else None
    mean = float(change.mean())
    return EffectChanges(
        spread=spread,
        texts=rows.astype(np.intp),
        change=change,
        rank=np.array([_rank(*pair) for pair in pairs]),
        mean=Change(0.0, mean, mean, interval, len(rows)),
    )


def n_with_effect(units: UnitPairs) -> int:
    """In how many texts effects are compared."""
    return len(np.unique(units.text[np.isfinite(on_one_figure(units)[0])]))


def fewest_compared(units: UnitPairs) -> int:
    """How many texts must contain a token for it to be listed; only texts with comparable effects
    count, if there are any. With fewer than MIN_TEXTS a change has no interval, so nothing can be
    said of it."""
    return max(MIN_TEXTS, fewest_texts(n_with_effect(units) or len(np.unique(units.text))))


def token_changes(
    units: UnitPairs, least_effect: float = 0.0, least_looks: float = 0.0
) -> tuple[TokenChange, ...]:
    """The tokens that occur in enough texts.

    First come those that move the output more than in the base, then those that move it less, then
    those whose change is within noise; within each group the largest change of the effect comes
    first. Where no effect was measured, tokens are sorted by how much the model looks at them, the
    largest ratio of both figures first. Changes are none up to the two least sizes, and up to
    EFFECT_LEAST and LOOKS_LEAST_CHANGE.
    """
    if not len(units.text):
        return ()
    n_effect, fewest = n_with_effect(units), fewest_compared(units)
    attention = _by_label(units, units.attention)
    row = _by_label(units, units.row)
    effect = _by_label(units, on_one_figure(units))
    listed = [
        label
        for label, sides in (effect if n_effect else attention).items()
        if len(sides[0]) >= fewest
    ]
    received, read, moved = (
        _changes({label: sides[label] for label in listed if label in sides})
        for sides in (attention, row, effect)
    )
    values = on_one_figure(units)[0]
    least = EFFECT_LEAST * float(values[np.isfinite(values)].std()) if n_effect else 0.0
    moved_p = _adjusted({label: effect[label] for label in moved}, max(least, least_effect))
    looks = {label: row.get(label, attention[label]) for label in listed}
    looks_p = _adjusted(looks, max(LOOKS_LEAST_CHANGE, least_looks))
    every = []
    for label in listed:
        gets, looked, moves = received[label], read.get(label), moved.get(label)
        p = moved_p.get(label, looks_p[label])
        turn = _turn(moves or looked or gets, p)
        name, n_own = units.names[label], gets.n_texts
        every.append(TokenChange(name, n_own, gets, looked, moves, turn, p, looks_p[label]))
    order = ("more", "less", "noise")
    return tuple(sorted(every, key=lambda each: (order.index(each.turn), -_size(each))))


def on_one_figure(units: UnitPairs) -> Sides:
    """The effects `[unit]` that may be averaged over texts. They are NaN in texts whose class
    changed, where they are effects on the lead of one model's class over the other's."""
    base, head = (np.where(units.flipped, np.nan, side) for side in units.effect)
    return base, head


def _by_label(units: UnitPairs, sides: Sides) -> dict[int, Sides]:
    """`[text]` for each label: its mean in each text that contains it, in both models."""
    known = np.isfinite(sides[0] + sides[1])
    n_rows = int(units.text.max()) + 1
    keys, place = np.unique(units.label[known] * n_rows + units.text[known], return_inverse=True)
    if not len(keys):
        return {}
    counts = np.bincount(place)
    means = [np.bincount(place, weights=side[known]) / counts for side in sides]
    labels, at = np.unique(keys // n_rows, return_index=True)
    parts = (np.split(side, at[1:]) for side in means)
    return dict(zip(labels.tolist(), zip(*parts, strict=True), strict=True))


def _changes(sides: Mapping[int, Sides]) -> dict[int, Change]:
    """The change of each label. Labels that occur in equally many texts are resampled together, for
    speed."""
    by_size: dict[int, list[int]] = {}
    for label, (base, _) in sides.items():
        by_size.setdefault(len(base), []).append(label)
    by_label: dict[int, Change] = {}
    for labels in by_size.values():
        base, head = (np.stack([sides[label][i] for label in labels], axis=1) for i in (0, 1))
        by_label |= dict(zip(labels, changes(base, head), strict=True))
    return by_label


def _adjusted(sides: Mapping[int, Sides], least: float) -> dict[int, float]:
    """The p-value of each label, adjusted for their number, that its change is not larger than
    `least`, whatever its sign: a paired t-test over the texts."""
    changed = [head - base for base, head in sides.values()]
    beyond = np.array([max(abs(each.mean()) - least, 0.0) for each in changed])
    errors = np.array([each.std(ddof=1) / len(each) ** 0.5 for each in changed])
    p = p_values(beyond, errors, np.array([len(each) for each in changed], np.intp))
    return dict(zip(sides, adjusted(p).tolist(), strict=True))


def _turn(change: Change, p: float) -> Turn:
    if p > FALSE_DISCOVERIES:
        return "noise"
    return "more" if abs(change.head) > abs(change.base) else "less"


def _size(token: TokenChange) -> float:
    if token.effect is not None:
        return abs(token.effect.difference)
    change = token.looks
    if change.base > 0 and change.head > 0:
        return float(abs(np.log(change.head / change.base)))
    return abs(change.difference)


def _rank(base: Floats, head: Floats) -> float:
    if len(base) < MIN_UNITS or not np.ptp(base) or not np.ptp(head):
        return float("nan")
    return spearman(base, head)
