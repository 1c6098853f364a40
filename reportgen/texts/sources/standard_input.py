"""Detects the format of standard input, which has no file name."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from reportgen.errors import InputError
from reportgen.texts.columns import (
    BY_NAME,
    Columns,
    by_name,
    is_words,
    only_words,
    quoted_name,
)
from reportgen.texts.formats.encoding import decode
from reportgen.texts.formats.file_formats import read_table
from reportgen.texts.formats.lines import FileLines
from reportgen.texts.labels import label_number
from reportgen.texts.rows import Cell, TextTable
from reportgen.texts.source_files import InputFormat, require_bounded

_BEGINNINGS: Mapping[bytes, InputFormat] = {b"PAR1": "parquet", b"PK\x03\x04": "xlsx"}
_LINES = "--input-format txt takes each line as a text"
_SHOWN = "stdin"


def format_found(
    content: bytes | Path, columns: Columns, encoding: str | None, delimiter: str | None
) -> tuple[InputFormat, tuple[str, ...]]:
    """The format of standard input, and what is to be said of it; plain text unless it is certain.
    Where it is long it lies in a file, in UTF-8 and in lines, that is no JSON list.

    A table is one whose first line names the column of texts, by its usual name too, or whose only
    column of words stands among numbers. Lines that begin with an object are JSON lines, and what
    is one list is JSON.

    Raises:
        InputError: it cannot be decoded.
    """
    if isinstance(content, bytes):
        for mark, binary in _BEGINNINGS.items():
            if content.startswith(mark):
                return binary, ()
        require_bounded(content, "txt", _SHOWN)
    if delimiter is not None:
        return "csv", ()
    text = _beginning(content, encoding)
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    if first.startswith("{") and isinstance(_json(first), dict):
        return "jsonl", (f"{_SHOWN}: read as JSON lines; {_LINES}",)
    if isinstance(content, bytes) and first.startswith("[") and _is_list(_json(text)):
        return "json", (f"{_SHOWN}: read as a JSON list; {_LINES}",)
    return _of_lines(content, columns, encoding)


def _beginning(content: bytes | Path, encoding: str | None) -> str:
    """At least the first line; all of what is not in a file."""
    if isinstance(content, Path):
        return FileLines(content, _SHOWN).beginning
    return decode(content, _SHOWN, encoding)


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_list(content: object) -> bool:
    return isinstance(content, list) and bool(content) and isinstance(content[0], dict | str)


def _of_lines(
    data: bytes | Path, columns: Columns, encoding: str | None
) -> tuple[InputFormat, tuple[str, ...]]:
    """Whether lines are the rows of a table."""
    name = columns.text or "text"
    try:
        if isinstance(data, bytes):
            require_bounded(data, "csv", _SHOWN)
        table = read_table(data, "csv", _SHOWN, encoding)
    except InputError:
        if name != "text":  # lines have no other name, and what is wrong with a table is told
            return "csv", ()
        return "txt", _doubts(data, encoding)
    usual = by_name(columns, table.columns).text if len(table.columns) > 1 else None
    column = name if name in table.columns else None if columns.text else usual
    if column is None and (columns.text is not None or not _is_among_numbers(table)):
        return "txt", ()
    column = column or only_words(columns, table)
    shown = quoted_name(column or "")
    note = f"{_SHOWN}: read as a table, as its first line names the column {shown}"
    return "csv", (f"{note}; {_LINES}",)


def _doubts(data: bytes | Path, encoding: str | None) -> tuple[str, ...]:
    """What is said of lines that are no table, though the first could be its header."""
    lines = _beginning(data, encoding).splitlines()
    names = [name.strip(' "') for name in re.split("[,;\t]", lines[0])] if lines else []
    if "text" not in names:
        return ()
    return (f"{_SHOWN}: each line is a text, the first too; --input-format csv reads a table",)


def _is_among_numbers(table: TextTable) -> bool:
    """Whether the only column of words has a name, and beside it stand named columns of numbers."""
    words_column = only_words(BY_NAME, table)
    others = [name for name in table.columns if name != words_column]
    cells = ((row.cells.get(name) for row in table.rows) for name in others)
    return (
        words_column is not None
        and bool(others)
        and all(map(is_words, table.columns))
        and all(all(not cell or _is_number(cell) for cell in column) for column in cells)
    )


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, str) and label_number(cell) is not None
