"""Code that the commands share which analyse texts or write results folders."""

import gc
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.api import ModelRun, quiet_libraries, terminal_progress
from reportgen.api.options import AnalyzeChoices, EngineChoices, Verbosity, arguments
from reportgen.cli import outcome
from reportgen.files import (
    Staging,
    Unfinished,
    check_target,
    check_unfinished,
    recover_at,
    unfinished_run,
)
from reportgen.interrupts import ending_at_once
from reportgen.texts import TextSet

if TYPE_CHECKING:
    from reportgen.results import Results


def import_api(module: str, verbosity: Verbosity) -> None:
    """Import the part of the API that a command needs, with the libraries below it.

    Nothing of that is ever garbage, and looking through it for some takes a fifth of the time.
    """
    quiet_libraries(verbosity)
    if module in sys.modules:
        return
    gc.disable()
    try:
        with ending_at_once():
            import_module(module)
        gc.freeze()
    finally:
        gc.enable()


def analyze_texts(
    texts: TextSet,
    model_run: ModelRun,
    folder: Path,
    verbosity: Verbosity,
    *,
    redact: bool = False,
    is_compared: bool = False,
    kept: Path | None = None,
    engine: EngineChoices | None = None,
) -> "Results":
    """Run an analysis and show its progress on standard error; with `redact` nothing else.

    The texts that a report lists first get evidence; where results are
    compared, only the sample does. What is done is kept in the folder `kept`.
    """
    vain = arguments.without_effect(model_run.options)
    outcome.print_lines([f"reportgen: {line}" for line in vain], verbosity)
    from reportgen.api import first_listed, measure

    listed = None if is_compared else first_listed
    with terminal_progress(verbosity) as progress:
        return measure(
            texts,
            model_run.spec,
            model_run.options,
            folder,
            progress,
            listed,
            kept=kept,
            engine=engine,
            verbose=verbosity.verbose,
            silent=redact,
        )


def analyze_models(
    texts: TextSet,
    models: Sequence[ModelRun],
    scratch: Path,
    verbosity: Verbosity,
    *,
    redact: bool,
    is_reported: bool,
) -> tuple[list[Path], bool]:
    """Run the analyses of all `models`; returns the folders of their results, which lie in
    `scratch`, and whether one was interrupted. `is_reported`: a report of the last model is written
    too."""
    folders, is_interrupted = [], False
    for number, model_run in enumerate(models, 1):
        folder = scratch / str(number)
        folder.mkdir()
        if len(models) > 1:
            called = model_run.spec.called
            outcome.print_lines([f"model {number} of {len(models)}: {called}"], verbosity)
        is_compared = number < len(models) or not is_reported
        results = analyze_texts(
            texts, model_run, folder, verbosity, redact=redact, is_compared=is_compared
        )
        is_interrupted |= results.info.evidence.interrupted
        folders.append(folder)
    return folders, is_interrupted


@contextmanager
def kept_work(
    output: Path, verbosity: Verbosity, *, resume: bool, force: bool
) -> Iterator[Unfinished]:
    """Keep the work of an analysis beside `output` while the context is open; see
    `unfinished_run`."""
    with unfinished_run(output, resume=resume, force=force) as kept:
        outcome.print_lines(kept.lines, verbosity)
        yield kept


def check_place(choices: AnalyzeChoices, verbosity: Verbosity) -> None:
    """Check that results can be written, after ending what killed runs left half-way there."""
    outcome.print_lines(recover_at([choices.output]), verbosity)
    check_target(choices.output, force=choices.force, is_folder=True)
    check_unfinished(choices.output, resume=choices.resume, force=choices.force)


def write_results(
    module: str,
    measured: Callable[[Path, Path], "Results"],
    choices: AnalyzeChoices,
    verbosity: Verbosity,
) -> int:
    """Import the `module` of the API that measures, write a results folder and print what it says;
    returns the exit code. `measured` writes into the empty folder that it is given, and keeps its
    work in the second one."""
    started = time.perf_counter()
    import_api(f"reportgen.api.{module}", verbosity)
    from reportgen.findings import Findings
    from reportgen.results import name_commit

    with (
        kept_work(choices.output, verbosity, resume=choices.resume, force=choices.force) as kept,
        Staging(force=choices.force) as staging,
    ):
        folder = staging.folder(choices.output)
        results = name_commit(measured(folder, kept.path), choices.commit)
        lines = [f"{choices.output}/: results folder"]
        lines += outcome.account_lines(Findings(results), verbosity, started)
        code = outcome.exit_code(results, (), strict=choices.strict)
        staging.commit()
        lines += outcome.settled(kept, results)
        outcome.print_lines(lines, verbosity)
        return code
