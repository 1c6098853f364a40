"""The figure of a text, which needs neither scripts nor styles: the [CLS] row and the attention
received over its units, and below them, on the same axis, the attention map of the last layer."""

from collections.abc import Sequence
from itertools import pairwise
from math import cos, radians, sin

from markupsafe import Markup, escape

from reportgen.report.charts.attention_map import APART, BESIDE, TextMap, pair, scaled
from reportgen.report.charts.attention_scale import colour_marks, scale_colour
from reportgen.report.charts.axes import level_rules, ticks
from reportgen.report.charts.colours import CLS_ROW, INK, MUTED, RECEIVED, WASH
from reportgen.report.charts.map_geometry import LINES, SLANT, WIDTH, Geometry, geometry
from reportgen.report.charts.svg import Drawing, px
from reportgen.report.language.language import Language
from reportgen.report.language.printable import shorten
from reportgen.report.language.sentences import Weights
from reportgen.results import OutputKind, TextUnits, specials_before

_FINE = 0.3  # pixels to which the lines are drawn, so that their numbers are short
_BAR = 12  # width of the colour bar


def make_text_figure(
    key: int,
    units: TextUnits,
    labels: Sequence[str],
    text_map: TextMap | None,
    reads: int | None,
    language: Language,
    weights: Weights,
) -> Markup:
    """The figure of the text numbered `key`, for the page.

    `labels` are the units' names, `text_map` is the map, None where it was not kept, and `reads`
    the unit whose row of the map the output reads alone.
    """
    received_shares = units.received[-1] if units.has_layers else units.received_all
    received = (received_shares * weights.factor).tolist()
    row = None if units.cls_row is None else units.cls_row[-1] * weights.factor
    drawing = draw_text(
        key=key,
        labels=labels,
        received=received,
        cls_row=row,
        expected=units.expected[-1] * weights.factor,
        text_map=text_map,
        second=_second(units),
        names=segment_names(units.kind, language),
        reads=reads,
        tick_style="number" if weights.factor > 1 else "exact_percent",
        colour_marks=[] if text_map is None else colour_marks(is_cut=text_map.n_above > 0),
        language=language,
        sentence=_sentence(units, labels, text_map, language, weights),
    )
    return drawing.on_page()


def draw_text(
    *,
    key: int,
    labels: Sequence[str],
    received: Sequence[float],
    cls_row: Sequence[float] | None,
    expected: Sequence[float],
    text_map: TextMap | None,
    second: int | None,
    names: tuple[str, str],
    reads: int | None,
    tick_style: str,
    colour_marks: Sequence[tuple[float, str]],
    language: Language,
    sentence: str,
) -> Drawing:
    """`labels` and the lines have an entry a unit; `colour_marks` stand beside the colours of the
    map (see the function of this name). `second` is where the second of two segments called
    `names` begins. `sentence` says what the figure shows."""
    beside = _beside(text_map, len(labels))
    sink_name = language.say("script", "learned_sink") if beside else ""
    place = geometry(
        labels,
        text_map.labels if text_map else (),
        is_pair=second is not None,
        beside=beside,
        beside_name=sink_name,
    )
    highest = max(*received, *expected, *(() if cls_row is None else cls_row))
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

    drawn = [
        f'<path class=even d="{_line(points(expected))}" stroke={MUTED} stroke-dasharray=15 />'
    ]
    for name, line, colour, mark in (
        ("cls", cls_row, CLS_ROW, "circle class=cls r=1.7"),
        ("received", received, RECEIVED, "rect class=received x=-1.7 y=-1.7 width=3.4 height=3.4"),
    ):
        if line is None:
            continue
        at = f"{name[0]}{key}"
        drawn.append(
            f"<marker id={at} overflow=visible><{mark} fill={colour} /></marker>"
            f'<path class={name} d="{_line(points(line), marked=True)}" stroke={colour} '
            f"marker-mid=url(#{at}) />"
        )
    shapes = (
        f"{axis}<g transform=scale({_FINE:g}) fill=none stroke-width=5 stroke-linejoin=round>"
        f"{''.join(drawn)}</g>{draw_columns(place, labels, sink_name)}"
    )
    if text_map is not None:
        shapes += draw_cells(place, text_map, reads, colour_marks)
        shapes += _sink_cells(place, text_map) if beside else ""
    if second is not None:
        shapes += _segments(place, second, names, text_map.pooled if text_map else 1)
    return Drawing(
        "lines cells" if text_map else "lines", WIDTH, round(place.height), sentence, shapes
    )


