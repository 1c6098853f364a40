"""One text's attention maps and the compact bytes that the results folder and the page both hold.

A weight `a` in 0..1 is stored as the byte `round(255 * sqrt(a))`, in the order
`[layer, head, query, key]`, compressed with zlib. The square root keeps small weights apart (an even
row of 512 tokens still has 11 steps), so sums over a row survive packing;
`tests/benchmarks/packing.py` compares it with the alternatives. A weight read back is within
`MAX_ERROR` of what was measured.
"""

import zlib

import numpy as np
from numpy.typing import NDArray

MAX_ERROR = 1 - (254.5 / 255) ** 2  # 0.0039, reached just under a weight of 1
ENCODING = "sqrt-uint8+deflate"

_LEVEL = 6  # level 9 saves under 2 % and costs three times the time


def pack(maps: NDArray[np.float32]) -> bytes:
    """Compress `maps`, `[layer, head, query, key]` with weights in 0..1."""
    levels = np.sqrt(np.clip(maps, 0.0, 1.0, dtype=np.float32))
    return zlib.compress(np.rint(levels * 255).astype(np.uint8).tobytes(), _LEVEL)


def unpack(packed: bytes, n_layers: int, n_heads: int) -> NDArray[np.float32]:
    """The maps `[layer, head, query, key]` that `pack` compressed; the sides follow from the size.

    Raises:
        ValueError: the bytes are damaged or are not maps of so many layers and heads.
    """
    try:
        raw = np.frombuffer(zlib.decompress(packed), dtype=np.uint8)
    except zlib.error as error:
        raise ValueError(f"damaged attention maps: {error}") from error
    side = round((raw.size / (n_layers * n_heads)) ** 0.5)
    if side * side * n_layers * n_heads != raw.size:
        raise ValueError(f"{raw.size} bytes are not {n_layers} x {n_heads} square attention maps")
    levels = raw.reshape(n_layers, n_heads, side, side).astype(np.float32) / np.float32(255)
    return levels * levels
