"""Analyses texts with a model that is loaded, and writes a results folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reportgen.analysis.analysis import Analysis
from reportgen.analysis.cost.timed_budget import with_number
from reportgen.analysis.engines.engine import Engine
from reportgen.analysis.options import AnalysisOptions, ListedFirst
from reportgen.analysis.progress import Progress
from reportgen.analysis.tasks.folder import TaskFolder
from reportgen.analysis.worker import Worker
from reportgen.files.temporary import scratch_folder
from reportgen.models.loaded import LoadedModel
from reportgen.results.store import Results
from reportgen.texts.read import TextSet


def analyze(
    texts: TextSet,
    model: LoadedModel,
    folder: Path,
    options: AnalysisOptions,
    progress: Progress | None = None,
    listed_first: ListedFirst | None = None,
    tasks: TaskFolder | None = None,
    engine: Engine | None = None,
) -> Results:
    """Run all texts through the model, and write the results into the empty `folder`.

    Evidence is measured on an even sample of the texts, and on those that `listed_first` names.

    If the user interrupts the gathering of evidence, the results are written without the rest and
    say so.

    Args:
        tasks: where results are kept until all are there; those that it has are not measured again.
            None: in a temporary folder.
        engine: what carries out the tasks; None: this process alone.

    Raises:
        InputError: no text has any content.
        ModelError: the tokenizer does not know the texts, or every text failed.
        CaptureError: the model returns no attention maps, or they fail the checks.
        UsageError: the model has no class called `options.explain_class`; or units are asked for
            that the texts do not give, that its tokenizer cannot find, or that take evidence.
    """
    progress = progress or Progress()
    with _tasks_in(tasks) as found:
        options = with_number(options, texts, model, found.path)
        worker = Worker(texts, model, options, progress)
        return Analysis.by(worker, found, progress, engine=engine).run(folder, listed_first)


@contextmanager
def _tasks_in(tasks: TaskFolder | None) -> Iterator[TaskFolder]:
    if tasks is not None:
        yield tasks
        return
    with scratch_folder() as folder:
        yield TaskFolder(folder)
