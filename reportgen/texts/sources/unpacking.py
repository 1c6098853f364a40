"""Unpacks files compressed by gzip or Zstandard, no further than a file of texts may reach."""

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
    codec = next((name for mark, name in _BEGINNINGS.items() if data.startswith(mark)), None)
    if codec is None:
        return data
    import pyarrow as pa  # takes a moment

    if not pa.Codec.is_available(codec):
        raise InputError(f"{path}: this pyarrow has no {codec}; unpack the file first")
    try:
        with pa.CompressedInputStream(pa.BufferReader(data), codec) as stream:
            content: bytes = stream.read(most)
    except (OSError, pa.ArrowException, MemoryError) as error:
        raise InputError(
            f"{path}: damaged {codec} file, or not copied to its end; copy or pack it again"
        ) from error
    return content
