"""Units that say the same: each can be left out, all of them together cannot.

Leaving out one of two words that say the same changes little, so that neither would seem to count.
Other measures, the *hints*, find such words: what each does alone (see `deletion.alone_effects`),
integrated gradients, gradient × input. Those that a hint says do much are left out together. After
group attribution (Tsang et al. 2020) and removal in general (Covert et al. 2021).

An effect is f(whole) - f(without), of a unit or of a whole group. For embeddings f is the cosine to
the whole text, so that both are cosine distances: how far the embedding turns without the unit, or
without all of the group. Distances do not add up: an embedding that is a plain sum turns by about
the square of what is missing, so that leaving out two words of one meaning at all would do more
than both one by one. What does add up at most is the way it moves, the length of the line between
the two unit vectors, √(2 · distance): without two units it is no longer than the two ways together.
So distances are compared as ways, and a group of an embedding moves it farther than its units one
by one could, had the embedding been their sum.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from math import isfinite, sqrt
from typing import TypeAlias

from reportgen.analysis.evidence.explainer import ChangedText, Explainer
from reportgen.analysis.evidence.methods import CostBasis, MeasureMethod, Tools
from reportgen.analysis.evidence.text_evidence import Floats, TextEvidence, UnitEffects
from reportgen.analysis.progress import Passes
from reportgen.models import EncodedText, ExplainedText, content_units, without
from reportgen.results import EFFECT, View

MOST_PASSES = 8  # for the groups of one text
# Of the largest effect of a unit in the text, left out or by the hint: a unit is tried of which the
# hint says so much, and a group does at least so much (of a distance, of the largest left out).
TRIED = 0.1
LEAST = 0.05
# Of the change without a group, so much is more than its units change one by one. So is as much of
# what a member adds to it: a unit that does most by itself is none.
BEYOND = 0.3
ADDED = 0.05  # of the change without a group: that part of what a member adds is at least so much
_ROUNDING = 1e-6  # of the target; a model that nothing moves has no groups

Units: TypeAlias = tuple[int, ...]  # numbers of units, in order
# Asks for the change without units, and is sent it; None where it could not be run.
_Search: TypeAlias = Generator[Units, float | None, "tuple[Joint, ...]"]


@dataclass(frozen=True, slots=True)
class Joint:
    """A group of units of one text that say the same."""

    units: Units
    effect: float  # f(whole) - f(without all of them)
    shares: tuple[float, ...]  # of that, each unit's; they sum to 1


@dataclass(frozen=True, slots=True)
class KnownUnits:
    """What is known of the units of a text before any are left out together."""

    units: tuple[tuple[int, ...], ...]  # [unit], the positions of its tokens
    deletion: tuple[float, ...]  # [unit], what changes without it
    hints: tuple[tuple[float, ...], ...]  # [hint][unit], in the direction of `deletion`
    # The unit at which a causal model reads its output, which is in no group: without it that is
    # read at another one, so that leaving out both does not tell that they say the same.
    read_at: int | None = None


def find_joint(
    explainer: Explainer, explained: Sequence[ExplainedText], known: Sequence[KnownUnits]
) -> list[tuple[Joint, ...]]:
    """The groups of each text, at most MOST_PASSES passes each."""
    is_distance = explainer.target.is_distance
    searches = [
        _search(units, abs(item.value), is_distance=is_distance)
        for item, units in zip(explained, known, strict=True)
    ]
    groups: list[tuple[Joint, ...]] = [()] * len(searches)
    answers: dict[int, float | None] = dict.fromkeys(range(len(searches)))
    while answers:
        asked: dict[int, Units] = {}
        for number, answer in answers.items():
            try:
                asked[number] = searches[number].send(answer)
            except StopIteration as end:
                groups[number] = end.value
        variants = [
            ChangedText(explained[i], _without(explained[i], known[i].units, units))
            for i, units in asked.items()
        ]
        values = explainer.run(variants)
        answers = {
            i: None if isinstance(value, str) else explained[i].value - value
            for i, value in zip(asked, values, strict=True)
        }
    return groups


def shared_effects(deletion: Sequence[float], groups: Sequence[Joint]) -> tuple[float, ...]:
    """The effect of each unit, `[unit]`: its change when it is left out; in a group its share of
    the change without the group, split by the hint that found it."""
    effects = list(deletion)
    for group in groups:
        for unit, share in zip(group.units, group.shares, strict=True):
            effects[unit] = group.effect * share
    return tuple(effects)


def _without(item: ExplainedText, units: Sequence[Units], left_out: Units) -> EncodedText:
    return without(item.text, {place for unit in left_out for place in units[unit]})


def _search(known: KnownUnits, value: float, *, is_distance: bool) -> _Search:
    """Look for the groups of one text, hint by hint: first those of the direction in which a unit
    does most."""
    if not all(map(isfinite, known.deletion)):
        return ()
    asker = _Asker(_way if is_distance else _itself)
    rounding = _ROUNDING * max(value, 1.0)
    groups: list[Joint] = []
    for hint in known.hints:
        largest = max(map(abs, (*known.deletion, *hint)), default=0.0)
        if not all(map(isfinite, hint)) or largest <= rounding:
            continue
        # Alone a word of an embedding is far from nothing: that says little of distances.
        least = LEAST * (max(known.deletion) if is_distance else largest)
        signs = [1] if is_distance else sorted((1, -1), key=lambda s: -max(s * x for x in hint))
        for sign in signs:
            taken = {known.read_at, *(unit for group in groups for unit in group.units)}
            sizes = [sign * does for does in hint]
            tried = [i for i, x in enumerate(sizes) if x >= TRIED * largest and i not in taken]
            tried.sort(key=lambda unit: -sizes[unit])
            groups += yield from _groups(
                asker, tried, known.deletion, sizes, sign, max(least, rounding)
            )
    return tuple(groups)


def _itself(change: float) -> float:
    return change


def _way(distance: float) -> float:
    """How far an embedding of length 1 moves, from its cosine distance."""
    return sqrt(2 * max(distance, 0.0))


class _Asker:
    """Counts the passes of a text, and keeps what was measured."""

    def __init__(self, size: Callable[[float], float]) -> None:
        """`size` is of a change what adds up, at most, over units that do not say the same."""
        self.size = size
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


def _groups(
    asker: _Asker,
    tried: Sequence[int],
    deletion: Sequence[float],
    sizes: Sequence[float],
    sign: int,
    least: float,
) -> Generator[Units, float | None, list[Joint]]:
    """The groups among the units `tried`, with the shares that their `sizes` `[unit]` give."""
    changes = [sign * change for change in deletion]
    groups = []
    while len(tried) > 1:
        group = yield from _group(asker, tried, changes, sign, least)
        if group is None:
            break
        units, change = group
        whole = sum(sizes[unit] for unit in units)
        groups.append(Joint(units, sign * change, tuple(sizes[unit] / whole for unit in units)))
        tried = [unit for unit in tried if unit not in units]
    return groups


def _group(
    asker: _Asker, tried: Sequence[int], changes: Sequence[float], sign: int, least: float
) -> Generator[Units, float | None, tuple[Units, float] | None]:
    """The first group among the units `tried`, the strongest first, and the change without it in
    the direction `sign`; None if there is none.

    The units are left out one after the other until all of them together change more than they do
    one by one. Those that this does not need are taken back, those that add to it join.

    Args:
        changes: `[unit]`, the change without each unit in the direction `sign`.
        least: the least change without a group.
    """
    size = asker.size

    def is_real(units: Sequence[int], change: float) -> bool:
        one_by_one = sum(size(max(changes[unit], 0.0)) for unit in units)
        return change >= least and size(change) - one_by_one >= BEYOND * size(change)

    def belongs(unit: int, change: float, rest: float) -> bool:
        """Whether `unit` adds enough to the change without the `rest` to make it `change`."""
        added = size(change) - size(rest)
        return added - size(max(changes[unit], 0.0)) > max(ADDED * size(change), BEYOND * added)

    units, change = [tried[0]], changes[tried[0]]
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
    return (tuple(sorted(units)), change) if is_real(units, change) else None


def known_units(text: TextEvidence, *, is_causal: bool = False) -> KnownUnits | None:
    """What the measures that were taken say of the units of a text; None without changes.

    The hints are what units do alone, integrated gradients and gradient × input, as far as the text
    has them. Gradients are small where an output is saturated, so they tell only which units do
    more than others: the largest counts as much as the largest change. Without hints, the units
    that change most when they are left out are left out together.
    """
    if "deletion" not in text.effects:
        return None
    units = content_units(text.encoded)

    def of_units(view: View) -> tuple[float, ...]:
        """A value that stands on each token of a unit."""
        return tuple(float(text.effects[view][unit[0]]) for unit in units)

    deletion = of_units("deletion")

    def sums(by_token: Floats) -> list[float]:
        return [float(by_token[list(unit)].sum()) for unit in units]

    hints = [of_units("alone")] if "alone" in text.effects else []
    if "ig" in text.effects:
        hints.append(tuple(sums(text.effects["ig"])))
    if text.input_gradient is not None and any(slopes := sums(text.input_gradient)):
        scale = max(map(abs, deletion)) / max(map(abs, slopes))
        hints.append(tuple(scale * slope for slope in slopes))
    ends = bool(units) and len(text.encoded.ids) - 1 in units[-1]  # not with a special token
    read_at = len(units) - 1 if is_causal and ends else None
    return KnownUnits(units, deletion, tuple(hints or [deletion]), read_at)


def _run(tools: Tools, texts: Sequence[TextEvidence]) -> None:
    every = ((text, known_units(text, is_causal=tools.is_causal)) for text in texts)
    pairs = [(text, known) for text, known in every if known is not None]
    explained = [text.explained for text, _ in pairs if text.explained is not None]
    by_text = find_joint(tools.explainer, explained, [known for _, known in pairs])
    for (text, known), groups in zip(pairs, by_text, strict=True):
        text.add_units(EFFECT, UnitEffects(known.units, shared_effects(known.deletion, groups)))
        text.joint = tuple(
            (tuple(place for unit in group.units for place in known.units[unit]), group.effect)
            for group in groups
        )


def _cost(text: EncodedText, basis: CostBasis) -> Passes:
    n = MOST_PASSES if len(content_units(text)) > 1 else 0
    return Passes(n, 0, n * len(text.ids))


JOINT_UNITS = MeasureMethod(_run, _cost)
