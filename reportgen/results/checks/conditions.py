"""Conditions that columns of a table meet; one that is not met raises a ValueError that names the
column."""

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]


def analysed_rows(texts: pa.Table) -> Ints:
    """The rows of `texts` that were analysed."""
    return np.flatnonzero(ints(texts, "n_tokens"))


def counted_up(sizes: Ints) -> Ints:
    """`0, 1, ... size - 1` for each of `sizes`, one after another."""
    return np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)


def ints(table: pa.Table, column: str) -> Ints:
    """The values of an integer column."""
    values: Ints = table[column].to_numpy().astype(np.int64)
    return values


def has_value(table: pa.Table, column: str) -> NDArray[np.bool_]:
    """Which rows have a value in `column`."""
    known: NDArray[np.bool_] = table[column].is_valid().to_numpy()
    return known


def list_lengths(lists: pa.ChunkedArray) -> Ints:
    """The number of values in each of `lists`."""
    lengths: Ints = pc.list_value_length(lists).to_numpy()
    return lengths


def require_equal(table: pa.Table, column: str, expected: Ints) -> Ints:
    """Check that an integer column holds the `expected` values, and return them."""
    values = ints(table, column)
    require(np.array_equal(values, expected), column)
    return values


def require_units(table: pa.Table, position: Ints) -> None:
    """Check that units are numbered from 0 in each text, without gaps."""
    unit = ints(table, "unit")
    steps = np.diff(unit, prepend=0)[position > 0]
    require((unit[position == 0] == 0).all() and np.isin(steps, (0, 1)).all(), "unit")


def require_known(table: pa.Table, column: str, known: Iterable[str | int]) -> None:
    """Check that a column holds `known` values only."""
    require(set(table[column].unique().to_pylist()) <= set(known), column)


def require_analysed(table: pa.Table, texts: pa.Table) -> None:
    """Check that all rows are of texts that were analysed."""
    require(np.isin(ints(table, "text"), analysed_rows(texts)).all(), "text")


def require_unique(table: pa.Table, *columns: str) -> None:
    """Check that no two rows have the same values in all of `columns`."""
    unique = table.group_by(list(columns)).aggregate([])
    require(len(unique) == len(table), columns[-1])


def require(is_so: object, column: str) -> None:
    """Raise the error of a `column` unless `is_so`."""
    if not is_so:
        raise ValueError(f"column {column!r} does not fit the rest of the results")
