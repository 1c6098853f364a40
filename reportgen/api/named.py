"""Analyses texts with a model that is named, as the command line does."""

import os
import sys
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import asdict
from pathlib import Path

from reportgen.analysis.options import AnalysisOptions, ListedFirst
from reportgen.analysis.pipeline import analyze as run_analysis
from reportgen.analysis.processes import processes
from reportgen.analysis.progress import Progress
from reportgen.analysis.tasks.folder import TaskFolder
from reportgen.api.jobs import Analysis
from reportgen.findings.detail import listed_first
from reportgen.findings.findings import Findings
from reportgen.models.loading.load import load_model
from reportgen.results.store import Results
from reportgen.texts.read import TextSet


def analyze_named(
    texts: TextSet,
    asked: Analysis,
    folder: Path,
    progress: Progress | None = None,
    listed: ListedFirst | None = None,
    *,
    kept: Path | None = None,
    n_workers: int = 1,
    verbose: bool = False,
    silent: bool = False,
) -> Results:
    """Load the model of `asked`, run `texts` through it and write the results to the empty
    `folder`. If `silent`, whatever a user's class prints, which may be a text, is thrown away.

    `listed` names texts that get evidence beside the sample; None: no text does. `kept` is the
    folder of what was done so far, where that is to outlive a run that ends early. With more than
    one of `n_workers`, so many processes do the work, each with a copy of the model.

    Raises:
        ModelError, CaptureError: the model cannot be loaded, or has no attention to report.
        UsageError: what is in `kept` is of another analysis.
    """
    options = AnalysisOptions(**asdict(asked.choices), shown=asked.shown)
    with ExitStack() as stack:
        if silent:
            nowhere = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
            stack.enter_context(redirect_stderr(nowhere))
        # Whatever a user's class prints must not get into a report on standard output.
        stack.enter_context(redirect_stdout(sys.stderr))
        crew = stack.enter_context(
            processes(n_workers, texts, asked.spec, options, is_silent=silent)
        )
        loaded = load_model(asked.spec, verbose=verbose)
        tasks = None if kept is None else TaskFolder(kept)
        return run_analysis(texts, loaded, folder, options, progress, listed, tasks, crew)


def listed_by(detail: str | None = None) -> ListedFirst:
    """What finds the texts that a report lists first; `detail` is what --detail takes."""
    return lambda results: listed_first(Findings(results), detail)
