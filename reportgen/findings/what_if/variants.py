"""The variants among the texts of a run, each against its original."""

from collections.abc import Hashable, Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from reportgen.findings.repeated_texts import first_alike
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


def without_equal(results: Results, changes: Iterable[TextChange]) -> tuple[TextChange, ...]:
    """The changes with each of equal variants of equal originals once, as a variant of the first of
    these; those of edits, whose copies `sample_of` leaves out, are as they are."""
    alike, once = first_alike(results), dict[Hashable, TextChange]()
    for change in changes:
        variant, first = change.variant, int(alike[change.text])
        if variant is None:
            once[change.text, change.kind, None] = change
        else:
            key = first, change.kind, int(alike[variant])
            once.setdefault(key, replace(change, text=first))
    return tuple(once.values())
