"""Attention maps of one text: the map of its last layer, drawn for a file of its own, and for two
models small maps without names and their difference."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from markupsafe import escape
from numpy.typing import NDArray

from reportgen.report.charts.colours import (
    INK,
    MAP_COLOURS,
    MUTED,
    STEPS,
    difference_colour,
    heat_colour,
    heat_step,
)
from reportgen.report.charts.svg import Drawing, Swatch
from reportgen.report.language.printable import half_widths, shorten
from reportgen.results import (
    Floats,
    Pooling,
    Results,
    TextUnits,
    map_levels,
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
CLIPPED = 99.5  # percentile of the content columns at which the colours end, as in the live map


@dataclass(frozen=True, slots=True, eq=False)
class TextMap:
    """The attention of one text's last layer, mean over heads, by display unit."""

    cells: Floats  # [query, key]
    labels: tuple[str, ...]
    top: float  # where the colours end
    pooled: int  # units along each side of a cell
    learned: Floats | None = None  # [query], what goes to a learned sink; None without one

    @property
    def steps(self) -> list[list[int]]:
        """The step of each cell on the scale of maps."""
        return [[heat_step(float(value), self.top) for value in row] for row in self.cells]

    @property
    def n_above(self) -> int:
        """How many cells are beyond the end of the colours."""
        return int(sum((part > self.top).sum() for part in (self.cells, self.learned_column)))

    @property
    def most(self) -> float:
        """The largest share that is drawn."""
        return float(max(self.cells.max(), self.learned_column.max(initial=0.0)))

    @property
    def learned_column(self) -> Floats:
        """What goes to a learned sink as a column `[query, 1]`; `[query, 0]` without one."""
        if self.learned is None:
            return np.empty((len(self.cells), 0))
        return self.learned[:, None]

    @property
    def learned_steps(self) -> list[list[int]]:
        """The steps of `learned_column`."""
        return [[heat_step(float(w), self.top) for w in row] for row in self.learned_column]

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
    # The bytes of a row may add up to a little more than 1.
    learned = np.maximum(0, 1 - cells.sum(axis=1)) if results.has_learned_sink else None
    return TextMap(cells, tuple(labels), colour_top(cells, content), each, learned)


def drawn_cells(maps: NDArray[np.float32], how: Pooling, units: TextUnits, each: int) -> Floats:
    """Pooled maps `[query, key]` with `each` units a cell, as they are drawn: where one of theirs
    lies in several, its attention is spread evenly over its tokens."""
    cell = np.repeat(np.arange(len(how.starts)), how.sizes)  # [token]
    drawn = np.array(units.unit_of) // each
    shared = np.zeros((drawn[-1] + 1, len(how.starts)))  # [drawn, cell], how many tokens
    np.add.at(shared, (drawn, cell), 1)
    of_queries = shared / shared.sum(axis=1, keepdims=True)
    found: Floats = of_queries @ maps @ (shared / np.array(how.sizes)).T
    return found


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


def colour_top(cells: Floats, content: NDArray[np.bool_]) -> float:
    """Where the colours of `cells` `[query, key]` end, so that a sink does not take them all."""
    own = np.sort(cells[:, content], axis=None)
    top = float(own[min(len(own) - 1, int(CLIPPED / 100 * len(own)))]) if len(own) else 0.0
    return top if top > 0 else 1.0


def draw_map(
    found: TextMap,
    key: str,
    sentence: str,
    axes: tuple[str, str],
    learned_name: str = "",
) -> Drawing:
    """The cells in their colours, with the units' names on the left and below.

    `key` tells it from other maps of the page; `axes` names the keys and the queries.
    `learned_name` is that of the column of a learned sink.
    """
    labels, top = found.labels, found.top
    columns_beside = BESIDE if found.learned is not None else 0
    size = min(_CELL, (_WIDEST - _LEFT - 6) / (len(labels) + columns_beside))
    side = size * len(labels)
    font = max(7, min(12, round(size * 0.75)))
    named = (*labels, *([learned_name] if found.learned is not None else []))
    longest = max(half_widths(shorten(label)) for label in named)
    below = round(_TOP + side + 8 + font * _HALF * longest)
    shapes = (
        f"{ramp_cells(found.cells / top, size, _LEFT, _TOP)}"
        f"{_names(labels, size, font, key)}{_axes(below + 14, axes)}"
    )
    if found.learned is not None:
        shares = map_steps(found.learned[:, None] / top).tolist()
        shapes += _sink_column(shares, size, font, _LEFT + side + size * APART, learned_name)
    width = round(_LEFT + side + size * columns_beside + 16)
    return Drawing("cells", width, below + 20, sentence, shapes)


