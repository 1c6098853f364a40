"""Reads the tables of results: from the Parquet files of a folder, or from memory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from reportgen.errors import ResultsError, quoted
from reportgen.files import RESULTS_FILES
from reportgen.results.checks.columns import require_columns
from reportgen.results.checks.limits import require_regular, room, stored_strings, tables_within
from reportgen.results.checks.tables import COUNTS, require_rows, require_texts
from reportgen.results.info import EDITS, RunInfo
from reportgen.results.manifest import (
    INFO_FILE,
    MAPS_FILE,
    CheckedFile,
    CheckedMaps,
    Manifest,
    is_of_run,
)
from reportgen.results.maps.packed import require_whole
from reportgen.results.tables.schema import (
    EVIDENCE_TABLES,
    OF_DECODERS,
    TABLES,
    in_schema,
)

AGAIN = "run `reportgen analyze` again"
_HELD = 32_000_000  # bytes of row groups that a table keeps: those of 2,000 short texts
_SMALL = 2_000_000  # bytes, and values, of a table that is read once, as a whole
_CHECKED = 1_000  # maps that are known to be whole, so that they are checked once


MapShape: TypeAlias = tuple[int, int, int, int]  # [layer, head, query, key]


class LazyTable(Protocol):
    """One table, of which columns or rows are read when they are needed.

    A `pyarrow.Table` is one.
    """

    def select(self, names: Sequence[str], /) -> pa.Table:
        """All rows of the columns `names`."""

    def slice(self, first: int, size: int, /) -> pa.Table:
        """`size` rows from row `first` on, with all columns."""


class Source(Protocol):
    """Where the tables and the attention maps of results are read from."""

    def table(self, name: str) -> LazyTable:
        """The table `name`, one of `TABLES`."""

    def maps(self, offset: int, size: int, shape: MapShape) -> bytes:
        """Packed attention maps of a text: `size` bytes from `offset` on, which unpack to
        `shape`."""


class StoredTable:
    """The Parquet file `file`, with the columns and types of `schema`.

    `parts` reads within the limits of `tables_within`, and everything that `select` and `slice`
    read; so a file of unknown origin goes through `parts` first.

    Opening it reads the footer alone. A small table is read once, when it is first asked for:
    opening the file for each column takes longer. Of others the row groups read last are kept, up
    to `_HELD` bytes: the rows of one text are usually asked for more than once, and those of the
    next text often lie in a group that was read before. Memory therefore does not grow with the
    number of texts.
    """

    def __init__(self, file: Path | CheckedFile, schema: pa.Schema) -> None:
        self._file = file
        self._schema = schema
        self._size = require_regular(file)
        with file.open("rb") as stream:
            self._meta = pq.read_metadata(stream)
        meta = self._meta
        sizes = [meta.row_group(group).num_rows for group in range(meta.num_row_groups)]
        self._starts = np.cumsum([0, *sizes])  # [group], its first row
        n_bytes = sum(meta.row_group(group).total_byte_size for group in range(len(sizes)))
        n_values = meta.num_rows * meta.num_columns
        is_small = n_bytes <= _SMALL and n_values <= _SMALL
        self._whole = range(len(sizes)) if is_small else range(0)
        # By row groups, with their bytes; those asked for last at the end.
        self._held: dict[range, tuple[pa.Table, int]] = {}

    def parts(self) -> Iterator[pa.Table]:
        """The columns of the schema, unconverted, in parts; at least one part, which may be empty.

        Raises:
            ValueError: they would take more memory than such a file needs.
        """
        with self._opened(stored_strings(self._meta)) as file:
            known = [name for name in file.schema_arrow.names if name in self._schema.names]
            yield from tables_within(file, self._file, room(self._size), list(dict.fromkeys(known)))

    def select(self, names: Sequence[str]) -> pa.Table:
        """All rows of the columns `names`."""
        if self._whole:
            return self._groups(self._whole).select(list(names))
        with self._read_again() as file:
            rows = in_schema(file.read(list(names)), self._schema_of(names))
        pa.default_memory_pool().release_unused()  # what was needed to read them
        return rows

    def slice(self, first: int, size: int) -> pa.Table:
        """`size` rows from row `first` on, with all columns."""
        if not size:
            return self._schema.empty_table()
        groups = self._groups_with(first, size)
        return self._groups(groups).slice(first - int(self._starts[groups[0]]), size)

    def part(self, first: int, size: int, names: Sequence[str]) -> pa.Table:
        """The columns `names` of `size` rows from row `first` on; nothing else is read, and nothing
        is kept."""
        if self._whole or not size:
            return self.slice(first, size).select(list(names))
        groups = self._groups_with(first, size)
        with self._read_again() as file:
            rows = in_schema(
                file.read_row_groups(list(groups), list(names)), self._schema_of(names)
            )
        pa.default_memory_pool().release_unused()  # what was needed to read them
        return rows.slice(first - int(self._starts[groups[0]]), size)

    def _schema_of(self, names: Sequence[str]) -> pa.Schema:
        return pa.schema([self._schema.field(name) for name in names])

    def _groups_with(self, first: int, size: int) -> range:
        """The row groups that hold `size` rows from row `first` on."""
        if self._whole:
            return self._whole
        ends = np.searchsorted(self._starts, (first, first + size - 1), side="right")
        return range(int(ends[0]) - 1, int(ends[1]))

    def _groups(self, groups: range) -> pa.Table:
        """All rows of these row groups."""
        if groups in self._held:
            self._held[groups] = self._held.pop(groups)
        else:
            self._hold(groups)
        rows, _ = self._held[groups]
        return rows

    def _hold(self, groups: range) -> None:
        """Read row groups into the cache, and drop those that were used longest ago."""
        with self._read_again() as file:
            rows = in_schema(file.read_row_groups(list(groups)), self._schema)
        self._held[groups] = rows, rows.nbytes
        spare = sum(size for _, size in self._held.values()) - _HELD
        for held in list(self._held)[:-1]:
            if spare > 0:
                spare -= self._held.pop(held)[1]

    @contextmanager
    def _read_again(self) -> Iterator[pq.ParquetFile]:
        """The file, whose parts were read before. That does not show all that is wrong with it:
        whole row groups are put together in another way."""
        try:
            with self._opened() as opened:
                yield opened
        except (OSError, pa.ArrowException) as error:
            file = self._file
            path = file if isinstance(file, Path) else file.path
            raise ResultsError(f"{path}: cannot be read; {AGAIN}") from error

    @contextmanager
    def _opened(self, as_stored: Sequence[str] = ()) -> Iterator[pq.ParquetFile]:
        """The file, to be read. An error of the disk says that it cannot be read, whatever is being
        written meanwhile."""
        # With pre_buffer, all of the file would stay in memory while its parts are read.
        try:
            with (
                self._file.open("rb") as stream,
                pq.ParquetFile(
                    stream, metadata=self._meta, pre_buffer=False, read_dictionary=list(as_stored)
                ) as file,
            ):
                yield file
        except OSError as error:
            if error.errno is None:  # of pyarrow, where the file is damaged
                raise
            source = self._file
            path = source.path if isinstance(source, CheckedFile) else source
            raise ResultsError(f"{path}: cannot be read ({error.strerror}); {AGAIN}") from error


def part_of(table: LazyTable, first: int, size: int, names: Sequence[str]) -> pa.Table:
    """The columns `names` of `size` rows of `table` from row `first` on, for rows that are needed
    once: nothing else is read from a file, and nothing is kept."""
    if isinstance(table, StoredTable):
        return table.part(first, size, names)
    return table.slice(first, size).select(list(names))


def may_be_missing(name: str, info: RunInfo) -> bool:
    """Whether a folder may lack the table `name`, which is then empty: it is about decoders, and
    the model has none, or about edits, and none was asked for."""
    if name == EDITS:
        return not info.settings.edits
    return name in OF_DECODERS and info.model.decoder is None


class FolderSource:
    """The tables and maps of the results folder `folder`. Each table is checked when it is first
    read, against its manifest and by itself, unless `is_own`: this process has just written it."""

    def __init__(
        self,
        folder: Path,
        info: RunInfo,
        manifest: Manifest | None = None,
        *,
        is_own: bool = False,
    ) -> None:
        """`manifest`: None where results.json has none."""
        self.folder = folder
        self.manifest = manifest
        self._info = info
        self.is_own = is_own
        self._checked: dict[str, CheckedFile] = {}  # by name of the file
        self._counts: pa.Table | None = None
        self._whole: set[tuple[int, int, MapShape]] = set()  # the maps that have been checked

    def has(self, name: str) -> bool:
        """Whether the folder has, or should have, the file `name`."""
        is_listed = self.manifest is not None and name in self.manifest.files
        return is_listed or (self.folder / name).exists()

    def files(self) -> Mapping[str, CheckedFile]:
        """All files of the folder, by name."""
        return {name: self.file(name) for name in sorted(RESULTS_FILES) if self.has(name)}

    def file(self, name: str) -> CheckedFile:
        """The file `name`, which is checked against the manifest when it is opened.

        Raises:
            FileNotFoundError: there is none.
            ResultsError: the manifest does not list it.
        """
        if name not in self._checked:
            self._checked[name] = self._checked_file(name)
        return self._checked[name]

    def _checked_file(self, name: str) -> CheckedFile:
        path, refusal = self.folder / name, partial(self._refusal, name)
        if self.manifest is None or name == INFO_FILE:
            listed = None
        elif name in self.manifest.files:
            listed = self.manifest.files[name]
        else:
            raise refusal("results.json does not list it")
        if name != MAPS_FILE:
            return CheckedFile(path, listed, refusal)
        block_bytes = self.manifest.block_bytes if self.manifest else 1
        return CheckedMaps(path, listed, refusal, block_bytes)

    def _refusal(self, name: str, wrong: str) -> ResultsError:
        """The error for a file that is not the one that the manifest lists."""
        if not is_of_run(self.folder, self.manifest):
            return ResultsError(f"{self.folder}: was replaced while it was read; run it again")
        return ResultsError(f"{self.folder / name}: damaged, or of another run: {wrong}; {AGAIN}")

    def table(self, name: str) -> LazyTable:
        """The table `name`, checked against the manifest, its schema, `info` and the table of
        texts.

        Raises:
            ResultsError: the file cannot be read, is damaged, or belongs to another run.
        """
        if name == "texts":
            table: LazyTable = self._read_texts()
            return table
        texts = None if self.is_own else self._checked_against
        if may_be_missing(name, self._info) and not self.has(f"{name}.parquet"):
            none: LazyTable = TABLES[name].empty_table()
            return none
        with self._reading(name) as file:
            stored = StoredTable(file(), TABLES[name])
            if not self.is_own:
                require_rows(stored.parts(), name, self._info, texts)
        return stored

    def maps(self, offset: int, size: int, shape: MapShape) -> bytes:
        """Packed attention maps of a text: `size` bytes from `offset` on, which unpack to `shape`.

        Raises:
            ResultsError: the file cannot be read, or is damaged.
        """
        path = self.folder / MAPS_FILE
        try:
            file = self.file(MAPS_FILE)
            require_regular(file)
            assert isinstance(file, CheckedMaps)
            packed = file.read(offset, size)
            if (offset, size, shape) not in self._whole:
                require_whole(packed, shape)
                if len(self._whole) < _CHECKED:
                    self._whole.add((offset, size, shape))
        except OSError as error:
            raise ResultsError(f"{path}: cannot be read ({error.strerror}); {AGAIN}") from error
        except (ValueError, OverflowError) as error:
            raise ResultsError(f"{path}: {error}; {AGAIN}") from error
        return packed

    def _read_texts(self) -> pa.Table:
        with self._reading("texts") as file:
            stored = StoredTable(file(), TABLES["texts"])
            if self.is_own:
                return stored.select(TABLES["texts"].names)
            table = require_columns(pa.concat_tables(stored.parts()), "texts")
            require_texts(table, self._info)
        self._counts = table.select(COUNTS)
        return table

    @property
    def _checked_against(self) -> pa.Table:
        """What other tables are checked against, of the table of texts, which is checked first."""
        if self._counts is None:
            self._read_texts()
        return self._counts

    @contextmanager
    def _reading(self, table: str) -> Iterator[Callable[[], CheckedFile]]:
        """What gives a table's file; turns what is wrong with it into an error that names it."""
        path = self.folder / f"{table}.parquet"
        try:
            yield partial(self.file, path.name)
        except FileNotFoundError as error:
            if not is_of_run(self.folder, self.manifest):
                raise self._refusal(path.name, "is missing") from error
            raise ResultsError(f"{path}: is missing; {AGAIN}") from error
        except (OSError, pa.ArrowException) as error:
            raise ResultsError(f"{path}: cannot be read; {AGAIN}") from error
        except ValueError as error:
            raise ResultsError(f"{path}: damaged: {quoted(str(error))}; {AGAIN}") from error


