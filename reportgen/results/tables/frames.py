"""Tables of results as DataFrames and arrays."""

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
    """By row of `texts`, the rows of a `table` that are of that text: a slice where they follow
    each other, which they nearly always do, and which is taken much faster."""
    groups = table.groupby("text").indices
    return {text: _rows(np.asarray(rows)) for text, rows in groups.items()}


def _rows(rows: NDArray[np.intp]) -> NDArray[np.intp] | slice:
    first, end = int(rows[0]), int(rows[-1]) + 1
    return slice(first, end) if end - first == len(rows) else rows


def frame_of(table: pa.Table) -> pd.DataFrame:
    """Convert to a DataFrame whose integers and booleans stay what they are if one is missing."""
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
    """The columns `names` of the table of roles, each of the rows of one role; one column at a
    time is read."""
    is_own = pc.equal(roles.select(["role"])["role"], role)
    return (roles.select([name])[name].filter(is_own).to_numpy() for name in names)
