"""A table of a results folder on disk, read no further than it is asked for."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

_AT_ONCE = 1 << 16  # rows of a part


class StoredTable:
    """The Parquet file at `path`, in the columns and types of `schema`.

    Only its footer is read here. The rows that were asked for last are held, since they are asked
    for again: whoever reads one text looks at it more than once.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path = path
        self._schema = schema
        self._meta = pq.read_metadata(path)
        meta = self._meta
        sizes = [meta.row_group(group).num_rows for group in range(meta.num_row_groups)]
        self._starts = np.cumsum([0, *sizes])  # [group], its first row
        self._held = range(0)  # row groups
        self._rows = schema.empty_table()

    def parts(self) -> Iterator[pa.Table]:
        """All of the file as it is, some rows at a time; at least one part, which may be empty."""
        with self._opened() as file:
            yield file.schema_arrow.empty_table()
            for batch in file.iter_batches(_AT_ONCE):
                yield pa.Table.from_batches([batch])

    def select(self, names: Sequence[str]) -> pa.Table:
        """Columns `names` of all rows."""
        fields = [self._schema.field(name) for name in names]
        with self._opened() as file:
            return file.read(list(names)).select(list(names)).cast(pa.schema(fields))

    def slice(self, first: int, size: int) -> pa.Table:
        """Rows `first` to `first + size`."""
        if not size:
            return self._schema.empty_table()
        ends = np.searchsorted(self._starts, (first, first + size - 1), side="right")
        groups = range(ends[0] - 1, ends[1])
        if groups != self._held:
            names = self._schema.names
            with self._opened() as file:
                rows = file.read_row_groups(list(groups)).select(names)
            self._rows, self._held = rows.cast(self._schema), groups
        return self._rows.slice(first - int(self._starts[groups[0]]), size)

    def _opened(self) -> pq.ParquetFile:
        # Buffered ahead, all of the file would be held while its parts are gone through.
        return pq.ParquetFile(self._path, metadata=self._meta, pre_buffer=False)
