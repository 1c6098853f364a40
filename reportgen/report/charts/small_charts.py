"""Small charts of one size, one for each answer at the top of a page.

Each shows what its answer says in words, so it has no axis names and few numbers. They are at most
64 pixels high, and names are cut to what stands beside them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, inf, log10
from typing import Literal, TypeAlias

import numpy as np
from markupsafe import escape

from reportgen.findings import Floats, Interval
from reportgen.report.charts.axes import round_values
from reportgen.report.charts.colours import (
    INK,
    LOWERS,
    MUTED,
    PAPER,
    RAISES,
    RECEIVED,
    RULE,
    SENSITIVITY,
)
from reportgen.report.charts.svg import Drawing, px
from reportgen.report.language.numbers import exact
from reportgen.report.language.printable import half_widths, shorten, visible

WIDTH, HEIGHT = 260, 64
ROWS = 4  # bars with names, at most
BAR_NAME = 15  # half-width characters of the name of a bar
_DIGIT = 6.5  # pixels that a character of a value takes, at most
_LETTER = 5.3  # pixels that a half-width character of words takes, about
_NAMES = 98  # pixels for the names beside bars, at most
_DOT = 5  # pixels between two dots of a column
_SIDE = 2  # pixels of a cell into which the points of a plane are rounded
_LINES = 5  # layers that have bars and figures each; of more there are columns
_NAMED = 6  # layers that all have their name below their column
_SOME_NAMED = 12  # layers of which some have; of more only that with the largest share has
_HALF = 118  # pixels for the layers, where tests stand beside them
_RIGHT = 136  # where these begin

# What a value is of: attention, what else a measure is made of, or a baseline without a model.
DotKind: TypeAlias = Literal["attention", "other", "baseline"]
_DOTS: Mapping[DotKind, tuple[str, str]] = {  # class and colour
    "attention": ("at", RECEIVED),
    "other": ("sense", SENSITIVITY),
    "baseline": ("base", MUTED),
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar with its name, its value as printed, and whether a value below 0 means anything.

    One whose value is in `doubt`, which says why, is hollow, and so is that of a baseline.
    """

    name: str
    value: float
    shown: str
    is_signed: bool = False
    doubt: str = ""
    beside: str = ""  # what is printed beside the value
    interval: Interval | None = None  # of the value, drawn as a line across the bar's end
    is_baseline: bool = False  # what an answer gets that needs no model


@dataclass(frozen=True, slots=True)
class Dot:
    """One value with its interval on a common scale."""

    name: str
    value: float
    interval: Interval | None
    shown: str
    kind: DotKind = "attention"
    is_first: bool = False  # the one that the answer is about


def columns_of_dots(values: Floats, opened: float | None) -> Drawing:
    """One dot per value, stacked where values are about the same; `opened` is marked.

    Where a stack would be too high, columns stand for the dots.
    """
    marks = round_values(float(values.min()), float(values.max()))
    low, high = min(marks[0], float(values.min())), max(marks[-1], float(values.max()))
    left, right, bottom = 8, WIDTH - 8, 48
    n_columns = (right - left) // _DOT

    def column(value: Floats | float) -> Floats:
        share = (np.asarray(value, np.float64) - low) / (high - low)
        return np.minimum(np.floor(share * n_columns), n_columns - 1)

    places = column(values).astype(np.intp)
    counts = np.bincount(places, minlength=n_columns)
    room = (bottom - 4) // _DOT
    marked = None if opened is None else int(column(opened))
    if counts.max() <= room:
        dots = "".join(
            f"M{left + _DOT * i + 2.5:g} {bottom - 4 - _DOT * step}h0"
            for i, count in enumerate(counts.tolist())
            for step in range(count - (i == marked))
        )
        body = _dots("dot", dots, MUTED, 4)
        if marked is not None:
            top = bottom - 4 - _DOT * (int(counts[marked]) - 1)
            body += _dots("now", f"M{left + _DOT * marked + 2.5:g} {top}h0", INK, 6)
    else:
        heights = (bottom - 4) * counts / counts.max()
        bars = "".join(
            f"M{left + _DOT * i} {bottom}v{px(-height)}h{_DOT - 1}v{px(height)}z"
            for i, height in enumerate(heights.tolist())
            if height
        )
        body = f"<path class=dot d={_quoted(bars)} fill={MUTED} />"
        if marked is not None:
            body += _dots("now", f"M{left + _DOT * marked + 2} {bottom}h0", INK, 6)
    scale = (right - left) / (high - low)
    ticks = [(left + (mark - low) * scale, exact(mark)) for mark in marks]
    return small_drawing(
        f'<path class=rule d="M{left} {bottom}H{right}" stroke={MUTED} />{body}'
        + marks_below(_thinned(ticks)),
    )


