"""What was run, on what and how: the part of the results that is not a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

# One line for every version of the folder:
# 0: the first, may still change without notice
SCHEMA_VERSION = 0

OutputKind: TypeAlias = Literal["number", "numbers", "class", "labels", "embedding", "next_token"]
Status: TypeAlias = Literal["ok", "truncated", "empty", "failed"]
Batching: TypeAlias = Literal["padded", "equal lengths", "one by one"]
HeadClass: TypeAlias = Literal[
    "vertical", "diagonal", "vertical+diagonal", "block", "heterogeneous"
]
OUTPUT_KINDS: tuple[OutputKind, ...] = get_args(OutputKind)
HEAD_CLASSES: tuple[HeadClass, ...] = get_args(HeadClass)


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """The model as a reader of the report needs to know it; no path of any machine."""

    name: str  # last part of the folder, hub id, or the class of a factory
    source: Literal["demo", "folder", "hub", "factory"]
    architecture: str  # class of the whole model, such as AlbertForSequenceClassification
    encoder: str  # class of the transformer whose attention is read, such as AlbertModel
    n_layers: int
    n_heads: int
    head_size: int  # width of one head's value vectors
    max_tokens: int  # most tokens a text may have, special tokens included
    is_causal: bool
    shares_layers: bool  # one set of weights used by every layer (ALBERT)
    n_parameters: int
    dtype: str
    weights_sha256: str
    tokenizer: str  # class of the tokenizer
    vocabulary_size: int


@dataclass(frozen=True, slots=True)
class OutputInfo:
    """What the model puts out for a text."""

    kind: OutputKind
    name: str  # "score", or what --output-name says
    labels: tuple[str, ...] = ()  # names of the classes, labels or numbers; empty otherwise
    pooling: str | None = None  # how an embedding was pooled: mean, cls or last


@dataclass(frozen=True, slots=True)
class Role:
    """A special token that the tokenizer puts around a text, by the part it plays."""

    key: str  # cls, sep, bos, eos, or the token itself where it has no such name
    token: str  # as the tokenizer writes it, such as [CLS] or <s>


@dataclass(frozen=True, slots=True)
class InputInfo:
    """One file of texts."""

    name: str  # last part of the path, or "stdin"
    sha256: str
    n_texts: int
    n_blank_lines: int = 0


@dataclass(frozen=True, slots=True)
class Checks:
    """What the run verified about its own attention maps.

    The worst value over all texts, but for the padding trial, which runs two of them.
    """

    capture: str  # "hooks" (one layer at a time) or "output" (one batch's layers together)
    row_sum_error: float  # largest distance of a row's sum from 1
    padding_mass: float  # largest weight found on padding
    padded_difference: float | None  # trial: padded against alone; None where it cannot be padded
    batching: Batching  # how texts ran together, so that each one's figures are its own
    unknown_share: float  # share of content tokens that are the unknown token


@dataclass(frozen=True, slots=True)
class Settings:
    """The choices behind the figures, enough to repeat the analysis."""

    options: Mapping[str, str | int | bool] = field(default_factory=dict)  # "text-column": "review"
    keep_maps: str = "all"  # all, none or a number
    maps_kept: int = 0  # texts whose attention maps are in the folder


@dataclass(frozen=True, slots=True)
class RunInfo:
    """Everything about a run that is not a table."""

    created: str  # UTC date, 2026-01-31
    versions: Mapping[str, str]  # reportgen, python, torch, transformers, tokenizers
    model: ModelInfo
    output: OutputInfo
    roles: tuple[Role, ...]  # in the order in which they first stand in a text
    inputs: tuple[InputInfo, ...]
    checks: Checks
    settings: Settings
    remarks: tuple[str, ...] = ()  # what a reader should know about how the model was loaded
    schema_version: int = SCHEMA_VERSION
