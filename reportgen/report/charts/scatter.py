"""Charts of one value a text that need neither scripts nor styles: scatter and histogram."""

from collections.abc import Sequence
from math import ceil, log10

import numpy as np
from markupsafe import escape

from reportgen.findings import Floats, Interval
from reportgen.report.charts.axes import round_values
from reportgen.report.charts.colours import INK, MUTED, ROLE_COLOURS, RULE, count_colour, heat_step
from reportgen.report.charts.svg import Drawing, px
from reportgen.report.language.numbers import exact
from reportgen.report.language.printable import half_widths

DOTS = 400  # points drawn one by one; of more the plane is cut into cells
_CELLS = 32  # along either axis
_WIDTH = 460
_LEFT, _RIGHT, _TOP = 58, 14, 12
_LINE = 13  # pixels between the names of points that lie together, at least
_NEAR = 60  # pixels across: how close they do
_PAD = 0.04  # of the range, so that no point lies on the frame


def scatter(
    *,
    across: Floats,
    up: Floats,
    marks: Sequence[tuple[int, str]],
    axis: tuple[str, str],
    sentence: str,
) -> tuple[Drawing, int]:
    """Points `[text]` with the line on which both values are equal, on one scale for both axes.

    `marks` name some points (their place, their name); they are left out where the points are too
    many to draw one by one. Then cells are coloured by how many points they hold, by the second
    value that is returned at most (1 where the points are drawn).
    """
    ends = float(min(across.min(), up.min())), float(max(across.max(), up.max()))
    ticks = round_values(*ends)
    low, high = min(ticks[0], ends[0]), max(ticks[-1], ends[1])
    low, high = low - _PAD * (high - low), high + _PAD * (high - low)
    side = _WIDTH - _LEFT - _RIGHT

    def place(values: Floats | float) -> Floats:
        return np.asarray((values - low) / (high - low) * side, dtype=np.float64)

    names = [exact(tick) for tick in ticks]
    x, y = _LEFT + place(across), _TOP + side - place(up)
    body = _frame([float(place(tick)) for tick in ticks], names, side)
    line = _even_line(side)
    most = 1
    if len(x) <= DOTS:
        dots = "".join(f"M{px(a)} {px(b)}h0" for a, b in zip(x, y, strict=True))
        body += line + (
            f'<path class="dots" d="{dots}" stroke="{ROLE_COLOURS[0]}" stroke-opacity=".6" '
            'stroke-width="8" stroke-linecap="round"/>'
        )
        body += _marks([(x[i], y[i], name) for i, name in marks], _LEFT + side)
    else:
        cells, most = _cells(place(across), side - place(up), side)
        body += f'<g transform="translate({_LEFT} {_TOP})">{cells}</g>{line}'
    body += _axis_names(axis, _TOP + side)
    return Drawing("scatter", _WIDTH, _TOP + side + 46, sentence, body), most


def reliability(
    bins: Sequence[tuple[float, float, Interval | None]], axis: tuple[str, str], sentence: str
) -> Drawing:
    """The share that is right against the probability, from 0 to 1, with the line on which both are
    equal; each of `bins` is a mean probability, a share and its interval."""
    side, ticks = _WIDTH - _LEFT - _RIGHT, (0.0, 0.25, 0.5, 0.75, 1.0)
    names = [f"{100 * tick:.0f}" for tick in ticks]
    body = _frame([tick * side for tick in ticks], names, side) + _even_line(side)
    reach = dots = ""
    for chance, right, interval in bins:
        x = px(_LEFT + side * chance)
        dots += f"M{x} {px(_TOP + side - side * right)}h0"
        if interval is not None:
            low, high = (px(_TOP + side - side * end) for end in interval)
            reach += f"M{x} {low}V{high}"
    body += (
        f'<path class="ink" d="{reach}" stroke="{INK}" stroke-width="1.5" fill="none"/>'
        f'<path class="dots" d="{dots}" stroke="{ROLE_COLOURS[0]}" stroke-width="9" '
        'stroke-linecap="round"/>'
    )
    body += _axis_names(axis, _TOP + side)
    return Drawing("scatter", _WIDTH, _TOP + side + 46, sentence, body)


