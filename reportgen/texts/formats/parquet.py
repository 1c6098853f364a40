"""Reads a parquet file into rows of named cells: the columns and rows that are needed, a part of a
row group at a time."""

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from reportgen.errors import InputError
from reportgen.results import room, stored_strings, tables_within
from reportgen.texts import limits
from reportgen.texts.rows import Cell, FileRow, OddCell, RowsOnDisk, TextTable

_AT_ONCE = 4096  # rows
_BUFFER = 1 << 20  # bytes that are read at once of a column


def read_parquet(
    content: bytes | Path,
    path: str,
    wanted: Callable[[Sequence[str]], Collection[str]],
    limit: int | None,
) -> TextTable:
    """Read a file; see `read_table` for what is given.

    Raises:
        InputError: it is broken, or its cells would take too much memory.
    """
    try:
        meta = pq.read_metadata(_source(content))
        n_rows = meta.num_rows if limit is None else min(limit, meta.num_rows)
        most = max(limits.MAX_ROWS, _size(content))
        if n_rows > most:
            raise InputError(
                f"{path}: {n_rows:,} rows, but at most {most:,} are read of a file of its size; "
                "split it, or take the first with --limit"
            )
        schema = meta.schema.to_arrow_schema()
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a parquet file") from error
    names = tuple(schema.names)
    limits.require_columns(len(names), path)
    asked = wanted(names)
    fields = [field for field in schema if field.name in asked]
    rows = RowsOnDisk(n_rows, partial(_rows, content, path, fields, n_rows))
    numbers = tuple(field.name for field in schema if is_number(field.type))
    return TextTable(names, rows, n_more=meta.num_rows - n_rows, numbers=numbers)


def _source(content: bytes | Path) -> Any:
    return pa.BufferReader(content) if isinstance(content, bytes) else content


def _size(content: bytes | Path) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def _rows(
    content: bytes | Path, path: str, fields: Sequence[pa.Field], n_rows: int
) -> Iterator[FileRow]:
    """The first `n_rows` rows; see `read_parquet`."""
    names = [field.name for field in fields]
    misfits = {
        field.name: OddCell(str(field.type))
        for field in fields
        if pa.types.is_nested(field.type)
        and not (is_readable(field.type) or is_of_floats(field.type))
    }
    read = [name for name in names if name not in misfits]
    n_read = 0
    if not read:
        yield from (FileRow(f"row {number}", misfits) for number in range(1, n_rows + 1))
        return
    try:
        for part in _parts(content, read, n_rows):
            columns: dict[str, Sequence[Cell]] = {
                name: cells_of(column)
                for name, column in zip(part.column_names, part.columns, strict=True)
            }
            columns |= {name: [misfit] * len(part) for name, misfit in misfits.items()}
            for number, cells in enumerate(zip(*columns.values(), strict=True), n_read + 1):
                yield FileRow(f"row {number}", dict(zip(columns, cells, strict=True)))
            n_read += len(part)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a parquet file") from error
    except ValueError as error:
        raise InputError(f"{path}: {error}; split it, or take the first with --limit") from error


def _parts(content: bytes | Path, names: Sequence[str], n_rows: int) -> Iterator[pa.Table]:
    """The columns `names` of the first `n_rows` rows."""
    meta = pq.read_metadata(_source(content))
    stored, n_read = [name for name in stored_strings(meta) if "." not in name], 0
    while True:
        opened = pq.ParquetFile(
            _source(content),
            metadata=meta,
            read_dictionary=stored,
            pre_buffer=False,
            buffer_size=_BUFFER,
        )
        most = room(_size(content))
        try:
            with opened as file:
                for part in tables_within(
                    file, content, most, names, n_rows, limits.MAX_BYTES, _AT_ONCE
                ):
                    if not len(part):
                        continue
                    if sum(n_items(column) for column in part.columns) > limits.MAX_CELLS:
                        raise ValueError(f"lists of more than {limits.MAX_CELLS:,} items")
                    yield part
                    n_read += len(part)
                    pa.default_memory_pool().release_unused()  # it would keep what groups took
        except OSError:
            if n_read or not stored:
                raise
            stored = []  # strings stored by how they differ, which pyarrow reads only as they are
            continue
        return


def is_readable(kind: pa.DataType) -> bool:
    """Whether it is a list of strings, of whole numbers, or of lists of whole numbers, or has
    answers as in SQuAD: lists of strings called `text`."""
    if _holds_answers(kind):
        return is_readable(kind.field("text").type)
    if not is_list(kind):
        return False
    item = kind.value_type
    if is_list(item):
        return bool(pa.types.is_integer(item.value_type))
    types = pa.types
    return bool(types.is_string(item) or types.is_large_string(item) or types.is_integer(item))


def is_of_floats(kind: pa.DataType) -> bool:
    """Whether it is a list of numbers with a fraction, which only scores are."""
    return is_list(kind) and bool(pa.types.is_floating(kind.value_type))


def _holds_answers(kind: pa.DataType) -> bool:
    return bool(pa.types.is_struct(kind)) and kind.get_field_index("text") >= 0


def is_list(kind: pa.DataType) -> bool:
    """Whether it is a list."""
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def is_number(kind: pa.DataType) -> bool:
    """Whether it is a number."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def n_items(column: pa.ChunkedArray) -> int:
    """How many items the lists of a column hold, and the lists in them."""
    if _holds_answers(column.type):
        return n_items(pc.struct_field(column, "text"))
    if not is_list(column.type):
        return 0
    items = column.combine_chunks().flatten()
    return len(items) + n_items(pa.chunked_array([items]))


def cells_of(column: pa.ChunkedArray) -> list[Cell]:
    """The cells of a column as strings, and its lists."""
    if _holds_answers(column.type):
        column = pc.struct_field(column, "text")
    if is_of_floats(column.type):
        what = str(column.type)
        lists = column.to_pylist()
        return [None if cell is None else OddCell(what, numbers=cell) for cell in lists]
    if pa.types.is_nested(column.type):
        return [None if cell is None else _list_of(cell) for cell in column.to_pylist()]
    try:
        cells: list[Cell] = column.cast(pa.string()).to_pylist()
    except pa.ArrowException:  # bytes that are not text
        return [OddCell(str(column.type))] * len(column)
    except UnicodeDecodeError:
        return [OddCell("bytes that are not UTF-8")] * len(column)
    return cells


def _list_of(items: Sequence[object]) -> OddCell:
    """A list as one in JSON is read: with its numbers as strings."""
    return OddCell("a list", [_item(item) for item in items])


def _item(item: object) -> object:
    if isinstance(item, list):
        return [_item(inner) for inner in item]
    return item if item is None else str(item)
