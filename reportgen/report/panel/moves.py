"""What moves the log-probability of what is predicted for single tokens of a text."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import isnan
from typing import Any

import numpy as np

from reportgen.report.charts.colours import signed_step
from reportgen.report.language.numbers import fixed
from reportgen.report.language.printable import shorten, visible
from reportgen.report.language.strings import Language
from reportgen.results.schema import DELETION_SCORES
from reportgen.results.store import Results
from reportgen.results.units import Floats, TextUnits, Unit

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
        self._labels = [shorten(visible(unit.label), _NAME) for unit in every]
        self._effects = _effects(results, text, units, n_steps, len(written))
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
            if own < 0 or not sign * values[own] > 0:
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
        )


def _effects(
    results: Results, text: int, units: TextUnits, n_steps: int, n_written: int
) -> Floats | None:
    """`[unit, step]`: how far the log-probability of a step falls without a unit; NaN where that
    was not measured, None where it was for none."""
    effects = results.effects_of(text)
    if effects is None:
        return None
    found = np.full((len(units.units) + n_written, n_steps), np.nan)
    pairs = [*zip(units.unit_of, effects[DELETION_SCORES], strict=True)]
    if n_written:
        pairs += _of_written(results, text, len(units.units))
    for unit, scores in pairs:
        if scores is not None and len(scores) == n_steps:
            found[unit] = scores
    return None if np.isnan(found).all() else found


def _of_written(results: Results, text: int, first: int) -> list[tuple[int, Any]]:
    """The unit of each token that a decoder of its own has read of what it wrote, counted from
    `first`, and how far each step falls without it."""
    effects, target = results.target_effects_of(text), results.target_of(text)
    if effects is None or target is None:
        return []
    n_given = int(target["is_given"].sum())
    units = target["unit"].to_numpy(np.int64)[n_given:] - target["unit"].iloc[n_given] + first
    own = zip(units.tolist()[:-1], effects[DELETION_SCORES].iloc[n_given:], strict=True)
    return list(own)


def _change(value: float) -> str:
    return f"+{fixed(value, _DIGITS)}" if value > 0 else fixed(value, _DIGITS)
