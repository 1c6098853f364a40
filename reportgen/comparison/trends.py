"""The trend from model to model: how the models are called, since which one those that follow are
better, worse or the same, and what became of sinks, tokens and texts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from reportgen.comparison.change import Change
from reportgen.comparison.predictions import Outcome, PredictionChanges
from reportgen.comparison.quality import Quality
from reportgen.comparison.sink_trends import SinkTrend
from reportgen.comparison.token_effects import TokenChange, Turn
from reportgen.findings import Findings
from reportgen.tasks import text_names

_RIGHT_BEFORE: tuple[Outcome, ...] = ("broken", "right")
_RIGHT_NOW: tuple[Outcome, ...] = ("fixed", "right")


@dataclass(frozen=True, slots=True)
class TextTrend:
    """One text in every model."""

    id: str
    predictions: tuple[str | float | None, ...]  # [model]; None where there is none to compare
    # [model after the first]: whether the prediction changed from the model before; None: unknown.
    moved: tuple[bool | None, ...]
    right: tuple[bool | None, ...]  # [model], of a class or choice; None: unknown

    @property
    def changed_at(self) -> tuple[int, ...]:
        """The places of the models whose prediction differs from that of the model before."""
        return tuple(i for i, moved in enumerate(self.moved, 1) if moved)

    @property
    def size(self) -> float:
        """The difference of a predicted number between the first model that has one and the last; 0
        for names."""
        known = [value for value in self.predictions if isinstance(value, float)]
        return abs(known[-1] - known[0]) if known else 0.0

    @property
    def is_lost(self) -> bool:
        """Whether it was right once and is wrong in the last model."""
        return self.right[-1] is False and True in self.right


def predicted(side: Findings) -> tuple[str | float | None, ...]:
    """`[text]`: the number or name that a model puts out; None where it has none."""
    if side.task.has_number:
        return tuple(float(number) if np.isfinite(number) else None for number in side.text_numbers)
    return tuple(None if pd.isna(name) else str(name) for name in text_names(side.results))


def text_trends(
    ids: Sequence[str],
    predictions: Sequence[Sequence[str | float | None]],
    steps: Sequence[PredictionChanges | None],
) -> tuple[TextTrend, ...]:
    """The texts whose prediction changed at least once from one model to the next. First come texts
    that were right and no longer are, then texts that changed most often; numbers are ordered by
    how far they moved.

    Args:
        ids: by text.
        predictions: `[model][text]`.
        steps: what changed from each model to the next.
    """
    n_texts = len(ids)
    moved = [_moved_in(step, n_texts) for step in steps]
    right = [_right(step, n_texts) for step in steps]
    right_in = [*(before for before, _ in right[:1]), *(after for _, after in right)]
    trends = []
    for text, id in enumerate(ids):
        trend = TextTrend(
            id,
            tuple(of_model[text] for of_model in predictions),
            tuple(of_model[text] for of_model in moved),
            tuple(of_model[text] for of_model in right_in),
        )
        if trend.changed_at:
            trends.append(trend)
    are_numbers = any(isinstance(value, float) for of_model in predictions for value in of_model)
    key = (lambda one: -one.size) if are_numbers else _flips
    return tuple(sorted(trends, key=key))


def _flips(trend: TextTrend) -> tuple[bool, int]:
    return not trend.is_lost, -len(trend.changed_at)


def _moved_in(step: PredictionChanges | None, n_texts: int) -> list[bool | None]:
    by_text: list[bool | None] = [None] * n_texts
    if step is not None:
        for text, moved in zip(step.texts.tolist(), step.moved.tolist(), strict=True):
            by_text[text] = moved
    return by_text


def _right(
    step: PredictionChanges | None, n_texts: int
) -> tuple[list[bool | None], list[bool | None]]:
    """Whether the prediction is right before a step and after it."""
    before: list[bool | None] = [None] * n_texts
    after: list[bool | None] = [None] * n_texts
    if step is not None and step.outcomes:
        for text, outcome in zip(step.texts.tolist(), step.outcomes, strict=True):
            if outcome != "unknown":
                before[text] = outcome in _RIGHT_BEFORE
                after[text] = outcome in _RIGHT_NOW
    return before, after


@dataclass(frozen=True, slots=True)
class TokenTrend:
    """One token in every model after the first."""

    token: str
    changes: tuple[TokenChange | None, ...]  # from the first model; None: not compared there

    @property
    def last(self) -> TokenChange:
        """The change up to the last model in which it could be compared."""
        return next(change for change in reversed(self.changes) if change is not None)

    @property
    def turn(self) -> Turn:
        """Whether the token counts more or less in the last model; "noise" if that is unclear or
        could not be compared."""
        change = self.changes[-1]
        return "noise" if change is None else change.turn

    @property
    def first_clear(self) -> int | None:
        """The place of the first model in which the change is larger than noise."""
        clear = (i for i, change in enumerate(self.changes, 1) if change and change.turn != "noise")
        return next(clear, None)

    @property
    def figures(self) -> tuple[Change | None, ...]:
        """`[model after the first]`: the change of the token's effect on the output; None if it was
        not compared. If the last change has no effect, it is the change of how much the model looks
        at the token."""
        return tuple(
            None if change is None else change.effect if self.has_effect else change.looks
            for change in self.changes
        )

    @property
    def has_effect(self) -> bool:
        """Whether `figures` are changes of the token's effect on the output."""
        return self.last.effect is not None


