"""The `reportgen` command.

Torch, transformers, pandas and plotly are imported inside the commands, once their arguments are
known to be good.
"""

import signal
import sys
import time
from contextlib import ExitStack, redirect_stdout
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import typer

from reportgen.api import arguments
from reportgen.api.arguments import page_outputs
from reportgen.api.jobs import comparison_outputs, sides_of
from reportgen.api.options import (
    AnalysisChoices,
    CompareChoices,
    GateChoices,
    InputChoices,
    ModelChoices,
    PageChoices,
    Talk,
)
from reportgen.api.progress_bar import quiet_libraries, terminal_progress
from reportgen.cli import parameters, terminal
from reportgen.cli.github import find_step_summary
from reportgen.cli.terminal import (
    EXIT_GATE,
    EXIT_INTERRUPTED,
    exit_code,
    finish,
    tell_gates,
    user_errors,
)
from reportgen.errors import OutputError, UsageError, unquoted
from reportgen.files import Staging, check_target
from reportgen.findings.detail import check_detail
from reportgen.findings.gates import has_failed
from reportgen.models.spec import ModelSpec, check_spec
from reportgen.report.language import printable
from reportgen.report.outputs import judge, make_documents, require_files, stage, written_line
from reportgen.results.info import created_date
from reportgen.texts.read import TextSet

if TYPE_CHECKING:
    from reportgen.findings.findings import Findings
    from reportgen.results.store import Results


