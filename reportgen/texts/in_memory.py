"""Takes texts from memory: a list, a DataFrame or a data set, with labels, ids and groups."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from reportgen.errors import InputError, UsageError
from reportgen.results import TYPED
from reportgen.texts.columns import Columns
from reportgen.texts.multiple_choice import named_choices
from reportgen.texts.read import TextSet, first_texts, kept_texts, texts_of

# Labels, ids and the like: one value per text or, if the texts are a table, the name of a column.
Beside: TypeAlias = Sequence[Any] | str | None
NAME = "texts.jsonl"
# What may stand beside a text, with the argument that gives it.
ARGUMENTS = {
    "pair": "pairs",
    "completion": "completions",
    "label": "labels",
    "id": "ids",
    "group": "groups",
    "units": "text_units",
    "variant_of": "variant_of",
    "variant": "variants",
    "choices": "choices",
}


def texts_in_memory(
    texts: object,
    column: str | None,
    beside: Mapping[str, Beside],
    scores: tuple[str, ...] = (),
) -> TextSet:
    """Take the texts of a list of strings or of dicts, a DataFrame, or anything with `to_pandas`.

    They are written as JSON lines and read back as a file `texts.jsonl`, so that the same checks
    hold as for files. `column` names the column of texts in a table; `beside` maps the names in
    ARGUMENTS to values or to a column; `scores` are columns of a table.

    Raises:
        UsageError: a column does not exist, or there are more or fewer values than texts.
        InputError: a text is not a string, two have the same id, or there are no texts.
    """
    table = _table(texts)
    if table is None:
        if column is not None:
            raise UsageError(
                "text_column: these texts are a list, which has no columns; leave it out"
            )
        if scores:
            raise UsageError(
                "scores: a list of texts has no columns; give them by name, such as "
                'scores={"captum": [[0.2, -0.1], …]}'
            )
        rows = [{"text": text} for text in _strings(texts)]
        columns = Columns(text="text")
    else:
        rows = table
        given: dict[str, Any] = {
            name: value for name, value in beside.items() if isinstance(value, str)
        }
        given["choices"] = named_choices(given.get("choices"))
        columns = Columns(text=column, scores=scores, **given)
    for name, argument in ARGUMENTS.items():
        values = beside.get(name)
        if values is None or (isinstance(values, str) and table is not None):
            continue
        if isinstance(values, str):
            raise UsageError(f"{argument}: a list of texts has no columns; give one value per text")
        _put(rows, name, values, argument)
    return texts_of(b"".join(map(_line, rows)), NAME, columns)


def typed_texts(
    texts: Sequence[str], variants: Sequence[str] = (), limit: int | None = None
) -> TextSet:
    """Take texts that were typed on the command line; they have no file. Behind them stand their
    `variants`: all of the only text, or one of each.

    Raises:
        UsageError: there are several texts, and not as many variants.
    """
    if variants and len(texts) not in (1, len(variants)):
        raise UsageError(
            f"--text-variant: {len(variants)} for {len(texts)} texts; give one text with any "
            "number of variants, or one variant for each text"
        )
    originals = [1] * len(variants) if len(texts) == 1 else range(1, len(variants) + 1)
    read = texts_in_memory(
        [*texts, *variants], None, {"variant_of": [None] * len(texts) + [*originals]}
    )
    read = read if limit is None else first_texts(read, limit)
    typed = kept_texts(
        replace(text, source=f"{TYPED}:{number}") for number, text in enumerate(read.texts, 1)
    )
    return replace(read, texts=typed, files=tuple(replace(f, name=TYPED) for f in read.files))


def _table(texts: object) -> list[dict[str, Any]] | None:
    """The rows of a DataFrame, of what can be converted to one, or of a list of dicts; None if
    `texts` is no table."""
    frame = _frame(texts)
    if frame is not None:
        return _records(frame)
    if isinstance(texts, list | tuple) and texts and isinstance(texts[0], Mapping):
        for number, row in enumerate(texts, 1):
            if not isinstance(row, Mapping):
                raise InputError(f"text {number} is {type(row).__name__}, not a dict as the first")
        return [{str(name): value for name, value in row.items()} for row in texts]
    return None


def _frame(texts: object) -> Any:
    """The DataFrame that `texts` is or can be converted to; None if it is not a table."""
    if hasattr(texts, "isna") and hasattr(texts, "columns"):
        return texts
    if hasattr(texts, "to_pandas"):
        frame = texts.to_pandas()
        if not hasattr(frame, "columns"):
            raise InputError(
                "to_pandas() did not return a table; give one split, such as data['test']"
            )
        return frame
    if isinstance(texts, Mapping):  # a dictionary of splits
        raise InputError(f"give one of these splits, not all of them: {', '.join(map(str, texts))}")
    return None


def _strings(texts: object) -> list[str]:
    if not isinstance(texts, Iterable):
        raise InputError(
            f"texts: {type(texts).__name__}; give a list of strings or dicts, a table, or a "
            "file's name"
        )
    strings = list(texts)
    for number, text in enumerate(strings, 1):
        if not isinstance(text, str):
            raise InputError(f"text {number} is {type(text).__name__}, not a string")
    return strings


def _records(frame: Any) -> list[dict[str, Any]]:
    """One row per text; missing values of any kind become None."""
    empty = frame.isna()
    records: list[dict[str, Any]] = frame.to_dict("records")
    for record, missing in zip(records, empty.to_dict("records"), strict=True):
        record.update({name: None for name, is_missing in missing.items() if is_missing})
    return [{str(name): value for name, value in record.items()} for record in records]


def _put(rows: list[dict[str, Any]], name: str, values: Sequence[Any], argument: str) -> None:
    if not isinstance(values, Iterable):
        raise UsageError(
            f"{argument}: {type(values).__name__}; give a list with one value per text, or None"
        )
    given = list(values)
    if len(given) != len(rows):
        raise UsageError(
            f"{argument}: {len(given)} for {len(rows)} texts; give one per text, or None"
        )
    for row, given_value in zip(rows, given, strict=True):
        value = _plain(given_value) if hasattr(given_value, "tolist") else given_value
        row[name] = None if value is None or value != value else value  # NaN is not itself


def _line(row: Mapping[str, Any]) -> bytes:
    try:
        return f"{json.dumps(row, ensure_ascii=False, default=_plain)}\n".encode()
    except UnicodeEncodeError:  # a lone surrogate, which a file can hold only as an escape
        return f"{json.dumps(row, default=_plain)}\n".encode()


def _plain(value: Any) -> Any:
    """Convert what JSON cannot write: numbers and arrays of numpy, anything else to a string."""
    plain = getattr(value, "tolist", None)
    return plain() if callable(plain) else str(value)
