"""Made-up results with completions, and how each of their tokens falls without each word before."""

from pathlib import Path

import numpy as np

from helpers.made_up.factories import changed, make_results
from reportgen.results import COMPLETION_SEGMENT, DELETION_SCORES, Results


def completed_results(folder: Path, texts: tuple[str, ...]) -> Results:
    """Results of kind "completion" with two tokens in each completion."""
    made = make_results(folder, texts, kind="completion", evidence="basic")
    effects = made.stored("effects").copy()
    tokens = made.stored("tokens").set_index(["text", "position"])
    is_completion = tokens["segment"].eq(COMPLETION_SEGMENT).fillna(False)
    random = np.random.default_rng(3)
    scores = []
    for place in zip(effects["text"], effects["position"], strict=True):
        own = random.normal(0, 1, 2).tolist()
        if is_completion[place]:  # the first of two moves the second
            follows = is_completion.get((place[0], place[1] + 1), False)
            scores.append([np.nan, own[1]] if follows else None)
        else:
            scores.append(None if tokens["is_special"][place] else own)
    effects[DELETION_SCORES] = scores
    return changed(made, effects=effects)
