"""The choices behind a report, as every writer takes them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

Lang: TypeAlias = Literal["en", "ja"]
Heads: TypeAlias = Literal["mean", "sum"]


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How a report is written; what was measured is not changed by any of it."""

    title: str | None = None
    lang: Lang = "en"
    heads: Heads = "mean"  # heads as means, or as sums over them
    max_size: int = 10_000_000  # bytes of the HTML page
    plotlyjs: Path | None = None  # a plotly.js to use instead of the one plotly brings
