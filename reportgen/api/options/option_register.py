"""The options of texts, of what is written and of how commands behave, and those that single
commands take; each is declared once, as one field.

Those of the model, of the analysis and of how outputs look are declared in their rooms. Nothing
heavy is imported here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from reportgen.models import ModelSpec
from reportgen.options import Option, options_in
from reportgen.publishing import PLACES
from reportgen.report import (
    COMPARISON_FORMATS,
    REPORT_FORMATS,
    CommentFile,
    Format,
    Lang,
    read_commit,
)
from reportgen.texts import InputFormat, read_label_map

_TEXTS = partial(Option, panel="Texts")
_REPORT = partial(Option, panel="Report")
_GATES = partial(Option, panel="Gates")
_ENGINE = partial(Option, panel="Engine")


@dataclass(frozen=True, slots=True)
class InputChoices:
    """How to read the texts: which columns, in which encoding and format."""

    text_column: Annotated[
        str | None,
        _TEXTS(
            is_common=True,
            help="Column with the texts, e.g. title. Default: text, a usual name such as "
            "sentence or prompt, or the only column of words.",
        ),
    ] = None
    pair_column: Annotated[
        str | None,
        _TEXTS(
            is_common=True,
            help="Column with a second text, e.g. reply. Default: pair, or the usual partner of "
            "the texts' column, such as hypothesis or context.",
        ),
    ] = None
    completion_column: Annotated[
        str | None,
        _TEXTS(
            help="Column with what a model was to write after each text, or for it, e.g. answer. "
            "Default: completion, if there is one."
        ),
    ] = None
    choice_columns: Annotated[
        str | None,
        _TEXTS(
            help="Columns with the choices of each text, with commas between, e.g. a,b,c; or one "
            "column that holds lists. Default: choice1, choice2 and so on, or choices, if there "
            "are any."
        ),
    ] = None
    label_column: Annotated[
        str | None,
        _TEXTS(
            is_common=True,
            help="Column with the true value, e.g. stars. Default: label, or a usual name such as "
            "score or ner_tags.",
        ),
    ] = None
    label_map: Annotated[
        str | None,
        _TEXTS(
            read=read_label_map,
            help="Other names for labels, e.g. 1=negative,2=positive; or a JSON object.",
        ),
    ] = None
    id_column: Annotated[
        str | None,
        _TEXTS(help="Column with the ids, e.g. ad_id. Default: id if there is one, or 1, 2, 3."),
    ] = None
    group_column: Annotated[
        str | None,
        _TEXTS(
            help="Column that groups the texts, e.g. campaign. Default: group, if there is one."
        ),
    ] = None
    units_column: Annotated[
        str | None,
        _TEXTS(
            help="Column with the units of each text, e.g. chunks: a JSON list of strings or of "
            "[start, end], or an object of such lists for text and pair. Default: units, if there "
            "is one."
        ),
    ] = None
    variant_of_column: Annotated[
        str | None,
        _TEXTS(
            help="Column with the id of the text that a text is a variant of, e.g. original. "
            "Default: variant_of, if there is one."
        ),
    ] = None
    variant_column: Annotated[
        str | None,
        _TEXTS(
            help="Column with the name of the edit that made a variant, e.g. edit. Default: "
            "variant, if there is one."
        ),
    ] = None
    score_columns: Annotated[
        str | None,
        _TEXTS(help="Columns with scores of your own per token or word, e.g. captum,shap."),
    ] = None
    scores: Annotated[
        list[str] | None,
        _TEXTS(
            metavar="FILE",
            write=",".join,
            help="Table of scores of your own (text, unit, score), e.g. captum=scores.csv.",
        ),
    ] = None
    encoding: Annotated[
        str | None, _TEXTS(help="Encoding of the files, e.g. cp932. Default: detected.")
    ] = None
    delimiter: Annotated[
        str | None,
        _TEXTS(help="What stands between the cells of a CSV, e.g. ; or tab. Default: detected."),
    ] = None
    sheet: Annotated[
        str | None, _TEXTS(help="Sheet of an Excel workbook, e.g. Reviews. Default: the first.")
    ] = None
    input_format: Annotated[
        InputFormat | None,
        _TEXTS(help="Format of the files, e.g. jsonl. Default: taken from the suffix."),
    ] = None
    limit: Annotated[
        int | None, _TEXTS(is_common=True, least=1, help="Only the first N texts, e.g. 20.")
    ] = None


def _example(known: Format) -> str:
    """A file name, followed by the name of its format if that is not its suffix."""
    return known.example + f" ({known.name})" * (known.suffix != f".{known.name}")


def _output_option(examples: Sequence[str]) -> Option:
    first, *others = examples
    return Option(
        is_common=True,
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
        list[str] | None, _output_option([*map(_example, REPORT_FORMATS), "results/ (a folder)"])
    ] = None
    format: Annotated[str | None, _format_option(REPORT_FORMATS)] = None
    force: Annotated[bool, Option(is_common=True, help="Overwrite files that exist.")] = False
    open: Annotated[bool, Option(is_common=True, help="Open the HTML page in a browser.")] = False
    github_summary: Annotated[
        bool, _REPORT(help="Add the Markdown to the summary of the step, e.g. in GitHub Actions.")
    ] = False


@dataclass(frozen=True, slots=True)
class CompareOutputChoices(OutputChoices):
    """Which files to write from a comparison."""

    output: Annotated[
        list[str] | None, _output_option([known.comparison_example for known in COMPARISON_FORMATS])
    ] = None
    format: Annotated[str | None, _format_option(COMPARISON_FORMATS)] = None


@dataclass(frozen=True, slots=True)
class GateChoices:
    """Conditions on the figures, and where to report those that are not met."""

    fail_if: Annotated[
        list[str] | None,
        _GATES(
            is_common=True,
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
            help="Show gates that did not pass as annotations of the job, e.g. github; auto does "
            "so on GitHub Actions."
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
        float, _ENGINE(least=0, most=1000, help="GPUs that Ray gives to each of them, e.g. 1.")
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


# What single commands take. Where a command has an option, its name and meaning are always these.
_FOLDER = Option(
    is_common=True,
    flags=("--output", "-o"),
    metavar="FOLDER",
    help="Results folder, e.g. results/.",
    is_setting=False,  # `output` of settings names files
)
_Force = Annotated[bool, Option(is_common=True, help="Overwrite a folder that exists.")]
_Resume = Annotated[
    bool,
    Option(
        help="Go on where an earlier run of the same command ended early; what it did is kept "
        "beside its first output, e.g. in report.html.unfinished.",
        is_setting=False,
    ),
]
_Strict = Annotated[bool, Option(help="Exit with code 4 if a text is empty or fails.")]
_Commit = Annotated[
    str | None,
    Option(
        read=read_commit,
        help="The commit that is analysed, e.g. 4f2a9c1; what is made of the results names it.",
    ),
]
_Text = Annotated[
    list[str] | None,
    _TEXTS(
        is_common=True,
        metavar="TEXT",
        help='A text itself, in place of a file, e.g. "Great camera, weak battery."; may repeat.',
        is_setting=False,
    ),
]
_TextVariant = Annotated[
    list[str] | None,
    _TEXTS(
        metavar="TEXT",
        help="A variant of the text of --text, to see what changes; may repeat. With several texts "
        "there is one for each, in the same order.",
        is_setting=False,
    ),
]
_Redact = Annotated[
    bool,
    Option(
        is_common=True, help="Write ids and rounded figures only: no texts, no tokens, no maps."
    ),
]
_MODEL = partial(Option, panel="Model", metavar="MODEL")
_CODE = options_in(ModelSpec)


@dataclass(frozen=True, slots=True)
class RunChoices:
    """What `run` takes beside the groups of options."""

    text: _Text = None
    text_variant: _TextVariant = None
    resume: _Resume = False
    strict: _Strict = False
    redact: _Redact = False


@dataclass(frozen=True, slots=True)
class RenderChoices:
    """What `render` takes beside the groups of options."""

    redact: _Redact = False


@dataclass(frozen=True, slots=True)
class PublishChoices:
    """What `publish` takes beside the groups of options."""

    to: Annotated[
        str | None,
        Option(
            metavar="PLACE",
            help=f"Where to publish: {', '.join(place.name for place in PLACES)}. The environment "
            "says where exactly, and holds the token.",
        ),
    ] = None
    page: Annotated[
        Path | None,
        Option(
            help="The full page, e.g. report.html, where the place takes it. Of results it is "
            "written."
        ),
    ] = None
    title: Annotated[
        str | None, Option(help='Title of the page in a wiki, e.g. "Headline model, June".')
    ] = None
    force: Annotated[
        bool,
        Option(
            help="Replace a page that reportgen did not write, or a redacted text by one that is "
            "not."
        ),
    ] = False
    dry_run: Annotated[bool, Option(help="Print what would be sent, and send nothing.")] = False
    id: Annotated[
        str | None,
        Option(
            help="Of results: by which a later run finds the comment or page, e.g. headlines-june. "
            "Default: report, or compare."
        ),
    ] = None
    lang: Annotated[Lang, Option(help="Of results: the language, e.g. ja.")] = "en"
    page_url: Annotated[
        str | None,
        Option(
            metavar="URL",
            help="Where the HTML page is found, e.g. https://example.com/report.html: the verdict "
            "links to it. Default of results in CI: the run with its artifacts.",
        ),
    ] = None
    comment: CommentFile = None
    redact: _Redact = False


@dataclass(frozen=True, slots=True)
class AnalyzeChoices:
    """What `analyze` takes beside the groups of options."""

    text: _Text = None
    text_variant: _TextVariant = None
    output: Annotated[Path, _FOLDER] = Path("results")
    force: _Force = False
    resume: _Resume = False
    strict: _Strict = False
    commit: _Commit = None


@dataclass(frozen=True, slots=True)
class CompareChoices:
    """What `compare` takes beside the groups of options."""

    base: Annotated[
        str | None,
        _MODEL(is_common=True, help="The old model, e.g. ./old, a Hugging Face id or demo."),
    ] = None
    head: Annotated[
        list[str] | None,
        _MODEL(
            is_common=True,
            help="The new model, e.g. ./new, a Hugging Face id or demo. Named again, it is a "
            "further model; the last one is compared in full.",
        ),
    ] = None
    null: Annotated[
        str | None,
        Option(
            panel="Model",
            metavar="RESULTS",
            help="Results of the old model trained with another seed, e.g. results_seed2/: only "
            "changes larger than those to it are named.",
        ),
    ] = None
    report: Annotated[
        list[str] | None,
        Option(
            is_common=True,
            metavar="PATH",
            help="Where to write the report of the new model too, e.g. report.html; may repeat. "
            "What --output names is the comparison.",
        ),
    ] = None
    accept: Annotated[
        bool,
        Option(
            is_common=True,
            help="Put the new model's results in the place of the baseline, and say which figures "
            "that changes, e.g. after a change that is wanted; gates do not count.",
            is_setting=False,
        ),
    ] = False
    redact: _Redact = False
