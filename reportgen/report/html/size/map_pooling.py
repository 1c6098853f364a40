"""Makes the attention maps of long texts smaller, so that they fit a page and a screen."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reportgen.results import (
    Packer,
    Pooling,
    Results,
    pool,
    pooling,
    quantise,
    read_units,
    row_units,
    written_units,
)


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
