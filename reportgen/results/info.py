"""Facts about a run that are saved as results.json: model, inputs, checks, settings, evidence."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, TypeAlias, get_args

from reportgen.errors import UsageError

# The version of the results folder; others cannot be read.
SCHEMA_VERSION = 5
# Versions of summary.json. A version may add figures, but does not remove or rename any.
# 0: never released; names at the top level
# 1: figures flat in `figures`, with provenance, verdicts, gates and nested evidence
SUMMARY_VERSION = 1
# Versions of the JSON of a comparison, which follow the same rule.
COMPARISON_VERSION = 1
EDITS = "edits"  # the table that only results of runs with edits have
SWAP = "swap:"  # how the id of an edit begins that swaps words; their kind follows
VARIANT = "variant:"  # the same of variants that the texts name as an edit is called
UNNAMED = "variant"  # the kind of variants without a name
# An option in `Settings`: texts and tokens were removed from these results.
REDACT = "redact"
TYPED = "--text"  # the name of an input that is no file: texts that were typed
# The kind of an output is the name of a task (`tasks/task.py`).
OutputKind: TypeAlias = str
# Where attention is read: in the encoder; and in the decoder of an encoder-decoder, whose attention
# goes to what it wrote so far, or across to the text.
DecoderPart: TypeAlias = Literal["decoder", "cross"]
Part: TypeAlias = Literal["encoder", "decoder", "cross"]
Status: TypeAlias = Literal["ok", "truncated", "empty", "failed"]
Batching: TypeAlias = Literal["padded", "equal lengths", "one by one"]
HeadClass: TypeAlias = Literal[
    "vertical", "diagonal", "vertical+diagonal", "block", "heterogeneous"
]
EvidenceLevel: TypeAlias = Literal["none", "basic", "full"]
# The scalar that evidence explains: the name of a target (`tasks/targets.py`).
Scalar: TypeAlias = str
# The id of a measure in the register (`results/measure_register.py`).
View: TypeAlias = str
SinkTest: TypeAlias = Literal["zero_value", "mean_value"]
UnitKind: TypeAlias = Literal["token", "word", "given"]
# "spearman_size": of a measure with a sign, compared by size; others have no sign in "spearman".
Statistic: TypeAlias = Literal["spearman", "spearman_size"]
# What became of an edit of a text. It was run; or the model was given the same tokens with it as
# without, so that nothing changes; or it was not run: it leaves the text as it is, or nothing of
# it, what is predicted has no counterpart (a word with a tag, a mask), or the run failed.
EditStatus: TypeAlias = Literal[
    "run", "same_tokens", "unchanged", "nothing_left", "no_counterpart", "failed"
]
# Why something could not be measured on a model.
Reason: TypeAlias = Literal[
    "values_unreadable",  # no module is known to compute value vectors
    "values_unproven",  # value vectors do not give the output of the attention block
    "no_embeddings",  # there is no table of input embeddings
    "no_gradient",  # the output has no gradient
    "no_map_gradient",  # the maps of the last layer have none
    "zero_gradient",  # the gradient is 0 for every token
    "embedding_output",  # the cosine of a text to itself has no gradient
    "no_first_states",  # the encoder does not give what goes into its first layer
    "not_conserved",  # the shares of CP-LRP do not add up to the output
    "no_mask_token",
    "no_special_tokens",  # without its content nothing of a text is left to run
    "scores_unread",  # nothing of the shape of a map goes into a softmax
    "scores_unproven",  # the softmax of what goes into it is not the captured map
    "unresidual",  # it is not known where the residual is added
    "constant_output",  # leaving something out never changed it
    "interrupted",
    "failed",
]
DECODER_PARTS: tuple[DecoderPart, ...] = get_args(DecoderPart)
STATUSES: tuple[Status, ...] = get_args(Status)
EDIT_STATUSES: tuple[EditStatus, ...] = get_args(EditStatus)
ANALYSED: tuple[Status, ...] = ("ok", "truncated")  # of texts that have figures
SINK_TESTS: tuple[SinkTest, ...] = get_args(SinkTest)
SINK_TESTS_AT: Mapping[EvidenceLevel, tuple[SinkTest, ...]] = {
    "none": (),
    "basic": ("zero_value",),  # of the strongest sink alone
    "full": SINK_TESTS,
}
STATISTICS: tuple[Statistic, ...] = get_args(Statistic)
HEAD_CLASSES: tuple[HeadClass, ...] = get_args(HeadClass)


@dataclass(frozen=True, slots=True)
class DecoderInfo:
    """The decoder of an encoder-decoder whose attention is read too."""

    name: str  # its class, such as BartDecoder
    n_layers: int
    n_heads: int


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Facts about the model for readers of the report; without paths of the machine."""

    name: str  # last part of the folder, hub id, or class of a factory
    source: Literal["demo", "folder", "hub", "factory"]
    architecture: str  # class of the model, such as AlbertForSequenceClassification
    encoder: str  # class of the transformer whose attention is read, such as AlbertModel
    n_layers: int
    n_heads: int
    head_size: int  # width of one head's value vectors
    max_tokens: int  # most tokens a text may have, special tokens included
    is_causal: bool
    shares_layers: bool  # all layers use the same weights (ALBERT)
    n_parameters: int
    dtype: str
    weights_sha256: str
    tokenizer: str  # class of the tokenizer
    vocabulary_size: int
    decoder: DecoderInfo | None = None  # None for models without one of their own
    code_sha256: str | None = None  # of the Python file of a factory
    # Of the other files that were loaded from its folder: path in it, and SHA-256; by path.
    code_files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class OutputInfo:
    """The output of the model for a text."""

    kind: OutputKind
    name: str  # "score", or the value of --output-name
    # Names of the classes, labels or numbers; of choices the names of their columns; else empty.
    labels: tuple[str, ...] = ()
    pooling: str | None = None  # how an embedding was pooled: mean, cls or last
    # Of the vectors of two texts, which the number is: cosine, dot, euclidean or manhattan.
    similarity: str | None = None


