"""Tables of the results read a few row groups at a time."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


class FirstPass:
    """What the tables of `folder` hold of the tokens of each text; a context manager.

    The rows of texts that were recorded together are read together, and only the last of them are
    held: whoever asks for texts in input order reads each row once, and memory does not grow with
    the texts.
    """

    def __init__(self, folder: Path) -> None:
        texts = pq.read_table(folder / "texts.parquet", columns=["first_token", "n_tokens"])
        self._first, self._sizes = (column.to_numpy() for column in texts.columns)
        self._file = pq.ParquetFile(folder / "tokens.parquet")
        meta = self._file.metadata
        sizes = [meta.row_group(group).num_rows for group in range(meta.num_row_groups)]
        self._starts = np.cumsum([0, *sizes])  # [group], its first row
        self._held = range(0)  # row groups
        self._rows = pd.DataFrame()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    @property
    def analysed(self) -> tuple[int, ...]:
        """The rows of `texts` that were analysed, in input order."""
        return tuple(np.flatnonzero(self._sizes).tolist())

    def tokens_of(self, text: int) -> pd.DataFrame:
        """The rows of a text that was analysed in the table of tokens, in the order of positions.

        Args:
            text: row of `texts`.
        """
        first, end = self._first[text], self._first[text] + self._sizes[text]
        ends = np.searchsorted(self._starts, (first, end - 1), side="right")
        groups = range(ends[0] - 1, ends[1])
        if groups != self._held:
            self._rows = self._file.read_row_groups(list(groups)).to_pandas()
            self._held = groups
        start = self._starts[groups[0]]
        return self._rows.iloc[first - start : end - start]


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
