"""Finds which column of a table holds the texts, and which columns hold labels, ids and the
rest."""

from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.errors import UsageError, quoted
from reportgen.texts.labels import label_number
from reportgen.texts.multiple_choice import choice_columns
from reportgen.texts.rows import Cell, TextTable

_BESIDE = ("pair", "completion", "label", "id", "group", "units")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what.

    `text`: None means the column `text`, the only column if there is just one, or the only column
    of words where all others hold numbers. The others: None means the column of that name if there
    is one, an empty string means none in any case. `choices`: None means `choices`, or `choice1`,
    `choice2` and so on; an empty tuple means none.
    """

    text: str | None = None
    pair: str | None = None
    completion: str | None = None
    label: str | None = None
    id: str | None = None
    group: str | None = None
    units: str | None = None
    choices: tuple[str, ...] | None = None

    @property
    def named(self) -> list[str]:
        """The names of all columns that are known."""
        single = (self.text, *(getattr(self, part) for part in _BESIDE))
        return [name for name in (*single, *(self.choices or ())) if name is not None]


BY_NAME = Columns()


def wanted(columns: Columns, path: str, names: Sequence[str]) -> set[str]:
    """The columns of a file whose cells are needed: all of them if the cells must decide which
    column holds the texts. `path` is for messages.

    Raises:
        UsageError: one does not exist, or stands twice.
    """
    if not names:
        return set()
    text = _named_text(columns, names)
    if text is None:
        return set(names)
    return set(_beside(columns, text, names, path).named)


def chosen(columns: Columns, table: TextTable, path: str) -> tuple[Columns, tuple[str, ...]]:
    """The columns of this table by name, None for those it lacks; and remarks for the user.

    Raises:
        UsageError: one does not exist, or stands twice.
    """
    names = table.columns
    text = _named_text(columns, names)
    notes: tuple[str, ...] = ()
    if text is None:
        text = only_words(columns, table)
        if text is None:
            raise UsageError(
                f"{path}: no column 'text'; name one with --text-column; {_listed(names)}"
            )
        notes = (
            f"{path}: the texts are taken from the column {quoted_name(text)}, the only one of "
            "words; --text-column names another",
        )
    return _beside(columns, text, names, path), notes


def only_words(columns: Columns, table: TextTable) -> str | None:
    """The only column of `table` that contains words and is not needed for something else. None if
    there is none or more than one, or if the header may really be a row."""
    if any(label_number(name) is not None for name in table.columns):
        return None
    used = {getattr(columns, part) or part for part in _BESIDE if getattr(columns, part) != ""}
    used |= set(choice_columns(columns.choices, table.columns))
    with_words = set[str]()
    left = [name for name in table.columns if name not in used]
    for row in table.rows:  # once, as a large file is read again each time
        with_words.update(name for name in left if is_words(row.cells.get(name)))
        if len(with_words) > 1:
            return None
    return next(iter(with_words), None)


def is_words(cell: Cell) -> bool:
    """Whether a cell has a letter and is not a number, such as 1e5."""
    return isinstance(cell, str) and any(map(str.isalpha, cell)) and label_number(cell) is None


def _named_text(columns: Columns, names: Sequence[str]) -> str | None:
    """The column of texts, where the names say it."""
    if columns.text:
        return columns.text
    if "text" in names:
        return "text"
    return names[0] if len(names) == 1 else None


def _beside(columns: Columns, text: str, names: Sequence[str], path: str) -> Columns:
    def part(name: str, given: str | None) -> str | None:
        if given is None:
            return name if name in names and name != text else None
        return _found(given, names) or None

    chosen = Columns(
        text=_found(text, names),
        pair=part("pair", columns.pair),
        completion=part("completion", columns.completion),
        label=part("label", columns.label),
        id=part("id", columns.id),
        group=part("group", columns.group),
        units=part("units", columns.units),
        choices=tuple(_found(name, names) for name in choice_columns(columns.choices, names)),
    )
    for name in chosen.named:
        if name not in names:
            raise UsageError(f"{path}: no column {quoted_name(name)}; {_listed(names)}")
        if names.count(name) > 1:
            raise UsageError(
                f"{path}: more than one column is named {quoted_name(name)}; rename one"
            )
    return chosen


def _found(given: str, names: Sequence[str]) -> str:
    """The name that is given, without the blanks around it where the file has none."""
    return given if given in names or given.strip() not in names else given.strip()


def quoted_name(text: str) -> str:
    """Quote `text` from a file for a message: on one line, shortened if it is long."""
    shown = repr(text)
    return quoted(shown if len(shown) <= 80 else f"{shown[:76]}...'")


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 30} more" if len(names) > 30 else ""
    return f"columns: {quoted(', '.join(map(quoted_name, names[:30])) + more)}"
