"""What a user can choose about the outputs of reports, comparisons and lists of reports."""

import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Literal, TypeAlias, get_args

from reportgen.errors import UsageError, without_surrogates
from reportgen.files import read_within
from reportgen.findings import (
    QUALITY,
    GateResult,
    SmallestChange,
    read_smallest_change,
    write_smallest_change,
)
from reportgen.options import Option
from reportgen.report.author import AuthorComment, read_comment
from reportgen.results import (
    COLOURS,
    USER_PREFIX,
    is_commit,
)

_PLOTLYJS_BYTES = 50_000_000  # ten times the largest bundle
# What `colour` takes: a measure that colours texts, or where the model looks.
COLOUR_CHOICES: tuple[str, ...] = ("auto", *COLOURS)
TableName: TypeAlias = Literal[
    "tokens", "heads", "texts", "predictions", "sinks", "agreement", "edits"
]
TABLE_NAMES: tuple[TableName, ...] = get_args(TableName)
CompareTableName: TypeAlias = Literal["changes", "tokens", "figures", "layers", "heads", "trend"]
COMPARE_TABLE_NAMES: tuple[CompareTableName, ...] = get_args(CompareTableName)
FlavorName: TypeAlias = Literal["github", "gitlab", "mkdocs", "plain"]
Images: TypeAlias = Literal["svg", "png", "none"]
Lang: TypeAlias = Literal["en", "ja"]
Heads: TypeAlias = Literal["mean", "sum"]
Layout: TypeAlias = Literal["file", "dir"]


def read_size(text: str) -> int:
    """Convert a size such as 25MB or 800 kB (decimal units) to bytes.

    Raises:
        UsageError: `text` is not a size.
    """
    match = re.fullmatch(r"\s*(\d{1,12}(?:\.\d+)?)\s*([kmg]?)b?\s*", text, re.IGNORECASE)
    if match is None:
        raise UsageError(f"--max-size {text}: not a size; write 25MB or 800KB")
    return int(float(match[1]) * 1000 ** " kmg".index(match[2].lower() or " "))


def read_colour(text: str) -> str:
    """The name of a measure that colours texts.

    Raises:
        UsageError: there is none of this name.
    """
    if text not in COLOUR_CHOICES and not text.startswith(USER_PREFIX):
        raise UsageError(
            f"--colour {text}: takes {', '.join(COLOUR_CHOICES)}, or {USER_PREFIX} and the name of "
            "scores that came with the texts"
        )
    return without_surrogates(text)


_ADDRESS = re.compile(r"(?:https?://[^\s/:#]+(?::[0-9]+)?(?:/[^\s#]*)?|[^\s:#]+)")


def read_page_url(text: str) -> str:
    """The address of a page: http or https, or a path beside the file that links to it.

    Raises:
        UsageError: `text` is neither, or names a part of a page.
    """
    if not text.isprintable() or not _ADDRESS.fullmatch(text):
        raise UsageError(
            f"--page-url {text}: not the address of a page; write https://..., or a path beside "
            "the Markdown such as report.html, without spaces and without #"
        )
    return text


def read_commit(text: str) -> str:
    """The name of a commit, or of two such as 1b3c5d7..4f2a9c1.

    Raises:
        UsageError: `text` is neither.
    """
    if not is_commit(text):
        raise UsageError(
            f"--commit {text}: write letters, digits and . _ / - alone, such as 4f2a9c1, at most "
            "100 of them"
        )
    return text


def write_size(size: int) -> str:
    return f"{size // 1_000_000}MB" if size % 1_000_000 == 0 else str(size)


def _read_pool_above(text: str) -> int | None:
    if text != "none" and not re.fullmatch(r"[0-9]{1,12}", text):
        raise UsageError(f"--pool-above {text}: write none or a number of tokens such as 512")
    return None if text == "none" else int(text)


def _write_pool_above(tokens: int | None) -> str:
    return "none" if tokens is None else str(tokens)


