"""Whole attention maps to packed bytes and back, where the package goes layer by layer."""

from base64 import b85decode

import numpy as np

from reportgen.results.maps.packed import Packer, quantise, unpack_layers


def pack(maps: np.ndarray) -> bytes:
    """Pack `maps`, `[layer, head, query, key]` with weights in 0..1."""
    packer = Packer()
    for layer in maps:
        packer.add(quantise(layer))
    return packer.finish()


def unpack(packed: bytes, n_layers: int, n_heads: int) -> np.ndarray:
    """The maps `[layer, head, query, key]` that were packed."""
    return np.stack(list(unpack_layers(packed, n_layers, n_heads)))


def unpacked_block(text):
    """The bytes of a block of a page: base85 in which other letters stand for those that HTML
    reads as its own."""
    return b85decode(text.translate(str.maketrans(",.:", "<>&")))
