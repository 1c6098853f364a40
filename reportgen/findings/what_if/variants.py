"""The variants among the texts of a run, each against its original."""

from collections.abc import Hashable, Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from reportgen.findings.repeated_texts import first_alike
from reportgen.findings.what_if.text_change import TextChange
from reportgen.results import SWAP, UNNAMED, VARIANT, Results
from reportgen.tasks import figures_before_after, flips_of_changed


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
            _kind(results, kind),
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


def _kind(results: Results, name: object) -> str:
    """The kind of a variant with this name, which is none of the edits that were tried."""
    if not isinstance(name, str) or not name:
        return UNNAMED
    is_edit = name in results.info.settings.edits or name.startswith((SWAP, VARIANT))
    return f"{VARIANT}{name}" if is_edit else name
