"""The map of a text, which needs neither scripts nor styles: the attention of the last layer, and
below it the attention received, as the mean over all rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from reportgen.report.charts.attention_map import APART, BESIDE, TextMap, scaled
from reportgen.report.charts.attention_scale import SCALE_PLACES, colour_marks, scale_colour
from reportgen.report.charts.colours import CLS_ROW, INK, MUTED, WASH
from reportgen.report.charts.map_geometry import BAR, LAST_MARK, WIDTH, Geometry, geometry
from reportgen.report.charts.svg import Drawing, px
from reportgen.report.charts.text_lines import Segments, TextColumns, TextLines, draw_lines
from reportgen.report.language.language import Language
from reportgen.report.language.printable import shorten
from reportgen.report.language.sentences import Weights
from reportgen.results import OutputKind, TextUnits, specials_before


@dataclass(frozen=True, slots=True)
class TextFigure:
    """The drawings of a text."""

    map: Markup | None  # None where the maps were not kept
    lines: Markup


def make_text_figure(
    key: int,
    units: TextUnits,
    labels: Sequence[str],
    text_map: TextMap | None,
    reads: int | None,
    language: Language,
    weights: Weights,
) -> TextFigure:
    """The figure of the text numbered `key`, for the page.

    `labels` are the units' names, `text_map` is the map, None where it was not kept, and `reads`
    the unit whose row of the map the output reads alone.
    """
    second = _second(units)
    segments = None if second is None else Segments(second, segment_names(units.kind, language))
    all_rows = language.say("script", "all_rows")
    beside = _beside(text_map, len(labels))
    sink_name = language.say("script", "learned_sink") if beside else ""
    place = geometry(
        labels,
        text_map.labels if text_map else (),
        is_pair=second is not None,
        beside=beside,
        beside_name=sink_name,
        below=all_rows if text_map else "",
    )
    columns = TextColumns(key, labels, place, sink_name, segments)
    lines = draw_lines(
        columns,
        _lines(units, weights.factor),
        "number" if weights.factor > 1 else "exact_percent",
        language,
        _lines_sentence(units, labels, language, weights),
        has_map=text_map is not None,
    )
    if text_map is None:
        return TextFigure(None, lines.on_page())
    sentence = _map_sentence(text_map, language, weights)
    drawn = draw_text_map(columns, text_map, reads, all_rows, sentence)
    return TextFigure(drawn.on_page(), lines.on_page())


def _lines(units: TextUnits, factor: float) -> TextLines:
    received = units.received[-1] if units.has_layers else units.received_all
    row = None if units.cls_row is None else (units.cls_row[-1] * factor).tolist()
    return TextLines((received * factor).tolist(), (units.expected[-1] * factor).tolist(), row)


def draw_text_map(
    columns: TextColumns, text_map: TextMap, reads: int | None, all_rows: str, sentence: str
) -> Drawing:
    """The map with the names of its rows and columns, the row called `all_rows` and the colour bar;
    `sentence` says what it shows."""
    place = columns.place
    marks = colour_marks(is_cut=text_map.n_above > 0)
    shapes = (
        columns.drawn_names(is_shared=True)
        + draw_cells(place, text_map, reads, all_rows)
        + draw_bar(place, place.all_end, marks)
    )
    if columns.sink_name:
        shapes += _sink_cells(place, text_map)
    if columns.segments is not None:
        shapes += _segments(place, columns.segments, text_map.pooled)
    return Drawing("cells", WIDTH, round(place.height(place.all_end)), sentence, shapes)


def _beside(text_map: TextMap | None, n_units: int) -> float:
    """The room that the column of a learned sink takes, in columns of `n_units`; 0 without one.

    It is as wide as a cell; the last cell of pooled ones may stand for fewer units than it covers.
    """
    if text_map is None or text_map.learned is None:
        return 0.0
    return BESIDE * text_map.pooled + len(text_map.labels) * text_map.pooled - n_units


def _sink_cells(place: Geometry, text_map: TextMap) -> str:
    """The column of a learned sink, apart from the text's own, with its cell of all rows."""
    column = place.column * text_map.pooled
    left = place.left + column * (len(text_map.labels) + APART)
    own = _cells(place, column, column, text_map.learned_steps)
    received = _cells(place, column, column, [text_map.received_steps[-1:]])
    return (
        f'<g class=sink transform="translate({px(left)} {px(place.map_start)})">{own}'
        f"{_gaps(place, column, column, place.map_end)}"
        f'<g transform="translate(0 {px(place.all_start - place.map_start)})">{received}</g></g>'
    )


def _received_row(place: Geometry, text_map: TextMap, width: float) -> str:
    """The row of all rows below the map, which is this wide."""
    steps = text_map.received_steps[: len(text_map.labels)]
    cells = _cells(place, place.column * text_map.pooled, width, [steps])
    below = px(place.all_start - place.map_start)
    return f'<g class=all transform="translate(0 {below})">{cells}</g>'


def _cells(place: Geometry, column: float, width: float, steps: Sequence[Sequence[int]]) -> str:
    """Cells `[query][key]` of these steps, whose columns are as wide as `column`; `width` is that
    of all, of which the last may be cut off."""
    return (
        f"<rect width={px(width)} height={px(place.row * len(steps))} class=bare "
        f'fill={scale_colour(0)} /><g class=scale transform="scale({column:.4g} {place.row:.4g})">'
        f"{scaled(steps)}</g>"
    )


