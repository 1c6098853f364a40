"""Attention maps of long texts pooled into cells over the whole length, so that they fit a results
folder, a page and a screen.

A cell stands for up to so many tokens in a row. Attention to a cell is the sum over its tokens,
attention from it the mean, as for display units (Clark et al. 2019): rows still sum to 1, and a
sink is as strong as before. Special tokens stay cells of their own, and no cell holds a part of a
display unit, or tokens of both segments.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

import numpy as np
from numpy.typing import NDArray

from reportgen.results.store import Results
from reportgen.results.tables.frames import map_cells
from reportgen.results.units import Unit

SIDE = 128  # cells that pooled maps have at most, but for those that units and segments break off


@dataclass(frozen=True, slots=True)
class Pooling:
    """How the tokens of a text are pooled."""

    of_unit: tuple[int, ...]  # [unit], the cell it belongs to
    starts: tuple[int, ...]  # [cell], its first token
    n_tokens: int

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many tokens each cell stands for, `[cell]`."""
        return tuple(b - a for a, b in pairwise((*self.starts, self.n_tokens)))

    @property
    def factor(self) -> int:
        """The most tokens that a cell stands for."""
        return max(self.sizes)


def pooling(units: Sequence[Unit], unit_of: Sequence[int]) -> Pooling:
    """The cells of a text; `unit_of` is `[token]`, the unit each belongs to."""
    return pooling_of([None if unit.is_special else unit.segment for unit in units], unit_of)


def pooling_of(segments: Sequence[int | None], unit_of: Sequence[int]) -> Pooling:
    """The same from the segment of each unit alone, `[unit]`; None for special tokens."""
    most = ceil(len(unit_of) / SIDE)
    sizes = np.bincount(unit_of, minlength=len(segments)).tolist()
    of_unit: list[int] = []
    starts: list[int] = []
    token = held = 0
    before: int | None = None
    for segment, size in zip(segments, sizes, strict=True):
        if segment is None or segment != before or held + size > most:
            starts.append(token)
            held = 0
        of_unit.append(len(starts) - 1)
        held += size
        token += size
        before = segment
    return Pooling(tuple(of_unit), tuple(starts), len(unit_of))


def stored_pooling(results: Results, text: int) -> Pooling | None:
    """How the maps of row `text` of `texts` were pooled when they were read; None where they are
    whole or were not kept."""
    starts = map_cells(results.text_row(text))
    if starts is None:
        return None
    unit_of = results.token_table(text)["unit"].to_numpy()
    firsts = np.flatnonzero(np.diff(unit_of, prepend=-1))  # [unit], its first token
    of_unit = np.searchsorted(starts, firsts, side="right") - 1
    return Pooling(tuple(of_unit.tolist()), tuple(starts), len(unit_of))


def pool(
    maps: NDArray[np.float32], rows: Pooling | None, columns: Pooling | None
) -> NDArray[np.float32]:
    """`[head, query, key]` over tokens to the same over cells; a side of None stays as it is."""
    if columns is not None:
        maps = np.add.reduceat(maps, columns.starts, axis=2)
    if rows is not None:
        sizes = np.array(rows.sizes, dtype=np.float32)
        sums: NDArray[np.float32] = np.add.reduceat(maps, rows.starts, axis=1)
        maps = sums / sizes[:, None]
    pooled: NDArray[np.float32] = np.minimum(maps, np.float32(1))
    return pooled
