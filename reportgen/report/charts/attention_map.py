"""Attention maps of one text: the map of its last layer, drawn for a file of its own, and for two
models small maps without names and their difference."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from markupsafe import escape
from numpy.typing import NDArray

from reportgen.report.charts.attention_scale import (
    MAP_COLOURS,
    SCALE_END,
    colour_marks,
    times_steps,
)
from reportgen.report.charts.colours import INK, MUTED, STEPS, difference_colour
from reportgen.report.charts.svg import Drawing, Swatch, px
from reportgen.report.language.numbers import written
from reportgen.report.language.printable import half_widths, shorten
from reportgen.results import (
    Floats,
    Pooling,
    Results,
    TextUnits,
    even_map,
    even_token,
    map_levels,
    rows_times_average,
    stored_pooling,
    weights_of,
)

SIDE = 64  # cells along a side; units of longer texts share one
_LEFT, _TOP, _WIDEST, _CELL = 106, 6, 760, 20
# The column of a learned sink: how far it stands apart, and its place in all, in columns.
APART = 0.5
BESIDE = 1 + APART
_SHADES = 8  # without that of no colour
_HALF = 0.62  # of the size of the letters, at most: what a half-width character takes
_CLIPPED = 99.5  # percentile of changes at which their colours end


@dataclass(frozen=True, slots=True, eq=False)
class TextMap:
    """The attention of one text's last layer, mean over heads, by display unit."""

    cells: Floats  # [query, key], shares
    times: Floats  # [query, key], the same as multiples of what an average text token gets
    labels: tuple[str, ...]
    pooled: int  # units along each side of a cell
    learned: Floats | None = None  # [query], what goes to a learned sink; None without one
    learned_times: Floats | None = None  # [query], as multiples
    # [key], what each gets as the mean over all rows, as multiples; a learned sink stands last.
    received_times: Floats | None = None
    is_causal: bool = False  # no row sees a column after its own

    @property
    def steps(self) -> list[list[int]]:
        """The step of each cell on the scale of attention."""
        return _listed(self.times)

    @property
    def learned_steps(self) -> list[list[int]]:
        """The steps of the column of a learned sink, `[query][0]`."""
        times = np.empty(0) if self.learned_times is None else self.learned_times
        return _listed(times[:, None])

    @property
    def received_steps(self) -> list[int]:
        """The steps of the row of all rows, that of a learned sink last."""
        times = np.empty(0) if self.received_times is None else self.received_times
        return _listed(times[None])[0]

    @property
    def n_above(self) -> int:
        """How many cells are beyond the end of the colours."""
        columns = (self.times, np.empty(0) if self.learned_times is None else self.learned_times)
        return int(sum((column > SCALE_END).sum() for column in columns))

    @property
    def most(self) -> float:
        """The largest share that is drawn."""
        learned = 0.0 if self.learned is None else float(self.learned.max())
        return max(float(self.cells.max()), learned)

    @property
    def largest(self) -> tuple[int, int]:
        """The row and the column of the largest cell."""
        row, column = divmod(int(self.cells.argmax()), len(self.cells))
        return row, column


