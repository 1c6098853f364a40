"""The trend over more than two models as JSON: sinks, tokens and texts."""

from typing import Any

from reportgen.comparison.all_models import AllModels
from reportgen.comparison.change import Change
from reportgen.comparison.trend.quality import QualityTrend
from reportgen.comparison.trend.sinks import LayerState, SinkTrend
from reportgen.comparison.trend.tokens import TokenTrend
from reportgen.findings.figures.flat import rounded
from reportgen.report.json.records import ends


def trend_record(found: AllModels | None) -> dict[str, Any] | None:
    """The complete trend; null for two models. Lists of figures have an entry per model, null if
    it has none; places of models count from 0."""
    if found is None:
        return None
    trend = found.trend
    return {
        "models": [
            {
                "name": point.name,
                "step": point.step,
                "texts_missing": own.n_missing,
                "texts_not_in_first": own.n_other,
            }
            for point, own in zip(trend.checkpoints, trend.unmatched, strict=True)
        ],
        "quality": _quality(trend.quality),
        "sinks": [_sink(own) for own in trend.sinks],
        "tokens": [_token(own) for own in trend.tokens],
        "texts": [
            {
                "id": own.id,
                "predictions": [
                    value if isinstance(value, str) else rounded(value) for value in own.predictions
                ],
                "changed_at": list(own.changed_at),
                "right": list(own.right),
            }
            for own in trend.texts
        ],
    }


def _quality(own: QualityTrend | None) -> dict[str, Any] | None:
    """Since which model those that follow are better, worse or the same; null where that is not
    sure."""
    if own is None:
        return None
    values = zip(("first_value", "since_value", "last_value"), own.values, strict=True)
    return {
        "verdict": own.course,
        "since": own.since,
        "decided_by": own.figure,
        **{name: rounded(value) for name, value in values},
    }


def _sink(own: SinkTrend) -> dict[str, Any]:
    return {
        "role": own.key,
        "token": own.token,
        "first": own.first,
        "sink_layers": [list(layers) for layers in own.sink_layers],
        "n_sink_heads": list(own.n_sink_heads),
        "n_heads": list(own.n_heads),
        "layers": [[_state(state) for state in states] for states in own.layers],
        "heads": [
            {
                "layer": head.layer,
                "head": head.head,
                "first": head.first,
                "excess": [rounded(value) for value in head.excess],
            }
            for head in own.heads
        ],
    }


def _state(state: LayerState | None) -> dict[str, Any] | None:
    if state is None:
        return None
    excess = {"excess": rounded(state.excess.mean), "share": rounded(state.share)}
    return {**excess, **ends(state.excess.interval), "is_sink": state.is_sink}


def _token(own: TokenTrend) -> dict[str, Any]:
    """Its changes from the first model, which has no entry of its own."""
    return {
        "token": own.token,
        "figure": "deletion_effect" if own.has_effect else "looked_at",
        "turn": own.turn,
        "first_clear": own.first_clear,
        "changes": [_change(change) for change in own.figures],
    }


def _change(change: Change | None) -> dict[str, Any] | None:
    if change is None:
        return None
    ends_of = {"base": change.base, "head": change.head, "change": change.difference}
    said = {name: rounded(value) for name, value in ends_of.items()}
    return {**said, **ends(change.interval), "n_texts": change.n_texts}
