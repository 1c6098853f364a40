"""Round values for an axis, and lines across a chart at these values."""

from collections.abc import Callable, Sequence
from math import ceil, floor, log10

from markupsafe import escape

from reportgen.report.charts.colours import MUTED, RULE


def ticks(top: float) -> tuple[float, ...]:
    """Three to six round values from 0 that reach `top`."""
    if top <= 0:
        return (0.0, 1.0)
    step = _round_step(top / 4)
    return tuple(round(i * step, 12) for i in range(ceil(top / step - 1e-9) + 1))


def round_values(low: float, high: float, n: int = 5) -> tuple[float, ...]:
    """About `n` evenly spaced round values that enclose `low` and `high`; by default three to
    seven."""
    if not high > low:
        pad = abs(low) / 2 or 1.0
        low, high = low - pad, high + pad
    step = _round_step((high - low) / n)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return tuple(round(i * step, 12) for i in range(first, last + 1))


def _round_step(least: float) -> float:
    """The first of 1, 2, 2.5, 5 times a power of ten that is at least `least`."""
    size = 10.0 ** floor(log10(least))
    return next(size * m for m in (1, 2, 2.5, 5, 10) if size * m >= least * 0.999)


def level_rules(
    values: Sequence[float],
    names: Sequence[str],
    y: Callable[[float], str],
    left: int,
    right: int,
    letters: float = 12,
) -> str:
    """A rule across the chart at each of `values`, with its name on the left; `y` gives the height
    of a value, `letters` the size of the font."""
    rules = "".join(f"M{left} {y(value)}H{right}" for value in values)
    texts = "".join(
        f"<text y={y(value)}>{escape(name)}</text>"
        for value, name in zip(values, names, strict=True)
    )
    return (
        f'<path class=rule d="{rules}" stroke={RULE} />'
        f'<g transform="translate({left - 8} 4)" text-anchor=end font-size={letters:g} '
        f"fill={MUTED}>{texts}</g>"
    )
