"""Reads the bytes of one file (txt, csv, tsv, json, jsonl, parquet) into rows of named cells."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias, get_args

from reportgen.errors import InputError
from reportgen.texts.encoding import decode

InputFormat: TypeAlias = Literal["txt", "csv", "tsv", "json", "jsonl", "parquet"]
INPUT_FORMATS: tuple[InputFormat, ...] = get_args(InputFormat)
# A parquet file may have so many rows, or one for so many of its bytes if that is more.
_ROWS, _BYTES_PER_ROW = 1_000_000, 4
_QUOTED = re.compile(r'"[^"]*"')
_HEADER = re.compile(r'(?:"[^"]*"|[^"\r\n]+)*')  # a quoted name may hold line breaks


@dataclass(frozen=True, slots=True)
class Misfit:
    """A cell that is not text; `what` says what it is, such as "a list"."""

    what: str
    items: Sequence[object] | None = None  # of a list, numbers as strings

    @property
    def as_json(self) -> str | None:
        """Of a list: the list; None if it is nested too deeply."""
        if self.items is None:
            return None
        try:
            return json.dumps(self.items, ensure_ascii=False, default=lambda item: item.what)
        except RecursionError:
            return None

    @property
    def labels(self) -> str | None:
        """Of a list of strings, numbers, true and false: the list as JSON."""
        is_flat = all(isinstance(item, str) for item in self.items or ())
        return self.as_json if is_flat else None


Cell: TypeAlias = str | Misfit | None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: a text and its other cells."""

    place: str  # the line it starts on; "item 3" in a JSON list, "row 3" in a parquet file
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one file; plain text has a single column named `text`."""

    columns: tuple[str, ...]  # empty if the file holds nothing
    rows: tuple[Row, ...]
    n_blank_lines: int = 0


def read_table(
    data: bytes,
    input_format: InputFormat,
    path: str,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Table:
    """Read a file that holds `data`; cells stay strings as the file writes them.

    `path` is for messages. `encoding` is as in `decode` and not used for parquet; `delimiter`
    stands between the cells of a csv, None finds it.

    Raises:
        InputError: a line, an item or the whole file is broken, or its encoding was not found.
        UsageError: `encoding` is not a text encoding.
    """
    if input_format == "parquet":
        return _parquet(data, path)
    readers: Mapping[str, Callable[[str, str], Table]] = {
        "txt": _txt,
        "csv": partial(_csv, delimiter=delimiter),
        "tsv": _tsv,
        "json": _json,
        "jsonl": _jsonl,
    }
    return readers[input_format](decode(data, path, encoding), path)


def _txt(text: str, path: str) -> Table:
    lines, n_blank = _lines(text)
    rows = tuple(Row(str(number), {"text": line}) for number, line in lines)
    return Table(("text",), rows, n_blank)


def _lines(text: str) -> tuple[list[tuple[int, str]], int]:
    """The lines that are not blank, each with its number, and how many lines are blank.

    Only line breaks end a line: the other separators of Unicode (U+2028, U+0085, form feed) are
    part of a text.
    """
    lines = [line.removesuffix("\n") for line in io.StringIO(text, newline=None)]
    kept = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    return kept, len(lines) - len(kept)


def _csv(text: str, path: str, *, delimiter: str | None) -> Table:
    """Split cells at the delimiter or, without one, at commas, semicolons or tabs: the likeliest
    separator that fits all rows."""
    if delimiter is not None:
        return _cells(text, path, delimiter)
    fault: InputError | None = None
    found: tuple[int, str, Table] | None = None
    for separator, count in _separators(text):
        if found is not None and count < found[0]:
            break
        try:
            table = _cells(text, path, separator)
        except InputError as error:
            fault = fault or error
            continue
        if found is not None and count:
            raise InputError(
                f"{path}: the cells could be split at {found[1]!r} or at {separator!r}; say which "
                "with --delimiter"
            )
        found = (count, separator, table)
    if found is not None:
        return found[2]
    assert fault is not None
    raise fault


def _separators(text: str) -> list[tuple[str, int]]:
    """The separators that a csv may use, the likeliest first, and how often each stands in the
    header; a comma if it has none.

    The more often one stands in the header, the likelier it is. One before a space or in quotes
    is taken as part of a column name.
    """
    header = _QUOTED.sub("", next(_HEADER.finditer(text.lstrip("\r\n")))[0])
    found = {each: len(re.findall(rf"{each}(?! )", header)) for each in ",;\t" if each in header}
    return sorted(found.items(), key=lambda each: -each[1]) or [(",", 0)]


def _tsv(text: str, path: str) -> Table:
    return _cells(text, path, "\t")


def _cells(text: str, path: str, delimiter: str) -> Table:
    header: list[str] | None = None
    rows: list[Row] = []
    n_blank = 0
    for line, cells in _records(text, path, delimiter):
        if not cells:
            n_blank += 1
        elif header is None:
            header = cells
        elif len(cells) == len(header):
            rows.append(Row(str(line), dict(zip(header, cells, strict=True))))
        else:
            raise InputError(
                f"{path}:{line}: {len(cells)} cells, but the header has {len(header)}; "
                f"put double quotes around a cell that holds {delimiter!r}, or name what stands "
                "between cells with --delimiter"
            )
    return Table(tuple(header or ()), tuple(rows), n_blank)


def _records(text: str, path: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line it starts on; quoted cells may hold line breaks."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    with _no_size_limit():
        while True:
            line = reader.line_num + 1
            try:
                record = next(reader, None)
            except csv.Error as error:
                raise InputError(
                    f"{path}:{line}: broken quotes in the record that starts here ({error}); "
                    "put double quotes around the cell and double those inside it"
                ) from error
            if record is None:
                return
            yield line, record


@contextmanager
def _no_size_limit() -> Iterator[None]:
    """Allow cells of any length; the csv module has only one limit for all readers."""
    before = csv.field_size_limit(2**31 - 1)  # what fits a C long everywhere
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _json(text: str, path: str) -> Table:
    if not text.strip():
        return Table((), ())
    items = _loads(text, path, 1)
    if not isinstance(items, list):
        raise InputError(
            f"{path}: not a JSON list; write a list of strings or objects, "
            "or give --input-format jsonl if there is one per line"
        )
    return _objects([(f"item {number}", item) for number, item in enumerate(items, 1)], path)


def _jsonl(text: str, path: str) -> Table:
    lines, n_blank = _lines(text)
    items = [(str(number), _loads(line, path, number)) for number, line in lines]
    return _objects(items, path, n_blank)


def _objects(items: Sequence[tuple[str, object]], path: str, n_blank: int = 0) -> Table:
    """Rows from strings and objects; the columns are all their keys, in order of appearance."""
    rows = []
    for place, item in items:
        if isinstance(item, dict):
            rows.append(Row(place, item))
        elif isinstance(item, str):
            rows.append(Row(place, {"text": item}))
        else:
            raise InputError(f"{path}:{place}: neither a string nor an object with a text")
    columns = dict.fromkeys(name for row in rows for name in row.cells)
    return Table(tuple(columns), tuple(rows), n_blank)


def _loads(text: str, path: str, first_line: int) -> object:
    """Parse a JSON value; numbers stay as they are written, objects become cells."""
    try:
        return json.loads(
            text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        line = first_line + error.lineno - 1
        raise InputError(
            f"{path}:{line}: broken JSON ({error.msg}, column {error.colno}); "
            "use --input-format json for a list, jsonl for one value per line"
        ) from error
    except RecursionError as error:
        raise InputError(f"{path}:{first_line}: JSON nested too deeply to read") from error


def _object(pairs: Sequence[tuple[str, object]]) -> dict[str, Cell]:
    cells: dict[str, Cell] = {}
    for name, value in pairs:
        cells[name] = Misfit("two values") if name in cells else _cell(value)
    return cells


def _cell(value: object) -> Cell:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return _word(value)
    if not isinstance(value, list):
        return Misfit("an object")
    return Misfit("a list", [_word(item) if isinstance(item, bool) else item for item in value])


def _word(value: bool) -> str:
    return "true" if value else "false"


def _parquet(data: bytes, path: str) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from reportgen.results.limits import stored_strings, tables_within

    try:
        meta = pq.read_metadata(pa.BufferReader(data))
        if meta.num_rows > max(_ROWS, len(data) // _BYTES_PER_ROW):
            raise InputError(f"{path}: {meta.num_rows:,} rows in {len(data):,} bytes; split it")
        stored = [name for name in stored_strings(meta) if "." not in name]
        file = pq.ParquetFile(pa.BufferReader(data), read_dictionary=stored)
        schema = file.schema_arrow
        names = tuple(schema.names)
        nested = [pa.types.is_nested(field.type) for field in schema]
        flat = [name for name, is_nested in zip(names, nested, strict=True) if not is_nested]
        read = iter(pa.concat_tables(tables_within(file, len(data), flat)).columns)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a parquet file") from error
    except ValueError as error:
        raise InputError(f"{path}: {error}; split it") from error
    columns = []
    for field, is_nested in zip(schema, nested, strict=True):
        if is_nested:  # never read
            columns.append([Misfit(str(field.type))] * meta.num_rows)
            continue
        column = next(read)
        try:
            columns.append(column.cast(pa.string()).to_pylist())
        except pa.ArrowException:  # bytes that are not text
            columns.append([Misfit(str(column.type))] * len(column))
        except UnicodeDecodeError:
            columns.append([Misfit("bytes that are not UTF-8")] * len(column))
    rows = tuple(
        Row(f"row {number}", dict(zip(names, cells, strict=True)))
        for number, cells in enumerate(zip(*columns, strict=True), 1)
    )
    return Table(names, rows)
