"""The variants among the texts of a run, each against its original."""

import numpy as np
import pandas as pd

from reportgen.findings.what_if.text_change import TextChange
from reportgen.results import Results
from reportgen.tasks import figures_before_after, flips_of_changed

UNNAMED = "variant"  # the kind of an edit without a name


def variant_changes(results: Results, items: pd.DataFrame) -> tuple[TextChange, ...]:
    """What each variant changes, in the order of the texts; of variants and originals that both
    have figures. `items` are those of all texts."""
    original_of = results.original_of
    both = ~results.independent & results.analysed & results.analysed[original_of]
    variants = np.flatnonzero(both)
    if not len(variants):
        return ()
    originals = original_of[variants]
    before, after = figures_before_after(results, items, originals, variants)
    flips = flips_of_changed(results, items, originals, variants)
    texts = results.texts.iloc[variants]
    return tuple(
        TextChange(
            int(originals[place]),
            kind if isinstance(kind, str) and kind else UNNAMED,
            int(variants[place]),
            text,
            float(before[place]),
            float(after[place]),
            None if flips is None or np.isnan(flips[place]) else bool(flips[place]),
        )
        for place, (kind, text) in enumerate(zip(texts["variant"], texts["text"], strict=True))
    )
