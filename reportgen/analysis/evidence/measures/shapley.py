"""Shapley values of a text's units: what each adds to the target, on average over all orders.

Exact for few units (Shapley 1953); of more, sampled by permutations in opposite pairs (Strumbelj
and Kononenko 2010; Mitchell et al. 2022), with an error that is measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri

from reportgen.analysis.evidence.explainer import ChangedText, Explainer
from reportgen.analysis.evidence.methods import CostBasis, MeasureMethod, Tools
from reportgen.analysis.evidence.text_evidence import (
    TextEvidence,
    UnitEffects,
    add_effects,
    explained_of,
)
from reportgen.analysis.progress import Passes
from reportgen.models import (
    EncodedText,
    ExplainedText,
    content_units,
    fixed_positions,
    keep,
    runs_without_content,
)
from reportgen.results import SHAPLEY_ERROR, Reason

EXACT = 10  # units of which all sets are run
MOST_PAIRS = 16  # of permutations for a text
FEWEST_PAIRS = 4  # that an error takes
# In basic evidence: there more texts tell more than more pairs, and no text has more than FEWEST.
EXACT_IN_BASIC = 6
# No more permutations once the error of the units' values, root mean square, is at most this share
# of their standard deviation.
ENOUGH = 0.2
_SEED = 20100101
_AT_ONCE = 8  # texts whose changed forms run together

Floats = NDArray[np.float64]


def shapley_values(
    explainer: Explainer, explained: Sequence[ExplainedText], *, is_basic: bool = False
) -> "list[ShapleyValues | str] | Reason":
    """The Shapley value of each unit of content, for each text, or an error message.

    The target of some units is that of the text with these and its special tokens alone; nothing is
    tokenised again. A unit's value is the mean, over permutations of the units, of how far the
    target rises when it is added to those before it. The values of a text add up to the target of
    the whole text minus that of its special tokens. Permutations come in pairs of opposite order,
    and end as ENOUGH and MOST_PAIRS say. Orders only depend on the number of units. Of up to EXACT
    units all sets are run. In basic evidence, of up to EXACT_IN_BASIC, and of more FEWEST_PAIRS.

    A `Reason` where nothing would be left to run without content. Not for embeddings.
    """
    if any(not runs_without_content(item.text) for item in explained):
        return "no_special_tokens"
    values: list[ShapleyValues | str] = []
    limits = _limits(is_basic)
    for i in range(0, len(explained), _AT_ONCE):
        games = [
            _Game(item, content_units(item.text), *limits) for item in explained[i : i + _AT_ONCE]
        ]
        while any(not game.is_done for game in games):
            _play(explainer, [game for game in games if not game.is_done])
        values += [game.result() for game in games]
    return values


def _limits(is_basic: bool) -> tuple[int, int]:
    """The most units of which all sets are run, and the most pairs of permutations of more."""
    return (EXACT_IN_BASIC, FEWEST_PAIRS) if is_basic else (EXACT, MOST_PAIRS)


@dataclass(frozen=True, slots=True)
class ShapleyValues:
    """The Shapley values of a text's units."""

    effects: UnitEffects
    error: float  # root mean square over units, at most, in 95 of 100 texts; 0 where exact


def sampling_error(pairs: Floats) -> float:
    """What the mean over `pairs` `[pair, unit]` is off by, root mean square over units: at most
    that in 95 of 100 texts, since its square over that of the standard error lies below the 95 %
    point of F with 2 and 2 (pairs - 1) degrees of freedom if units err in at least two ways."""
    n_pairs = len(pairs)
    variance = float(pairs.var(axis=0, ddof=1).mean()) / n_pairs
    return float(np.sqrt(variance * fdtri(2, 2 * (n_pairs - 1), 0.95)))


