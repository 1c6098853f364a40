"""The register of flat figures: the single numbers of summary.json that gates test and that DVC,
MLflow and jq read.

One entry per figure, in the order in which they are listed: its name, its unit, its meaning, and
where the findings hold it. A family of figures has keys in its name, such as `<role>_share`: one
figure for every special-token role.
"""

from collections.abc import Mapping
from dataclasses import replace

from reportgen.findings.figures.flat import Estimated, Figure, FigureList, within
from reportgen.findings.figures.prediction_figures import OF_TWO, PREDICTIONS
from reportgen.tasks import BIAS, ENTITY_F1, LABELS_EXACT, MACRO_F1, METRICS

_TEXTS = (
    Figure("n_texts", "count", "texts read"),
    *within(
        "n_by_status",
        Figure("n_ok", "count", "texts analysed whole", "ok"),
        Figure("n_truncated", "count", "texts analysed up to the model's limit", "truncated"),
        Figure("n_empty", "count", "texts without a token, not analysed", "empty"),
        Figure("n_failed", "count", "texts on which the model failed", "failed"),
    ),
    Figure("n_tokens", "count", "tokens of all texts, special tokens included"),
    *within(
        "info.model",
        Figure("n_layers", "count", "layers of the model"),
        Figure("n_heads", "count", "heads of each layer"),
    ),
    *within(
        "info.checks",
        Figure("unknown_share", "share", "text tokens that are the unknown token"),
        Figure("row_sum_error", "number", "largest distance of an attention row's sum from 1"),
        Figure("padding_mass", "share", "largest attention weight on padding"),
        Figure(
            "padded_difference", "number", "largest difference of a padded text from the text alone"
        ),
    ),
)
_ATTENTION = (
    *within(
        "special",
        Figure(
            "special_share_mean", "share", "mean attention on special tokens over all heads", "mean"
        ),
        Figure(
            "special_share_expected", "share", "the equal share of the same tokens", "even_mean"
        ),
        Figure("special_share_max", "share", "that share in the layer where it is largest", "most"),
        Figure("special_share_max_layer", "layer", "layer of that share", "best"),
    ),
    *within(
        "spread_means",
        Figure("entropy_mean", "share", "entropy of attention: 0 one token, 1 all tokens alike"),
        Figure("distance_mean", "tokens", "mean distance attention spans, over text tokens"),
        Figure("effective_tokens_mean", "tokens", "tokens attention is spread over, exp(entropy)"),
        Figure("effective_content_mean", "tokens", "that number over text tokens alone"),
    ),
)
_ROLES = (
    *within(
        "named",
        Figure("<role>_n_texts", "count", "texts that the verdict rests on", "share.n_texts"),
        Figure("<role>_layer", "layer", "layer that the verdict names", "layer"),
        Estimated("<role>_share", "share", "attention on the token in that layer", "share"),
        Figure("<role>_expected", "share", "the equal share of the same tokens", "expected"),
        Estimated("<role>_ratio", "times", "the share over the equal share", "ratio"),
        Estimated(
            "<role>_excess",
            "share",
            "the share as part of the way from the equal share to all attention",
            "excess",
        ),
    ),
    Figure(
        "<role>_sink_heads",
        "share",
        "of all heads, those that on their own make it a sink",
        "heads.share",
    ),
    Figure("<role>_share_max", "share", "largest share of all layers", "most.share.mean"),
    Figure("<role>_share_max_layer", "layer", "layer of that share", "most.layer"),
    Figure("<role>_ratio_max", "times", "largest ratio of all layers", "highest.ratio.mean"),
    Figure("<role>_ratio_max_layer", "layer", "layer of that ratio", "highest.layer"),
)
_EVIDENCE = (
    *within(
        "info.evidence",
        Figure("evidence_n_texts", "count", "texts chosen for evidence", "n_texts"),
        Figure("norms_error", "number", "largest error of the self-check of attention × value"),
    ),
    *within(
        "live_rows",
        Figure("live_rows_n_texts", "count", "texts in which live rows were counted", "n_texts"),
        Figure(
            "live_rows_n_live", "count", "last-layer rows that the output can depend on", "n_live"
        ),
        Figure("live_rows_n_rows", "count", "all last-layer rows", "n_rows"),
        Figure("live_rows_mean", "number", "live rows per text, mean over the texts", "mean"),
        Figure("live_rows_share", "share", "live rows as a share of all last-layer rows", "share"),
    ),
    Estimated("mixing", "share", "what attention blocks put out that is of other tokens"),
    Figure("mixing_n_texts", "count", "texts in which mixing was measured", "mixing.n_texts"),
    Estimated("mask_offset", "number", "|mean| / sd of the effects of [MASK] in a text"),
    Figure("mask_offset_n_texts", "count", "texts in which it was measured", "mask_offset.n_texts"),
    Estimated("deletion_offset", "number", "|mean| / sd of changes without a token in a text"),
    Figure(
        "deletion_offset_n_texts",
        "count",
        "texts in which it was measured",
        "deletion_offset.n_texts",
    ),
    Estimated(
        "colouring_agreement",
        "number",
        "agreement by size of what colours the texts first",
        "colouring.agreement",
    ),
    Estimated("colouring_rarity", "number", "that of token rarity", "colouring.rarity"),
    Estimated(
        "colouring_over_baseline",
        "number",
        "that agreement minus that of the baseline, which needs no model, that comes closest or "
        "does better",
        "colouring.judgement.over",
    ),
    Estimated(
        "colouring_shuffled",
        "number",
        "that of the same colours with the model's weights shuffled",
        "shuffled_first.shuffled",
    ),
    Estimated(
        "colouring_over_shuffled",
        "number",
        "by how much the colours agree better than with weights shuffled, on the same texts",
        "shuffled_first.difference",
    ),
    Figure(
        "colouring_shuffled_n_texts",
        "count",
        "texts run with weights shuffled",
        "shuffled_first.shuffled.n_texts",
    ),
    *within(
        "head_effects",
        Figure("head_effects_n_texts", "count", "texts in which heads were replaced", "n_texts"),
        Estimated(
            "head_effect_max",
            "output",
            "mean change of the prediction with the output of a head at its mean, of the head "
            "where it is largest",
            "largest",
        ),
        Figure(
            "head_effects_n_named",
            "count",
            "heads that surely change it more than the rest",
            "n_named",
        ),
    ),
    Figure(
        "colouring_n_views",
        "count",
        "measures that can colour the texts, and were compared",
        "colouring.n_views",
    ),
    Figure("colouring_n_texts", "count", "texts it was compared in", "colouring.n_texts"),
)
_SINKS = (
    Figure("sink_<subject>_n_texts", "count", "texts in which the tests were done", "n_texts"),
    *within(
        "strongest",
        Figure("sink_<subject>_layer", "layer", "layer in which it stands out most", "layer"),
        Estimated("sink_<subject>_share", "share", "attention on it in that layer", "share"),
        Figure("sink_<subject>_expected", "share", "its equal share", "expected"),
    ),
    Figure(
        "sink_<subject>_<test>_n_texts", "count", "texts in which it was done", "effect.n_texts"
    ),
    Figure(
        "sink_<subject>_<test>_effect",
        "output",
        "how far the test changes the prediction",
        "effect.mean",
    ),
    Figure("sink_<subject>_<test>_control", "output", "effect on text tokens", "control.mean"),
    Estimated("sink_<subject>_<test>_ratio", "times", "effect over control", "ratio"),
)
_AGREEMENT = (
    Estimated(
        "agreement_<view>_<statistic>",
        "number",
        "agreement of a view with the effect of tokens",
        "stated",
    ),
    Figure(
        "agreement_<view>_<statistic>_n_texts",
        "count",
        "texts in which that was measured",
        "estimate.n_texts",
    ),
    Estimated(
        "agreement_<view>_<statistic>_over_baseline",
        "number",
        "that agreement, by size, minus that of the baseline that comes closest or does better; "
        "its interval holds for all that are judged together",
        "judgement.over",
        is_optional=True,
    ),
    Figure(
        "agreement_<view>_<statistic>_over_baseline_n_texts",
        "count",
        "texts in which both were measured",
        "judgement.over.n_texts",
        is_optional=True,
    ),
)
_WHAT_IF = (
    *within(
        "what_if",
        Figure("variant_n_texts", "count", "texts that were edited, or have variants", "n_texts"),
        Figure(
            "variant_change_max",
            "output",
            "largest change of a prediction by an edit: of the number, or of the probability of "
            "what was predicted for the original",
            "change_max",
        ),
        Estimated("variant_flips", "share", "edits that change what is predicted", "flips"),
    ),
    Figure("variant_<edit>_n_texts", "count", "texts with this edit", "n_texts"),
    Estimated(
        "variant_<edit>_change",
        "output",
        "mean change by this edit; its interval holds for all kinds of edits at once",
        "change",
    ),
    Figure("variant_<edit>_change_max", "output", "largest change by this edit", "change_max"),
    Estimated(
        "variant_<edit>_flips", "share", "texts in which it changes what is predicted", "flips"
    ),
)
RUN_FIGURES = FigureList(
    "run",
    (
        *(*_TEXTS, *PREDICTIONS, *_ATTENTION, *_ROLES, *_EVIDENCE, *_SINKS),
        *(*_AGREEMENT, *_WHAT_IF),
    ),
)
# Of two results; `comparison/figures.py` gives their values.
COMPARE_FIGURES = FigureList(
    "compare",
    (
        *OF_TWO,
        *(
            replace(figure, meaning=f"new model: {figure.meaning}")
            for figure in RUN_FIGURES.figures
        ),
    ),
)
# The figures that people watch from run to run, by command: about a dozen of them are defined for
# any one kind of output. `metrics.json` holds them.
_WATCHED: Mapping[str, tuple[str, ...]] = {
    "run": (
        *("n_texts", "n_failed", "unknown_share", "prediction_mean"),
        *("label_mae", "label_rmse", "label_r2", "label_rank_correlation", "label_accuracy"),
        *("perplexity", "tag_accuracy", "entity_f1", "answer_exact", "answer_f1"),
        *("mask_accuracy", "special_share_mean", "special_share_max", "<role>_ratio"),
        *("entropy_mean", "colouring_agreement", "colouring_rarity", "colouring_over_baseline"),
        *("variant_flips", "variant_change_max"),
    ),
    "compare": (
        *("texts_comparable", "prediction_changed", "prediction_change_mean", "r2_drop"),
        *("mae_rise", "accuracy_drop", "rmse_rise", "rank_correlation_drop", "macro_f1_drop"),
        *("perplexity_rise", "tag_accuracy_drop", "mask_accuracy_drop", "answer_exact_drop"),
        *("answer_f1_drop", "texts_fixed", "texts_broken", "special_share_change_max"),
        *("jsd_mean", "heads_changed", "deletion_change_mean", "tokens_changed"),
        *("variant_size_change", "variant_flips_change"),
    ),
}
# What metrics are called, but for those that say little beside the others of their task: these
# alone are not watched.
_METRICS: Mapping[str, list[str]] = {
    "run": [metric.of_run for metric in METRICS if metric not in (BIAS, MACRO_F1, LABELS_EXACT)],
    "compare": [
        metric.change for metric in METRICS if metric not in (BIAS, ENTITY_F1, LABELS_EXACT)
    ],
}
WATCHED: Mapping[str, tuple[str, ...]] = {
    command: tuple(dict.fromkeys((*names, *_METRICS[command])))
    for command, names in _WATCHED.items()
}


def figure_list(command: str) -> FigureList:
    """The figures that gates of `command`, run or compare, can name. For compare these are its own
    figures, and all of run for the new model."""
    return COMPARE_FIGURES if command == "compare" else RUN_FIGURES
