"""The numbers of a comparison: what differs between two models, each computed once and kept."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reportgen.comparison.attention import (
    ENTROPY,
    HeadChanges,
    LayerChanges,
    head_changes,
    layer_changes,
)
from reportgen.comparison.pairing import Pairing, pair
from reportgen.comparison.predictions import PredictionChanges, prediction_changes
from reportgen.comparison.token_effects import (
    EffectChanges,
    TokenChange,
    effect_changes,
    token_changes,
)
from reportgen.comparison.units import UnitPairs, unit_pairs
from reportgen.findings.findings import Findings

# Mean distance of a head's attention above which the head is said to have changed. Up to it, less
# than 6 % of a row's weight stands elsewhere: half the sum of absolute differences is at most
# sqrt(2 ln 2) times the distance (Pinsker's inequality, from either row to their middle).
HEAD_CHANGED = 0.05


@dataclass(frozen=True, eq=False)
class Differences:
    """What differs between the `base` and the `head` model, in numbers.

    Each part is computed when it is first asked for. It is None where it cannot be compared.
    """

    base: Findings
    head: Findings

    @cached_property
    def pairing(self) -> Pairing:
        """Which texts and figures of the two can be compared.

        Raises:
            ComparisonError: they are not of the same texts in the same order.
        """
        return pair(self.base, self.head)

    @cached_property
    def predictions(self) -> PredictionChanges | None:
        """What changed in the predictions, and in how well they fit the labels."""
        return prediction_changes(self.base, self.head, self.pairing)

    @cached_property
    def layers(self) -> tuple[LayerChanges, ...]:
        """What special tokens get, and the entropy of attention, layer by layer."""
        return layer_changes(self.base, self.head, self.pairing)

    @cached_property
    def heads(self) -> HeadChanges | None:
        """How far apart the attention of each head is."""
        return head_changes(self.base.results, self.head.results, self.pairing)

    @cached_property
    def units(self) -> UnitPairs:
        """The display units that both models share, with their attention and effects."""
        return unit_pairs(self.base.results, self.head.results, self.pairing)

    @cached_property
    def effects(self) -> EffectChanges | None:
        """How far deletion effects changed, text by text."""
        return effect_changes(self.units)

    @cached_property
    def tokens(self) -> tuple[TokenChange, ...]:
        """What changed for each token, over all texts."""
        return token_changes(self.units)

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
