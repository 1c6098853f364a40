"""A figure in two models: its change, how sure that is, and what counts as no change at all."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reportgen.findings.statistics import Interval, mean_intervals

# Other batches and other thread counts move what a model puts out by no more than this, as a part
# of the largest size; a difference within it is none. `tests/test_comparison_cli.py` holds it.
SAME_OUTPUT = 1e-5
# The same for figures of attention, whose own size is about 1: shares, entropies, multiples of an
# even share. A hundredth of a percentage point.
SAME_SHARE = 1e-4
Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Change:
    """A mean over texts in both models, and that of the texts' differences."""

    base: float
    head: float
    difference: float  # head less base
    interval: Interval | None  # of the difference, paired bootstrap; None for too few texts
    n_texts: int

    @property
    def is_certain(self) -> bool:
        """Whether the interval leaves 0 out; where it does not, the change is within noise."""
        return self.interval is not None and (self.interval.low > 0 or self.interval.high < 0)

    def lies_beyond(self, limit: float) -> bool:
        """Whether the whole interval is farther from 0 than `limit`, on one side."""
        return self.interval is not None and (
            self.interval.low > limit or self.interval.high < -limit
        )


def settled(base: Floats, head: Floats, scale: float, same: float) -> Floats:
    """`head`, with the value of `base` wherever the two differ by no more than `same` times the
    larger of `scale` and the value's own size."""
    near = np.abs(head - base) <= same * np.maximum(scale, np.abs(base))
    return np.where(near, base, head)


def changes(base: Floats, head: Floats) -> tuple[Change, ...]:
    """The change of every figure of `[text, figure]`; none where there is no text."""
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


def ranked_texts(texts: Places, sizes: Floats) -> list[int]:
    """Those of `texts` whose `sizes` `[text]` of a change are above 0, the largest first."""
    order = np.argsort(-sizes, kind="stable")
    return [int(texts[place]) for place in order if sizes[place] > 0]
