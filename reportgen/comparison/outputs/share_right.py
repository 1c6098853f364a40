"""How often two models are right, by the metrics of their task, and in which texts that changed."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from reportgen.comparison.outputs.fit import FitFigure, metric_fits
from reportgen.comparison.pairing import Pairing
from reportgen.findings.findings import Findings
from reportgen.findings.statistics import Floats, Places
from reportgen.tasks.predictions import predictions
from reportgen.tasks.task import task_of


class Items(NamedTuple):
    """The predicted items of both models with the labels that both have."""

    base: pd.DataFrame
    head: pd.DataFrame


def paired_items(base: Findings, head: Findings, pairing: Pairing, texts: Places) -> Items:
    """The items of `texts` in both models; where items are compared one by one, of those texts that
    have the same ones in both."""
    own, other = (predictions(side.results, pairing.labels) for side in (base, head))
    if not task_of(base.info.output).pairs_items:
        return Items(_of_texts(own, texts), _of_texts(other, texts))
    n_own, n_other = (
        np.bincount(side["text"].to_numpy(np.intp), minlength=pairing.n_texts)
        for side in (own, other)
    )
    is_same = n_own == n_other
    if base.tags is not None and head.tags is not None:  # the same words, however they are split
        words, others = base.tags.words, head.tags.words
        for text in np.flatnonzero(is_same & (n_own > 0)).tolist():
            names = ([word.name for word in side[text]] for side in (words, others))
            is_same[text] = next(names) == next(names)
    kept = texts[is_same[texts]]
    return Items(_of_texts(own, kept), _of_texts(other, kept))


def _of_texts(items: pd.DataFrame, texts: Places) -> pd.DataFrame:
    return items[np.isin(items["text"].to_numpy(np.intp), texts)]


def right_parts(
    base: Findings, items: Items, texts: Places
) -> tuple[tuple[FitFigure, ...], Floats]:
    """How often both models are right, and `[text]`, the change of the finest figure in each of
    `texts`. The first is empty for outputs without right answers and where no text has one; the
    second is NaN where the change is unknown, and then empty."""
    metrics = task_of(base.info.output).metrics
    fits = metric_fits(metrics, *items)
    if not fits:
        return (), np.empty(0)
    finest = metrics[-1]
    ends = []
    for side in items:
        sums = finest.sums(side)
        of_text = pd.Series(finest.of_each(sums), sums.texts)
        ends.append(of_text.reindex(texts).to_numpy(np.float64))
    return fits, ends[1] - ends[0]
