"""Reads one file (txt, csv, tsv, json, jsonl, parquet, xlsx) or folder into rows of named cells."""

import csv
import json
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from reportgen.errors import InputError
from reportgen.texts.encoding import decode
from reportgen.texts.rows import Cell, Misfit, Row, Table
from reportgen.texts.source_files import MAX_BYTES, MAX_ROWS, FolderFormat, InputFormat
from reportgen.texts.sources.folders import read_folder
from reportgen.texts.workbooks.sheet import read_workbook

_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|\Z)")
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
) -> Table:
    """Read a file that holds `content`; cells stay strings as the file writes them.

    Args:
        content: the bytes, or where a parquet file or a folder lies.
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
        from reportgen.texts.parquet import read_parquet  # brings a library of tables

        return read_parquet(content, path, wanted, limit)
    if input_format == "xlsx":
        assert isinstance(content, bytes)
        return read_workbook(content, path, sheet)
    assert isinstance(content, bytes)
    readers: Mapping[str, Callable[[str, str], Table]] = {
        "txt": _txt,
        "csv": partial(_csv, delimiter=delimiter),
        "tsv": _tsv,
        "json": _json,
        "jsonl": _jsonl,
    }
    text = decode(content, path, encoding)
    if sys.getsizeof(text) > 1.5 * MAX_BYTES:  # one emoji makes all characters four bytes wide
        raise InputError(f"{path}: too large to read at once with such characters; split it")
    return readers[input_format](text, path)


def _txt(text: str, path: str) -> Table:
    lines, n_blank = _lines(text)
    rows = tuple(Row(str(number), {"text": line}) for number, line in lines)
    return Table(("text",), rows, n_blank)


def _lines(text: str) -> tuple[list[tuple[int, str]], int]:
    """The lines that are not blank, each with its number, and how many lines are blank.

    Only line breaks end a line: the other separators of Unicode (U+2028, U+0085, form feed) are
    part of a text.
    """
    lines = [found[1] for found in _found_lines(text)]
    kept = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    return kept, len(lines) - len(kept)


def _found_lines(text: str) -> Iterator[re.Match[str]]:
    """Each line of `text`, with what ends it; its first group leaves that out."""
    return (found for found in _LINE.finditer(text) if found.start() < len(text))


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
            header = [name.strip() for name in cells]
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
    lines = (found[0] for found in _found_lines(text))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
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
    if len(items) > MAX_ROWS:
        raise InputError(f"{path}: {len(items):,} texts, more than {MAX_ROWS:,}; split it")
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
    if isinstance(value, dict):
        return Misfit("an object", value)
    if not isinstance(value, list):
        return Misfit("an object")
    return Misfit("a list", [_word(item) if isinstance(item, bool) else item for item in value])


def _word(value: bool) -> str:
    return "true" if value else "false"
