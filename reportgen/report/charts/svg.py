"""Drawings as SVG: on a page, or in a file of their own.

Colours are attributes. On a page the style sheet may restyle shapes by their class; the attributes
count where style sheets are refused, and in a file.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from reportgen.report.charts.colours import INK, PAPER
from reportgen.report.language.printable import half_widths, shorten, visible

_FONTS = (
    "'Helvetica Neue', Arial, 'Liberation Sans', 'DejaVu Sans', 'Hiragino Sans', 'Yu Gothic', "
    "Meiryo, 'Noto Sans CJK JP', 'Noto Sans JP', 'IPAexGothic', sans-serif"
)
_HEAD = 68  # height of a title and a legend above a drawing
_LEAST_WIDTH = 560  # of a file
_HALF_WIDTH = 8.6  # pixels a half-width character of a title takes, about
_NAME = 14  # half-width characters of a legend's names
_TAG = re.compile(r"<[^<>]+>")
_ATTRIBUTE = re.compile(r'([\w:-]+)=("[^"]*"|[^\s">]+)')


@dataclass(frozen=True, slots=True)
class Drawing:
    """The shapes of a chart, in pixels, and one sentence that says what they show."""

    kind: str  # class of the chart for the style sheet
    width: int
    height: int
    sentence: str
    shapes: str  # SVG elements: the chart's own numbers, and escaped text

    def on_page(self) -> Markup:
        """The SVG element for a page, named by its sentence."""
        return Markup(
            f'<svg class="fig {self.kind}" viewBox="0 0 {self.width} {self.height}" '
            f"width={self.width} height={self.height} role=img "
            f'aria-label="{escape(self.sentence)}">{self.shapes}</svg>'
        )


@dataclass(frozen=True, slots=True)
class Swatch:
    """One entry of a legend: a mark, SVG within 0..`width` by 0..12, and its name."""

    mark: str
    width: int
    name: str


def colour_swatch(colour: str, name: str) -> Swatch:
    """A filled square with its name."""
    return Swatch(f"<rect width=13 height=13 fill={colour} />", 13, name)


def standalone(drawing: Drawing, title: str, legend: Sequence[Swatch]) -> str:
    """`drawing` as an SVG file: on white, with its title and legend above, its sentence as title
    element, and its text as text."""
    parts, x = [], 16.0
    for swatch in legend:
        name = shorten(visible(swatch.name), _NAME) if swatch.width == 13 else visible(swatch.name)
        parts.append(
            f'<g transform="translate({px(x)} 40)">{swatch.mark}'
            f"<text x={swatch.width + 6} y=11 font-size=12 fill={INK}>{escape(name)}</text></g>"
        )
        x += swatch.width + 30 + 8 * half_widths(name)
    width = file_width(drawing)
    height = drawing.height + _HEAD
    heading = shorten(visible(title), int((width - 32) / _HALF_WIDTH))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" font-family="{_FONTS}" xml:space="preserve">\n'
        f"<title>{escape(visible(drawing.sentence))}</title>\n"
        f'<rect width="{width}" height="{height}" fill="{PAPER}"/>\n'
        f'<text x="16" y="26" font-size="16" font-weight="bold" fill="{INK}">{escape(heading)}'
        f"</text>\n{_quoted(''.join(parts))}\n"
        f'<g transform="translate(0 {_HEAD})">{_quoted(drawing.shapes)}</g>\n</svg>\n'
    )


def file_width(drawing: Drawing) -> int:
    """The width in pixels of `drawing` in a file: room for a title at least."""
    return max(_LEAST_WIDTH, drawing.width)


def _quoted(shapes: str) -> str:
    """Shapes as XML takes them: every attribute in quotes."""

    def quote(attribute: re.Match[str]) -> str:
        name, value = attribute.groups()
        return attribute[0] if value.startswith('"') else f'{name}="{value}"'

    return _TAG.sub(lambda tag: _ATTRIBUTE.sub(quote, tag[0]), shapes)


def px(value: float) -> str:
    """A coordinate with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")
