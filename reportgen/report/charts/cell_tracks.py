"""Charts one row high, for the cells of a table: a value with its interval on a common scale.

The numbers are in the cell beside them, so that readers need not read them off the chart.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import floor, log10

from markupsafe import Markup, escape

from reportgen.findings import Interval
from reportgen.report.charts.axes import round_values
from reportgen.report.charts.colours import INK, MUTED, ROLE_COLOURS, RULE
from reportgen.report.charts.svg import px
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import exact, written

_WIDTH, _HEIGHT = 240, 22
_LEFT, _RIGHT = 14, _WIDTH - 14
_LINE, _THIN, _DOT = 44, 8, 3.5  # of a place on a line


@dataclass(frozen=True, slots=True)
class Scale:
    """The scale of a track; values outside it are drawn at its edge."""

    low: float
    high: float
    marks: tuple[tuple[float, str], ...]  # values that the axis names
    reference: float  # the value that bars start from
    is_log: bool = False

    def at(self, value: float) -> float:
        """The x coordinate of a value."""
        low, high, place = map(self._place, (self.low, self.high, value))
        share = (place - low) / (high - low)
        return _LEFT + (_RIGHT - _LEFT) * min(1.0, max(0.0, share))

    def _place(self, value: float) -> float:
        if not self.is_log:
            return value
        return log10(max(value, self.low / 10))


def log_scale() -> Scale:
    """A scale for ratios from 0.01 to 100, with bars that start from 1."""
    marks = ((0.01, "0.01"), (0.1, "0.1"), (1.0, "1"), (10.0, "10"), (100.0, "100"))
    return Scale(0.01, 100.0, marks, 1.0, is_log=True)


def correlation_scale(lowest: float) -> Scale:
    """A scale for correlations, from 0 or the next half below `lowest` up to 1."""
    low = min(0.0, floor(2 * lowest) / 2)
    marks = [low + 0.5 * i for i in range(round((1 - low) / 0.5) + 1)]
    return Scale(low, 1.0, named_marks(marks), 0.0)


def round_scale(low: float, high: float, reference: float) -> Scale:
    """A scale that encloses `low`, 0 and `high`; it names 0 and a few more round values."""
    values = round_values(min(low, 0.0), max(high, 0.0))
    every, zero = 1 + (len(values) - 1) // 4, values.index(0.0)
    shown = [value for i, value in enumerate(values) if (i - zero) % every == 0]
    return Scale(values[0], values[-1], named_marks(shown), reference)


def named_marks(values: Iterable[float]) -> tuple[tuple[float, str], ...]:
    """The marks of an axis at `values`, each with its name."""
    return tuple((value, exact(value)) for value in values)


def axis(scale: Scale) -> Markup:
    """The names of the scale's marks, for the head of the table."""
    names = "".join(
        f'<text x="{px(scale.at(value))}" y="12">{escape(name)}</text>'
        for value, name in scale.marks
    )
    return _svg(
        f'<g class="muted" font-size="11" text-anchor="middle" fill="{MUTED}">{names}</g>', 16
    )


def bar(
    scale: Scale,
    value: float,
    interval: Interval | None = None,
    limit: float | None = None,
    *,
    colour: int | None,
) -> Markup:
    """A bar from the reference of the scale to `value`, with its interval.

    Args:
        limit: where to draw a dashed line.
        colour: index of one of the roles' colours; None draws an outline, for a baseline.
    """
    start, end = sorted((scale.at(scale.reference), scale.at(value)))
    fill = (
        f'class="quiet" fill="none" stroke="{MUTED}" stroke-width="1.5"'
        if colour is None
        else f'class="r{colour}" fill="{ROLE_COLOURS[colour]}" fill-opacity=".5"'
    )
    body = f'<rect {fill} x="{px(start)}" y="5" width="{px(end - start)}" height="12"/>'
    return _track(scale, body + _whisker(scale, interval), limit)


def dot(scale: Scale, value: float, interval: Interval | None) -> Markup:
    """A dot at `value` with its interval; an arrow where the value is outside the scale."""
    x = scale.at(value)
    if scale.low <= value <= scale.high:
        mark = f'<circle class="r0" cx="{px(x)}" cy="11" r="5" fill="{ROLE_COLOURS[0]}"/>'
    else:
        way = 7 if value > scale.high else -7
        mark = f'<path class="r0" d="M{px(x)} 5l{way} 6l{-way} 6z" fill="{ROLE_COLOURS[0]}"/>'
    return _track(scale, _whisker(scale, interval) + mark)


def interval_text(interval: Interval | None, digits: int | None, language: Language) -> str:
    """An interval in brackets; "" for None."""
    if interval is None:
        return ""
    low, high = (written(end, digits) for end in interval)
    return language.say("number", "interval", low=low, high=high)


def _track(scale: Scale, body: str, limit: float | None = None) -> Markup:
    """The chart of one row: the marks of the scale as lines, then `body`."""
    rules = "".join(f"M{px(scale.at(value))} 0v{_HEIGHT}" for value, _ in scale.marks)
    reference = px(scale.at(scale.reference))
    lines = (
        f'<path class="rule" d="{rules}" stroke="{RULE}"/>'
        f'<path class="ink" d="M{reference} 0v{_HEIGHT}" stroke="{INK}"/>'
    )
    if limit is not None:
        lines += (
            f'<path class="ink" d="M{px(scale.at(limit))} 0v{_HEIGHT}" stroke="{INK}" '
            'stroke-dasharray="3 2"/>'
        )
    return _svg(lines + body)


def _whisker(scale: Scale, interval: Interval | None) -> str:
    """The line that shows an interval."""
    if interval is None:
        return ""
    low, high = px(scale.at(interval.low)), px(scale.at(interval.high))
    return (
        f'<path class="ink" d="M{low} 11H{high}M{low} 7v8M{high} 7v8" '
        f'stroke="{INK}" stroke-width="1.5" fill="none"/>'
    )


def _svg(inside: str, height: int = _HEIGHT) -> Markup:
    """The picture, with quotes around attributes only where HTML needs them: a page has many."""
    drawn = (  # numbers of our own and escaped text only
        f'<svg class="track" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'aria-hidden="true">{inside}</svg>'
    )
    return Markup(re.sub(r'="([^\s"\'=<>`]+)"(?=( |/?>))', _bare, drawn))


def _bare(value: re.Match[str]) -> str:
    return f"={value[1]}" + (" " if value[2] == "/>" else "")
