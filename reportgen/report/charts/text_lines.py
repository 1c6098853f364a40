"""The two lines of a text: what the [CLS] row gives its units, and what they receive; and the names
of the units, which stand in the same places as above the map."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, radians, sin

from markupsafe import escape

from reportgen.report.charts.attention_map import pair
from reportgen.report.charts.axes import level_rules, ticks
from reportgen.report.charts.colours import CLS_ROW, INK, MUTED, RECEIVED
from reportgen.report.charts.map_geometry import LINES, SLANT, WIDTH, Geometry
from reportgen.report.charts.svg import Drawing, px
from reportgen.report.language.language import Language
from reportgen.report.language.printable import shorten

_FINE = 0.3  # pixels to which the lines are drawn, so that their numbers are short


@dataclass(frozen=True, slots=True)
class TextLines:
    """The values of the lines, an entry a unit."""

    received: Sequence[float]
    expected: Sequence[float]
    cls_row: Sequence[float] | None


@dataclass(frozen=True, slots=True)
class Segments:
    """The two segments of a text: where the second begins, and their names."""

    second: int
    names: tuple[str, str]

    def drawn(self, place: Geometry, end: float, rule: str = "") -> str:
        """Their names above the columns, and a line down to `end` where the second begins; `rule`
        is the path of one more line."""
        across = place.left + place.column * self.second
        first, other = map(escape, self.names)
        return (
            f'<path class=ink d="M{px(across)} {px(place.top)}V{px(end)}{rule}" stroke={INK} '
            'stroke-width=1.5 stroke-dasharray="6 4" />'
            f"<g font-size=12 fill={INK}><text x={px(place.left)} y=14>{first}</text>"
            f"<text x={px(across)} y=14>{other}</text></g>"
        )


@dataclass(frozen=True, slots=True)
class TextColumns:
    """The columns that the map and the lines of the text numbered `key` share."""

    key: int
    labels: Sequence[str]
    place: Geometry
    sink_name: str  # of the column of a learned sink; "" without one
    segments: Segments | None

    def drawn_names(self, *, is_shared: bool = False) -> str:
        """The names of the units, slanted; `is_shared` where another drawing uses them."""
        place = self.place
        slant = radians(SLANT)  # of the whole group, in which the columns run down as well
        every = place.column_every
        named = [(float(i), label) for i, label in enumerate(self.labels) if i % every == 0]
        if self.sink_name:
            last = (place.right - place.left) / place.column - 1
            named = [(i, label) for i, label in named if last - i >= every]
            named.append((last, self.sink_name))
        names = "".join(
            f"<text x={place.column * i * cos(slant):.0f} y={place.column * i * sin(slant):.0f}>"
            f"{escape(shorten(label))}</text>"
            for i, label in named
        )
        start = place.left + place.column / 2 + 3
        return (
            f"<g{f' id=n{self.key}' * is_shared} class=names "
            f'transform="translate({px(start)} {px(place.map_start - 5)})rotate(-{SLANT})" '
            f"font-size={px(place.column_letters)} fill={INK}>{names}</g>"
        )


def draw_lines(
    columns: TextColumns,
    lines: TextLines,
    tick_style: str,
    language: Language,
    sentence: str,
    *,
    has_map: bool,
) -> Drawing:
    """The lines, in the place of the map; where there is one (`has_map`) they use its names.
    `sentence` says what they show. The marks of their points lie in the page once."""
    place = columns.place
    highest = max(*lines.received, *lines.expected, *(lines.cls_row or ()))
    values = ticks(float(highest))

    def height(value: float) -> float:
        return place.lines_end - LINES * value / values[-1]

    # As few marks as the room for their letters allows.
    marks = values if len(values) <= 4 else values[:: 2 if len(values) % 2 else len(values) - 1]
    axis = level_rules(
        marks,
        [language.write(value, tick_style) for value in marks],
        lambda value: px(height(value)),
        round(place.left),
        round(place.right),
    )

    def points(line: Sequence[float]) -> list[tuple[int, int]]:  # in units of _FINE
        return [
            (round((place.left + place.column * (i + 0.5)) / _FINE), round(height(value) / _FINE))
            for i, value in enumerate(line)
        ]

    even = _line(points(lines.expected))
    drawn = [f'<path class=even d="{even}" stroke={MUTED} stroke-dasharray=15 />']
    for name, line, colour in (
        ("cls", lines.cls_row, CLS_ROW),
        ("received", lines.received, RECEIVED),
    ):
        if line is None:
            continue
        drawn.append(
            f'<path class={name} d="{_line(points(line), marked=True)}" stroke={colour} '
            f"marker-mid=url(#mark-{name[0]}) />"
        )
    names = f"<use href=#n{columns.key} />" if has_map else columns.drawn_names()
    shapes = (
        f"{names}{axis}<g transform=scale({_FINE:g}) fill=none stroke-width=5 "
        f"stroke-linejoin=round>{''.join(drawn)}</g>"
    )
    if columns.segments is not None:
        shapes += columns.segments.drawn(place, place.lines_end)
    return Drawing("lines", WIDTH, round(place.lines_end + 8), sentence, shapes)


def _line(points: Sequence[tuple[int, int]], *, marked: bool = False) -> str:
    """A line through `points`. If all are `marked`, both ends are repeated, because only points in
    the middle of a path get a mark; else a level line is drawn from end to end."""
    (x, y), (last, _) = points[0], points[-1]
    if not marked and all(height == y for _, height in points):
        return f"M{x} {y}H{last}"
    if not marked:  # a level part is one stroke
        ends = zip(points, (None, *points), (*points[1:], None), strict=False)
        points = [
            own
            for own, before, after in ends
            if before is None or after is None or not before[1] == own[1] == after[1]
        ]
    moves = "".join(
        f"h{right - left}" if upper == lower else f"l{pair(right - left, lower - upper)}"
        for (left, upper), (right, lower) in pairwise(points)
    )
    return f"M{x} {y}h0{moves}h0" if marked else f"M{x} {y}{moves}"
