"""A comparison as flat figures by name: what gates, scripts and dashboards read."""

from typing import TYPE_CHECKING, Literal, TypeAlias

from reportgen.comparison.attention import ALL_SPECIAL, ENTROPY
from reportgen.comparison.change import Change
from reportgen.comparison.predictions import Outcome, PredictionChanges
from reportgen.comparison.quality import FigureName
from reportgen.findings.figures import Value, figure_key, rounded

if TYPE_CHECKING:
    from reportgen.comparison.compare import Comparison

Figures: TypeAlias = dict[str, Value]


def comparison_figures(comparison: "Comparison") -> Figures:
    """The figures in a fixed order; None for what could not be compared.

    Shares are in 0..1. `_max` figures are the largest size of a change, whatever its sign; drops
    and rises are positive where the new model is worse. For every special-token role that both
    models have there is `sink_share_change_<role>`, the largest size of its change in a layer.
    """
    pairing, predictions = comparison.pairing, comparison.predictions
    matching = comparison.matching
    heads, effects = comparison.heads, comparison.effects
    largest = {found.key: found.largest for found in comparison.layers}
    is_number = predictions is not None and predictions.kind == "number"
    figures: Figures = {
        "texts_total": pairing.n_texts,
        "texts_comparable": pairing.n_aligned,
        "texts_added": len(matching.added) if matching else 0,
        "texts_removed": len(matching.removed) if matching else 0,
        "texts_altered": len(matching.altered) if matching else 0,
        "texts_not_comparable": pairing.n_texts - pairing.n_aligned,
        "prediction_changed": None if predictions is None else predictions.share_moved.head,
        "prediction_change_mean": _difference(None if predictions is None else predictions.mean),
        "prediction_change_max": predictions.largest if predictions and is_number else None,
        "prediction_correlation": None if predictions is None else predictions.correlation,
        **_fit(predictions, "r2", "r2", "drop"),
        **_fit(predictions, "mae", "mae", "rise"),
        **_fit(predictions, "accuracy", "accuracy", "drop"),
        **_fit(predictions, "rmse", "rmse", "rise"),
        **_fit(predictions, "bias", "bias", "rise"),
        **_fit(predictions, "rank", "rank_correlation", "drop"),
        **_fit(predictions, "macro_f1", "macro_f1", "drop"),
        **_fit(predictions, "perplexity", "perplexity", "rise"),
        **_fit(predictions, "tag_accuracy", "tag_accuracy", "drop"),
        **_fit(predictions, "mask_accuracy", "mask_accuracy", "drop"),
        **_fit(predictions, "answer_exact", "answer_exact", "drop"),
        **_fit(predictions, "answer_f1", "answer_f1", "drop"),
        "texts_fixed": _flips(predictions, "fixed"),
        "texts_broken": _flips(predictions, "broken"),
        "texts_wrong_to_wrong": _flips(predictions, "wrong"),
        "special_share_change_max": _size(largest.get(ALL_SPECIAL)),
        **{
            f"sink_share_change_{figure_key(found.key)}": _size(found.largest)
            for found in comparison.layers
            if found.key not in (ALL_SPECIAL, ENTROPY)
        },
        "entropy_change_max": _size(largest.get(ENTROPY)),
        "jsd_mean": None if heads is None else float(heads.distance.mean()),
        "jsd_max": None if heads is None else float(heads.distance.max()),
        "heads_changed": None if heads is None else int(heads.changed.sum()),
        "deletion_change_mean": None if effects is None else effects.mean.head,
        "deletion_change_max": None if effects is None else float(effects.change.max()),
        "tokens_changed": sum(token.turn != "noise" for token in comparison.tokens),
    }
    return {name: rounded(value) for name, value in figures.items()}


def _fit(
    predictions: PredictionChanges | None,
    name: FigureName,
    figure: str,
    worse: Literal["drop", "rise"],
) -> Figures:
    change = None if predictions is None else predictions.fit(name)
    return {
        f"{figure}_base": change.base if change else None,
        f"{figure}_head": change.head if change else None,
        f"{figure}_{worse}": _difference(change, -1 if worse == "drop" else 1),
    }


def _flips(predictions: PredictionChanges | None, outcome: Outcome) -> int | None:
    known = predictions is not None and predictions.outcomes
    return predictions.n_flips(outcome) if predictions and known else None


def _difference(change: Change | None, sign: int = 1) -> float | None:
    return None if change is None else sign * change.difference


def _size(change: Change | None) -> float | None:
    return None if change is None else abs(change.difference)
