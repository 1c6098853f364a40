"""Charts of one figure over several models: a point with its interval for each, with axes, or small
for a cell of a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape

from reportgen.findings import Interval
from reportgen.report.charts.axes import level_rules, round_values
from reportgen.report.charts.colours import INK, MUTED, PAPER
from reportgen.report.charts.svg import Drawing, px
from reportgen.report.language.printable import half_widths

_BETWEEN = 10  # pixels between two names below the chart
_ROOM = 1.15
_LEAST = 9  # pixels between two points
_BELOW = 15  # pixels from a line to the name below it
_INSET = 8  # pixels before the first point and after the last


@dataclass(frozen=True, slots=True)
class Frame:
    """The size of a chart, in pixels, and of what is written around it."""

    kind: str  # class of the chart for the style sheet
    width: int
    height: int
    left: int  # for the marks of the upright axis
    right: int
    top: int
    bottom: int  # for the names of the models
    letters: float  # size of the font
    n_marks: int  # of the upright axis, about

    @property
    def letter(self) -> float:
        """The width of a half-width character, about."""
        return 0.55 * self.letters


SECTION = Frame("trend-chart", 360, 190, 56, 16, 12, 32, 12, 5)
ANSWER = Frame("small tall", 290, 112, 44, 6, 8, 20, 10.5, 3)


@dataclass(frozen=True, slots=True)
class Axis:
    """The labels below the points, and where they are."""

    names: Sequence[str]
    steps: Sequence[int] | None = None  # of the training; None: at even distances

    def across(self, frame: Frame = SECTION) -> list[float]:
        """The place of each point, by its step unless two would lie on one another."""
        n, start = len(self.names), frame.left + _INSET
        width = frame.width - frame.left - frame.right - 2 * _INSET
        even = [start + width * i / max(1, n - 1) for i in range(n)]
        if self.steps is None:
            return even
        first, span = self.steps[0], self.steps[-1] - self.steps[0]
        if span <= 0:
            return even
        places = [start + width * (step - first) / span for step in self.steps]
        gaps = (b - a for a, b in pairwise(places))
        return places if min(gaps) >= min(_LEAST, width / n / 2) else even


@dataclass(frozen=True, slots=True)
class DashedLine:
    """A dashed line across the chart, with its name beside it."""

    value: float
    name: str


def trend_chart(
    values: Sequence[float | None],
    intervals: Sequence[Interval | None],
    axis: Axis,
    write: Callable[[float], str],
    sentence: str,
    *,
    is_open: Sequence[bool] = (),
    limit: DashedLine | None = None,
    frame: Frame = SECTION,
) -> Drawing:
    """A point for each of `values`, joined by a line with a gap where a model has no value.

    Args:
        values: by model.
        intervals: by model, drawn as an upright line.
        axis: what stands below.
        write: the marks of the other axis, which are round numbers.
        sentence: what the chart shows.
        is_open: by model, whether its point is only a ring; by default none is.
        limit: a value that the figure is held against.
        frame: how large the chart is.
    """
    ends = [value for value in values if value is not None]
    ends += [end for interval in intervals if interval is not None for end in interval]
    last = next((known for known in reversed(values) if known is not None), 0.0)
    if limit is not None:  # its name stands above it or below
        ends.append(limit.value / _ROOM if last > limit.value else limit.value * _ROOM)
    marks = round_values(min(ends, default=0.0), max(ends, default=0.0), frame.n_marks)
    low, high = marks[0], marks[-1]
    bottom = frame.height - frame.bottom

    def y(value: float) -> str:
        return px(bottom - (bottom - frame.top) * (value - low) / (high - low))

    across, right = axis.across(frame), frame.width - frame.right
    names = [write(mark) for mark in marks]
    shapes = level_rules(marks, names, y, frame.left, right, frame.letters)
    if limit is not None:
        has_room = float(y(limit.value)) + _BELOW < bottom  # below it stand the models' names
        is_below = last > limit.value and has_room
        shapes += _limit(limit, y(limit.value), frame, is_below=is_below)
    shapes += (
        f'<path class=quiet d="{upright(intervals, across, y)}" stroke={MUTED} stroke-width=1.5 '
        f'fill=none /><path class=quiet d="{through(values, across, y)}" stroke={MUTED} '
        "stroke-width=1.5 fill=none />"
    )
    open_points = is_open or [False] * len(values)
    for x, value, is_ring in zip(across, values, open_points, strict=True):
        if value is not None:
            shapes += point(px(x), y(value), is_ring=is_ring)
    shapes += _names(axis.names, across, frame)
    return Drawing(frame.kind, frame.width, frame.height, sentence, shapes)


def point(x: str, y: str, *, is_ring: bool) -> str:
    """The mark of one model, full or only a ring."""
    if is_ring:
        colours = f"fill={PAPER} stroke={INK} stroke-width=1.5"
        return f'<circle class="ring ink" cx={x} cy={y} r=3.5 {colours} />'
    return f"<circle class=own cx={x} cy={y} r=4 fill={INK} />"


def _limit(limit: DashedLine, y: str, frame: Frame, *, is_below: bool) -> str:
    """The line with its name at the right, on the side on which the last point does not lie."""
    right = frame.width - frame.right
    return (
        f'<path class=even d="M{frame.left} {y}H{right}" stroke={MUTED} stroke-width=1.5 '
        f'stroke-dasharray="5 4" fill=none /><text x={right} y={y} dy={_BELOW if is_below else -5} '
        f"text-anchor=end font-size={frame.letters:g} fill={INK}>{escape(limit.name)}</text>"
    )


def _names(names: Sequence[str], across: Sequence[float], frame: Frame) -> str:
    """The names that have room, the first and the last of them always, and a tick for each."""
    taken = list[tuple[float, float]]()
    shown, bottom = "", frame.height - frame.bottom
    y = bottom + 6 + frame.letters
    order = [0, len(names) - 1, *range(1, len(names) - 1)] if len(names) > 1 else [0]
    for i in order:
        width = half_widths(names[i]) * frame.letter
        start = min(max(across[i] - width / 2, 0.0), frame.width - width)
        end = start + width
        if all(end + _BETWEEN < begin or start > to + _BETWEEN for begin, to in taken):
            taken.append((start, end))
            shown += f"<text x={px((start + end) / 2)} y={px(y)}>{escape(names[i])}</text>"
    ticks = "".join(f"M{px(x)} {bottom}v4" for x in across)
    return (
        f'<path class=rule d="{ticks}" stroke={MUTED} />'
        f"<g text-anchor=middle font-size={frame.letters:g} fill={MUTED}>{shown}</g>"
    )


_GAP, _LOW, _EDGE = 18, 28, 5  # pixels between two models, and around the points


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
    span = _LOW - 2 * _EDGE

    def y(value: float) -> str:
        share = (value - low) / (high - low) if high > low else 0.5
        return px(_LOW - _EDGE - span * share)

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
        f'<svg class="trend" viewBox="0 0 {width} {_LOW}" width="{width}" height="{_LOW}" '
        f'aria-hidden="true"><path class="muted" d="{bars}" stroke="{MUTED}" stroke-width="1" '
        f'fill="none"/><path class="muted" d="{line}" stroke="{MUTED}" stroke-width="1.5" '
        f'fill="none"/><g class="own" fill="{INK}">{points}</g></svg>'
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
    return "".join(
        f"M{px(x)} {y(interval.low)}V{y(interval.high)}"
        for x, interval in pairs
        if interval is not None
    )
