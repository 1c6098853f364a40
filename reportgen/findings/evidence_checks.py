"""Two checks of what evidence says.

How far views agree with what changes the output where the model's weights are shuffled, so that
nothing it learned is left (Adebayo et al. 2018); and how far the effects that are shown, and the
colours, agree with Shapley values, a harder yardstick, since it counts a unit beside every set of
the others (Shapley 1953).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from reportgen.findings.evidence import size_agreement
from reportgen.findings.repeated_texts import first_alike, without_copies
from reportgen.findings.statistics import Estimate, estimate
from reportgen.results import (
    EFFECT,
    MIN_TEXTS,
    MIN_UNITS,
    SHAPLEY_ERROR,
    VIEWS,
    Floats,
    Results,
    View,
    spearman,
    unit_views,
    user_measures,
)

# How much of the agreement of a view is there without what the model learned: surely less than half
# of it; surely more; surely not all of it; all of it, as far as the texts show.
Share: TypeAlias = Literal["less", "most", "some", "all"]


@dataclass(frozen=True, slots=True)
class ShuffledFigures:
    """The agreement of a view with weights shuffled, beside that of the model on the same texts."""

    shuffled: Estimate
    whole: Estimate
    difference: Estimate  # of each text, whole less shuffled
    half: Estimate  # the same of half of the whole

    @property
    def share(self) -> Share | None:
        """None for too few texts, and where the view does not surely agree at all."""
        differs, agrees, half = (
            figure.interval for figure in (self.difference, self.whole, self.half)
        )
        if differs is None or agrees is None or half is None or agrees.low <= 0:
            return None
        if differs.low <= 0:
            return "all"
        return "less" if half.low > 0 else "most" if half.high < 0 else "some"


def shuffled_figures(results: Results) -> Mapping[View, ShuffledFigures]:
    """The figures of each view that was measured in at least MIN_TEXTS different texts."""
    rows = results.shuffled
    if rows.empty:
        return {}
    rows, whole = without_copies(results, rows, "view"), size_agreement(results)
    figures: dict[View, ShuffledFigures] = {}
    for view in (view for view in VIEWS if view in whole):
        shuffled = rows[rows["view"] == view].set_index("text")["value"]
        both = pd.concat(
            [whole[view].rename("whole"), shuffled.rename("shuffled")], axis=1, join="inner"
        )
        real, moved = both["whole"].to_numpy(np.float64), both["shuffled"].to_numpy(np.float64)
        kinds = (moved, real, real - moved, real / 2 - moved)
        parts = [estimate(values) for values in kinds]
        if len(both) >= MIN_TEXTS and all(parts):
            figures[view] = ShuffledFigures(*(part for part in parts if part is not None))
    return figures


SHAPLEY: View = "shapley"


@dataclass(frozen=True, slots=True)
class ShapleyFigures:
    """Agreement with Shapley values by size, over the texts in which all of it was measured."""

    effect: Estimate  # of the effect that is shown
    # Of what colours the texts first; None where that is one of the two.
    colours: Estimate | None
    # By text, what Shapley values may be off by (root mean square over units, at most, in 95 of 100
    # texts) over their standard deviation; 0 where they are exact. None where that is not stored.
    errors: Floats | None

    @property
    def n_exact(self) -> int | None:
        """In how many texts the values are exact."""
        return None if self.errors is None else int((self.errors == 0).sum())

    @property
    def error(self) -> float | None:
        """The median of the errors of texts whose values are sampled; None where there are none."""
        return float(np.median(self._sampled)) if len(self._sampled) else None

    @property
    def largest_error(self) -> float | None:
        """The largest of these errors; None where there are none."""
        return float(self._sampled.max()) if len(self._sampled) else None

    @property
    def _sampled(self) -> Floats:
        return np.array([]) if self.errors is None else self.errors[self.errors > 0]


def shapley_figures(results: Results, shown_first: View) -> ShapleyFigures | None:
    """The figures; None with fewer than MIN_TEXTS different texts that have Shapley values, effects
    and colours of at least MIN_UNITS units, each of which differ."""
    has_colours = shown_first not in (SHAPLEY, EFFECT)
    colours = shown_first if has_colours else EFFECT
    own_errors = results.evidence.set_index("text")[SHAPLEY_ERROR].astype(np.float64)
    effects, alike = results.effects, first_alike(results)
    texts = effects.loc[effects[SHAPLEY].notna(), "text"].unique().tolist()
    by_text: dict[int, tuple[float, float, float]] = {}
    users = [measure for measure in user_measures(results.info.scores) if measure.id == colours]
    named = (EFFECT, SHAPLEY, *(() if users else (colours,)))
    for text in texts:
        first, text_effects = int(alike[text]), results.effects_of(text)
        if first in by_text or text_effects is None:
            continue
        views = unit_views(results.tokens_of(text), text_effects, named, users)
        scores = [_agreement(views, view) for view in (EFFECT, colours)]
        if np.isfinite(scores).all():
            spread = float(np.nanstd(views[SHAPLEY]))
            by_text[first] = scores[0], scores[1], float(own_errors[text]) / spread
    if len(by_text) < MIN_TEXTS:
        return None
    by_effect, by_colours, errors = np.array([*by_text.values()]).T
    effect = estimate(by_effect)
    assert effect is not None  # there are texts, and all their scores are finite
    return ShapleyFigures(
        effect=effect,
        colours=estimate(by_colours) if has_colours else None,
        errors=errors if np.isfinite(errors).all() else None,
    )


def _agreement(views: Mapping[View, Floats], view: View) -> float:
    """Spearman's correlation of a view of one text with its Shapley values, by size; NaN where
    there is none."""
    if view not in views or SHAPLEY not in views:
        return float("nan")
    view_values, values = views[view], views[SHAPLEY]
    both = np.isfinite(view_values) & np.isfinite(values)
    return (
        spearman(abs(view_values[both]), abs(values[both]))
        if both.sum() >= MIN_UNITS
        else float("nan")
    )
