"""The part of the register of flat figures that is about predictions, by the kind of output."""

from reportgen.findings.figures.flat import Estimated, Figure, within

PREDICTIONS = (
    *within(
        "number_spread",
        Figure("prediction_mean", "output", "mean of the predicted number over the texts", "mean"),
        Figure("prediction_min", "output", "smallest predicted number", "low"),
        Figure("prediction_max", "output", "largest predicted number", "high"),
    ),
    Figure("n_labelled", "count", "texts with a label and a prediction that are numbers"),
    Estimated(
        "label_mae",
        "output",
        "mean distance of the prediction from the label; of several numbers, of all of them",
        "fits.mae",
    ),
    *within(
        "fits",
        Estimated("label_rmse", "output", "root of the mean square of that distance", "rmse"),
        Estimated("label_bias", "output", "mean of prediction minus label", "bias"),
        Estimated("label_r2", "R2", "share of the labels' variance that predictions explain", "r2"),
        Estimated(
            "label_rank_correlation", "correlation", "Spearman, predictions with labels", "rank"
        ),
    ),
    *within(
        "slopes",
        Estimated(
            "prediction_slope",
            "number",
            "slope of predictions on labels; below 1 for every model that is unsure",
            "of_predictions",
        ),
        Estimated(
            "label_slope",
            "number",
            "slope of labels on predictions: above 1 predictions lie too close together",
            "of_labels",
        ),
    ),
    Estimated(
        "error_length_correlation",
        "correlation",
        "Spearman, the errors of texts with their length in tokens",
        "where_wrong.trend.correlation",
    ),
    *within(
        "calibration",
        Estimated(
            "overconfidence", "share", "mean probability of predictions less those right", "gap"
        ),
        Estimated(
            "calibration_error", "share", "expected calibration error, chance taken out", "error"
        ),
    ),
    Estimated(
        "label_accuracy", "share", "texts whose class or choice is the label", "fits.accuracy"
    ),
    Estimated(
        "label_macro_f1", "share", "F1, mean over the classes that are labels", "fits.macro_f1"
    ),
    Estimated("labels_exact", "share", "texts whose labels are all right", "fits.labels_exact"),
    Figure("completion_n_tokens", "count", "tokens of all completions", "completions.n_tokens"),
    Estimated(
        "perplexity",
        "number",
        "exp of minus the mean log-probability of these tokens",
        "fits.perplexity",
    ),
    Figure(
        "first_choice_share",
        "share",
        "those that the model holds likeliest in their place",
        "completions.first_choice_share",
    ),
    Figure("tag_n_words", "count", "words that have a tag", "tags.n_words"),
    Estimated("tag_accuracy", "share", "words whose tag is the label's", "fits.tag_accuracy"),
    *within(
        "tags",
        Figure("entity_precision", "share", "predicted entities that labels have", "fit.precision"),
        Figure("entity_recall", "share", "entities of the labels that are found", "fit.recall"),
    ),
    Estimated("entity_f1", "share", "harmonic mean of both, over whole entities", "fits.entity_f1"),
    *within(
        "fits",
        Estimated("answer_exact", "share", "answers that are the label, normalised"),
        Estimated("answer_f1", "share", "F1 of the answer's words and the label's"),
    ),
    *within(
        "choices",
        Figure("choice_chance", "share", "mean probability of the choice picked", "mean_chance"),
    ),
    Figure("n_masks", "count", "masks of all texts", "masks.n_masks"),
    Estimated(
        "mask_accuracy", "share", "masks whose first choice is the label", "fits.mask_accuracy"
    ),
    Figure(
        "mask_top5_accuracy",
        "share",
        "masks with the label among five choices",
        "masks.listed_share",
    ),
)
