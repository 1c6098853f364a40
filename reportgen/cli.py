"""The `reportgen` command.

Torch, transformers, pandas and plotly are imported inside the commands, once their arguments are
known to be good.
"""

import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, redirect_stdout
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import typer

from reportgen import choices, options, terminal
from reportgen.bars import quiet_libraries, terminal_progress
from reportgen.comparing.command import comparison_outputs, make_compared, sides_of
from reportgen.dates import created_date
from reportgen.errors import OutputError, UsageError, unquoted
from reportgen.gates import GateResult, has_failed
from reportgen.inputs import TextSet
from reportgen.model.spec import ModelSpec, check_spec
from reportgen.options import AnalysisChoices, InputChoices, ModelChoices, Talk
from reportgen.output_options import CompareChoices, GateChoices, PageChoices
from reportgen.outputs import (
    Output,
    judge,
    make_documents,
    plan_outputs,
    require_files,
    stage,
)
from reportgen.report.detail import check_detail
from reportgen.staging import Staging, check_target
from reportgen.step_summary import find_step_summary
from reportgen.telling import EXIT_INTERRUPTED, finish, tell_gates, told

if TYPE_CHECKING:
    from reportgen.results import Results

EXIT_GATE = 3
EXIT_STRICT = 4
DEFAULT_OUTPUTS = {"file": "report.html", "dir": "report/index.html"}

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
        typer.echo(terminal.inert(f"reportgen: {terminal.system_said(error)}"), err=True)
        sys.exit(OutputError.exit_code)


@app.callback()
def root(version: options.Version = False) -> None:
    """Where a transformer looks, text by text: one offline HTML report."""


@app.command()
@choices.takes(InputChoices, ModelChoices, AnalysisChoices, PageChoices, GateChoices, Talk)
def run(
    inputs: InputChoices,
    model: ModelChoices,
    analysis: AnalysisChoices,
    page: PageChoices,
    gating: GateChoices,
    talk: Talk,
    texts: options.Texts,
    output: options.Outputs = None,
    force: options.Force = False,
    strict: options.Strict = False,
    redact: options.Redact = False,
    open: options.Open = False,
    list_figures: options.ListFigures = False,
) -> None:
    """Analyse texts and write the report.

    Example: reportgen run texts.csv --model ./checkpoint -o report.html
    """
    with told():
        spec = choices.model_spec(model)
        check_spec(spec)
        render_options = choices.render_options(page)
        gates = choices.gates(gating, "run")
        choices.check_keep_maps(analysis.keep_maps)
        choices.check_evidence_texts(analysis.evidence_texts)
        created_date()
        outputs = _outputs(output, page, force=force, inputs=texts)
        if redact:
            require_files(outputs)
        summary = find_step_summary(wanted=page.github_summary)
        text_set = choices.text_set(texts, inputs)
        check_detail(render_options.detail, {text.id for text in text_set.texts})
        started = time.perf_counter()
        with ExitStack() as stack:
            staging = stack.enter_context(Staging())
            temporary = stack.enter_context(TemporaryDirectory(prefix="reportgen-"))
            kept = [Path(item.path) for item in outputs if item.writer == "folder"]
            folder = staging.folder(kept[0]) if kept else Path(temporary)
            stack.enter_context(unquoted(redact))
            results = _analyze(text_set, spec, folder, (inputs, model, analysis), talk)
            results = _shown(results, page, stack, redact=redact)
            render_options = replace(render_options, gates=judge(results, gates))
            documents = make_documents(results, outputs, render_options)
            added = summary and summary.text(results, render_options)
            stage(documents, staging)
            lines = [
                *map(terminal.written, documents),
                *(f"{path}/: results folder" for path in kept),
            ]
            lines += terminal.account(results, documents, page.lang, talk, started)
            code = _exit_code(results, render_options.gates, strict=strict)
            staging.commit()
        if summary and added:
            summary.add(added)
        finish(documents, lines, talk, browse=open)
        tell_gates(render_options.gates, gating, talk)
    raise typer.Exit(code)


@app.command()
@choices.takes(InputChoices, ModelChoices, AnalysisChoices, Talk)
def analyze(
    inputs: InputChoices,
    model: ModelChoices,
    analysis: AnalysisChoices,
    talk: Talk,
    texts: options.Texts,
    output: options.ResultsOutput = Path("results"),
    force: options.Force = False,
    strict: options.Strict = False,
) -> None:
    """Analyse texts and keep the results in a folder, to render from later.

    Example: reportgen analyze texts.csv --model ./checkpoint -o results/
    """
    with told():
        spec = choices.model_spec(model)
        check_spec(spec)
        choices.check_keep_maps(analysis.keep_maps)
        choices.check_evidence_texts(analysis.evidence_texts)
        created_date()
        check_target(output, force=force, is_folder=True)
        text_set = choices.text_set(texts, inputs)
        started = time.perf_counter()
        with Staging() as staging:
            folder = staging.folder(output)
            results = _analyze(text_set, spec, folder, (inputs, model, analysis), talk)
            lines = [f"{output}/: results folder"]
            lines += terminal.account(results, [], "en", talk, started)
            code = _exit_code(results, (), strict=strict)
            staging.commit()
        finish([], lines, talk, browse=False)
    raise typer.Exit(code)