class FirstPassSource(FolderSource):
    """A results folder after the first pass, when the tables of evidence do not exist yet: they are
    empty."""

    def table(self, name: str) -> LazyTable:
        """The table `name`, checked as in a complete folder."""
        return TABLES[name].empty_table() if name in EVIDENCE_TABLES else super().table(name)


class MemorySource:
    """Tables and packed maps in memory."""

    def __init__(self, tables: Mapping[str, pd.DataFrame], packed: bytes) -> None:
        self._tables: dict[str, LazyTable] = {
            name: table_of(name, tables.get(name)) for name in TABLES
        }
        self.packed = packed

    def table(self, name: str) -> LazyTable:
        """The table `name`."""
        return self._tables[name]

    def maps(self, offset: int, size: int, shape: MapShape) -> bytes:
        """Packed attention maps of a text: `size` bytes from `offset` on."""
        return self.packed[offset : offset + size]


def table_of(name: str, rows: pd.DataFrame | None) -> pa.Table:
    """The table `name` with `rows`; without rows it is empty, and missing columns are null."""
    schema = TABLES[name]
    if rows is None:
        return schema.empty_table()
    columns = [
        pa.array(rows[field.name], field.type, from_pandas=True)
        if field.name in rows
        else pa.nulls(len(rows), field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)
