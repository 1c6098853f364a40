"""How much better one model than another has the words that people marked in its colours."""

from collections.abc import Mapping

import numpy as np

from reportgen.comparison.change import Change, changes
from reportgen.findings import Findings, marked_f1
from reportgen.results import EFFECT, View, rationale_of


def rationale_changes(base: Findings, head: Findings) -> Mapping[View, Change]:
    """The change of F1 with the marked words: of what colours the texts of the new model first,
    and of effects, each over the texts in which both models have it and people marked the same."""
    if base.rationales is None or head.rationales is None:
        return {}
    old, new = (marked_f1(side.results, side.rationales) for side in (base, head))
    marks = [
        {row: rationale_of(side.results.text_row(row)) for row in head.rationales.different}
        for side in (base, head)
    ]
    same = [row for row, marked in marks[0].items() if marked == marks[1][row]]
    found: dict[View, Change] = {}
    for view in (head.shown_first, EFFECT):
        before, after = old.get(view, {}), new.get(view, {})
        rows = [row for row in same if row in before and row in after]
        pairs = [(before[row], after[row]) for row in rows]
        if pairs:
            sides = np.array(pairs).T[:, :, None]
            (found[view],) = changes(sides[0], sides[1])
    return found
