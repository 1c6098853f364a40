"""Limits on the size of a file, and on its size once unpacked, each with its reason.

A malicious file can unpack to a thousand times its size, or never end. So nothing here trusts what
a file says of itself: sizes are also counted while it is unpacked.
"""

import os
import shlex
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from reportgen.errors import ResultsError
from reportgen.results.checks.footer import Openable, chunks

# What every file may unpack to; a few hundred MB fit in any machine that runs a model.
UNPACKED = 200_000_000
# A large file may unpack to so many times its size: honest tables and maps stay under 10 times.
RATIO = 30
# results.json holds no text: 64 MB are a million class names.
INFO_BYTES = 64_000_000
# The largest published models have 130 layers and 128 heads.
LAYERS = 1_000
HEADS = 1_000
# The most of any other number that counts tokens, labels or sizes: ten million positions, a few
# million labels and vocabularies of a million are known.
COUNT = 100_000_000
_ROWS_AT_ONCE = 1 << 16
# Where only the first rows are read, few at once, and a row group may hold so many times more.
_FEW_ROWS_AT_ONCE, _DECLARED_OVER = 1 << 8, 5


class _Stated(Protocol):
    """What the system can be asked about: a path, or an open file."""

    def stat(self) -> os.stat_result:
        """What the system says of it."""


def require_regular(path: _Stated) -> int:
    """Check that `path` is a regular file, or a link to one, and return its size.

    Raises:
        ValueError: it is a folder, a pipe, a device or a socket, whose reading may never end.
        OSError: there is no such file, or the system does not say what it is.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError(f"{_kind(status.st_mode)}, not a file")
    return status.st_size


def require_merged(content: bytes, path: Path) -> None:
    """Check that the `content` of the file of JSON at `path` has no lines of a conflict of git,
    which no JSON has.

    Raises:
        ResultsError: it has.
    """
    if content.startswith(b"<<<<<<< ") or b"\n<<<<<<< " in content:
        raise ResultsError(
            f"{path}: holds a conflict of git; take all files of {path.parent} from one side, such "
            f"as `git checkout --theirs {shlex.quote(str(path.parent))}`"
        )


def _kind(mode: int) -> str:
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


def room(size: int) -> int:
    """How many bytes a file of `size` bytes may unpack to."""
    return max(UNPACKED, RATIO * size)


def tables_within(
    file: pq.ParquetFile,
    source: bytes | Openable,
    most: int,
    columns: Sequence[str] | None = None,
    n_rows: int | None = None,
    most_at_once: int | None = None,
    rows_at_once: int = _ROWS_AT_ONCE,
) -> Iterator[pa.Table]:
    """The rows of `file`, which reads `source`, or the first `n_rows`, in parts with plain columns;
    at least one part, which may be empty. A row group is never held as a whole. Parts have
    `rows_at_once` or fewer. `most_at_once` limits the bytes of each.

    A text that fills a million rows is stored once. Such columns are read as they are stored, and
    are repeated after their size has been counted.

    Raises:
        ValueError: the rows would take more than `most` bytes of memory.
        pa.ArrowInvalid: the file is damaged.
    """
    left = file.metadata.num_rows if n_rows is None else n_rows
    is_part = left < file.metadata.num_rows
    declared = most * (_DECLARED_OVER if is_part else 1)
    _require_declared(file.metadata, source, declared, columns, left)
    used = 0
    fields = [f for f in file.schema_arrow if columns is None or f.name in columns]
    yield _plain(pa.schema(fields).empty_table())
    at_once = min(rows_at_once, _FEW_ROWS_AT_ONCE) if is_part else rows_at_once
    for batch in file.iter_batches(at_once, columns=columns):
        if not left:
            return
        part = pa.Table.from_batches([batch[:left]])
        left -= len(part)
        size = sum(_size(column) for column in part.columns)
        used += size
        if used > most:
            raise _too_large(used, most)
        if most_at_once is not None and size > most_at_once:
            raise _too_large(size, most_at_once)
        yield _plain(part)


def stored_strings(meta: pq.FileMetaData) -> list[str]:
    """The columns of strings or bytes, which are read as they are stored; see `tables_within`."""
    schema = meta.schema
    columns = (schema.column(place) for place in range(len(schema)))
    return [
        column.path
        for column in columns
        # Of lists, pyarrow cannot put the stored strings of several row groups together.
        if column.physical_type == "BYTE_ARRAY" and not column.max_repetition_level
    ]


def _require_declared(
    meta: pq.FileMetaData,
    source: bytes | Openable,
    most: int,
    columns: Sequence[str] | None,
    n_rows: int,
) -> None:
    """Check what the file declares about the size of its first rows, before any of it is
    unpacked."""
    declared, groups = 0, chunks(source)
    wanted = [_width(meta.schema.column(number), columns) for number in range(len(meta.schema))]
    for place in range(meta.num_row_groups):
        group = next(groups, ())
        if len(group) != len(wanted):
            raise pa.ArrowInvalid("the footer does not describe its columns")
        needed = [(*chunk, width) for chunk, width in zip(group, wanted, strict=True) if width]
        declared += max(
            sum(n_bytes for _, n_bytes, _ in needed),
            sum(int(n_values * width) for n_values, _, width in needed),
        )
        n_own = meta.row_group(place).num_rows
        if declared > most or n_own > most:
            raise _too_large(declared, most)
        n_rows -= n_own
        if n_rows <= 0:
            return


def _width(column: pq.ColumnSchema, columns: Sequence[str] | None) -> float:
    """The least number of bytes that a number of a column takes when it is not repeated; 0 if the
    column is none of `columns`."""
    path = column.path
    if columns is not None and path not in columns and path.partition(".")[0] not in columns:
        return 0
    return {"BOOLEAN": 0.125, "INT64": 8, "DOUBLE": 8, "INT96": 12}.get(column.physical_type, 4)


def _size(column: pa.ChunkedArray | pa.Array) -> int:
    """The number of bytes that a column takes once repeated values are written out."""
    if isinstance(column, pa.ChunkedArray):
        return sum(_size(chunk) for chunk in column.chunks)
    if pa.types.is_dictionary(column.type):
        lengths = pc.binary_length(column.dictionary).cast(pa.int64())
        return int(pc.sum(lengths.take(column.indices)).as_py() or 0) + 4 * len(column)
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        return _size(column.flatten()) + 4 * len(column)
    return int(column.nbytes)


def _plain(table: pa.Table) -> pa.Table:
    """`table` with repeated values written out."""
    schema = pa.schema([field.with_type(_plain_type(field.type)) for field in table.schema])
    return table if schema == table.schema else table.cast(schema)


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return kind.value_type
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_plain_type(kind.value_type)))
    return kind


def _too_large(size: int, most: int) -> ValueError:
    return ValueError(
        f"unpacks to more than {most / 1e6:,.0f} MB ({size / 1e6:,.0f} MB so far), which no "
        "such file needs"
    )
