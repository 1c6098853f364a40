"""Changes to files that know what a file is made of: values of JSON, tokens of TOML and CSV, the
footer of parquet, parts of a zip, what is packed; and now and then bytes, whatever they mean."""

import gzip
import io
import json
import random
import re
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping, MutableSequence
from copy import deepcopy
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from fuzzing import thrift

Random = random.Random
NUMBERS = (0, 1, -1, 2, 7, 127, 128, 255, 2**16, 2**31 - 1, -(2**31), 2**31, 2**62, 2**63 - 1)
REALS = (0.5, -0.0, 1e-308, 1e308, -1e308, 3.5e38, float("nan"), float("inf"), -float("inf"))
STRINGS = (
    *("", " ", "x", "0", "-1", "1e999", "nan", "None", "true", "../outside", "/", ".", "a/../../b"),
    *("\0", "a\nb", "a\r\nb", "\u2028", "\ud800", "\U0001f600", "\x1b[31m", "<b>", "=1+1", "{{1}}"),
    *("x" * 700, "é" * 70_000, "２", "١", "0" * 5000, "%s%d", "a,b;c", '"', "[[", "{}", "\ue000"),
)
VALUES = (None, True, False, *NUMBERS, *REALS, *STRINGS, [], {}, [None], [[]], [0.5], {"a": 1})
TOKENS = (
    *(b"", b" ", b"\n", b"\r", b"\0", b'"', b"'", b",", b";", b"\t", b"=", b"[", b"]", b"{", b"}"),
    *(
        b"[[a]]",
        b"-",
        b"0",
        b"-1",
        b"1e999",
        b"9" * 400,
        b"nan",
        b"true",
        b"null",
        b"#",
        b"&a",
        b"*a",
    ),
    *(
        b"\xff",
        b"\xef\xbb\xbf",
        "é".encode(),
        b"\xed\xa0\x80",
        b"<<<<<<< a\n",
        b"=======\n",
        b"!!x",
    ),
    *(b"x" * 900, b"2020-01-01", b"1979-05-27T07:32:00Z", b"0x10", b'"""', b"\\u0000", b"\\ud800"),
    *(b"&#0;", b"&lt;", b"<", b">", b"<!--", b"]]>", b"[" * 3000, b"{a: " * 500, b"> 0.5", b"%"),
)
MOST_BYTES = 4_000_000  # of what is repeated: more takes long to read, whoever reads it
ENCODINGS = ("utf-16", "utf-8-sig", "cp932", "latin-1", "utf-32", "utf-16-le")


def changed(name: str, content: bytes, rng: Random) -> bytes:
    """`content` of the file `name` after one to three changes."""
    for number in range(rng.choice((1, 1, 1, 2, 3))):
        own = _by_suffix(name) if rng.random() < 0.9 else of_bytes
        if own is of_parquet and number:
            own = _with_footer  # pyarrow, which the others call, may end the process
        try:
            content = own(content, rng)
        except Exception:  # what was changed before may no longer be read here
            content = of_bytes(content, rng)
    return content


def of_bytes(content: bytes, rng: Random) -> bytes:
    """Some bytes or bits changed, taken out, doubled or cut off."""
    data = bytearray(content)
    if not data:
        return rng.randbytes(rng.choice((1, 4, 40)))
    at = rng.randrange(len(data))
    end = min(len(data), at + rng.choice((1, 2, 4, 8, 64, 1000)))
    kind = rng.randrange(7)
    if kind == 0:
        data[at] ^= 1 << rng.randrange(8)
    elif kind == 1:
        data[at:end] = rng.randbytes(end - at)
    elif kind == 2:
        del data[at:end]
    elif kind == 3:
        data[at:at] = data[at:end]
    elif kind == 4:
        del data[at:]
    elif kind == 5:
        data[at:end] = bytes([rng.choice((0, 255, 128, 127))]) * (end - at)
    else:
        other = rng.randrange(len(data))
        data[at:end] = data[other : other + end - at]
    return bytes(data)


def of_text(content: bytes, rng: Random) -> bytes:
    """Words, marks and lines changed, moved or doubled; or all of it in another encoding."""
    if rng.random() < 0.05:
        return content.decode("utf-8", "ignore").encode(rng.choice(ENCODINGS), "replace")
    pattern = rb"[^\n]*\n|[^\n]+" if rng.random() < 0.3 else rb"[\w.]+|\s|[^\w\s]"
    parts = re.findall(pattern, content) or [b""]
    for _ in range(rng.choice((1, 1, 2, 5))):
        at, other = rng.randrange(len(parts)), rng.randrange(len(parts))
        kind = rng.randrange(5)
        if kind == 0:
            parts[at] = b""
        elif kind == 1:
            times = rng.choice((2, 3, 300))
            parts[at] *= times if len(parts[at]) * times <= MOST_BYTES else 1
        elif kind == 2:
            parts[at], parts[other] = parts[other], parts[at]
        else:
            token = rng.choice(TOKENS)
            parts[at] = token if kind == 3 else parts[at] + token
    return b"".join(parts)


