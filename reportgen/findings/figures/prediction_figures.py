"""The part of the register of flat figures that is about predictions, and the figures that only a
comparison of two models has."""

from collections.abc import Iterator

from reportgen.findings.figures.flat import Estimated, Figure, within
from reportgen.findings.quality.deciding_metric import QUALITY
from reportgen.tasks import (
    ACCURACY,
    ANSWER_EXACT,
    ANSWER_F1,
    BIAS,
    ENTITY_F1,
    ENTITY_PRECISION,
    ENTITY_RECALL,
    FIRST_CHOICE,
    LABELS_EXACT,
    MACRO_F1,
    MAE,
    MASK_ACCURACY,
    MASK_LISTED,
    METRICS,
    PERPLEXITY,
    R2,
    RANK,
    RMSE,
    TAG_ACCURACY,
    ItemFigure,
    Metric,
)


def _fit(item_figure: ItemFigure) -> Figure:
    """The flat figure of a figure of a task."""
    return Estimated(
        item_figure.of_run, item_figure.unit, item_figure.of_one, f"fits.{item_figure.name}"
    )


def _n_items(name: str, meaning: str) -> Figure:
    """The number of items of a task that counts them under this name."""
    return Figure(name, "count", meaning, f"item_counts.{name}")


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
    _n_items("completion_n_tokens", "tokens of all completions"),
    *map(_fit, (PERPLEXITY, FIRST_CHOICE)),
    _n_items("tag_n_words", "words that have a tag"),
    *map(_fit, (TAG_ACCURACY, ENTITY_PRECISION, ENTITY_RECALL, ENTITY_F1)),
    *map(_fit, (ANSWER_EXACT, ANSWER_F1)),
    *within(
        "choices",
        Figure("choice_chance", "share", "mean probability of the choice picked", "mean_chance"),
    ),
    _n_items("n_masks", "masks of all texts"),
    *map(_fit, (MASK_ACCURACY, MASK_LISTED)),
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
    Estimated(
        "variant_size_change",
        "output",
        "how far edits of texts change predictions, new model minus old, mean over the texts",
    ),
    Estimated(
        "variant_flips_change",
        "share",
        "how often edits of texts change what is predicted, new model minus old",
    ),
    Figure("tokens_changed", "count", "tokens whose change is larger than noise"),
)
