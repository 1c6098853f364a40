"""The tables of a results folder: their columns and types, and when values are missing.

Layers and heads count from 1; texts, positions and units count from 0.
"""

from collections.abc import Mapping

import pyarrow as pa

from reportgen.results.info import DECODER_PARTS
from reportgen.results.measure_register import MEASURES, USER_SCORES

COMPLETION = "completion"
COMPLETION_SEGMENT = 2  # in the column `segment` of tokens
DELETION_SCORES = "deletion_scores"
SHAPLEY_ERROR = "shapley_error"
JOINT, JOINT_EFFECT = "joint", "joint_effect"
GRADIENT_STEPS, WEIGHTED_STEPS = "gradient_steps", "attention_gradient_steps"
EXTRA = "extra"
STEPS = "steps"
HELD = "is_held"
VALUE_RATIO = "value_ratio"
CP_LRP_ERROR, CP_LRP_HOLDS = "cp_lrp_error", "cp_lrp_holds"
OUTPUT_RANK = "output_rank"
ACTIVATION = "activation"
LEARNED_SHARE = "learned_share"
TOP = ("top_position", "top_share", "top_expected")
CROSS = "cross_received"
CROSS_NORM = "cross_received_norm"
CROSS_SIZES = "cross_value_sizes"
MAP_CELLS = "map_cells"
MOST_CLASSES = 20
TEXTS_SCHEMA = pa.schema(
    [
        ("text_id", pa.string()),
        ("text", pa.string()),
        ("pair", pa.string()),  # second segment; null if there is none
        # What was to be written after the text, or what the model wrote; null if there is neither.
        (COMPLETION, pa.string()),
        ("label", pa.string()),  # as given; null if there is none
        ("label_value", pa.float64()),  # the label as a number; null if it is not one
        ("group", pa.string()),
        ("variant_of", pa.string()),  # id of the original; null for texts that are no variant
        ("variant", pa.string()),  # name of the edit that made it; null where it has none
        ("source", pa.string()),  # file:line
        ("status", pa.string()),  # ok, truncated, empty, failed
        ("message", pa.string()),  # why a text is empty or failed; "" otherwise
        ("n_tokens", pa.int32()),  # tokens the model was given, special tokens included
        ("n_content", pa.int32()),  # without special tokens
        ("n_truncated", pa.int32()),  # tokens that were cut off
        ("cut_text", pa.int32()),  # code point at which `text` was cut; null if it was not
        ("cut_pair", pa.int32()),  # the same for `pair`
        ("n_unknown", pa.int32()),  # unknown tokens
        # What was predicted, which the table of predictions says item by item. It is made of these
        # five columns (`tasks/from_texts.py`), which mean something else for each kind of output.
        #
        # The number, or log-probability of the completion or of the answer; null for other outputs.
        # That of a completion is no sum over its items: long ones have probability 0.
        ("prediction", pa.float64()),
        # Class, labels, next token, tags joined by spaces, answer, or choice; null otherwise. In
        # one line, as lists of texts show it; of redacted copies it says which are alike.
        ("prediction_label", pa.string()),
        # Numbers; logits, of choices too; log-probabilities of the five next tokens, of the
        # completion's tokens, of tags, or of both ends of an answer. Logits of all classes and
        # labels, and of each end of an answer, are in no other table.
        ("scores", pa.list_(pa.float64())),
        # The five next tokens; the likeliest in place of each of the completion's, "" where that is
        # the same; tags; choices; else empty.
        ("score_names", pa.list_(pa.string())),
        # Of tags: the position of the first token of each word; of masks theirs; of an answer those
        # of its first and its last token; which choice was picked, from 0; else empty.
        (STEPS, pa.list_(pa.int32())),
        ("effective_tokens", pa.float64()),  # exp(entropy), mean over layers, heads, queries
        ("effective_content", pa.float64()),  # the same over text tokens, renormalised
        ("first_token", pa.int64()),  # its first row in `tokens`
        ("map_offset", pa.int64()),  # start of its maps in maps.bin; null if not kept
        ("map_bytes", pa.int64()),
        # Of maps that were pooled while they were read: the first token of each cell; else null.
        (MAP_CELLS, pa.list_(pa.int32())),
        # The same of the maps of a decoder of its own: to its target, and across to the text.
        *((f"{part}_{what}", pa.int64()) for part in DECODER_PARTS for what in ("offset", "bytes")),
    ]
)
TOKENS_SCHEMA = pa.schema(
    [
        ("text", pa.int32()),  # row of `texts`
        ("position", pa.int32()),
        ("unit", pa.int32()),  # display unit, counted from 0 in each text
        ("segment", pa.int8()),  # 0 text, 1 pair, 2 completion; null for special tokens
        ("token", pa.string()),  # as the tokenizer writes it
        ("token_id", pa.int32()),
        ("start", pa.int32()),  # code points of the segment's own text; null for special tokens
        ("end", pa.int32()),
        ("is_special", pa.bool_()),
        ("role", pa.string()),  # key of its Role; null for content
        # It stays when other content is left out, such as a mask.
        (HELD, pa.bool_()),
        ("cls_row_last", pa.float32()),  # means over heads; null if there is no [CLS] row
        ("received_last", pa.float32()),
        ("cls_row_all", pa.float32()),  # means over heads and layers
        ("received_all", pa.float32()),
        ("expected", pa.float32()),  # `received_all` with equal shares
        ("cls_row_layers", pa.list_(pa.float32())),  # [layer], means over heads
        ("received_layers", pa.list_(pa.float32())),  # [layer]
        ("expected_layers", pa.list_(pa.float32())),  # [layer]
        # Norm-weighted attention received; null if it was not measured.
        ("received_norm_last", pa.float32()),
        ("received_norm_all", pa.float32()),  # mean over layers
        ("received_norm_layers", pa.list_(pa.float32())),  # [layer]
        ("value_size_layers", pa.list_(pa.float32())),  # [layer], length of f, mean over heads
        # [layer], that of a text token being 1, heads weighted by their attention to the token
        (f"{VALUE_RATIO}_layers", pa.list_(pa.float32())),
        # [layer], effective rank of what it passes on to the other tokens, 0 where that is nothing
        (f"{OUTPUT_RANK}_layers", pa.list_(pa.float32())),
        # [layer], largest absolute hidden value over the median of the text's; null as norms
        (f"{ACTIVATION}_layers", pa.list_(pa.float32())),
        # Attention received from the tokens that a decoder of its own writes: mean over them, over
        # heads and layers; and by layer of the decoder. Null without one.
        (CROSS, pa.float32()),
        (f"{CROSS}_layers", pa.list_(pa.float32())),
        # The same weighted by norms; null if they were not measured.
        (CROSS_NORM, pa.float32()),
        (f"{CROSS_NORM}_layers", pa.list_(pa.float32())),
        # [layer * head] of the decoder, layer by layer: length of the vector that each head gets
        # from it per attention; null without norms, and where maps were not kept.
        (CROSS_SIZES, pa.list_(pa.float32())),
        # [name], the scores that came with the text, in the order of results.json: of its unit; NaN
        # where one has none, null where the text has none at all.
        (USER_SCORES, pa.list_(pa.float64())),
    ]
)
HEADS_SCHEMA = pa.schema(
    [
        ("text", pa.int32()),
        ("layer", pa.int16()),
        ("head", pa.int16()),
        ("special_share", pa.float32()),  # sums of `received`; null if the role is absent
        ("cls_share", pa.float32()),
        ("sep_share", pa.float32()),
        (LEARNED_SHARE, pa.float32()),  # of a learned sink; null without one
        ("uniform_share", pa.float32()),  # `special_share` with equal shares
        # The text token that gets most beyond its equal share, all its places in the text together
        # (what stands at position 0 is apart): the first of them, what it gets, and its equal
        # share. Null where no text token counts, see MOST_OF_TEXT.
        *((name, pa.float32()) for name in TOP),
        ("entropy", pa.float32()),  # 0..1 over all visible keys; null for a single token
        ("distance", pa.float32()),  # tokens, over content keys, renormalised; null without
        ("head_class", pa.string()),
    ]
)
ROLES_SCHEMA = pa.schema(
    [
        ("text", pa.int32()),
        ("layer", pa.int16()),
        ("role", pa.string()),  # key of a Role
        ("n_tokens", pa.int16()),  # tokens of the text with this role
        ("share", pa.float32()),  # sum of `received` over them, mean over heads
        ("expected", pa.float32()),  # `share` with equal shares
        ("self_share", pa.float32()),  # share of the weight of their own rows that is on the role
        # Null if norms were not measured.
        ("norm_share", pa.float32()),  # sum of norm-weighted attention received over them
        ("value_size", pa.float32()),  # length of the vector one of them passes on, mean over heads
        ("content_value_size", pa.float32()),  # the same, mean over the text's text tokens
        # Largest hidden value as in `tokens`, mean over the role's and over text tokens.
        (ACTIVATION, pa.float32()),
        (f"content_{ACTIVATION}", pa.float32()),
        (VALUE_RATIO, pa.float32()),  # as in `tokens`, mean over the tokens with this role
        (OUTPUT_RANK, pa.float32()),  # the same
    ]
)
LAYERS_SCHEMA = pa.schema(
    [
        ("text", pa.int32()),
        ("layer", pa.int16()),
        ("mixing", pa.float32()),  # mixing ratio, mean over queries; null where not measured
        # What a learned sink gets, mean over heads, and with equal shares; null without one.
        (LEARNED_SHARE, pa.float32()),
        ("learned_expected", pa.float32()),
    ]
)
# What decoders of their own were given and were to write; no rows for other models.
TARGETS_SCHEMA = pa.schema(
    [
        ("text", pa.int32()),  # row of `texts`
        ("position", pa.int32()),  # in the target; at the last one the decoder reads nothing
        ("unit", pa.int32()),  # display unit, counted from 0 in each target
        ("token", pa.string()),  # as the tokenizer writes it
        ("token_id", pa.int32()),
        ("start", pa.int32()),  # code points of the completion; null for special tokens
        ("end", pa.int32()),
        ("is_special", pa.bool_()),
        ("is_given", pa.bool_()),  # in front of what the decoder writes
        # Attention received in the decoder, as in `tokens`; null for the last one, which it does
        # not read, and where it was not measured.
        ("received", pa.float32()),
        ("expected", pa.float32()),
        ("received_layers", pa.list_(pa.float32())),  # [layer of the decoder]
    ]
)
# The heads of decoders; no rows for other models.
DECODER_HEADS_SCHEMA = pa.schema(
    [
        ("text", pa.int32()),
        ("part", pa.string()),  # one of DECODER_PARTS
        ("layer", pa.int16()),
        ("head", pa.int16()),
        ("special_share", pa.float32()),  # of attention: on special tokens of the target or text
        ("uniform_share", pa.float32()),  # the same with equal shares
        ("entropy", pa.float32()),  # 0..1 over all visible keys; null where no row has two
    ]
)
EVIDENCE_SCHEMA = pa.schema(
    [
        ("text", pa.int32()),  # row of `texts`
        ("explained", pa.float64()),  # the scalar of the whole text; null if it has none
        ("explained_label", pa.string()),  # its class, label or last token; null otherwise
        ("live_rows", pa.int32()),  # rows of the last layer that the output can depend on
        ("n_rows", pa.int32()),  # rows of that run (of a causal model's context, else n_tokens)
        # Only the row of [CLS] is live; without one, that of the last token. Null as live_rows.
        ("reads_cls_only", pa.bool_()),
        ("mask_offset", pa.float64()),  # |mean| / sd of the [MASK] effects of text units
        ("ig_steps", pa.int32()),  # steps at which it was complete, else the most that were tried
        ("ig_error", pa.float64()),  # |sum - (f(x) - f(b))| / |f(x) - f(b)|
        ("ig_complete", pa.bool_()),
        ("message", pa.string()),  # why evidence is missing or incomplete; "" otherwise
        (CP_LRP_ERROR, pa.float64()),  # |scalar - all shares| / |scalar|
        (CP_LRP_HOLDS, pa.bool_()),  # whether that is small enough for the shares to be kept
        # Of Shapley values, root mean square over units; 0 where they are exact.
        (SHAPLEY_ERROR, pa.float64()),
        (EXTRA, pa.bool_()),  # the text is not in the sample, so it is part of no average
    ]
)
EFFECTS_SCHEMA = pa.schema(
    [
        ("text", pa.int32()),
        ("position", pa.int32()),
        # One column per measure of evidence; null for special tokens and where not measured. What
        # was measured by unit stands on each of its tokens.
        *(
            (m.column or m.id, pa.float64())
            for m in sorted(MEASURES, key=lambda m: m.since)
            if m.table == "effects"
        ),
        # Of units that say the same: the number of their group in the text, from 0, and how far
        # leaving all of it out moves the scalar, as `deletion`; null for all other units.
        (JOINT, pa.int16()),
        (JOINT_EFFECT, pa.float64()),
        # [class], how far leaving the unit out lowers the logit of each class; [token], the
        # log-probability of each of the completion's tokens; [word], that of its tag, null for the
        # word itself; null where the output is none of these, and for less than three or more than
        # MOST_CLASSES classes. A token of the completion has those of the tokens after it.
        (DELETION_SCORES, pa.list_(pa.float64())),
        # [token], of each of the completion's tokens: gradient size, and attention times gradient,
        # as for the whole; null for what stands after it, and for other outputs
        (GRADIENT_STEPS, pa.list_(pa.float32())),
        (WEIGHTED_STEPS, pa.list_(pa.float32())),
    ]
)
# The same of what a decoder of its own has written; no rows for other models.
TARGET_EFFECTS_SCHEMA = pa.schema(
    [
        ("text", pa.int32()),
        ("position", pa.int32()),  # as in `targets`
        (DELETION_SCORES, pa.list_(pa.float64())),
        (GRADIENT_STEPS, pa.list_(pa.float32())),
        (WEIGHTED_STEPS, pa.list_(pa.float32())),
    ]
)
SINKS_SCHEMA = pa.schema(
    [
        ("text", pa.int32()),
        ("subject", pa.string()),  # key of a Subject
        ("test", pa.string()),  # one of SINK_TESTS
        ("effect", pa.float64()),  # absolute change of the output; null if it could not be done
        ("control", pa.float64()),  # the same for text tokens, mean; null as `effect`
        ("n_controls", pa.int16()),
        # [layer], attention received by the subject's positions, mean over heads
        ("share_layers", pa.list_(pa.float32())),
        ("expected_layers", pa.list_(pa.float32())),
        # [layer], sum of norm-weighted attention received, and mean length of the vector that one
        # of its positions passes on, with that of text tokens; null if norms were not measured
        ("norm_share_layers", pa.list_(pa.float32())),
        ("value_size_layers", pa.list_(pa.float32())),
        ("content_value_size_layers", pa.list_(pa.float32())),
        (f"{VALUE_RATIO}_layers", pa.list_(pa.float32())),  # as in `tokens`, mean over positions
    ]
)
# Why a token draws attention, in each head of a few texts; see
# `analysis/evidence/sinks/query_key_scores.py`.
SINK_SCORES_SCHEMA = pa.schema(
    [
        ("text", pa.int32()),
        ("subject", pa.string()),  # key of a Subject
        ("layer", pa.int16()),
        ("head", pa.int16()),
        ("n_pairs", pa.int32()),  # of a text token that asks, and a token of the subject
        # Score of the subject less the mean score of the other text tokens that the one that asks
        # sees: mean over the pairs, and mean of its square.
        ("lead", pa.float64()),
        ("lead_square", pa.float64()),
        ("share", pa.float32()),  # of the attention of the tokens that ask, and with equal shares
        ("expected", pa.float32()),
        ("error", pa.float32()),  # largest difference of the softmax of the scores from the map
        # Length of the subject's key, and of the vector that the head passes on from it, that of
        # another text token being 1; cosine of its key, and of that of the others, to the mean
        # query of the tokens that ask. Null where keys or values are not known.
        ("key_size", pa.float32()),
        ("value_size", pa.float32()),
        ("key_cosine", pa.float32()),
        ("text_cosine", pa.float32()),
    ]
)
AGREEMENT_SCHEMA = pa.schema(
    [
        ("text", pa.int32()),
        ("view", pa.string()),  # id of a measure, one of VIEWS
        ("statistic", pa.string()),  # one of STATISTICS
        ("value", pa.float64()),
    ]
)
# Of the model with its weights shuffled, against effects of the model as it is.
SHUFFLED_SCHEMA = pa.schema(
    [
        ("text", pa.int32()),
        ("view", pa.string()),  # id of a measure, one of VIEWS
        ("value", pa.float64()),  # Spearman's rank correlation, by size
    ]
)
# Texts with one edit each, on the texts with evidence; no rows where none was asked for.
EDITS_SCHEMA = pa.schema(
    [
        ("text", pa.int32()),  # row of `texts`
        ("edit", pa.string()),  # id in the register of edits, or "swap:" and the kind of a swap
        ("status", pa.string()),  # one of EDIT_STATUSES
        ("changed", pa.string()),  # the text with the edit; null where it does not apply
        ("before", pa.float64()),  # what is explained, of the text and with the edit; null where
        ("after", pa.float64()),  # that is not known
        # As in `texts`, of the text with the edit. Empty where nothing was run.
        ("prediction", pa.float64()),
        ("prediction_label", pa.string()),
        ("scores", pa.list_(pa.float64())),
        ("message", pa.string()),  # why it failed; "" otherwise
        (EXTRA, pa.bool_()),  # the text is not in the sample, so it is part of no average
    ]
)
# What each head does to the prediction, on a few texts of full evidence; see
# `analysis/evidence/head_effects.py`.
HEAD_EFFECTS_SCHEMA = pa.schema(
    [
        ("text", pa.int32()),
        ("layer", pa.int16()),
        ("head", pa.int16()),
        # Change of the scalar: as it is, less with the head's output replaced by its mean.
        ("effect", pa.float64()),
    ]
)
ALTERNATIVE = pa.struct([("name", pa.string()), ("probability", pa.float64())])
# What was predicted, the same for all kinds of output. It follows from the table of texts, see
# `tasks/predictions.py`; results of versions before 4 do not hold it.
PREDICTIONS_SCHEMA = pa.schema(
    [
        ("text", pa.int32()),  # row of `texts`
        ("item", pa.int32()),  # counted from 0 in each text
        ("name", pa.string()),  # of one of several labels or numbers; null where there is one
        # The first and the last token that the item belongs to, of a completion that a separate
        # decoder wrote in its target; null for an item of the whole text.
        ("position", pa.int32()),
        ("end", pa.int32()),
        # Class, tag, token, answer or choice; of a label "yes" or "no"; null for a number.
        ("predicted", pa.string()),
        ("value", pa.float64()),  # the number; null for what is named
        # Of what was predicted, 0 to 1; null for a number, and where it was not stored.
        ("probability", pa.float64()),
        ("label", pa.string()),  # the right answer; of several, one of which is enough, a JSON list
        ("label_value", pa.float64()),  # the right number
        ("label_probability", pa.float64()),  # of the right answer; null where it was not stored
        # 1 right, 0 wrong; of an answer the F1 of its words; of a number its absolute error, null
        # if its label is on another scale. Null without a label.
        ("score", pa.float64()),
        # The next likeliest, the likeliest first: up to four, of choices all the others.
        ("alternatives", pa.list_(ALTERNATIVE)),
    ]
)
ANALYSIS_TABLES: Mapping[str, pa.Schema] = {
    "texts": TEXTS_SCHEMA,
    "tokens": TOKENS_SCHEMA,
    "heads": HEADS_SCHEMA,
    "roles": ROLES_SCHEMA,
    "layers": LAYERS_SCHEMA,
    "targets": TARGETS_SCHEMA,
    "decoder_heads": DECODER_HEADS_SCHEMA,
}
EVIDENCE_TABLES: Mapping[str, pa.Schema] = {
    "evidence": EVIDENCE_SCHEMA,
    "effects": EFFECTS_SCHEMA,
    "target_effects": TARGET_EFFECTS_SCHEMA,
    "sinks": SINKS_SCHEMA,
    "sink_scores": SINK_SCORES_SCHEMA,
    "agreement": AGREEMENT_SCHEMA,
    "shuffled": SHUFFLED_SCHEMA,
    "edits": EDITS_SCHEMA,
    "head_effects": HEAD_EFFECTS_SCHEMA,
}
TABLES: Mapping[str, pa.Schema] = {
    **ANALYSIS_TABLES,
    "predictions": PREDICTIONS_SCHEMA,
    **EVIDENCE_TABLES,
}
# Tables about decoders, which folders of other models lack.
OF_DECODERS = ("targets", "decoder_heads", "target_effects")


def in_schema(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """The columns of `schema` from `rows`, converted to its types.

    Raises:
        ValueError: `rows` lack one.
    """
    for field in schema:
        if field.name not in rows.column_names:
            raise ValueError(f"no column {field.name!r}")
    columns = [rows[field.name].cast(field.type) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)
