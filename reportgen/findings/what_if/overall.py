"""All changed texts together."""

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from reportgen.findings.repeated_texts import first_alike
from reportgen.findings.statistics import Estimate, share_estimate
from reportgen.findings.what_if.edit_kind import EditKind, by_text, edit_kinds
from reportgen.findings.what_if.edits import edit_changes, sample_of
from reportgen.findings.what_if.text_change import TextChange
from reportgen.findings.what_if.variants import variant_changes, without_equal

if TYPE_CHECKING:
    from reportgen.findings.findings import Findings


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What changed texts change."""

    changes: tuple[TextChange, ...]  # in the order of the changed texts
    kinds: tuple[EditKind, ...]  # those that are clear first; none where nothing can be compared
    n_texts: int  # different originals
    n_variants: int  # texts that are variants of others
    n_missing: int  # variants that cannot be compared: they or their original have no figures
    is_share: bool  # whether changes are of probabilities
    change_max: float | None  # the largest change of a text, by size; None where none is known
    flips: Estimate | None  # share of the originals, each with the mean over its changes

    def of(self, text: int) -> tuple[TextChange, ...]:
        """The changes of row `text` of `texts`; of a variant what it changes itself."""
        return tuple(change for change in self.changes if text in (change.text, change.variant))

    @property
    def has_figure(self) -> bool:
        """Whether the change of any figure is known."""
        return self.change_max is not None


def sum_up(findings: "Findings") -> WhatIf | None:
    """All changed texts together, and by kind of edit; None where there are none."""
    results, task = findings.results, findings.task
    tried = edit_changes(results, sample_of(results))
    changes = (*variant_changes(results, findings.all_items), *tried)
    n_compared = sum(change.variant is not None for change in changes)
    n_variants = int((~results.independent).sum())
    if not (changes or n_variants):
        return None
    is_share = not (task.is_number or task.has_number)
    once = without_equal(results, changes)
    texts = first_alike(results)[np.array([change.text for change in once], np.intp)]
    flips = np.array([change.flip for change in once], np.float64)
    sizes = [abs(change.change) for change in changes if change.is_measured]
    return WhatIf(
        changes=changes,
        kinds=edit_kinds(once, 1.0 if is_share else inf),
        n_texts=len(np.unique(texts)),
        n_variants=n_variants,
        n_missing=n_variants - n_compared,
        is_share=is_share,
        change_max=max(sizes, default=None),
        flips=share_estimate(by_text(texts, flips)) if len(flips) else None,
    )
