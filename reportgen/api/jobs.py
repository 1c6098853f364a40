"""Jobs: what to analyse and what to write, checked before anything heavy is imported."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, TypeVar

from reportgen.analysis import AnalysisOptions
from reportgen.api.options import (
    GateChoices,
    InputChoices,
    OutputChoices,
    check_sample,
    gates,
)
from reportgen.errors import OutputError, UsageError
from reportgen.files import check_unfinished, recover_at
from reportgen.findings import Gate, listed_first
from reportgen.models import ModelSpec, check_spec
from reportgen.options import shown_options
from reportgen.report import (
    COMPARE_TABLE_NAMES,
    STANDARD_OUTPUT,
    CompareOptions,
    Output,
    RenderOptions,
    WriteOptions,
    check_apart,
    check_marker,
    inert,
    limit_of,
    plan_outputs,
    read_plotlyjs,
    table_name,
)
from reportgen.results import created_date

if TYPE_CHECKING:
    from reportgen.results import Results

VARIABLE = "GITHUB_STEP_SUMMARY"
MOST_BYTES = 1_000_000  # the runner refuses more than 1,048,576 of a step, and shows none of it
_LEAST_ROOM = 20_000


@dataclass(frozen=True, slots=True)
class StepSummary:
    """The file that holds the summary, and how many bytes may still be added to it."""

    path: Path
    room: int

    def add(self, text: bytes) -> None:
        """Append `text` to what is there already.

        Raises:
            OutputError: it cannot be written.
        """
        try:
            with self.path.open("ab") as stream:
                stream.write(b"\n" + text if stream.tell() else text)
        except OSError as error:
            raise OutputError(f"${VARIABLE}: cannot be written ({error.strerror})") from error


def find_step_summary(*, wanted: bool) -> StepSummary | None:
    """The summary of the step that this process runs in; None if it is not `wanted`.

    Raises:
        UsageError: this is not a step of GitHub Actions, or its summary is full.
    """
    if not wanted:
        return None
    name = os.environ.get(VARIABLE)
    if not name:
        raise UsageError(
            f"--github-summary: ${VARIABLE} is not set; on GitHub Actions it is. "
            "Elsewhere write the same with -o report.md"
        )
    path = Path(name)
    try:
        with path.open("ab") as stream:
            held = stream.tell()
    except OSError as error:
        raise UsageError(
            f"--github-summary: ${VARIABLE} cannot be written ({error.strerror})"
        ) from error
    room = MOST_BYTES - held - 1
    if room < _LEAST_ROOM:
        raise UsageError(
            f"--github-summary: the summary of this step holds {held:,} of {MOST_BYTES:,} bytes "
            "already; write less to it before, or run this in a step of its own"
        )
    return StepSummary(path, room)


Options = TypeVar("Options", RenderOptions, CompareOptions)
# Where a page goes that no path is given for, by command and layout.
_DEFAULT_OUTPUTS = {
    "run": {"file": "report.html", "dir": "report/index.html"},
    "compare": {"file": "compare.html", "dir": "compare/index.html"},
}


@dataclass(frozen=True, slots=True)
class ModelRun:
    """A model to load, and how to run texts through it."""

    spec: ModelSpec
    options: AnalysisOptions


def analysis_of(inputs: InputChoices, model: ModelSpec, analysis: AnalysisOptions) -> ModelRun:
    """Check the options of a model and its analysis, as far as possible without loading it.

    Raises:
        UsageError: options exclude one another, or SOURCE_DATE_EPOCH is not a date.
        ModelError: the folder of the model does not exist, or holds no model.
    """
    check_sample(analysis)
    check_spec(model)
    created_date()
    shown = shown_options(inputs, model, analysis)
    return ModelRun(model, replace(analysis, shown=shown))


def require_judged(model: ModelSpec, gates: Sequence[Gate]) -> None:
    """Check that a model is named where there are gates: those of a job whose model was forgotten
    would judge the bundled demonstration, and pass.

    Raises:
        UsageError: none is named.
    """
    if gates and model.model is None and model.factory is None:
        raise UsageError(
            "--fail-if, --warn-if: gates judge a model, and none is named; name yours with "
            "--model, or give --model demo for the bundled demonstration"
        )


def first_listed(results: "Results") -> Sequence[int]:
    """The texts that a report lists first, in the results of the first pass."""
    from reportgen.findings import Findings

    return listed_first(Findings(results))


@dataclass(frozen=True, slots=True)
class OutputJob(Generic[Options]):
    """The outputs to write, and how."""

    outputs: tuple[Output, ...]
    options: Options
    force: bool = True  # whether outputs that exist are overwritten
    recovered: tuple[str, ...] = ()  # what was ended for runs that had been killed
    gates: tuple[Gate, ...] = ()
    redact: bool = False
    summary: StepSummary | None = None  # of a step on GitHub Actions
    is_opened: bool = False  # whether a browser shows the page

    @property
    def folders(self) -> list[Path]:
        """The results folders among the outputs."""
        return [Path(output.path) for output in self.outputs if output.is_folder]

    @property
    def files(self) -> list[str]:
        """The other outputs, as a line names them."""
        paths = [output.path for output in self.outputs if not output.is_folder]
        return ["standard output" if path == STANDARD_OUTPUT else inert(path) for path in paths]


AnyJob: TypeAlias = OutputJob[RenderOptions] | OutputJob[CompareOptions]


def report_job(
    files: OutputChoices,
    options: RenderOptions,
    inputs: Sequence[str],
    gating: GateChoices | None = None,
    *,
    redact: bool = False,
) -> OutputJob[RenderOptions]:
    """Check the options of a report and its gates, and that its `files` can be written.

    Raises:
        UsageError: an option has a value that it does not take, or a path cannot be written to.
        OutputError: standard output is closed.
    """
    if options.plotlyjs is not None:
        read_plotlyjs(options.plotlyjs)
    return _job("run", files, options, inputs, gating, redact=redact)


def kept_beside(job: OutputJob[RenderOptions], *, resume: bool) -> Path | None:
    """The path beside which the analysis of `job` keeps its work, so that a later run can go on
    from it. None if everything goes to standard output, or if nothing may be kept.

    Raises:
        UsageError: there is none, but `resume` is asked for; or an earlier run left something
            there, and neither that nor --force is given.
    """
    if job.redact and resume:
        raise UsageError(
            "--resume: the work that it goes on from holds texts, so a run with --redact keeps "
            "none; run without --redact, and give it to render"
        )
    files = [Path(output.path) for output in job.outputs if output.path != STANDARD_OUTPUT]
    if resume and not files:
        raise UsageError("--resume: nothing is kept beside standard output; name a file")
    if job.redact or not files:
        return None
    place = (job.folders or files)[0]
    if job.options.layout == "dir" and place.suffix in (".html", ".htm"):
        place = place.parent  # the folder is the page's own
    check_unfinished(place, resume=resume, force=job.force)
    return place


def comparison_job(
    files: OutputChoices,
    options: CompareOptions,
    inputs: Sequence[str],
    gating: GateChoices | None = None,
    *,
    n_models: int,
    redact: bool = False,
) -> OutputJob[CompareOptions]:
    """Check the options of a comparison of `n_models` and its gates, and that its `files` can be
    written.

    Raises:
        UsageError: as for `report_job`, or comparisons are not written in the format of a path.
        OutputError: standard output is closed.
    """
    job = _job("compare", files, options, inputs, gating, redact=redact)
    if folder := next((output for output in job.outputs if output.is_folder), None):
        raise UsageError(
            f"--output {folder.path}: a comparison has no results folder; analyze writes one"
        )
    _check_trend(job.outputs, n_models)
    return job


def _job(
    command: Literal["run", "compare"],
    files: OutputChoices,
    options: Options,
    inputs: Sequence[str],
    gating: GateChoices | None,
    *,
    redact: bool,
) -> OutputJob[Options]:
    """The job of writing what `command` writes, after checking that it can be done.

    Raises:
        UsageError: an option has a value that it does not take, or a path cannot be written to.
        OutputError: standard output is closed.
    """
    summary = find_step_summary(wanted=files.github_summary)
    conditions = () if gating is None else gates(gating, command, redact=redact)
    created_date()
    limit_of(options.md_flavor, options.md_limit)
    check_marker(options.id)
    default = _DEFAULT_OUTPUTS[command][options.layout]
    paths = [default] if files.output is None else files.output
    recovered = _recover(paths, inputs)
    outputs = plan_outputs(
        paths,
        files.format,
        force=files.force,
        inputs=inputs,
        layout=options.layout,
        images=options.images,
        redact=redact,
        of_comparison=command == "compare",
    )
    return OutputJob(
        outputs, options, files.force, recovered, conditions, redact, summary, files.open
    )


def _check_trend(outputs: Sequence[Output], n_models: int) -> None:
    """Check that more than two models are compared if an output is the table of their trend.

    Raises:
        UsageError: there are two.
    """
    for output in outputs:
        is_table = output.format is not None and output.format.is_table
        if n_models < 3 and is_table and table_name(output.path, COMPARE_TABLE_NAMES) == "trend":
            raise UsageError(
                f"--output {output.path}: the trend is of more than two models; name further "
                "results folders, or write changes.csv"
            )


def _recover(paths: Sequence[str], inputs: Sequence[str]) -> tuple[str, ...]:
    """Clean up after killed runs where outputs go and where results folders are read."""
    folders = [path for path in inputs if not Path(path).is_file()]
    return recover_at(path for path in (*paths, *folders) if path != STANDARD_OUTPUT)


def saved_files(
    paths: Sequence[str | Path], example: str, format: str | None, *, overwrite: bool
) -> OutputChoices:
    """The files that a call of `save` names.

    Raises:
        UsageError: there is none, or one is standard output.
    """
    names = [str(path) for path in paths]
    if not names:
        raise UsageError(f"save: name at least one file, such as {example}")
    if STANDARD_OUTPUT in names:
        raise UsageError("save: standard output is for the command line; name a file")
    return OutputChoices(names, format, force=overwrite)


def head_report(
    paths: Sequence[str], job: OutputJob[CompareOptions], inputs: Sequence[str]
) -> OutputJob[RenderOptions] | None:
    """The job of writing a report of the new model beside the comparison; None if none is asked
    for.

    Raises:
        UsageError: a path cannot be written to, or is one of the comparison, or lies in a folder
            of it or has one of its files in it.
        OutputError: standard output is closed.
    """
    if not paths:
        return None
    taken = {os.path.realpath(output.path) for output in job.outputs}
    for path in paths:
        if path == STANDARD_OUTPUT:
            raise UsageError("--report -: standard output is for the comparison; name a file")
        if os.path.realpath(path) in taken:
            raise UsageError(f"--report {path}: the comparison is written there; name another")
    shared = {field.name: getattr(job.options, field.name) for field in fields(WriteOptions)}
    options = RenderOptions(**shared | {"page_url": None, "gates": ()})
    report = report_job(
        OutputChoices(list(paths), force=job.force), options, inputs, redact=job.redact
    )
    check_apart(job.outputs, report.outputs, options.layout)
    return report


def taken_for_report(job: OutputJob[CompareOptions]) -> list[str]:
    """A line for each comparison whose file name says report, while no report is asked for."""
    return [
        f"{name} is the comparison; --report {name} writes the report of the new model there"
        for name in job.files
        if "report" in Path(name).stem.lower()
    ]
