"""The items that are listed as the worst, by what a task lists them."""

from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from reportgen.tasks.sums import rated, token_chances

# What the first items are: the least likely ones, those farthest from their right answers, or the
# mistakes that the model is surest of.
By: TypeAlias = Literal["least_sure", "farthest", "mistakes"]
Worst: TypeAlias = tuple[pd.DataFrame, By]  # items, the worst first


def least_sure(items: pd.DataFrame) -> Worst:
    """By the probability of what was predicted."""
    return items.sort_values("probability", kind="stable"), "least_sure"


def least_expected(items: pd.DataFrame) -> Worst:
    """By the probability of the token that was written."""
    return items.iloc[np.argsort(token_chances(items), kind="stable")], "least_sure"


def least_alike(items: pd.DataFrame) -> Worst:
    """By how little is right of what was predicted; without right answers by its probability."""
    known = rated(items)
    ranked = known if len(known) else items
    ranked = ranked.sort_values(["score", "probability"], kind="stable")
    return ranked, "farthest" if len(known) else "least_sure"


def farthest(items: pd.DataFrame) -> Worst:
    """Numbers by their distance from the right ones; none without these."""
    return rated(items).sort_values("score", ascending=False, kind="stable"), "farthest"


def surest_mistakes(items: pd.DataFrame) -> Worst:
    """By how far the wrong prediction leads over the right one; where none is wrong, by the
    probability of what was predicted."""
    wrong = items[items["score"] == 0]
    if not len(wrong):
        return least_sure(items)
    lead = (wrong["probability"] - wrong["label_probability"]).to_numpy(np.float64)
    return wrong.iloc[np.argsort(-lead, kind="stable")], "mistakes"
