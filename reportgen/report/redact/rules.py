"""The register of redaction: what becomes of each column of the results, and of each option.

A redacted output is made from a copy of the results that holds nothing else, so whatever is written
from the copy tells no more than this register lets through. A column or an option without an entry
is an error: `tests/report/redact/test_rules.py` holds the register complete.

`docs/outputs.md` says what is promised, and `tests/benchmarks/redaction.py` tries to break it: it
has the model, its tokenizer and a dictionary, and looks for words that fit the figures.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from reportgen.errors import UsageError
from reportgen.results import MIN_TEXTS, REDACT

if TYPE_CHECKING:
    from reportgen.tasks import Task  # with pandas, which options and help do without

# "levels": whether a value is more than half of the largest of a text token in the same text, and
# its sign: the least that still tells strong from weak. Its size is a mean over all texts. With
# more levels, with sizes of each text, or with more measures of a word than two, whoever has the
# model finds words of a small dictionary that fit all of them.
How: TypeAlias = Literal["kept", "replaced", "left out", "digits", "step", "levels"]
# Words of a text, or what else is measured as one: the figures of a shorter text tell its words.
LEAST_UNITS = 5
HIDDEN = "…"  # in place of the value of an option


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of a column."""

    how: How
    by: float = 0.0  # significant digits, or the step that values are rounded to


KEPT, REPLACED, LEFT_OUT = Rule("kept"), Rule("replaced"), Rule("left out")
IN_LEVELS = Rule("levels")
SHARE = Rule("step", 0.01)  # of attention, mean over heads, as the page shows it
OF_HEAD = Rule("step", 0.05)  # a figure of one head in one text: there are hundreds in each
ONE, TWO, THREE = Rule("digits", 1), Rule("digits", 2), Rule("digits", 3)


def _all(rule: Rule, *names: str) -> dict[str, Rule]:
    return dict.fromkeys(names, rule)


COLUMNS: Mapping[str, Mapping[str, Rule]] = {
    "texts": {
        # Names are kept or numbered, texts become a mark for each unit.
        **_all(REPLACED, "text_id", "text", "pair", "completion", "label", "group", "source"),
        **_all(REPLACED, "variant_of", "variant"),
        **_all(REPLACED, "message", "prediction_label", "score_names", "steps"),
        **_all(REPLACED, "cut_text", "cut_pair"),
        **_all(KEPT, "label_value", "status", "n_tokens", "n_content", "n_truncated"),
        **_all(KEPT, "n_unknown", "first_token"),
        "prediction": THREE,
        "scores": TWO,
        **_all(TWO, "effective_tokens", "effective_content"),
        # In the first layer a token's share of a row follows from the two tokens alone.
        **_all(LEFT_OUT, "map_offset", "map_bytes", "map_cells"),
        **_all(LEFT_OUT, "decoder_offset", "decoder_bytes", "cross_offset", "cross_bytes"),
    },
    "tokens": {
        **_all(KEPT, "text", "position", "segment", "is_special", "role", "is_held"),
        # What a word has alone: its tokens and characters, and its place in the vocabulary. Its
        # characters are those of the mark in its place.
        **_all(REPLACED, "unit", "token", "token_id", "start", "end"),
        **_all(KEPT, "expected", "expected_layers"),  # follow from the number of tokens
        "received_all": IN_LEVELS,
        **_all(LEFT_OUT, "received_norm_all", "cls_row_all", "cls_row_last"),
        **_all(LEFT_OUT, "cross_received", "cross_received_norm"),
        **_all(LEFT_OUT, "received_last", "received_layers", "cls_row_layers"),
        **_all(LEFT_OUT, "received_norm_last", "received_norm_layers", "value_size_layers"),
        **_all(LEFT_OUT, "value_ratio_layers", "output_rank_layers", "activation_layers"),
        **_all(LEFT_OUT, "cross_received_layers", "cross_received_norm_layers"),
        **_all(LEFT_OUT, "cross_value_sizes", "user_scores"),
    },
    "heads": {
        **_all(KEPT, "text", "layer", "head", "uniform_share"),
        **_all(OF_HEAD, "special_share", "cls_share", "sep_share", "learned_share", "entropy"),
        "distance": Rule("step", 0.5),
        **_all(LEFT_OUT, "top_position", "top_share", "top_expected", "head_class"),
    },
    "roles": {
        **_all(KEPT, "text", "layer", "role", "n_tokens", "expected"),
        **_all(SHARE, "share", "self_share", "norm_share"),
        **_all(TWO, "value_size", "content_value_size", "activation", "content_activation"),
        **_all(TWO, "value_ratio", "output_rank"),
    },
    "layers": {
        **_all(KEPT, "text", "layer", "learned_expected"),
        "mixing": TWO,
        **_all(SHARE, "learned_share"),
    },
    "targets": {
        **_all(KEPT, "text", "position", "unit", "is_special", "is_given", "expected"),
        **_all(REPLACED, "token", "token_id"),
        **_all(LEFT_OUT, "start", "end", "received", "received_layers"),
    },
    "decoder_heads": {
        **_all(KEPT, "text", "part", "layer", "head", "uniform_share"),
        **_all(OF_HEAD, "special_share", "entropy"),
    },
    # Made again of the table of texts, after that was redacted.
    "predictions": {
        **_all(REPLACED, "text", "item", "name", "position", "end", "predicted", "value"),
        **_all(REPLACED, "probability", "label", "label_value", "label_probability", "score"),
        **_all(REPLACED, "alternatives"),
    },
    "evidence": {
        **_all(KEPT, "text", "live_rows", "n_rows", "reads_cls_only", "extra"),
        **_all(KEPT, "ig_steps", "ig_complete", "cp_lrp_holds"),
        **_all(REPLACED, "explained_label", "message"),
        "explained": THREE,
        **_all(TWO, "mask_offset", "ig_error", "cp_lrp_error", "shapley_error"),
    },
    "effects": {
        **_all(KEPT, "text", "position"),
        "effect": IN_LEVELS,
        **_all(LEFT_OUT, "gradient", "jacobian", "ig", "attention_gradient", "shapley", "cp_lrp"),
        # What a token does alone, or without the rest, can be looked up word by word.
        **_all(LEFT_OUT, "alone", "deletion", "mask", "alti", "joint", "joint_effect"),
        **_all(LEFT_OUT, "deletion_scores", "gradient_steps", "attention_gradient_steps"),
    },
    "target_effects": {
        **_all(KEPT, "text", "position"),
        **_all(LEFT_OUT, "deletion_scores", "gradient_steps", "attention_gradient_steps"),
    },
    "sinks": {
        **_all(KEPT, "text", "test", "n_controls", "expected_layers"),
        "subject": REPLACED,
        **_all(TWO, "effect", "control"),
        **_all(SHARE, "share_layers", "norm_share_layers"),
        **_all(TWO, "value_size_layers", "content_value_size_layers", "value_ratio_layers"),
    },
    "sink_scores": {
        **_all(KEPT, "text", "layer", "head", "n_pairs", "expected"),
        "subject": REPLACED,
        **_all(TWO, "lead", "lead_square", "error", "key_size", "value_size"),
        **_all(OF_HEAD, "share", "key_cosine", "text_cosine"),
    },
    "agreement": {**_all(KEPT, "text", "view", "statistic"), "value": TWO},
    "shuffled": {**_all(KEPT, "text", "view"), "value": TWO},
    # The rows of both are left out: with the effects of all heads or edits of a text, each another
    # equation, its words can be found.
    "edits": {
        "text": KEPT,
        **_all(LEFT_OUT, "edit", "status", "changed", "before", "after", "prediction"),
        **_all(LEFT_OUT, "prediction_label", "scores", "message", "extra"),
    },
    "head_effects": {**_all(KEPT, "text", "layer", "head"), "effect": LEFT_OUT},
}