def map_legend(low: str, high: str) -> list[Swatch]:
    """The legend of a map: its ramp, and what the palest and the strongest colour stand for."""
    ramp = "".join(
        f"<rect x={9 * step} width=9 height=12 fill={heat_colour(step)} />" for step in range(STEPS)
    )
    return [Swatch(ramp, 9 * STEPS, f"{low} – {high}")]


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


def _sink_column(
    steps: Sequence[Sequence[int]], size: float, font: int, left: float, name: str
) -> str:
    """A column of its own, apart from the tokens', with its name below."""
    below = _TOP + size * len(steps) + 8
    return (
        f'<g class=ramp transform="translate({left:g} {_TOP + size / 2:g})scale({size:.4g})">'
        f"{painted(steps)}</g>"
        f'<text transform="translate({left + size / 2 + 4:g} {below:g})rotate(-90)" '
        f"text-anchor=end font-size={font} fill={INK}>{escape(name)}</text>"
    )


def _axes(bottom: int, axes: tuple[str, str]) -> str:
    to, origin = map(escape, axes)
    return (
        f"<g font-size=11 fill={MUTED}><text x={_LEFT} y={bottom}>{to}</text>"
        f"<text transform=rotate(-90) x={-_TOP} y=11 text-anchor=end>{origin}</text></g>"
    )


_SMALL_SIDE = 220  # pixels of a small map, which has no names
_LEAST_CHANGE = 0.01  # of a share, where the colours of changes end at least
THUMB_CELLS = 24  # along a side of the map of a single head


def small_map(cells: Floats, top: float, sentence: str, kind: str = "bare") -> Drawing:
    """The cells `[query, key]` in their colours, which end at `top`; signed ones in two colours."""
    frame = f"<path class=rule d=M0.5,0.5H{_SMALL_SIDE - 0.5}V{_SMALL_SIDE - 0.5}H0.5z fill=none "
    shapes = f"{ramp_cells(cells / top, _SMALL_SIDE / len(cells))}{frame}stroke={MUTED} />"
    return Drawing(kind, _SMALL_SIDE, _SMALL_SIDE, sentence, shapes)


def change_top(change: Floats) -> float:
    """Where the colours of a map of changes `[query, key]` end, so that a few large ones do not
    take them all; small changes stay pale."""
    sizes = np.sort(np.abs(change), axis=None)
    return max(_LEAST_CHANGE, float(sizes[min(len(sizes) - 1, int(CLIPPED / 100 * len(sizes)))]))


def difference_map(
    base: TextMap, head: TextMap, key: str, sentence: str, axes: tuple[str, str]
) -> Drawing:
    """The new model's map less the old one's, with the names of the tokens."""
    change = head.cells - base.cells
    top = change_top(change)
    shown = replace(base, cells=np.clip(change, -top, top), top=top, learned=None)
    return draw_map(shown, key, sentence, axes)


def thumb_cells(weights: NDArray[np.float32], unit_of: Sequence[int]) -> Floats:
    """The map of one head `[query, key]` of tokens, by unit and in at most THUMB_CELLS cells a
    side."""
    cells = unit_map(weights, unit_of, unit_of)
    each = _units_a_cell(len(cells))
    if each == 1:
        return cells
    group = (np.arange(len(cells)) // each).tolist()
    return unit_map(cells.astype(np.float32), group, group)


def thumb_content(content: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which cells along a side of a thumb hold no special token."""
    return own_content(content, _units_a_cell(len(content)))


def _units_a_cell(n_units: int) -> int:
    return ceil(n_units / THUMB_CELLS)


def painted(lines: Sequence[Sequence[int]], *, upright: bool = False) -> str:
    """The cells `[line][place]` of steps in their colours, see `strokes`, for a group of class
    `ramp`; the style sheet finds the step of a stroke by its colour. Steps below 0 are
    less attention than before."""
    if all(min(line) >= 0 for line in lines):
        return _painted(lines, 1, upright)
    sides = ((sign, [[max(0, sign * own) for own in line] for line in lines]) for sign in (1, -1))
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
    found: dict[int, list[tuple[int, int, int]]] = {}
    for line, steps in enumerate(lines):
        for step, start, end in _runs(steps):
            found.setdefault(step, []).append((line, start, end))
    return {step: _path(found[step], upright) for step in sorted(found)}


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