def _beside(text_map: TextMap | None, n_units: int) -> float:
    """The room that the column of a learned sink takes, in columns of `n_units`; 0 without one.

    It is as wide as a cell; the last cell of pooled ones may stand for fewer units than it covers.
    """
    if text_map is None or text_map.learned is None:
        return 0.0
    return BESIDE * text_map.pooled + len(text_map.labels) * text_map.pooled - n_units


def _sink_cells(place: Geometry, text_map: TextMap) -> str:
    """The column of a learned sink, apart from the text's own."""
    column, tall = place.column * text_map.pooled, place.row * place.n_rows
    left = place.left + column * (len(text_map.labels) + APART)
    gaps = (
        f'<path d="M{px(column / 2)} -.5V{px(tall)}" stroke-width={px(column)} '
        f'stroke-dasharray="1 {place.row - 1:.4g}"/>'
    )
    return (
        f'<g class=sink transform="translate({px(left)} {px(place.map_start)})">'
        f"<rect width={px(column)} height={px(tall)} class=bare fill={scale_colour(0)} />"
        f'<g class=scale transform="scale({column:.4g} {place.row:.4g})">'
        f"{scaled(text_map.learned_steps)}</g><g class=gaps stroke={WASH}>{gaps}</g></g>"
    )


def draw_columns(place: Geometry, labels: Sequence[str], beside: str) -> str:
    """The names of the units, and of what stands `beside` them, slanted, between the lines and the
    map."""
    slant = radians(SLANT)  # of the whole group, in which the columns run down as well
    every = place.column_every
    named = [(float(i), label) for i, label in enumerate(labels) if i % every == 0]
    if beside:
        last = (place.right - place.left) / place.column - 1
        named = [(i, label) for i, label in named if last - i >= every]
        named.append((last, beside))
    names = "".join(
        f"<text x={place.column * i * cos(slant):.0f} y={place.column * i * sin(slant):.0f}>"
        f"{escape(shorten(label))}</text>"
        for i, label in named
    )
    start = place.left + place.column / 2 + 3
    return (
        f'<g class=names transform="translate({px(start)} {px(place.map_start - 6)})'
        f'rotate(-{SLANT})" '
        f"font-size={px(place.column_letters)} fill={INK}>{names}</g>"
    )


def draw_cells(
    place: Geometry, text_map: TextMap, reads: int | None, marks: Sequence[tuple[float, str]]
) -> str:
    """The cells, the names of the rows, the frame of the one that is read, and the colour bar."""
    width, tall = place.column * place.n_columns, place.row * place.n_rows
    column = place.column * text_map.pooled
    origin = f"translate({px(place.left)} {px(place.map_start)})"
    names = "".join(
        f"<text y={place.row * (i + 0.5) + 4:.0f}>{escape(shorten(label))}</text>"
        for i, label in enumerate(text_map.labels)
    )
    # A wide line of short dashes is many thin lines across it.
    gaps = (
        f'<path d="M{px(width / 2)} -.5V{px(tall)}" stroke-width={px(width)} '
        f'stroke-dasharray="1 {place.row - 1:.4g}"/>'
        f'<path d="M-.5 {px(tall / 2)}H{px(width)}" stroke-width={px(tall)} '
        f'stroke-dasharray="1 {column - 1:.4g}"/>'
    )
    cells = (
        f"<rect width={px(width)} height={px(tall)} class=bare fill={scale_colour(0)} />"
        f'<g class=scale transform="scale({column:.4g} {place.row:.4g})">'
        f"{scaled(text_map.steps)}</g>"
        f"<g class=gaps stroke={WASH}>{gaps}</g>"
    )
    frame = (
        ""
        if reads is None
        else f"<rect class=reads y={px(place.row * (reads // text_map.pooled))} width={px(width)} "
        f"height={px(place.row)} fill=none stroke={CLS_ROW} stroke-width=2 />"
    )
    # The letters of the lowest and the highest stay beside the bar.
    beside = "".join(
        f"<text x={_BAR + 4} y={tall - at * (tall - 9):.0f}>{escape(name)}</text>"
        for at, name in marks
    )
    bar = (
        f'<g transform="translate({px(place.right + 8)} {px(place.map_start)})" font-size=11>'
        f"<rect width={_BAR} height={px(tall)} fill=url(#scale) />{beside}</g>"
    )
    return (
        f'<g transform="{origin}">{cells}{frame}</g>'
        f'<g transform="translate({px(place.left - 5)} {px(place.map_start)})" text-anchor=end '
        f"font-size={px(place.row_letters)} fill={INK}>{names}</g>{bar}"
    )


