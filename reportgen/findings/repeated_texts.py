"""Finds texts that are copies of others: they add no information."""

import numpy as np
import pandas as pd

from reportgen.findings.statistics import Places
from reportgen.results.store import Results


def first_alike(results: Results) -> Places:
    """`[text]`: the row of the first of `texts` that is equal. If texts are redacted, it is the
    text itself: dots do not show which texts are equal."""
    return results.recent(_first_alike)


def _first_alike(results: Results) -> Places:
    own = np.arange(len(results.texts))
    if results.is_redacted:
        return own
    _, first, copy = np.unique(
        results.texts.groupby(["text", "pair"], dropna=False, sort=False).ngroup(),
        return_index=True,
        return_inverse=True,
    )
    found: Places = first[copy]
    return found


def without_copies(results: Results, rows: pd.DataFrame, *keys: str) -> pd.DataFrame:
    """Those of `rows`, each of a `text`, that do not repeat what an equal text has.

    What stands in the column `text` is then the first of the equal texts. `keys` are the columns
    that tell apart the rows of one text.
    """
    own = rows.assign(text=first_alike(results)[rows["text"].to_numpy(np.intp)])
    return own.drop_duplicates(["text", *keys])