def plane(across: Floats, up: Floats, opened: int | None, names: tuple[str, str]) -> Drawing:
    """Points `[text]` with the line on which both values are equal; `names` are the two axes'.

    `opened` is the place of the point that is marked. Points of one cell of two pixels are one.
    """
    low = float(min(across.min(), up.min()))
    high = float(max(across.max(), up.max()))
    high = high if high > low else low + 1
    left, right, bottom = 62, WIDTH - 62, HEIGHT - 4

    def places(values: Floats, length: int) -> Floats:
        return np.round((values - low) / (high - low) * length / _SIDE) * _SIDE

    x, y = left + places(across, right - left), bottom - places(up, bottom - 4)
    cells = sorted(set(zip(x.tolist(), y.tolist(), strict=True)))
    dots = "".join(f"M{px(a)} {px(b)}h0" for a, b in cells)
    body = (
        f'<path class=even d="M{left} {bottom}L{right} 4" stroke={MUTED} stroke-dasharray="4 3"/>'
        f"{_dots('dot', dots, MUTED, 4)}"
    )
    if opened is not None:
        body += _dots("now", f"M{px(x[opened])} {px(y[opened])}h0", INK, 7)
    rest = f"font-size=10.5 fill={MUTED}"
    return small_drawing(
        f'<path class=rule d="M{left} 0V{bottom}H{right}" fill=none stroke={RULE} />{body}'
        f"<g {rest}><text x={left - 5} y=10 text-anchor=end>{escape(names[1])}</text>"
        f"<text x={right + 5} y={bottom}>{escape(names[0])}</text></g>",
    )


def named_bars(bars: Sequence[Bar]) -> Drawing:
    """Up to ROWS bars from a common start, each with its name and its value; those below 0 to the
    left of it."""
    shown = bars[:ROWS]
    ends = [bar.interval.high if bar.interval else bar.value for bar in shown]
    most = max((max(end, 0.0) for end in ends), default=0.0)
    least = max((max(-bar.value, 0.0) for bar in shown), default=0.0)
    longest = max((half_widths(_name(bar.name)) for bar in shown), default=0)
    left = min(_NAMES, ceil(longest * _DIGIT) + 8)
    scale = min((_scale(bar, least, most, WIDTH - left) for bar in shown), default=0.0)
    zero = left + least * scale
    step = HEIGHT / max(len(shown), 3)
    shapes, names, values = "", "", ""
    for i, bar in enumerate(shown):
        top, length = step * i + (step - 10) / 2, abs(bar.value) * scale
        x = zero - (length if bar.value < 0 else 0)
        kind, colour = "own", INK
        if bar.is_signed:
            kind, colour = ("dn", LOWERS) if bar.value < 0 else ("up", RAISES)
        size = f"x={px(x)} y={px(top)} width={px(max(length, 1))} height=10"
        if bar.is_baseline:
            shapes += f'<rect class="base hollow" {size} fill={PAPER} stroke={MUTED} />'
        elif bar.doubt:
            told = escape(f"{visible(bar.name)} {bar.shown}: {bar.doubt}")
            shapes += (
                f'<rect class="{kind} hollow" {size} fill={PAPER} stroke={colour}>'
                f"<title>{told}</title></rect>"
            )
        else:
            # The line of an interval is seen on the bar too.
            pale = "" if bar.interval is None else " fill-opacity=.55"
            shapes += f"<rect class={kind} {size} fill={colour}{pale} />"
        end = x + length
        if bar.interval is not None:
            low, end = (zero + scale * limit for limit in bar.interval)
            shapes += (
                f'<path class=ink d="M{px(low)} {px(top + 5)}H{px(end)}" stroke={INK} '
                "stroke-width=2 />"
            )
        names += f"<text y={px(top + 9)}>{escape(_name(bar.name))}</text>"
        printed = escape(f"{bar.shown} {bar.beside}".rstrip())
        values += f"<text x={px(max(zero, end) + 5)} y={px(top + 9)}>{printed}</text>"
    return small_drawing(
        f'<path class=rule d="M{px(zero)} 0V{HEIGHT}" stroke={MUTED} />{shapes}'
        f"<g font-size=11 fill={INK}>{names}</g><g font-size=10.5 fill={MUTED}>{values}</g>",
    )


