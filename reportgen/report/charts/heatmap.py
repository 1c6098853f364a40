"""The attention map of a text's last layer as a figure that needs neither scripts nor styles."""

from collections.abc import Sequence
from math import ceil

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from reportgen.report.charts.static import INK, MUTED, STEPS, half_widths, painted, shorten
from reportgen.report.language.strings import Language, fixed
from reportgen.results.maps import unpack_layers
from reportgen.results.store import Results
from reportgen.results.units import Floats, TextUnits

SIDE = 64  # cells along a side; units of longer texts share one
_LEFT, _TOP, _WIDTH, _CELL = 106, 6, 960, 20
_SHADES = 8  # without that of no colour
_HALF = 0.62  # of the size of the letters, at most: what a half-width character takes
_CLIPPED = 99.5  # percentile of the content columns at which the colours end, as in the live map


def make_static_map(
    results: Results, text: int, units: TextUnits, labels: Sequence[str], language: Language
) -> Markup:
    """The map of row `text` of `texts`, last layer, mean over heads; empty where its maps were not
    kept. `labels` are the names of the units."""
    packed = results.packed_maps(text)
    if packed is None:
        return Markup("")
    model = results.info.model
    *_, last = unpack_layers(packed, model.n_layers, model.n_heads)
    cells = unit_map(last.mean(axis=0), units.unit_of)
    return _drawn(cells, units.content, labels, text + 1, language)


def unit_map(weights: NDArray[np.float32], unit_of: Sequence[int]) -> Floats:
    """Weights `[query, key]` of tokens as `[query, key]` of units: attention to a unit is the sum
    over its tokens, attention from it the mean (Clark et al. 2019)."""
    starts = np.flatnonzero(np.diff(unit_of, prepend=-1))
    sizes = np.diff([*starts, len(unit_of)])
    to_units = np.add.reduceat(weights.astype(np.float64), starts, axis=1)
    means: Floats = np.add.reduceat(to_units, starts, axis=0) / sizes[:, None]
    return means


def colour_top(cells: Floats, content: NDArray[np.bool_]) -> float:
    """Where the colours of `cells` `[query, key]` end, so that a sink does not take them all."""
    own = np.sort(cells[:, content], axis=None)
    top = float(own[min(len(own) - 1, int(_CLIPPED / 100 * len(own)))]) if len(own) else 0.0
    return top if top > 0 else 1.0


def _drawn(
    cells: Floats,
    content: NDArray[np.bool_],
    labels: Sequence[str],
    key: int,
    language: Language,
) -> Markup:
    each = ceil(len(labels) / SIDE)
    if each > 1:
        group = np.arange(len(labels)) // each
        cells = unit_map(cells.astype(np.float32), tuple(group.tolist()))
        content = np.logical_or.reduceat(content, range(0, len(labels), each))
        labels = labels[::each]
    top = colour_top(cells, content)
    at = int(cells.argmax())
    row, column = divmod(at, len(cells))
    said = [
        language.say(
            "map",
            "sentence",
            **{"from": labels[row], "to": labels[column]},
            share=language.percent(float(cells[row, column]), 0),
            top=language.percent(top, 0),
        )
    ]
    if each > 1:
        said.append(language.say("map", "pooled", n=fixed(each, 0)))
    size = min(_CELL, (_WIDTH - _LEFT - 6) / len(labels))
    sentence = language.say("page", "space").join(said)
    side = size * len(labels)
    font = max(7, min(12, round(size * 0.75)))
    longest = max(half_widths(shorten(label)) for label in labels)
    below = round(_TOP + side + 8 + font * _HALF * longest)
    # A stroke runs along the middle of its cells, so it starts half a cell from the corner.
    steps = [[_shade(float(value) / top) for value in row] for row in cells]
    rows = f"translate({_LEFT} {_TOP + size / 2:g})", painted(steps)
    columns = (
        f"translate({_LEFT + size / 2:g} {_TOP})",
        painted(list(zip(*steps, strict=True)), upright=True),
    )
    place, paths = min(rows, columns, key=lambda way: len(way[1]))
    return Markup(  # numbers of our own and escaped text only
        f"<p class=legend id=m{key}>{escape(sentence)}</p>"
        f'<svg class="fig cells" viewBox="0 0 {_WIDTH} {below + 20}" width={_WIDTH} '
        f"height={below + 20} role=img aria-labelledby=m{key}>"
        f'<g class=ramp transform="{place}scale({size:.4g})">{paths}</g>'
        f"{_names(labels, size, font, key)}{_axes(below + 14, language)}</svg>"
    )


def _shade(share: float) -> int:
    """The step of the ramp for a share of the strongest colour: of few shades, which an eye can
    tell apart in small cells and which take half the bytes."""
    return round((STEPS - 1) * round(_SHADES * min(1.0, share)) / _SHADES)


def _names(labels: Sequence[str], size: float, font: int, key: int) -> str:
    """The tokens, which end at the left side of the map and, turned, at its lower side."""
    names = "".join(
        f"<text y={size * (i + 0.5) + 4:.0f}>{escape(shorten(label))}</text>"
        for i, label in enumerate(labels)
    )
    # Turned by a quarter, what ran down runs to the right. Its own place is turned as well.
    turned = f"translate({_LEFT - _TOP} {_TOP + size * len(labels) + _LEFT:g})rotate(-90)"
    return (
        f'<g id=n{key} transform="translate({_LEFT - 8} {_TOP})" text-anchor=end font-size={font} '
        f'fill={INK}>{names}</g><use href=#n{key} transform="{turned}"/>'
    )


def _axes(bottom: int, language: Language) -> str:
    to, origin = (escape(language.say("script", f"axis_{name}")) for name in ("key", "query"))
    return (
        f"<g font-size=11 fill={MUTED}><text x={_LEFT} y={bottom}>{to}</text>"
        f"<text transform=rotate(-90) x={-_TOP} y=11 text-anchor=end>{origin}</text></g>"
    )
