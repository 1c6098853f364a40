"""Reads a parquet file into rows of named cells: the columns and rows that are needed, a part of a
row group at a time."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from reportgen.errors import InputError
from reportgen.results.limits import stored_strings, tables_within
from reportgen.texts.rows import Cell, Misfit, Row, Table
from reportgen.texts.source_files import MAX_BYTES, MAX_ROWS


def read_parquet(
    content: bytes | Path,
    path: str,
    wanted: Callable[[Sequence[str]], Collection[str]],
    limit: int | None,
) -> Table:
    """Read a file; see `read_table` for what is given.

    Raises:
        InputError: it is broken, or its cells would take too much memory.
    """
    try:
        source = pa.BufferReader(content) if isinstance(content, bytes) else content
        meta = pq.read_metadata(source)
        n_rows = meta.num_rows if limit is None else min(limit, meta.num_rows)
        if n_rows > MAX_ROWS:
            raise InputError(
                f"{path}: {n_rows:,} rows, but at most {MAX_ROWS:,} are read; split it, or take "
                "the first with --limit"
            )
        stored = [name for name in stored_strings(meta) if "." not in name]
        source = pa.BufferReader(content) if isinstance(content, bytes) else content
        with pq.ParquetFile(source, read_dictionary=stored) as file:
            schema = file.schema_arrow
            names = tuple(schema.names)
            asked = wanted(names)
            fields = [field for field in schema if field.name in asked]
            columns: dict[str, list[Cell]] = {field.name: [] for field in fields}
            for field in fields:
                if pa.types.is_nested(field.type):  # never read
                    columns[field.name] = [Misfit(str(field.type))] * n_rows
            flat = [name for name, cells in columns.items() if not cells]
            for part in tables_within(file, MAX_BYTES, flat, n_rows):
                for name, column in zip(part.column_names, part.columns, strict=True):
                    columns[name] += _cells_of(column)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a parquet file") from error
    except ValueError as error:
        raise InputError(f"{path}: {error}; split it, or take the first with --limit") from error
    rows = tuple(
        Row(f"row {number}", dict(zip(columns, cells, strict=True)))
        for number, cells in enumerate(zip(*columns.values(), strict=True), 1)
    )
    return Table(names, rows, n_more=meta.num_rows - n_rows)


def _cells_of(column: pa.ChunkedArray) -> list[Cell]:
    try:
        cells: list[Cell] = column.cast(pa.string()).to_pylist()
    except pa.ArrowException:  # bytes that are not text
        return [Misfit(str(column.type))] * len(column)
    except UnicodeDecodeError:
        return [Misfit("bytes that are not UTF-8")] * len(column)
    return cells
