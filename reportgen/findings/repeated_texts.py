"""Finds texts that are copies of others: they add no information."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.findings.statistics import Places
from reportgen.results import Results
from reportgen.tasks import task_of

_AT_ONCE = 10_000  # texts whose hashes are computed
_KEYS = ("the first of two", "the other of two")  # of hashes, 16 characters each
# Texts that are equal in these, and in the choices of those that have some, are read alike.
READ = ("text", "pair", "completion")


def first_alike(results: Results) -> Places:
    """`[text]`: the row of the first of `texts` that is equal, and so is all that is read with it.
    If texts are redacted, it is the text itself: dots do not show which texts are equal."""
    return results.recent(_first_alike)


def _first_alike(results: Results) -> Places:
    alike: Places = np.arange(len(results.texts))
    rows = results.texts.reset_index(drop=True)
    rows = rows[rows.duplicated(list(READ), keep=False)]
    if results.is_redacted or rows.empty:
        return alike
    given = pd.DataFrame(dict(enumerate(task_of(results.info.output).given(rows))), rows.index)
    groups = given.groupby(list(given), dropna=False, sort=False).ngroup()
    _, first, copy = np.unique(groups, return_index=True, return_inverse=True)
    places = rows.index.to_numpy()
    alike[places] = places[first[copy]]
    return alike


def n_different(rows: pd.DataFrame) -> int:
    """How many of `rows` differ, by hashes of 128 bits: comparing them as they are takes several
    times their memory."""
    first, second = (_hashes(rows, key) for key in _KEYS)
    order = np.lexsort((second, first))
    is_new = (np.diff(first[order]) != 0) | (np.diff(second[order]) != 0)
    return min(len(rows), 1) + int(is_new.sum())


def _hashes(rows: pd.DataFrame, key: str) -> NDArray[np.uint64]:
    """`[row]`: keyed hashes of 64 bits, computed for a few rows at a time."""
    hashes = np.zeros(len(rows), np.uint64)
    for i in range(0, len(rows), _AT_ONCE):
        part = rows.iloc[i : i + _AT_ONCE]
        hashes[i : i + _AT_ONCE] = pd.util.hash_pandas_object(part, index=False, hash_key=key)
    return hashes


def without_copies(results: Results, rows: pd.DataFrame, *keys: str) -> pd.DataFrame:
    """Those of `rows`, each of a `text`, that do not repeat what an equal text has.

    What stands in the column `text` is then the first of the equal texts. `keys` are the columns
    that tell apart the rows of one text.
    """
    by_first = rows.assign(text=first_alike(results)[rows["text"].to_numpy(np.intp)])
    return by_first.drop_duplicates(["text", *keys])
