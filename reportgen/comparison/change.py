"""A figure in two models: its change, the interval of the change, and what counts as equal."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from reportgen.findings import CONFIDENCE, Floats, Interval, Places, mean_intervals

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
