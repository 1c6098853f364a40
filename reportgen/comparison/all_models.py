"""More than two models on the same texts: every figure in each of them, and what changed from the
first model and from the one before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from reportgen.comparison.attention import (
    ALL_SPECIAL,
    ENTROPY,
    head_changes,
    role_by_layer,
)
from reportgen.comparison.change import NO_LIMITS, NullLimits
from reportgen.comparison.matching import match_texts
from reportgen.comparison.model_figures import (
    AGREEMENT,
    MOVED_SHARE,
    FigureRow,
    ModelAttention,
    ModelValue,
    attention_rows,
    first_tokens,
    own_rows,
    quality_rows,
)
from reportgen.comparison.pairing import Pairing, common_labels, pair
from reportgen.comparison.predictions import PredictionChanges, prediction_changes
from reportgen.comparison.quality import Quality, QualityVerdict
from reportgen.comparison.sink_trends import SinkState, sink_state, sink_trends
from reportgen.comparison.steadiness import Steadiness, compare_steadiness, edit_rows
from reportgen.comparison.token_effects import TokenChange, effect_changes, token_changes
from reportgen.comparison.trends import (
    Trend,
    Unmatched,
    checkpoints,
    predicted,
    quality_trend,
    text_trends,
    token_trends,
)
from reportgen.comparison.unit_pairs import unit_pairs
from reportgen.errors import ComparisonError, quoted
from reportgen.findings import Booleans, Findings, Judging
from reportgen.results import Results, RunInfo, selected


@dataclass(frozen=True, slots=True)
class ModelStep:
    """What changed from one model to another; None for what could not be compared."""

    n_texts: int  # that both split into the same tokens
    same_output: bool  # kind of output, and the names of numbers and labels
    n_predicted: int | None  # texts with a prediction in both
    n_moved: int | None  # of which the prediction changed
    verdict: QualityVerdict | None  # whether the later model fits the labels better
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
    from_first: tuple[ModelStep, ...]  # of the second model and each after it
    from_previous: tuple[ModelStep, ...]  # the same; its first is that of `from_first`
    trend: Trend  # sinks, tokens and texts


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """The figures of a model that stay in memory after its tables are freed."""

    attention: ModelAttention
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
    sides: Sequence[Findings],
    null: NullLimits | None = None,
    folders: Sequence[str] = (),
    judging: Judging | None = None,
) -> AllModels:
    """Compare each model with the first, and with the one before it.

    Only texts count that all models analysed and have finite predictions of. The tables of at most
    three models are in memory at a time. `folders` are the names of those with the results, ""
    where they are not kept; `judging` says how it is decided which model is better.

    Raises:
        ComparisonError: a model has no text in common with the first, or no text is in all results.
    """
    rows, unmatched, without = _common_texts(sides, folders or [""] * len(sides))
    labels, _ = common_labels(_part(*args).results for args in zip(sides, rows, strict=True))
    limits = null or NO_LIMITS
    first = previous = _part(sides[0], rows[0])
    ids = first.texts["text_id"].astype(str).tolist()
    kept, steps = [_kept(first)], list[tuple[ModelStep, ModelStep]]()
    changed, moved = list[_Changes](), list[_Changes]()
    steady = list[Steadiness | None]()
    for side, side_rows in zip(sides[1:], rows[1:], strict=True):
        this = _part(side, side_rows)
        pairing = replace(pair(first, this), labels=labels)
        steady.append(compare_steadiness(first, this, pairing))
        from_first = from_previous = _step(first, this, pairing, limits, judging)
        if previous is not first:
            pairing = replace(pair(previous, this), labels=labels)
            from_previous = _step(previous, this, pairing, limits, judging)
        steps.append((from_first[0], from_previous[0]))
        changed.append(from_first[1])
        moved.append(from_previous[1])
        kept.append(_kept(this))
        previous = this
    infos = tuple(side.info for side in sides)
    attention = [model.attention for model in kept]
    return AllModels(
        infos=infos,
        n_texts=len(rows[0]),
        n_left_out=len(sides[0].texts) - len(rows[0]),
        rows=(
            *quality_rows([step.quality for step in changed]),
            *attention_rows(attention),
            *edit_rows(steady),
            *own_rows(AGREEMENT, [model.agreement for model in kept]),
            *own_rows(MOVED_SHARE, [None, *(step.share_moved for step in moved)]),
        ),
        from_first=tuple(step for step, _ in steps),
        from_previous=tuple(step for _, step in steps),
        trend=Trend(
            checkpoints(folders or [""] * len(sides), [info.model.name for info in infos]),
            unmatched,
            sink_trends([model.sinks for model in kept], first_tokens(attention)),
            token_trends([step.tokens for step in changed]),
            text_trends(
                ids, [model.predicted for model in kept], [step.predictions for step in moved]
            ),
            max((len(step.predictions.texts) for step in moved if step.predictions), default=0),
            quality_trend([step.quality for step in changed]),
            without,
        ),
    )


def _part(side: Findings, rows: Sequence[int]) -> Findings:
    """The findings of a model on the texts `rows`; what was read is freed with them."""
    results = _fresh(side.results)
    is_whole = list(rows) == list(range(len(side.texts)))
    return Findings(results if is_whole else selected(results, rows))


def _step(
    base: Findings,
    head: Findings,
    pairing: Pairing,
    limits: NullLimits,
    judging: Judging | None,
) -> tuple[ModelStep, _Changes]:
    """What changed between two models."""
    sides = base.results, head.results
    predictions = prediction_changes(base, head, pairing, limits.prediction, judging)
    outputs_moved = None if predictions is None else predictions.outputs_moved
    heads = head_changes(*sides, pairing, limits.head, outputs_moved)
    units = unit_pairs(*sides, pairing)
    effects, tokens = effect_changes(units), token_changes(units, limits.effect, limits.looks)
    quality = predictions.quality if predictions else None
    return ModelStep(
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
    by_layer = {key: results.mean_of_heads(column) for key, column in columns.items()}
    by_layer |= {role.key: role_by_layer(results, role.key) for role in side.info.roles}
    agreement, judged = None, side.colouring.judgement
    if judged is not None:
        estimate, view = judged.agreement, side.colouring.view
        agreement = ModelValue(
            estimate.mean, interval=estimate.interval, view=view, judgement=judged
        )
    tokens = {role.key: role.token for role in side.info.roles}
    predictions = predicted(side)
    attention = ModelAttention(side.takes_part, by_layer, tokens)
    return _Kept(attention, agreement, sink_state(side), predictions)


def _common_texts(
    sides: Sequence[Findings], folders: Sequence[str]
) -> tuple[list[list[int]], tuple[Unmatched, ...], tuple[str, ...]]:
    """`[model][text]`: the rows of the texts that all models have figures of. Then, by model, how
    many texts it lacks and how many it has that the first does not; and the ids of texts that all
    results have but no model has figures of.

    Raises:
        ComparisonError: a model has no text in common with the first, or no text is in all results.
    """
    first = sides[0].results
    places = [{row: row for row in np.flatnonzero(_usable(first)).tolist()}]
    unmatched = [Unmatched(0, 0)]
    without = set(range(len(first.texts))) - places[0].keys()
    for number, side in enumerate(sides[1:], 2):
        other = _fresh(side.results)
        try:
            matching = match_texts(first, other)
        except ComparisonError as error:
            folder = folders[number - 1]
            named = other.info.model.name + (f", {quoted(folder)}" if folder else "")
            raise ComparisonError(
                f"model {number} ({named}) has no text in common with the first; "
                "analyse one file of texts with all models"
            ) from error
        usable = _usable(other)
        everything = range(len(usable))
        pairs = list(zip(everything, everything, strict=True))
        if matching is not None:
            pairs = list(zip(matching.base, matching.head, strict=True))
        n_other = len(usable) - (len(usable) if matching is None else len(matching.head))
        places.append({row: place for row, place in pairs if usable[place]})
        without &= {row for row, place in pairs if not usable[place]}
        unmatched.append(Unmatched(len(first.texts) - len(places[-1]), n_other))
    common = [row for row in places[0] if all(row in matched for matched in places)]
    if not common:
        raise ComparisonError(
            f"no text was analysed by all {len(sides)} models; analyse one file of texts with all "
            "models"
        )
    ids = tuple(str(first.texts["text_id"].iloc[row]) for row in sorted(without))
    return [[matched[row] for row in common] for matched in places], tuple(unmatched), ids


def _usable(results: Results) -> Booleans:
    """`[text]`: whether a text was analysed and all numbers of its output are finite."""
    usable: Booleans = Findings(results).analysed.copy()
    for row, scores in enumerate(results.texts["scores"]):
        usable[row] &= scores is None or bool(np.isfinite(np.asarray(scores, np.float64)).all())
    return usable


def _fresh(results: Results) -> Results:
    """The same results, with no table in memory yet."""
    return replace(results)