_REPORT = partial(Option, panel="Report")
_MARKDOWN = partial(_REPORT, changes_page=False)
_TITLE = partial(_REPORT, read=without_surrogates)
_SIZE = partial(_REPORT, least=0, metavar="SIZE", read=read_size, write=write_size)
CommentFile: TypeAlias = Annotated[
    AuthorComment | None,
    _REPORT(
        metavar="FILE",
        read=read_comment,
        write=lambda comment: comment.name,
        help="A word from the author, in Markdown, e.g. notes.md; it stands under the title of "
        "pages and short forms, and is not redacted.",
    ),
]
_ID_HELP = "Hidden in Markdown, so that its comment can be found again, e.g. headlines-june."
# What reports and comparisons ask alike.
DecidingFigure: TypeAlias = Annotated[
    str | None,
    _REPORT(
        choices=tuple(QUALITY),
        metavar="FIGURE",
        help="The figure that decides how good a model is, e.g. rmse. Default: that of the "
        "kind of output, such as mae or accuracy.",
    ),
]
USUAL_CHANGE = write_smallest_change(SmallestChange())
LeastChange: TypeAlias = Annotated[
    str,
    _REPORT(
        metavar="N%,Npoints",
        read=read_smallest_change,
        help="The smallest change of quality that is worth telling: of an error or a "
        "perplexity as a share of the old one, of a share or a correlation in points, e.g. "
        "10%,2points.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOptions:
    """What reports and comparisons have in common."""

    title: Annotated[
        str | None,
        _TITLE(is_common=True, help='Title of the outputs, e.g. "Headlines, June".'),
    ] = None
    lang: Annotated[Lang, _REPORT(is_common=True, help="Language of the outputs, e.g. ja.")] = "en"
    md_flavor: Annotated[
        FlavorName,
        _MARKDOWN(
            help="The host that shows the Markdown, which limits its form and length, e.g. gitlab."
        ),
    ] = "github"
    md_limit: Annotated[
        int | None,
        _MARKDOWN(
            least=1,
            help="Longest Markdown in characters, e.g. 20000; table rows that do not fit are left "
            "out. Default: what the host takes.",
        ),
    ] = None
    page_url: Annotated[
        str | None,
        _MARKDOWN(
            metavar="URL",
            read=read_page_url,
            help="Where the HTML page will be found, e.g. https://example.com/report.html: the "
            "headline and the texts of Markdown and Confluence link to it.",
        ),
    ] = None
    commit: Annotated[
        str | None,
        _MARKDOWN(
            read=read_commit,
            help="The commit that the outputs belong to, e.g. 4f2a9c1; it stands beside the date "
            "in Markdown and Confluence.",
        ),
    ] = None
    layout: Annotated[
        Layout,
        _REPORT(
            help="One HTML file, or a folder with styles and scripts in files of their own for "
            "hosts that forbid them inside a page, e.g. dir with -o report/index.html."
        ),
    ] = "file"
    images: Annotated[
        Images,
        _MARKDOWN(
            help="Format of the pictures in img/ beside Markdown and Confluence pages, e.g. png "
            "(needs the extra [png]) or none."
        ),
    ] = "svg"
    quality: DecidingFigure = None
    comment: CommentFile = None
    gates: tuple[GateResult, ...] = field(default=(), repr=False)  # conditions and what was found


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareOptions(WriteOptions):
    """How a comparison is written."""

    smallest_change: LeastChange = USUAL_CHANGE
    id: Annotated[str, _MARKDOWN(help=_ID_HELP)] = "compare"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderOptions(WriteOptions):
    """How a report is written; none of it changes what was measured."""

    heads: Annotated[
        Heads, _REPORT(help="Show the mean over the heads in tables and charts, or e.g. sum.")
    ] = "mean"
    max_size: Annotated[
        int,  # bytes
        _SIZE(
            help="Largest HTML page, e.g. 25MB; texts that do not fit lose their single heads "
            "first.",
        ),
    ] = 10_000_000
    colour: Annotated[
        str,
        _REPORT(
            read=read_colour,
            metavar="auto|VIEW",
            help="What colours the texts first, e.g. gradient or scores:captum; auto shows where "
            "the model looks.",
        ),
    ] = "auto"
    pool_above: Annotated[
        int | None,
        _REPORT(
            least=0,
            metavar="TOKENS|none",
            read=_read_pool_above,
            write=_write_pool_above,
            help="Pool the attention maps of texts with more tokens than this, e.g. 512.",
        ),
    ] = 256
    plotlyjs: Annotated[
        Path | None,
        _REPORT(
            write=lambda path: path.name,  # no folder of the machine goes into an output
            help="A plotly.js file to use instead of the built-in one, e.g. "
            "plotly-cartesian.min.js.",
        ),
    ] = None
    id: Annotated[str, _MARKDOWN(help=_ID_HELP)] = "report"


OutputOptions: TypeAlias = CompareOptions | RenderOptions


def read_plotlyjs(path: Path) -> str:
    """The text of the plotly.js file at `path`.

    Raises:
        UsageError: the file cannot be read or is not plotly.js.
    """
    try:
        source = read_within(path, _PLOTLYJS_BYTES).decode("utf-8-sig")
    except FileNotFoundError as error:
        raise UsageError(f"--plotlyjs {path}: no such file") from error
    except OSError as error:
        raise UsageError(f"--plotlyjs {path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise _other(path) from error
    if "plotly.js" not in source or "newPlot" not in source:
        raise _other(path)
    return source


def _other(path: Path) -> UsageError:
    return UsageError(
        f"--plotlyjs {path}: not plotly.js; give a bundle such as plotly-cartesian.min.js, or "
        "leave the option out"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteOptions:
    """How a list of reports is written."""

    title: Annotated[
        str | None,
        _TITLE(is_common=True, help='Title of the list of reports, e.g. "Headline model".'),
    ] = None
    lang: Annotated[Lang, _REPORT(is_common=True, help="Language of the list, e.g. ja.")] = "en"
    force: Annotated[
        bool, _REPORT(is_common=True, help="Replace an index.html that is no such list.")
    ] = False
