"""What moves the log-probability of what is predicted for single tokens of a text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reportgen.report.charts.colours import signed_step
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import fixed
from reportgen.report.language.printable import shorten, visible
from reportgen.report.panel.coloured.measures import printed
from reportgen.report.panel.coloured.occurrences import told_apart
from reportgen.results import (
    BY_ID,
    DELETION_SCORES,
    GRADIENT_STEPS,
    WEIGHTED_STEPS,
    Floats,
    Results,
    TextUnits,
    Unit,
    View,
)

# Columns of the gradients of each step, by the measure that they are of the whole.
_BY_STEP: Mapping[View, str] = {
    "gradient": GRADIENT_STEPS,
    "attention_gradient": WEIGHTED_STEPS,
}
_NAME = 40  # characters of a token
_DIGITS = 2  # of a change of a log-probability


@dataclass(frozen=True, slots=True)
class Moves:
    """What moves the log-probability of what is predicted for one token."""

    raises: str  # the unit that raises it most, with by how much; "" without one
    lowers: str
    said: tuple[str, ...]  # the same in sentences
    # [unit], steps; None where leaving it out was not measured. What stands before a token of a
    # completion is among them.
    colours: tuple[int | None, ...]
    changes: tuple[str, ...]  # [unit], how far the log-probability falls without the unit
    others: (
        "Mapping[View, StepSlopes]"  # by measure, what its gradient says; none where not measured
    )


@dataclass(frozen=True, slots=True)
class StepSlopes:
    """What a gradient of the log-probability of one token says of each unit, `[unit]`."""

    colours: tuple[int | None, ...]  # steps; None where it is not known
    values: tuple[str, ...]


class Moving:
    """Tells of each step of a text what moves it."""

    def __init__(
        self,
        results: Results,
        text: int,
        units: TextUnits,
        n_steps: int,
        language: Language,
        written: Sequence[Unit] = (),
    ) -> None:
        """Units of what a decoder of its own wrote (`written`) stand behind those of the text."""
        every = (*units.units, *written)
        self._labels = _labels(units.units, written, language)
        unit_of, tables = _read_by_steps(results, text, units, len(written))
        n_units = len(every)
        self._effects = _effects(unit_of, tables[DELETION_SCORES], n_units, n_steps)
        is_special = np.array([unit.is_special for unit in every], dtype=np.bool_)
        self._slopes = {
            view: _slopes(unit_of, tables[column], is_special, n_steps, view)
            for view, column in _BY_STEP.items()
        }
        self._language = language

    def of(self, number: int) -> Moves:
        """What moves step `number`."""
        say = partial(self._language.say, "steps")
        values = np.full(len(self._labels), np.nan)
        if self._effects is not None:
            values = self._effects[:, number]
        top = float(np.nanmax(np.abs(values))) if np.isfinite(values).any() else 0.0
        named, said = {}, []
        for key, best, sign in (("raises", np.nanargmax, 1), ("lowers", np.nanargmin, -1)):
            own = int(best(values)) if top else -1
            if own < 0 or not sign * round(values[own], _DIGITS) > 0:
                continue
            label = self._labels[own]
            named[key] = say("by", token=label, change=_change(values[own]))
            said.append(say(key, token=label, change=fixed(abs(values[own]), _DIGITS)))
        return Moves(
            raises=named.get("raises", ""),
            lowers=named.get("lowers", ""),
            said=tuple(said),
            colours=tuple(None if isnan(value) else signed_step(value, top) for value in values),
            changes=tuple("" if isnan(value) else _change(value) for value in values),
            others={
                view: _shown(found[:, number], has_sign=BY_ID[view].signed)
                for view, found in self._slopes.items()
                if found is not None
            },
        )


def _labels(units: Sequence[Unit], written: Sequence[Unit], language: Language) -> tuple[str, ...]:
    """The names of `units`, told apart, and of what a decoder of its own wrote."""
    own, others = (
        told_apart([shorten(visible(unit.label), _NAME) for unit in some], language)
        for some in (units, written)
    )
    return (*own, *(language.say("steps", "in_completion", token=token) for token in others))


def _shown(values: Floats, *, has_sign: bool) -> StepSlopes:
    """`values` `[unit]` with their colours."""
    top = float(np.nanmax(np.abs(values))) if np.isfinite(values).any() else 0.0
    texts = printed(values, has_sign)
    return StepSlopes(
        tuple(None if isnan(value) else signed_step(value, top) for value in values),
        tuple("" if isnan(own) else text for own, text in zip(values, texts, strict=True)),
    )


def _read_by_steps(
    results: Results, text: int, units: TextUnits, n_written: int
) -> tuple[list[int], Mapping[str, list[Any]]]:
    """The unit of each token, of what a decoder of its own has read of what it wrote too; and by
    column what is known of each of them, `[step]`, None where nothing is."""
    columns = (DELETION_SCORES, *_BY_STEP.values())
    effects = results.effects_of(text)
    if effects is None:
        return [], {column: [] for column in columns}
    unit_of, found = [*units.unit_of], {column: effects[column].tolist() for column in columns}
    others, target = results.target_effects_of(text), results.target_of(text)
    if n_written and others is not None and target is not None:
        n_given = int(target["is_given"].sum())
        own = target["unit"].to_numpy(np.int64)[n_given:-1] - target["unit"].iloc[n_given]
        unit_of += (own + len(units.units)).tolist()
        for column in columns:
            found[column] += others[column].tolist()[n_given:]
    return unit_of, found


def _effects(
    unit_of: Sequence[int], given: Sequence[Any], n_units: int, n_steps: int
) -> Floats | None:
    """`[unit, step]`: how far the log-probability of a step falls without a unit; NaN where that
    was not measured, None where it was for none."""
    found = np.full((n_units, n_steps), np.nan)
    for unit, scores in zip(unit_of, given, strict=True):
        if scores is not None and len(scores) == n_steps:
            found[unit] = scores
    return None if np.isnan(found).all() else found


def _slopes(
    unit_of: Sequence[int],
    given: Sequence[Any],
    is_special: NDArray[np.bool_],
    n_steps: int,
    view: View,
) -> Floats | None:
    """`[unit, step]`: a measure of gradients of each step, from those of the unit's tokens; NaN for
    what does not stand before it and for special tokens, None where it was not measured."""
    power = 2 if BY_ID[view].combine == "length" else 1
    sums = np.zeros((len(is_special), n_steps))
    known = np.zeros((len(is_special), n_steps), dtype=np.bool_)
    for unit, slopes in zip(unit_of, given, strict=True):
        if slopes is None or len(slopes) != n_steps:
            continue
        own = np.array(slopes, dtype=np.float64)
        known[unit] |= ~np.isnan(own)
        sums[unit] += np.nan_to_num(own) ** power
    known[is_special] = False
    found = np.sqrt(sums) if power > 1 else sums
    return np.where(known, found, np.nan) if known.any() else None


def _change(value: float) -> str:
    return f"+{fixed(value, _DIGITS)}" if value > 0 else fixed(value, _DIGITS)
