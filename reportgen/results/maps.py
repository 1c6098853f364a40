"""Packs the attention maps of one text into the bytes that results and page both hold.

A weight `a` in 0..1 is stored as the byte `round(255 * sqrt(a))`, in the order
`[layer, head, query, key]`, compressed with zlib. The square root keeps small weights apart (an
even row of 512 tokens still has 11 steps), so sums over a row survive packing;
`tests/benchmarks/packing.py` compares it with the alternatives. A weight read back is within
`MAX_ERROR` of what was measured.
"""

import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

MAX_ERROR = 1 - (254.5 / 255) ** 2  # 0.0039, reached just under a weight of 1
_LEVEL = 4  # level 6 saves under 2 % and takes twice the time


class Packer:
    """Packs the maps of one text, one layer after another."""

    def __init__(self) -> None:
        self._stream = zlib.compressobj(_LEVEL)
        self._parts: list[bytes] = []

    def add(self, levels: NDArray[np.uint8]) -> None:
        """Append one layer's `quantise`d maps, `[head, query, key]`."""
        self._parts.append(self._stream.compress(levels.tobytes()))

    def finish(self) -> bytes:
        """The packed maps; the packer is spent."""
        return b"".join([*self._parts, self._stream.flush()])


def quantise(maps: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Convert weights in 0..1 to one byte each."""
    levels = np.sqrt(maps, dtype=np.float32)
    levels *= 255
    np.rint(levels, out=levels)
    with np.errstate(invalid="ignore"):  # a weight that is not a number fails its text elsewhere
        return levels.astype(np.uint8)


def unpack_layers(packed: bytes, n_layers: int, n_heads: int) -> Iterator[NDArray[np.float32]]:
    """Unpack maps one layer at a time, `[head, query, key]`: those of a long text are large.

    Raises:
        ValueError: as `unpack_levels`.
    """
    for layer in unpack_levels(packed, n_layers, n_heads):
        levels = layer.astype(np.float32) / np.float32(255)
        yield levels * levels


def require_whole(packed: bytes, n_layers: int, n_heads: int, side: int) -> None:
    """Check that `packed` holds maps of the shape `[n_layers, n_heads, side, side]`.

    Raises:
        ValueError: it does not.
    """
    found = unpack_levels(packed, n_layers, n_heads).shape[-1]
    if found != side:
        raise ValueError(f"attention maps of {found} tokens where the text has {side}")


def unpack_levels(packed: bytes, n_layers: int, n_heads: int) -> NDArray[np.uint8]:
    """The bytes `[layer, head, query, key]` that were packed; the sides follow from the size.

    Raises:
        ValueError: `packed` is damaged, or does not hold maps of so many layers and heads.
    """
    try:
        raw = np.frombuffer(zlib.decompress(packed), dtype=np.uint8)
    except zlib.error as error:
        raise ValueError(f"damaged attention maps: {error}") from error
    side = round((raw.size / (n_layers * n_heads)) ** 0.5)
    if side * side * n_layers * n_heads != raw.size:
        raise ValueError(f"{raw.size} bytes are not {n_layers} x {n_heads} square attention maps")
    return raw.reshape(n_layers, n_heads, side, side)
