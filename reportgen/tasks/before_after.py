"""What is predicted for a text and for a changed one: the figure of both, and whether it flips."""

from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.results import Results
from reportgen.tasks.labels import Floats, Places
from reportgen.tasks.predictions import text_names, text_numbers
from reportgen.tasks.task import task_of

Booleans: TypeAlias = NDArray[np.bool_]


def figures_before_after(
    results: Results, items: pd.DataFrame, texts: Places, changed: Places
) -> tuple[Floats, Floats]:
    """`[pair]` twice: the figure of each of `texts`, and of the changed ones.

    It is the number that is predicted; of several, the one that is explained or the first. Of
    classes, choices and labels it is the probability of what is most likely for the text as it was.
    NaN for other outputs, and where it was not stored.
    """
    task = task_of(results.info.output)
    if task.has_number:
        numbers = text_numbers(results, items)
        return numbers[texts], numbers[changed]
    unknown = np.full(len(texts), np.nan)
    if not (task.has_outcomes or task.has_names):
        return unknown, unknown.copy()
    rows = np.unique(np.concatenate([texts, changed])).astype(np.intp)
    of_texts = dict(zip(rows.tolist(), _figures(results, items, rows), strict=True))
    before, after = unknown, unknown.copy()
    for pair, (old, new) in enumerate(zip(texts.tolist(), changed.tolist(), strict=True)):
        one, other = of_texts[old], of_texts[new]
        if len(one) and len(one) == len(other) and np.isfinite(one).any():
            place = _explained(results) if task.is_number else int(np.nanargmax(one))
            before[pair], after[pair] = one[place], other[place]
    return before, after


def is_flipped(results: Results, texts: Places, changed: Places) -> Booleans | None:
    """`[pair]`: whether something else is predicted for the changed text; None where nothing is
    named, as for numbers and what is written."""
    task = task_of(results.info.output)
    if task.is_number or task.is_written or not task.has_items:
        return None
    names = text_names(results).fillna("").to_numpy(np.str_)
    return np.asarray(names[texts] != names[changed])


def _figures(results: Results, items: pd.DataFrame, rows: Places) -> list[Floats]:
    """`[name]` of each of `rows`: the probability of each class, choice or label, or the number."""
    task = task_of(results.info.output)
    if task.has_outcomes:
        return [np.asarray(shares) for shares in task.shares_of(results, rows)]
    of_items = items["text"].to_numpy(np.intp)
    starts, ends = (np.searchsorted(of_items, rows, side=side) for side in ("left", "right"))
    values = items["value" if task.is_number else "probability"].to_numpy(np.float64)
    return [values[start:end] for start, end in zip(starts, ends, strict=True)]


def _explained(results: Results) -> int:
    """Which of several numbers evidence explains."""
    names, target = results.info.output.labels, results.info.evidence.target
    return names.index(target) if target in names else 0
