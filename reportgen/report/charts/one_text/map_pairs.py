"""The attention of one text in two models: small maps without names, and their difference."""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

import numpy as np
from numpy.typing import NDArray

from reportgen.report.charts.colours import MUTED
from reportgen.report.charts.one_text.heatmap import (
    CLIPPED,
    TextMap,
    draw_map,
    own_content,
    ramp_cells,
    unit_map,
)
from reportgen.report.charts.svg import Drawing
from reportgen.results import Floats

_SIDE = 220  # pixels of a small map, which has no names
_LEAST_CHANGE = 0.01  # of a share, where the colours of changes end at least
THUMB_CELLS = 24  # along a side of the map of a single head


def small_map(cells: Floats, top: float, sentence: str, kind: str = "bare") -> Drawing:
    """The cells `[query, key]` in their colours, which end at `top`; signed ones in two colours."""
    frame = f"<path class=rule d=M0.5,0.5H{_SIDE - 0.5}V{_SIDE - 0.5}H0.5z fill=none "
    shapes = f"{ramp_cells(cells / top, _SIDE / len(cells))}{frame}stroke={MUTED} />"
    return Drawing(kind, _SIDE, _SIDE, sentence, shapes)


def change_top(change: Floats) -> float:
    """Where the colours of a map of changes `[query, key]` end, so that a few large ones do not
    take them all; small changes stay pale."""
    sizes = np.sort(np.abs(change), axis=None)
    return max(_LEAST_CHANGE, float(sizes[min(len(sizes) - 1, int(CLIPPED / 100 * len(sizes)))]))


def difference_map(
    base: TextMap, head: TextMap, key: str, sentence: str, axes: tuple[str, str]
) -> Drawing:
    """The new model's map less the old one's, with the names of the tokens."""
    change = head.cells - base.cells
    top = change_top(change)
    shown = replace(base, cells=np.clip(change, -top, top), top=top, learned=None)
    return draw_map(shown, key, sentence, axes)


def thumb_cells(weights: NDArray[np.float32], unit_of: Sequence[int]) -> Floats:
    """The map of one head `[query, key]` of tokens, by unit and in at most THUMB_CELLS cells a
    side."""
    cells = unit_map(weights, unit_of, unit_of)
    each = _units_a_cell(len(cells))
    if each == 1:
        return cells
    group = (np.arange(len(cells)) // each).tolist()
    return unit_map(cells.astype(np.float32), group, group)


def thumb_content(content: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which cells along a side of a thumb hold no special token."""
    return own_content(content, _units_a_cell(len(content)))


def _units_a_cell(n_units: int) -> int:
    return ceil(n_units / THUMB_CELLS)
