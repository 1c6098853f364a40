"""Analyses one shard of a data set, and merges all shards into results."""

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.analysis import (
    Job,
    ListedFirst,
    Progress,
    Shard,
    WorkFolder,
    WorkItem,
    begin_as,
    require_same,
    start_before,
    start_in,
)
from reportgen.api import jobs
from reportgen.api.shard_folders import Parts, require_code
from reportgen.errors import ResultsError, some
from reportgen.results import Results
from reportgen.texts import TextSet

if TYPE_CHECKING:
    from reportgen.analysis import Worker


def analyze_shard(
    texts: TextSet,
    model_run: jobs.ModelRun,
    kept: Path,
    shard: Shard,
    progress: Progress,
    *,
    verbose: bool = False,
) -> None:
    """Analyse the texts of one shard of `texts`, and keep the measurements in `kept`.

    Raises:
        ModelError, CaptureError: the model cannot be loaded, or has no attention to report.
        UsageError: what is in `kept` is of another analysis.
    """
    with redirect_stdout(sys.stderr):  # whatever a user's class prints is none of the output
        worker = _worker(texts, model_run, progress, verbose=verbose)
        job = Job.by(worker, WorkFolder(kept), progress, shard)
        job.begin()
        job.measure_attention()
        job.measure_evidence()
    if job.is_stopped:
        raise KeyboardInterrupt


def merge(
    parts: Parts,
    texts: TextSet,
    model_run: jobs.ModelRun,
    folder: Path,
    kept: Path,
    listed: ListedFirst,
    progress: Progress,
    *,
    verbose: bool = False,
) -> Results:
    """Write the results of all `parts` into the empty `folder`, the same as one analysis of all
    texts gives. What needs all texts is measured here and kept in `kept`: sink tests, and evidence
    on texts beside the sample. If there is none of that, the model is not loaded.

    Raises:
        ResultsError: the parts are of different analyses, or one is damaged.
        UsageError: the texts or the model are no longer those of the parts, nor is the Python file
            of the model's class, which is not run then.
    """
    for part in parts.folders:
        require_same(parts.folders[0], part)
    begin_as(kept, parts.folders[0])
    start = start_before(kept, texts, model_run.options)
    if not parts.unlisted:  # earlier versions did not say which code it was
        require_code(model_run.spec, start.info.model)

    @cache
    def worker() -> "Worker":
        loaded = _worker(texts, model_run, progress, verbose=verbose)
        start_in(kept, loaded)  # checks that the model is the one of the parts
        return loaded

    results = WorkFolder(kept, parts.folders, parts.unlisted)
    job = Job(texts, worker, start, results, progress)
    missing = job.missing()
    if missing:
        numbers = job.shards_of(missing, len(parts.folders))
        raise _damaged(missing, [parts.folders[number - 1] for number in numbers])
    with redirect_stdout(sys.stderr):
        first = job.write_attention(folder)
        job.measure_evidence(first, listed)
        return job.write_evidence(folder, first.info)


def _damaged(missing: Sequence[WorkItem], folders: Sequence[Path]) -> ResultsError:
    """What to say of results that are `missing` in the `folders` of shards."""
    those = "this shard" if len(folders) == 1 else "these shards"
    names = some([item.name for item in missing])
    where = some(list(map(str, folders)))
    return ResultsError(f"{where}: missing or damaged: {names}; run {those} again")


def _worker(
    texts: TextSet, model_run: jobs.ModelRun, progress: Progress, *, verbose: bool
) -> "Worker":
    # With the libraries of models, which take long; a merge often has nothing left to measure.
    from reportgen.analysis import Worker
    from reportgen.models import load_model

    model = load_model(model_run.spec, verbose=verbose)
    return Worker(texts, model, model_run.options, progress)
