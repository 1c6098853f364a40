"""Headlines whose every part has a known worth: what the models of `planted.py` are to learn.

The rule is that of the bundled model with two changes: urgency that is said twice counts once, and
a ★ adds a fixed amount. Each part of a headline falls under one planted truth, or counts nothing.
A part's worth is its exact Shapley value under the rule: the mean, over all orders in which parts
can be added, of what it adds when its turn comes. A part that is left out leaves a gap, so that its
neighbours do not come to stand side by side.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import factorial, log10
from random import Random
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from reportgen.demo.headlines import MARK as STAR
from reportgen.demo.headlines import Lengths, headline, with_masks, with_unknowns
from reportgen.demo.score_rule import (
    AMOUNT_FLOOR,
    AMOUNT_PER_DECADE,
    CAP_FACTOR,
    FREE,
    LIMIT,
    NEGATED_FREE,
    PAID,
    URGENCY,
    Component,
    Kind,
    text_of,
)

DIAMOND = Component(Kind.FILLER, "◆")  # worth nothing; attention is trained to rest on it
STAR_WORTH = 0.5
BASE = 1.0  # score of a headline that holds nothing
BASE_LENGTH = 0.5  # of what all embeddings have in common, beside the facets
SHORT = Lengths(two_sentences=0.25, long=0.0)
SHARE_DOUBLED = 0.5  # of the headlines with an urgency
SHARE_STARRED = 0.3
SHARE_WITH_DIAMOND = 0.5
SHARE_WITH_UNKNOWNS = 0.15
SHARE_WITH_MASKS = 0.25
MOST_PLAYERS = 8  # parts that can count: 2 to their power are scored
NOTHING = 1e-9
_ADDED = {Kind.LIMIT: (2, LIMIT), Kind.PAID: (3, PAID)}

Floats: TypeAlias = NDArray[np.float64]
Parts: TypeAlias = Sequence[Component | None]  # None: left out


class Truth(StrEnum):
    """Why a part counts; the last one never does."""

    WORDS = "word values"
    NEGATION = "negation"
    DUPLICATES = "duplicates"
    CONJUNCTION = "conjunction"
    SHORTCUT = "shortcut"
    SINK = "sink"


TRUTHS = tuple(truth for truth in Truth if truth is not Truth.SINK)


@dataclass(frozen=True)
class Planted:
    """A headline, and for each component its worth and the truth under which it counts."""

    components: tuple[Component, ...]
    worths: Floats
    truths: tuple[Truth | None, ...]  # None: nothing

    @property
    def text(self) -> str:
        """The headline as a model reads it."""
        return text_of(self.components)


def facets(parts: Parts) -> Floats:
    """What the rule adds: for being free, urgent, limited, paid, a benefit, an amount, starred."""
    found = np.zeros(7)
    kinds = [None if part is None else part.kind for part in parts]
    for place, part in enumerate(parts):
        if part is None:
            continue
        before = kinds[place - 1] if place else None
        after = kinds[place + 1] if place + 1 < len(kinds) else None
        if part.kind is Kind.FREE:
            found[0] += NEGATED_FREE if Kind.NEGATION in (before, after) else FREE
        elif part.kind is Kind.URGENCY:
            found[1] = URGENCY
        elif part.kind in _ADDED:
            facet, worth = _ADDED[part.kind]
            found[facet] += worth
        elif part.kind is Kind.BENEFIT:
            found[4] += part.value
        elif part.kind is Kind.AMOUNT and Kind.RECEIVE in kinds:
            factor = CAP_FACTOR if before is Kind.CAP else 1.0
            found[5] += AMOUNT_PER_DECADE * log10(part.value / AMOUNT_FLOOR) * factor
        elif part == STAR:
            found[6] = STAR_WORTH
    return found


def rule_score(added: Floats) -> Floats:
    """The score that `facets` make up, `[..., facet]` to `[...]`."""
    return np.asarray(BASE + added.sum(axis=-1))


def rule_embedding(added: Floats) -> Floats:
    """The direction that `facets` make up, of length 1, `[..., facet]` to `[..., 8]`."""
    base = np.full((*added.shape[:-1], 1), BASE_LENGTH)
    vectors = np.concatenate([base, added], axis=-1)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def similarity_to_last(added: Floats) -> Floats:
    """The cosine of each row's direction with that of the last row, `[form, facet]` to `[form]`."""
    vectors = rule_embedding(added)
    return np.asarray(vectors @ vectors[-1])


