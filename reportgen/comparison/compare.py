"""Two results of the same texts -> what changed from one model to the other, in numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reportgen.comparison.attention import (
    ENTROPY,
    HeadChanges,
    LayerChanges,
    head_changes,
    layer_changes,
)
from reportgen.comparison.effects import EffectChanges, TokenChange, effect_changes, token_changes
from reportgen.comparison.pairing import Pairing, pair
from reportgen.comparison.predictions import PredictionChanges, prediction_changes
from reportgen.comparison.units import UnitPairs, unit_pairs
from reportgen.results.store import Results

# Mean distance of a head's attention above which it is said to have changed. Up to it, less than
# 6 % of a row's weight stands elsewhere: half the sum of absolute differences is at most
# sqrt(2 ln 2) times the distance (Pinsker's inequality, from either row to their middle).
HEAD_CHANGED = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What changed from the base to the head model; None where it cannot be compared."""

    pairing: Pairing
    predictions: PredictionChanges | None
    layers: tuple[LayerChanges, ...]
    heads: HeadChanges | None
    units: UnitPairs
    effects: EffectChanges | None
    tokens: tuple[TokenChange, ...]

    @property
    def is_same(self) -> bool:
        """Whether nothing at all was found to differ, and something was compared."""
        layers = [change for found in self.layers for change in found.changes]
        pairing = self.pairing
        compared = (
            bool(layers)
            and self.heads is not None
            and pairing.same_output
            and pairing.n_aligned == pairing.n_analysed
        )
        return compared and not (
            (self.predictions is not None and self.predictions.change.any())
            or (self.heads is not None and self.heads.distance.any())
            or (self.effects is not None and self.effects.change.any())
            or any(change.difference for change in layers)
            or any(token.attention.difference for token in self.tokens)
        )

    @property
    def heads_changed(self) -> NDArray[np.bool_] | None:
        """`[layer, head]`: which heads changed; None where they cannot be compared.

        Where there is an interval, all of it must lie above HEAD_CHANGED.
        """
        if self.heads is None:
            return None
        lowest = [
            [
                mean if interval is None else interval.low
                for mean, interval in zip(*row, strict=True)
            ]
            for row in zip(self.heads.distance.tolist(), self.heads.intervals, strict=True)
        ]
        return np.array(lowest) > HEAD_CHANGED

    @property
    def entropy(self) -> LayerChanges | None:
        """The change of entropy by layer."""
        return next((found for found in self.layers if found.key == ENTROPY), None)

    @property
    def shares(self) -> tuple[LayerChanges, ...]:
        """The changes of what special tokens get, all together first."""
        return tuple(found for found in self.layers if found.key != ENTROPY)


def compare(base: Results, head: Results) -> Comparison:
    """Hold `head` against `base`, figure by figure; texts are read one at a time.

    Raises:
        ComparisonError: they are not of the same texts in the same order.
        ResultsError: a results folder is damaged.
    """
    pairing = pair(base, head)
    units = unit_pairs(base, head, pairing)
    return Comparison(
        pairing=pairing,
        predictions=prediction_changes(base, head, pairing),
        layers=layer_changes(base, head, pairing),
        heads=head_changes(base, head, pairing),
        units=units,
        effects=effect_changes(units),
        tokens=token_changes(units),
    )
