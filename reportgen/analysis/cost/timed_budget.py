"""Turns a time budget for evidence into a number of texts, by measuring how long evidence takes."""

import time
from dataclasses import replace
from pathlib import Path

from reportgen.analysis.cost.budget import is_timed, read_budget
from reportgen.analysis.cost.estimate import work_of
from reportgen.analysis.evidence.measure import try_measures
from reportgen.analysis.options import AnalysisOptions
from reportgen.analysis.progress import Progress
from reportgen.analysis.work.identity import number_in
from reportgen.analysis.work.plan import candidates_in
from reportgen.analysis.worker import Worker
from reportgen.models import LoadedModel
from reportgen.texts import TextSet

_MOST_TEXTS = 6  # that are timed
_MOST_SECONDS = 5.0


def with_number(
    options: AnalysisOptions, texts: TextSet, model: LoadedModel, kept: Path
) -> AnalysisOptions:
    """`options` with the number of texts that get evidence, if the budget is a time.

    It is measured once: an analysis that goes on from what is in the folder `kept` has the number
    that it began with.
    """
    budget = options.evidence_budget
    if budget is None or not is_timed(budget) or options.evidence_texts is not None:
        return options
    asked = number_in(kept)
    if asked is None and options.evidence != "none":
        worker = Worker(texts, model, options, Progress())
        n = len(candidates_in(texts))
        asked = str(worker.sample_size(n, read_budget(budget), _pace(worker)))
    return replace(options, evidence_texts=asked)


def _pace(worker: Worker) -> float:
    """The seconds per unit of work, measured by evidence on a few texts; the first one is not
    counted."""
    seconds = work = 0.0
    texts = worker.tried[:1] + worker.tried[:_MOST_TEXTS]
    for i, text in enumerate(texts):
        started = time.perf_counter()
        try_measures(worker.tools, text)
        if i:
            seconds += time.perf_counter() - started
            work += work_of([text], worker.cost_basis)
        if seconds > _MOST_SECONDS:
            break
    return seconds / work if work else 1.0
