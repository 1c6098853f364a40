"""Texts that a caller holds in memory: a list, a DataFrame or a data set, with their columns."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from reportgen.errors import InputError, UsageError
from reportgen.texts.read import Columns, TextSet, texts_of

# What stands beside the texts: a value a text or, where the texts are a table, a column's name.
Beside: TypeAlias = Sequence[Any] | str | None
NAME = "texts.jsonl"
_PARTS = ("pair", "label", "id", "group")


def texts_in_memory(texts: object, column: str | None, beside: Mapping[str, Beside]) -> TextSet:
    """The texts of a list of strings, a DataFrame, or anything with `to_pandas`.

    They are what a file `texts.jsonl` of them would give: its bytes are made and read as those of
    any file are, so that every check of a file is one of these too. `column` names that of the
    texts in a table; `beside` has, by "pair", "label", "id" and "group", values or the column.

    Raises:
        UsageError: a column is not there, or there are more or fewer values than texts.
        InputError: a text is no string, two have the same id, or there are none.
    """
    frame = _frame(texts)
    if frame is None:
        if column is not None:
            raise UsageError("text_column: these texts are a list, which has no columns")
        rows = [{"text": text} for text in _strings(texts)]
        columns = Columns(text="text")
    else:
        rows = _records(frame)
        given = {name: value for name, value in beside.items() if isinstance(value, str)}
        columns = Columns(text=column, **given)
    for name in _PARTS:
        values = beside.get(name)
        if values is None or (isinstance(values, str) and frame is not None):
            continue
        if isinstance(values, str):
            raise UsageError(f"{name}s: a list of texts has no columns; give a value a text")
        _put(rows, name, values)
    return texts_of(b"".join(map(_line, rows)), NAME, columns)


def _frame(texts: object) -> Any:
    """The table that `texts` are or can be made into, as a DataFrame; None where they are none."""
    if hasattr(texts, "isna") and hasattr(texts, "columns"):
        return texts
    if hasattr(texts, "to_pandas"):
        frame = texts.to_pandas()
        if not hasattr(frame, "columns"):
            raise InputError("to_pandas() gave no table; give one split, such as data['test']")
        return frame
    if isinstance(texts, Mapping):  # a dictionary of splits
        raise InputError(f"give one of these, not all: {', '.join(map(str, texts))}")
    return None


def _strings(texts: object) -> list[str]:
    if not isinstance(texts, Iterable):
        raise InputError(
            f"texts: {type(texts).__name__}; give a list of strings, a table, or a file's name"
        )
    found = list(texts)
    for number, text in enumerate(found, 1):
        if not isinstance(text, str):
            raise InputError(f"text {number} is {type(text).__name__}, not a string")
    return found


def _records(frame: Any) -> list[dict[str, Any]]:
    """A row a text; what is missing is null, whatever a table writes for it."""
    empty = frame.isna()
    records: list[dict[str, Any]] = frame.to_dict("records")
    for record, missing in zip(records, empty.to_dict("records"), strict=True):
        record.update({name: None for name, is_missing in missing.items() if is_missing})
    return [{str(name): value for name, value in record.items()} for record in records]


def _put(rows: list[dict[str, Any]], name: str, values: Sequence[Any]) -> None:
    if not isinstance(values, Iterable):
        raise UsageError(f"{name}s: {type(values).__name__}; give a list with one a text, or None")
    given = list(values)
    if len(given) != len(rows):
        raise UsageError(f"{name}s: {len(given)} for {len(rows)} texts; give one a text, or None")
    for row, value in zip(rows, given, strict=True):
        row[name] = None if value is None or value != value else value  # NaN is not itself


def _line(row: Mapping[str, Any]) -> bytes:
    try:
        return f"{json.dumps(row, ensure_ascii=False, default=_plain)}\n".encode()
    except UnicodeEncodeError:  # half a character, which no file can hold but as an escape
        return f"{json.dumps(row, default=_plain)}\n".encode()


def _plain(value: Any) -> Any:
    """What JSON has no word for: a number of numpy's as a number, else as it prints itself."""
    item = getattr(value, "item", None)
    return item() if callable(item) else str(value)
