"""The choices behind a report, as every writer takes them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from reportgen.errors import UsageError
from reportgen.findings.gates import GateResult

TableName: TypeAlias = Literal["tokens", "heads", "texts", "sinks", "agreement"]
TABLE_NAMES: tuple[TableName, ...] = get_args(TableName)
FlavorName: TypeAlias = Literal["github", "gitlab", "azure", "bitbucket", "plain"]
Images: TypeAlias = Literal["svg", "png", "none"]
Lang: TypeAlias = Literal["en", "ja"]
Heads: TypeAlias = Literal["mean", "sum"]
Layout: TypeAlias = Literal["file", "dir"]


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How a report is written; what was measured is not changed by any of it."""

    title: str | None = None
    lang: Lang = "en"
    heads: Heads = "mean"  # heads as means, or as sums over them
    max_size: int = 10_000_000  # bytes of the HTML page
    plotlyjs: Path | None = None  # a plotly.js to use instead of the one plotly brings
    detail: str | None = None  # the texts that carry more than a line, see `detail`
    pool_above: int | None = 256  # tokens; the maps of longer texts are pooled, None: of none
    layout: Layout = "file"  # everything in one file, or styles and scripts in files beside it
    md_flavor: FlavorName = "github"
    md_limit: int | None = None  # code points of the Markdown; None: what its flavour takes
    images: Images = "svg"  # of the pictures beside Markdown and Confluence pages
    id: str = "report"  # what a later run finds the same report by, hidden in it
    gates: tuple[GateResult, ...] = ()  # what was asked of the figures, and what was found


def read_plotlyjs(path: Path) -> str:
    """The text of the plotly.js bundle at `path`.

    Raises:
        UsageError: the file cannot be read or is not plotly.js.
    """
    try:
        source = path.read_text("utf-8-sig")
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
