"""The notes of a comparison: what changed by more than noise, and by how much."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from reportgen.comparison.attention import ENTROPY, LayerChanges
from reportgen.comparison.change import (
    EFFECT_LEAST,
    HEAD_LEAST,
    LAYER_LEAST,
    LOOKS_LEAST_CHANGE,
    MOVED,
    Change,
)
from reportgen.comparison.quality import WIDER, QualityFigure
from reportgen.comparison.token_effects import EffectChanges, TokenChange
from reportgen.findings import (
    BENJAMINI,
    CLARK,
    CONFIDENCE,
    FALSE_DISCOVERIES,
    LIN,
    RESAMPLES,
    SERRANO,
    XIAO,
    Citation,
    Note,
    Threshold,
    ends,
    plain,
)
from reportgen.results import MIN_TEXTS

if TYPE_CHECKING:
    from reportgen.comparison.compare import Comparison

EFFECT_CHANGED = 0.5  # of a token's deletion effect, in spreads of the base's effects
LOOKS_RATIO = 1.5  # attention in the head over that in the base
LOOKS_LEAST = 1.0  # times the equal share, in the model that looks more: less is not looking
SHARE_CHANGED = 0.05  # of a layer's attention or entropy
_TOKENS = 5  # notes on tokens
# The strings of the page explain each of them.
CHANGE_THRESHOLDS = (
    Threshold("moved", MOVED),
    Threshold("false_discoveries", FALSE_DISCOVERIES, BENJAMINI),
    Threshold("effect_least", EFFECT_LEAST),
    Threshold("looks_least_change", LOOKS_LEAST_CHANGE),
    Threshold("effect_changed", EFFECT_CHANGED),
    Threshold("looks_ratio", LOOKS_RATIO),
    Threshold("looks_least", LOOKS_LEAST),
    Threshold("share_changed", SHARE_CHANGED),
    Threshold("layer_least", LAYER_LEAST),
    Threshold("head_changed", HEAD_LEAST, LIN),
    Threshold("confidence", CONFIDENCE),
    Threshold("wider", WIDER),
    Threshold("resamples", RESAMPLES),
    Threshold("min_texts", MIN_TEXTS),
)


def change_notes(comparison: "Comparison") -> list[Note]:
    """Notes on what changed, those on tokens first; none where nothing changed.

    The interval of each change lies wholly beyond its threshold. Ids: `token_moves`,
    `token_moves_less`, `token_looks`, `token_looks_less` (with `_row` where the output is read from
    one row), `prediction_mean`, `fit_<figure of quality>`, `shares`, `shares_all`, `entropy`,
    `heads`.
    """
    return [
        *token_notes(comparison.tokens, comparison.effects),
        *_predictions(comparison),
        *(note for layer in comparison.layers if (note := _layer(layer))),
        *_heads(comparison),
    ]


def token_notes(tokens: Sequence[TokenChange], effects: EffectChanges | None) -> list[Note]:
    """Notes on the tokens that changed most."""
    spread = effects.spread if effects else 0.0
    return [note for token in tokens if (note := _token(token, spread))][:_TOKENS]


def _token(token: TokenChange, spread: float) -> Note | None:
    looks = _looks(token.looks) if token.looks_changed else None
    values = _values("looks", token.looks)
    if token.effect is not None:
        values |= _values("effect", token.effect)
    # Where the model also looks at the token more (or less), any clear change of effect counts.
    agrees = looks == {"more": "token_looks", "less": "token_looks_less"}.get(token.turn)
    limit = 0.0 if looks and agrees else EFFECT_CHANGED * spread
    is_named = token.turn != "noise" and token.effect is not None
    if is_named and token.effect is not None and token.effect.lies_beyond(limit):
        id = "token_moves" if token.turn == "more" else "token_moves_less"
        also = looks or "token_attention"
        also = f"{also}_row" if token.row is not None else also
        return _about(id, token.token, values, SERRANO, also=(also,))
    if looks is None:
        return None
    return _about(f"{looks}_row" if token.row else looks, token.token, values, CLARK)


def _looks(change: Change) -> str | None:
    """The id of the note on where the model looks; None unless the whole interval of the ratio lies
    beyond LOOKS_RATIO."""
    if change.interval is None or change.base <= 0:
        return None
    low, high = ((change.base + end) / change.base for end in change.interval)
    if low >= LOOKS_RATIO and change.head >= LOOKS_LEAST:
        return "token_looks"
    is_less = high <= 1 / LOOKS_RATIO and change.base >= LOOKS_LEAST
    return "token_looks_less" if is_less else None


def _predictions(comparison: "Comparison") -> Iterator[Note]:
    predictions = comparison.predictions
    if predictions is None:
        return
    if (
        predictions.mean is not None
        and predictions.threshold
        and predictions.mean.lies_beyond(predictions.threshold)
    ):
        yield plain("prediction_mean", _values("effect", predictions.mean))
    for figure in predictions.quality.figures if predictions.quality else ():
        if figure.gain in ("better", "worse"):
            yield fit_note(figure)


def fit_note(figure: QualityFigure) -> Note:
    """A note on a figure of quality in both models, whatever its interval says."""
    name = "error" if figure.kind.scale == "error" else "fit"
    return plain(f"fit_{figure.name}", _values(name, figure.change))


def _layer(layer: LayerChanges) -> Note | None:
    """A note on the layer with the largest change that lies beyond the threshold."""
    beyond = [i for i, change in enumerate(layer.changes) if change.lies_beyond(SHARE_CHANGED)]
    if not beyond:
        return None
    at = max(beyond, key=lambda i: abs(layer.changes[i].difference))
    name = "entropy" if layer.key == ENTROPY else "share"
    values = {"layer": at + 1, **_values(name, layer.changes[at])}
    if layer.key == ENTROPY:
        return plain("entropy", values, CLARK)
    if layer.tokens[1]:
        return _about("shares", layer.tokens[1], values, XIAO)
    return plain("shares_all", values, XIAO)


def _heads(comparison: "Comparison") -> Iterator[Note]:
    heads = comparison.heads
    if heads is None or len(heads.texts) < MIN_TEXTS or not heads.changed.any():
        return
    layer, head = heads.ranking[0]
    yield plain(
        "heads",
        {
            "n_changed": int(heads.changed.sum()),
            "n_heads": int(heads.changed.size),
            "layer": layer + 1,
            "head": head + 1,
            "distance": float(heads.distance[layer, head]),
            **ends("distance", heads.intervals[layer][head]),
            "n_texts": len(heads.texts),
        },
        LIN,
    )


def _about(
    id: str,
    token: str,
    values: dict[str, float | int | str],
    *citations: Citation,
    also: tuple[str, ...] = (),
) -> Note:
    return Note(id, None, token, values, citations, "token", is_special=False, also=also)


def _values(name: str, change: Change) -> dict[str, float | int | str]:
    return {
        f"{name}_base": change.base,
        f"{name}_head": change.head,
        name: change.difference,
        **ends(name, change.interval),
        f"{name}_texts": change.n_texts,
    }
