"""The attention of a decoder across to the text, for pages without scripts: a row for each token
that it writes, or the one that the prediction is read from, with the text token that the row looks
at most marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from reportgen.report.charts.attention_map import SIDE, TextMap, own_content, unit_map
from reportgen.report.charts.attention_scale import colour_marks
from reportgen.report.charts.colours import INK, PAPER
from reportgen.report.charts.map_geometry import WIDTH, Geometry, geometry
from reportgen.report.charts.svg import Drawing, px
from reportgen.report.charts.text_figure import draw_bar, draw_cells, draw_columns
from reportgen.report.language.language import Language
from reportgen.report.language.printable import visible
from reportgen.report.language.sentences import Weights
from reportgen.results import (
    Floats,
    Results,
    RunInfo,
    TextUnits,
    cross_sizes,
    even_map,
    part_maps,
    row_units,
    rows_times_average,
    written_units,
)
from reportgen.tasks import task_of

_MARK = 0.17  # radius of a mark, in the smaller side of a cell
_TINY = np.finfo(np.float32).tiny  # so that a row of nothing is no division by 0
_KEPT_LEAST = 0.01  # of a row on text tokens; with less it has no mark


@dataclass(frozen=True, slots=True, eq=False)
class CrossFigure:
    """The figure, and what is said of it."""

    chart: Markup
    title: str
    says: str  # what its rows, its colours and its marks are


def cross_figure(
    results: Results,
    text: int,
    units: TextUnits,
    labels: Sequence[str],
    language: Language,
    heads: str,
    *,
    with_values: bool = False,
) -> CrossFigure | None:
    """The figure of row `text` of `texts`: the last layer of the decoder, its heads together; None
    where it has none of its own, or its maps were not kept.

    `labels` are the names of the text's units. `with_values`, each weight is times the length of
    the vector that is passed on, as a share of its row; None where those lengths were not kept.
    """
    levels, decoder = part_maps(results, text, "cross"), results.info.model.decoder
    lengths = cross_sizes(results, text) if with_values else None
    if levels is None or decoder is None or (with_values and lengths is None):
        return None
    weights = Weights(language, "mean" if with_values else heads, decoder.n_heads)
    last = np.square(levels[-1] / np.float32(255))
    if lengths is not None:
        last = last * lengths[-1][:, None]
        last /= np.maximum(last.sum(axis=(0, 2), keepdims=True), _TINY) / len(last)
    last = last.mean(axis=0)
    cells = unit_map(last, written_units(results, text), units.unit_of)
    content, sizes = units.content, units.n_tokens
    columns = labels
    section = decoder_words(results.info)[-1]
    rows: Sequence[str] = [visible(unit.label) for unit in row_units(results, text)]
    rows = rows or [language.say("decoder_head", "head_row")]
    across, down = (ceil(len(side) / SIDE) for side in (columns, rows))
    if across > 1 or down > 1:
        row_of, column_of = np.arange(len(rows)) // down, np.arange(len(columns)) // across
        cells = unit_map(cells, row_of.tolist(), column_of.tolist())
        content = own_content(content, across)
        sizes = np.add.reduceat(sizes, np.arange(0, len(sizes), across))
        rows, columns = rows[::down], columns[::across]
    even = np.broadcast_to(even_map(sizes, is_causal=False)[0], cells.shape)
    text_map = TextMap(cells, rows_times_average(cells, even, content), tuple(rows), 1)
    row, column = divmod(int(cells.argmax()), cells.shape[1])
    key = "cross_values_title" if with_values else "cross_title"
    title = language.say("decoder", key, layer=decoder.n_layers, mode=weights.mode)
    share = weights.about(float(cells[row, column]))
    largest = {"row": rows[row], "column": columns[column], "share": share}
    sentence = language.say(section, "cross_sentence", title=title, **largest)
    place = geometry(columns, rows)
    marks = colour_marks(is_cut=text_map.n_above > 0)
    shapes = draw_columns(place, columns) + draw_cells(place, text_map, None)
    shapes += draw_bar(place, place.map_end, marks)
    if across == 1:
        shapes += _marks(place, aligned(cells, content))
    says = [language.say(section, "cross_rows")]
    if with_values:
        says.append(language.say("decoder", "cross_values_rows"))
    if across == 1:
        says.append(language.say(section, "cross_marks"))
    says.append(language.say("script", "colours_say"))
    if max(across, down) > 1:
        says.append(language.say("map", "pooled", n=max(across, down)))
    return CrossFigure(
        Drawing("cells", WIDTH, round(place.height(place.map_end)), sentence, shapes).on_page(),
        title,
        language.sentences(says),
    )


def decoder_words(info: RunInfo) -> tuple[str, ...]:
    """The sections with the words for maps of a decoder of its own, those of its kind of output
    last; none without one."""
    if info.model.decoder is None:
        return ()
    if not info.head_reads_decoder:
        return ("decoder",)
    return ("decoder", "decoder_answer" if task_of(info.output).has_ends else "decoder_head")


def aligned(cells: Floats, content: NDArray[np.bool_]) -> list[int | None]:
    """`[row]`: the column of a text token that a row of `cells` is strongest in; None without one.
    Special tokens are left out, on which attention may rest whatever is written, and rows that look
    at hardly anything else."""
    kept = np.where(content, cells, 0.0)
    pairs = zip(kept.argmax(axis=1).tolist(), kept.sum(axis=1), strict=True)
    return [best if share >= _KEPT_LEAST else None for best, share in pairs]


def _marks(place: Geometry, columns: Sequence[int | None]) -> str:
    radius = _MARK * min(place.row, place.column)
    dots = "".join(
        f"<circle cx={px(place.column * (column + 0.5))} cy={px(place.row * (row + 0.5))} "
        f"r={px(radius)} />"
        for row, column in enumerate(columns)
        if column is not None
    )
    return (
        f'<g class=aligned transform="translate({px(place.left)} {px(place.map_start)})" '
        f"fill={PAPER} stroke={INK}>{dots}</g>"
    )