def _scale(bar: Bar, least: float, most: float, room: int) -> float:
    """Pixels for a value of 1, so that bars from `-least` to `most` and what stands behind this one
    fit into `room`."""
    behind = max(48, 5 + ceil(half_widths(bar.shown) * _DIGIT))
    if bar.beside:
        behind = max(behind, 5 + ceil(half_widths(f"{bar.shown} {bar.beside}") * _LETTER))
    reach = least + max(bar.interval.high if bar.interval else bar.value, 0.0)
    own = (room - behind) / reach if reach > 0 else inf
    return min(own, (room - 48) / (least + most)) if least + most > 0 else 0.0


def shares_by_layer(
    shares: Sequence[float],
    even: float,
    peak: str,
    names: tuple[str, str, str],
    *,
    is_half: bool = False,
) -> str:
    """The shapes of a column for a token's share of attention in each layer, 0..1, with a line at
    its `even` share.

    Args:
        peak: the largest share as printed, above its column.
        names: what stands before the number of a layer, what the line is, and its value.
        is_half: whether something stands beside it.
    """
    width, bottom = _HALF if is_half else WIDTH, HEIGHT - 13
    end = width - _LETTER * max(map(half_widths, names[1:]))  # of the line, before its name
    step, scale = end / len(shares), (bottom - 13) / max(*shares, even)
    top = max(range(len(shares)), key=shares.__getitem__)
    gap = 0.08 * step if len(shares) <= 2 * _SOME_NAMED else 0.0
    columns = [
        f"M{px(step * i + gap)} {bottom}v{px(-share * scale)}h{px(step - 2 * gap)}V{bottom}z"
        for i, share in enumerate(shares)
    ]
    others = "".join(columns[:top] + columns[top + 1 :])
    every = 1 if len(shares) <= _NAMED else ceil(len(shares) / 4)
    shown = {*range(every - 1, len(shares), every), top} if every > 1 else {*range(len(shares))}
    near = {i for i in shown if every > 1 and 0 < abs(i - top) * step < 20}
    named = {top} if len(shares) > _SOME_NAMED else shown - near
    numbers = [(step * (i + 0.5), f"{names[0]}{i + 1}") for i in sorted(named)]
    room = _LETTER * half_widths(peak) / 2  # on either side of its middle
    middle = min(max(step * (top + 0.5), room), width - room)
    y = px(bottom - even * scale)
    rest = f"fill={RECEIVED} fill-opacity=.55"
    return (
        f'<path class=at {rest} d="{others}"/><path class=at fill={RECEIVED} d="{columns[top]}"/>'
        f'<path class=ink d="M0 {y}H{px(end)}" stroke={INK} stroke-dasharray="3 2"/>'
        f'<path class=rule d="M0 {bottom}H{px(end)}" stroke={MUTED} />'
        f"<text x={px(middle)} y={px(bottom - shares[top] * scale - 4)} text-anchor=middle "
        f"font-size=11 font-weight=600 fill={INK}>{escape(peak)}</text>"
        f"<text x={px(end + 3)} y={px(bottom - even * scale - 1)} font-size=9.5 fill={INK}>"
        f"{escape(names[1])}<tspan x={px(end + 3)} dy=10>{escape(names[2])}</tspan></text>"
        f"{marks_below(numbers, HEIGHT - 2)}"
    )


