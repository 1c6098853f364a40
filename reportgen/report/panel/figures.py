"""The chart, the map and the table of one text's figures."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from markupsafe import Markup

from reportgen.findings import Findings
from reportgen.report.charts.attention_map import TextMap, text_map
from reportgen.report.charts.cross_attention_map import CrossFigure, cross_figure
from reportgen.report.charts.head_pictures import HeadPicture, head_picture
from reportgen.report.charts.text_figure import make_text_figure
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import token_percentage
from reportgen.report.language.printable import visible
from reportgen.report.language.sentences import Weights
from reportgen.report.panel.evidence_scope import Scope, row_read_alone
from reportgen.report.panel.unit_measures import (
    TextEffects,
    cls_name,
    printed,
    row_name,
    text_effects,
)
from reportgen.results import BY_ID, EFFECT, EFFECTS, NUMBERS, Floats, Scalar, TextUnits, text_units
from reportgen.tasks import has_sign

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
        *(
            (language.measure(id, "name"), printed(values, bool((values < 0).any())))
            for id, values in units.user_scores.items()
        ),
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
            columns.append((name, printed(values, has_sign(measure, scalar))))
        if measure.id == EFFECT and effects.joint:
            columns.append((language.say("table", "joint"), _joint(effects, scalar)))
    return columns


def _joint(effects: TextEffects, scalar: Scalar | None) -> list[str]:
    """`[unit]`: the mark of its group, and what leaving out all of that changes; "" where a unit is
    in none."""
    cells = [""] * len(effects.columns[EFFECT])
    groups = sorted(effects.joint, key=lambda joint: -abs(joint.effect))
    shown = printed(np.array([group.effect for group in groups]), has_sign(BY_ID[EFFECT], scalar))
    for group, mark, change in zip(groups, NUMBERS, shown, strict=False):
        for unit in group.units:
            cells[unit] = f"{mark} {change}"
    return cells


def _percents(values: Floats) -> list[str]:
    return [token_percentage(float(value)) for value in values]


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a text that was analysed."""

    map: Markup | None  # None where the maps were not kept
    lines: Markup
    range: str  # what the map's colours are, in words; "" where the maps were not kept
    chart_title: str
    heads: HeadPicture | None  # of the texts to start with; for pages without scripts
    heads_legend: str
    reads: int | None  # the unit whose row of the last layer the output reads alone
    live: str  # how few rows of the chart's layer the output reads; "" where all, or not known
    cls_name: str | None
    table: UnitTable
    # What a decoder of its own looks at in the text; None without one, and without its maps.
    cross: CrossFigure | None
    cross_values: CrossFigure | None  # times value, of the texts to start with; without scripts


def make_figures(
    findings: Findings, text: int, language: Language, heads: str, scope: Scope
) -> Figures:
    """The figures of row `text` of `texts`; `heads` is "mean" or "sum"."""
    info = findings.info
    units = text_units(findings.results, text)
    effects = text_effects(findings.results, text, units.unit_of)
    weights = Weights(language, heads, info.model.n_heads)
    labels = tuple(visible(unit.label) for unit in units.units)
    name = None if units.cls_row is None else cls_name(info, language)
    drawn = text_map(findings.results, text, units, labels)
    reads = row_read_alone(findings, units, effects)
    across = partial(cross_figure, findings.results, text, units, labels, language, heads)
    is_first = text == findings.opened[language.code] or text in findings.picked.texts
    small = head_picture(findings.results, text) if is_first else None
    figure = make_text_figure(text + 1, units, labels, drawn, reads, language, weights)
    return Figures(
        map=figure.map,
        lines=figure.lines,
        range=_colours(drawn, language, weights),
        chart_title=language.say(
            "chart",
            "title" if units.has_layers else "title_all",
            layer=len(units.received),
            mode=weights.mode,
        ),
        heads=small,
        heads_legend=_heads_legend(small, drawn, language),
        reads=reads,
        live=_live(effects, scope, name, info.evidence.scalar, language)
        if units.has_layers
        else "",
        cls_name=None if name is None else row_name(info, language),
        table=unit_table(units, effects, name, info.evidence.scalar, weights, language),
        cross=across(),
        cross_values=across(with_values=True) if is_first else None,
    )


def _colours(drawn: TextMap | None, language: Language, weights: Weights) -> str:
    """What the colours of the map are, and how many cells lie beyond; as the script says it."""
    if drawn is None:
        return ""
    parts = [] if drawn.learned is None else [language.say("script", "sink_says")]
    parts += [language.say("script", "colours_say"), weights.remark]
    if drawn.is_causal:
        parts.append(language.say("script", "future_says"))
    if drawn.n_above:
        parts.append(language.count("script", "beyond", drawn.n_above))
    if drawn.pooled > 1:
        parts.append(language.say("map", "pooled", n=drawn.pooled))
    return language.sentences(parts)


def _heads_legend(small: HeadPicture | None, drawn: TextMap | None, language: Language) -> str:
    """What the small pictures of all heads show."""
    parts = [language.say("map", "heads")]
    if small is not None and small.tokens > 1:
        parts.append(language.say("explore", "grid_dots", n=small.tokens))
    if drawn is not None and drawn.learned is not None:
        parts.append(language.say("explore", "grid_leaves_out"))
    return language.sentences(parts)


def _live(
    effects: TextEffects | None,
    scope: Scope,
    name: str | None,
    scalar: Scalar | None,
    language: Language,
) -> str:
    """How few rows of the last layer the output reads: on this text, or else on those that have
    evidence."""
    if effects is None or effects.live_rows is None:
        return scope.live
    if effects.live_rows >= effects.n_rows:
        return ""
    if effects.reads_cls_only and name is not None:
        return language.say("live", "cls", of=effects.n_rows, name=name)
    key = language.key_of("live", "rows", scalar)
    return language.count("live", key, effects.live_rows, of=effects.n_rows)
