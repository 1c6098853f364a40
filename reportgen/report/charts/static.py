"""The figures that need neither scripts nor styles: SVG coloured by attributes.

The style sheet may restyle them by class; where it is refused, the attributes stand.
"""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import ceil, cos, floor, log10, radians, sin

from markupsafe import Markup, escape

STEPS = 16  # of the highlight
INK, MUTED, RULE = "#1b1d22", "#5b616e", "#d9dce3"
CLS_ROW, RECEIVED = "#0b5cad", "#c2252d"
ROLE_COLOURS = ("#3f4e8c", "#0f766e", "#8a4b7d", "#7a5b1e")
_HEAT = (230, 97, 0)
_STRONGEST = 0.8  # dark text keeps a contrast of 4.5 on it
_WIDTH = 960
_LEFT, _RIGHT = 58, 14
_FINE = 0.3  # pixels to which the lines are drawn, so that their numbers are short
_LABEL_WIDTH = 14  # half-width characters under an axis


def heat_step(value: float, top: float) -> int:
    """The step 0..15 of `value` on a scale that ends at `top`; what lies above is clipped."""
    return round((STEPS - 1) * min(1.0, max(0.0, value / top))) if top > 0 else 0


def heat_colour(step: int) -> str:
    """The colour of a step on white, such as `#f0a066`."""
    alpha = _STRONGEST * step / (STEPS - 1)
    return "#" + "".join(f"{round(255 + (part - 255) * alpha):02x}" for part in _HEAT)


def shorten(text: str, width: int = _LABEL_WIDTH) -> str:
    """`text` cut in the middle to so many half-width characters; wide characters count two."""
    if half_widths(text) <= width:
        return text
    half = (width - 1) // 2
    return f"{_prefix(text, half)}…{_prefix(text[::-1], half)[::-1]}"


def _prefix(text: str, width: int) -> str:
    taken = 0
    for index, character in enumerate(text):
        taken += half_widths(character)
        if taken > width:
            return text[:index]
    return text


