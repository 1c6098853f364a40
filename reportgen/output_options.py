"""The options that say what the outputs look like, and what is asked of the figures."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from reportgen.report.flavors import FlavorName, Images
from reportgen.report.options import Heads, Lang, Layout

_report = partial(typer.Option, rich_help_panel="Report")
_gates = partial(typer.Option, rich_help_panel="Gates")

# Of a report and of a comparison.
_MdFlavor = Annotated[
    FlavorName,
    _report(help="Where Markdown is going: what it may hold and how long it may be, e.g. gitlab."),
]
_MdLimit = Annotated[
    int | None,
    _report(
        min=1,
        help="Characters of Markdown; whole rows are left out, e.g. 20000. Default: what the "
        "flavour takes.",
    ),
]
_Id = Annotated[
    str,
    _report(help="Hidden in Markdown, to find its comment again, e.g. headlines-june."),
]
_GithubSummary = Annotated[
    bool,
    _report(help="Add the Markdown to a step's summary, e.g. in a job on GitHub Actions."),
]


@dataclass(frozen=True, slots=True)
class PageChoices:
    """What the outputs look like."""

    heads: Annotated[
        Heads,
        _report(help="Tables and charts show the mean over heads, or their sum, e.g. sum."),
    ] = "mean"
    title: Annotated[str | None, _report(help='e.g. "Headlines, June".')] = None
    lang: Annotated[Lang, _report(help="Language of the report, e.g. ja.")] = "en"
    max_size: Annotated[
        str,
        _report(help="What the page may weigh before texts lose their single heads, e.g. 25MB."),
    ] = "10MB"
    detail: Annotated[
        str | None,
        _report(
            metavar="ID,…|first:N|worst:N|all|none",
            help="The texts that carry figures and maps, as far as --max-size goes: by id, the "
            "first N, the N with the largest error, e.g. 17,42 or worst:20; default: all, those "
            "that deserve a look first.",
        ),
    ] = None
    pool_above: Annotated[
        str,
        _report(
            metavar="TOKENS|none",
            help="Pool the attention maps of texts with more tokens over their whole length, e.g. "
            "512.",
        ),
    ] = "256"
    layout: Annotated[
        Layout,
        _report(
            help="One file, or styles and scripts in files beside the page for hosts that allow "
            "nothing inline, e.g. dir with -o report/index.html."
        ),
    ] = "file"
    plotlyjs: Annotated[
        Path | None,
        _report(help="Another plotly.js to put in the page, e.g. plotly-cartesian.min.js."),
    ] = None
    md_flavor: _MdFlavor = "github"
    md_limit: _MdLimit = None
    images: Annotated[
        Images,
        _report(
            help="Pictures in img/ beside Markdown and Confluence pages, e.g. png (with the extra "
            r"\[png]) or none."
        ),
    ] = "svg"
    id: _Id = "report"
    github_summary: _GithubSummary = False
    format: Annotated[
        Literal["html", "md", "json", "confluence", "csv", "parquet"] | None,
        _report(help="Overrules the suffix of the outputs, e.g. md."),
    ] = None


@dataclass(frozen=True, slots=True)
class GateChoices:
    """What fails a job, and where that is written down."""

    fail_if: Annotated[
        list[str] | None,
        _gates(
            metavar="EXPR",
            help='Exit with 3 where this holds, e.g. "special_share_max > 0.8"; may repeat.',
        ),
    ] = None
    warn_if: Annotated[
        list[str] | None,
        _gates(
            metavar="EXPR", help='Warn where this holds, e.g. "unknown_share > 5%"; may repeat.'
        ),
    ] = None
    config: Annotated[
        Path | None,
        _gates(
            metavar="FILE",
            help="Take more gates from it, e.g. gates.yaml; default: the nearest pyproject.toml "
            r"with a table \[tool.reportgen].",
        ),
    ] = None
    annotations: Annotated[
        Literal["auto", "github", "none"],
        _gates(
            help="Show gates that were not passed beside a job, e.g. github; auto: where "
            "GITHUB_ACTIONS is set."
        ),
    ] = "auto"


@dataclass(frozen=True, slots=True)
class CompareChoices:
    """What the outputs of a comparison look like."""

    title: Annotated[str | None, _report(help='e.g. "Headlines, June against May".')] = None
    lang: Annotated[Lang, _report(help="Language of the outputs, e.g. ja.")] = "en"
    format: Annotated[
        Literal["html", "md", "json"] | None,
        _report(help="Overrules the suffix of the outputs, e.g. md."),
    ] = None
    md_flavor: _MdFlavor = "github"
    md_limit: _MdLimit = None
    id: _Id = "compare"
    github_summary: _GithubSummary = False
