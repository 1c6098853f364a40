"""Unpacks files compressed by gzip or Zstandard, up to the largest size allowed for texts."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

from reportgen.errors import InputError

PACKED_SUFFIXES = {".gz": "gzip", ".zst": "zstd"}
# What such a file begins with; no text in a known encoding does.
_BEGINNINGS = {b"\x1f\x8b\x08": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}


def unpacked(data: bytes, most: int, path: str) -> bytes:
    """The first `most` bytes that `data` unpacks to; `data` itself if it is not compressed.

    The content decides, not the name: programs that download files may unpack them and leave the
    name as it was. `path` is for messages.

    Raises:
        InputError: it is damaged, or this pyarrow cannot unpack it.
    """
    if codec_of(data) is None:
        return data
    import pyarrow as pa  # takes a moment

    with _unpacking(pa.BufferReader(data), codec_of(data), path) as stream:
        return stream.read(most)


@contextmanager
def opened(path: Path, shown: str) -> Iterator[BinaryIO]:
    """The bytes of the file at `path`, unpacked if they are compressed; `shown` is for messages.

    Raises:
        InputError: it is damaged, or this pyarrow cannot unpack it.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        codec = codec_of(file.peek(4))
        if codec is None:
            yield file
        else:
            with _unpacking(file, codec, shown) as stream:
                yield stream


def codec_of(beginning: bytes) -> str | None:
    """How a file with this `beginning` is compressed; None if it is not."""
    return next((name for mark, name in _BEGINNINGS.items() if beginning.startswith(mark)), None)


@contextmanager
def _unpacking(source: object, codec: str | None, path: str) -> Iterator[BinaryIO]:
    import pyarrow as pa

    if not pa.Codec.is_available(codec):
        raise InputError(f"{path}: this pyarrow has no {codec}; unpack the file first")
    try:
        with pa.CompressedInputStream(source, codec) as stream:
            yield cast(BinaryIO, BufferedReader(stream))
    except (OSError, pa.ArrowException, MemoryError) as error:
        raise InputError(
            f"{path}: damaged {codec} file, or not copied to its end; copy or pack it again"
        ) from error
