"""Whole attention maps to packed bytes and back, where the package goes layer by layer."""

import numpy as np

from reportgen.results.maps import Packer, quantise, unpack_layers


def pack(maps: np.ndarray) -> bytes:
    """Pack `maps`, `[layer, head, query, key]` with weights in 0..1."""
    packer = Packer()
    for layer in maps:
        packer.add(quantise(layer))
    return packer.finish()


def unpack(packed: bytes, n_layers: int, n_heads: int) -> np.ndarray:
    """The maps `[layer, head, query, key]` that were packed."""
    return np.stack(list(unpack_layers(packed, n_layers, n_heads)))
