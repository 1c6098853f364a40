"""Analyses one shard of many, and merges all of them into results."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict
from pathlib import Path

from reportgen.analysis.options import AnalysisOptions, ListedFirst
from reportgen.analysis.pipeline import Analysis
from reportgen.analysis.progress import Progress
from reportgen.analysis.tasks.folder import TaskFolder
from reportgen.analysis.tasks.identity import begin_as, require_same
from reportgen.analysis.tasks.plan import WHOLE, Shard
from reportgen.analysis.worker import Worker
from reportgen.api import jobs
from reportgen.api.parts import Parts, ShardNumber
from reportgen.errors import ResultsError, some
from reportgen.models.loading.load import load_model
from reportgen.results.store import Results
from reportgen.texts.read import TextSet


def analyze_shard(
    texts: TextSet,
    asked: jobs.Analysis,
    kept: Path,
    number: ShardNumber,
    progress: Progress,
    *,
    verbose: bool = False,
) -> None:
    """Analyse the texts of one shard of `texts`, and keep what is measured in `kept`.

    Raises:
        ModelError, CaptureError: the model cannot be loaded, or has no attention to report.
        UsageError: what is in `kept` is of another analysis.
    """
    shard = Shard(number.number, number.of)
    with _analysis(texts, asked, TaskFolder(kept), progress, shard, verbose=verbose) as analysis:
        analysis.run_shard()


def merge(
    parts: Parts,
    texts: TextSet,
    asked: jobs.Analysis,
    folder: Path,
    kept: Path,
    listed: ListedFirst,
    progress: Progress,
    *,
    verbose: bool = False,
) -> Results:
    """Write the results of all `parts` into the empty `folder`, as one analysis of all texts gives
    them: what needs all of them, sink tests and evidence on texts beside the sample, is measured
    here, and kept in `kept`.

    Raises:
        ResultsError: the parts are of different analyses, or one is damaged.
        UsageError: the texts or the model are no longer those of the parts.
    """
    for part in parts.folders[1:]:
        require_same(parts.folders[0], part)
    begin_as(kept, parts.folders[0])
    tasks = TaskFolder(kept, parts.folders)
    with _analysis(texts, asked, tasks, progress, verbose=verbose) as analysis:
        missing = [task.name for task in analysis.missing()]
        if missing:
            raise ResultsError(
                f"{len(missing)} results of the shards are missing or damaged ({some(missing)}); "
                "run these shards again"
            )
        return analysis.run(folder, listed)


@contextmanager
def _analysis(
    texts: TextSet,
    asked: jobs.Analysis,
    tasks: TaskFolder,
    progress: Progress,
    shard: Shard = WHOLE,
    *,
    verbose: bool,
) -> Iterator[Analysis]:
    """An analysis with its model."""
    with redirect_stdout(sys.stderr):  # whatever a user's class prints is none of the output
        options = AnalysisOptions(**asdict(asked.choices), shown=asked.shown)
        worker = Worker(texts, load_model(asked.spec, verbose=verbose), options, progress)
        yield Analysis(worker, tasks, progress, shard)