def token_trends(by_model: Sequence[Sequence[TokenChange]]) -> tuple[TokenTrend, ...]:
    """The trend of every token, from the changes `[model after the first]` of all of them.

    Those that count more in the last model come first, then those that count less, then the others;
    in each group the largest change first.
    """
    by_token = [{change.token: change for change in changes} for changes in by_model]
    names = dict.fromkeys(name for changes in reversed(by_token) for name in changes)
    trends = (TokenTrend(name, tuple(each.get(name) for each in by_token)) for name in names)
    order = ("more", "less", "noise")
    return tuple(sorted(trends, key=lambda trend: order.index(trend.turn)))


# As trainers and `ReportCallback` call folders: checkpoint-500, results-step500, global_step500.
_STEP = re.compile(
    r"(?:^|[-_. ])(?:checkpoint|global_?step|step|iter)[-_ ]?([0-9]{1,12})$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One of the models that are compared in order."""

    name: str  # of the folder of its results, else of the model
    step: int | None  # of the training; None where not every model's is known


def checkpoints(folders: Sequence[str], models: Sequence[str]) -> tuple[Checkpoint, ...]:
    """The checkpoints of `models`, whose results are in `folders` (names; "" if they are not kept).

    Steps count only where every model has one and none has that of another.
    """
    names = [folder or model for folder, model in zip(folders, models, strict=True)]
    pairs = zip(names, models, strict=True)
    steps = [step if (step := _step(name)) is not None else _step(model) for name, model in pairs]
    if None in steps or len(set(steps)) < len(steps):
        steps = [None] * len(steps)
    return tuple(Checkpoint(*pair) for pair in zip(names, steps, strict=True))


def _step(name: str) -> int | None:
    match = _STEP.search(name)
    return int(match[1]) if match else None


Course: TypeAlias = Literal["better", "worse", "same"]
_COURSES: tuple[Course, ...] = ("better", "worse", "same")


@dataclass(frozen=True, slots=True)
class QualityTrend:
    """What the figure that decides says of a model and of all that come after it."""

    course: Course  # against the first model, by the rule of a comparison of the two
    since: int  # the place of that model, from 1: the first model is 0
    figure: str  # in the register of quality
    values: tuple[float, ...]  # of the figure: in the first model, in that model, in the last


def quality_trend(qualities: Sequence[Quality | None]) -> QualityTrend | None:
    """The trend of the figure that decides; `qualities` are of the models after the first, each
    compared with that.

    None where it is not sure what the last model is, and where models are not judged by one figure.
    """
    last = qualities[-1] if qualities else None
    course = next(
        (verdict for verdict in _COURSES if last is not None and verdict == last.verdict), None
    )
    if last is None or course is None:
        return None
    figure, since = last.deciding.name, len(qualities)
    for place, quality in reversed(list(enumerate(qualities, 1))):
        if quality is None or quality.verdict != course or quality.deciding.name != figure:
            break
        since = place
    first = qualities[since - 1]
    assert first is not None  # it was judged
    changes = first.deciding.change, last.deciding.change
    return QualityTrend(
        course, since, figure, (changes[1].base, *(change.head for change in changes))
    )


@dataclass(frozen=True, slots=True)
class Unmatched:
    """The texts of a model that do not count, since other models lack them."""

    n_missing: int  # texts of the first model that this one has no figures of
    n_other: int  # its texts that the first model does not have


@dataclass(frozen=True, slots=True)
class Trend:
    """The trend of sinks, tokens and texts over all models."""

    checkpoints: tuple[Checkpoint, ...]  # [model]
    unmatched: tuple[Unmatched, ...]  # [model]
    sinks: tuple[SinkTrend, ...]
    tokens: tuple[TokenTrend, ...]
    texts: tuple[TextTrend, ...]  # that changed their prediction
    n_predicted: int  # texts whose predictions are compared
    quality: QualityTrend | None = None  # None where nothing is sure of the last model
    without: tuple[str, ...] = ()  # ids of texts that no model has figures of