@dataclass(frozen=True, slots=True)
class Role:
    """A special token that the tokenizer adds to a text."""

    key: str  # cls, sep, bos or eos, else the token itself
    token: str  # as the tokenizer writes it, such as [CLS] or <s>


@dataclass(frozen=True, slots=True)
class InputInfo:
    """An input file."""

    name: str  # last part of the path, or "stdin"
    sha256: str  # "" where texts are redacted: a guess of them could be checked with it
    n_texts: int
    n_blank_lines: int = 0
    # What was read from which column, such as "text": "review"; empty where each column is called
    # as what it holds, and where texts are redacted.
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScoreSource:
    """Scores of tokens that came with the texts, which nothing here measured."""

    name: str
    source: str = ""  # the column or the file that they came from, or how they were made
    is_signed: bool = False  # whether any of them is below 0


@dataclass(frozen=True, slots=True)
class Checks:
    """Checks of the attention maps of a run.

    The worst values over all texts, except for the padding trial, which runs two of them.
    """

    capture: Literal["hooks", "output"]  # maps came layer by layer, or of all layers together
    row_sum_error: float  # largest difference of the sum of a row from 1
    padding_mass: float  # largest weight found on padding
    padded_difference: float | None  # of a text in a padded batch and alone; None if not possible
    batching: Batching  # how texts ran together without changing each other's figures
    unknown_share: float  # share of text tokens that are the unknown token


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of the analysis; with them it can be repeated."""

    # "text-column": "review"
    options: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    keep_maps: str = "all"  # all, none or a number
    maps_kept: int = 0  # texts whose attention maps are in the folder
    # What is measured and drawn as one: display units, words, or what came with the texts.
    units: UnitKind = "token"
    segmenter: str | None = None  # what split Japanese into words; None: its scripts
    n_joined: int = 0  # given units that a token joined to what stands beside them
    edits: tuple[str, ...] = ()  # that were tried, as in the table of edits


@dataclass(frozen=True, slots=True)
class Subject:
    """A token or position on which sink tests were done."""

    # Key of a Role; "token:。"; "first" for the first position of texts; "learned_sink"
    key: str
    token: str  # as the tokenizer writes it; "" for a position and a learned sink
    kind: Literal["role", "token", "position", "learned"]


LEARNED_SINK = Subject("learned_sink", "", "learned")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Which evidence was measured on which texts, and what could not be measured."""

    level: EvidenceLevel = "none"
    scalar: Scalar | None = None  # None at level "none"
    # Class, label, number or token asked for; None: the predicted one.
    target: str | None = None
    against: str | None = None  # the token that its lead is over; None: none was asked for
    asked: str = "50"  # texts asked for: a number, or all
    n_texts: int = 0  # texts with evidence, evenly spaced over those analysed: the sample
    n_extra: int = 0  # texts beside the sample with evidence, because the report lists them first
    norms_error: float | None = None  # of the self-check, worst text; None if not computed
    withheld: Mapping[str, Reason] = field(default_factory=dict)  # why a measure is missing
    subjects: tuple[Subject, ...] = ()  # of the sink tests, roles first
    interrupted: bool = False  # stopped by the user before all of it was measured
    # Why the scores of possible sinks could be read in no text; None where they could in some.
    unread_scores: Reason | None = None
    # Of how many texts a share of the work pays the Shapley values, at level "basic"; fewer than
    # MIN_TEXTS have none. None at other levels, where the figure has none, or where not known.
    n_yardstick: int | None = None


@dataclass(frozen=True, slots=True)
class RunInfo:
    """All facts about a run that are not in tables."""

    created: str  # UTC date, 2026-01-31
    versions: Mapping[str, str]  # reportgen, python, torch, transformers, tokenizers
    model: ModelInfo
    output: OutputInfo
    roles: tuple[Role, ...]  # in the order of their first positions in a text
    inputs: tuple[InputInfo, ...]
    checks: Checks
    settings: Settings
    remarks: tuple[str, ...] = ()  # for readers: how the model was loaded
    evidence: Evidence = field(default_factory=Evidence)
    commit: str = ""  # of the code that was analysed, where it was named
    scores: tuple[ScoreSource, ...] = ()  # in the order of the lists in the table of tokens
    schema_version: int = SCHEMA_VERSION

    @property
    def head_reads_decoder(self) -> bool:
        """Whether the output is read from a separate decoder that writes nothing: from one of its
        rows or, for answers, from the rows of the context."""
        return self.model.decoder is not None and self.output.kind != "completion"


def is_commit(text: str) -> bool:
    """Whether `text` can name a commit, or a range of two such as 1b3c5d7..4f2a9c1."""
    return re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z._/-]{0,99}", text) is not None


def created_date() -> str:
    """The date of a report, such as 2026-01-31: from SOURCE_DATE_EPOCH if set, else today in UTC.

    Raises:
        UsageError: SOURCE_DATE_EPOCH is not a number of seconds since 1970, or after year 9999.
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
