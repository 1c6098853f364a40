"""The choices behind a report, as every writer takes them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from reportgen.gates import GateResult
from reportgen.report.flavors import FlavorName, Images

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
