"""The tokens of one text that matter: the attention each gets, and what changes without it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import isfinite, isnan
from typing import Literal, TypeAlias

import numpy as np

from reportgen.findings import TINY_EFFECT
from reportgen.report.charts.attention_scale import SCALE_END
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import decimals, times
from reportgen.report.panel.prediction import printed as printed_number
from reportgen.report.panel.unit_measures import TextMeasure, attention_received
from reportgen.results import EFFECT, Floats, JointUnits, View

TOP = 5  # units that count as the strongest by a measure
BAR = 14  # steps of a bar beside a token of the text
_GROUPS = 2  # that sentences tell of
_SHORTEST = 2  # shorter bars are left out: they could not be told from a line
WIDTH = 20  # steps of the longest bar in the tables of all texts
_SECOND = 0.05  # of the most looked-at unit, what the second gets at least to be named


@dataclass(frozen=True, slots=True)
class InfluenceRow:
    """One text unit: its figures, and bars as long as they are."""

    index: int
    label: str
    place: str  # which occurrence it is, and the word it is a piece of
    attention: str  # what the bar shows first
    attention_width: int  # in WIDTH steps, which SCALE_END times the average has, and more
    change: str  # "–" where it was not measured
    # In WIDTH steps, which the largest change in all texts has, but at least TINY_EFFECT of the
    # range over all texts; below 0 where the prediction rises without it.
    change_width: int


# What a line explains: the colours, bars above, below, or of changes without a sign; "" neither.
Mark: TypeAlias = Literal["look", "up", "dn", "way", ""]


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A sentence below the coloured text that also says what a mark in it means."""

    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class Influence:
    """The strongest units of a text, by change or else by attention."""

    lines: tuple[KeyLine, ...]  # what the colours and the bars of the text say
    changes: tuple[str, ...]  # sentences on what changes without a unit
    looks: str  # where the model looks most
    looks_id: View  # the measure of that
    shared: str  # how far attention goes with change; "" where that cannot be said
    sorted: str  # what the rows are sorted by, and what the figures of attention are
    attention: str  # name of the column
    change: str  # name of the column; "" where no change was measured
    has_sign: bool  # whether changes tell what raises the prediction from what lowers it
    rows: tuple[InfluenceRow, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """All sentences, as they follow one another on the page."""
        return tuple(filter(None, (*self.changes, self.looks, self.shared)))


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """Where the model looks: at what the row that the output reads alone, or else any row."""

    measure: TextMeasure
    row: str  # the name of the token whose row alone is read; "" where attention received counts
    order: tuple[int, ...]  # text units, the most looked at first

    @property
    def values(self) -> Floats:
        """`[unit]`: what counts, attention per token as a multiple of what the average text token
        gets."""
        return self.measure.values if self.measure.ratios is None else self.measure.ratios


def looks_of(text_measures: Sequence[TextMeasure], row: str) -> Looks:
    """Where the model looks, by the measures of a text.

    `row` is the name of the token whose row of the last layer the output reads alone; "" where it
    reads several. Other rows of that layer cannot affect the output.
    """
    row_measure = next((measure for measure in text_measures if measure.id == "cls_row_last"), None)
    if not row or row_measure is None:
        received = attention_received(text_measures)
        return Looks(received, "", received.order)
    return Looks(row_measure, row, row_measure.order)


@dataclass(frozen=True, slots=True)
class JointName:
    """Units that say the same, and what they are called."""

    joint: JointUnits
    name: str
    mark: str  # what stands behind each of them in the text


@dataclass(frozen=True, slots=True)
class Explained:
    """The figure that changes stand for, and its value for the text."""

    name: str
    value: float | None = None  # None where it is not the prediction itself
    spread: float | None = None  # its range over all texts; None where that is unknown
    digits: int | None = None  # decimals of that value; None for as many as its size calls for
    joint: tuple[JointName, ...] = ()  # of the units of the text
    has_joint: bool = True  # whether such units were looked for
    largest: float = 0.0  # the largest change in any text


def bars(text_measures: Sequence[TextMeasure], spread: float | None) -> tuple[int, ...]:
    """`[unit]`: how long the bar of each unit's change is, from -BAR to BAR.

    The longest stands for the largest change in the text, but at least for TINY_EFFECT of the
    `spread` of the figure over all texts, so that a text that nothing moves has no bars.
    """
    moves = moves_of(text_measures)
    if moves is None:
        return ()
    top = max(_largest(moves), TINY_EFFECT * (spread or 0.0))
    return tuple(
        0 if step is None else bar(value, top)
        for step, value in zip(moves.steps, moves.values.tolist(), strict=True)
    )


def bar(value: float, top: float) -> int:
    """The length of a bar, from -BAR to BAR, where the longest stands for `top`."""
    length = 0 if isnan(value) or not top else round(BAR * value / top)
    return length if abs(length) >= _SHORTEST else 0


def influence(
    looks: Looks,
    text_measures: Sequence[TextMeasure],
    labels: Sequence[str],
    names: Sequence[str],
    places: Sequence[str],
    explained: Explained,
    language: Language,
) -> Influence:
    """What matters in one text.

    Args:
        looks: Where the model looks.
        text_measures: The measures of the text.
        labels: The characters of each unit, `[unit]`.
        names: The same, numbered where units have the same label, for sentences.
        places: What distinguishes units with the same label, `[unit]`.
        explained: What changes when a unit is left out.
    """
    say = partial(language.say, "influence")
    moves = moves_of(text_measures)
    first = looks.order[:TOP]
    second = moves.order[:TOP] if moves else ()
    shown = list(dict.fromkeys((*second, *first)))
    if moves:
        sizes = abs(np.nan_to_num(moves.values))
        shown.sort(key=lambda i: -float(sizes[i]))
    top = max(explained.largest, TINY_EFFECT * (explained.spread or 0.0))
    if moves:
        top = max(top, _largest(moves))
    changes = []
    if moves is not None:
        is_only = len(looks.order) == 1
        changes = _change_sentences(moves, names, explained, language, is_only=is_only)
    return Influence(
        lines=_key_lines(looks, moves, names, explained, language),
        changes=tuple(changes),
        looks=_looks_sentence(looks, names, language),
        looks_id=looks.measure.id,
        shared=_shared(first, second, looks, language),
        sorted=_sorted(looks, moves is not None, language),
        attention=say("looks", row=looks.row)
        if looks.row
        else language.measure(looks.measure.id, "short").capitalize(),
        change=say("change" if moves.kind == "signed" else "change_size") if moves else "",
        has_sign=moves is not None and moves.kind == "signed",
        rows=tuple(
            InfluenceRow(
                index=i,
                label=labels[i],
                place=_place(i, places[i], explained.joint),
                attention=_attention(looks, i, language),
                attention_width=_width(float(looks.values[i]), SCALE_END),
                change=moves.shown[i] if moves else "",
                change_width=_width(float(moves.values[i]), top) if moves else 0,
            )
            for i in shown
        ),
    )


def _place(unit: int, place: str, groups: Sequence[JointName]) -> str:
    """Which occurrence a unit is, with the mark of its group."""
    marks = [group.mark for group in groups if unit in group.joint.units]
    return " ".join(filter(None, (place, *marks)))


def _attention(looks: Looks, i: int, language: Language) -> str:
    """How many times the average a unit gets per token, and its share of all attention."""
    ratio = times(float(looks.values[i]))
    return language.say("influence", "received", share=looks.measure.shown[i], ratio=ratio)


def moves_of(text_measures: Sequence[TextMeasure]) -> TextMeasure | None:
    """Of the measures of a text, what changes without a unit; None where it was not measured."""
    return next((measure for measure in text_measures if measure.id == EFFECT), None)


def _largest(moves: TextMeasure) -> float:
    return abs(float(moves.values[moves.order[0]])) if moves.order else 0.0


def _width(value: float, top: float) -> int:
    """How long the bar of a value is, in steps; `top` has WIDTH, and so has more."""
    if not top or not isfinite(value):
        return 0
    return round(WIDTH * min(max(value / top, -1.0), 1.0))


def _looks_sentence(looks: Looks, names: Sequence[str], language: Language) -> str:
    points = looks.measure
    if len(looks.order) < 2:  # there is nothing to compare with
        return ""
    say = partial(language.say, "influence", row=looks.row)
    if points.flat:
        return say("even_row") if looks.row else points.flat
    first, second = looks.order[0], looks.order[min(1, len(looks.order) - 1)]
    key = "most_of_row" if looks.row else "most_attention"
    is_alone = first == second or looks.values[second] < looks.values[first] * _SECOND
    return say(
        f"{key}_one" if is_alone else key,
        first=names[first],
        second=names[second],
    )


def _sorted(looks: Looks, has_changes: bool, language: Language) -> str:
    """What the rows of the table are sorted by, and what its figures of attention are."""
    key = "sorted_row" if looks.row else "sorted_received"
    sort = "sorted" if has_changes else "sorted_attention"
    parts = (language.say("influence", each, row=looks.row) for each in (sort, key))
    return language.sentences((*parts, language.say("influence", "scale", end=f"{SCALE_END:g}")))


def _key_lines(
    looks: Looks,
    moves: TextMeasure | None,
    names: Sequence[str],
    explained: Explained,
    language: Language,
) -> tuple[KeyLine, ...]:
    """What the text shows, in lines: where the model looks, what each kind of bar stands for with
    its longest, and units that count as a whole; or that hardly anything changes."""
    lines = _look_lines(looks, names, language)
    if moves is None:
        return tuple(lines)
    least = TINY_EFFECT * (explained.spread or 0.0)
    groups = sorted(explained.joint, key=lambda group: -abs(group.joint.effect))
    most = max(_largest(moves), *(abs(group.joint.effect) for group in groups), 0.0)
    if most <= least:
        is_only = len(looks.order) == 1
        told = _change_sentences(moves, names, explained, language, is_only=is_only)
        return (*lines, *(KeyLine("", sentence) for sentence in told))
    is_size = moves.kind == "size"
    lines += _bar_lines(moves, names, explained, language)
    lines += [
        KeyLine("", _joint_sentence(group, explained, is_size, language))
        for group in groups[:_GROUPS]
        if abs(group.joint.effect) > least
    ]
    return tuple(lines)


def _look_lines(looks: Looks, names: Sequence[str], language: Language) -> list[KeyLine]:
    """Where the model looks most; nothing of a text of one unit, which is its own average."""
    if len(looks.order) < 2:
        return []
    say = partial(language.say, "influence")
    if looks.measure.flat:
        return [KeyLine("look", say("line_even"))]
    first, second = looks.order[:2]
    looked_at = [
        i for i in (first, second) if looks.values[i] >= max(1.0, looks.values[first] * _SECOND)
    ]
    told = [say("line_unit", token=names[i], times=float(looks.values[i])) for i in looked_at]
    return [KeyLine("look", say("line_look", units=language.listed(told)))]


def _bar_lines(
    moves: TextMeasure, names: Sequence[str], explained: Explained, language: Language
) -> list[KeyLine]:
    """What each kind of bar in the text says, with the unit of the longest that is no part of a
    group; with none where all are short, as a name would make too much of them."""
    say = partial(language.say, "influence", output=explained.name)
    least = TINY_EFFECT * (explained.spread or 0.0)
    top = max(_largest(moves), least)
    of_group = {unit for group in explained.joint for unit in group.joint.units}
    marks: tuple[tuple[Mark, int], ...] = (("up", 1), ("dn", -1))
    lines = []
    for mark, sign in (("way", 0),) if moves.kind == "size" else marks:
        barred = [i for i in moves.order if _has_bar(float(moves.values[i]), top, sign)]
        if not barred:
            continue
        first = next((i for i in barred if i not in of_group), None)
        value = 0.0 if first is None else float(moves.values[first])
        if first is None or abs(value) <= least:
            lines.append(KeyLine(mark, say(f"line_{mark}")))
            continue
        key, figures = f"line_{mark}_by", dict[str, object](most=abs(value))
        if explained.value is not None and mark != "way":
            key = f"line_{mark}_to"
            figures |= _ends(explained.value, value, explained.digits)
        lines.append(KeyLine(mark, say(key, token=names[first], **figures)))
    return lines


def _has_bar(value: float, top: float, sign: int) -> bool:
    """Whether a change has a bar on the side of `sign`; 0 is either side."""
    length = bar(value, top)
    return bool(length) and (sign == 0 or (length > 0) == (sign > 0))


def _change_sentences(
    moves: TextMeasure,
    names: Sequence[str],
    explained: Explained,
    language: Language,
    *,
    is_only: bool,
) -> list[str]:
    """What changes most without one unit, or without units that say the same; that little does,
    compared with all texts. `is_only` is whether the text has one unit alone."""
    say = partial(language.say, "influence")
    if not moves.order and not explained.joint:
        return [say("nothing")]
    groups = sorted(explained.joint, key=lambda group: -abs(group.joint.effect))
    most_joint = abs(groups[0].joint.effect) if groups else 0.0
    most, least = max(_largest(moves), most_joint), TINY_EFFECT * (explained.spread or 0.0)
    if explained.spread is not None and most <= least:
        key = "still" if explained.has_joint else "still_single"
        return [say(key, most=most, spread=explained.spread)]
    of_group = {unit for group in groups for unit in group.joint.units}
    told = [
        _joint_sentence(group, explained, moves.kind == "size", language)
        for group in groups[:_GROUPS]
        if abs(group.joint.effect) > least
    ]
    first = next((unit for unit in moves.order if unit not in of_group), None)
    if first is None or abs(float(moves.values[first])) <= most_joint:
        return told
    value = float(moves.values[first])
    way = "size" if moves.kind == "size" else "fall" if value > 0 else "rise"
    key = "only" if is_only else way
    ends = {}
    if explained.value is not None and way != "size":
        key, ends = f"{key}_to", _ends(explained.value, value, explained.digits)
    of_unit = say(key, token=names[first], output=explained.name, most=abs(value), **ends)
    return [of_unit, *told]


def _joint_sentence(
    group: JointName, explained: Explained, is_size: bool, language: Language
) -> str:
    """That units count as a whole, and what changes without it."""
    say, effect = partial(language.say, "influence"), group.joint.effect
    values = {"mark": group.mark, "tokens": group.name, "output": explained.name}
    if explained.value is None or is_size:
        way = "joint_size" if is_size else "joint_fall" if effect > 0 else "joint_rise"
        whole = say(way, most=abs(effect), **values)
    else:
        whole = say("joint_to", **_ends(explained.value, effect, explained.digits), **values)
    parts = say("joint_each" if group.joint.each else "joint_more")
    return language.sentences((whole, parts))


def _ends(value: float, effect: float, digits: int | None) -> dict[str, str]:
    ends = {"before": value, "after": value - effect}
    if digits is None:
        digits = decimals(max(map(abs, ends.values())))
    return {name: printed_number(end, digits) for name, end in ends.items()}


def _shared(first: Sequence[int], second: Sequence[int], looks: Looks, language: Language) -> str:
    """How many of the TOP units by either measure are the same; "" where there are fewer, or all
    must be."""
    n_content = len(looks.order)
    if len(second) < TOP or n_content <= TOP:
        return ""
    n, chance = len(set(first) & set(second)), TOP * TOP / n_content
    key = "shared" if n > chance else "shared_by_chance"
    key = f"{key}_row" if looks.row else key
    return language.say("influence", key, n=n, of=TOP, chance=chance, row=looks.row)
