"""Converts tables of results to DataFrames and arrays."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from reportgen.results.tables.row_groups import LazyTable, part_of
from reportgen.results.tables.schema import MAP_CELLS

_WHOLE = {
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}
_AT_ONCE = 200_000  # numbers that are read
_RECENT = 64  # rows that are kept
_THREADED = 100_000  # rows; threads cost more than they save where a table is small


def rows_by_text(table: pd.DataFrame) -> Mapping[Hashable, NDArray[np.intp] | slice]:
    """By row of `texts`, the rows of `table` that belong to the text. It is a slice if they are
    adjacent, as they nearly always are: a slice is much faster to take."""
    groups = table.groupby("text").indices
    return {text: _rows(np.asarray(rows)) for text, rows in groups.items()}


def _rows(rows: NDArray[np.intp]) -> NDArray[np.intp] | slice:
    first, end = int(rows[0]), int(rows[-1]) + 1
    return slice(first, end) if end - first == len(rows) else rows


def row_reader(table: pd.DataFrame) -> Callable[[int], Mapping[str, Any]]:
    """What reads a row of `table` by its place, much faster than the table itself does."""
    columns = {str(name): table[name].array for name in table.columns}

    def read(row: int) -> Mapping[str, Any]:
        return {name: column[row] for name, column in columns.items()}

    return lru_cache(_RECENT)(read)  # a text's row is asked for again and again


def text_reader(table: pd.DataFrame) -> Callable[[int], Mapping[str, Any] | None]:
    """What reads the row of `table` that a row of `texts` has; None where it has none."""
    places, read = {text: row for row, text in enumerate(table["text"].tolist())}, row_reader(table)
    return lambda text: read(places[text]) if text in places else None


def map_cells(row: Mapping[str, Any]) -> list[int] | None:
    """The first token of each cell of the pooled maps of a `row` of `texts`; None where its maps
    are whole or were not kept."""
    cells = row[MAP_CELLS]
    return cells if isinstance(cells, list) else None


def frame_of(table: pa.Table) -> pd.DataFrame:
    """Convert to a DataFrame in which integers and booleans keep their type if a value is
    missing."""
    return _frame(table, _WHOLE.get)


def texts_frame(table: pa.Table) -> pd.DataFrame:
    """Convert the table of texts in the same way, but keep its lists as they are stored: a NumPy
    array for each of them takes a hundred times the memory."""
    lists = {kind: pd.ArrowDtype(kind) for kind in table.schema.types if pa.types.is_list(kind)}
    frame = _frame(table, {**_WHOLE, **lists}.get)
    del table
    pa.default_memory_pool().release_unused()
    return frame


def _frame(table: pa.Table, types: Callable[[pa.DataType], Any]) -> pd.DataFrame:
    is_threaded = table.num_rows > _THREADED
    frame: pd.DataFrame = table.to_pandas(types_mapper=types, use_threads=is_threaded)
    return frame


def columns_of_role(roles: LazyTable, role: str, names: Sequence[str]) -> Iterator[NDArray[Any]]:
    """The columns `names` of the table of roles, for each row of one role; columns are read one at
    a time."""
    is_own = pc.equal(roles.select(["role"])["role"], role)
    return (roles.select([name])[name].filter(is_own).to_numpy() for name in names)


def numbers_of(
    table: LazyTable, name: str, n_before: int, has_rows: NDArray[np.bool_], shape: tuple[int, int]
) -> NDArray[np.float32]:
    """The column `name` of some texts as `[text, *shape]`; NaN where it has no value, and for texts
    without rows. `n_before` texts with rows come before them. It is read in parts, so that memory
    holds it once."""
    each, n_texts = shape[0] * shape[1], int(has_rows.sum())
    known = np.empty(n_texts * each, np.float32)
    for start in range(0, len(known), _AT_ONCE):
        part = known[start : start + _AT_ONCE]
        rows = part_of(table, n_before * each + start, len(part), [name])
        part[:] = rows[name].to_numpy()
    if n_texts == len(has_rows):
        return known.reshape(-1, *shape)
    values = np.full((len(has_rows), *shape), np.nan, np.float32)
    values[has_rows] = known.reshape(-1, *shape)
    return values
