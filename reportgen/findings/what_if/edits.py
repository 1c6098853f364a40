"""The edits that were tried on texts, as changes of what is predicted for them."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pandas as pd

from reportgen.findings.repeated_texts import without_copies
from reportgen.findings.what_if.text_change import TextChange
from reportgen.results import EXTRA, EditStatus, Results
from reportgen.tasks import figures_of_edits, flips_of_edits

KNOWN: tuple[EditStatus, ...] = ("run", "same_tokens")  # of edits that say what they change


def edit_changes(results: Results, rows: pd.DataFrame) -> tuple[TextChange, ...]:
    """What each edit changes, of those of `rows` of the table of edits that say it."""
    rows = rows[rows["status"].isin(KNOWN).to_numpy(np.bool_)]
    before, after = figures_of_edits(results, rows)
    flips = flips_of_edits(results, rows)
    columns = zip(rows["text"], rows["edit"], rows["changed"], before, after, strict=True)
    return tuple(
        TextChange(
            text=int(text),
            kind=edit,
            variant=None,
            changed_text="" if pd.isna(changed) else changed,
            before=float(old),
            after=float(new),
            changed_prediction=None if flips is None else bool(flips[place]),
        )
        for place, (text, edit, changed, old, new) in enumerate(columns)
    )


def sample_of(results: Results) -> pd.DataFrame:
    """The rows of the table of edits that averages are made of: of the sample, each of equal texts
    once, and no variant of another."""
    rows = results.edits
    counts = results.independent[rows["text"].to_numpy(np.intp)]
    rows = rows[counts & ~rows[EXTRA].to_numpy(np.bool_)].reset_index(drop=True)
    # By the texts that the edits were tried on: the first of equal ones may not be among them.
    sample: pd.DataFrame = rows.loc[without_copies(results, rows, "edit").index]
    return sample.reset_index(drop=True)


def edit_counts(results: Results) -> Mapping[str, Mapping[EditStatus, int]]:
    """By edit, in the order in which they were asked for: how many texts of the sample have each
    status."""
    rows = sample_of(results)
    counts = {edit: Counter[EditStatus]() for edit in results.info.settings.edits}
    for edit, status in zip(rows["edit"], rows["status"], strict=True):
        counts[edit][status] += 1
    return counts