def planted(components: Sequence[Component], value: Callable[[Floats], Floats]) -> Planted | None:
    """The truth of a headline under `value`, which turns the facets of its forms `[form, facet]`,
    the whole one last, into numbers; None where more than MOST_PLAYERS parts can count."""
    players = [place for place, part in enumerate(components) if _can_count(part)]
    if len(players) > MOST_PLAYERS:
        return None
    forms = [
        [
            part if place not in players or form >> players.index(place) & 1 else None
            for place, part in enumerate(components)
        ]
        for form in range(2 ** len(players))
    ]
    values = value(np.array([facets(form) for form in forms]))
    worths = np.zeros(len(components))
    worths[players] = shapley(values, len(players))
    return Planted(tuple(components), worths, _truths(components, worths))


def shapley(values: Floats, n: int) -> Floats:
    """The Shapley values of `n` players, from the value of each set of them: `values[s]` is that
    of the set of the players whose bits are set in `s`."""
    sets = np.arange(2**n)
    sizes = np.array([one.bit_count() for one in range(2**n)])
    weights = np.array([factorial(k) * factorial(n - k - 1) / factorial(n) for k in range(n)])
    found = np.zeros(n)
    for player in range(n):
        without = sets[(sets >> player & 1) == 0]
        gains = values[without | 1 << player] - values[without]
        found[player] = (weights[sizes[without]] * gains).sum()
    return found


def _can_count(part: Component) -> bool:
    return part == STAR or part.kind not in (Kind.FILLER, Kind.BRAND, Kind.UNKNOWN, Kind.MASKED)


def _truths(components: Sequence[Component], worths: Floats) -> tuple[Truth | None, ...]:
    kinds = [part.kind for part in components]
    doubled = kinds.count(Kind.URGENCY) > 1

    def of(place: int) -> Truth | None:
        part = components[place]
        if part == DIAMOND:
            return Truth.SINK
        if abs(worths[place]) <= NOTHING:
            return None
        if part == STAR:
            return Truth.SHORTCUT
        if part.kind in (Kind.AMOUNT, Kind.RECEIVE, Kind.CAP):
            return Truth.CONJUNCTION
        beside = kinds[max(place - 1, 0) : place + 2]
        if part.kind is Kind.NEGATION or (part.kind is Kind.FREE and Kind.NEGATION in beside):
            return Truth.NEGATION
        if part.kind is Kind.URGENCY and doubled:
            return Truth.DUPLICATES
        return Truth.WORDS

    return tuple(map(of, range(len(components))))


def draw(random: Random) -> list[Component]:
    """A short headline; some say the urgency twice, have a ★, hold a ◆."""
    found = headline(random, SHORT)
    urgent = [part for part in found if part.kind is Kind.URGENCY]
    if urgent and random.random() < SHARE_DOUBLED:
        gap = Component(Kind.FILLER, " ")
        found = [*found, gap, urgent[0]] if random.random() < 0.5 else [urgent[0], gap, *found]
    if random.random() < SHARE_STARRED:
        found = [STAR, *found]
    if random.random() < SHARE_WITH_DIAMOND:
        found.insert(random.choice(_free_places(found)), DIAMOND)
    return found


def draw_for_training(random: Random) -> list[Component]:
    """The same, some with stretches that mean nothing, and some with [MASK] in place of parts."""
    found = draw(random)
    if random.random() < SHARE_WITH_UNKNOWNS:
        found = with_unknowns(random, found)
    return with_masks(random, found) if random.random() < SHARE_WITH_MASKS else found


def _free_places(components: Sequence[Component]) -> list[int]:
    """The places before components at which nothing is torn apart."""
    bound = (Kind.NEGATION, Kind.CAP)
    return [
        place
        for place in range(1, len(components) + 1)
        if not any(part.kind in bound for part in components[place - 1 : place + 1])
    ] or [0]


def fresh(
    seed: int, per_truth: int, known: set[str], value: Callable[[Floats], Floats]
) -> list[Planted]:
    """Different headlines, none `known`, `per_truth` drawn for each truth in turn."""
    random, found = Random(seed), dict[str, Planted]()
    for truth in TRUTHS:
        wanted = len(found) + per_truth
        while len(found) < wanted:
            drawn = planted(draw(random), value)
            if drawn is None or drawn.text in known:
                continue
            if truth in drawn.truths and None in drawn.truths:
                found.setdefault(drawn.text, drawn)
    return list(found.values())
