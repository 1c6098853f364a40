"""The compact form of Thrift, in which parquet describes what a file holds: read into a tree and
written again, whatever the fields mean."""

import struct
from dataclasses import dataclass
from typing import Any

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
INTEGERS = (I16, I32, I64)


@dataclass
class Field:
    """A field of a struct; the value of a struct is a list of these."""

    id: int
    kind: int
    value: Any


@dataclass
class Items:
    """A list of values of one kind."""

    kind: int
    values: list[Any]


class Reading:
    """Reads values one after another."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def struct(self) -> list[Field]:
        fields: list[Field] = []
        last = 0
        while head := self._byte():
            kind, delta = head & 15, head >> 4
            last = last + delta if delta else _signed(self._varint())
            fields.append(Field(last, kind, self._value(kind)))
        return fields

    def _value(self, kind: int, *, is_item: bool = False) -> Any:
        if kind in (TRUE, FALSE):
            return self._byte() if is_item else kind
        if kind == BYTE:
            return self._byte()
        if kind in INTEGERS:
            return _signed(self._varint())
        if kind == DOUBLE:
            return struct.unpack("<d", self._take(8))[0]
        if kind == BINARY:
            return self._take(self._varint())
        if kind in (LIST, SET):
            head = self._byte()
            n, kind = head >> 4, head & 15
            n = self._varint() if n == 15 else n
            return Items(kind, [self._value(kind, is_item=True) for _ in range(n)])
        if kind == STRUCT:
            return self.struct()
        raise ValueError(kind)

    def _byte(self) -> int:
        return self._take(1)[0]

    def _take(self, n: int) -> bytes:
        self._at += n
        return self._data[self._at - n : self._at]

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value


def written(fields: list[Field]) -> bytes:
    """A struct as bytes."""
    out, last = bytearray(), 0
    for field in fields:
        delta = field.id - last
        if 0 < delta < 16:
            out.append(delta << 4 | field.kind)
        else:
            out += bytes([field.kind]) + _varint(_folded(field.id))
        last = field.id
        if field.kind not in (TRUE, FALSE):
            out += _bytes(field.kind, field.value)
    return bytes(out) + b"\0"


def _bytes(kind: int, value: Any) -> bytes:
    if kind in (TRUE, FALSE, BYTE):
        return bytes([value & 255])
    if kind in INTEGERS:
        return _varint(_folded(value))
    if kind == DOUBLE:
        return struct.pack("<d", value)
    if kind == BINARY:
        return _varint(len(value)) + value
    if kind == STRUCT:
        return written(value)
    n, kind = len(value.values), value.kind
    head = bytes([n << 4 | kind]) if n < 15 else bytes([240 | kind]) + _varint(n)
    return head + b"".join(_bytes(kind, own) for own in value.values)


def _signed(value: int) -> int:
    return value >> 1 ^ -(value & 1)


def _folded(value: int) -> int:
    return (value << 1 ^ value >> 63) & (1 << 64) - 1


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