def sink_drawing(layers: str, tests: Sequence[Dot], says: Sequence[str]) -> Drawing:
    """The shapes of `shares_by_layer`; beside them what the output does without what the token
    passes on, as multiples of what it does without that of a text token, on a scale of powers of
    ten, with a line at 1.

    `says` names that line; without `tests` it says, in lines, that there are none.
    """
    if not tests:
        return small_drawing(layers + _framed(says))
    ends = [end for row in tests for end in (row.value, *(row.interval or ()))]
    low = min(-1, floor(log10(max(min(ends), 0.001))))
    high = max(1, ceil(log10(min(max(ends), 1000.0))))
    right = WIDTH - 4

    def at(value: float) -> float:
        place = log10(min(max(value, 10.0**low), 10.0**high))
        return _RIGHT + (right - _RIGHT) * (place - low) / (high - low)

    step, bottom = (HEIGHT - 13) / 2, HEIGHT - 13
    one, marks, names = at(1.0), "", ""
    for i, row in enumerate(tests[:2]):
        y = step * i + 19
        if row.interval is not None:
            marks += (
                f'<path class=now d="M{px(at(row.interval.low))} {px(y)}'
                f'H{px(at(row.interval.high))}" stroke={INK} stroke-width=2 />'
            )
        marks += f"<circle class=now cx={px(at(row.value))} cy={px(y)} r=3.2 fill={INK} />"
        names += (
            f"<text x={_RIGHT} y={px(y - 9)}>{escape(row.name)}"
            f"<tspan font-weight=600 dx=4>{escape(row.shown)}</tspan></text>"
        )
    return small_drawing(
        f'{layers}<path class=rule d="M{_RIGHT - 9} 0V{bottom}" stroke={RULE} />'
        f'<path class=rule d="M{px(one)} 12V{bottom}" stroke={MUTED} stroke-dasharray="2 2"/>'
        f"{marks}<g font-size=11 fill={INK}>{names}</g>"
        f"<text x={px(one)} y={HEIGHT - 2} text-anchor=middle font-size=10.5 fill={MUTED}>"
        f"{escape(says[0])}</text>"
    )


def _framed(lines: Sequence[str]) -> str:
    """Lines of text in a dashed frame, where tests would stand."""
    middle, bottom = (_RIGHT + WIDTH) / 2, HEIGHT - 13
    first = (bottom - 13 * (len(lines) - 1)) / 2 + 4
    texts = "".join(
        f"<text x={px(middle)} y={px(first + 13 * i)}>{escape(line)}</text>"
        for i, line in enumerate(lines)
    )
    return (
        f"<rect class=rule x={_RIGHT} y=1 width={WIDTH - _RIGHT - 1} height={bottom - 2} "
        f'fill=none stroke={MUTED} stroke-dasharray="3 3"/>'
        f"<g font-size=10.5 fill={MUTED} text-anchor=middle>{texts}</g>"
    )


def dots_with_intervals(rows: Sequence[Dot], ends: tuple[str, str]) -> Drawing:
    """Up to ROWS values on a scale that ends at 1, each with its interval, its name and figure.

    `ends` say what 0 and 1 stand for.
    """
    shown = rows[:ROWS]
    low = min(0.0, *(end for row in shown for end in (row.value, *(row.interval or ()))))
    left, right, bottom = 131, WIDTH - 40, HEIGHT - 13
    step = bottom / max(len(shown), 1)

    def at(value: float) -> float:
        x: float = left + (right - left) * (min(value, 1.0) - low) / (1.0 - low)
        return x

    marks = names = values = ""
    for i, row in enumerate(shown):
        y = step * (i + 0.5)
        kind, colour = _DOTS[row.kind]
        if row.interval is not None:
            marks += (
                f'<path class={kind} d="M{px(at(row.interval.low))} {px(y)}'
                f'H{px(at(row.interval.high))}" stroke={colour} stroke-width=2 />'
            )
        fill = PAPER if row.kind == "baseline" else colour
        marks += (
            f"<circle class={kind} cx={px(at(row.value))} cy={px(y)} r=3.2 fill={fill} "
            f"stroke={colour} stroke-width=1.4 />"
        )
        bold = " font-weight=600" if row.is_first else ""
        names += f"<text y={px(y + 4)}{bold}>{escape(_name(row.name, 21))}</text>"
        values += f"<text x={WIDTH} y={px(y + 4)}{bold}>{escape(row.shown)}</text>"
    rules = f"M{px(at(0))} 0V{bottom}M{right} 0V{bottom}"
    return small_drawing(
        f'<path class=rule d="{rules}" stroke={RULE} />{marks}'
        f"<g font-size=11 fill={INK}>{names}</g>"
        f"<g font-size=10.5 fill={INK} text-anchor=end>{values}</g>"
        f"<g font-size=10.5 fill={MUTED} text-anchor=end>"
        f"<text x={px(min(at(0) + 22, WIDTH - 72))} y={HEIGHT - 2}>{escape(ends[0])}</text>"
        f"<text x={WIDTH} y={HEIGHT - 2}>{escape(ends[1])}</text></g>",
    )