def _segments(place: Geometry, second: int, names: tuple[str, str], pooled: int) -> str:
    """The names of a text's two segments, and lines where the second begins."""
    across, down = place.left + place.column * second, place.map_start + place.row * second / pooled
    first, other = map(escape, names)
    rules = f"M{px(across)} {px(place.lines_start)}V{px(place.map_end)}"
    beside = ""
    if place.n_rows:
        rules += f"M{px(place.left)} {px(down)}H{px(place.right)}"
        beside = "".join(
            f'<text transform="translate(12 {px(y)})rotate(-90)" text-anchor=end>{name}</text>'
            for y, name in ((place.map_start, first), (down, other))
        )
    return (
        f'<path class=ink d="{rules}" stroke={INK} stroke-width=1.5 stroke-dasharray="6 4" />'
        f"<g font-size=12 fill={INK}><text x={px(place.left)} y=16>{first}</text>"
        f"<text x={px(across)} y=16>{other}</text>{beside}</g>"
    )


def _second(units: TextUnits) -> int | None:
    """Where the second segment of a pair begins, or the completion of a text."""
    second = next((i for i, unit in enumerate(units.units) if unit.segment), None)
    return None if second is None else second - specials_before(units.units, second)


def segment_names(kind: OutputKind | None, language: Language) -> tuple[str, str]:
    """What the two segments of a pair are called: a text and its completion, a question and its
    context, a text and a choice."""
    words = language.parts_of(kind or "")
    first, second = (words.get(key, language.say("explore", key)) for key in ("first", "second"))
    return first, second


def _sentence(
    units: TextUnits,
    labels: Sequence[str],
    text_map: TextMap | None,
    language: Language,
    weights: Weights,
) -> str:
    received = units.received[-1] if units.has_layers else units.received_all
    most = int(received.argmax())
    sentences = [
        language.say(
            "chart",
            "sentence" if units.has_layers else "sentence_all",
            layer=len(units.received),
            mode=weights.mode,
            most=labels[most],
            share=weights.show(received[most]),
            even=weights.show(units.expected[-1][most]),
        )
    ]
    if units.cls_row is not None:
        at = int(units.cls_row[-1].argmax())
        share = weights.show(units.cls_row[-1][at])
        sentences.append(language.say("chart", "sentence_cls", to=labels[at], share=share))
    if text_map is not None:
        row, column = text_map.largest
        between = {"from": text_map.labels[row], "to": text_map.labels[column]}
        share = weights.about(float(text_map.cells[row, column]))
        sentences.append(language.say("map", "largest", share=share, **between))
        if text_map.learned is not None:
            of_sink = weights.about(float(text_map.learned.mean()))
            sentences.append(language.say("map", "learned", share=of_sink))
    return language.sentences(sentences)


def _line(points: Sequence[tuple[int, int]], *, marked: bool = False) -> str:
    """A line through `points`. If all are `marked`, both ends are repeated, because only points in
    the middle of a path get a mark; else a level line is drawn from end to end."""
    (x, y), (last, _) = points[0], points[-1]
    if not marked and all(height == y for _, height in points):
        return f"M{x} {y}H{last}"
    moves = "".join(
        f"l{pair(right - left, lower - upper)}"
        for (left, upper), (right, lower) in pairwise(points)
    )
    return f"M{x} {y}h0{moves}h0" if marked else f"M{x} {y}{moves}"