app = typer.Typer(
    name="reportgen",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line; a request to end is an interrupt, so that nothing is left behind."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app()
    except OSError as error:  # standard output, say, or the folder for temporary files
        typer.echo(printable.inert(f"reportgen: {terminal.system_said(error)}"), err=True)
        sys.exit(OutputError.exit_code)


@app.callback()
def root(version: parameters.Version = False) -> None:
    """Where a transformer looks, text by text: one offline HTML report."""


@app.command()
@parameters.takes(InputChoices, ModelChoices, AnalysisChoices, PageChoices, GateChoices, Talk)
def run(
    inputs: InputChoices,
    model: ModelChoices,
    analysis: AnalysisChoices,
    page: PageChoices,
    gating: GateChoices,
    talk: Talk,
    texts: parameters.Texts,
    output: parameters.Outputs = None,
    force: parameters.Force = False,
    strict: parameters.Strict = False,
    redact: parameters.Redact = False,
    open: parameters.Open = False,
    list_figures: parameters.ListFigures = False,
) -> None:
    """Analyse texts and write the report.

    Example: reportgen run texts.csv --model ./checkpoint -o report.html
    """
    with user_errors():
        spec = arguments.model_spec(model)
        check_spec(spec)
        render_options = arguments.render_options(page)
        gates = arguments.gates(gating, "run")
        arguments.check_keep_maps(analysis.keep_maps)
        arguments.check_evidence_texts(analysis.evidence_texts)
        created_date()
        outputs = page_outputs(output, page, force=force, inputs=texts)
        if redact:
            require_files(outputs)
        summary = find_step_summary(wanted=page.github_summary)
        text_set = arguments.text_set(texts, inputs)
        check_detail(render_options.detail, {text.id for text in text_set.texts})
        started = time.perf_counter()
        with ExitStack() as stack:
            staging = stack.enter_context(Staging())
            temporary = stack.enter_context(TemporaryDirectory(prefix="reportgen-"))
            kept = [Path(item.path) for item in outputs if item.writer == "folder"]
            folder = staging.folder(kept[0]) if kept else Path(temporary)
            stack.enter_context(unquoted(redact))
            results = _analyze(text_set, spec, folder, (inputs, model, analysis), talk)
            findings = _shown(results, page, stack, redact=redact)
            render_options = replace(render_options, gates=judge(findings, gates))
            documents = make_documents(findings, outputs, render_options)
            added = summary and summary.text(findings, render_options)
            stage(documents, staging)
            lines = [
                *map(written_line, documents),
                *(f"{path}/: results folder" for path in kept),
            ]
            lines += terminal.account(findings, documents, page.lang, talk, started)
            code = exit_code(results, render_options.gates, strict=strict)
            staging.commit()
        if summary and added:
            summary.add(added)
        finish(documents, lines, talk, browse=open)
        tell_gates(render_options.gates, gating, talk)
    raise typer.Exit(code)


@app.command()
@parameters.takes(InputChoices, ModelChoices, AnalysisChoices, Talk)
def analyze(
    inputs: InputChoices,
    model: ModelChoices,
    analysis: AnalysisChoices,
    talk: Talk,
    texts: parameters.Texts,
    output: parameters.ResultsOutput = Path("results"),
    force: parameters.Force = False,
    strict: parameters.Strict = False,
) -> None:
    """Analyse texts and keep the results in a folder, to render from later.

    Example: reportgen analyze texts.csv --model ./checkpoint -o results/
    """
    with user_errors():
        spec = arguments.model_spec(model)
        check_spec(spec)
        arguments.check_keep_maps(analysis.keep_maps)
        arguments.check_evidence_texts(analysis.evidence_texts)
        created_date()
        check_target(output, force=force, is_folder=True)
        text_set = arguments.text_set(texts, inputs)
        started = time.perf_counter()
        with Staging() as staging:
            folder = staging.folder(output)
            from reportgen.findings.findings import Findings

            results = _analyze(text_set, spec, folder, (inputs, model, analysis), talk)
            lines = [f"{output}/: results folder"]
            lines += terminal.account(Findings(results), [], "en", talk, started)
            code = exit_code(results, (), strict=strict)
            staging.commit()
        finish([], lines, talk, browse=False)
    raise typer.Exit(code)


@app.command()
@parameters.takes(PageChoices, GateChoices, Talk)
def render(
    page: PageChoices,
    gating: GateChoices,
    talk: Talk,
    results: parameters.ResultsFolder,
    output: parameters.Outputs = None,
    force: parameters.Force = False,
    redact: parameters.Redact = False,
    open: parameters.Open = False,
    list_figures: parameters.ListFigures = False,
) -> None:
    """Write the report from results that were kept; the model is not needed.

    Example: reportgen render results/ -o report.html -o tokens.csv
    """
    with user_errors():
        render_options = arguments.render_options(page)
        gates = arguments.gates(gating, "run")
        outputs = page_outputs(output, page, force=force, inputs=[str(results)])
        summary = find_step_summary(wanted=page.github_summary)
        if any(item.writer == "folder" for item in outputs):
            raise UsageError("render writes no results folder; name a file such as report.html")
        started = time.perf_counter()
        from reportgen.results.store import open_results

        with ExitStack() as stack:
            findings = _shown(open_results(results), page, stack, redact=redact)
            check_detail(render_options.detail, findings.texts["text_id"].tolist())
            render_options = replace(render_options, gates=judge(findings, gates))
            documents = make_documents(findings, outputs, render_options)
            added = summary and summary.text(findings, render_options)
            with Staging() as staging:
                stage(documents, staging)
                staging.commit()
            lines = [*map(written_line, documents)]
            lines += terminal.account(findings, documents, page.lang, talk, started)
        if summary and added:
            summary.add(added)
        finish(documents, lines, talk, browse=open)
        tell_gates(render_options.gates, gating, talk)
    raise typer.Exit(EXIT_GATE if has_failed(render_options.gates) else 0)


@app.command()
@parameters.takes(ModelChoices, Talk)
def check(model: ModelChoices, talk: Talk) -> None:
    """See whether a model's attention can be reported, and how.

    Example: reportgen check --model ./checkpoint
    """
    with user_errors():
        spec = arguments.model_spec(model)
        check_spec(spec)
        if sys.stdout is None:
            raise OutputError("standard output is closed; check prints there what it finds")
        quiet_libraries(talk)
        from reportgen.analysis.pipeline import try_model
        from reportgen.models.load import load_model

        with redirect_stdout(sys.stderr):
            loaded = load_model(spec, verbose=talk.verbose)
            capture, probed = try_model(loaded)
        for line in terminal.checked(loaded, capture, probed):
            typer.echo(printable.inert(line))


@app.command()
@parameters.takes(InputChoices, AnalysisChoices, CompareChoices, GateChoices, Talk)
def compare(
    inputs: InputChoices,
    analysis: AnalysisChoices,
    page: CompareChoices,
    gating: GateChoices,
    talk: Talk,
    paths: parameters.ComparePaths,
    base: parameters.Base = None,
    head: parameters.Head = None,
    output: parameters.CompareOutputs = None,
    force: parameters.Force = False,
    open: parameters.Open = False,
    list_figures: parameters.ListCompareFigures = False,
) -> None:
    """Hold one model against another on the same texts.

    Example: reportgen compare base_results/ head_results/ -o compare.html
    """
    with user_errors():
        sides = sides_of(paths, base, head, inputs, analysis)
        gates = arguments.gates(gating, "compare")
        summary = find_step_summary(wanted=page.github_summary)
        created_date()
        read = [*sides.texts, *map(str, sides.folders)]
        outputs = comparison_outputs(output, page, force=force, inputs=read)
        from reportgen.api.compare import make_compared

        with TemporaryDirectory(prefix="reportgen-") as temporary, Staging() as staging:
            folders = sides.folders or (Path(temporary, "base"), Path(temporary, "head"))
            stopped = False
            if sides.models:
                text_set = arguments.text_set(sides.texts, inputs)
                for model, folder in zip(sides.models, folders, strict=True):
                    folder.mkdir()
                    spec = arguments.model_spec(model)
                    results = _analyze(text_set, spec, folder, (inputs, model, analysis), talk)
                    stopped |= results.info.evidence.interrupted
            room = summary.room if summary else None
            compared = make_compared(folders, outputs, page, gates, room)
            stage(compared.documents, staging)
            staging.commit()
        if summary:
            summary.add(compared.summary)
        lines = [*map(written_line, compared.documents), *compared.said]
        finish(compared.documents, lines, talk, browse=open)
        tell_gates(compared.gates, gating, talk)
    failed = EXIT_GATE if has_failed(compared.gates) else 0
    raise typer.Exit(EXIT_INTERRUPTED if stopped else failed)


def _analyze(
    texts: TextSet,
    spec: ModelSpec,
    folder: Path,
    chosen: tuple[InputChoices, ModelChoices, AnalysisChoices],
    talk: Talk,
) -> "Results":
    for line in () if talk.quiet else arguments.without_effect(chosen[2]):
        typer.echo(f"reportgen: {line}", err=True)
    quiet_libraries(talk)
    from reportgen.analysis.pipeline import AnalysisOptions, analyze
    from reportgen.models.load import load_model

    # What a user's class prints must not land in a report on standard output.
    with terminal_progress(talk) as progress, redirect_stdout(sys.stderr):
        return analyze(
            texts,
            load_model(spec, verbose=talk.verbose),
            folder,
            AnalysisOptions(
                batch_tokens=chosen[2].batch_tokens,
                keep_maps=chosen[2].keep_maps,
                evidence=chosen[2].evidence,
                evidence_texts=chosen[2].evidence_texts,
                explain_class=chosen[2].explain_class,
                shown=arguments.shown_options(*chosen),
            ),
            progress,
        )


def _shown(results: "Results", page: PageChoices, stack: ExitStack, *, redact: bool) -> "Findings":
    """What is written: the findings in the results, or in a copy without texts and tokens that is
    there until `stack` is left."""
    from reportgen.findings.findings import Findings

    if not redact:
        return Findings(results)
    from reportgen.report.redact import redacted

    return Findings(stack.enter_context(redacted(results, page.lang, wanted=True)))
