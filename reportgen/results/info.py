"""What was run, on what and how: the part of the results that is not a table."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, TypeAlias, get_args

from reportgen.errors import UsageError

# One line for every version of the results folder; a folder of version 1 or later loads for ever:
# 0: never released, changed without notice; refused
# 1: results.json, nine tables and maps.bin as `schemas` and `maps` have them
SCHEMA_VERSION = 1
# One line for every version of summary.json; a version may gain figures but loses and renames none:
# 0: never released; names flat on top
# 1: figures flat in `figures`, with provenance, verdicts, gates and nested evidence
SUMMARY_VERSION = 1
# Among the options of `Settings`: texts and tokens were taken out of these results.
REDACT = "redact"
OutputKind: TypeAlias = Literal["number", "numbers", "class", "labels", "embedding", "next_token"]
Status: TypeAlias = Literal["ok", "truncated", "empty", "failed"]
Batching: TypeAlias = Literal["padded", "equal lengths", "one by one"]
HeadClass: TypeAlias = Literal[
    "vertical", "diagonal", "vertical+diagonal", "block", "heterogeneous"
]
EvidenceLevel: TypeAlias = Literal["none", "basic", "full"]
# The scalar that evidence explains: the number; a class's lead over the strongest other; a label's
# logit; the cosine to the whole text's own embedding; the last token's log-probability.
Scalar: TypeAlias = Literal["number", "margin", "logit", "cosine", "log_probability"]
# The id of a measure in the catalogue (`results/measures.py`).
View: TypeAlias = str
SinkTest: TypeAlias = Literal["zero_value", "mean_value", "hide_key", "swap"]
Statistic: TypeAlias = Literal["spearman", "kendall", "comprehensiveness", "sufficiency"]
# Why something could not be measured on this model.
Reason: TypeAlias = Literal[
    "values_unreadable",  # where the value vectors are made is not known
    "values_unproven",  # they do not rebuild the attention block's output
    "no_embeddings",  # no table of input embeddings
    "no_gradient",  # the output has no gradient
    "zero_gradient",  # the gradient is 0 for every token
    "embedding_output",  # the cosine of a text to itself has no gradient
    "no_mask_token",
    "cannot_hide",  # the model does not hide a key as asked
    "unresidual",  # where the attention block's residual joins is not known
    "constant_output",  # nothing that was left out moved it
    "interrupted",
    "failed",
]
OUTPUT_KINDS: tuple[OutputKind, ...] = get_args(OutputKind)
STATUSES: tuple[Status, ...] = get_args(Status)
ANALYSED: tuple[Status, ...] = ("ok", "truncated")  # of texts that have figures at all
SINK_TESTS: tuple[SinkTest, ...] = get_args(SinkTest)
STATISTICS: tuple[Statistic, ...] = get_args(Statistic)
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

    capture: Literal["hooks", "output"]  # one layer at a time, or a batch's layers together
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
class Subject:
    """What the sink tests were done on."""

    key: str  # key of a Role; "token:。"; "first" for a text's first position
    token: str  # as the tokenizer writes it; "" for a position
    kind: Literal["role", "token", "position"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was measured beside attention itself, and what could not be."""

    level: EvidenceLevel = "none"
    scalar: Scalar | None = None  # None at level "none"
    target: str | None = None  # the class, label or number asked for; None: each text's own
    asked: str = "50"  # texts: a number or all
    n_texts: int = 0  # texts chosen, evenly over those analysed
    norms_error: float | None = None  # self-check, worst of all texts; None where not computed
    withheld: Mapping[str, Reason] = field(default_factory=dict)  # view or test: why it is missing
    subjects: tuple[Subject, ...] = ()  # of the sink tests, roles first
    interrupted: bool = False  # stopped by the user: later stages are missing


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
    evidence: Evidence = field(default_factory=Evidence)
    schema_version: int = SCHEMA_VERSION


def created_date() -> str:
    """Today in UTC, or the day that SOURCE_DATE_EPOCH names, as 2026-01-31.

    Raises:
        UsageError: SOURCE_DATE_EPOCH is no number of seconds since 1970, or of a year past 9999.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch:
        return _day(datetime.now(UTC))
    try:
        if not (epoch.isascii() and epoch.isdigit()):
            raise ValueError(epoch)
        return _day(datetime.fromtimestamp(int(epoch), UTC))
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(
            f"SOURCE_DATE_EPOCH={epoch}: not whole seconds since 1970, such as 1767225600; "
            "set it right, or unset it"
        ) from error


def _day(when: datetime) -> str:
    return when.strftime("%Y-%m-%d")