def half_widths(text: str) -> int:
    """How wide `text` is in half-width characters."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def ticks(top: float) -> tuple[float, ...]:
    """Three to six round values from 0 that reach `top`."""
    if top <= 0:
        return (0.0, 1.0)
    raw = top / 4
    size = 10.0 ** floor(log10(raw))
    step = next(size * m for m in (1, 2, 2.5, 5, 10) if size * m >= raw * 0.999)
    return tuple(round(i * step, 12) for i in range(ceil(top / step - 1e-9) + 1))


def painted(lines: Sequence[Sequence[int]], *, upright: bool = False) -> str:
    """The cells `[line][place]` of steps in their colours, see `strokes`, for a group of class
    `ramp`; the style sheet finds the step of a stroke by its colour."""
    return "".join(
        f'<path stroke={heat_colour(step)} d="{path}"/>'
        for step, path in strokes(lines, upright=upright).items()
    )


def two_lines(
    *,
    key: int,
    labels: Sequence[str],
    received: Sequence[float],
    cls_row: Sequence[float] | None,
    expected: Sequence[float],
    steps: Sequence[int | None],
    tick_text: Sequence[str],
    tick_values: Sequence[float],
    ribbon: str,
    sentence: str,
) -> Markup:
    """The [CLS] row and the attention received over the units, with the even spread.

    `key` tells the figure from others of the page. `labels`, the lines and `steps` (the highlight
    of each unit, None without one) have an entry a unit; the highlight is the ribbon under the
    axis, called `ribbon`. `sentence` says what the figure shows.
    """
    count = len(labels)
    top, bottom = 10, 200
    gap = (_WIDTH - _LEFT - _RIGHT) / count
    highest = tick_values[-1]

    def points(values: Sequence[float]) -> list[tuple[int, int]]:  # in units of _FINE
        return [
            (
                round((_LEFT + gap * (index + 0.5)) / _FINE),
                round((bottom - (bottom - top) * value / highest) / _FINE),
            )
            for index, value in enumerate(values)
        ]

    axis = _axis(
        tick_values,
        tick_text,
        lambda value: _n(bottom - (bottom - top) * value / highest),
        more=f"<text y={bottom + 17} font-size=11>{escape(ribbon)}</text>",
    )
    drawn = [
        f'<path class=even d="{_line(points(expected))}" stroke={MUTED} stroke-dasharray=15 />'
    ]
    for name, values, colour, mark in (
        ("cls", cls_row, CLS_ROW, "circle class=cls r=2"),
        ("received", received, RECEIVED, "rect class=received x=-2 y=-2 width=4 height=4"),
    ):
        if values is None:
            continue
        at = f"{name[0]}{key}"
        drawn.append(
            f"<marker id={at} overflow=visible><{mark} fill={colour} /></marker>"
            f'<path class={name} d="{_line(points(values), marked=True)}" stroke={colour} '
            f"marker-mid=url(#{at}) />"
        )
    every = ceil(count / 64)
    slant = radians(50)
    names = "".join(
        f"<text x={gap * i * cos(slant):.0f} y={gap * i * sin(slant):.0f}>"
        f"{escape(shorten(label))}</text>"
        for i, label in enumerate(labels)
        if i % every == 0
    )
    longest = max(half_widths(shorten(label)) for label in labels)
    inside = (
        f"{axis}<g transform=scale({_FINE:g}) fill=none stroke-width=5 stroke-linejoin=round>"
        f"{''.join(drawn)}</g>"
        f'<g class=ramp transform="translate({_n(_LEFT + gap * 0.05)} {bottom + 16})'
        f'scale({gap:.5g} 1)" stroke-width=9 stroke-dasharray=".9 .1">'
        f"{painted([[step or 0 for step in steps]])}</g>"
        f'<g transform="translate({_n(_LEFT + gap * 0.5 + 4)} {bottom + 33})rotate(-50)" '
        f"text-anchor=end font-size=12 fill={INK}>{names}</g>"
    )
    return _svg(bottom + 44 + 6 * longest, "lines", sentence, inside)


def stacked_bars(
    *,
    series: Sequence[tuple[str, Sequence[float]]],
    expected: Sequence[float],
    axis: tuple[str, str],
    sentence: str,
    values: Sequence[float] = (0.0, 0.25, 0.5, 0.75, 1.0),
) -> Markup:
    """A bar a layer: the shares of `series` (name, `[layer]`) stacked, and where they would end
    under an even spread (`expected`, `[layer]`). `axis` names the share and the layers, `values`
    the ticks of the shares, the last of which is where the axis ends."""
    count = len(expected)
    width, top, bottom, left = 620, 12, 232, 52
    gap = (width - left - 10) / count
    names = [f"{100 * v:.4g}" for v in values]

    def y(value: float) -> str:
        return _n(bottom - (bottom - top) * value / values[-1])

    parts = [_axis(values, names, y, left, width - 10)]
    for layer in range(count):
        start, x = 0.0, left + gap * (layer + 0.18)
        for index, (_, shares) in enumerate(series):
            height = (bottom - top) * shares[layer] / values[-1]
            parts.append(
                f'<rect class="r{index % len(ROLE_COLOURS)}" x="{_n(x)}" '
                f'y="{y(start + shares[layer])}" width="{_n(gap * 0.64)}" height="{_n(height)}" '
                f'fill="{ROLE_COLOURS[index % len(ROLE_COLOURS)]}" stroke="#fff" '
                'stroke-width=".8"/>'
            )
            start += shares[layer]
        parts.append(
            f'<path class="even" d="M{_n(left + gap * (layer + 0.06))} {y(expected[layer])}'
            f'h{_n(gap * 0.88)}" stroke="{INK}" stroke-width="2" stroke-dasharray="5 3"/>'
        )
        if layer % ceil(count / 24) == 0:
            parts.append(
                f'<text x="{_n(left + gap * (layer + 0.5))}" y="{bottom + 18}" font-size="12" '
                f'text-anchor="middle" fill="{INK}">{layer + 1}</text>'
            )
    middle = (top + bottom) / 2
    parts.append(
        f'<g font-size="12" text-anchor="middle" fill="{MUTED}">'
        f'<text transform="translate(13 {_n(middle)})rotate(-90)">{escape(axis[0])}</text>'
        f'<text x="{_n((left + width) / 2)}" y="{bottom + 38}">{escape(axis[1])}</text></g>'
    )
    return _svg(bottom + 46, "sinks", sentence, "".join(parts), width)


def layer_shares(
    *,
    shares: Sequence[float],
    norm_shares: Sequence[float] | None,
    expected: Sequence[float | None],
    tick_text: Sequence[str],
    tick_values: Sequence[float],
    axis: str,
    sentence: str,
) -> Markup:
    """Two bars a layer: a token's share of attention, filled, and of norm-weighted attention, in
    outline (None where not measured), with the even spread where it is known; all `[layer]`."""
    count = len(shares)
    width, top, bottom, left = 460, 10, 172, 54
    gap = (width - left - 6) / count
    highest = tick_values[-1]

    def y(value: float) -> str:
        return _n(bottom - (bottom - top) * value / highest)

    parts = [_axis(tick_values, tick_text, y, left, width - 6)]
    bar = gap * (0.64 if norm_shares is None else 0.34)
    for layer in range(count):
        x = left + gap * (layer + 0.16)
        height = _n((bottom - top) * shares[layer] / highest)
        parts.append(
            f'<rect class="r0" x="{_n(x)}" y="{y(shares[layer])}" width="{_n(bar)}" '
            f'height="{height}" fill="{ROLE_COLOURS[0]}"/>'
        )
        if norm_shares is not None:
            height = _n((bottom - top) * norm_shares[layer] / highest)
            parts.append(
                f'<rect class="o0" x="{_n(x + bar)}" y="{y(norm_shares[layer])}" '
                f'width="{_n(bar)}" height="{height}" fill="none" stroke="{ROLE_COLOURS[0]}" '
                'stroke-width="1.5"/>'
            )
        even = expected[layer]
        if even is not None:
            parts.append(
                f'<path class="ink" d="M{_n(left + gap * (layer + 0.06))} {y(even)}'
                f'h{_n(gap * 0.88)}" stroke="{INK}" stroke-width="2" stroke-dasharray="5 3"/>'
            )
        if layer % ceil(count / 24) == 0:
            parts.append(
                f'<text x="{_n(left + gap * (layer + 0.5))}" y="{bottom + 17}" font-size="12" '
                f'text-anchor="middle" fill="{INK}">{layer + 1}</text>'
            )
    parts.append(
        f'<text x="{_n((left + width) / 2)}" y="{bottom + 36}" font-size="12" '
        f'text-anchor="middle" fill="{MUTED}">{escape(axis)}</text>'
    )
    return _svg(bottom + 44, "shares", sentence, "".join(parts), width)


def _axis(
    values: Sequence[float],
    names: Sequence[str],
    y: Callable[[float], str],
    left: int = _LEFT,
    right: int = _WIDTH - _RIGHT,
    more: str = "",
) -> str:
    rules = "".join(f"M{left} {y(value)}H{right}" for value in values)
    texts = "".join(
        f"<text y={y(value)}>{escape(name)}</text>"
        for value, name in zip(values, names, strict=True)
    )
    return (
        f'<path class=rule d="{rules}" stroke={RULE} />'
        f'<g transform="translate({left - 8} 4)" text-anchor=end font-size=12 fill={MUTED}>'
        f"{texts}{more}</g>"
    )


def _line(points: Sequence[tuple[int, int]], *, marked: bool = False) -> str:
    """A line through `points`; where all are to be `marked`, both ends stand twice, so that each is
    in the middle. Otherwise a line that is level has its ends alone."""
    (x, y), (last, _) = points[0], points[-1]
    if not marked and all(height == y for _, height in points):
        return f"M{x} {y}H{last}"
    moves = "".join(
        f"l{pair(right - left, lower - upper)}"
        for (left, upper), (right, lower) in pairwise(points)
    )
    return f"M{x} {y}h0{moves}h0" if marked else f"M{x} {y}{moves}"


def _svg(height: int, name: str, sentence: str, inside: str, width: int = _WIDTH) -> Markup:
    return Markup(  # numbers of our own and escaped text only
        f'<svg class="fig {name}" viewBox="0 0 {width} {height}" width={width} '
        f'height={height} role=img aria-label="{escape(sentence)}">{inside}</svg>'
    )


def _n(value: float) -> str:
    """A coordinate with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")


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
    """Each step with the start and end of a run of cells that are at least as strong."""
    open_runs: list[tuple[int, int]] = []
    for place, step in enumerate([*steps, 0]):
        start = place
        while open_runs and open_runs[-1][0] > step:
            strength, start = open_runs.pop()
            yield strength, start, place
        if step and (not open_runs or open_runs[-1][0] < step):
            open_runs.append((step, start))


def _path(runs: Sequence[tuple[int, int, int]], upright: bool) -> str:
    parts: list[str] = []
    last_line = last_end = 0
    for line, start, end in sorted(runs):
        across, along = line - last_line, start - last_end
        x, y = (across, along) if upright else (along, across)
        parts.append(f"{'m' if parts else 'M'}{pair(x, y)}{'v' if upright else 'h'}{end - start}")
        last_line, last_end = line, end
    return "".join(parts)


def pair(x: int, y: int) -> str:
    """Two numbers of a path, in as few characters as it allows."""
    return f"{x}{y}" if y < 0 else f"{x} {y}"
