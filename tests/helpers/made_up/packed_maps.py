"""Whole attention maps to packed bytes and back, where the package goes layer by layer."""

from itertools import pairwise

import numpy as np

from reportgen.results import TABLES, Packer, Pooling, Results, pooling, quantise, text_units
from reportgen.results.maps import unpack_layers


def pack(maps: np.ndarray) -> bytes:
    """Pack `maps`, `[layer, head, query, key]` with weights in 0..1."""
    packer = Packer()
    for layer in maps:
        packer.add(quantise(layer))
    return packer.finish()


def unpack(packed: bytes, n_layers: int, n_heads: int) -> np.ndarray:
    """The maps `[layer, head, query, key]` that were packed."""
    return np.stack(list(unpack_layers(packed, n_layers, n_heads)))


def with_pooled_maps(made: Results, text: int) -> Results:
    """The same results with the maps of row `text` of `texts` pooled, in plain loops."""
    units, model, content = text_units(made, text), made.info.model, bytearray()
    how = pooling(units.units, units.unit_of)
    texts = made.texts.astype({"map_cells": object})
    for row in np.flatnonzero(texts["map_offset"].notna()):
        packed = made.packed_maps(row)
        if row == text:
            maps = unpack(packed, model.n_layers, model.n_heads)
            packed = pack(pooled_plainly(maps, how))
        texts.loc[row, ["map_offset", "map_bytes"]] = len(content), len(packed)
        content += packed
    texts.at[text, "map_cells"] = list(how.starts)
    tables = {name: made.stored(name) for name in TABLES} | {"texts": texts}
    return Results.from_tables(made.info, tables, bytes(content))


def pooled_plainly(maps: np.ndarray, how: Pooling) -> np.ndarray:
    """Maps `[..., query, key]` pooled: to a cell the sum over its tokens, from it the mean."""
    tokens = [range(a, b) for a, b in pairwise((*how.starts, how.n_tokens))]
    return np.stack(
        [
            np.stack(
                [sum(maps[..., q, k] for q in own for k in to) / len(own) for to in tokens], -1
            )
            for own in tokens
        ],
        -2,
    )
