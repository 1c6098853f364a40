"""Whether predicted numbers lie too close together or too far apart.

Two slopes say two things. That of predictions on right answers is below 1 for every model that is
unsure: it should answer nearer to the middle. For the least-squares answer it is R². So it alone
is no fault. That of right answers on predictions is 1 where predictions are right on average,
however unsure they are (Mincer and Zarnowitz 1969; Cox 1958); noise in right answers leaves it. It
is above 1 where the model pulls everything to the middle more than it must, and below 1 where its
predictions lie too far apart.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from reportgen.findings.quality.predictions import Fit
from reportgen.findings.statistics import Estimate, Floats, Places, intervals_of
from reportgen.tasks import SAME

CLEARLY = 0.05  # how far from 1 a whole interval must lie
# "cautious": nearer to the middle than right answers, as far as that can be told just as much as a
# model should that is so unsure.
SlopeVerdict: TypeAlias = Literal["too_close", "too_far", "cautious"]


@dataclass(frozen=True, slots=True)
class Slopes:
    """Straight lines through predictions and right answers, by least squares."""

    of_predictions: Estimate  # on right answers
    of_labels: Estimate  # on predictions

    @property
    def verdict(self) -> SlopeVerdict | None:
        """What follows from both intervals; None where nothing does."""
        labels, predictions = self.of_labels.interval, self.of_predictions.interval
        if labels is None or predictions is None:
            return None
        if labels.low > 1 + CLEARLY:
            return "too_close"
        if labels.high < 1 - CLEARLY:
            return "too_far"
        return "cautious" if predictions.high < 1 - CLEARLY else None


def slopes(fit: Fit | None, alike: Places) -> Slopes | None:
    """The slopes over different texts; None without right answers and predictions that vary.

    `alike` is the row of the first text that is equal to each.
    """
    if fit is None:
        return None
    _, first = np.unique(alike[fit.texts], return_index=True)
    sides = fit.predictions[first], fit.labels[first]
    sizes = [float(abs(side - side.mean()).max()) for side in sides]
    if len(first) < 2 or not all(np.isfinite(size) and size for size in sizes):
        return None
    across, up = (side - side.mean() for side in sides)  # predictions, labels
    scaled = across / sizes[0], up / sizes[1]
    columns = (*scaled, scaled[0] * scaled[1], scaled[0] ** 2, scaled[1] ** 2)

    def ratios(x: Floats, y: Floats, both: Floats, xx: Floats, yy: Floats) -> Floats:
        shared, spreads = both - x * y, (yy - y**2, xx - x**2)
        quotients = np.full((len(x), 2), np.nan)
        for i, spread in enumerate(spreads):
            known = spread[:, 0] > SAME
            quotients[known, i] = (shared[known] / spread[known])[:, 0]
        with np.errstate(over="ignore", invalid="ignore"):  # of numbers of unlike sizes
            return quotients * (sizes[0] / sizes[1], sizes[1] / sizes[0])

    intervals = intervals_of(ratios, *(column[:, None] for column in columns))
    (whole,) = ratios(*(np.array([[column.mean()]]) for column in columns))
    if not np.isfinite(whole).all():
        return None
    intervals = intervals if len(intervals) == 2 else [None, None]  # of few texts there is one
    both_slopes = [
        Estimate(float(slope), i, len(first)) for slope, i in zip(whole, intervals, strict=True)
    ]
    return Slopes(*both_slopes)
