"""Made-up results with completions, and how each of their tokens falls without each word before."""

from pathlib import Path

import numpy as np

from helpers.made_up.factories import changed, make_results
from reportgen.results.schema import COMPLETION_SEGMENT, DELETION_SCORES
from reportgen.results.store import Results


def completed_results(folder: Path, texts: tuple[str, ...]) -> Results:
    """Results of kind "completion" with two tokens in each completion."""
    made = make_results(folder, texts, kind="completion", evidence="basic")
    effects = made.stored("effects").copy()
    tokens = made.stored("tokens").set_index(["text", "position"])
    random = np.random.default_rng(3)
    scores = []
    for text, position in zip(effects["text"], effects["position"], strict=True):
        row = tokens.loc[(text, position)]
        is_word = not row["is_special"] and row["segment"] != COMPLETION_SEGMENT
        scores.append(random.normal(0, 1, 2).tolist() if is_word else None)
    effects[DELETION_SCORES] = scores
    return changed(made, effects=effects)
