"""The `reportgen` command.

Each command checks its arguments, calls the Python API and prints the outcome. Torch, transformers,
pandas and plotly are imported inside the commands, after the arguments have been checked.
"""

import sys
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reportgen.analysis import AnalysisOptions
from reportgen.api import (
    Host,
    check_accepted,
    first_files,
    jobs,
    planned_publication,
    sides_of,
    write_first_files,
    writing,
)
from reportgen.api.options import (
    AnalyzeChoices,
    CompareChoices,
    CompareOutputChoices,
    EngineChoices,
    GateChoices,
    InputChoices,
    OutputChoices,
    PublishChoices,
    RenderChoices,
    RunChoices,
    Verbosity,
    arguments,
)
from reportgen.cli import from_options as parameters
from reportgen.cli import outcome
from reportgen.cli.analysing import (
    analyze_models,
    analyze_texts,
    check_place,
    import_api,
    kept_work,
    write_results,
)
from reportgen.errors import OutputError, UsageError, shortened
from reportgen.files import Staging, scratch_folder
from reportgen.models import ModelSpec, check_spec
from reportgen.report import CompareOptions, RenderOptions, SiteOptions, inert, require_texts

if TYPE_CHECKING:
    from reportgen.results import Results

app = typer.Typer(
    name="reportgen",
    cls=parameters.Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line."""
    try:
        app()
    except OSError as error:  # standard output, say, or the folder for temporary files
        reason = shortened(outcome.system_said(error))
        typer.echo(inert(f"reportgen: {reason}"), err=True)
        outcome.give_up_unwritten()
        sys.exit(OutputError.exit_code)


@app.callback()
def root(version: parameters.Version = False) -> None:
    """Report where a transformer looks, text by text, as one offline HTML page."""


@app.command()
@parameters.with_options
def run(
    inputs: InputChoices,
    model: ModelSpec,
    analysis: AnalysisOptions,
    files: OutputChoices,
    options: RenderOptions,
    gating: GateChoices,
    engine: EngineChoices,
    verbosity: Verbosity,
    choices: RunChoices,
    texts: parameters.Texts = None,
    list_figures: parameters.ListFigures = False,
) -> int:
    """Analyse texts and write the report.

    Example: reportgen run texts.csv --model ./checkpoint -o report.html
    """
    model_run = jobs.analysis_of(inputs, model, analysis)
    job = jobs.report_job(files, options, texts or [], gating, redact=choices.redact)
    jobs.require_judged(model, job.gates)
    text_set = arguments.text_set(texts or [], inputs, choices.text, choices.text_variant)
    outcome.print_notes(text_set, verbosity, redact=choices.redact)
    outcome.print_notes(analysis.swap, verbosity, redact=choices.redact)
    if choices.redact:
        require_texts(text_set.read_alike)
    place = jobs.kept_beside(job, resume=choices.resume)
    started = time.perf_counter()
    outcome.print_lines(job.recovered, verbosity)
    import_api("reportgen.api.measurement", verbosity)
    with (
        kept_work(place, verbosity, resume=choices.resume, force=files.force)
        if place
        else nullcontext() as kept,
        Staging(force=files.force) as staging,
        scratch_folder() as scratch,
    ):
        folder = staging.folder(job.folders[0]) if job.folders else scratch
        results = analyze_texts(
            text_set,
            model_run,
            folder,
            verbosity,
            redact=choices.redact,
            kept=kept.path if kept else None,
            engine=engine,
        )
        from reportgen.api import Report
        from reportgen.results import name_commit

        report = Report(name_commit(results, options.commit))
        written, lines = outcome.written_report(report, job, staging, verbosity, started)
        code = outcome.exit_code(results, written.gates, strict=choices.strict)
        staging.commit()
        lines += outcome.settled(kept, results)
        outcome.finish(written, job, lines, gating, verbosity)
    return code


@app.command()
@parameters.with_options
def analyze(
    inputs: InputChoices,
    model: ModelSpec,
    analysis: AnalysisOptions,
    engine: EngineChoices,
    verbosity: Verbosity,
    choices: AnalyzeChoices,
    texts: parameters.Texts = None,
) -> int:
    """Analyse texts and keep the results in a folder, to write reports from later.

    Example: reportgen analyze texts.csv --model ./checkpoint -o results/
    """
    model_run = jobs.analysis_of(inputs, model, analysis)
    check_place(choices, verbosity)
    text_set = arguments.text_set(texts or [], inputs, choices.text, choices.text_variant)
    outcome.print_notes(text_set, verbosity)
    outcome.print_notes(analysis.swap, verbosity)

    def measured(folder: Path, kept: Path) -> "Results":
        return analyze_texts(
            text_set,
            model_run,
            folder,
            verbosity,
            kept=kept,
            engine=engine,
        )

    return write_results("measurement", measured, choices, verbosity)


@app.command()
def init(
    host: Annotated[
        Host | None,
        typer.Option(help="Write a recipe for this host too, e.g. github."),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Overwrite recipes that exist; without --host, the settings."),
    ] = False,
    show: Annotated[
        bool, typer.Option("--print", help="Print the files and write none, e.g. to paste a part.")
    ] = False,
) -> None:
    """Write a first settings file, and a recipe for a host.

    Example: reportgen init --host github
    """
    with outcome.user_errors(redact=False):
        if show:
            typer.echo("\n".join(first_files(host).values()), nl=False)
            return
        for line in write_first_files(host, force=force):
            typer.echo(line, err=True)


@app.command()
@parameters.with_options
def site(
    options: SiteOptions,
    verbosity: Verbosity,
    folder: parameters.SiteFolder,
) -> int:
    """List the reports of a folder in its index.html, the newest first, from the summary.json
    beside each.

    Example: reportgen site public/
    """
    from reportgen.report import write_site

    outcome.print_lines(write_site(folder, options), verbosity)
    return 0


@app.command()
@parameters.with_options
def render(
    files: OutputChoices,
    options: RenderOptions,
    gating: GateChoices,
    verbosity: Verbosity,
    choices: RenderChoices,
    results: parameters.ResultsFolder,
    list_figures: parameters.ListFigures = False,
) -> int:
    """Write the report from a folder of results; the model is not needed.

    Example: reportgen render results/ -o report.html -o tokens.csv
    """
    job = jobs.report_job(files, options, [str(results)], gating, redact=choices.redact)
    if job.folders:
        raise UsageError("render writes no results folder; name a file such as report.html")
    started = time.perf_counter()
    import_api("reportgen.api.report", verbosity)
    from reportgen.api import open_report

    outcome.print_lines(job.recovered, verbosity)
    with Staging(force=files.force) as staging:
        report = open_report(results)
        written, lines = outcome.written_report(report, job, staging, verbosity, started)
        staging.commit()
        outcome.finish(written, job, lines, gating, verbosity)
    return outcome.gate_code(written.gates)


@app.command()
@parameters.with_options
def publish(
    verbosity: Verbosity, choices: PublishChoices, sources: parameters.PublishedSources
) -> int:
    """Publish results, or a text that was written of them, as a comment on a pull request or a page
    of a wiki; or renew it. Several folders of results are compared.

    Example: reportgen publish results/ --to github-pr
    """
    planned = planned_publication(
        sources,
        choices.to,
        choices.page,
        choices.title,
        redact=choices.redact,
        id=choices.id,
        lang=choices.lang,
        page_url=choices.page_url,
        comment=choices.comment,
    )
    place, publication = planned.place, planned.publication
    if choices.dry_run:
        typer.echo(publication.text, nl=False)
        size = f"{len(publication.text):,} characters"
        files = "".join(f", {name}" for name in publication.files)
        what = f"would be {place.meaning}, id {publication.id}: {size}{files}"
        line = f"{sources[0]}: {what}; nothing sent"
        outcome.print_lines([line], verbosity)
        return 0
    published = planned.publish(force=choices.force)
    outcome.print_lines([f"{published.address}: {published.state}"], verbosity)
    return 0


@app.command()
@parameters.with_options
def check(model: ModelSpec, verbosity: Verbosity) -> int:
    """Check whether the attention of a model can be reported, and how.

    Example: reportgen check --model ./checkpoint
    """
    check_spec(model)
    if sys.stdout is None:
        raise OutputError("standard output is closed; check prints there what it finds")
    import_api("reportgen.api.analyze", verbosity)
    from reportgen.api import check_model

    for line in check_model(model, verbose=verbosity.verbose):
        typer.echo(inert(line))
    return 0


@app.command()
@parameters.with_options
def compare(
    inputs: InputChoices,
    analysis: AnalysisOptions,
    files: CompareOutputChoices,
    options: CompareOptions,
    gating: GateChoices,
    verbosity: Verbosity,
    choices: CompareChoices,
    paths: parameters.ComparePaths,
    list_figures: parameters.ListCompareFigures = False,
) -> int:
    """Compare two models, or more, on the same texts.

    Example: reportgen compare base_results/ head_results/ -o compare.html
    """
    sides = sides_of(paths, choices.base, choices.head or (), inputs, analysis)
    read = [*sides.inputs, *([] if choices.null is None else [choices.null])]
    if choices.accept and files.output is None:
        files = replace(files, output=[])
    given = None if choices.accept else gating
    job = jobs.comparison_job(
        files, options, read, given, n_models=sides.n_models, redact=choices.redact
    )
    report = jobs.head_report(choices.report or (), job, read)
    place = None
    if choices.accept:
        place = check_accepted(sides.folders, sides.n_models, redact=choices.redact)
    is_interrupted = False
    outcome.print_lines(job.recovered, verbosity)
    if choices.accept and (gating.fail_if or gating.warn_if):
        outcome.print_lines(["--accept: gates do not count, so none was evaluated"], verbosity)
    is_run = bool(sides.models or sides.heads)
    import_api(
        "reportgen.api.measurement" if is_run else "reportgen.api.comparing.compare", verbosity
    )
    from reportgen.api import accept as accept_results
    from reportgen.api import compare as compare_folders
    from reportgen.api import planned, write_comparison

    with scratch_folder() as scratch, Staging(force=files.force) as staging:
        made: list[Path] = []
        if is_run:
            text_set, models = planned(sides, inputs, analysis)
            outcome.print_notes(text_set, verbosity, redact=choices.redact)
            if choices.redact:
                require_texts(text_set.read_alike)
            made, is_interrupted = analyze_models(
                text_set,
                models,
                scratch,
                verbosity,
                redact=choices.redact,
                is_reported=report is not None,
            )
        folders = [*sides.folders, *made]
        folder_names = [folder.name for folder in sides.folders] if is_run else []
        names = [*folder_names, *([""] * len(made))]  # of models theirs
        compared = compare_folders(*folders, null=choices.null, names=names)
        with writing(job.files, verbosity):
            written = write_comparison(compared, job, staging)
        lines = jobs.taken_for_report(job) if sides.heads and report is None else []
        if report is not None:
            with writing(report.files, verbosity):
                reported = compared.head.write(report, staging)
            written = replace(written, lines=(*reported.lines, *written.lines))
            lines += reported.reduced
        if place is not None:
            lines += accept_results(compared.base.findings, compared.head.findings, place, staging)
        staging.commit()
        outcome.finish(written, job, lines, gating, verbosity)
    return outcome.EXIT_INTERRUPTED if is_interrupted else outcome.gate_code(written.gates)
