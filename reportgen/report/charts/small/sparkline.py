"""A chart for a cell of a table: one figure in several models, from the first to the last.

The numbers are in the cells beside it, so that readers need not read them off the chart.
"""

from collections.abc import Callable, Sequence

from markupsafe import Markup

from reportgen.findings import Interval
from reportgen.report.charts.colours import MUTED, ROLE_COLOURS
from reportgen.report.charts.svg import px

_GAP, _HEIGHT, _EDGE = 18, 28, 5  # pixels between two models, and around the points


def trend(values: Sequence[float | None], intervals: Sequence[Interval | None] = ()) -> Markup:
    """A point for each of `values`, joined by a line with a gap where a model has no value.

    Args:
        values: by model.
        intervals: by model, if any, drawn as an upright line; the scale holds all of them, so that
            changes within noise look small.
    """
    ends = [value for value in values if value is not None]
    ends += [end for interval in intervals if interval is not None for end in interval]
    low, high = min(ends, default=0.0), max(ends, default=0.0)
    span = _HEIGHT - 2 * _EDGE

    def y(value: float) -> str:
        share = (value - low) / (high - low) if high > low else 0.5
        return px(_HEIGHT - _EDGE - span * share)

    across = [_EDGE + _GAP * index for index in range(len(values))]
    line = through(values, across, y)
    bars = upright(intervals or [None] * len(values), across, y)
    points = "".join(
        f'<circle cx="{x}" cy="{y(value)}" r="3"/>'
        for x, value in zip(across, values, strict=True)
        if value is not None
    )
    width = 2 * _EDGE + _GAP * (len(values) - 1)
    return Markup(  # numbers of our own only
        f'<svg class="trend" viewBox="0 0 {width} {_HEIGHT}" width="{width}" height="{_HEIGHT}" '
        f'aria-hidden="true"><path class="muted" d="{bars}" stroke="{MUTED}" stroke-width="1" '
        f'fill="none"/><path class="muted" d="{line}" stroke="{MUTED}" stroke-width="1.5" '
        f'fill="none"/><g class="r0" fill="{ROLE_COLOURS[0]}">{points}</g></svg>'
    )


def through(
    values: Sequence[float | None], across: Sequence[float], y: Callable[[float], str]
) -> str:
    """The path of a line through all values at their places `across`; it stops where there is no
    value. `y` gives the height of a value."""
    line, is_on = "", False
    for x, value in zip(across, values, strict=True):
        if value is not None:
            line += f"{'L' if is_on else 'M'}{px(x)} {y(value)}"
        is_on = value is not None
    return line


def upright(
    intervals: Sequence[Interval | None], across: Sequence[float], y: Callable[[float], str]
) -> str:
    """The path of an upright line for each interval, at its place `across`."""
    pairs = zip(across, intervals, strict=True)
    return "".join(f"M{px(x)} {y(own.low)}V{y(own.high)}" for x, own in pairs if own is not None)
