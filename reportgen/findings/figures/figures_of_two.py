"""The flat figures that only a comparison of two models has; see `figure_register`."""

from collections.abc import Iterator
from typing import Literal

from reportgen.findings.figures.flat import Estimated, Figure, Unit


def _of_fit(
    name: str, unit: Unit, meaning: str, change: Literal["drop", "rise"], *, judged: bool = True
) -> Iterator[Figure]:
    """A figure of the fit with labels in the old and in the new model, and how it changed;
    `judged`: a rise, or a drop, is for the worse."""
    for side, word in (("base", "old"), ("head", "new")):
        yield Estimated(f"{name}_{side}", unit, meaning.format(word))
    first, second = ("base", "head") if change == "drop" else ("head", "base")
    said = f"{name}_{first} minus {name}_{second}"
    worse = "; above 0 the new model is worse" if judged else ""
    yield Estimated(f"{name}_{change}", unit, said + worse)


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
    *_of_fit("r2", "R2", "share of the labels' variance that the {} model explains", "drop"),
    *_of_fit("mae", "output", "mean distance from the label, {} model", "rise"),
    *_of_fit("accuracy", "share", "texts whose predicted class is the label, {} model", "drop"),
    *_of_fit("rmse", "output", "root mean square distance from the label, {} model", "rise"),
    *_of_fit("bias", "output", "mean of prediction minus label, {} model", "rise", judged=False),
    *_of_fit("rank_correlation", "correlation", "Spearman with the labels, {} model", "drop"),
    *_of_fit("macro_f1", "share", "F1, mean over the labels' classes, {} model", "drop"),
    *_of_fit("perplexity", "number", "perplexity of the completions, {} model", "rise"),
    *_of_fit("tag_accuracy", "share", "words whose tag is the label's, {} model", "drop"),
    *_of_fit("mask_accuracy", "share", "masks whose first choice is the label, {} model", "drop"),
    *_of_fit("answer_exact", "share", "answers that are the label, normalised, {} model", "drop"),
    *_of_fit("answer_f1", "share", "F1 of the answer's words and the label's, {} model", "drop"),
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
    Figure("heads_changed", "count", "heads whose attention changed by more than noise"),
    Estimated(
        "deletion_change_mean", "number", "change of a text's token effects, mean over the texts"
    ),
    Figure("deletion_change_max", "number", "that change in the text where it is largest"),
    Figure("tokens_changed", "count", "tokens whose change is larger than noise"),
)
