"""A comparison as flat figures by name: what gates, scripts and dashboards read."""

from typing import TYPE_CHECKING, TypeAlias

from reportgen.comparison.attention import ALL_SPECIAL, ENTROPY, HeadChanges
from reportgen.comparison.change import Change
from reportgen.comparison.predictions import Outcome, PredictionChanges
from reportgen.findings import QUALITY, Interval, Value, figure_key, mean_interval, rounded
from reportgen.tasks import Metric

if TYPE_CHECKING:
    from reportgen.comparison.compare import Comparison

Figures: TypeAlias = dict[str, Value]


def comparison_figures(comparison: "Comparison") -> Figures:
    """The figures in a fixed order; None for what could not be compared.

    Each change and each mean has the ends of its 95 % interval over the texts, `_low` and `_high`.
    Shares are in 0..1. `_max` figures are the largest size of a change, whatever its sign; drops
    and rises are positive where the new model is worse. For every special-token role that both
    models have there is `sink_share_change_<role>`, the largest size of its change in a layer.
    """
    pairing, predictions = comparison.pairing, comparison.predictions
    matching = comparison.matching
    heads, effects = comparison.heads, comparison.effects
    steadiness = comparison.steadiness
    largest = {layer.key: layer.largest for layer in comparison.layers}
    is_number = predictions is not None and predictions.is_number
    figures: Figures = {
        "texts_total": pairing.n_texts,
        "texts_comparable": pairing.n_aligned,
        "texts_added": len(matching.added) if matching else 0,
        "texts_removed": len(matching.removed) if matching else 0,
        "texts_altered": len(matching.altered) if matching else 0,
        "texts_not_comparable": pairing.n_independent - pairing.n_aligned,
        **_changed("prediction_changed", predictions.share_moved if predictions else None),
        **_changed("prediction_change_mean", predictions.mean if predictions else None),
        "prediction_change_max": predictions.largest if predictions and is_number else None,
        **_with_ends(
            "prediction_correlation",
            predictions.correlation if predictions else None,
            predictions.correlation_interval if predictions else None,
        ),
        **{
            name: value
            for kind in QUALITY.values()
            for name, value in _fit(predictions, kind).items()
        },
        **_verdict(predictions),
        **_flips(predictions, "texts_fixed", "fixed"),
        **_flips(predictions, "texts_broken", "broken"),
        **_flips(predictions, "texts_wrong_to_wrong", "wrong"),
        **_size("special_share_change_max", largest.get(ALL_SPECIAL)),
        **{
            name: value
            for layer in comparison.layers
            if layer.key not in (ALL_SPECIAL, ENTROPY)
            for name, value in _size(
                f"sink_share_change_{figure_key(layer.key)}", layer.largest
            ).items()
        },
        **_size("entropy_change_max", largest.get(ENTROPY)),
        **_distances(heads),
        "heads_changed": None if heads is None else int(heads.changed.sum()),
        "heads_moved": None if heads is None else int(heads.moved.sum()),
        **_changed("deletion_change_mean", effects.mean if effects else None),
        "deletion_change_max": None if effects is None else float(effects.change.max()),
        **_changed("variant_size_change", steadiness.every.size if steadiness else None),
        **_changed("variant_flips_change", steadiness.every.flips if steadiness else None),
        "tokens_changed": sum(token.turn != "noise" for token in comparison.tokens),
    }
    return {name: rounded(value) for name, value in figures.items()}


def _with_ends(name: str, value: Value, interval: Interval | None) -> Figures:
    """A figure and the ends of its interval by name; each None where it is not defined."""
    low, high = (None, None) if interval is None else interval
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def _changed(name: str, change: Change | None, sign: int = 1) -> Figures:
    """The difference of a figure, with the sign that its name calls for."""
    if change is None:
        return _with_ends(name, None, None)
    interval = change.interval
    if sign < 0 and interval is not None:
        interval = Interval(-interval.high, -interval.low)
    return _with_ends(name, sign * change.difference, interval)


def _size(name: str, change: Change | None) -> Figures:
    """The size of a difference, with its interval. If the difference is negative, both are turned
    round; the lower end is below 0 if the sign is unclear."""
    return _changed(name, change, -1 if change is not None and change.difference < 0 else 1)


def _fit(predictions: PredictionChanges | None, kind: Metric) -> Figures:
    """A figure of the fit with labels in both models, and how far it changed for the worse."""
    quality = None if predictions is None else predictions.quality
    figure = None if quality is None else quality.figure(kind.name)
    change, ends = (figure.change, figure.ends) if figure else (None, (None, None))
    return {
        **_with_ends(f"{kind.of_two}_base", change.base if change else None, ends[0]),
        **_with_ends(f"{kind.of_two}_head", change.head if change else None, ends[1]),
        **_changed(kind.change, change, -1 if kind.worse == "drop" else 1),
    }


def _verdict(predictions: PredictionChanges | None) -> Figures:
    """Whether the new model is better, and whether it is worse; None where no figure decides or
    there are too few texts."""
    quality = None if predictions is None else predictions.quality
    known = quality is not None and quality.verdict != "few"
    return {
        f"quality_{name}": int(quality.verdict == name) if quality and known else None
        for name in ("better", "worse")
    }


def _flips(predictions: PredictionChanges | None, name: str, outcome: Outcome) -> Figures:
    """How many texts changed their class, by outcome."""
    if predictions is None or not predictions.outcomes:
        return _with_ends(name, None, None)
    return _with_ends(name, predictions.n_flips(outcome), predictions.flips_interval(outcome))


def _distances(heads: HeadChanges | None) -> Figures:
    """How far apart the heads' attention is: on average, and in the head where it is largest."""
    if heads is None:
        return _with_ends("jsd_mean", None, None) | _with_ends("jsd_max", None, None)
    layer, head = heads.ranking[0]
    mean = mean_interval(heads.by_text)
    most = heads.intervals[layer][head]
    return _with_ends("jsd_mean", float(heads.distance.mean()), mean) | _with_ends(
        "jsd_max", float(heads.distance.max()), most
    )
