"""A figure in two models: its change, the interval of the change, what counts as equal, and the
floors: what must be larger to count as a change, of predictions, tokens, layers and heads.

Copies of a model with noise of 6 % on every weight, or with weights rounded to 8 bits, stay below
the floors but for single predictions (`tests/benchmarks/quality_noise.py`). Where the old model is
at hand with another seed, so must changes be that are larger than those from seed to seed.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from reportgen.findings import CONFIDENCE, Floats, Interval, Places, mean_intervals

if TYPE_CHECKING:
    from reportgen.comparison.compare import Comparison

# Another batch size or thread count changes what a model returns by at most this fraction of the
# largest figure; smaller differences count as none. `tests/cli/test_comparison_cli.py` checks it.
SAME_OUTPUT = 1e-5
# The same for figures of attention, whose own size is about 1: shares, entropies, multiples of an
# equal share. A hundredth of a percentage point.
SAME_SHARE = 1e-4
Sides: TypeAlias = tuple[Floats, Floats]  # a figure in the base, and in the head


@dataclass(frozen=True, slots=True)
class Change:
    """A figure's mean over texts in both models, and the mean of the texts' differences."""

    base: float
    head: float
    difference: float  # head less base
    interval: Interval | None  # of the difference, paired bootstrap; None for too few texts
    n_texts: int

    @property
    def is_certain(self) -> bool:
        """Whether the interval excludes 0; if it does not, the change is within noise."""
        return self.lies_beyond(0.0)

    def is_told(self, least: float) -> bool:
        """Whether the interval excludes 0 and the change is larger than `least`."""
        return self.is_certain and abs(self.difference) > least

    def lies_beyond(self, limit: float) -> bool:
        """Whether the whole interval lies on one side of 0, farther from it than `limit`."""
        return self.interval is not None and (
            self.interval.low > limit or self.interval.high < -limit
        )

    def reaches_beyond(self, limit: float) -> bool:
        """Whether the interval holds a change larger than `limit`, in any direction."""
        return self.interval is not None and max(map(abs, self.interval)) > limit


def equal_if_close(
    base: Floats, head: Floats, scale: float = 1.0, same: float = SAME_SHARE
) -> Floats:
    """`head`, with the value of `base` wherever the two differ by at most `same` times the size of
    the value, or times `scale` where that is larger."""
    near = np.abs(head - base) <= same * np.maximum(scale, np.abs(base))
    return np.where(near, base, head)


def changes(base: Floats, head: Floats) -> tuple[Change, ...]:
    """The changes of all figures, given `[text, figure]` of both models; empty without texts."""
    if not len(base):
        return ()
    differences = head - base
    return tuple(
        Change(
            float(base[:, i].mean()),
            float(head[:, i].mean()),
            float(differences[:, i].mean()),
            interval,
            len(base),
        )
        for i, interval in enumerate(mean_intervals(differences))
    )


def ranked_texts(texts: Places, sizes: Floats, least: float = 0.0) -> list[int]:
    """Those of `texts` that changed by more than `least`, the largest change first.

    `sizes` `[text]` are the sizes of their changes.
    """
    order = np.argsort(-sizes, kind="stable")
    return [int(texts[place]) for place in order if sizes[place] > least]


def certain_change(
    interval: Interval | None, n_texts: int, confidence: float = CONFIDENCE
) -> Interval | None:
    """The interval of how far a share changed in the same `n_texts` texts; another in the place of
    one without width at -1, 0 or 1, which says only that all texts changed alike.

    A change is the share that got better less the share that got worse. Where all texts are alike,
    each of the two has an exact interval (Clopper and Pearson 1934), and the change can be no
    farther from 0, -1 or 1 than these let it.
    """
    if interval is None or interval.low != interval.high:
        return interval
    most = 1.0 - ((1 - confidence) / 2) ** (1 / n_texts)
    by_value = {
        -1.0: Interval(-1.0, 2 * most - 1),
        0.0: Interval(-most, most),
        1.0: Interval(1 - 2 * most, 1.0),
    }
    return by_value.get(interval.low, interval)


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
    predictions, effects, heads = null.predictions, null.effects, null.heads
    is_number = predictions is not None and predictions.is_number
    return NullLimits(
        name=null.head.info.model.name,
        prediction=_limit(predictions.change if predictions is not None and is_number else ()),
        effect=_limit([t.effect.difference for t in null.tokens if t.effect is not None]),
        looks=_limit([token.looks.difference for token in null.tokens]),
        head=_limit(() if heads is None else heads.distance),
        text_effect=_limit(() if effects is None else effects.change),
        text_attention=_limit(() if heads is None else heads.by_text),
    )


def _limit(changes: ArrayLike) -> float:
    sizes = np.abs(np.asarray(changes, np.float64)).ravel()
    return float(np.quantile(sizes, SHARE)) if len(sizes) else 0.0
