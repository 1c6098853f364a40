"""The part of the register of flat figures that is about predictions, and the figures that only a
comparison of two models has."""

from collections.abc import Iterator

from reportgen.findings.figures.flat import Estimated, Figure, within
from reportgen.findings.outputs.deciding_metric import QUALITY
from reportgen.tasks import (
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


def _of_fit(kind: Metric) -> Iterator[Figure]:
    """A figure of the fit with labels in the old and in the new model, and how it changed."""
    for side, word in (("base", "old"), ("head", "new")):
        yield Estimated(f"{kind.of_two}_{side}", kind.unit, kind.meaning.format(word))
    first, second = ("base", "head") if kind.worse == "drop" else ("head", "base")
    meaning = f"{kind.of_two}_{first} minus {kind.of_two}_{second}"
    if kind.best != "zero":
        meaning += "; above 0 the new model is worse"
    yield Estimated(kind.change, kind.unit, meaning)


OF_TWO = (
    Figure("texts_total", "count", "texts that both results have"),
    Figure("texts_comparable", "count", "texts that are the same tokens for both models"),
    Figure(
        "texts_not_comparable", "count", "texts that are not, or that one model did not analyse"
    ),
    Figure("texts_added", "count", "texts that only the new model's results have"),
    Figure("texts_removed", "count", "texts that only the old model's results have"),
    Figure("texts_altered", "count", "ids that have another text in the new model's results"),
    Estimated("prediction_changed", "share", "texts whose prediction changed"),
    Estimated(
        "prediction_change_mean",
        "output",
        "predicted number, new model minus old, mean over the texts",
    ),
    Figure("prediction_change_max", "output", "largest change of a predicted number"),
    Estimated("prediction_correlation", "correlation", "Spearman, predictions of both models"),
    *(figure for kind in QUALITY.values() for figure in _of_fit(kind)),
    Figure("quality_better", "count", "1 where the new model is better by what decides, else 0"),
    Figure("quality_worse", "count", "1 where the new model is worse by what decides, else 0"),
    Estimated("texts_fixed", "count", "texts whose class is right in the new model alone"),
    Estimated("texts_broken", "count", "texts whose class is right in the old model alone"),
    Estimated("texts_wrong_to_wrong", "count", "texts whose class changed and is wrong in both"),
    Estimated(
        "special_share_change_max",
        "share",
        "largest change of a layer's attention on special tokens",
    ),
    Estimated(
        "sink_share_change_<role>", "share", "largest change of a layer's attention on the token"
    ),
    Estimated("entropy_change_max", "share", "largest change of a layer's entropy of attention"),
    Estimated("jsd_mean", "number", "Jensen-Shannon distance of attention, mean over the heads"),
    Estimated("jsd_max", "number", "that distance in the head where it is largest"),
    Figure("heads_changed", "count", "those of heads_moved, where the outputs changed too, else 0"),
    Figure("heads_moved", "count", "heads whose attention moved by more than noise"),
    Estimated(
        "deletion_change_mean", "number", "change of a text's token effects, mean over the texts"
    ),
    Figure("deletion_change_max", "number", "that change in the text where it is largest"),
    Figure("tokens_changed", "count", "tokens whose change is larger than noise"),
)
