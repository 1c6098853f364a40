"""Options of what is written and of how a command behaves: outputs, gates, verbosity."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from reportgen.report.format_register import COMPARISON_FORMATS, REPORT_FORMATS, Format
from reportgen.report.options import Option

_REPORT = partial(Option, panel="Report")
_GATES = partial(Option, panel="Gates")
_ENGINE = partial(Option, panel="Engine")


def _example(known: Format) -> str:
    """A file name, followed by the name of its format if that is not its suffix."""
    is_suffix = known.suffix == f".{known.name}"
    return known.example if is_suffix else f"{known.example} ({known.name})"


def _output_option(examples: Sequence[str]) -> Option:
    first, *others = examples
    return Option(
        flags=("--output", "-o"),
        metavar="PATH",
        help=f"Where to write, e.g. {first}; may repeat: {', '.join(others)}. The suffix decides "
        "the format. - is standard output.",
    )


def _format_option(formats: Sequence[Format]) -> Option:
    return _REPORT(
        choices=tuple(known.name for known in formats),
        help="Format of the outputs, e.g. md. Default: taken from the suffix.",
    )


@dataclass(frozen=True, slots=True)
class OutputChoices:
    """Which files to write from a report."""

    output: Annotated[
        list[str] | None,
        _output_option([*map(_example, REPORT_FORMATS), "results/ (a folder)"]),
    ] = None
    format: Annotated[str | None, _format_option(REPORT_FORMATS)] = None
    force: Annotated[bool, Option(help="Overwrite files that exist.")] = False
    open: Annotated[bool, Option(help="Open the HTML page in a browser.")] = False
    github_summary: Annotated[
        bool,
        _REPORT(help="Add the Markdown to the summary of the step, e.g. in GitHub Actions."),
    ] = False


@dataclass(frozen=True, slots=True)
class CompareOutputChoices(OutputChoices):
    """Which files to write from a comparison."""

    output: Annotated[
        list[str] | None,
        _output_option([known.comparison_example for known in COMPARISON_FORMATS]),
    ] = None
    format: Annotated[str | None, _format_option(COMPARISON_FORMATS)] = None


@dataclass(frozen=True, slots=True)
class GateChoices:
    """Conditions on the figures, and where to report those that are not met."""

    fail_if: Annotated[
        list[str] | None,
        _GATES(
            metavar="EXPR",
            help='Exit with code 3 if this holds, e.g. "special_share_max > 0.8"; may repeat.',
        ),
    ] = None
    warn_if: Annotated[
        list[str] | None,
        _GATES(metavar="EXPR", help='Warn if this holds, e.g. "unknown_share > 5%"; may repeat.'),
    ] = None
    config: Annotated[
        Path | None,
        _GATES(
            metavar="FILE",
            help="File with more gates, e.g. gates.yaml. Default: the nearest pyproject.toml with "
            "a table [tool.reportgen].",
        ),
    ] = None
    annotations: Annotated[
        Literal["auto", "github", "none"],
        _GATES(
            help="Show gates that did not pass, and the texts of a comparison that got worst, as "
            "annotations of the job, e.g. github; auto does so on GitHub Actions."
        ),
    ] = "auto"


@dataclass(frozen=True, slots=True)
class EngineChoices:
    """Which processes do the work; the results do not depend on it."""

    workers: Annotated[
        int,
        _ENGINE(
            least=1,
            most=100_000,
            help="Analyse in N processes, each with a copy of the model, e.g. 4; on one machine "
            "they share its threads.",
        ),
    ] = 1
    engine: Annotated[
        Literal["local", "ray"],
        _ENGINE(
            help="Where they run: on this machine, or ray, on the Ray cluster at RAY_ADDRESS, else "
            "on one that Ray starts here (needs the extra [ray])."
        ),
    ] = "local"
    gpus_per_worker: Annotated[
        float,
        _ENGINE(least=0, most=1000, help="GPUs that Ray gives to each of them, e.g. 1."),
    ] = 0.0


@dataclass(frozen=True, slots=True)
class Verbosity:
    """How much to print."""

    quiet: Annotated[bool, Option(flags=("--quiet", "-q"), help="Print only errors.")] = False
    verbose: Annotated[
        bool,
        Option(
            flags=("--verbose", "-v"),
            help="Print more: checks, versions and why each failed text failed.",
        ),
    ] = False
