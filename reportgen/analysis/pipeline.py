"""Analyses texts with a model that is loaded, and writes a results folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reportgen.analysis.cost.timed_budget import with_number
from reportgen.analysis.engines.engine import Engine
from reportgen.analysis.job import Job
from reportgen.analysis.options import AnalysisOptions, ListedFirst
from reportgen.analysis.progress import Progress
from reportgen.analysis.work.folder import WorkFolder
from reportgen.analysis.worker import Worker
from reportgen.files import scratch_folder
from reportgen.models import LoadedModel
from reportgen.results import Results
from reportgen.texts import TextSet


def analyze(
    texts: TextSet,
    model: LoadedModel,
    folder: Path,
    options: AnalysisOptions,
    progress: Progress | None = None,
    listed_first: ListedFirst | None = None,
    results: WorkFolder | None = None,
    engine: Engine | None = None,
) -> Results:
    """Run all texts through the model, and write the results into the empty `folder`.

    Evidence is measured on an even sample of the texts, and on those that `listed_first` names.

    If the user interrupts the gathering of evidence, the results are written without the rest and
    say so.

    Args:
        results: where results are kept until all are there; what it has is not measured again.
            None: a temporary folder.
        engine: where workers run; None: in this process alone.

    Raises:
        InputError: no text has any content.
        ModelError: the tokenizer does not know the texts, or every text failed.
        CaptureError: the model returns no attention maps, or they fail the checks.
        UsageError: the model has no class called `options.explain_class`; or units are asked for
            that the texts do not give, that its tokenizer cannot find, or that take evidence.
    """
    progress = progress or Progress()
    with _results_in(results) as work_folder:
        options = with_number(options, texts, model, work_folder.path)
        worker = Worker(texts, model, options, progress)
        job = Job.by(worker, work_folder, progress, engine=engine)
        job.begin()
        job.measure_attention()
        first = job.write_attention(folder)
        job.measure_evidence(first, listed_first)
        return job.write_evidence(folder, first.info)


@contextmanager
def _results_in(results: WorkFolder | None) -> Iterator[WorkFolder]:
    if results is not None:
        yield results
        return
    with scratch_folder() as folder:
        yield WorkFolder(folder)
