"""The flat figures that only a comparison of two models has; see `figure_register`."""

from reportgen.findings.figures.flat import Figure

OF_TWO = (
    Figure("texts_total", "count", "texts that both results have"),
    Figure("texts_comparable", "count", "texts that are the same tokens for both models"),
    Figure(
        "texts_not_comparable", "count", "texts that are not, or that one model did not analyse"
    ),
    Figure("texts_added", "count", "texts that only the new model's results have"),
    Figure("texts_removed", "count", "texts that only the old model's results have"),
    Figure("texts_altered", "count", "ids that have another text in the new model's results"),
    Figure("prediction_changed", "share", "texts whose prediction changed", has_interval=True),
    Figure(
        "prediction_change_mean",
        "output",
        "predicted number, new model minus old, mean over the texts",
        has_interval=True,
    ),
    Figure("prediction_change_max", "output", "largest change of a predicted number"),
    Figure(
        "prediction_correlation",
        "correlation",
        "correlation of both models' predictions",
        has_interval=True,
    ),
    Figure(
        "r2_base",
        "R2",
        "share of the labels' variance that the old model explains",
        has_interval=True,
    ),
    Figure(
        "r2_head",
        "R2",
        "share of the labels' variance that the new model explains",
        has_interval=True,
    ),
    Figure(
        "r2_drop", "R2", "r2_base minus r2_head; above 0 the new model is worse", has_interval=True
    ),
    Figure("mae_base", "output", "mean distance from the label, old model", has_interval=True),
    Figure("mae_head", "output", "mean distance from the label, new model", has_interval=True),
    Figure(
        "mae_rise",
        "output",
        "mae_head minus mae_base; above 0 the new model is worse",
        has_interval=True,
    ),
    Figure(
        "accuracy_base",
        "share",
        "texts whose predicted class is the label, old model",
        has_interval=True,
    ),
    Figure(
        "accuracy_head",
        "share",
        "texts whose predicted class is the label, new model",
        has_interval=True,
    ),
    Figure(
        "accuracy_drop",
        "share",
        "accuracy_base minus accuracy_head; above 0 the new model is worse",
        has_interval=True,
    ),
    Figure(
        "rmse_base",
        "output",
        "root mean square distance from the label, old model",
        has_interval=True,
    ),
    Figure(
        "rmse_head",
        "output",
        "root mean square distance from the label, new model",
        has_interval=True,
    ),
    Figure(
        "rmse_rise",
        "output",
        "rmse_head minus rmse_base; above 0 the new model is worse",
        has_interval=True,
    ),
    Figure("bias_base", "output", "mean of prediction minus label, old model", has_interval=True),
    Figure("bias_head", "output", "mean of prediction minus label, new model", has_interval=True),
    Figure("bias_rise", "output", "bias_head minus bias_base", has_interval=True),
    Figure(
        "rank_correlation_base",
        "correlation",
        "Spearman with the labels, old model",
        has_interval=True,
    ),
    Figure(
        "rank_correlation_head",
        "correlation",
        "Spearman with the labels, new model",
        has_interval=True,
    ),
    Figure(
        "rank_correlation_drop",
        "correlation",
        "rank_correlation_base minus rank_correlation_head; above 0 the new model is worse",
        has_interval=True,
    ),
    Figure(
        "macro_f1_base", "share", "F1, mean over the labels' classes, old model", has_interval=True
    ),
    Figure(
        "macro_f1_head", "share", "F1, mean over the labels' classes, new model", has_interval=True
    ),
    Figure(
        "macro_f1_drop",
        "share",
        "macro_f1_base minus macro_f1_head; above 0 the new one is worse",
        has_interval=True,
    ),
    Figure(
        "perplexity_base", "number", "perplexity of the completions, old model", has_interval=True
    ),
    Figure(
        "perplexity_head", "number", "perplexity of the completions, new model", has_interval=True
    ),
    Figure(
        "perplexity_rise",
        "number",
        "perplexity_head minus perplexity_base; above 0 the new model is worse",
        has_interval=True,
    ),
    Figure(
        "tag_accuracy_base", "share", "words whose tag is the label's, old model", has_interval=True
    ),
    Figure(
        "tag_accuracy_head", "share", "words whose tag is the label's, new model", has_interval=True
    ),
    Figure(
        "tag_accuracy_drop",
        "share",
        "tag_accuracy_base minus the same of the new model",
        has_interval=True,
    ),
    Figure(
        "mask_accuracy_base",
        "share",
        "masks whose first choice is the label, old model",
        has_interval=True,
    ),
    Figure(
        "mask_accuracy_head",
        "share",
        "masks whose first choice is the label, new model",
        has_interval=True,
    ),
    Figure(
        "mask_accuracy_drop",
        "share",
        "mask_accuracy_base minus the same of the new model",
        has_interval=True,
    ),
    Figure(
        "answer_exact_base",
        "share",
        "answers that are the label, normalised, old model",
        has_interval=True,
    ),
    Figure(
        "answer_exact_head",
        "share",
        "answers that are the label, normalised, new model",
        has_interval=True,
    ),
    Figure(
        "answer_exact_drop",
        "share",
        "answer_exact_base minus the same of the new model",
        has_interval=True,
    ),
    Figure(
        "answer_f1_base",
        "share",
        "F1 of the answer's words and the label's, old model",
        has_interval=True,
    ),
    Figure(
        "answer_f1_head",
        "share",
        "F1 of the answer's words and the label's, new model",
        has_interval=True,
    ),
    Figure(
        "answer_f1_drop",
        "share",
        "answer_f1_base minus the same of the new model",
        has_interval=True,
    ),
    Figure(
        "texts_fixed",
        "count",
        "texts whose class is right in the new model alone",
        has_interval=True,
    ),
    Figure(
        "texts_broken",
        "count",
        "texts whose class is right in the old model alone",
        has_interval=True,
    ),
    Figure(
        "texts_wrong_to_wrong",
        "count",
        "texts whose class changed and is wrong in both",
        has_interval=True,
    ),
    Figure(
        "special_share_change_max",
        "share",
        "largest change of a layer's attention on special tokens",
        has_interval=True,
    ),
    Figure(
        "sink_share_change_<role>",
        "share",
        "largest change of a layer's attention on the token",
        has_interval=True,
    ),
    Figure(
        "entropy_change_max",
        "share",
        "largest change of a layer's entropy of attention",
        has_interval=True,
    ),
    Figure(
        "jsd_mean",
        "number",
        "Jensen-Shannon distance of attention, mean over the heads",
        has_interval=True,
    ),
    Figure("jsd_max", "number", "that distance in the head where it is largest", has_interval=True),
    Figure("heads_changed", "count", "heads whose attention changed by more than noise"),
    Figure(
        "deletion_change_mean",
        "number",
        "change of a text's token effects, mean over the texts",
        has_interval=True,
    ),
    Figure("deletion_change_max", "number", "that change in the text where it is largest"),
    Figure("tokens_changed", "count", "tokens whose change is larger than noise"),
)
