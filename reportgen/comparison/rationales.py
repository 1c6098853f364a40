"""How much better one model than another has the words that people marked in its colours."""

from collections.abc import Mapping

import numpy as np

from reportgen.comparison.change import Change, changes
from reportgen.findings import Findings
from reportgen.results import EFFECT, View


def rationale_changes(base: Findings, head: Findings) -> Mapping[View, Change]:
    """The change of F1 with the marked words: of what colours the texts of the new model first,
    and of effects, each over the texts in which both models have it."""
    old, new = base.rationales, head.rationales
    if old is None or new is None:
        return {}
    found: dict[View, Change] = {}
    for view in (head.shown_first, EFFECT):
        pairs = [
            (old.by_text[row][view].f1, new.by_text[row][view].f1)
            for row in new.different
            if view in new.by_text[row] and view in old.by_text.get(row, {})
        ]
        if pairs:
            before, after = np.array(pairs).T[:, :, None]
            (found[view],) = changes(before, after)
    return found
