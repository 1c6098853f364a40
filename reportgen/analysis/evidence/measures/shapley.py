"""Shapley values of a text's units: what each adds to the scalar, on average over all orders.

Strumbelj and Kononenko 2010, sampled by permutations in opposite pairs (Mitchell et al. 2022).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reportgen.analysis.evidence.scalar import Changed, Explained, Explainer
from reportgen.analysis.evidence.stages import CostBasis, Stage, Tools
from reportgen.analysis.evidence.text_evidence import (
    TextEvidence,
    UnitEffects,
    add_effects,
    explained_of,
)
from reportgen.analysis.progress import Passes
from reportgen.models.tokens.encoded import EncodedText
from reportgen.models.tokens.perturbed_texts import (
    content_units,
    fixed_positions,
    keep,
    runs_without_content,
)
from reportgen.results.info import Reason

MOST_PAIRS = 8  # of permutations for a text
FEWEST_PAIRS = 2  # that a standard error takes
# No more permutations once the standard error of the units' values, root mean square, is at most
# this share of their standard deviation.
ENOUGH = 0.1
_SEED = 20100101
_AT_ONCE = 8  # texts whose changed forms run together

Floats = NDArray[np.float64]


def shapley_values(
    explainer: Explainer, explained: Sequence[Explained]
) -> list[UnitEffects | str] | Reason:
    """The Shapley value of each unit of content, for each text, or an error message.

    The scalar of some units is that of the text with these and its special tokens alone; nothing is
    tokenised again. A unit's value is the mean, over permutations of the units, of how far the
    scalar rises when it is added to those before it. The values of a text add up to the scalar of
    the whole text minus that of its special tokens. Permutations come in pairs of opposite order,
    and end as ENOUGH and MOST_PAIRS say. Orders only depend on the number of units.

    A `Reason` where nothing would be left to run without content. Not for embeddings.
    """
    if any(not runs_without_content(item.text) for item in explained):
        return "no_special_tokens"
    found: list[UnitEffects | str] = []
    for i in range(0, len(explained), _AT_ONCE):
        games = [_Game(item, content_units(item.text)) for item in explained[i : i + _AT_ONCE]]
        for _ in range(MOST_PAIRS):
            _play(explainer, [game for game in games if not game.is_done])
        found += [game.result() for game in games]
    return found


@dataclass(eq=False)
class _Game:
    """One text, whose units come together in one order after another."""

    of: Explained
    units: tuple[tuple[int, ...], ...]
    values: dict[frozenset[int], float] = field(default_factory=dict)  # scalar by the units kept
    pairs: list[Floats] = field(default_factory=list)  # [pair][unit], mean rise
    fault: str = ""

    def __post_init__(self) -> None:
        self.values[frozenset(range(len(self.units)))] = self.of.value
        self._orders = np.random.default_rng((_SEED, len(self.units)))
        self._pair: tuple[list[int], list[int]] = ([], [])

    @property
    def is_done(self) -> bool:
        """Whether no further permutations are needed or possible."""
        n_pairs = len(self.pairs)
        if self.fault or not self.units or (len(self.units) <= 2 and n_pairs):
            return True  # one pair has all orders of two units
        if n_pairs < FEWEST_PAIRS:
            return False
        by_pair = np.stack(self.pairs)
        error = np.sqrt((by_pair.var(axis=0, ddof=1) / n_pairs).mean())
        return bool(error <= ENOUGH * by_pair.mean(axis=0).std())

    def deal(self) -> list[frozenset[int]]:
        """Draw the next pair of permutations; the sets of units that are to be run for it."""
        order = self._orders.permutation(len(self.units)).tolist()
        self._pair = order, order[::-1]
        sets = (frozenset(own[:size]) for own in self._pair for size in range(len(order)))
        return [kept for kept in dict.fromkeys(sets) if kept not in self.values]

    def variant(self, kept: frozenset[int]) -> Changed:
        """The text with only the units `kept`."""
        positions = (position for unit in kept for position in self.units[unit])
        return Changed(
            self.of, keep(self.of.text, sorted((*fixed_positions(self.of.text), *positions)))
        )

    def score(self) -> None:
        """Add the rises of the pair of permutations that was run."""
        rises = np.zeros(len(self.units))
        for order in self._pair:
            for size, unit in enumerate(order):
                before = frozenset(order[:size])
                rises[unit] += self.values[before | {unit}] - self.values[before]
        self.pairs.append(rises / 2)

    def result(self) -> UnitEffects | str:
        """The mean over permutations for each unit, or an error message."""
        if not self.units:
            return "it has no content to change"
        if self.fault:
            return self.fault
        return UnitEffects(self.units, tuple(np.mean(self.pairs, axis=0).tolist()))


def _play(explainer: Explainer, games: Sequence[_Game]) -> None:
    """Run one more pair of permutations of each game."""
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


def _run(tools: Tools, texts: Sequence[TextEvidence]) -> None:
    add_effects("shapley", texts, shapley_values(tools.explainer, explained_of(texts)))


def _cost(text: EncodedText, basis: CostBasis) -> Passes | None:
    """The most passes: half of the text is run on average."""
    if not runs_without_content(text):
        return None
    n_fixed = len(fixed_positions(text))
    n_passes = 2 * MOST_PAIRS * max(0, len(content_units(text)) - 1)
    return Passes(n_passes, 0, n_passes * (len(text.ids) + n_fixed) // 2)


SHAPLEY = Stage(_run, _cost)
