"""Made-up results with tags, labels for them, and how each tag falls without each other word."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from helpers.made_up.factories import changed, make_results
from reportgen.results import DELETION_SCORES, Results


def tagged_results(
    folder: Path, texts: tuple[str, ...], labels: Sequence[Sequence[str] | str | None] = ()
) -> Results:
    """Results of kind "tags", whose words are pieces of two letters."""
    made = make_results(folder, texts, kind="tags", evidence="basic")
    effects = made.stored("effects").copy()
    tokens = made.stored("tokens").set_index(["text", "position"])
    random = np.random.default_rng(3)
    scores = []
    for text, position in zip(effects["text"], effects["position"], strict=True):
        steps = made.texts["steps"][text]
        own = random.normal(0, 1, len(steps))
        own[np.asarray(steps) == position] = np.nan
        known = [None if np.isnan(value) else float(value) for value in own]
        scores.append(None if tokens.loc[(text, position)]["is_special"] else known)
    effects[DELETION_SCORES] = scores
    rows = made.stored("texts").copy()
    if labels:
        rows["label"] = [
            own if own is None or isinstance(own, str) else json.dumps(own) for own in labels
        ]
    return changed(made, effects=effects, texts=rows)
