"""Reads one file (txt, csv, tsv, json, jsonl, parquet, xlsx) or folder into rows of named cells."""

import csv
import json
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

from reportgen.errors import InputError
from reportgen.texts import limits
from reportgen.texts.formats.encoding import decode
from reportgen.texts.formats.lines import LONGEST, FileLines, Lines
from reportgen.texts.formats.workbook import read_workbook
from reportgen.texts.rows import Cell, FileRow, OddCell, RowsOnDisk, TextTable
from reportgen.texts.source_files import FolderFormat, InputFormat
from reportgen.texts.sources.folders import read_folder

_QUOTED = re.compile(r'"[^"]*"')
_HEADER = re.compile(r'(?:"[^"]*"|[^"\r\n]+)*')  # a quoted name may hold line breaks


def read_table(
    content: bytes | Path,
    input_format: InputFormat | FolderFormat,
    path: str,
    encoding: str | None = None,
    delimiter: str | None = None,
    wanted: Callable[[Sequence[str]], Collection[str]] = lambda names: names,
    limit: int | None = None,
    sheet: str | None = None,
) -> TextTable:
    """Read a file that holds `content`; cells stay strings as the file writes them.

    Args:
        content: the bytes, or where a folder lies, or a file that is read in parts.
        input_format: how it is written.
        path: for messages.
        encoding: as in `decode`; not used for parquet.
        delimiter: stands between the cells of a csv; None finds it.
        wanted: of the names of all columns those whose cells are needed; others may be left out.
        limit: how many rows are needed; more may be read.
        sheet: which sheet of a workbook; None takes the first.

    Raises:
        InputError: a line, an item or the whole file is broken or too large, or its encoding was
            not found.
        UsageError: `encoding` is not a text encoding, or there is no such sheet.
    """
    if input_format == "folder":
        assert isinstance(content, Path)
        return read_folder(content, path, encoding, wanted, limit)
    if input_format == "parquet":
        from reportgen.texts.formats.parquet import read_parquet  # brings a library of tables

        return read_parquet(content, path, wanted, limit)
    if input_format == "xlsx":
        assert isinstance(content, bytes)
        return read_workbook(content, path, sheet)
    readers: Mapping[str, Callable[[Lines | FileLines, str], TextTable]] = {
        "txt": _txt,
        "csv": partial(_csv, delimiter=delimiter),
        "tsv": partial(_cells, delimiter="\t"),
        "jsonl": _jsonl,
    }
    if isinstance(content, Path):
        return readers[input_format](FileLines(content, path), path)
    text = decode(content, path, encoding)
    # One emoji makes all characters four bytes wide.
    if sys.getsizeof(text) > 1.5 * limits.MAX_BYTES:
        raise InputError(f"{path}: too large to read at once with such characters; split it")
    if input_format == "json":
        return _json(text, path)
    return readers[input_format](Lines(text), path)


@dataclass
class _Seen:
    """What a pass over the rows of a file found."""

    columns: tuple[str, ...] = ()
    n_blank: int = 0


_Read: TypeAlias = Callable[[_Seen], Iterator[FileRow]]


def _table(read: _Read, lines: Lines | FileLines) -> TextTable:
    """The table of the rows that `read` finds in `lines`: kept, or read again when needed."""
    seen = _Seen()
    if isinstance(lines, Lines):
        rows: Collection[FileRow] = tuple(read(seen))
    else:
        rows = RowsOnDisk(sum(1 for _ in read(seen)), lambda: read(_Seen()))
    return TextTable(seen.columns, rows, seen.n_blank)


def _txt(lines: Lines | FileLines, path: str) -> TextTable:
    def read(seen: _Seen) -> Iterator[FileRow]:
        seen.columns = ("text",)
        return (FileRow(str(number), {"text": line}) for number, line in _not_blank(lines, seen))

    return _table(read, lines)


def _not_blank(lines: Iterable[str], seen: _Seen) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, each with its number and without what ends it."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, line.rstrip("\r\n") if line[-1] in "\r\n" else line
        else:
            seen.n_blank += 1


def _csv(lines: Lines | FileLines, path: str, *, delimiter: str | None) -> TextTable:
    """Split cells at the delimiter or, without one, at commas, semicolons or tabs: the likeliest
    separator that fits all rows."""
    if delimiter is not None:
        return _cells(lines, path, delimiter)
    fault: InputError | None = None
    best: tuple[int, str, TextTable] | None = None
    for separator, count in _separators(lines.beginning):
        if best is not None and count < best[0]:
            break
        try:
            table = _cells(lines, path, separator)
        except InputError as error:
            fault = fault or error
            continue
        if best is not None and count:
            raise InputError(
                f"{path}: the cells could be split at {best[1]!r} or at {separator!r}; say which "
                "with --delimiter"
            )
        best = (count, separator, table)
    if best is not None:
        return best[2]
    assert fault is not None
    raise fault


