"""The keywords of the Python API that stand for options, with their types, so that an editor
completes them and a type checker knows them; a test holds them to the options themselves."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypedDict

from reportgen.report import FlavorName, Lang


class LoadOptions(TypedDict, total=False):
    """How to load a model, beside its name and its tokenizer; see `reportgen run --help-all`."""

    base_model: str | None
    revision: str | None
    factory: str | None
    factory_args: str | Mapping[str, Any] | None
    checkpoint: str | Path | None
    encoder: str | None
    prediction_index: int | None
    output_name: str | None
    class_names: str | Sequence[str] | None
    pooling: Literal["mean", "cls", "last"] | None
    prompts: str | Sequence[str] | None
    trust_remote_code: bool
    device: str
    device_map: str | Mapping[str, Any] | None
    dtype: Literal["float32", "float16", "bfloat16"]
    max_length: int | None


class _LookOptions(TypedDict, total=False):
    """How outputs look, of a report and of a comparison."""

    title: str | None
    lang: Lang
    md_flavor: FlavorName
    md_limit: int | None
    page_url: str | None
    commit: str | None
    layout: Literal["file", "dir"]
    images: Literal["svg", "png", "none"]
    quality: str | None
    comment: str | Path | None
    id: str


class SaveOptions(_LookOptions, total=False):
    """How the outputs of a report look; see `reportgen render --help-all`."""

    heads: Literal["mean", "sum"]
    max_size: int | str
    colour: str
    pool_above: int | str | None
    plotlyjs: str | Path | None


class SaveComparisonOptions(_LookOptions, total=False):
    """How the outputs of a comparison look; see `reportgen compare --help-all`."""

    smallest_change: str
