"""Evidence on one text as it is gathered, and its rows in the results tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from reportgen.models import EncodedText, ExplainedText, describe
from reportgen.results import (
    DELETION_SCORES,
    EFFECTS_SCHEMA,
    EVIDENCE_SCHEMA,
    EXTRA,
    GRADIENT_STEPS,
    JOINT,
    JOINT_EFFECT,
    WEIGHTED_STEPS,
    Reason,
    View,
)

Floats: TypeAlias = NDArray[np.float64]
# Columns of effects that have one value for each token.
_MEASURED = tuple(
    name
    for name in EFFECTS_SCHEMA.names[2:]
    if name not in (JOINT, JOINT_EFFECT, DELETION_SCORES, GRADIENT_STEPS, WEIGHTED_STEPS)
)
# [position][step]; None where the token does not stand before the step's.
StepValues: TypeAlias = tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True, slots=True)
class StepGradients:
    """Gradients of one text: of each of its tokens, and of what a decoder of its own reads."""

    sizes: StepValues
    weighted: StepValues | None  # None where the maps have no gradient
    target_sizes: StepValues | None = None  # None without such a decoder
    target_weighted: StepValues | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a text has no values of a measure."""

    reason: Reason
    message: str = ""  # what went wrong with this text; "" where the reason says it all


@dataclass(frozen=True, slots=True)
class UnitEffects:
    """How far the target moves when a display unit of content is changed, one unit at a time."""

    units: tuple[tuple[int, ...], ...]  # [unit], the positions of its tokens
    effects: tuple[float, ...]  # [unit], f(whole) - f(changed); NaN where it could not be run
    message: str = ""  # why some of them could not be run
    # [unit][class] or [unit][step], the same of each class's logit, or of each step; NaN for a step
    # that went with the unit.
    scores: tuple[tuple[float, ...], ...] = ()


@dataclass
class TextEvidence:
    """Collects the evidence on one text, measure by measure."""

    text: int  # row of `texts`
    encoded: EncodedText
    explained: ExplainedText | None  # None where the text has no target to explain
    is_extra: bool = False  # beside the sample that averages are made of
    effects: dict[View, Floats] = field(default_factory=dict)  # [position], by measure
    # [position], gradient times input; in no table, but it says which units may say the same.
    input_gradient: Floats | None = None
    # Groups of units that say the same: the positions of each, and what leaving it out changes.
    joint: tuple[tuple[tuple[int, ...], float], ...] = ()
    # By position, [class] or [step]; None for a step that went with it.
    scores: dict[int, tuple[float | None, ...]] = field(default_factory=dict)
    # By position in what a decoder of its own reads, the same for each step.
    target_scores: dict[int, tuple[float | None, ...]] = field(default_factory=dict)
    gradients: StepGradients | None = None  # of each step; None where not measured
    row: dict[str, Any] = field(default_factory=dict)  # columns of the table of evidence
    missing: dict[View, Reason] = field(default_factory=dict)  # by measure
    messages: list[str] = field(default_factory=list)

    def add(self, measure: View, values: Sequence[float] | Missing) -> None:
        """Add one value for each position that was run, or why there are none.

        Positions at the end that were not run (a causal model's last token) get NaN.
        """
        if isinstance(values, Missing):
            self.missing[measure] = values.reason
            self.add_message(values.message)
            return
        whole = np.full(len(self.encoded.ids), np.nan)
        whole[: len(values)] = values
        self.effects[measure] = whole

    def add_units(self, measure: View, unit_effects: UnitEffects | str) -> None:
        """Add one value for each unit, which all its tokens get, or an error message."""
        if isinstance(unit_effects, str):
            self.add(measure, Missing("failed", unit_effects))
            return
        whole = np.full(len(self.encoded.ids), np.nan)
        for unit, effect in zip(unit_effects.units, unit_effects.effects, strict=True):
            whole[list(unit)] = effect
        self.effects[measure] = whole
        self.add_message(unit_effects.message)

    def add_scores(self, unit_effects: UnitEffects | str) -> None:
        """Add how far each class's logit, or each step, moves without each unit, which all its
        tokens get; a step that went with the unit has none."""
        if isinstance(unit_effects, str):
            return
        for unit, scores in zip(unit_effects.units, unit_effects.scores, strict=True):
            if scores and not np.isinf(scores).any():
                known = tuple(None if isnan(score) else score for score in scores)
                self.scores.update(dict.fromkeys(unit, known))

    def add_earlier(self, falls: Mapping[int, tuple[float | None, ...]] | str) -> None:
        """Add how far each step moves without the tokens of the completion before it."""
        if isinstance(falls, str):
            self.add_message(falls)
        elif self.encoded.target is None:
            self.scores.update(falls)
        else:
            self.target_scores.update(falls)

    def add_message(self, message: str) -> None:
        """Add an error message, unless it is empty or already there."""
        if message and message not in self.messages:
            self.messages.append(message)

    def all_effects(self) -> dict[View, Floats]:
        """`[position]` for every measure of evidence, NaN where it was not measured."""
        none = np.full(len(self.encoded.ids), np.nan)
        return {name: self.effects.get(name, none) for name in _MEASURED}


