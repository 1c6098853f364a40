"""How far off predictions are, item by item, and the constant answer that would be off least.

The records of the tasks name these functions: which errors an output has, and against which
constant answer they are held.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import pandas as pd

from reportgen.results import mean_ranks
from reportgen.tasks.from_texts import YES
from reportgen.tasks.labels import Booleans, Floats, Places
from reportgen.tasks.metrics import ANSWER_EXACT, PERPLEXITY, RANK
from reportgen.tasks.sums import rated, whole


@dataclass(frozen=True, slots=True, eq=False)
class ItemErrors:
    """What is off, sorted by text: items that have a right answer, or texts that have."""

    texts: Places  # [item], rows of `texts`
    errors: Floats  # [item]
    constant: Floats | None = None  # [item], the error of the constant answer with the least
    n_constants: int = 1  # constant answers that it is the best of
    named: pd.DataFrame | None = None  # the same items in the table of predictions, of names
    right: Booleans | None = None  # [item], of names, whether what was predicted is right
    labels: Floats | None = None  # [item], the right number of each text that has one


# Of items with a right answer, and of the names of the output: the error of the constant answer
# with the least, `[item]`, and how many it is the best of. The model is held against it.
Constant: TypeAlias = Callable[[pd.DataFrame, Sequence[str]], tuple[Floats | None, int]]


def distances(items: pd.DataFrame, names: Sequence[str]) -> ItemErrors:
    """Numbers are off by their distance, and are held against the median label."""
    known = rated(items)
    texts, labels = known["text"].to_numpy(np.intp), known["label_value"].to_numpy(np.float64)
    far = abs(labels - (np.median(labels) if len(labels) else 0.0))
    is_one = len(np.unique(texts)) == len(texts)
    errors = known["score"].to_numpy(np.float64)
    return ItemErrors(texts, errors, far, labels=labels if is_one else None)


def distances_of_each(items: pd.DataFrame, names: Sequence[str]) -> ItemErrors:
    """Several numbers are off by theirs, in texts that have the labels of all; each is held against
    the median of its own labels."""
    known = whole(items)
    texts, labels = known["text"].to_numpy(np.intp), known["label_value"].to_numpy(np.float64)
    if not len(known):
        return ItemErrors(texts, labels)
    grid = labels.reshape(len(np.unique(texts)), -1)
    far = abs(grid - np.median(grid, axis=0)).ravel()
    return ItemErrors(texts, known["score"].to_numpy(np.float64), far)


def rank_errors(items: pd.DataFrame, names: Sequence[str]) -> ItemErrors:
    """What is alike in its order alone is off by its rank."""
    sums = RANK.sums(items)
    values, labels = (mean_ranks(part[:, 0]) for part in sums.parts)
    return ItemErrors(sums.texts, abs(values - labels))


def losses(items: pd.DataFrame, names: Sequence[str]) -> ItemErrors:
    """Completions are off by the mean loss of their tokens; those that the model wrote itself have
    no error."""
    sums = PERPLEXITY.sums(rated(items))
    return ItemErrors(sums.texts, np.log(PERPLEXITY.of_each(sums)))


def no_constant(known: pd.DataFrame, names: Sequence[str]) -> tuple[Floats | None, int]:
    """Nothing is held against answers that share no names."""
    return None, 1


def most_frequent(known: pd.DataFrame, names: Sequence[str]) -> tuple[Floats | None, int]:
    """The most frequent right answer."""
    labels = known["label"].to_numpy(object)
    counts = np.array([(labels == name).sum() for name in names])
    return (labels != names[int(counts.argmax())]) * 1.0, int((counts > 0).sum())


def most_frequent_of_each(known: pd.DataFrame, names: Sequence[str]) -> tuple[Floats | None, int]:
    """The same for each of several labels: whether most texts have it."""
    given = (known["label"].to_numpy(object) == YES).reshape(-1, len(names))
    often = given.mean(axis=0) > 0.5
    return (given != often).ravel() * 1.0, 2 * len(names)


def at_random(known: pd.DataFrame, names: Sequence[str]) -> tuple[Floats | None, int]:
    """Any of the choices of a text: it is right for one in all."""
    return 1.0 - 1.0 / (1.0 + known["alternatives"].list.len().to_numpy(np.float64)), 1


def misses(
    items: pd.DataFrame, names: Sequence[str], constant: Constant = no_constant
) -> ItemErrors:
    """What is named is off by what its score lacks of 1."""
    known = rated(items)
    errors = 1.0 - known["score"].to_numpy(np.float64)
    far, n = constant(known, names) if len(known) else (None, 1)
    texts = known["text"].to_numpy(np.intp)
    return ItemErrors(texts, errors, far, n, named=known, right=errors == 0)


def inexact(items: pd.DataFrame, names: Sequence[str]) -> ItemErrors:
    """The same of answers: of the words of the right one, another order is wrong."""
    errors = misses(items, names)
    return replace(errors, right=ANSWER_EXACT.sums(items).parts[0][:, 0] == 1)
