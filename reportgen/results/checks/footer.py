"""Reads what a Parquet file declares of its columns, from its footer.

pyarrow would tell the same (`row_group(i).column(j)`), but ends the process where the footer
contradicts itself: nothing in Python can catch the error that its C++ raises there.

The footer is in Thrift's compact protocol; its fields are those of Apache Parquet's parquet.thrift.
"""

from collections.abc import Iterator
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
                size, own = self._list()
                for _ in range(size):
                    _require(own == _STRUCT)
                    yield self._row_group()
            else:
                self._skip(kind)

    def _row_group(self) -> tuple[Chunk, ...]:
        found: tuple[Chunk, ...] = ()
        for field, kind in self._fields():
            if field == _COLUMNS and kind in _LISTS:
                size, own = self._list()
                _require(own == _STRUCT or not size)
                found = tuple(self._chunk() for _ in range(size))
            else:
                self._skip(kind)
        return found

    def _chunk(self) -> Chunk:
        found: Chunk | None = None
        for field, kind in self._fields():
            if field == _META_DATA and kind == _STRUCT:
                found = self._meta_data()
            else:
                self._skip(kind)
        _require(found is not None)
        return found or (0, 0)

    def _meta_data(self) -> Chunk:
        n_values = n_bytes = -1
        for field, kind in self._fields():
            if field == _N_VALUES and kind in _NUMBERS:
                n_values = self._number()
            elif field == _UNPACKED and kind in _NUMBERS:
                n_bytes = self._number()
            else:
                self._skip(kind)
        _require(min(n_values, n_bytes) >= 0)
        return n_values, n_bytes

    def _fields(self) -> Iterator[tuple[int, int]]:
        """The number and the kind of each field of a struct, whose value is to be read then."""
        field = 0
        while head := self._byte():
            field = field + (head >> 4) if head >> 4 else self._number()
            yield field, head & 15

    def _skip(self, kind: int) -> None:
        if kind in _NUMBERS:
            self._unsigned()
        elif kind == _BINARY:
            self._pass(self._unsigned())
        elif kind in _LISTS:
            self._skip_all(*self._list())
        elif kind == _STRUCT:
            for _, own in self._fields():
                self._skip(own)
        elif kind == _MAP:
            self._skip_map()
        elif kind not in _BOOLEANS:
            _require(kind in _SIZES)
            self._pass(_SIZES[kind])

    def _skip_all(self, size: int, kind: int) -> None:
        if kind in _BOOLEANS:  # a byte each in a list
            self._pass(size)
            return
        for _ in range(size):
            self._skip(kind)

    def _skip_map(self) -> None:
        size = self._unsigned()
        kinds = self._byte() if size else 0
        for _ in range(size):
            self._skip_all(1, kinds >> 4)
            self._skip_all(1, kinds & 15)

    def _list(self) -> tuple[int, int]:
        """The size of a list, and the kind of its items."""
        head = self._byte()
        size = head >> 4
        return (self._unsigned() if size == 15 else size), head & 15

    def _number(self) -> int:
        found = self._unsigned()
        return (found >> 1) ^ -(found & 1)

    def _unsigned(self) -> int:
        data, at = self.data, self.at
        byte = data[at]
        found, shift = byte & 127, 7
        while byte & 128:
            at += 1
            byte = data[at]
            found |= (byte & 127) << shift
            shift += 7
            _require(shift <= 70)
        self.at = at + 1
        return found

    def _byte(self) -> int:
        found = self.data[self.at]
        self.at += 1
        return found

    def _pass(self, n_bytes: int) -> None:
        self.at += n_bytes
        if self.at > len(self.data):
            raise IndexError(self.at)


def _require(is_so: bool) -> None:
    if not is_so:
        raise pa.ArrowInvalid("the footer does not describe its columns")
