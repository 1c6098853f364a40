"""Reads a folder written by `save_to_disk` of the library `datasets`, without that library."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from reportgen.errors import InputError
from reportgen.results import require_regular
from reportgen.texts import limits
from reportgen.texts.formats.parquet import (
    cells_of,
    is_number,
    is_of_floats,
    is_readable,
    n_items,
)
from reportgen.texts.rows import Cell, FileRow, OddCell, TextTable

_DESCRIPTION_BYTES = 64_000_000
_SPLIT = "split it, or take the first with --limit"
# Where a record batch says whether it is compressed, in its table of fields.
_COMPRESSION = 3


def read_saved_dataset(
    folder: Path,
    path: str,
    wanted: Callable[[Sequence[str]], Collection[str]],
    limit: int | None,
) -> TextTable:
    """Read the folder of a data set; see `read_table` for what is given.

    Raises:
        InputError: it holds several splits, is damaged, or its cells would take too much memory.
    """
    if (folder / "dataset_dict.json").exists():
        raise InputError(f"{path}: has several splits; give one: {_splits(folder, path)}")
    state = _description(folder / "state.json", path)
    if state.get("_indices_files") or state.get("_indices_data_files"):
        raise InputError(f"{path}: saved with an index of rows; save it again with `save_to_disk`")
    try:
        files = [folder / Path(file["filename"]).name for file in state["_data_files"]]
    except (KeyError, TypeError) as error:
        raise InputError(f"{path}/state.json: does not name its files; save it again") from error
    try:
        return _read(files, path, wanted, limit)
    except FileNotFoundError as error:
        missing = Path(str(error.filename)).name
        raise InputError(f"{path}: {missing!r} is missing; copy or save it again") from error
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read; save it again with `save_to_disk`") from error
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error


def _splits(folder: Path, path: str) -> str:
    names = _description(folder / "dataset_dict.json", path).get("splits")
    splits = [str(name) for name in names] if isinstance(names, list) else []
    shown = [name if name.isprintable() else repr(name) for name in splits[:10]]
    return ", ".join(f"{path.rstrip('/')}/{name}" for name in shown) or "one of its folders"


def _description(file: Path, path: str) -> dict[str, Any]:
    try:
        if require_regular(file) > _DESCRIPTION_BYTES:
            raise ValueError("too large")
        description = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}/{file.name}: cannot be read; save it again") from error
    if not isinstance(description, dict):
        raise InputError(f"{path}/{file.name}: not a JSON object; save it again")
    return description


def _read(
    files: Sequence[Path],
    path: str,
    wanted: Callable[[Sequence[str]], Collection[str]],
    limit: int | None,
) -> TextTable:
    names: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    asked: list[str] = []
    columns: dict[str, list[Cell]] = {}
    n_rows = n_read = used = items = 0
    digest = hashlib.sha256()
    for number, file in enumerate(files):
        require_regular(file)
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
        for batch in _batches(file):
            if number == 0 and not names:
                names = tuple(batch.schema.names)
                numbers = tuple(field.name for field in batch.schema if is_number(field.type))
                chosen = wanted(names)
                asked = [name for name in names if name in chosen]
                columns = {name: [] for name in asked}
            elif tuple(batch.schema.names) != names:
                raise ValueError("its files have different columns; save it again")
            n_rows += len(batch)
            part = batch[: len(batch) if limit is None else max(0, limit - n_read)]
            n_read += len(part)
            if n_read > limits.MAX_ROWS:
                raise ValueError(f"more than {limits.MAX_ROWS:,} rows; {_SPLIT}")
            for name in asked:
                column = part.column(names.index(name))
                column.validate(full=True)
                used += column.nbytes
                items += n_items(pa.chunked_array([column]))
                if used > limits.MAX_BYTES or items > limits.MAX_CELLS:
                    raise ValueError(f"too large to read at once; {_SPLIT}")
                columns[name] += _cells(column)
    rows = tuple(
        FileRow(f"row {number}", dict(zip(columns, cells, strict=True)))
        for number, cells in enumerate(zip(*columns.values(), strict=True), 1)
    )
    return TextTable(
        names, rows, n_more=n_rows - n_read, sha256=digest.hexdigest(), numbers=numbers
    )


def _batches(file: Path) -> Iterator[pa.RecordBatch]:
    """The parts of a file, mapped into memory; an empty one for its schema alone comes first."""
    with pa.memory_map(str(file)) as source:
        for message in pa.ipc.MessageReader.open_stream(source):
            if message.type == "dictionary" or _is_compressed(message):
                # What these unpack to is not known before.
                raise ValueError("holds packed columns; save it again with `save_to_disk`")
        source.seek(0)
        with pa.ipc.open_stream(source) as reader:
            yield pa.RecordBatch.from_pylist([], schema=reader.schema)
            yield from reader


def _is_compressed(message: pa.ipc.Message) -> bool:
    """Whether the buffers of a record batch are compressed, which `datasets` does not do."""
    if message.type != "record batch":
        return False
    data = message.metadata.to_pybytes()

    def number(at: int, size: int = 4, signed: bool = False) -> int:
        return int.from_bytes(data[at : at + size], "little", signed=signed)

    def field(table: int, place: int) -> int:
        """Where the field at `place` of a table stands; 0 if it has none."""
        fields = table - number(table, signed=True)
        entry = 4 + 2 * place
        offset = number(fields + entry, 2) if entry < number(fields, 2) else 0
        return table + offset if offset else 0

    header = field(number(0), 2)
    return bool(header and field(header + number(header), _COMPRESSION))


def _cells(column: pa.Array) -> list[Cell]:
    kind = column.type
    types = pa.types
    is_plain = types.is_primitive(kind) or types.is_string(kind) or types.is_large_string(kind)
    is_plain = is_plain or types.is_decimal(kind) or types.is_null(kind)
    if not (is_plain or is_readable(kind) or is_of_floats(kind)):
        return [OddCell(str(kind))] * len(column)
    return cells_of(pa.chunked_array([column]))