def require_texts(texts: Iterable[Hashable]) -> None:
    """Check that enough `texts` differ, before anything is measured on them.

    Raises:
        UsageError: they are not, however long they are.
    """
    different = set[Hashable]()
    for text in texts:
        different.add(text)
        if len(different) == MIN_TEXTS:
            return
    raise UsageError(
        f"--redact: takes {MIN_TEXTS} different texts of {LEAST_UNITS} words or more, there are "
        f"{len(different)}; figures over fewer would tell their words"
    )


def rule_of(table: str, column: str, task: "Task") -> Rule:
    """What becomes of a column of results of a `task`: a number that each word or written token has
    of its own has one digit."""
    is_of_places = task.has_places and (task.is_number or task.is_written)
    if (table, column) == ("texts", "scores") and is_of_places:
        return ONE
    return COLUMNS[table][column]


_Value: TypeAlias = str | int | float | bool
# Options that may hold a word of a text, a label, a name or a path, in the command that repeats a
# run: their values are hidden.
HIDDEN_OPTIONS = frozenset(
    (
        *("scores", "label-map", "class-names", "sheet", "prompts", "factory", "factory-args"),
        *("checkpoint", "tokenizer", "plotlyjs", "page-url"),
        *("explain-class", "explain-token", "against", "swap"),
        "comment",
    )
)
# The other options stay: names of columns, of models and of outputs, numbers, and choices from a
# fixed list.
SHOWN_OPTIONS = frozenset(
    (
        *("text-column", "pair-column", "completion-column", "choice-columns", "label-column"),
        *("id-column", "group-column", "units-column", "variant-of-column", "variant-column"),
        *("encoding", "delimiter", "input-format"),
        "score-columns",
        *("limit", "model", "base-model", "revision", "encoder", "prediction-index", "output-name"),
        "pooling",
        *("trust-remote-code", "device", "device-map", "dtype", "max-length", "batch-tokens"),
        *(
            "keep-maps",
            "max-unknown",
            "evidence",
            "evidence-texts",
            "evidence-budget",
            "units",
            "generate",
            "edits",
        ),
        *("temperature", "seed", "title", "lang", "md-flavor", "md-limit", "commit", "layout"),
        *("images", "quality", "smallest-change", "id", "heads", "max-size", "colour"),
        *("pool-above", REDACT),
    )
)


def shown_option(name: str, value: _Value) -> _Value:
    """The value of the option `name` as a redacted command has it."""
    if name in SHOWN_OPTIONS:
        return value
    return HIDDEN