def _gaps(place: Geometry, column: float, width: float, end: float) -> str:
    """The gaps between the rows of a map, and between its columns down to `end`."""
    tall, whole = place.row * place.n_rows, end - place.map_start
    # A wide line of short dashes is many thin lines across it.
    return (
        f'<g class=gaps stroke={WASH}><path d="M{px(width / 2)} -.5V{px(tall)}" '
        f'stroke-width={px(width)} stroke-dasharray="1 {place.row - 1:.4g}"/>'
        f'<path d="M-.5 {px(whole / 2)}H{px(width)}" stroke-width={px(whole)} '
        f'stroke-dasharray="1 {column - 1:.4g}"/></g>'
    )


def _future(place: Geometry, column: float, width: float) -> str:
    """Hatching over what rows cannot see: the columns after their own."""
    n_rows = place.n_rows
    if n_rows < 2:
        return ""
    stairs = f"v-{px(place.row)}h-{px(column)}" * (n_rows - 2)
    return (
        f'<path class=future fill=url(#future) d="M{px(column)} 0H{px(width)}'
        f'V{px(place.row * (n_rows - 1))}H{px(column * (n_rows - 1))}{stairs}z"/>'
    )


def draw_cells(place: Geometry, text_map: TextMap, reads: int | None, all_rows: str = "") -> str:
    """The cells, the names of the rows, and the frame of the one that is read; `all_rows` is the
    name of the row below them, "" without one."""
    width, column = place.column * place.n_columns, place.column * text_map.pooled
    names = "".join(
        f"<text y={place.row * (i + 0.5) + 4:.0f}>{escape(shorten(label))}</text>"
        for i, label in enumerate(text_map.labels)
    )
    cells = _cells(place, column, width, text_map.steps)
    if all_rows:
        below = place.all_start - place.map_start + place.row / 2 + 4
        names += f"<text y={below:.0f} fill={MUTED}>{escape(all_rows)}</text>"
        cells += _received_row(place, text_map, width)
    cells += _gaps(place, column, width, place.all_end if all_rows else place.map_end)
    cells += _future(place, column, width) if text_map.is_causal else ""
    frame = (
        ""
        if reads is None
        else f"<rect class=reads y={px(place.row * (reads // text_map.pooled))} width={px(width)} "
        f"height={px(place.row)} fill=none stroke={CLS_ROW} stroke-width=2 />"
    )
    return (
        f'<g transform="translate({px(place.left)} {px(place.map_start)})">{cells}{frame}</g>'
        f'<g transform="translate({px(place.left - 5)} {px(place.map_start)})" text-anchor=end '
        f"font-size={px(place.row_letters)} fill={INK}>{names}</g>"
    )


def draw_bar(place: Geometry, end: float, marks: Sequence[tuple[float, str]]) -> str:
    """The colour bar below what ends at `end`, with the numbers of the scale below it."""
    wide = place.right - place.left
    numbers = "".join(
        f"<text x={at * wide:.0f}{' text-anchor=end' * (at == 1)}>{escape(name)}</text>"
        for at, name in marks
        if at == 1 or (1 - at) * wide >= LAST_MARK
    )
    equal = px(SCALE_PLACES[1] * wide)
    return (
        f'<g transform="translate({px(place.left)} {px(place.bar_start(end))})" font-size=10.5 '
        f"text-anchor=middle><rect width={px(wide)} height={BAR} fill=url(#scale) />"
        f'<path class=ink d="M{equal} -2v{BAR + 4}" stroke={INK} />'
        f'<g transform="translate(0 {BAR + 12})">{numbers}</g></g>'
    )


def _segments(place: Geometry, segments: Segments, pooled: int) -> str:
    """The names of a text's two segments beside the rows, and lines where the second begins."""
    down = place.map_start + place.row * segments.second / pooled
    beside = "".join(
        f'<text transform="translate(12 {px(y)})rotate(-90)" text-anchor=end>{escape(name)}</text>'
        for y, name in zip((place.map_start, down), segments.names, strict=True)
    )
    rule = f"M{px(place.left)} {px(down)}H{px(place.right)}"
    return segments.drawn(place, place.all_end, rule) + f"<g font-size=12 fill={INK}>{beside}</g>"


def draw_columns(place: Geometry, labels: Sequence[str]) -> str:
    """The names of the columns of a map."""
    return TextColumns(0, labels, place, "", None).drawn_names()


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


def _lines_sentence(
    units: TextUnits, labels: Sequence[str], language: Language, weights: Weights
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
    return language.sentences(sentences)


def _map_sentence(text_map: TextMap, language: Language, weights: Weights) -> str:
    row, column = text_map.largest
    between = {"from": text_map.labels[row], "to": text_map.labels[column]}
    share = weights.about(float(text_map.cells[row, column]))
    sentences = [language.say("map", "largest", share=share, **between)]
    if text_map.learned is not None:
        of_sink = weights.about(float(text_map.learned.mean()))
        sentences.append(language.say("map", "learned", share=of_sink))
    return language.sentences((*sentences, weights.remark))
