"""The flat figures that only a comparison of two models has; see `figure_register`."""

from collections.abc import Iterator

from reportgen.findings.figures.flat import Estimated, Figure
from reportgen.findings.outputs.quality_register import QUALITY
from reportgen.tasks.metrics import Metric


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
