"""The figures of a text's units as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from reportgen.info import Scalar
from reportgen.report.chart import Weights
from reportgen.report.effects import EFFECTS, TextEffects, has_sign
from reportgen.report.language import Language, written
from reportgen.report.measures import printed
from reportgen.report.units import Floats, TextUnits


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit's figures in the table."""

    index: int
    label: str
    is_special: bool
    figures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnitTable:
    """A row a unit, a column a figure."""

    columns: tuple[str, ...]
    rows: tuple[UnitRow, ...]


def unit_table(
    units: TextUnits,
    effects: TextEffects | None,
    cls_name: str | None,
    scalar: Scalar | None,
    weights: Weights,
    language: Language,
) -> UnitTable:
    """The table of one text; `scalar` is what its effects are effects on."""
    columns = [
        *_attention(units, cls_name, weights, language),
        *_effects(effects, scalar, language),
    ]
    figures = zip(*(cells for _, cells in columns), strict=True)
    return UnitTable(
        columns=tuple(name for name, _ in columns),
        rows=tuple(
            UnitRow(index, unit.label, unit.is_special, cells)
            for index, (unit, cells) in enumerate(zip(units.units, figures, strict=True))
        ),
    )


def _attention(
    units: TextUnits, cls_name: str | None, weights: Weights, language: Language
) -> list[tuple[str, Sequence[str]]]:
    layer = len(units.received)
    say = partial(language.say, "table", unit=weights.unit, layer=layer, name=cls_name)

    def bare(values: Floats) -> list[str]:
        return [weights.bare(float(value)) for value in values]

    columns: list[tuple[str, Sequence[str]]] = [
        (say("received_all"), bare(units.received_all)),
        (say("received_last"), bare(units.received[-1])),
    ]
    if units.cls_row is not None:
        columns.append((say("cls_last"), bare(units.cls_row[-1])))
    columns.append((say("even"), bare(units.expected_all)))
    if units.norm_all is not None:  # its heads were added before, so --heads does not matter
        columns.append((language.say("table", "norm_all"), _percents(units.norm_all)))
    return columns


def _effects(
    effects: TextEffects | None, scalar: Scalar | None, language: Language
) -> list[tuple[str, Sequence[str]]]:
    if effects is None:
        return []
    wording = language.wording
    columns: list[tuple[str, Sequence[str]]] = []
    for effect in EFFECTS:
        values = effects.columns.get(effect)
        if values is None:
            continue
        name = wording.view_name(effect)
        if effect == "alti":
            name += language.say("number", "percent_sign")
            columns.append((name, _percents(values)))
        else:
            columns.append((name, printed(values, has_sign(effect, scalar))))
    return columns


def _percents(values: Floats) -> list[str]:
    return [written(100 * float(value), 2) for value in values]
