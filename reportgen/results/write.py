"""Writing a results folder as its rows come, so that memory does not grow with the texts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from reportgen.errors import OutputError
from reportgen.results.info import RunInfo
from reportgen.results.schema import TABLES
from reportgen.results.store import write_info


class Recorder:
    """Appends rows and attention maps to a results folder; a context manager.

    The folder must exist and hold none of `tables` yet. It is complete once all tables were
    recorded and `finish` was called.

    Raises:
        OutputError: from any of its methods, when the disk is full or fails.
    """

    def __init__(self, folder: Path, tables: Iterable[str] = tuple(TABLES)) -> None:
        self._folder = folder
        with _told():
            self._tables = {
                name: pq.ParquetWriter(folder / f"{name}.parquet", TABLES[name]) for name in tables
            }
            self._maps = (folder / "maps.bin").open("ab")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with _told() if error is None else suppress(OSError):
            for writer in self._tables.values():
                writer.close()
            self._maps.close()

    def append(self, table: str, columns: Mapping[str, Sequence[Any] | NDArray[Any]]) -> None:
        """Append rows to `table`: columns as in its schema, or none at all; NaN is missing."""
        if not columns:
            return
        schema = TABLES[table]
        arrays = [_array(columns[field.name], field.type) for field in schema]
        with _told():
            self._tables[table].write_table(pa.Table.from_arrays(arrays, schema=schema))
        del arrays
        pa.default_memory_pool().release_unused()  # it would keep the most it ever held

    def append_maps(self, packed: bytes) -> tuple[int, int]:
        """Append one text's packed maps; their offset in maps.bin and their size."""
        offset = self._maps.tell()
        with _told():
            self._maps.write(packed)
        return offset, len(packed)

    def finish(self, info: RunInfo) -> None:
        """Write what the tables do not hold, which makes the folder complete."""
        with _told():
            write_info(self._folder, info)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"the results cannot be written ({reason}); make room first") from error


def _array(values: Sequence[Any] | NDArray[Any], kind: pa.DataType) -> pa.Array:
    """A column; an array of two axes becomes one list a row, none where it is all NaN."""
    if not isinstance(values, np.ndarray) or values.ndim == 1:
        return pa.array(values, kind, from_pandas=True)
    n_rows, width = values.shape
    offsets = pa.array(np.arange(n_rows + 1, dtype=np.int32) * width)
    flat = pa.array(values.ravel(), kind.value_type)
    return pa.ListArray.from_arrays(offsets, flat, mask=pa.array(np.isnan(values).all(axis=1)))