def places_in(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every object or list in a value, with each key or index in it."""
    keys = range(len(value)) if isinstance(value, list) else ()
    for key in list(value) if isinstance(value, dict) else keys:
        yield value, key
        yield from places_in(value[key])


def of_value(value: Any, rng: Random) -> Any:
    """A value of JSON with one place in it changed."""
    places = list(places_in(value))
    if not places or rng.random() < 0.02:
        return deepcopy(rng.choice(VALUES))
    parent, key = rng.choice(places)
    own, kind = parent[key], rng.randrange(10)
    if kind == 0:
        del parent[key]
    elif kind == 1:
        parent[key] = deepcopy(parent[rng.choice(places)[1]] if rng.random() < 0.1 else [own])
    elif kind == 2:
        parent[key] = deepcopy(_at(rng.choice(places)))
    elif kind == 3 and isinstance(own, list):
        own *= rng.choice((0, 2, 5))
    elif kind == 3 and isinstance(parent, dict):
        parent[rng.choice(STRINGS)] = parent.pop(key)
    elif kind <= 5 and isinstance(own, int | float):
        parent[key] = rng.choice((own + 1, own - 1, -own, own * 2, own / 3, own * 10**6, str(own)))
    elif kind <= 5 and isinstance(own, str):
        parent[key] = rng.choice((own * 2, own[:-1], own.upper(), own + rng.choice(STRINGS)))
    elif kind == 6 and isinstance(parent, dict):
        parent[rng.choice(("a", "text", "__class__", "\ud800"))] = deepcopy(rng.choice(VALUES))
    else:
        parent[key] = deepcopy(rng.choice(VALUES))
    return value


def _at(place: tuple[Any, Any]) -> Any:
    return place[0][place[1]]


def of_json(content: bytes, rng: Random) -> bytes:
    """One value changed; now and then the text itself, or nested deeply."""
    if (choice := rng.random()) < 0.15:
        return of_text(content, rng)
    if choice < 0.18:
        own = rng.choice((b"[", b'{"a":')) * rng.choice((50, 900, 100_000))
        return content.replace(b"1", own, 1) if rng.random() < 0.5 else own + content
    value = of_value(json.loads(content), rng)
    return json.dumps(value, ensure_ascii=rng.random() < 0.9).encode("utf-8", "surrogatepass")


def of_lines(content: bytes, rng: Random) -> bytes:
    """One line of JSON lines changed."""
    lines = content.split(b"\n")
    at = rng.randrange(len(lines))
    lines[at] = of_json(lines[at], rng)
    return b"\n".join(lines)


def of_parquet(content: bytes, rng: Random) -> bytes:
    """Values of a column, the description of the file, or the heads of its pages."""
    kind = rng.random()
    if kind < 0.45:
        return _with_footer(content, rng)
    if kind < 0.6:
        return _with_page(content, rng)
    return _with_column(content, rng)


def _with_footer(content: bytes, rng: Random) -> bytes:
    size = struct.unpack("<I", content[-8:-4])[0]
    fields = thrift.Reading(content[-8 - size : -8]).struct()
    for _ in range(rng.choice((1, 1, 2))):
        _change_field(fields, rng)
    footer = thrift.written(fields)
    return content[: -8 - size] + footer + struct.pack("<I", len(footer)) + content[-4:]


def _fields(fields: list[thrift.Field]) -> Iterator[tuple[MutableSequence[Any], int]]:
    """Every list of fields or items in a struct, with each index in it."""
    for index, field in enumerate(fields):
        yield fields, index
        items = field.value.values if isinstance(field.value, thrift.Items) else []
        for number, item in enumerate(items):
            yield items, number
            yield from _fields(item) if isinstance(item, list) else ()
        yield from _fields(field.value) if isinstance(field.value, list) else ()


def _change_field(fields: list[thrift.Field], rng: Random) -> None:
    parent, index = rng.choice(list(_fields(fields)))
    own = parent[index]
    if (kind := rng.random()) < 0.15:
        del parent[index]
    elif kind < 0.25:
        parent.insert(index, deepcopy(own))
    elif isinstance(own, thrift.Field) and isinstance(own.value, int):
        own.value = _number(own.value, rng) if own.kind in thrift.INTEGERS else 3 - own.value
    elif isinstance(own, thrift.Field) and isinstance(own.value, bytes):
        own.value = of_bytes(own.value, rng)
    elif isinstance(own, int):
        parent[index] = _number(own, rng)
    elif isinstance(own, bytes):
        parent[index] = of_bytes(own, rng)
    elif isinstance(own, thrift.Field):
        own.id += rng.choice((-1, 1, 2))


def _number(own: int, rng: Random) -> int:
    near = (own + 1, own - 1, own * 2, own // 2, -own, own + 8)
    value = rng.choice(near if rng.random() < 0.7 else NUMBERS)
    return max(-(2**63), min(2**63 - 1, value))


def _with_page(content: bytes, rng: Random) -> bytes:
    """With bytes of the head of a page changed."""
    meta = pq.read_metadata(io.BytesIO(content))
    group = meta.row_group(rng.randrange(meta.num_row_groups))
    column = group.column(rng.randrange(group.num_columns))
    offsets = (column.dictionary_page_offset, column.data_page_offset)
    at = rng.choice([offset for offset in offsets if offset]) + rng.randrange(40)
    data = bytearray(content)
    data[at] = rng.choice((data[at] ^ 1 << rng.randrange(8), rng.randrange(256)))
    return bytes(data)


def _with_column(content: bytes, rng: Random) -> bytes:
    table = pq.read_table(io.BytesIO(content))
    at = rng.randrange(table.num_columns)
    name, kind = table.column_names[at], rng.randrange(9)
    if kind == 0:
        table = table.remove_column(at)
    elif kind == 1:
        table = pa.concat_tables([table] * rng.choice((2, 3)))
    elif kind == 2:
        table = table.take(rng.choices(range(len(table)), k=rng.choice((0, 1, len(table)))))
    elif kind == 3:
        table = table.rename_columns([*table.column_names[:at], "x", *table.column_names[at + 1 :]])
    elif kind == 4:
        other = rng.randrange(table.num_columns)
        table = table.set_column(at, name, table.column(other))
    else:
        values = table[name].to_pylist()
        rows = range(len(values)) if kind == 5 else rng.choices(range(len(values)), k=2)
        value = rng.choice(VALUES)
        for row in rows:
            own = values[row]
            is_number = isinstance(own, int | float) and kind == 6
            values[row] = rng.choice((own + 1, -own, own * 1000)) if is_number else value
        kept = table.schema.field(at).type if rng.random() < 0.7 else None
        table = table.set_column(at, name, pa.array(values, kept))
    stream = io.BytesIO()
    packing = rng.choice(("snappy", "zstd", "none", "gzip"))
    pq.write_table(table, stream, compression=packing, row_group_size=rng.choice((None, 1, 3)))
    return stream.getvalue()


def of_zip(content: bytes, rng: Random) -> bytes:
    """One part changed, taken out, named otherwise or given the content of another."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = [(part.filename, packed.read(part)) for part in packed.infolist()]
    at, kind = rng.randrange(len(parts)), rng.randrange(10)
    name, own = parts[at]
    if kind == 0:
        del parts[at]
    elif kind == 1:
        parts[at] = (rng.choice((name.upper(), "../x", name + "x", parts[0][0])), own)
    elif kind == 2:
        parts[at] = (name, rng.choice(parts)[1])
    else:
        parts[at] = (name, changed(name, own, rng))
    stream = io.BytesIO()
    method = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(stream, "w", method) as packed, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that occur twice
        for part in parts:
            packed.writestr(*part)
    return stream.getvalue()


def of_gzip(content: bytes, rng: Random) -> bytes:
    """What is packed changed, or packed twice."""
    inner = gzip.decompress(content)
    return gzip.compress(content if rng.random() < 0.1 else of_text(inner, rng), 1)


def of_zstd(content: bytes, rng: Random) -> bytes:
    """What is packed changed."""
    inner = pa.CompressedInputStream(io.BytesIO(content), "zstd").read()
    return pa.compress(of_lines(inner, rng), "zstd", asbytes=True)


def of_safetensors(content: bytes, rng: Random) -> bytes:
    """The head changed: names, types, shapes and places of tensors."""
    size = struct.unpack("<Q", content[:8])[0]
    head = of_json(content[8 : 8 + size], rng)
    told = rng.choice(NUMBERS) % 2**64 if rng.random() < 0.1 else len(head)
    return struct.pack("<Q", told) + head + content[8 + size :]


_KINDS: Mapping[str, Callable[[bytes, Random], bytes]] = {
    "json": of_json,
    "jsonl": of_lines,
    "parquet": of_parquet,
    "zip": of_zip,
    "xlsx": of_zip,
    "pt": of_zip,
    "gz": of_gzip,
    "zst": of_zstd,
    "safetensors": of_safetensors,
    **dict.fromkeys(("toml", "yaml", "csv", "tsv", "txt", "xml", "rels", "js"), of_text),
}


def _by_suffix(name: str) -> Callable[[bytes, Random], bytes]:
    return _KINDS.get(name.rpartition(".")[2], of_bytes)
