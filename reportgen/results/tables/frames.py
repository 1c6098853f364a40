"""Converts tables of results to DataFrames and arrays."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from reportgen.results.tables.row_groups import Table

_THREADED = 100_000  # rows; threads cost more than they save where a table is small


def rows_by_text(table: pd.DataFrame) -> Mapping[Hashable, NDArray[np.intp] | slice]:
    """By row of `texts`, the rows of `table` that belong to the text. It is a slice if they are
    adjacent, as they nearly always are: a slice is much faster to take."""
    groups = table.groupby("text").indices
    return {text: _rows(np.asarray(rows)) for text, rows in groups.items()}


def _rows(rows: NDArray[np.intp]) -> NDArray[np.intp] | slice:
    first, end = int(rows[0]), int(rows[-1]) + 1
    return slice(first, end) if end - first == len(rows) else rows


def frame_of(table: pa.Table) -> pd.DataFrame:
    """Convert to a DataFrame in which integers and booleans keep their type if a value is
    missing."""
    whole = {
        pa.int8(): pd.Int8Dtype(),
        pa.int16(): pd.Int16Dtype(),
        pa.int32(): pd.Int32Dtype(),
        pa.int64(): pd.Int64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
    }
    is_threaded = table.num_rows > _THREADED
    frame: pd.DataFrame = table.to_pandas(types_mapper=whole.get, use_threads=is_threaded)
    return frame


def columns_of_role(roles: Table, role: str, names: Sequence[str]) -> Iterator[NDArray[Any]]:
    """The columns `names` of the table of roles, for each row of one role; columns are read one at
    a time."""
    is_own = pc.equal(roles.select(["role"])["role"], role)
    return (roles.select([name])[name].filter(is_own).to_numpy() for name in names)
