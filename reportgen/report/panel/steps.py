"""The tokens of a completion, one by one: how likely each was, and what moves its probability."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import exp, isnan

import numpy as np

from reportgen.findings.outputs.completions import Step, text_steps
from reportgen.report.charts.colours import signed_step
from reportgen.report.language.numbers import fixed
from reportgen.report.language.printable import shorten, visible
from reportgen.report.language.sentences import spoken
from reportgen.report.language.strings import Language
from reportgen.results.schema import DELETION_SCORES
from reportgen.results.store import Results
from reportgen.results.targets import completion_of
from reportgen.results.units import Floats, TextUnits, Unit

_NAME = 40  # characters of a token
_DIGITS = 2  # of a change of a log-probability


@dataclass(frozen=True, slots=True)
class StepRow:
    """One token of a completion."""

    unit: int
    token: str
    chance: str  # its probability, given all tokens before it
    likeliest: str  # the token that the model holds likeliest there; "" where that is this one
    raises: str  # the unit that raises its probability most, with by how much; "" without one
    lowers: str
    said: str  # the same in a sentence
    colours: tuple[int | None, ...]  # [unit], steps; None where leaving it out was not measured
    changes: tuple[str, ...]  # [unit], how far its log-probability falls without the unit


def step_rows(
    results: Results,
    text: int,
    units: TextUnits,
    language: Language,
    written: Sequence[Unit] = (),
) -> tuple[StepRow, ...]:
    """The tokens of the completion of row `text` of `texts`; empty without a completion.

    Where a decoder of its own wrote it, its units (`written`) are numbered on from those of the
    text.
    """
    if results.info.output.kind != "completion":
        return ()
    steps = text_steps(results, text)
    labels = [unit.label for unit in (*units.units, *written)]
    # Tokens that share characters are one unit, which stands for the first of them.
    unit_of_step = completion_of(results, text)["unit"].to_numpy(np.int64)
    if written and len(unit_of_step):
        unit_of_step = unit_of_step - unit_of_step[0] + len(units.units)
    effects = _effects(results, text, units, len(steps))
    rows: dict[int, StepRow] = {}
    for number, (step, unit) in enumerate(zip(steps, unit_of_step.tolist(), strict=True)):
        own = None if effects is None else effects[:, number]
        rows.setdefault(unit, _row(step, unit, labels, own, language))
    return tuple(rows[unit] for unit in sorted(rows))


def _effects(results: Results, text: int, units: TextUnits, n_steps: int) -> Floats | None:
    """`[unit, step]`: how far the log-probability of a step falls without a unit; NaN where that
    was not measured, None where it was for none."""
    effects = results.effects_of(text)
    if effects is None:
        return None
    found = np.full((len(units.units), n_steps), np.nan)
    for unit, scores in zip(units.unit_of, effects[DELETION_SCORES], strict=True):
        if scores is not None and len(scores) == n_steps:
            found[unit] = scores
    return None if np.isnan(found).all() else found


def _row(
    step: Step, unit: int, labels: Sequence[str], effects: Floats | None, language: Language
) -> StepRow:
    say = partial(language.say, "steps")
    name = shorten(visible(labels[unit]), _NAME)
    likeliest = shorten(spoken(step.likeliest, language), _NAME) if step.likeliest else ""
    chance = language.percent(exp(step.log_probability))
    sentences = [
        say("expected", token=name, chance=chance)
        if not likeliest
        else say("unexpected", token=name, chance=chance, likeliest=likeliest)
    ]
    values = np.full(len(labels), np.nan) if effects is None else effects
    top = float(np.nanmax(np.abs(values))) if np.isfinite(values).any() else 0.0
    named = {}
    for key, best, sign in (("raises", np.nanargmax, 1), ("lowers", np.nanargmin, -1)):
        own = int(best(values)) if top else -1
        if own < 0 or not sign * values[own] > 0:
            continue
        label = shorten(visible(labels[own]), _NAME)
        named[key] = say("by", token=label, change=_change(values[own]))
        sentences.append(say(key, token=label, change=fixed(abs(values[own]), _DIGITS)))
    return StepRow(
        unit=unit,
        token=name,
        chance=chance,
        likeliest=likeliest,
        raises=named.get("raises", ""),
        lowers=named.get("lowers", ""),
        said=language.say("common", "space").join(sentences),
        colours=tuple(None if isnan(value) else signed_step(value, top) for value in values),
        changes=tuple("" if isnan(value) else _change(value) for value in values),
    )


def _change(value: float) -> str:
    return f"+{fixed(value, _DIGITS)}" if value > 0 else fixed(value, _DIGITS)
