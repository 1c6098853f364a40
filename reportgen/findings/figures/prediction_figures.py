"""The part of the register of flat figures that is about predictions, by the kind of output."""

from reportgen.findings.figures.flat import Estimated, Figure, within
from reportgen.tasks.metrics import (
    ACCURACY,
    ANSWER_EXACT,
    ANSWER_F1,
    BIAS,
    ENTITY_F1,
    LABELS_EXACT,
    MACRO_F1,
    MAE,
    MASK_ACCURACY,
    METRICS,
    PERPLEXITY,
    R2,
    RANK,
    RMSE,
    TAG_ACCURACY,
    Metric,
)


def _fit(metric: Metric) -> Figure:
    """The figure of a metric."""
    return Estimated(metric.of_run, metric.unit, metric.of_one, f"fits.{metric.name}")


_PLACED = (
    *within(
        "number_spread",
        Figure("prediction_mean", "output", "mean of the predicted number over the texts", "mean"),
        Figure("prediction_min", "output", "smallest predicted number", "low"),
        Figure("prediction_max", "output", "largest predicted number", "high"),
    ),
    Figure("n_labelled", "count", "texts with a label and a prediction that are numbers"),
    *map(_fit, (MAE, RMSE, BIAS, R2, RANK)),
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
    *map(_fit, (ACCURACY, MACRO_F1, LABELS_EXACT)),
    Figure("completion_n_tokens", "count", "tokens of all completions", "completions.n_tokens"),
    _fit(PERPLEXITY),
    Figure(
        "first_choice_share",
        "share",
        "those that the model holds likeliest in their place",
        "completions.first_choice_share",
    ),
    Figure("tag_n_words", "count", "words that have a tag", "tags.n_words"),
    _fit(TAG_ACCURACY),
    *within(
        "tags",
        Figure("entity_precision", "share", "predicted entities that labels have", "fit.precision"),
        Figure("entity_recall", "share", "entities of the labels that are found", "fit.recall"),
    ),
    *map(_fit, (ENTITY_F1, ANSWER_EXACT, ANSWER_F1)),
    *within(
        "choices",
        Figure("choice_chance", "share", "mean probability of the choice picked", "mean_chance"),
    ),
    Figure("n_masks", "count", "masks of all texts", "masks.n_masks"),
    _fit(MASK_ACCURACY),
    Figure(
        "mask_top5_accuracy",
        "share",
        "masks with the label among five choices",
        "masks.listed_share",
    ),
)
_NAMES = {figure.name for figure in _PLACED}
# A metric without a place among them stands behind.
PREDICTIONS = (*_PLACED, *(_fit(metric) for metric in METRICS if metric.of_run not in _NAMES))
