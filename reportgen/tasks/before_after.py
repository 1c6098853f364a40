"""What is predicted for a text and for a changed one: the figure of both, and whether it flips."""

import numpy as np
import pandas as pd
from scipy.special import expit

from reportgen.results import Results
from reportgen.tasks.labels import Floats, Places
from reportgen.tasks.predictions import text_names, text_numbers
from reportgen.tasks.task import task_of


def strongest_label(results: Results, text: int) -> str | None:
    """Which of several labels `probabilities_of_label` is of, where row `text` of `texts` is the
    text before; None for other outputs, and where nothing was stored."""
    logits = results.texts["scores"].iloc[text]
    names = results.info.output.labels
    task = task_of(results.info.output)
    if not task.has_names or task.is_number or len(logits) != len(names) or not names:
        return None
    return names[int(np.argmax(logits))]


def probabilities_of_label(before: Floats, after: Floats) -> tuple[float, float]:
    """The probability of one of several labels in a text and a changed one: of the label that was
    strongest before, as evidence explains it. Given are the logits `[label]` of both."""
    place = int(before.argmax())
    return float(expit(before[place])), float(expit(after[place]))


def figures_before_after(
    results: Results, items: pd.DataFrame, texts: Places, changed: Places
) -> tuple[Floats, Floats]:
    """`[pair]` twice: the figure of each of `texts`, and of the changed ones.

    It is the number that is predicted; of several, the one that is explained or the first. Of
    classes and choices it is the probability of what is most likely for the text as it was, of
    labels see `probabilities_of_label`. NaN for other outputs, and where it was not stored.
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
        if not len(one) or len(one) != len(other) or not np.isfinite(one).any():
            continue
        if task.has_names and not task.is_number:
            before[pair], after[pair] = probabilities_of_label(one, other)
        else:
            place = _explained(results) if task.is_number else int(np.nanargmax(one))
            before[pair], after[pair] = one[place], other[place]
    return before, after


def flips_of_changed(
    results: Results, items: pd.DataFrame, texts: Places, changed: Places
) -> Floats | None:
    """`[pair]`: 1 where something else is predicted for the changed text, 0 where not, NaN where it
    has more items or fewer, such as words with tags; None where nothing is named, as for numbers
    and what is written. `items` are those of all texts."""
    task = task_of(results.info.output)
    if task.is_number or task.is_written or not task.has_items:
        return None
    names = text_names(results).fillna("").to_numpy(np.str_)
    n_items = np.bincount(items["text"].to_numpy(np.intp), minlength=len(names))
    flips = (names[texts] != names[changed]).astype(np.float64)
    return np.where(n_items[texts] == n_items[changed], flips, np.nan)


def _figures(results: Results, items: pd.DataFrame, rows: Places) -> list[Floats]:
    """`[name]` of each of `rows`: the probability of each class or choice, the logit of each label,
    or the number."""
    task = task_of(results.info.output)
    if task.has_outcomes:
        return [np.asarray(shares) for shares in task.shares_of(results, rows)]
    if not task.is_number:
        return [np.asarray(logits, np.float64) for logits in results.texts["scores"].iloc[rows]]
    of_items = items["text"].to_numpy(np.intp)
    starts, ends = (np.searchsorted(of_items, rows, side=side) for side in ("left", "right"))
    values = items["value"].to_numpy(np.float64)
    return [values[start:end] for start, end in zip(starts, ends, strict=True)]


def _explained(results: Results) -> int:
    """Which of several numbers evidence explains."""
    names, target = results.info.output.labels, results.info.evidence.target
    return names.index(target) if target in names else 0