def _separators(text: str) -> list[tuple[str, int]]:
    """The separators that a csv may use, the likeliest first, and how often each stands in the
    header; a comma if it has none.

    The more often one stands in the header, the likelier it is. One before a space or in quotes
    is taken as part of a column name.
    """
    header = _QUOTED.sub("", next(_HEADER.finditer(text.lstrip("\r\n")))[0])
    counts = {each: len(re.findall(rf"{each}(?! )", header)) for each in ",;\t" if each in header}
    return sorted(counts.items(), key=lambda each: -each[1]) or [(",", 0)]


def _cells(lines: Lines | FileLines, path: str, delimiter: str) -> TextTable:
    def read(seen: _Seen) -> Iterator[FileRow]:
        header: list[str] | None = None
        for line, cells in _records(lines, path, delimiter):
            if not cells:
                seen.n_blank += 1
            elif header is None:
                limits.require_columns(len(cells), f"{path}:{line}")
                header = [name.strip() for name in cells]
                seen.columns = tuple(header)
            elif len(cells) == len(header):
                yield FileRow(str(line), dict(zip(header, cells, strict=True)))
            else:
                raise InputError(
                    f"{path}:{line}: {len(cells)} cells, but the header has {len(header)}; "
                    f"put double quotes around a cell that holds {delimiter!r}, or name what "
                    "stands between cells with --delimiter"
                )

    return _table(read, lines)


def _records(lines: Iterable[str], path: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line it starts on; quoted cells may hold line breaks. A carriage return
    by itself in such a cell ends no line, as on hosts."""
    size = n_inner = 0  # of the record so far: characters, and ends of lines but for its own
    end = "\r"  # of what was read before in it

    def measured() -> Iterator[str]:
        nonlocal size, n_inner, end
        for text in lines:
            size += len(text)
            n_inner += end == "\n"
            end = text[-1:]
            if size > LONGEST and isinstance(lines, FileLines):
                raise csv.Error(f"more than {LONGEST:,} characters")
            yield text

    reader = csv.reader(measured(), delimiter=delimiter, strict=True)
    line = 1
    while True:
        size, n_inner, end = 0, 0, "\r"
        try:
            with _no_size_limit():
                record = next(reader, None)
        except csv.Error as error:
            raise InputError(
                f"{path}:{line}: broken quotes in the record that starts here ({error}); "
                "put double quotes around the cell and double those inside it"
            ) from error
        if record is None:
            return
        yield line, record
        line += n_inner + 1


@contextmanager
def _no_size_limit() -> Iterator[None]:
    """Allow cells of any length; the csv module has only one limit for all readers."""
    before = csv.field_size_limit(2**31 - 1)  # what fits a C long everywhere
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _json(text: str, path: str) -> TextTable:
    if not text.strip():
        return TextTable((), ())
    items = _loads(text, path, 1)
    if not isinstance(items, list):
        raise InputError(
            f"{path}: not a JSON list; write a list of strings or objects, "
            "or give --input-format jsonl if there is one per line"
        )
    if len(items) > limits.MAX_ROWS:
        raise InputError(f"{path}: {len(items):,} texts, more than {limits.MAX_ROWS:,}; split it")
    rows = tuple(_row(f"item {number}", item, path) for number, item in enumerate(items, 1))
    columns = dict.fromkeys(name for row in rows for name in row.cells)
    limits.require_columns(len(columns), path)
    return TextTable(tuple(columns), rows)


def _jsonl(lines: Lines | FileLines, path: str) -> TextTable:
    def read(seen: _Seen) -> Iterator[FileRow]:
        names: dict[str, None] = {}
        for number, line in _not_blank(lines, seen):
            row = _row(str(number), _loads(line, path, number), path)
            names.update(dict.fromkeys(row.cells))
            limits.require_columns(len(names), f"{path}:{number}")
            yield row
        seen.columns = tuple(names)

    return _table(read, lines)


def _row(place: str, item: object, path: str) -> FileRow:
    """The row of a string or an object."""
    if isinstance(item, dict):
        return FileRow(place, item)
    if isinstance(item, str):
        return FileRow(place, {"text": item})
    raise InputError(f"{path}:{place}: neither a string nor an object with a text")


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
        cells[name] = OddCell("two values") if name in cells else _cell(value)
    return cells


def _cell(value: object) -> Cell:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return _word(value)
    if isinstance(value, dict):
        return OddCell("an object", value)
    if not isinstance(value, list):
        return OddCell("an object")
    return OddCell("a list", [_word(item) if isinstance(item, bool) else item for item in value])


def _word(value: bool) -> str:
    return "true" if value else "false"