@app.command()
@choices.takes(PageChoices, GateChoices, Talk)
def render(
    page: PageChoices,
    gating: GateChoices,
    talk: Talk,
    results: options.ResultsFolder,
    output: options.Outputs = None,
    force: options.Force = False,
    redact: options.Redact = False,
    open: options.Open = False,
    list_figures: options.ListFigures = False,
) -> None:
    """Write the report from results that were kept; the model is not needed.

    Example: reportgen render results/ -o report.html -o tokens.csv
    """
    with told():
        render_options = choices.render_options(page)
        gates = choices.gates(gating, "run")
        outputs = _outputs(output, page, force=force, inputs=[str(results)])
        summary = find_step_summary(wanted=page.github_summary)
        if any(item.writer == "folder" for item in outputs):
            raise UsageError("render writes no results folder; name a file such as report.html")
        started = time.perf_counter()
        from reportgen.results import open_results

        with ExitStack() as stack:
            opened = _shown(open_results(results), page, stack, redact=redact)
            check_detail(render_options.detail, opened.texts["text_id"].tolist())
            render_options = replace(render_options, gates=judge(opened, gates))
            documents = make_documents(opened, outputs, render_options)
            added = summary and summary.text(opened, render_options)
            with Staging() as staging:
                stage(documents, staging)
                staging.commit()
            lines = [*map(terminal.written, documents)]
            lines += terminal.account(opened, documents, page.lang, talk, started)
        if summary and added:
            summary.add(added)
        finish(documents, lines, talk, browse=open)
        tell_gates(render_options.gates, gating, talk)
    raise typer.Exit(EXIT_GATE if has_failed(render_options.gates) else 0)


@app.command()
@choices.takes(ModelChoices, Talk)
def check(model: ModelChoices, talk: Talk) -> None:
    """See whether a model's attention can be reported, and how.

    Example: reportgen check --model ./checkpoint
    """
    with told():
        spec = choices.model_spec(model)
        check_spec(spec)
        if sys.stdout is None:
            raise OutputError("standard output is closed; check prints there what it finds")
        quiet_libraries(talk)
        from reportgen.analysis import try_model
        from reportgen.model.load import load_model

        with redirect_stdout(sys.stderr):
            loaded = load_model(spec, verbose=talk.verbose)
            capture, probed = try_model(loaded)
        for line in terminal.checked(loaded, capture, probed):
            typer.echo(terminal.inert(line))


@app.command()
@choices.takes(InputChoices, AnalysisChoices, CompareChoices, GateChoices, Talk)
def compare(
    inputs: InputChoices,
    analysis: AnalysisChoices,
    page: CompareChoices,
    gating: GateChoices,
    talk: Talk,
    paths: options.ComparePaths,
    base: options.Base = None,
    head: options.Head = None,
    output: options.CompareOutputs = None,
    force: options.Force = False,
    open: options.Open = False,
    list_figures: options.ListCompareFigures = False,
) -> None:
    """Hold one model against another on the same texts.

    Example: reportgen compare base_results/ head_results/ -o compare.html
    """
    with told():
        sides = sides_of(paths, base, head, inputs, analysis)
        gates = choices.gates(gating, "compare")
        summary = find_step_summary(wanted=page.github_summary)
        created_date()
        read = [*sides.texts, *map(str, sides.folders)]
        outputs = comparison_outputs(output, page, force=force, inputs=read)
        with TemporaryDirectory(prefix="reportgen-") as temporary, Staging() as staging:
            folders = sides.folders or (Path(temporary, "base"), Path(temporary, "head"))
            stopped = False
            if sides.models:
                text_set = choices.text_set(sides.texts, inputs)
                for model, folder in zip(sides.models, folders, strict=True):
                    folder.mkdir()
                    spec = choices.model_spec(model)
                    results = _analyze(text_set, spec, folder, (inputs, model, analysis), talk)
                    stopped |= results.info.evidence.interrupted
            room = summary.room if summary else None
            compared = make_compared(folders, outputs, page, gates, room)
            stage(compared.documents, staging)
            staging.commit()
        if summary:
            summary.add(compared.summary)
        lines = [*map(terminal.written, compared.documents), *compared.said]
        finish(compared.documents, lines, talk, browse=open)
        tell_gates(compared.gates, gating, talk)
    failed = EXIT_GATE if has_failed(compared.gates) else 0
    raise typer.Exit(EXIT_INTERRUPTED if stopped else failed)


def _outputs(
    paths: list[str] | None, page: PageChoices, *, force: bool, inputs: Sequence[str] = ()
) -> tuple[Output, ...]:
    paths = paths or [DEFAULT_OUTPUTS[page.layout]]
    return plan_outputs(
        paths,
        page.format,
        force=force,
        inputs=inputs,
        layout=page.layout,
        images=page.images,
    )


def _analyze(
    texts: TextSet,
    spec: ModelSpec,
    folder: Path,
    chosen: tuple[InputChoices, ModelChoices, AnalysisChoices],
    talk: Talk,
) -> "Results":
    for line in () if talk.quiet else choices.without_effect(chosen[2]):
        typer.echo(f"reportgen: {line}", err=True)
    quiet_libraries(talk)
    from reportgen.analysis import AnalysisOptions, analyze
    from reportgen.model.load import load_model

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
                shown=choices.shown_options(*chosen),
            ),
            progress,
        )


def _shown(results: "Results", page: PageChoices, stack: ExitStack, *, redact: bool) -> "Results":
    """What is written: the results, or until `stack` is left a copy without texts and tokens."""
    if not redact:
        return results
    from reportgen.redaction import redacted

    return stack.enter_context(redacted(results, page.lang, wanted=True))


def _exit_code(results: "Results", judged: Sequence[GateResult], *, strict: bool) -> int:
    if results.info.evidence.interrupted:
        return EXIT_INTERRUPTED
    if has_failed(judged):
        return EXIT_GATE
    return EXIT_STRICT if strict and terminal.is_flawed(results) else 0
