"""Pictures in files of their own: SVG with its text as text, or PNG made of it.

White behind and colours by `fill` alone, so that they read the same in a dark wiki and where a host
drops styles.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from math import ceil

from markupsafe import escape

from reportgen.report.charts.static import (
    INK,
    MUTED,
    ROLE_COLOURS,
    RULE,
    STEPS,
    heat_colour,
    heat_step,
    shorten,
)
from reportgen.report.components import Figure
from reportgen.report.language.printable import visible
from reportgen.report.options import Images
from reportgen.results.units import Floats

MOST_BYTES = 10_000_000  # of one picture, as hosts take them
_ZOOM = 2.0  # pixels of a PNG a unit of the drawing
_FONTS = (
    "'Helvetica Neue', Arial, 'Liberation Sans', 'DejaVu Sans', 'Hiragino Sans', 'Yu Gothic', "
    "Meiryo, 'Noto Sans CJK JP', 'Noto Sans JP', 'IPAexGothic', sans-serif"
)
_WHITE = "#ffffff"
_WIDTH, _LEAST_WIDTH = 760, 560
_LABEL = 14  # half-width characters of a unit's name
_TITLE = 66


@dataclass(frozen=True, slots=True)
class Pictures:
    """The files beside a report, the one that shows each figure, and whether PNG was missing."""

    files: Mapping[str, bytes]  # by path beside the report, such as `img/report-map.svg`
    paths: Mapping[str, str]  # by the name of the figure
    lacks_png: bool = False


def make_pictures(figures: Sequence[Figure], stem: str, images: Images) -> Pictures:
    """The files of `figures`; without a rasteriser, SVG in the place of PNG."""
    if images == "none" or not stem:  # standard output has nothing beside it
        return Pictures({}, {})
    files: dict[str, bytes] = {}
    paths: dict[str, str] = {}
    lacks_png = False
    for figure in figures:
        content, kind = figure.svg.encode(), "svg"
        if images == "png":
            raster = rasterise(figure.svg)
            lacks_png |= raster is None
            content, kind = (content, "svg") if raster is None else (raster, "png")
        if len(content) <= MOST_BYTES:
            paths[figure.name] = picture_path(stem, figure.name, kind)
            files[paths[figure.name]] = content
    return Pictures(files, paths, lacks_png)


def figure(name: str, sentence: str, svg: str) -> Figure:
    """The figure of what `bars` or `grid` drew."""
    width = re.search(r' width="(\d+)"', svg)
    return Figure(name, sentence, svg, int(width[1]) if width else _WIDTH)


def rasterise(svg: str) -> bytes | None:
    """`svg` as PNG, in the fonts of this machine; None where no rasteriser is installed."""
    try:
        resvg = import_module("resvg_py")
    except ImportError:
        return None
    return bytes(resvg.svg_to_bytes(svg_string=svg, zoom=_ZOOM, font_family="sans-serif"))


def bars(
    *,
    title: str,
    series: Sequence[tuple[str, Sequence[float]]],
    expected: Sequence[float],
    even: str,
    axis: tuple[str, str],
    sentence: str,
) -> str:
    """A bar a layer: shares of `series` (name, `[layer]`) stacked, and where they would end under
    an even spread (`expected`, `[layer]`, called `even`). `axis` names the share and the layers."""
    top, bottom, left, right = 96, 306, 58, _WIDTH - 16
    count = len(expected)
    gap = (right - left) / count

    def y(share: float) -> float:
        return bottom - (bottom - top) * share

    parts = [_text(16, 26, title, size=16, weight="bold")]
    x = left
    for index, (name, _) in enumerate(series):
        label = shorten(visible(name), _LABEL)
        parts.append(_rect(x, 43, 13, 13, ROLE_COLOURS[index % len(ROLE_COLOURS)]))
        parts.append(_text(x + 19, 54, label))
        x += 44 + 8 * _wide(label)
    parts.append(_dashes(x, 50, 28))
    parts.append(_text(x + 34, 54, even))
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(_rect(left, y(share), right - left, 1, RULE))
        parts.append(_text(left - 8, y(share) + 4, f"{100 * share:.0f} %", MUTED, anchor="end"))
    for layer in range(count):
        start, x0 = 0.0, left + gap * (layer + 0.18)
        for index, (_, shares) in enumerate(series):
            share = shares[layer]
            colour = ROLE_COLOURS[index % len(ROLE_COLOURS)]
            height = (bottom - top) * share
            parts.append(_rect(x0, y(start + share), gap * 0.64, height, colour))
            start += share
        parts.append(_dashes(left + gap * (layer + 0.06), y(expected[layer]), gap * 0.88))
        if layer % ceil(count / 24) == 0:
            at = left + gap * (layer + 0.5)
            parts.append(_text(at, bottom + 19, f"{layer + 1}", anchor="middle"))
    parts.append(_text((left + right) / 2, bottom + 40, axis[1], MUTED, anchor="middle"))
    parts.append(_text(16, top - 14, axis[0], MUTED, size=11))
    return _svg(_WIDTH, bottom + 52, sentence, parts)


def grid(
    *,
    title: str,
    cells: Floats,
    labels: Sequence[str],
    top: float,
    scale: tuple[str, str],
    axis: str,
    sentence: str,
) -> str:
    """A map `[query, key]` whose rows and columns are called `labels`; the colours end at `top`,
    and `scale` says what the palest and the strongest stand for. `axis` says what rows and
    columns are."""
    names = [shorten(visible(label), _LABEL) for label in labels]
    longest = max(map(_wide, names))
    left, above = 24 + 7 * longest, 96 + 7 * longest
    size = min(26.0, (_WIDTH - left - 16) / len(labels))
    font = max(6, min(12, round(size * 0.7)))
    parts = [_text(16, 26, shorten(title, _TITLE), size=16, weight="bold")]
    parts += [_rect(16 + 9 * step, 40, 9, 12, heat_colour(step)) for step in range(STEPS)]
    parts.append(_text(16 + 9 * STEPS + 8, 51, f"{scale[0]} – {scale[1]}", MUTED))
    parts.append(_text(16, 71, axis, MUTED))
    for index, name in enumerate(names):
        at = size * (index + 0.5) + font * 0.36
        parts.append(_text(left - 6, above + at, name, size=font, anchor="end"))
        turn = f"rotate(-90 {_n(left + at)} {_n(above - 6)})"
        parts.append(_text(left + at, above - 6, name, size=font, turn=turn))
    side = size * len(labels)
    parts.append(_rect(left, above, side, side, heat_colour(0)))
    paths: dict[int, list[str]] = {}
    for row, values in enumerate(cells):
        for column, value in enumerate(values):
            step = heat_step(float(value), top)
            if step:
                move = f"M{_n(left + size * column)} {_n(above + size * row)}"
                paths.setdefault(step, []).append(f"{move}h{_n(size)}v{_n(size)}h-{_n(size)}z")
    parts += [
        f'<path d="{"".join(moves)}" fill="{heat_colour(step)}"/>'
        for step, moves in sorted(paths.items())
    ]
    parts += _frame(left, above, side)
    width = max(_LEAST_WIDTH, round(left + side + 16))
    return _svg(width, round(above + side + 16), sentence, parts)


def _frame(x: float, y: float, side: float) -> list[str]:
    return [
        _rect(x - 1, y - 1, side + 2, 1, RULE),
        _rect(x - 1, y + side, side + 2, 1, RULE),
        _rect(x - 1, y, 1, side, RULE),
        _rect(x + side, y, 1, side, RULE),
    ]


def _dashes(x: float, y: float, width: float) -> str:
    """A dashed line of filled pieces, with a white edge so that it shows on any bar."""
    n_pieces = max(1, round(width / 9))
    piece = width / n_pieces
    return "".join(
        _rect(x + piece * i, y - 2, piece * 0.62, 4, _WHITE)
        + _rect(x + piece * i + 0.5, y - 1, piece * 0.62 - 1, 2, INK)
        for i in range(n_pieces)
    )


def _rect(x: float, y: float, width: float, height: float, fill: str) -> str:
    return (
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(max(width, 0.5))}" '
        f'height="{_n(max(height, 0))}" fill="{fill}"/>'
    )


def _text(
    x: float,
    y: float,
    text: str,
    fill: str = INK,
    *,
    size: int = 12,
    anchor: str = "start",
    weight: str = "normal",
    turn: str = "",
) -> str:
    more = f' transform="{turn}"' if turn else ""
    return (
        f'<text x="{_n(x)}" y="{_n(y)}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}" fill="{fill}"{more}>{escape(visible(text))}</text>'
    )


def _svg(width: int, height: int, sentence: str, parts: Sequence[str]) -> str:
    body = "\n".join(parts)
    said = escape(visible(sentence))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" font-family="{_FONTS}" xml:space="preserve">\n'
        f"<title>{said}</title>\n"
        f'<rect x="0" y="0" width="{width}" height="{height}" fill="{_WHITE}"/>\n{body}\n</svg>\n'
    )


def _wide(text: str) -> int:
    """About how many half-width characters `text` is wide."""
    return sum(1 if ord(character) < 0x1100 else 2 for character in text)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


FOLDER = "img"  # beside the page
FIGURE_NAMES = ("sinks", "map")
_KINDS: dict[Images, tuple[str, ...]] = {"svg": ("svg",), "png": ("png", "svg"), "none": ()}


def picture_path(stem: str, name: str, kind: str) -> str:
    """The picture of the figure `name` beside a page called `stem`, such as `img/june-map.svg`; a
    name that every host takes, a Confluence attachment too."""
    plain = "".join(c if c.isprintable() and c not in '<>:"|?*\\' else "_" for c in stem)
    return f"{FOLDER}/{plain}-{name}.{kind}"


def picture_paths(stem: str, images: Images) -> tuple[str, ...]:
    """All that may come to lie beside a page called `stem`: without a rasteriser, SVG where PNG was
    asked for."""
    return tuple(picture_path(stem, name, kind) for kind in _KINDS[images] for name in FIGURE_NAMES)
