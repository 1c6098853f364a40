"""Runs texts through a model, here or in other processes, for Python and the command line."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from reportgen.analysis import (
    AnalysisOptions,
    Engine,
    ListedFirst,
    Progress,
    WorkFolder,
    is_timed,
    processes,
    ray_actors,
    with_number,
)
from reportgen.analysis import analyze as run_analysis
from reportgen.api.options import EngineChoices
from reportgen.errors import UsageError
from reportgen.files import scratch_folder
from reportgen.models import LoadedModel, ModelSpec, load_model
from reportgen.results import Results
from reportgen.texts import TextSet


def measure(
    texts: TextSet,
    spec: ModelSpec,
    options: AnalysisOptions,
    folder: Path,
    progress: Progress | None = None,
    listed: ListedFirst | None = None,
    *,
    model: LoadedModel | None = None,
    kept: Path | None = None,
    engine: EngineChoices | None = None,
    verbose: bool = False,
    silent: bool = False,
) -> Results:
    """Run `texts` through a model and write the results to the empty `folder`. If `silent`, discard
    what a user's class prints, since it may be a text.

    The model is `model`; None: the one of `spec`, which is loaded. Other processes load that of
    `spec` in any case. `listed` names texts that get evidence beside the sample; None: no text
    does. `kept` is the folder of what was done so far, where that is to outlive a run that ends
    early. `engine` says which processes do the work; None: this one.

    Raises:
        ModelError, CaptureError: the model cannot be loaded, or has no attention to report.
        UsageError: what is in `kept` is of another analysis.
    """
    with ExitStack() as stack:
        if silent:
            nowhere = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
            stack.enter_context(redirect_stderr(nowhere))
        # Whatever a user's class prints must not get into a report on standard output.
        stack.enter_context(redirect_stdout(sys.stderr))
        if kept is None:
            kept = stack.enter_context(scratch_folder())
        if is_timed(options.evidence_budget):
            model = model or load_model(spec, verbose=verbose)
            options = with_number(options, texts, model, kept)
        engine_context = engine_of(
            engine or EngineChoices(), texts, spec, options, is_silent=silent
        )
        working = stack.enter_context(engine_context)  # processes load the model meanwhile
        model = model or load_model(spec, verbose=verbose)
        return run_analysis(
            texts, model, folder, options, progress, listed, WorkFolder(kept), working
        )


@contextmanager
def engine_of(
    choices: EngineChoices,
    texts: TextSet,
    spec: ModelSpec,
    options: AnalysisOptions,
    *,
    is_silent: bool,
) -> Iterator[Engine | None]:
    """The engine that runs the analysis in other processes; None if this process does it.

    Raises:
        UsageError: what is asked for cannot be known before all texts were run, or is not there.
        ModelError: a cluster cannot be reached.
    """
    is_alone = choices.engine == "local" and choices.workers == 1
    if not is_alone and options.generate is not None and options.keep_maps == "all":
        raise UsageError(
            "--workers with --generate: which maps fit is known only after the last text is "
            "written; give --keep-maps none or a number"
        )
    if is_alone:
        yield None
    elif choices.engine == "local":
        if choices.gpus_per_worker:
            raise UsageError("--gpus-per-worker: goes with --engine ray")
        with processes(choices.workers, texts, spec, options, is_silent=is_silent) as workers:
            yield workers
    else:
        with ray_actors(choices.workers, choices.gpus_per_worker, texts, spec, options) as actors:
            yield actors
