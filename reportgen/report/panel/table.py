"""The figures of a text's units as a table."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from reportgen.report.charts.one_text.weights import Weights
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import token_percentage
from reportgen.report.panel.coloured.measures import TextEffects, printed
from reportgen.results import BY_ID, EFFECT, EFFECTS, NUMBERS, Floats, Scalar, TextUnits

_TURNED = frozenset({"R", "AL", "AN"})


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit's figures in the table."""

    index: int
    label: str
    is_special: bool
    is_turned: bool  # has letters that run from right to left
    figures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnitTable:
    """One row per unit, one column per figure."""

    columns: tuple[str, ...]
    rows: tuple[UnitRow, ...]
    even: str  # what an equal share gives, in words; "" where units differ in it and have a column


def unit_table(
    units: TextUnits,
    effects: TextEffects | None,
    cls_name: str | None,
    scalar: Scalar | None,
    weights: Weights,
    language: Language,
) -> UnitTable:
    """The table of one text; `scalar` is the figure that its effects change."""
    even = weights.as_in_table(float(units.expected_all[0]))
    is_even = all(weights.as_in_table(float(value)) == even for value in units.expected_all)
    columns = [
        *_attention(units, cls_name, weights, language, with_even=not is_even),
        *_effects(effects, scalar, language),
    ]
    figures = zip(*(cells for _, cells in columns), strict=True)
    return UnitTable(
        columns=tuple(name for name, _ in columns),
        rows=tuple(
            UnitRow(index, unit.label, unit.is_special, _is_turned(unit.label), cells)
            for index, (unit, cells) in enumerate(zip(units.units, figures, strict=True))
        ),
        even=language.say("table", "even_all", x=even) if is_even else "",
    )


def _is_turned(label: str) -> bool:
    return any(unicodedata.bidirectional(character) in _TURNED for character in label)


def _attention(
    units: TextUnits,
    cls_name: str | None,
    weights: Weights,
    language: Language,
    *,
    with_even: bool,
) -> list[tuple[str, Sequence[str]]]:
    layer = len(units.received)
    say = partial(language.say, "table", unit=weights.unit, layer=layer, name=cls_name)

    def bare(values: Floats) -> list[str]:
        return [weights.bare(float(value)) for value in values]

    columns: list[tuple[str, Sequence[str]]] = [
        (say("received_all"), bare(units.received_all)),
    ]
    if units.has_layers:
        columns.append((say("received_last"), bare(units.received[-1])))
    if units.cls_row is not None:
        columns.append((say("cls_last"), bare(units.cls_row[-1])))
    if with_even:
        columns.append((say("even"), bare(units.expected_all)))
    if units.norm_all is not None:  # its heads were added before, so --heads does not matter
        columns.append((language.say("table", "norm_all"), _percents(units.norm_all)))
    return columns


def _effects(
    effects: TextEffects | None, scalar: Scalar | None, language: Language
) -> list[tuple[str, Sequence[str]]]:
    if effects is None:
        return []
    columns: list[tuple[str, Sequence[str]]] = []
    for measure in EFFECTS:
        values = effects.columns.get(measure.id)
        if values is None or "table" not in measure.shown:
            continue
        name = language.measure(measure.id, "name")
        if measure.is_share:
            name += language.say("number", "percent_sign")
            columns.append((name, _percents(values)))
        else:
            columns.append((name, printed(values, measure.has_sign(scalar))))
        if measure.id == EFFECT and effects.joint:
            columns.append((language.say("table", "joint"), _joint(effects, scalar)))
    return columns


def _joint(effects: TextEffects, scalar: Scalar | None) -> list[str]:
    """`[unit]`: the mark of its group, and what leaving out all of that changes; "" where a unit is
    in none."""
    cells = [""] * len(effects.columns[EFFECT])
    groups = sorted(effects.joint, key=lambda joint: -abs(joint.effect))
    shown = printed(np.array([group.effect for group in groups]), BY_ID[EFFECT].has_sign(scalar))
    for group, mark, change in zip(groups, NUMBERS, shown, strict=False):
        for unit in group.units:
            cells[unit] = f"{mark} {change}"
    return cells


def _percents(values: Floats) -> list[str]:
    return [token_percentage(float(value)) for value in values]
