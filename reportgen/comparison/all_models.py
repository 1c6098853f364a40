"""More than two models on the same texts: every figure in each of them, and what changed from the
first model and from the one before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from reportgen.comparison.attention import (
    ALL_SPECIAL,
    ENTROPY,
    head_changes,
    role_by_layer,
)
from reportgen.comparison.change import Change, changes, equal_if_close
from reportgen.comparison.outputs.predictions import PredictionChanges, prediction_changes
from reportgen.comparison.outputs.quality import FigureName, Quality, Verdict
from reportgen.comparison.pairing import Pairing, common_labels, pair
from reportgen.comparison.seed_noise import NullLimits
from reportgen.comparison.tokens.effects import TokenChange, effect_changes, token_changes
from reportgen.comparison.tokens.units import unit_pairs
from reportgen.comparison.trend.checkpoints import checkpoints
from reportgen.comparison.trend.common import common_texts, fresh
from reportgen.comparison.trend.sinks import SinkState, sink_courses, sink_state
from reportgen.comparison.trend.texts import predicted, text_courses
from reportgen.comparison.trend.tokens import token_courses
from reportgen.comparison.trend.trend import Trend
from reportgen.findings.findings import Findings
from reportgen.findings.statistics import Booleans, Floats, Interval
from reportgen.results.info import RunInfo, View
from reportgen.results.selection import selected
from reportgen.results.small_results import mean_of_heads

AGREEMENT = "agreement"
MOVED = "moved"  # the share of predictions that changed from the model before
SPECIAL_LAYER = "special_layer"  # of all special tokens together, in their strongest layer
_NO_LIMITS = NullLimits("", 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
_QUALITY: tuple[FigureName, ...] = (
    "mae", "rmse", "bias", "rank", "r2", "accuracy", "macro_f1", "perplexity",
    "tag_accuracy", "mask_accuracy", "answer_exact", "answer_f1",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ModelValue:
    """One figure in one model."""

    value: float
    # From the first model; None of the first, and of what has an interval of its own.
    change: Change | None = None
    interval: Interval | None = None  # of an agreement, and of a share of predictions that changed
    layer: int | None = None  # in which a share is largest, from 1
    view: View | None = None  # that an agreement is of: what colours the texts first


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure in every model."""

    # A figure of the fit with labels, "special", "special_layer", the key of a special-token role
    # (its share in the layer where that is largest), "entropy", "agreement" or "moved".
    key: str
    values: tuple[ModelValue | None, ...]  # [model]; None where a model has no such figure
    token: str = ""  # of a role, as the first model that has it writes it
    quality: FigureName | None = None  # of a figure of the fit: which one


@dataclass(frozen=True, slots=True)
class Step:
    """What changed from one model to another; None for what could not be compared."""

    n_texts: int  # that both split into the same tokens
    same_output: bool  # kind of output, and the names of numbers and labels
    n_predicted: int | None  # texts with a prediction in both
    n_moved: int | None  # of which the prediction changed
    verdict: Verdict | None  # whether the later model fits the labels better
    n_heads: int | None
    n_heads_changed: int | None
    distance: float | None  # of attention, mean over heads
    n_tokens: int | None
    n_tokens_changed: int | None
    effects: float | None  # mean change of the deletion effects, in spreads of the earlier model's


@dataclass(frozen=True, slots=True)
class AllModels:
    """Every model that was compared, in the order in which they were given."""

    infos: tuple[RunInfo, ...]  # [model]
    n_texts: int  # that all models have figures of
    n_left_out: int  # other texts of the first model
    rows: tuple[FigureRow, ...]
    from_first: tuple[Step, ...]  # of the second model and each after it
    from_previous: tuple[Step, ...]  # the same; its first is that of `from_first`
    trend: Trend  # sinks, tokens and texts


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """What is kept of a model once its tables are dropped."""

    takes_part: Booleans  # [text]
    by_layer: Mapping[str, Floats]  # [text, layer]
    tokens: Mapping[str, str]  # of the roles, by key
    agreement: ModelValue | None
    sinks: SinkState
    predicted: Sequence[str | float | None]  # [text]


