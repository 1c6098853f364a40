"""Writes a results folder row by row, so that memory does not grow with the number of texts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from reportgen.errors import unwritten
from reportgen.results.info import RunInfo
from reportgen.results.measure_register import USER_SCORES
from reportgen.results.run_file import write_info
from reportgen.results.tables.schema import TABLES

# Bytes of a row group before compression. What a file says of its row groups stays in memory while
# it is written or read, about a kilobyte for each of their columns; and of a text all rows of its
# group are read.
_TOGETHER = 1_000_000


class Recorder:
    """Appends rows and attention maps to a results folder; a context manager.

    Rows are written when they come to `_TOGETHER` bytes, as one row group.

    The folder must exist and must not hold any of `tables` yet. It is complete once all tables have
    been written and `finish` has been called.

    Raises:
        OutputError: the disk is full or fails; any method may raise it.
    """

    def __init__(self, folder: Path, tables: Iterable[str] = tuple(TABLES)) -> None:
        self._folder = folder
        with _reporting_errors():
            self._files = {name: (folder / f"{name}.parquet").open("ab") for name in tables}
            self._tables = {
                name: pq.ParquetWriter(file, TABLES[name]) for name, file in self._files.items()
            }
            self._maps = (folder / "maps.bin").open("ab")
        self._is_closed = False
        self._held: dict[str, list[pa.Table]] = {name: [] for name in self._tables}
        self._n_bytes = dict.fromkeys(self._tables, 0)  # of those that are held

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        with _reporting_errors() if error is None else suppress(OSError):
            self._close()

    def _close(self) -> None:
        """Write what is held, and close all files."""
        if self._is_closed:
            return
        self._is_closed = True
        for name, writer in self._tables.items():
            self._write(name)
            writer.close()
        for file in (*self._files.values(), self._maps):
            file.close()

    def append(self, table: str, columns: Mapping[str, Sequence[Any] | NDArray[Any]]) -> None:
        """Append rows to `table`: the columns of its schema, or none at all; NaN means missing."""
        self.add(table, rows_of(table, columns))

    def add(self, table: str, rows: pa.Table) -> None:
        """Append `rows`, which have its columns, to `table`."""
        if len(rows):
            self._held[table].append(rows)
            self._n_bytes[table] += rows.nbytes
        if self._n_bytes[table] >= _TOGETHER:
            with _reporting_errors():
                self._write(table)

    def _write(self, table: str) -> None:
        """Write the rows of `table` that are held as one row group."""
        held = self._held[table]
        if not held:
            return
        rows = pa.concat_tables(held)
        self._tables[table].write_table(rows, len(rows))
        held.clear()
        self._n_bytes[table] = 0
        del rows
        pa.default_memory_pool().release_unused()  # it would keep the largest amount it ever held

    def append_maps(self, packed: bytes) -> tuple[int, int]:
        """Append the packed maps of one text; returns their offset in maps.bin and their size."""
        offset = self._maps.tell()
        with _reporting_errors():
            self._maps.write(packed)
        return offset, len(packed)

    def finish(self, info: RunInfo) -> None:
        """Write all that is left, and results.json, which makes the folder complete; nothing can be
        appended after that."""
        with _reporting_errors():
            self._close()
            write_info(self._folder, info)


def rows_of(table: str, columns: Mapping[str, Sequence[Any] | NDArray[Any]]) -> pa.Table:
    """Rows of `table` from the columns of its schema, or from none at all; NaN means missing.
    Scores of one's own may be absent."""
    schema = TABLES[table]
    if not columns:
        return schema.empty_table()
    n_rows = len(next(iter(columns.values())))
    arrays = [
        pa.nulls(n_rows, field.type)
        if field.name == USER_SCORES and field.name not in columns
        else _array(columns[field.name], field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


@contextmanager
def _reporting_errors() -> Iterator[None]:
    """Turn errors of the disk into errors that the user can read."""
    try:
        yield
    except OSError as error:
        raise unwritten("the results", error) from error


def _array(values: Sequence[Any] | NDArray[Any], kind: pa.DataType) -> pa.Array:
    """Convert a column; an array with two axes becomes one list per row, missing if all NaN."""
    if not isinstance(values, np.ndarray) or values.ndim == 1:
        return pa.array(values, kind, from_pandas=True)
    missing = np.isnan(values).all(axis=1)
    ends = np.cumsum(np.where(missing, 0, values.shape[1]), dtype=np.int32)
    flat = pa.array(values[~missing].ravel(), kind.value_type)
    # A missing list holds nothing: pyarrow before 25 cannot write one that does.
    offsets = pa.array(np.concatenate([np.zeros(1, np.int32), ends]))
    return pa.ListArray.from_arrays(offsets, flat, mask=pa.array(missing))