def text_map(
    results: Results, text: int, units: TextUnits, labels: Sequence[str], side: int = SIDE
) -> TextMap | None:
    """The map of row `text` of `texts`, last layer, mean over heads; None where its maps were not
    kept. `labels` are the names of the units; those of a long text share the `side` cells."""
    levels = map_levels(results, text)
    if levels is None:
        return None
    mean, content = weights_of(levels[-1]).mean(axis=0), units.content
    each, how = ceil(len(labels) / side), stored_pooling(results, text)
    if how is None:
        cells = unit_map(mean, units.unit_of, units.unit_of)
    else:
        cells = drawn_cells(mean, how, units, each)
    if each > 1:
        if how is None:
            group = (np.arange(len(labels)) // each).tolist()
            cells = unit_map(cells.astype(np.float32), group, group)
        content = own_content(content, each)
        labels = labels[::each]
    sizes = np.add.reduceat(units.n_tokens, np.arange(0, len(units.n_tokens), each))
    even = even_map(sizes, is_causal=results.info.model.is_causal)
    shares = sizes / sizes.sum()  # of the rows
    drawn = TextMap(
        cells,
        rows_times_average(cells, even, content),
        tuple(labels),
        each,
        is_causal=results.info.model.is_causal,
    )
    if not results.has_learned_sink:
        received = rows_times_average(shares[None] @ cells, shares[None] @ even, content)
        return replace(drawn, received_times=received[0])
    # The bytes of a row may add up to a little more than 1.
    learned = np.maximum(0, 1 - cells.sum(axis=1))
    # A sink is measured as one token that every row sees.
    one = even_token(sizes, is_causal=results.info.model.is_causal)
    cells, even = np.column_stack([cells, learned]), np.column_stack([even, one])
    content = np.append(content, False)
    return replace(
        drawn,
        learned=learned,
        learned_times=rows_times_average(cells, even, content)[:, -1],
        received_times=rows_times_average(shares[None] @ cells, shares[None] @ even, content)[0],
    )


def drawn_cells(maps: NDArray[np.float32], how: Pooling, units: TextUnits, each: int) -> Floats:
    """Pooled maps `[query, key]` with `each` units a cell, as they are drawn: where one of theirs
    lies in several, its attention is spread evenly over its tokens."""
    cell = np.repeat(np.arange(len(how.starts)), how.sizes)  # [token]
    drawn = np.array(units.unit_of) // each
    shared = np.zeros((drawn[-1] + 1, len(how.starts)))  # [drawn, cell], how many tokens
    np.add.at(shared, (drawn, cell), 1)
    of_queries = shared / shared.sum(axis=1, keepdims=True)
    cells: Floats = of_queries @ maps @ (shared / np.array(how.sizes)).T
    return cells


def unit_map(
    weights: Floats | NDArray[np.float32], row_of: Sequence[int], column_of: Sequence[int]
) -> Floats:
    """Weights `[query, key]` of tokens as `[query, key]` of units: attention to a unit is the sum
    over its tokens, attention from it the mean (Clark et al. 2019). `row_of` and `column_of` are
    the unit of each token."""
    rows, columns = (np.flatnonzero(np.diff(units, prepend=-1)) for units in (row_of, column_of))
    sums = np.add.reduceat(weights.astype(np.float64), columns, axis=1)
    sizes = np.diff([*rows, len(row_of)])
    means: Floats = np.add.reduceat(sums, rows, axis=0) / sizes[:, None]
    return means


def own_content(content: NDArray[np.bool_], pooled: int) -> NDArray[np.bool_]:
    """Which cells along a side, each of `pooled` units, hold no special token."""
    return np.logical_and.reduceat(content, list(range(0, len(content), pooled)))


def _listed(times: Floats) -> list[list[int]]:
    steps: list[list[int]] = times_steps(times).tolist()
    return steps


def draw_map(
    drawn: TextMap,
    key: str,
    sentence: str,
    axes: tuple[str, str],
    learned_name: str = "",
) -> Drawing:
    """The cells in their colours, with the units' names on the left and below.

    `key` tells it from other maps of the page; `axes` names the keys and the queries.
    `learned_name` is that of the column of a learned sink.
    """
    labels, learned = drawn.labels, drawn.learned_times
    columns_beside = BESIDE if learned is not None else 0
    size = _cell_size(len(labels) + columns_beside)
    cells = _scale_cells(drawn.times, size, _LEFT, _TOP)
    if learned is None:
        return _named_map(cells, labels, size, key, sentence, axes)
    left = _LEFT + size * (len(labels) + APART)
    cells += _scale_cells(learned[:, None], size, left, _TOP)
    beside = (learned_name, left + size / 2)
    return _named_map(cells, labels, size, key, sentence, axes, beside)


def _cell_size(n_columns: float) -> float:
    return min(_CELL, (_WIDEST - _LEFT - 6) / n_columns)


def _named_map(
    cells: str,
    labels: Sequence[str],
    size: float,
    key: str,
    sentence: str,
    axes: tuple[str, str],
    beside: tuple[str, float] | None = None,
) -> Drawing:
    """The drawn `cells` of this `size` with the names of rows and columns; `beside` them may stand
    one more column, with its name and where its middle is."""
    side = size * len(labels)
    font = max(7, min(12, round(size * 0.75)))
    named = (*labels, *([] if beside is None else beside[:1]))
    below = _TOP + side + 8
    bottom = round(below + font * _HALF * max(half_widths(shorten(label)) for label in named))
    shapes = f"{cells}{_names(labels, size, font, key)}{_axes(bottom + 14, axes)}"
    right = _LEFT + side
    if beside is not None:
        name, middle = beside
        right = middle + size / 2
        shapes += (
            f'<text transform="translate({middle + 4:g} {below:g})rotate(-90)" '
            f"text-anchor=end font-size={font} fill={INK}>{escape(name)}</text>"
        )
    return Drawing("cells", round(right + 16), bottom + 20, sentence, shapes)


def map_legend() -> list[Swatch]:
    """The legend of a map: its ramp, and what its colours stand for, in multiples."""
    ramp = "".join(
        f"<rect x={9 * step} width=9 height=12 fill={colour} />"
        for step, colour in enumerate(MAP_COLOURS)
    )
    names = [name for _, name in colour_marks(is_cut=True)]
    return [Swatch(ramp, 9 * STEPS, " – ".join(names))]


def map_steps(shares: Floats) -> NDArray[np.intp]:
    """The step of the ramp for each share of the strongest colour, below 0 for one below 0: of few
    shades, which an eye can tell apart in small cells and which take half the bytes."""
    shades = np.rint(_SHADES * np.clip(shares, -1.0, 1.0)) / _SHADES
    steps: NDArray[np.intp] = np.rint((STEPS - 1) * shades).astype(np.intp)
    return steps


def ramp_cells(shares: Floats, size: float, left: int = 0, top: int = 0) -> str:
    """Cells `[query, key]` of a `size`, coloured by their shares of the strongest colour; drawn by
    row or by column, whichever is shorter."""
    steps = map_steps(shares)
    # A stroke runs along the middle of its cells, so it starts half a cell from the corner.
    rows = f"translate({left} {top + size / 2:g})", painted(steps.tolist())
    columns = f"translate({left + size / 2:g} {top})", painted(steps.T.tolist(), upright=True)
    place, paths = min(rows, columns, key=lambda way: len(way[1]))
    return f'<g class=ramp transform="{place}scale({size:.4g})">{paths}</g>'


def _scale_cells(times: Floats, size: float, left: float = 0, top: float = 0) -> str:
    """Cells `[query, key]` of a `size` in the colours of attention, for their multiples of an
    average text token."""
    cells = scaled(_listed(times))
    return f'<g class=scale transform="translate({left:g} {top:g})scale({size:.4g})">{cells}</g>'


def _names(labels: Sequence[str], size: float, font: int, key: str) -> str:
    """The tokens, which end at the left side of the map and, turned, at its lower side."""
    names = "".join(
        f"<text y={size * (i + 0.5) + 4:.0f}>{escape(shorten(label))}</text>"
        for i, label in enumerate(labels)
    )
    # Turned by a quarter, what ran down runs to the right. Its own place is turned as well.
    turned = f"translate({_LEFT - _TOP} {_TOP + size * len(labels) + _LEFT:g})rotate(-90)"
    return (
        f'<g id=n{key} transform="translate({_LEFT - 8} {_TOP})" text-anchor=end font-size={font} '
        f'fill={INK}>{names}</g><use href=#n{key} transform="{turned}"/>'
    )


def _axes(bottom: int, axes: tuple[str, str]) -> str:
    to, origin = map(escape, axes)
    return (
        f"<g font-size=11 fill={MUTED}><text x={_LEFT} y={bottom}>{to}</text>"
        f"<text transform=rotate(-90) x={-_TOP} y=11 text-anchor=end>{origin}</text></g>"
    )


_FEW = 10  # units up to which each change is printed in its cell
_WITH_FIGURE = 30  # pixels of such a cell
_FRAMED = 5  # cells that changed most, at most
_SMALL_SIDE = 220  # pixels of a small map, which has no names
_LEAST_CHANGE = 0.01  # of a share, where the colours of changes end at least
THUMB_CELLS = 24  # along a side of the map of a single head


def small_map(times: Floats, sentence: str, kind: str = "bare") -> Drawing:
    """The cells `[query, key]` in the colours of attention, for their multiples of an average text
    token."""
    frame = f"<path class=rule d=M0.5,0.5H{_SMALL_SIDE - 0.5}V{_SMALL_SIDE - 0.5}H0.5z fill=none "
    shapes = f"{_scale_cells(times, _SMALL_SIDE / len(times))}{frame}stroke={MUTED} />"
    return Drawing(kind, _SMALL_SIDE, _SMALL_SIDE, sentence, shapes)


def change_top(change: Floats) -> float:
    """Where the colours of a map of changes `[query, key]` end, so that a few large ones do not
    take them all; small changes stay pale."""
    sizes = np.sort(np.abs(change), axis=None)
    return max(_LEAST_CHANGE, float(sizes[min(len(sizes) - 1, int(_CLIPPED / 100 * len(sizes)))]))


def difference_map(
    base: TextMap, head: TextMap, key: str, sentence: str, axes: tuple[str, str]
) -> Drawing:
    """The new model's map less the old one's, with the names of the tokens; framed are the cells
    that changed most, and of a short text each change is printed in points."""
    return _changes(base, head, "", key, sentence, axes)


def three_maps(
    base: TextMap, head: TextMap, key: str, sentence: str, axes: tuple[str, str]
) -> Drawing:
    """`difference_map` with the maps of the old and of the new model in its place, of which the
    style sheet shows one; without it the difference is seen."""
    size = _changes_size(base)
    maps = "".join(
        f"<g class={name} display=none>{_scale_cells(each.times, size, _LEFT, _TOP)}</g>"
        for name, each in (("of-base", base), ("of-head", head))
    )
    return _changes(base, head, maps, key, sentence, axes)


def _changes(
    base: TextMap, head: TextMap, beside: str, key: str, sentence: str, axes: tuple[str, str]
) -> Drawing:
    change = head.cells - base.cells
    size = _changes_size(base)
    top = change_top(change)
    cells = (
        f"<g class=changes>{ramp_cells(change / top, size, _LEFT, _TOP)}{_points(change, size)}</g>"
        f"{beside}{_frames(change, top, size)}"
    )
    return _named_map(cells, base.labels, size, key, sentence, axes)


def _changes_size(base: TextMap) -> float:
    """The side of a cell; of a short text there is room for a figure."""
    n = len(base.labels)
    return _cell_size(n) if n > _FEW else min(_WITH_FIGURE, (_WIDEST - _LEFT - 6) / n)


def _points(change: Floats, size: float) -> str:
    """The changes of a short text in percentage points, those that round to 0 left out."""
    if len(change) > _FEW:
        return ""
    texts = "".join(
        f"<text x={px(_LEFT + size * (k + 0.5))} y={px(_TOP + size * (q + 0.5) + 3.5)}>"
        f"{written(points, 0, with_sign=True)}</text>"
        for q, row in enumerate((100 * change).tolist())
        for k, points in enumerate(row)
        if abs(points) >= 0.5
    )
    return f"<g font-size=9.5 text-anchor=middle fill={INK}>{texts}</g>"


def _frames(change: Floats, top: float, size: float) -> str:
    """Frames around the cells that changed most, in each of the maps."""
    order = np.argsort(-np.abs(change), axis=None, kind="stable")[:_FRAMED].tolist()
    places = [divmod(at, len(change)) for at in order]
    path = "".join(
        f"M{px(_LEFT + size * k)} {px(_TOP + size * q)}h{px(size)}v{px(size)}h{px(-size)}z"
        for q, k in places
        if abs(change[q, k]) >= top / 2
    )
    return f'<path class=ink d="{path}" fill=none stroke={INK} stroke-width=1.5 />' if path else ""


def thumb_cells(weights: NDArray[np.float32], unit_of: Sequence[int]) -> Floats:
    """The map of one head `[query, key]` of tokens, by unit and in at most THUMB_CELLS cells a
    side."""
    cells = unit_map(weights, unit_of, unit_of)
    each = _units_a_cell(len(cells))
    if each == 1:
        return cells
    group = (np.arange(len(cells)) // each).tolist()
    return unit_map(cells.astype(np.float32), group, group)


def thumb_times(cells: Floats, units: TextUnits, *, is_causal: bool) -> Floats:
    """`thumb_cells` as multiples of what an average text token gets from the same row."""
    each = _units_a_cell(len(units.n_tokens))
    sizes = np.add.reduceat(units.n_tokens, np.arange(0, len(units.n_tokens), each))
    even = even_map(sizes, is_causal=is_causal)
    return rows_times_average(cells, even, own_content(units.content, each))


def _units_a_cell(n_units: int) -> int:
    return ceil(n_units / THUMB_CELLS)


def painted(lines: Sequence[Sequence[int]], *, upright: bool = False) -> str:
    """The cells `[line][place]` of steps in their colours, see `strokes`, for a group of class
    `ramp`; the style sheet finds the step of a stroke by its colour. Steps below 0 are
    less attention than before."""
    if all(min(line) >= 0 for line in lines):
        return _painted(lines, 1, upright)
    sides = ((sign, [[max(0, sign * step) for step in line] for line in lines]) for sign in (1, -1))
    return "".join(_painted(cells, sign, upright) for sign, cells in sides)


def _painted(lines: Sequence[Sequence[int]], sign: int, upright: bool) -> str:
    return "".join(
        f'<path{" class=m" * (sign < 0)} stroke={difference_colour(sign * step)} d="{path}"/>'
        for step, path in strokes(lines, upright=upright).items()
    )


def scaled(lines: Sequence[Sequence[int]]) -> str:
    """The same in the colours of a map, for a group in which a cell is one wide and one high."""
    ways = {
        place: "".join(
            f'<path stroke={MAP_COLOURS[step]} d="{path}"/>'
            for step, path in strokes(cells, upright=upright).items()
        )
        for place, cells, upright in (
            ("0 .5", lines, False),
            (".5 0", list(zip(*lines, strict=True)), True),
        )
    }
    place, paths = min(ways.items(), key=lambda way: len(way[1]))
    return f'<g transform="translate({place})">{paths}</g>'


def strokes(lines: Sequence[Sequence[int]], *, upright: bool = False) -> dict[int, str]:
    """The path of each step, weakest first, that paints the cells `[line][place]` of steps.

    Line `i` runs along `y = i`, or where `upright` along `x = i`; a place is one wide. A stroke may
    run under stronger ones, which are painted later; what has step 0 stays bare.
    """
    runs: dict[int, list[tuple[int, int, int]]] = {}
    for line, steps in enumerate(lines):
        for step, start, end in _runs(steps):
            runs.setdefault(step, []).append((line, start, end))
    return {step: _path(runs[step], upright) for step in sorted(runs)}


def _runs(steps: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Each step with the start and end of a run of cells that are at least as strong; those of a
    step in order."""
    open_runs: list[tuple[int, int]] = []
    before = 0
    for place, step in enumerate((*steps, 0)):
        if step == before:
            continue
        start = place
        while open_runs and open_runs[-1][0] > step:
            strength, start = open_runs.pop()
            yield strength, start, place
        if step and (not open_runs or open_runs[-1][0] < step):
            open_runs.append((step, start))
        before = step


def _path(runs: Sequence[tuple[int, int, int]], upright: bool) -> str:
    """The path of `runs`, which are in order."""
    parts: list[str] = []
    letter = "v" if upright else "h"
    last_line = last_end = 0
    for line, start, end in runs:
        across, along = line - last_line, start - last_end
        x, y = (across, along) if upright else (along, across)
        parts.append(f"{pair(x, y)}{letter}{end - start}")
        last_line, last_end = line, end
    return "M" + "m".join(parts)


def pair(x: int, y: int) -> str:
    """Two numbers of a path, in as few characters as it allows."""
    return f"{x}{y}" if y < 0 else f"{x} {y}"