def add_effects(
    measure: View, texts: Sequence[TextEvidence], effects: list[UnitEffects | str] | Reason
) -> None:
    """Add the `effects` of a measure to each of `texts`, or why no text has it."""
    if isinstance(effects, str):
        for text in texts:
            text.add(measure, Missing(effects))
        return
    for text, unit_effects in zip(texts, effects, strict=True):
        text.add_units(measure, unit_effects)


def explained_of(texts: Sequence[TextEvidence]) -> list[ExplainedText]:
    """What is explained of each of `texts`, leaving out those without a target to explain."""
    return [text.explained for text in texts if text.explained is not None]


def evidence_columns(texts: Sequence[TextEvidence]) -> dict[str, list[Any]]:
    """Columns of the table of evidence, one row per text."""
    rows = [
        {
            **item.row,
            "text": item.text,
            "explained": item.explained and item.explained.value,
            "explained_label": item.explained and item.explained.label,
            "message": "; ".join(item.messages),
            EXTRA: item.is_extra,
        }
        for item in texts
    ]
    return {name: [row.get(name) for row in rows] for name in EVIDENCE_SCHEMA.names}


def effect_columns(texts: Sequence[TextEvidence]) -> dict[str, list[Any] | NDArray[Any]]:
    """Columns of the table of effects, one row per token of each text that has any effect."""
    texts = [item for item in texts if item.effects]
    sizes = [len(item.encoded.ids) for item in texts]
    if not texts:
        return {}
    every = [item.all_effects() for item in texts]
    return {
        "text": np.repeat([item.text for item in texts], sizes),
        "position": [position for size in sizes for position in range(size)],
        **{name: np.concatenate([one[name] for one in every]) for name in every[0]},
        JOINT: _of_joint(texts, sizes, lambda number, effect: number),
        JOINT_EFFECT: _of_joint(texts, sizes, lambda number, effect: effect),
        DELETION_SCORES: [
            item.scores.get(position)
            for item, size in zip(texts, sizes, strict=True)
            for position in range(size)
        ],
        GRADIENT_STEPS: _by_position(texts, sizes, lambda gradients: gradients.sizes),
        WEIGHTED_STEPS: _by_position(texts, sizes, lambda gradients: gradients.weighted),
    }


def _of_joint(
    texts: Sequence[TextEvidence], sizes: Sequence[int], value: Callable[[int, float], Any]
) -> list[Any]:
    """By token of `texts`, the `value` of its group, from the group's number in the text and its
    effect; None for what is in no group."""
    column: list[Any] = []
    for item, size in zip(texts, sizes, strict=True):
        by_position = {
            position: value(number, effect)
            for number, (positions, effect) in enumerate(item.joint)
            for position in positions
        }
        column += [by_position.get(position) for position in range(size)]
    return column


def target_effect_columns(texts: Sequence[TextEvidence]) -> dict[str, list[Any] | NDArray[Any]]:
    """Columns of the table of effects of what decoders of their own have read, one row per token of
    each text that has any."""
    sized = [
        (item, len(item.encoded.target.read)) for item in texts if item.encoded.target is not None
    ]
    sized = [(item, size) for item, size in sized if item.target_scores or item.gradients]
    if not sized:
        return {}
    texts, sizes = [item for item, _ in sized], [size for _, size in sized]
    return {
        "text": np.repeat([item.text for item in texts], sizes),
        "position": [position for size in sizes for position in range(size)],
        DELETION_SCORES: [item.target_scores.get(i) for item, size in sized for i in range(size)],
        GRADIENT_STEPS: _by_position(texts, sizes, lambda gradients: gradients.target_sizes),
        WEIGHTED_STEPS: _by_position(texts, sizes, lambda gradients: gradients.target_weighted),
    }


def _by_position(
    texts: Sequence[TextEvidence],
    sizes: Sequence[int],
    values: Callable[[StepGradients], StepValues | None],
) -> list[Any]:
    """What is known of each token of `texts`, `[step]`; None where nothing is."""
    column: list[Any] = []
    for item, size in zip(texts, sizes, strict=True):
        steps = None if item.gradients is None else values(item.gradients)
        column += [None] * size if steps is None else steps
    return column


NOT_FINITE = "the gradient is not a finite number"
Found = TypeVar("Found")


class GradientError(Exception):
    """The output of a text has no gradient at its input embeddings."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def each_text(
    explained: Sequence[ExplainedText], measure: Callable[[ExplainedText], Found | Missing]
) -> list[Found | Missing]:
    """The result of `measure` for each text, or why there is none; a text that fails does not stop
    the others."""
    results: list[Found | Missing] = []
    for item in explained:
        try:
            results.append(measure(item))
        except GradientError as error:
            results.append(Missing(error.reason))
        except (Exception, SystemExit) as error:  # user code may call exit()
            results.append(Missing("failed", describe(error)))
    return results
