"""Units that say the same: each can be left out, all of them together cannot.

Leaving out one of two words that say the same changes little, so that neither would seem to count.
What each does alone (see `deletion.alone_effects`) finds such words; they are then left out
together. After group attribution (Tsang et al. 2020) and removal in general (Covert et al. 2021).
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TypeAlias

from reportgen.analysis.evidence.scalar import Changed, Explained, Explainer
from reportgen.analysis.evidence.text_evidence import UnitEffects
from reportgen.models.tokens.encoded import EncodedText
from reportgen.models.tokens.perturbed_texts import without

MOST_PASSES = 8  # for the groups of one text
# Of the largest effect of a unit in the text, left out or alone: a unit is tried that does so much
# alone, and a group does at least so much.
TRIED = 0.1
LEAST = 0.05
# Of the change without a group, so much is more than its units change one by one. So is as much of
# what a member adds to it: a unit that does most by itself is none.
BEYOND = 0.3
ADDED = 0.05  # of the change without a group: that part of what a member adds is at least so much
_ROUNDING = 1e-6  # of the scalar; a model that nothing moves has no groups

Units: TypeAlias = tuple[int, ...]  # numbers of units, in order
# Asks for the change without units, and is sent it; None where it could not be run.
_Search: TypeAlias = Generator[Units, float | None, "tuple[Joint, ...]"]


@dataclass(frozen=True, slots=True)
class Joint:
    """A group of units of one text that say the same."""

    units: Units
    effect: float  # f(whole) - f(without all of them)


def find_joint(
    explainer: Explainer,
    explained: Sequence[Explained],
    deletion: Sequence[UnitEffects],
    alone: Sequence[UnitEffects],
) -> list[tuple[Joint, ...]]:
    """The groups of each text, at most MOST_PASSES passes each.

    Args:
        deletion: what leaving out each unit changes, by text; the units of `explained`.
        alone: what each unit does alone, by text.
    """
    searches = [
        _search(own.effects, alone_.effects, abs(item.value))
        for item, own, alone_ in zip(explained, deletion, alone, strict=True)
    ]
    found: list[tuple[Joint, ...]] = [()] * len(searches)
    answers: dict[int, float | None] = dict.fromkeys(range(len(searches)))
    while answers:
        asked: dict[int, Units] = {}
        for number, answer in answers.items():
            try:
                asked[number] = searches[number].send(answer)
            except StopIteration as end:
                found[number] = end.value
        variants = [
            Changed(explained[i], _without(explained[i], deletion[i].units, units))
            for i, units in asked.items()
        ]
        values = explainer.run(variants)
        answers = {
            i: None if isinstance(value, str) else explained[i].value - value
            for i, value in zip(asked, values, strict=True)
        }
    return found


def shared_effects(
    deletion: Sequence[float], alone: Sequence[float], groups: Sequence[Joint]
) -> tuple[float, ...]:
    """The effect of each unit, `[unit]`: its change when it is left out; in a group its share of
    the change without the group, split by what each does alone in that direction."""
    effects = list(deletion)
    for group in groups:
        sign = 1 if group.effect > 0 else -1
        sizes = [max(sign * alone[unit], 0.0) for unit in group.units]
        for unit, size in zip(group.units, sizes, strict=True):
            effects[unit] = group.effect * size / sum(sizes)
    return tuple(effects)


def _without(item: Explained, units: Sequence[Units], left_out: Units) -> EncodedText:
    return without(item.text, {place for unit in left_out for place in units[unit]})


def _search(deletion: Sequence[float], alone: Sequence[float], value: float) -> _Search:
    """Look for the groups of one text, first those of the direction in which a unit does most."""
    if not all(map(isfinite, (*deletion, *alone))):
        return ()
    largest = max(map(abs, (*deletion, *alone)), default=0.0)
    if largest <= _ROUNDING * max(value, 1.0):
        return ()
    asker = _Asker()
    found: list[Joint] = []
    for sign in sorted((1, -1), key=lambda sign: -max(sign * own for own in alone)):
        own = [sign * change for change in deletion]
        tried = [unit for unit, does in enumerate(alone) if sign * does >= TRIED * largest]
        tried.sort(key=lambda unit: -sign * alone[unit])
        while len(tried) > 1:
            group = yield from _group(asker, tried, own, sign, LEAST * largest)
            if group is None:
                break
            found.append(group)
            tried = [unit for unit in tried if unit not in group.units]
    return tuple(found)


class _Asker:
    """Counts the passes of a text, and keeps what was measured."""

    def __init__(self) -> None:
        self._known: dict[Units, float | None] = {}

    def change(self, units: Sequence[int], sign: int) -> Generator[Units, float | None, float]:
        """The change without `units` in the direction `sign`.

        Raises:
            _OutOfPasses: it is not known and no more passes may be taken.
        """
        key = tuple(sorted(units))
        if key not in self._known:
            if len(self._known) >= MOST_PASSES:
                raise _OutOfPasses
            self._known[key] = yield key
        change = self._known[key]
        if change is None:
            raise _OutOfPasses
        return sign * change


class _OutOfPasses(Exception):
    """A change is not known, and is not measured."""


def _group(
    asker: _Asker, tried: Sequence[int], own: Sequence[float], sign: int, least: float
) -> Generator[Units, float | None, Joint | None]:
    """The first group among the units `tried`, the strongest first; None if there is none.

    The units are left out one after the other until all of them together change more than they do
    one by one. Those that this does not need are taken back, those that add to it join.

    Args:
        own: `[unit]`, the change without each unit in the direction `sign`.
        least: the least change without a group.
    """

    def is_real(units: Sequence[int], change: float) -> bool:
        one_by_one = sum(max(own[unit], 0.0) for unit in units)
        return change >= least and change - one_by_one >= BEYOND * change

    def belongs(unit: int, change: float, rest: float) -> bool:
        """Whether `unit` adds enough to the change without the `rest` to make it `change`."""
        beyond = change - rest - max(own[unit], 0.0)
        return beyond > max(ADDED * change, BEYOND * (change - rest))

    units, change = [tried[0]], own[tried[0]]
    try:
        for unit in tried[1:]:
            units.append(unit)
            change = yield from asker.change(units, sign)
            if is_real(units, change):
                break
        else:
            return None
    except _OutOfPasses:
        return None
    later = tried[len(units) :]
    try:
        for unit in units[:-1]:
            rest = [other for other in units if other != unit]
            if len(rest) < 2:
                break
            left = yield from asker.change(rest, sign)
            if not belongs(unit, change, left):
                units, change = rest, left
        for unit in later:
            more = yield from asker.change([*units, unit], sign)
            if belongs(unit, more, change):
                units, change = [*units, unit], more
    except _OutOfPasses:
        pass
    if not is_real(units, change):
        return None
    return Joint(tuple(sorted(units)), sign * change)