@dataclass(frozen=True, slots=True, eq=False)
class _Changes:
    """What changed from one model to another, text by text and token by token."""

    predictions: PredictionChanges | None
    tokens: tuple[TokenChange, ...]

    @property
    def quality(self) -> Quality | None:
        """How well both models fit the labels."""
        return self.predictions.quality if self.predictions else None

    @property
    def share_moved(self) -> ModelValue | None:
        """The share of texts whose prediction changed."""
        moved = self.predictions.share_moved if self.predictions else None
        return ModelValue(moved.head, interval=moved.interval) if moved else None


def all_models(
    sides: Sequence[Findings], null: NullLimits | None = None, folders: Sequence[str] = ()
) -> AllModels:
    """Compare each model with the first, and with the one before it.

    Only texts count that all models analysed and have finite predictions of. The tables of at most
    three models are in memory at a time. `folders` are the names of those with the results, ""
    where they are not kept.

    Raises:
        ComparisonError: a model has no text in common with the first, or no text is in all results.
    """
    rows, unmatched, without = common_texts(sides, folders or [""] * len(sides))
    labels, _ = common_labels(_part(*own).results for own in zip(sides, rows, strict=True))
    limits = null or _NO_LIMITS
    first = previous = _part(sides[0], rows[0])
    ids = first.texts["text_id"].astype(str).tolist()
    kept, steps = [_kept(first)], list[tuple[Step, Step]]()
    changed, moved = list[_Changes](), list[_Changes]()
    for side, own in zip(sides[1:], rows[1:], strict=True):
        this = _part(side, own)
        pairing = replace(pair(first, this), labels=labels)
        from_first = from_previous = _step(first, this, pairing, limits)
        if previous is not first:
            pairing = replace(pair(previous, this), labels=labels)
            from_previous = _step(previous, this, pairing, limits)
        steps.append((from_first[0], from_previous[0]))
        changed.append(from_first[1])
        moved.append(from_previous[1])
        kept.append(_kept(this))
        previous = this
    infos = tuple(side.info for side in sides)
    return AllModels(
        infos=infos,
        n_texts=len(rows[0]),
        n_left_out=len(sides[0].texts) - len(rows[0]),
        rows=(
            *_quality_rows([own.quality for own in changed]),
            *_attention_rows(kept),
            *_own_rows(AGREEMENT, [own.agreement for own in kept]),
            *_own_rows(MOVED, [None, *(own.share_moved for own in moved)]),
        ),
        from_first=tuple(step for step, _ in steps),
        from_previous=tuple(step for _, step in steps),
        trend=Trend(
            checkpoints(folders or [""] * len(sides), [info.model.name for info in infos]),
            unmatched,
            sink_courses([own.sinks for own in kept], _tokens(kept)),
            token_courses([own.tokens for own in changed]),
            text_courses(ids, [own.predicted for own in kept], [own.predictions for own in moved]),
            max((len(own.predictions.texts) for own in moved if own.predictions), default=0),
            without,
        ),
    )


def _part(side: Findings, rows: Sequence[int]) -> Findings:
    """The texts `rows` of a model; what is read of them is dropped with the findings."""
    results = fresh(side.results)
    is_whole = list(rows) == list(range(len(side.texts)))
    return Findings(results if is_whole else selected(results, rows))


def _step(
    base: Findings, head: Findings, pairing: Pairing, limits: NullLimits
) -> tuple[Step, _Changes]:
    """What changed between two models."""
    sides = base.results, head.results
    predictions = prediction_changes(base, head, pairing, limits.prediction)
    heads = head_changes(*sides, pairing, limits.head)
    units = unit_pairs(*sides, pairing)
    effects, tokens = effect_changes(units), token_changes(units, limits.effect, limits.looks)
    quality = predictions.quality if predictions else None
    return Step(
        n_texts=pairing.n_aligned,
        same_output=pairing.same_output,
        n_predicted=len(predictions.texts) if predictions else None,
        n_moved=predictions.n_moved if predictions else None,
        verdict=quality.verdict if quality else None,
        n_heads=int(heads.changed.size) if heads else None,
        n_heads_changed=int(heads.changed.sum()) if heads else None,
        distance=float(heads.distance.mean()) if heads else None,
        n_tokens=len(tokens) or None,
        n_tokens_changed=sum(token.turn != "noise" for token in tokens) if tokens else None,
        effects=effects.mean.head if effects else None,
    ), _Changes(predictions, tokens)


