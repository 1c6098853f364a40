"""Packs the attention maps of one text into the bytes that results and page both hold.

A weight `a` in 0..1 is stored as the byte `round(255 * sqrt(a))`, in the order
`[layer, head, query, key]`, as one zlib stream. The square root keeps small weights apart (an
even row of 512 tokens still has 11 steps), so sums over a row survive packing;
`tests/benchmarks/packing.py` compares it with the alternatives. A weight read back is within
`MAX_ERROR` of what was measured.
"""

import zlib
from collections.abc import Iterator
from math import prod

import numpy as np
from numpy.typing import NDArray

from reportgen.results.checks.limits import room

MAX_ERROR = 1 - (254.5 / 255) ** 2  # 0.0039, reached just under a weight of 1
_PIECE = 1 << 18
# Where queries look at other keys each, weights are noise to a search for what came before: runs of
# one byte are all there is to find, in a third of the time and in as few bytes. Where this share of
# the weights is that of the query before, the search finds much.
_ALIKE = 0.3
_LEVEL = 4  # of the search; level 6 saves under 2 % and takes twice the time
_HEADER = b"\x78\x01"  # of a zlib stream
_NO_HEADER = -zlib.MAX_WBITS


class Packer:
    """Packs the maps of one text, one layer after another."""

    def __init__(self) -> None:
        self._parts = [_HEADER]
        self._checksum = zlib.adler32(b"")

    def add(self, levels: NDArray[np.uint8]) -> None:
        """Append one layer's `quantise`d maps, `[head, query, key]`."""
        content = levels.tobytes()
        stream = _stream(zlib.Z_DEFAULT_STRATEGY if _are_alike(levels) else zlib.Z_RLE)
        self._parts += [stream.compress(content), stream.flush(zlib.Z_SYNC_FLUSH)]
        self._checksum = zlib.adler32(content, self._checksum)

    def finish(self) -> bytes:
        """The packed maps; the packer cannot be used again."""
        end = _stream(zlib.Z_DEFAULT_STRATEGY).flush()
        return b"".join([*self._parts, end, self._checksum.to_bytes(4, "big")])


def _stream(strategy: int) -> "zlib._Compress":
    return zlib.compressobj(_LEVEL, wbits=_NO_HEADER, strategy=strategy)


def _are_alike(levels: NDArray[np.uint8]) -> bool:
    """Whether many weights, of those that are not 0, are those of the query before."""
    later = levels[:, 1:]
    n_equal = np.count_nonzero((later == levels[:, :-1]) & (later > 0))
    return bool(n_equal > _ALIKE * np.count_nonzero(later))


def quantise(maps: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Convert weights in 0..1 to one byte each."""
    levels = np.sqrt(maps, dtype=np.float32)
    levels *= 255
    np.rint(levels, out=levels)
    with np.errstate(invalid="ignore"):  # a weight that is not a number fails its text elsewhere
        return levels.astype(np.uint8)


def unpack_layers(
    packed: bytes, n_layers: int, n_heads: int, n_queries: int | None = None
) -> Iterator[NDArray[np.float32]]:
    """Unpack maps one layer at a time, `[head, query, key]`: those of a long text are large.

    Args:
        n_queries: rows of a map; None: as many as columns.

    Raises:
        ValueError: as `unpack_levels`.
    """
    for layer in unpack_levels(packed, n_layers, n_heads, n_queries):
        yield weights_of(layer)


def weights_of(levels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The weights in 0..1 that were quantised to `levels`."""
    weights = levels.astype(np.float32)
    weights /= np.float32(255)
    weights *= weights
    return weights


def require_whole(packed: bytes, shape: tuple[int, int, int, int]) -> None:
    """Check that `packed` holds maps of the `shape` `[layer, head, query, key]`.

    It is unpacked piece by piece, and no further than that.

    Raises:
        ValueError: it does not, or it is much smaller than maps of that shape can be.
    """
    expected, side = prod(shape), max(shape[2:])
    most = room(len(packed))
    if expected > most:
        raise ValueError(
            f"{len(packed):,} bytes of attention maps of {side:,} tokens would unpack to "
            f"{expected / 1e6:,.0f} MB, more than the {most / 1e6:,.0f} MB they may"
        )
    n_bytes = sum(map(len, _pieces(packed, expected + 1)))
    if n_bytes != expected:
        size = "more" if n_bytes > expected else f"{n_bytes:,}"
        raise ValueError(f"attention maps of {side:,} tokens have {expected:,} bytes, not {size}")


def unpack_levels(
    packed: bytes, n_layers: int, n_heads: int, n_queries: int | None = None
) -> NDArray[np.uint8]:
    """The bytes `[layer, head, query, key]` that were packed; the sides follow from the size.

    Args:
        n_queries: rows of a map; None: as many as columns.

    Raises:
        ValueError: `packed` is damaged, unpacks to more than `room`, or does not hold maps of so
            many layers and heads.
    """
    most = room(len(packed))
    content = bytearray()
    for piece in _pieces(packed, most + 1):
        content += piece
    if len(content) > most:
        raise ValueError(f"attention maps unpack to more than {most / 1e6:,.0f} MB")
    raw = np.frombuffer(content, dtype=np.uint8)
    rows = n_queries or round((raw.size / (n_layers * n_heads)) ** 0.5)
    columns = raw.size // max(1, rows * n_layers * n_heads) if n_queries else rows
    if rows * columns * n_layers * n_heads != raw.size:
        kind = f"maps of {rows} rows" if n_queries else "square attention maps"
        raise ValueError(f"{raw.size} bytes are not {n_layers} x {n_heads} {kind}")
    return raw.reshape(n_layers, n_heads, rows, columns)


def _pieces(packed: bytes, most: int) -> Iterator[bytes]:
    """Unpack up to `most` bytes, piece by piece."""
    stream = zlib.decompressobj()
    try:
        for start in range(0, len(packed), _PIECE):
            rest = packed[start : start + _PIECE]
            while most > 0 and not stream.eof and (rest or stream.unconsumed_tail):
                piece = stream.decompress(rest or stream.unconsumed_tail, min(_PIECE, most))
                rest = b""
                most -= len(piece)
                yield piece
    except zlib.error as error:
        raise ValueError(f"damaged attention maps: {error}") from error
    if most > 0 and not stream.eof:
        raise ValueError("damaged attention maps: they end too early")
