"""The commands that write results folders: `analyze`, also of one shard, and `merge`; and `site`,
which makes pages of many."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.api import jobs
from reportgen.api.jobs import ModelRun
from reportgen.api.named_code import NamedCode, with_code
from reportgen.api.options import (
    AnalysisChoices,
    EngineChoices,
    GateChoices,
    InputChoices,
    ModelChoices,
    Verbosity,
    arguments,
)
from reportgen.api.progress_bar import terminal_progress
from reportgen.api.shard_folders import (
    Call,
    ShardNumber,
    check_call,
    check_part,
    finish_part,
    read_parts,
    shard_number,
)
from reportgen.cli import from_options as parameters
from reportgen.cli import outcome
from reportgen.cli.analysing import analyze_texts, import_api, kept_work
from reportgen.errors import UsageError
from reportgen.files.destinations import check_target
from reportgen.files.recovery import recover_at
from reportgen.files.staging import Staging
from reportgen.files.temporary import scratch_folder
from reportgen.files.unfinished import Unfinished, check_unfinished
from reportgen.report.options import read_commit
from reportgen.report.site.options import SiteOptions

if TYPE_CHECKING:
    from reportgen.results.store import Results


@parameters.with_options
def analyze(
    inputs: InputChoices,
    model: ModelChoices,
    analysis: AnalysisChoices,
    engine: EngineChoices,
    verbosity: Verbosity,
    texts: parameters.Texts,
    output: parameters.ResultsOutput = Path("results"),
    force: parameters.Force = False,
    resume: parameters.Resume = False,
    shard: parameters.ShardOption = None,
    small: parameters.Small = False,
    strict: parameters.Strict = False,
    commit: parameters.Commit = None,
) -> int:
    """Analyse texts and keep the results in a folder, to write reports from later.

    Example: reportgen analyze texts.csv --model ./checkpoint -o results/
    """
    asked = jobs.analysis_of(inputs, model, analysis)
    commit = None if commit is None else read_commit(commit)
    if shard is not None:
        if engine != EngineChoices():
            raise UsageError(
                "--workers, --engine: a shard is done by one process; give more shards"
            )
        for name, is_given in (("strict", strict), ("small", small), ("commit", commit)):
            if is_given:
                raise UsageError(f"--{name}: a shard is not yet a results folder; give it to merge")
        call = Call(tuple(texts), inputs, model, analysis)
        return _analyze_shard(shard_number(shard), call, asked, output, verbosity, force, resume)
    outcome.print_lines(recover_at([output]), verbosity)
    check_target(output, force=force, is_folder=True)
    check_unfinished(output, resume=resume, force=force)
    text_set = arguments.text_set(texts, inputs)
    outcome.print_notes(text_set, verbosity)
    if small:  # no maps are kept of it, and no text gets evidence for a report
        asked = replace(asked, choices=replace(asked.choices, keep_maps="none"))
    started = time.perf_counter()
    import_api("reportgen.api.measurement", verbosity)
    with (
        kept_work(output, verbosity, resume=resume, force=force) as kept,
        Staging(force=force) as staging,
        scratch_folder() as scratch,
    ):
        results = analyze_texts(
            text_set,
            asked,
            _own(scratch) if small else staging.folder(output),
            verbosity,
            is_compared=small,
            kept=kept.path,
            engine=engine,
        )
        end = _End(output, results, commit, staging, kept, verbosity, started)
        return end.settle(small=small, strict=strict)


def _own(scratch: Path) -> Path:
    """Make an empty folder inside `scratch`. It cannot be `scratch` itself, which holds a file that
    says who owns it."""
    folder = scratch / "results"
    folder.mkdir()
    return folder


@dataclass(frozen=True)
class _End:
    """An analysis that is done; its results still have to be put in their place."""

    output: Path
    results: "Results"
    commit: str | None
    staging: Staging
    kept: Unfinished
    verbosity: Verbosity
    started: float

    def settle(self, *, small: bool, strict: bool) -> int:
        """Put the results folder in its place and print what it says; returns the exit code."""
        from reportgen.findings.findings import Findings
        from reportgen.results.run_file import name_commit

        results = name_commit(self.results, self.commit)
        lines = [self._kept_small(results) if small else f"{self.output}/: results folder"]
        lines += outcome.account_lines(Findings(results), self.verbosity, self.started)
        code = outcome.exit_code(results, (), strict=strict)
        lines += outcome.settled(self.kept, results, self.staging)
        self.staging.commit()
        outcome.print_lines(lines, self.verbosity)
        return code

    def _kept_small(self, results: "Results") -> str:
        from reportgen.api.comparing.baseline import keep_baseline

        if results.info.evidence.interrupted:
            return f"{self.output}/: no baseline, as the evidence was interrupted"
        size = keep_baseline(results, self.output, self.staging)
        if size is None:
            return f"{self.output}/: a baseline with these results already; left as it is"
        return f"{self.output}/: baseline, {size / 1000:,.0f} kB; commit it"


@parameters.with_options
def merge(
    verbosity: Verbosity,
    parts: parameters.MergedParts,
    output: parameters.ResultsOutput = Path("results"),
    force: parameters.Force = False,
    resume: parameters.Resume = False,
    small: parameters.Small = False,
    strict: parameters.Strict = False,
    commit: parameters.Commit = None,
    factory: parameters.Factory = None,
    factory_args: parameters.FactoryArgs = None,
    trust_remote_code: parameters.TrustRemoteCode = False,
) -> int:
    """Merge the shards of an analysis into one results folder, as if it had been run at once.

    Example: reportgen merge parts/* -o results/
    """
    commit = None if commit is None else read_commit(commit)
    named = NamedCode(factory, factory_args, trust_remote_code)
    found = with_code(read_parts(parts), named)
    outcome.print_lines(found.warnings, verbosity)
    call = found.call
    asked = jobs.analysis_of(call.inputs, call.model, call.analysis)
    outcome.print_lines(recover_at([output]), verbosity)
    check_target(output, force=force, is_folder=True)
    check_unfinished(output, resume=resume, force=force)
    text_set = arguments.text_set(call.texts, call.inputs)
    started = time.perf_counter()
    import_api("reportgen.api.shards", verbosity)
    from reportgen.api.jobs import listed_by
    from reportgen.api.shards import merge as merge_parts

    with (
        kept_work(output, verbosity, resume=resume, force=force) as kept,
        Staging(force=force) as staging,
        scratch_folder() as scratch,
    ):
        with terminal_progress(verbosity) as progress:
            results = merge_parts(
                found,
                text_set,
                asked,
                _own(scratch) if small else staging.folder(output),
                kept.path,
                listed_by(),
                progress,
                verbose=verbosity.verbose,
            )
        end = _End(output, results, commit, staging, kept, verbosity, started)
        return end.settle(small=small, strict=strict)


def _analyze_shard(
    shard: ShardNumber,
    call: Call,
    asked: ModelRun,
    output: Path,
    verbosity: Verbosity,
    force: bool,
    resume: bool,
) -> int:
    """Analyse one shard, and keep what it measured in the folder `output`."""
    check_call(call)
    outcome.print_lines(recover_at([output]), verbosity)
    check_part(output, force=force)
    check_unfinished(output, resume=resume, force=force)
    text_set = arguments.text_set(call.texts, call.inputs)
    outcome.print_notes(text_set, verbosity)
    import_api("reportgen.api.shards", verbosity)
    from reportgen.api.shards import analyze_shard

    with kept_work(output, verbosity, resume=resume, force=force) as kept:
        with terminal_progress(verbosity) as progress:
            analyze_shard(text_set, asked, kept.path, shard, progress, verbose=verbosity.verbose)
        finish_part(kept.path, output, shard, call)
    outcome.print_lines([f"{output}/: shard {shard}"], verbosity)
    return 0


@parameters.with_options
def site(
    options: SiteOptions,
    gating: GateChoices,
    verbosity: Verbosity,
    results: parameters.SiteResults = None,
    output: parameters.SiteOutput = Path("public"),
    force: parameters.Force = False,
    redact: parameters.Redact = False,
) -> int:
    """Write a folder of pages from many results: a list of all runs, a report of each, and
    comparisons; what has not changed is left as it is.

    Example: reportgen site runs/* -o public/
    """
    gates = arguments.gates(gating, "run")
    import_api("reportgen.api.site.writer", verbosity)
    from reportgen.api.site.writer import SiteWriter

    writer = SiteWriter(output, options, gates, redact=redact)
    outcome.print_lines(writer.write(results or [], force=force), verbosity)
    return outcome.EXIT_LEFT_OUT if writer.n_left_out else 0
