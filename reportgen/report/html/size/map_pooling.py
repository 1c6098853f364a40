"""Long texts' attention maps, pooled over the whole length so that they fit a page and a screen.

A cell stands for up to so many tokens in a row. Attention to a cell is the sum over its tokens,
attention from it the mean, as for display units (Clark et al. 2019): rows still sum to 1, and a
sink is as strong as before. Special tokens stay cells of their own, and no cell holds a part of a
display unit, or tokens of both segments.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

import numpy as np
from numpy.typing import NDArray

from reportgen.results.completions import read_units, row_units, written_units
from reportgen.results.maps.packed import Packer, quantise
from reportgen.results.store import Results
from reportgen.results.units import Unit

SIDE = 128  # cells that pooled maps have at most, but for those that units and segments break off


@dataclass(frozen=True, slots=True)
class Pooling:
    """How the tokens of a text are pooled."""

    of_unit: tuple[int, ...]  # [unit], the cell it belongs to
    starts: tuple[int, ...]  # [cell], its first token
    n_tokens: int

    @property
    def factor(self) -> int:
        """The most tokens that a cell stands for."""
        return max(b - a for a, b in pairwise((*self.starts, self.n_tokens)))


def pooling(units: Sequence[Unit], unit_of: Sequence[int]) -> Pooling:
    """The cells of a text; `unit_of` is `[token]`, the unit each belongs to."""
    most = ceil(len(unit_of) / SIDE)
    sizes = np.bincount(unit_of, minlength=len(units)).tolist()
    of_unit: list[int] = []
    starts: list[int] = []
    token = held = 0
    before: Unit | None = None
    for unit, size in zip(units, sizes, strict=True):
        joins = (
            before is not None
            and not (unit.is_special or before.is_special)
            and unit.segment == before.segment
            and held + size <= most
        )
        if not joins:
            starts.append(token)
            held = 0
        of_unit.append(len(starts) - 1)
        held += size
        token += size
        before = unit
    return Pooling(tuple(of_unit), tuple(starts), len(unit_of))


def pool_maps(
    layers: Iterable[NDArray[np.float32]],
    rows: Pooling | None,
    columns: Pooling | None,
    *,
    mean_over_heads: bool,
) -> bytes:
    """Maps as `pool` makes them, packed; with the mean over heads in place of every head where
    `mean_over_heads` says so."""
    packer = Packer()
    for layer in layers:
        own = layer.mean(axis=0, keepdims=True) if mean_over_heads else layer
        packer.add(quantise(pool(own, rows, columns)))
    return packer.finish()


def pool(
    maps: NDArray[np.float32], rows: Pooling | None, columns: Pooling | None
) -> NDArray[np.float32]:
    """`[head, query, key]` over tokens to the same over cells; a side of None stays as it is."""
    if columns is not None:
        maps = np.add.reduceat(maps, columns.starts, axis=2)
    if rows is not None:
        sizes = np.diff((*rows.starts, rows.n_tokens)).astype(np.float32)
        sums: NDArray[np.float32] = np.add.reduceat(maps, rows.starts, axis=1)
        maps = sums / sizes[:, None]
    pooled: NDArray[np.float32] = np.minimum(maps, np.float32(1))
    return pooled


@dataclass(frozen=True, slots=True)
class TargetPooling:
    """How what a decoder of its own writes, and what it reads, is pooled; None: it is not."""

    written: Pooling | None = None
    read: Pooling | None = None


def target_pooling(results: Results, text: int, above: int | None) -> TargetPooling:
    """The cells of the target of row `text` of `texts`, if it has more than `above` tokens."""
    target = results.target_of(text)
    if target is None or above is None or len(target) <= above:
        return TargetPooling()
    read, written = read_units(results, text), row_units(results, text)
    unit_of = written_units(results, text)
    return TargetPooling(
        pooling(written, unit_of) if written else None, pooling(read, range(len(read)))
    )