def small_drawing(shapes: str) -> Drawing:
    """A small chart of `shapes`; the answer is its sentence."""
    return Drawing("small", WIDTH, HEIGHT, "", shapes)


def _name(name: str, width: int = BAR_NAME) -> str:
    return shorten(visible(name), width)


def _dots(kind: str, path: str, colour: str, size: int) -> str:
    return (
        f"<path class={kind} d={_quoted(path)} stroke={colour} stroke-width={size} "
        "stroke-linecap=round fill=none />"
    )


def _quoted(path: str) -> str:
    return f'"{path}"'


def marks_below(marks: Sequence[tuple[float, str]], y: int = 60) -> str:
    """Numbers below an axis."""
    texts = "".join(f"<text x={px(x)} y={y}>{escape(name)}</text>" for x, name in marks)
    return f"<g font-size=10.5 text-anchor=middle fill={MUTED}>{texts}</g>"


def _numbers_below(n: int, left: float, step: float) -> str:
    """The numbers of layers below their columns; of many layers, of some."""
    layers = range(0, n, ceil(n / 12))
    return marks_below([(left + step * (i + 0.5), str(i + 1)) for i in layers], HEIGHT - 2)


def _wash(left: int, top: float, width: float, height: float) -> str:
    """The room of a bar, up to the largest value."""
    return f"<rect class=wash x={left} y={px(top)} width={width} height={px(height)} fill={RULE} />"


def _beside(name: str, text: str, middle: float) -> str:
    """The name of a bar on its left and its figure on its right."""
    y = px(middle + 4)
    return (
        f"<text y={y}>{escape(name)}</text>"
        f"<text x={WIDTH} y={y} text-anchor=end>{escape(text)}</text>"
    )


def _thinned(marks: Sequence[tuple[float, str]]) -> Sequence[tuple[float, str]]:
    """At most four of `marks`, at even steps, so that long numbers stay apart."""
    return marks[:: ceil(len(marks) / 4)]


_PAIR_TEXT = 108  # pixels for the figures beside bars


def pairs_by_layer(
    base: Sequence[float], head: Sequence[float], texts: Sequence[str], letter: str
) -> Drawing:
    """A share of attention in each layer of the old model (an empty bar) and of the new one (a full
    bar). Bars begin at 0; the longest stands for the largest share.

    Few layers have a line with their figures (`texts`), many a pair of columns. `letter` is the
    name of a layer without its number.
    """
    if len(base) > _LINES:
        return _pair_columns(base, head)
    left, right = 28, WIDTH - _PAIR_TEXT
    step, width = HEIGHT / len(base), right - left
    scale = width / (max(*base, *head) or 1.0)
    half = min(7.0, (step - 3) / 2)
    bars = names = ""
    for i, ends in enumerate(zip(base, head, strict=True)):
        top = step * i + (step - 2 * half) / 2
        bars += (
            f"{_wash(left, top, width, 2 * half)}"
            f"{_pair_bar(left, top, scale * ends[0], half, is_new=False)}"
            f"{_pair_bar(left, top + half, scale * ends[1], half, is_new=True)}"
        )
        names += _beside(f"{letter}{i + 1}", texts[i], step * (i + 0.5))
    return small_drawing(f"{bars}<g font-size=10.5 fill={MUTED}>{names}</g>")


def _pair_columns(base: Sequence[float], head: Sequence[float]) -> Drawing:
    left, bottom = 4, HEIGHT - 14
    step = (WIDTH - 2 * left) / len(base)
    wide = step * 0.4
    scale = (bottom - 2) / (max(*base, *head) or 1.0)
    bars = ""
    for i, ends in enumerate(zip(base, head, strict=True)):
        for at, (end, is_new) in enumerate(zip(ends, (False, True), strict=True)):
            high = scale * end
            x = left + step * (i + 0.1) + wide * at
            bars += _pair_bar(x, bottom - high, wide, high, is_new=is_new)
    return small_drawing(
        f'{bars}<path class=rule d="M{left} {bottom}H{WIDTH - left}" stroke={MUTED} />'
        + _numbers_below(len(base), left, step)
    )


def _pair_bar(x: float, y: float, width: float, height: float, *, is_new: bool) -> str:
    kind, fill = ("at", RECEIVED) if is_new else ('"at hollow"', PAPER)
    return (
        f"<rect class={kind} x={px(x)} y={px(y)} width={px(width)} height={px(height)} "
        f"fill={fill} stroke={RECEIVED} />"
    )