def _kept(side: Findings) -> _Kept:
    results = side.results
    columns = {ALL_SPECIAL: "special_share", ENTROPY: "entropy"}
    by_layer = {key: mean_of_heads(results, column) for key, column in columns.items()}
    by_layer |= {role.key: role_by_layer(results, role.key) for role in side.info.roles}
    agreement = None
    if side.colouring.agreement is not None:
        found = side.colouring.agreement
        agreement = ModelValue(found.mean, interval=found.interval, view=side.colouring.view)
    tokens = {role.key: role.token for role in side.info.roles}
    predictions = predicted(side.texts, side.info.output.kind)
    return _Kept(side.takes_part, by_layer, tokens, agreement, sink_state(side), predictions)


def _tokens(kept: Sequence[_Kept]) -> dict[str, str]:
    """The special tokens by key, each as the first model that has it writes it."""
    tokens: dict[str, str] = {}
    for side in kept:
        tokens |= {key: token for key, token in side.tokens.items() if key not in tokens}
    return tokens


def _quality_rows(qualities: Sequence[Quality | None]) -> Iterator[FigureRow]:
    """The figures of the fit with labels; `qualities` are of the models after the first."""
    for name in _QUALITY:
        found = [quality.change(name) if quality else None for quality in qualities]
        base = next((change.base for change in found if change), None)
        if base is not None:
            values = [ModelValue(change.head, change) if change else None for change in found]
            yield FigureRow(name, (ModelValue(base), *values), quality=name)


def _attention_rows(kept: Sequence[_Kept]) -> Iterator[FigureRow]:
    """What special tokens get, and the entropy, over the texts that are long enough in all."""
    counted = np.logical_and.reduce([side.takes_part for side in kept])
    tokens = _tokens(kept)
    for key in (ALL_SPECIAL, *tokens, ENTROPY):
        whole = [_finite(side.by_layer.get(key)) for side in kept]  # [model][text, layer]
        known = counted.copy()
        for each in whole:
            known &= True if each is None else np.isfinite(each).all(axis=1)
        if not known.any() or all(each is None for each in whole):
            continue
        own = [None if each is None else each[known] for each in whole]
        if key in (ALL_SPECIAL, ENTROPY):
            means = [None if each is None else each.mean(axis=1) for each in own]
            yield FigureRow(key, _values(means, [None] * len(own)))
        if key != ENTROPY:
            layers = [None if each is None else int(each.mean(axis=0).argmax()) for each in own]
            strongest = [
                None if each is None or layer is None else each[:, layer]
                for each, layer in zip(own, layers, strict=True)
            ]
            name = SPECIAL_LAYER if key == ALL_SPECIAL else key
            yield FigureRow(name, _values(strongest, layers), tokens.get(key, ""))


def _finite(by_layer: Floats | None) -> Floats | None:
    """`by_layer`; None where no text has a value."""
    return by_layer if by_layer is not None and np.isfinite(by_layer).any() else None


def _values(
    by_text: Sequence[Floats | None], layers: Sequence[int | None]
) -> tuple[ModelValue | None, ...]:
    """The means of a figure `[text]` in every model, with their changes from the first."""
    first, found = by_text[0], list[ModelValue | None]()
    for own, layer in zip(by_text, layers, strict=True):
        if own is None:
            found.append(None)
            continue
        change = None
        if first is not None and own is not first:
            (change,) = changes(first[:, None], equal_if_close(first, own)[:, None])
        place = None if layer is None else layer + 1
        found.append(ModelValue(float(own.mean()), change, layer=place))
    return tuple(found)


def _own_rows(key: str, values: Sequence[ModelValue | None]) -> Iterator[FigureRow]:
    """A figure whose values have intervals of their own; none where no model has it."""
    if any(values):
        yield FigureRow(key, tuple(values))
