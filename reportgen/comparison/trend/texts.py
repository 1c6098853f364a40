"""Which texts changed their prediction from model to model, and when."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reportgen.comparison.outputs.predictions import Outcome, PredictionChanges
from reportgen.results import OutputInfo
from reportgen.tasks import task_of

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
        known = [own for own in self.predictions if isinstance(own, float)]
        return abs(known[-1] - known[0]) if known else 0.0

    @property
    def is_lost(self) -> bool:
        """Whether it was right once and is wrong in the last model."""
        return self.right[-1] is False and True in self.right


def predicted(texts: pd.DataFrame, output: OutputInfo) -> tuple[str | float | None, ...]:
    """`[text]`: the number or name that a model puts out; None where it has none."""
    if task_of(output).number_of is not None:
        numbers = texts["prediction"].to_numpy(np.float64)
        return tuple(float(own) if np.isfinite(own) else None for own in numbers)
    names = texts["prediction_label"]
    return tuple(None if pd.isna(own) else str(own) for own in names)


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
    moved = [_by_text(step, n_texts) for step in steps]
    right = [_right(step, n_texts) for step in steps]
    right_in = [*(before for before, _ in right[:1]), *(after for _, after in right)]
    found = []
    for text, id in enumerate(ids):
        trend = TextTrend(
            id,
            tuple(own[text] for own in predictions),
            tuple(own[text] for own in moved),
            tuple(own[text] for own in right_in),
        )
        if trend.changed_at:
            found.append(trend)
    are_numbers = any(isinstance(value, float) for own in predictions for value in own)
    key = (lambda own: -own.size) if are_numbers else _flips
    return tuple(sorted(found, key=key))


def _flips(trend: TextTrend) -> tuple[bool, int]:
    return not trend.is_lost, -len(trend.changed_at)


def _by_text(step: PredictionChanges | None, n_texts: int) -> list[bool | None]:
    found: list[bool | None] = [None] * n_texts
    if step is not None:
        for text, moved in zip(step.texts.tolist(), step.moved.tolist(), strict=True):
            found[text] = moved
    return found


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
