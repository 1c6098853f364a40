"""The commands that write results folders: `analyze`, also of one shard, and `merge`; and `site`,
which makes pages of many."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.analysis import AnalysisOptions, Shard
from reportgen.api import (
    Call,
    ModelRun,
    check_call,
    check_part,
    finish_part,
    jobs,
    read_parts,
    shard_number,
    terminal_progress,
    with_code,
)
from reportgen.api.options import (
    AnalyzeChoices,
    EngineChoices,
    GateChoices,
    InputChoices,
    MergeChoices,
    ModelChoices,
    NamedCode,
    SiteChoices,
    Verbosity,
    arguments,
)
from reportgen.cli import from_options as parameters
from reportgen.cli import outcome
from reportgen.cli.analysing import analyze_texts, import_api, kept_work
from reportgen.errors import UsageError
from reportgen.files import (
    Staging,
    check_target,
    check_unfinished,
    recover_at,
    scratch_folder,
)
from reportgen.report import SiteOptions

if TYPE_CHECKING:
    from reportgen.results import Results


@parameters.with_options
def analyze(
    inputs: InputChoices,
    model: ModelChoices,
    analysis: AnalysisOptions,
    engine: EngineChoices,
    verbosity: Verbosity,
    choices: AnalyzeChoices,
    texts: parameters.Texts,
) -> int:
    """Analyse texts and keep the results in a folder, to write reports from later.

    Example: reportgen analyze texts.csv --model ./checkpoint -o results/
    """
    model_run = jobs.analysis_of(inputs, model, analysis)
    if choices.shard is not None:
        if engine != EngineChoices():
            raise UsageError(
                "--workers, --engine: a shard is done by one process; give more shards"
            )
        for name in ("strict", "small", "commit"):
            if getattr(choices, name):
                raise UsageError(f"--{name}: a shard is not yet a results folder; give it to merge")
        call = Call(tuple(texts), inputs, model, analysis)
        return _analyze_shard(shard_number(choices.shard), call, model_run, choices, verbosity)
    _check_place(choices, verbosity)
    text_set = arguments.text_set(texts, inputs)
    outcome.print_notes(text_set, verbosity)
    if choices.small:  # no maps are kept of it, and no text gets evidence for a report
        model_run = replace(model_run, options=replace(model_run.options, keep_maps="none"))

    def measured(folder: Path, kept: Path) -> "Results":
        return analyze_texts(
            text_set,
            model_run,
            folder,
            verbosity,
            is_compared=choices.small,
            kept=kept,
            engine=engine,
        )

    return _write_results("measurement", measured, choices, verbosity)


def _check_place(choices: AnalyzeChoices | MergeChoices, verbosity: Verbosity) -> None:
    """Check that results can be written, after ending what killed runs left half-way there."""
    outcome.print_lines(recover_at([choices.output]), verbosity)
    check_target(choices.output, force=choices.force, is_folder=True)
    check_unfinished(choices.output, resume=choices.resume, force=choices.force)


def _write_results(
    module: str,
    measured: Callable[[Path, Path], "Results"],
    choices: AnalyzeChoices | MergeChoices,
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
        scratch_folder() as scratch,
    ):
        if choices.small:
            folder = scratch / "results"  # `scratch` itself holds a file that says who owns it
            folder.mkdir()
        else:
            folder = staging.folder(choices.output)
        results = name_commit(measured(folder, kept.path), choices.commit)
        first = f"{choices.output}/: results folder"
        lines = [_kept_small(results, choices.output, staging) if choices.small else first]
        lines += outcome.account_lines(Findings(results), verbosity, started)
        code = outcome.exit_code(results, (), strict=choices.strict)
        lines += outcome.settled(kept, results, staging)
        staging.commit()
        outcome.print_lines(lines, verbosity)
        return code


def _kept_small(results: "Results", output: Path, staging: Staging) -> str:
    from reportgen.api import keep_baseline

    if results.info.evidence.interrupted:
        return f"{output}/: no baseline, as the evidence was interrupted"
    size = keep_baseline(results, output, staging)
    if size is None:
        return f"{output}/: a baseline with these results already; left as it is"
    return f"{output}/: baseline, {size / 1000:,.0f} kB; commit it"


@parameters.with_options
def merge(
    verbosity: Verbosity,
    choices: MergeChoices,
    code: NamedCode,
    parts: parameters.MergedParts,
) -> int:
    """Merge the shards of an analysis into one results folder, as if it had been run at once.

    Example: reportgen merge parts/* -o results/
    """
    found = with_code(read_parts(parts), code)
    outcome.print_lines(found.warnings, verbosity)
    call = found.call
    model_run = jobs.analysis_of(call.inputs, call.model, call.analysis)
    _check_place(choices, verbosity)
    text_set = arguments.text_set(call.texts, call.inputs)

    def measured(folder: Path, kept: Path) -> "Results":
        from reportgen.api import merge as merge_parts

        with terminal_progress(verbosity) as progress:
            return merge_parts(
                found,
                text_set,
                model_run,
                folder,
                kept,
                jobs.listed_by(),
                progress,
                verbose=verbosity.verbose,
            )

    return _write_results("shards", measured, choices, verbosity)


def _analyze_shard(
    shard: Shard,
    call: Call,
    model_run: ModelRun,
    choices: AnalyzeChoices,
    verbosity: Verbosity,
) -> int:
    """Analyse one shard, and keep what it measured in its folder."""
    check_call(call)
    outcome.print_lines(recover_at([choices.output]), verbosity)
    check_part(choices.output, force=choices.force)
    check_unfinished(choices.output, resume=choices.resume, force=choices.force)
    text_set = arguments.text_set(call.texts, call.inputs)
    outcome.print_notes(text_set, verbosity)
    import_api("reportgen.api.shards", verbosity)
    from reportgen.api import analyze_shard

    with kept_work(choices.output, verbosity, resume=choices.resume, force=choices.force) as kept:
        with terminal_progress(verbosity) as progress:
            analyze_shard(
                text_set, model_run, kept.path, shard, progress, verbose=verbosity.verbose
            )
        finish_part(kept.path, choices.output, shard, call)
    outcome.print_lines([f"{choices.output}/: shard {shard}"], verbosity)
    return 0


@parameters.with_options
def site(
    options: SiteOptions,
    gating: GateChoices,
    verbosity: Verbosity,
    choices: SiteChoices,
    results: parameters.SiteResults = None,
) -> int:
    """Write a folder of pages from many results: a list of all runs, a report of each, and
    comparisons; what has not changed is left as it is.

    Example: reportgen site runs/* -o public/
    """
    gates = arguments.gates(gating, "run", redact=choices.redact)
    import_api("reportgen.api.site.writer", verbosity)
    from reportgen.api import SiteWriter

    writer = SiteWriter(choices.output, options, gates, redact=choices.redact)
    outcome.print_lines(writer.write(results or [], force=choices.force), verbosity)
    return outcome.EXIT_LEFT_OUT if writer.n_left_out else 0
