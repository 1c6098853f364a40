"""Bars by layer: shares of attention stacked, or two measures side by side."""

from collections.abc import Sequence
from math import ceil

from markupsafe import escape

from reportgen.report.charts.axes import level_rules
from reportgen.report.charts.colours import INK, MUTED, PAPER, role_colour
from reportgen.report.charts.svg import Drawing, Swatch, colour_swatch, px

_EVERY_SHARE = (0.0, 0.25, 0.5, 0.75, 1.0)
_MOST_NAMES = 24  # of layers under an axis


def stacked_bars(
    *,
    series: Sequence[tuple[str, Sequence[float]]],
    expected: Sequence[float],
    axis: tuple[str, str],
    sentence: str,
    values: Sequence[float] = _EVERY_SHARE,
) -> Drawing:
    """One bar per layer: the shares of `series` (name, `[layer]`) stacked, and a dashed line where
    they would end with equal shares (`expected`, `[layer]`).

    `axis` names the share and the layers; `values` are the ticks of the shares, and the axis ends
    at the last of them.
    """
    width, top, bottom, left = 620, 12, 232, 52
    gap = (width - left - 10) / len(expected)

    def y(value: float) -> str:
        return px(bottom - (bottom - top) * value / values[-1])

    parts = [level_rules(values, [f"{100 * v:.4g}" for v in values], y, left, width - 10)]
    for layer, even in enumerate(expected):
        start, x = 0.0, px(left + gap * (layer + 0.18))
        for index, (_, shares) in enumerate(series):
            height = px((bottom - top) * shares[layer] / values[-1])
            parts.append(
                f"<rect class=r{index % 4} x={x} y={y(start + shares[layer])} "
                f"width={px(gap * 0.64)} height={height} fill={role_colour(index)} "
                f"stroke={PAPER} stroke-width=.8 />"
            )
            start += shares[layer]
        parts.append(_even("halo", left, gap, layer, y(even), PAPER, 4))  # shows it on any bar
        parts.append(_even("even", left, gap, layer, y(even)))
    parts.append(_layer_numbers(len(expected), left, gap, bottom + 18))
    parts.append(
        f"<g font-size=12 text-anchor=middle fill={MUTED}>"
        f'<text transform="translate(13 {px((top + bottom) / 2)})rotate(-90)">'
        f"{escape(axis[0])}</text><text x={px((left + width) / 2)} y={bottom + 38}>"
        f"{escape(axis[1])}</text></g>"
    )
    return Drawing("sinks", width, bottom + 46, sentence, "".join(parts))


def stacked_legend(names: Sequence[str], even: str) -> list[Swatch]:
    """The legend of `stacked_bars`: the series by name, and the equal share, called `even`."""
    dashes = f'<path d="M0 6h28" stroke={INK} stroke-width=2 stroke-dasharray="5 3"/>'
    squares = [colour_swatch(role_colour(index), name) for index, name in enumerate(names)]
    return [*squares, Swatch(dashes, 28, even)]


def layer_shares(
    *,
    shares: Sequence[float],
    norm_shares: Sequence[float] | None,
    expected: Sequence[float | None],
    tick_text: Sequence[str],
    tick_values: Sequence[float],
    axis: str,
    sentence: str,
) -> Drawing:
    """Two bars per layer: a token's share of attention, filled, and of norm-weighted attention, in
    outline (None where not measured), with the equal share where it is known; all `[layer]`."""
    count = len(shares)
    width, top, bottom, left = 460, 10, 172, 54
    gap = (width - left - 6) / count
    bar = gap * (0.64 if norm_shares is None else 0.34)

    def y(value: float) -> str:
        return px(bottom - (bottom - top) * value / tick_values[-1])

    def size(x: float, share: float) -> str:
        height = px((bottom - top) * share / tick_values[-1])
        return f"x={px(x)} y={y(share)} width={px(bar)} height={height}"

    parts = [level_rules(tick_values, tick_text, y, left, width - 6)]
    for layer, even in enumerate(expected):
        x = left + gap * (layer + 0.16)
        parts.append(f"<rect class=r0 {size(x, shares[layer])} fill={role_colour(0)} />")
        if norm_shares is not None:
            parts.append(
                f"<rect class=o0 {size(x + bar, norm_shares[layer])} fill=none "
                f"stroke={role_colour(0)} stroke-width=1.5 />"
            )
        if even is not None:
            parts.append(_even("ink", left, gap, layer, y(even)))
    parts.append(_layer_numbers(count, left, gap, bottom + 17))
    parts.append(
        f"<text x={px((left + width) / 2)} y={bottom + 36} font-size=12 "
        f"text-anchor=middle fill={MUTED}>{escape(axis)}</text>"
    )
    return Drawing("shares", width, bottom + 44, sentence, "".join(parts))


def _even(
    name: str, left: float, gap: float, layer: int, y: str, colour: str = INK, width: int = 2
) -> str:
    """The dashed line of the equal share across the bars of a layer."""
    return (
        f'<path class={name} d="M{px(left + gap * (layer + 0.06))} {y}'
        f'h{px(gap * 0.88)}" stroke={colour} stroke-width={width} '
        'stroke-dasharray="5 3"/>'
    )


def _layer_numbers(count: int, left: float, gap: float, y: int) -> str:
    """The number of each layer under its bars; of many layers, of some."""
    numbers = "".join(
        f"<text x={px(left + gap * (layer + 0.5))} y={y}>{layer + 1}</text>"
        for layer in range(0, count, ceil(count / _MOST_NAMES))
    )
    return f"<g font-size=12 text-anchor=middle fill={INK}>{numbers}</g>"