def histogram(
    *, edges: Sequence[float], counts: Sequence[int], axis: tuple[str, str], sentence: str
) -> Drawing:
    """How many values (`counts`) lie between each two of `edges`; `axis` names both."""
    bottom, high = 190, max(counts)
    width = (_WIDTH - _LEFT - _RIGHT) / len(counts)
    steps = sorted({0, *(round(value) for value in round_values(0, high) if value <= high)})
    rules = names = bars = ""
    for value in steps:
        y = px(bottom - (bottom - _TOP) * value / high)
        rules += f"M{_LEFT} {y}H{_WIDTH - _RIGHT}"
        names += f'<text x="{_LEFT - 8}" y="{y}" dy="4">{value:,}</text>'
    for i, count in enumerate(counts):
        height = (bottom - _TOP) * count / high
        if count:
            bars += (
                f"M{px(_LEFT + width * i + 1)} {bottom}v{px(-height)}h{px(width - 2)}v{px(height)}z"
            )
    every = ceil(len(edges) / 8)
    below = "".join(
        f'<text x="{px(_LEFT + width * i)}" y="{bottom + 17}">{exact(edge)}</text>'
        for i, edge in enumerate(edges)
        if i % every == 0
    )
    body = (
        f'<path class="rule" d="{rules}" stroke="{RULE}" fill="none"/>'
        f'<g text-anchor="end" font-size="12" fill="{MUTED}">{names}</g>'
        f'<path class="r0" d="{bars}" fill="{ROLE_COLOURS[0]}"/>'
        f'<g text-anchor="middle" font-size="12" fill="{INK}">{below}</g>'
        f"{_axis_names(axis, bottom)}"
    )
    return Drawing("histogram", _WIDTH, bottom + 46, sentence, body)


def _even_line(side: int) -> str:
    """The line on which both values are equal."""
    return (
        f'<path class="even" d="M{_LEFT} {_TOP + side}L{_LEFT + side} {_TOP}" stroke="{MUTED}" '
        'stroke-width="1.5" stroke-dasharray="5 4" fill="none"/>'
    )


def _frame(places: Sequence[float], names: Sequence[str], side: int) -> str:
    """Rules both ways at `places` (from the lower left corner) with their names."""
    rules = below = beside = ""
    for place, name in zip(places, names, strict=True):
        x, y = px(_LEFT + place), px(_TOP + side - place)
        rules += f"M{_LEFT} {y}h{side}M{x} {_TOP}v{side}"
        below += f'<text x="{x}" y="{_TOP + side + 18}">{escape(name)}</text>'
        beside += f'<text x="{_LEFT - 8}" y="{y}" dy="4">{escape(name)}</text>'
    return (
        f'<path class="rule" d="{rules}" stroke="{RULE}" fill="none"/>'
        f'<g text-anchor="middle" font-size="12" fill="{MUTED}">{below}</g>'
        f'<g text-anchor="end" font-size="12" fill="{MUTED}">{beside}</g>'
    )


def _axis_names(axis: tuple[str, str], bottom: int) -> str:
    """The names of both axes of a chart that ends at `bottom`."""
    return (
        f'<g font-size="12" text-anchor="middle" fill="{MUTED}">'
        f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2:.0f}" y="{bottom + 38}">{escape(axis[0])}</text>'
        f'<text transform="translate(13 {(bottom + _TOP) / 2:.0f})rotate(-90)">{escape(axis[1])}'
        "</text></g>"
    )


def _marks(marks: Sequence[tuple[float, float, str]], right: int) -> str:
    """Names beside their points, to the left where there is no room on the right; where one would
    stand on another, it stands below it."""
    texts, taken = "", list[tuple[float, float]]()
    for x, y, name in sorted(marks, key=lambda mark: mark[1]):
        near = [other + _LINE for at, other in taken if abs(at - x) < _NEAR]
        y = max([y, *near])
        taken.append((x, y))
        wide = 7 * half_widths(name)
        way, anchor = (-8, ' text-anchor="end"') if x + 8 + wide > right else (8, "")
        texts += f'<text x="{px(x + way)}" y="{px(y)}" dy="4"{anchor}>{escape(name)}</text>'
    return f'<g font-size="12" fill="{INK}">{texts}</g>'


def _cells(across: Floats, down: Floats, side: int) -> tuple[str, int]:
    """Cells that hold a point, coloured by the logarithm of how many; and the most in one."""
    size = side / _CELLS
    column, row = (np.minimum(v / size, _CELLS - 1).astype(np.intp) for v in (across, down))
    counts = np.bincount(row * _CELLS + column, minlength=_CELLS * _CELLS)
    most = int(counts.max())
    by_step: dict[int, str] = {}
    for cell in np.flatnonzero(counts).tolist():
        step = max(2, heat_step(log10(counts[cell] + 1), log10(most + 1)))
        y, x = divmod(cell, _CELLS)
        path = f"M{px(x * size)} {px(y * size)}h{px(size)}v{px(size)}h{px(-size)}z"
        by_step[step] = by_step.get(step, "") + path
    return "".join(
        f'<path class="h{step}" d="{path}" fill="{count_colour(step)}"/>'
        for step, path in sorted(by_step.items())
    ), most
