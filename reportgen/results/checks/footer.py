"""Reads what a Parquet file declares of its columns, from its footer.

pyarrow would tell the same (`row_group(i).column(j)`), but ends the process where the footer
contradicts itself: nothing in Python can catch the error that its C++ raises there.

The footer is in Thrift's compact protocol; its fields are those of Apache Parquet's parquet.thrift.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BufferedReader
from typing import Literal, Protocol, TypeAlias

import pyarrow as pa

Chunk: TypeAlias = tuple[int, int]  # of one column in a row group: its values, its bytes unpacked

# Kinds of values in the compact protocol; true and false are kinds of their own in a struct.
_BOOLEANS, _BYTE, _NUMBERS, _DOUBLE, _BINARY = (1, 2), 3, (4, 5, 6), 7, 8
_LISTS, _MAP, _STRUCT, _UUID = (9, 10), 11, 12, 13
_SIZES = {_BYTE: 1, _DOUBLE: 8, _UUID: 16}
# Numbers of the fields.
_ROW_GROUPS, _COLUMNS, _META_DATA, _N_VALUES, _UNPACKED = 4, 1, 3, 5, 6


class Openable(Protocol):
    """A file that can be opened to be read: a path is one."""

    def open(self, mode: Literal["rb"], /) -> BufferedReader:
        """Open it."""


def chunks(source: bytes | Openable) -> Iterator[tuple[Chunk, ...]]:
    """The columns of each row group of the Parquet file at `source`, or with this content.

    Raises:
        pa.ArrowInvalid: the footer is damaged.
        OSError: the file cannot be read.
    """
    try:
        yield from _Reader(_footer(source)).row_groups()
    except (IndexError, RecursionError) as error:
        raise pa.ArrowInvalid("the footer ends too early, or is nested too deeply") from error


def _footer(source: bytes | Openable) -> bytes:
    if isinstance(source, bytes):
        size = int.from_bytes(source[-8:-4], "little")
        return source[-8 - size : -8]
    with source.open("rb") as stream:
        end = stream.seek(-8, 2)
        size = int.from_bytes(stream.read(4), "little")
        stream.seek(max(0, end - size))
        return stream.read(min(size, end))


@dataclass(slots=True)
class _Reader:
    """Reads values one after another."""

    data: bytes
    at: int = 0

    def row_groups(self) -> Iterator[tuple[Chunk, ...]]:
        """The columns of each row group in the metadata of a file."""
        for field, kind in self._fields():
            if field == _ROW_GROUPS and kind in _LISTS:
                size, element = self.list()
                for _ in range(size):
                    _require(element == _STRUCT)
                    yield self._row_group()
            else:
                self._skip(kind)

    def _row_group(self) -> tuple[Chunk, ...]:
        columns: tuple[Chunk, ...] = ()
        for field, kind in self._fields():
            if field == _COLUMNS and kind in _LISTS:
                size, element = self.list()
                _require(element == _STRUCT or not size)
                columns = tuple(self._chunk() for _ in range(size))
            else:
                self._skip(kind)
        return columns

    def _chunk(self) -> Chunk:
        chunk: Chunk | None = None
        for field, kind in self._fields():
            if field == _META_DATA and kind == _STRUCT:
                chunk = self._meta_data()
            else:
                self._skip(kind)
        _require(chunk is not None)
        return chunk or (0, 0)

    def _meta_data(self) -> Chunk:
        numbers = {_N_VALUES: -1, _UNPACKED: -1}
        for field, kind in self._fields():
            if field in numbers and kind in _NUMBERS:
                numbers[field] = self._number()
            else:
                self._skip(kind)
        _require(min(numbers.values()) >= 0)
        return numbers[_N_VALUES], numbers[_UNPACKED]

    def _fields(self) -> Iterator[tuple[int, int]]:
        """The number and the kind of each field of a struct, whose value is to be read then."""
        field = 0
        while head := self.byte():
            field = field + (head >> 4) if head >> 4 else self._number()
            yield field, head & 15

    def _skip(self, kind: int) -> None:
        self.at = _end(self.data, self.at, kind)

    def list(self) -> tuple[int, int]:
        """The size of a list, and the kind of its items."""
        head = self.byte()
        size = self.unsigned() if head >> 4 == 15 else head >> 4
        _require(size <= len(self.data))  # an item takes a byte at least
        return size, head & 15

    def _number(self) -> int:
        encoded = self.unsigned()
        return (encoded >> 1) ^ -(encoded & 1)

    def unsigned(self) -> int:
        data, at = self.data, self.at
        byte = data[at]
        number, shift = byte & 127, 7
        while byte & 128:
            at += 1
            byte = data[at]
            number |= (byte & 127) << shift
            shift += 7
            _require(shift <= 70)
        self.at = at + 1
        return number

    def byte(self) -> int:
        byte = self.data[self.at]
        self.at += 1
        return byte


def _end(data: bytes, at: int, kind: int) -> int:
    """The place after a value of a `kind` that begins at `at`. Fields of a struct that are true or
    false take no place."""
    if kind in _NUMBERS:
        while data[at] > 127:
            at += 1
        return at + 1
    if kind == _BINARY:
        if data[at] < 128:
            return at + 1 + data[at]
        reader = _Reader(data, at)
        return reader.unsigned() + reader.at
    if kind in _LISTS:
        reader = _Reader(data, at)
        size, element = reader.list()
        return _end_of_all(data, reader.at, [element] * size)
    if kind == _STRUCT:
        return _end_of_struct(data, at)
    if kind == _MAP:
        reader = _Reader(data, at)
        size = reader.unsigned()
        _require(size <= len(data))
        kinds = reader.byte() if size else 0
        return _end_of_all(data, reader.at, [kinds >> 4, kinds & 15] * size)
    _require(kind in _SIZES)
    return at + _SIZES[kind]


def _end_of_struct(data: bytes, at: int) -> int:
    while head := data[at]:
        at += 1
        if head < 16:  # the number of the field follows
            at = _end(data, at, _NUMBERS[0])
        kind = head & 15
        if kind in _NUMBERS:  # most are; a call for each takes long
            while data[at] > 127:
                at += 1
            at += 1
        elif kind not in _BOOLEANS:
            at = _end(data, at, kind)
    return at + 1


def _end_of_all(data: bytes, at: int, kinds: Sequence[int]) -> int:
    for kind in kinds:
        at = at + 1 if kind in _BOOLEANS else _end(data, at, kind)
    return at


def _require(is_so: bool) -> None:
    if not is_so:
        raise pa.ArrowInvalid("the footer does not describe its columns")
