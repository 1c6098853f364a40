"""Figures one row high, for the cells of a table: a value with its interval on a common scale.

The numbers stand beside them in the table, so that nothing has to be read off.
"""

from dataclasses import dataclass
from math import floor, log10

from markupsafe import Markup, escape

from reportgen.findings.statistics import Interval
from reportgen.report.charts.colours import INK, MUTED, ROLE_COLOURS, RULE
from reportgen.report.charts.svg import px
from reportgen.report.language.numbers import exact, written
from reportgen.report.language.strings import Language

_WIDTH, _HEIGHT = 240, 22
_LEFT, _RIGHT = 14, _WIDTH - 14


@dataclass(frozen=True, slots=True)
class Scale:
    """Where values lie in a track; what lies outside is drawn at the edge, with an arrow."""

    low: float
    high: float
    marks: tuple[tuple[float, str], ...]  # of the axis
    reference: float  # where the line stands that values are held against
    is_log: bool = False

    def at(self, value: float) -> float:
        """The place of a value, in the track's units."""
        low, high = self._place(self.low), self._place(self.high)
        share = (self._place(value) - low) / (high - low)
        return _LEFT + (_RIGHT - _LEFT) * min(1.0, max(0.0, share))

    def _place(self, value: float) -> float:
        if not self.is_log:
            return value
        return log10(max(value, self.low / 10))


def log_scale() -> Scale:
    """Ratios from a hundredth to a hundred, held against 1."""
    marks = ((0.01, "0.01"), (0.1, "0.1"), (1.0, "1"), (10.0, "10"), (100.0, "100"))
    return Scale(0.01, 100.0, marks, 1.0, is_log=True)


def correlation_scale(lowest: float) -> Scale:
    """Correlations up to 1, from 0 or from the half below `lowest`."""
    low = min(0.0, floor(2 * lowest) / 2)
    marks = [low + 0.5 * i for i in range(round((1 - low) / 0.5) + 1)]
    return Scale(low, 1.0, tuple((mark, exact(mark)) for mark in marks), 0.0)


def axis(scale: Scale) -> Markup:
    """The scale's marks, to stand above the tracks."""
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
    interval: Interval | None,
    limit: float | None,
    colour: int | None,
) -> Markup:
    """A bar from the reference to `value` with its interval, and a dashed line at `limit`.

    `colour` is one of the roles' colours; None is the outline of what others are held against.
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
    """A dot at `value` with its interval; an arrow at the edge where it lies beyond."""
    x = scale.at(value)
    if scale.low <= value <= scale.high:
        mark = f'<circle class="r0" cx="{px(x)}" cy="11" r="5" fill="{ROLE_COLOURS[0]}"/>'
    else:
        way = 7 if value > scale.high else -7
        mark = f'<path class="r0" d="M{px(x)} 5l{way} 6l{-way} 6z" fill="{ROLE_COLOURS[0]}"/>'
    return _track(scale, _whisker(scale, interval) + mark, None)


def interval_text(interval: Interval | None, digits: int | None, language: Language) -> str:
    """Both ends of an interval in words; "" where there is none."""
    if interval is None:
        return ""
    low, high = (written(end, digits) for end in interval)
    return language.say("number", "interval", low=low, high=high)


def _track(scale: Scale, body: str, limit: float | None) -> Markup:
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
    if interval is None:
        return ""
    low, high = px(scale.at(interval.low)), px(scale.at(interval.high))
    return (
        f'<path class="ink" d="M{low} 11H{high}M{low} 7v8M{high} 7v8" '
        f'stroke="{INK}" stroke-width="1.5" fill="none"/>'
    )


def _svg(inside: str, height: int = _HEIGHT) -> Markup:
    return Markup(  # numbers of our own and escaped text only
        f'<svg class="track" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'aria-hidden="true">{inside}</svg>'
    )
