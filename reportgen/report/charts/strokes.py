"""Coloured cells as strokes: the shortest SVG for the many cells of a map or a ribbon."""

from collections.abc import Iterator, Sequence

from reportgen.report.charts.colours import MAP_COLOURS, difference_colour


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
