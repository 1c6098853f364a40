"""The attention map of a text's last layer as a figure that needs neither scripts nor styles."""

from collections.abc import Sequence
from itertools import groupby
from math import ceil

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from reportgen.maps import unpack_layers
from reportgen.report.language import Language, fixed
from reportgen.report.static import INK, MUTED, heat_colour, heat_step, shorten
from reportgen.report.units import Floats, TextUnits
from reportgen.results import Results

SIDE = 64  # cells along a side; units of longer texts share one
_LEFT, _TOP, _WIDTH, _CELL = 106, 96, 960, 20
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
    return _drawn(unit_map(last.mean(axis=0), units.unit_of), units.content, labels, language)


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
    cells: Floats, content: NDArray[np.bool_], labels: Sequence[str], language: Language
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
    height = round(_TOP + size * len(labels) + 4)
    return Markup(  # numbers of our own and escaped text only
        f'<p class="legend">{escape(sentence)}</p>'
        f'<svg class="fig cells" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'height="{height}" role="img" aria-label="{escape(sentence)}">'
        f'<g transform="translate({_LEFT} {_TOP})scale({size:.2f})">{_paths(cells, top)}</g>'
        f"{_names(labels, size)}{_axes(language)}</svg>"
    )


def _paths(cells: Floats, top: float) -> str:
    """A path a colour, whose strokes are runs of cells; what has no colour is left out."""
    runs: dict[int, list[str]] = {}
    ends: dict[int, tuple[int, int]] = {}  # of each colour's last run
    for row, values in enumerate(cells):
        column = 0
        for step, run in groupby(heat_step(float(value), top) for value in values):
            length = len(list(run))
            if step:
                if step in ends:
                    at, above = ends[step]
                    move = f"m{column - at} {row - above}"
                else:
                    move = f"M{column} {row}.5"
                runs.setdefault(step, []).append(f"{move}h{length}")
                ends[step] = column + length, row
            column += length
    return "".join(
        f'<path class="h{step}" d="{"".join(found)}" stroke="{heat_colour(step)}" fill="none"/>'
        for step, found in sorted(runs.items())
    )


def _names(labels: Sequence[str], size: float) -> str:
    """The tokens along both sides."""

    def spans(x: int, start: int) -> str:
        return "".join(
            f'<tspan x="{x}" y="{start + size * (i + 0.5) + 4:.0f}">'
            f"{escape(shorten(label))}</tspan>"
            for i, label in enumerate(labels)
        )

    font = max(7, min(12, round(size * 0.75)))
    return (
        f'<g font-size="{font}" fill="{INK}">'
        f'<text text-anchor="end">{spans(_LEFT - 8, _TOP)}</text>'
        # Turned by a quarter, x runs upwards and y to the right.
        f'<text transform="rotate(-90)">{spans(8 - _TOP, _LEFT)}</text></g>'
    )


def _axes(language: Language) -> str:
    to, origin = (escape(language.say("script", f"axis_{name}")) for name in ("key", "query"))
    return (
        f'<g font-size="11" fill="{MUTED}"><text x="{_LEFT}" y="11">{to}</text>'
        f'<text transform="rotate(-90)" x="{-_TOP - 4}" y="11" text-anchor="end">{origin}</text>'
        "</g>"
    )
