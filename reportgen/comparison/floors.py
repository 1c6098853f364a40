"""The floors of changes: what must be larger to count as one, of predictions, tokens, layers and
heads.

Copies of a model with noise of 6 % on every weight, or with weights rounded to 8 bits, stay below
them but for single predictions (`tests/benchmarks/quality_noise.py`). Where the old model is at
hand with another seed, so must changes be that are larger than those from seed to seed.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from reportgen.comparison.compare import Comparison

# A predicted number has moved if it differs by more than this fraction of the standard deviation of
# the base's predictions; where classes and choices stay, the output has moved if the probability of
# the old one differs by more than CHANCE_MOVED.
MOVED = 0.05
CHANCE_MOVED = 0.05
# A token's effect, in spreads of the base's effects, and the attention on it, in equal shares.
EFFECT_LEAST = 0.05
LOOKS_LEAST_CHANGE = 0.05
# The share of a layer's attention, and its entropy.
LAYER_LEAST = 0.02
# The mean distance of a head's attention. Up to it, less than 12 % of a row's weight is on other
# keys: half the sum of absolute differences is at most sqrt(2 ln 2) times the distance (Pinsker's
# inequality, from either row to their middle).
HEAD_LEAST = 0.1
SHARE = 0.95  # of the changes from seed to seed that are not larger than a limit


@dataclass(frozen=True, slots=True)
class NullLimits:
    """Limits of noise: the 95th percentile of the size of each kind of change between two seeds of
    the old model; 0 if nothing was compared."""

    name: str  # of the model with the other seed
    prediction: float  # of a predicted number, over the texts
    effect: float  # of a token's mean deletion effect, over the tokens
    looks: float  # of how much the model looks at a token, over the tokens
    head: float  # of a head's distance, over the heads
    text_effect: float  # of a text's deletion effects, over the texts
    text_attention: float  # of a text's distance, over the texts


NO_LIMITS = NullLimits("", 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)  # where no null was given


def null_limits(null: "Comparison") -> NullLimits:
    """The limits, from a comparison of the old model with another seed of it."""
    found, effects, heads = null.predictions, null.effects, null.heads
    is_number = found is not None and found.is_number
    return NullLimits(
        name=null.head.info.model.name,
        prediction=_limit(found.change if found is not None and is_number else ()),
        effect=_limit([t.effect.difference for t in null.tokens if t.effect is not None]),
        looks=_limit([token.looks.difference for token in null.tokens]),
        head=_limit(() if heads is None else heads.distance),
        text_effect=_limit(() if effects is None else effects.change),
        text_attention=_limit(() if heads is None else heads.by_text),
    )


def _limit(changes: ArrayLike) -> float:
    sizes = np.abs(np.asarray(changes, np.float64)).ravel()
    return float(np.quantile(sizes, SHARE)) if len(sizes) else 0.0
