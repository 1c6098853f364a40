"""How far views agree with what changes the output where the model's weights are shuffled, so that
nothing it learned is left (Adebayo et al. 2018)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from reportgen.findings.evidence import size_agreement
from reportgen.findings.repeated_texts import without_copies
from reportgen.findings.statistics import Estimate, estimate
from reportgen.results import MIN_TEXTS, VIEWS, Results, View

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
        differs, agrees, half = (own.interval for own in (self.difference, self.whole, self.half))
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
    found: dict[View, ShuffledFigures] = {}
    for view in (view for view in VIEWS if view in whole):
        own = rows[rows["view"] == view].set_index("text")["value"]
        both = pd.concat([whole[view].rename("whole"), own.rename("own")], axis=1, join="inner")
        real, moved = both["whole"].to_numpy(np.float64), both["own"].to_numpy(np.float64)
        kinds = (moved, real, real - moved, real / 2 - moved)
        parts = [estimate(values) for values in kinds]
        if len(both) >= MIN_TEXTS and all(parts):
            found[view] = ShuffledFigures(*(part for part in parts if part is not None))
    return found
