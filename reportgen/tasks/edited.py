"""What is predicted for texts with an edit, as the table of edits has it, beside the texts as they
were."""

import numpy as np
import pandas as pd
from scipy.special import softmax

from reportgen.results import Results
from reportgen.tasks.before_after import probabilities_of_label
from reportgen.tasks.labels import Booleans, Floats
from reportgen.tasks.task import task_of


def figures_of_edits(results: Results, rows: pd.DataFrame) -> tuple[Floats, Floats]:
    """`[row]` twice: the figure of the text, and of the text with each edit of `rows` of the table.

    It is the number that is predicted or explained; of classes, choices and next tokens the
    probability of what is most likely for the text as it was; of labels see
    `probabilities_of_label`; NaN for other outputs, and where it was not stored.
    """
    task = task_of(results.info.output)
    if task.has_number or (task.is_number and task.has_names):
        return rows["before"].to_numpy(np.float64), rows["after"].to_numpy(np.float64)
    evidence = results.info.evidence
    is_of_likeliest = evidence.scalar is not None and not (evidence.target or evidence.against)
    if task.picks_a_word and is_of_likeliest:
        log_before, log_after = (rows[name].to_numpy(np.float64) for name in ("before", "after"))
        return np.exp(log_before), np.exp(log_after)
    before, after = np.full((2, len(rows)), np.nan)
    if not (task.has_outcomes or task.has_names):
        return before, after
    whole = results.texts["scores"].iloc[rows["text"].to_numpy(np.intp)]
    of_edits = zip(whole, rows["scores"], rows["status"], strict=True)
    for row, (scores, changed, status) in enumerate(of_edits):
        logits = np.asarray(scores, np.float64)
        given = scores if status == "same_tokens" else changed
        new = np.asarray(() if given is None else given, np.float64)
        if not len(logits) or len(new) != len(logits) or not np.isfinite(logits).all():
            continue
        if task.has_outcomes:
            place = int(logits.argmax())
            before[row], after[row] = softmax(logits)[place], softmax(new)[place]
        else:  # whether each label applies
            before[row], after[row] = probabilities_of_label(logits, new)
    return before, after


def flips_of_edits(results: Results, rows: pd.DataFrame) -> Booleans | None:
    """`[row]`: whether something else is predicted with each edit of `rows`; None where nothing is
    named, as for numbers and what is written."""
    task = task_of(results.info.output)
    if task.is_number or task.is_written or not task.has_items:
        return None
    texts = rows["text"].to_numpy(np.intp)
    before, after = (
        names.fillna("").to_numpy(np.str_)
        for names in (results.texts["prediction_label"].iloc[texts], rows["prediction_label"])
    )
    return np.asarray((before != after) & (rows["status"] == "run").to_numpy(np.bool_))


def is_predicted(results: Results, text: int, name: object) -> bool:
    """Whether `name` is the class that is predicted for row `text` of `texts`."""
    return bool(results.text_row(text)["prediction_label"] == name)