@dataclass(eq=False)
class _Game:
    """One text, whose units come together in one order after another."""

    of: ExplainedText
    units: tuple[tuple[int, ...], ...]
    exact_to: int  # units of which all sets are run
    most_pairs: int = MOST_PAIRS
    values: dict[frozenset[int], float] = field(default_factory=dict)  # target by the units kept
    pairs: list[Floats] = field(default_factory=list)  # [pair][unit], mean rise
    fault: str = ""

    def __post_init__(self) -> None:
        self.values[frozenset(range(len(self.units)))] = self.of.value
        self._orders = np.random.default_rng((_SEED, len(self.units)))
        self._pair: tuple[list[int], list[int]] = ([], [])

    @property
    def is_exact(self) -> bool:
        """Whether all sets of units are run."""
        return len(self.units) <= self.exact_to

    @property
    def is_done(self) -> bool:
        """Whether nothing more is needed or possible."""
        if self.fault or not self.units:
            return True
        if self.is_exact:
            return len(self.values) == 1 << len(self.units)
        if not FEWEST_PAIRS <= len(self.pairs) < self.most_pairs:
            return len(self.pairs) >= self.most_pairs
        by_pair = np.stack(self.pairs)
        return bool(sampling_error(by_pair) <= ENOUGH * by_pair.mean(axis=0).std())

    def deal(self) -> list[frozenset[int]]:
        """The sets of units that are to be run next: all of them, or those of the next pair of
        permutations, which is drawn."""
        if self.is_exact:
            every = range(len(self.units))
            all_sets = (
                frozenset(units)
                for size in (*every, len(every))
                for units in combinations(every, size)
            )
            return [kept for kept in all_sets if kept not in self.values]
        order = self._orders.permutation(len(self.units)).tolist()
        self._pair = order, order[::-1]
        sets = (
            frozenset(permutation[:size])
            for permutation in self._pair
            for size in range(len(order))
        )
        return [kept for kept in dict.fromkeys(sets) if kept not in self.values]

    def variant(self, kept: frozenset[int]) -> ChangedText:
        """The text with only the units `kept`."""
        positions = (position for unit in kept for position in self.units[unit])
        return ChangedText(
            self.of, keep(self.of.text, sorted((*fixed_positions(self.of.text), *positions)))
        )

    def score(self) -> None:
        """Add the rises of the pair of permutations that was run."""
        if self.is_exact:
            return
        rises = np.zeros(len(self.units))
        for order in self._pair:
            for size, unit in enumerate(order):
                before = frozenset(order[:size])
                rises[unit] += self.values[before | {unit}] - self.values[before]
        self.pairs.append(rises / 2)

    def exact(self) -> tuple[float, ...]:
        """The value of each unit, from all sets of units."""
        n = len(self.units)
        weights = [1 / (n * comb(n - 1, size)) for size in range(n)]
        unit_values = np.zeros(n)
        for kept, value in self.values.items():
            for unit in range(n):
                # What it adds to those without it, which is subtracted where it is missing.
                size = len(kept) - (unit in kept)
                unit_values[unit] += weights[size] * (value if unit in kept else -value)
        return tuple(unit_values.tolist())

    def result(self) -> ShapleyValues | str:
        """The value of each unit, or an error message."""
        if not self.units:
            return "it has no content to change"
        if self.fault:
            return self.fault
        if self.is_exact:
            return ShapleyValues(UnitEffects(self.units, self.exact()), 0.0)
        by_pair = np.stack(self.pairs)
        means = tuple(by_pair.mean(axis=0).tolist())
        return ShapleyValues(UnitEffects(self.units, means), sampling_error(by_pair))


def _play(explainer: Explainer, games: Sequence[_Game]) -> None:
    """Run all sets of units of each game, or one more pair of permutations."""
    asked = [(game, kept) for game in games for kept in game.deal()]
    values = explainer.run([game.variant(kept) for game, kept in asked])
    for (game, kept), value in zip(asked, values, strict=True):
        if isinstance(value, str):
            game.fault = game.fault or value
        else:
            game.values[kept] = value
    for game in games:
        if not game.fault:
            game.score()


def add_shapley(
    explainer: Explainer, texts: Sequence[TextEvidence], *, is_basic: bool = False
) -> None:
    """Add the Shapley values of each of `texts`, or why it has none; see `shapley_values`."""
    values = shapley_values(explainer, explained_of(texts), is_basic=is_basic)
    if isinstance(values, str):
        add_effects("shapley", texts, values)
        return
    for text, text_values in zip(texts, values, strict=True):
        text.add_units(
            "shapley", text_values if isinstance(text_values, str) else text_values.effects
        )
        if not isinstance(text_values, str):
            text.row[SHAPLEY_ERROR] = text_values.error


def shapley_passes(text: EncodedText, *, is_basic: bool = False) -> Passes | None:
    """The most passes that `shapley_values` takes of a text: half of it is run on average. None
    where it has none."""
    exact, most_pairs = _limits(is_basic)
    if not runs_without_content(text):
        return None
    n_fixed, n_units = len(fixed_positions(text)), len(content_units(text))
    n_passes = 2**n_units - 1 if n_units <= exact else 2 * most_pairs * (n_units - 1) + 1
    return Passes(n_passes, 0, n_passes * (len(text.ids) + n_fixed) // 2)


def _run(tools: Tools, texts: Sequence[TextEvidence]) -> None:
    add_shapley(tools.explainer, texts)


def _cost(text: EncodedText, basis: CostBasis) -> Passes | None:
    return shapley_passes(text)


SHAPLEY = MeasureMethod(_run, _cost)
