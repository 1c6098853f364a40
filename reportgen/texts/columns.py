"""Finds which column of a table holds the texts, and which columns hold labels, ids and the
rest."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise

from reportgen.errors import UsageError, quoted
from reportgen.texts.labels import label_number
from reportgen.texts.multiple_choice import choice_columns
from reportgen.texts.rows import Cell, TextTable
from reportgen.texts.usual_columns import UsualColumns, plain_name, usual_columns

_BESIDE = (
    *("pair", "completion", "label", "id", "group", "units"),
    *("variant_of", "variant"),
)
_FIRST_ROWS = 200  # by which it is judged whether a column holds numbers
_ENOUGH = 3  # numbers that rise by 1 count the rows


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what.

    `text`: None means the column `text`, the only column if there is just one, one with a usual
    name (see `usual_columns`), or the only column of words where all others hold numbers. `pair`
    and `label`: None means the column of that name, or one with a usual name. The others: None
    means the column of that name if there is one; an empty string means none in any case.
    `choices`: None means `choices`, or `choice1`, `choice2` and so on; an empty tuple means none.
    `scores`: those that are named, and no others.
    """

    text: str | None = None
    pair: str | None = None
    completion: str | None = None
    label: str | None = None
    id: str | None = None
    group: str | None = None
    units: str | None = None
    variant_of: str | None = None
    variant: str | None = None
    choices: tuple[str, ...] | None = None
    scores: tuple[str, ...] = ()

    @property
    def named(self) -> list[str]:
        """The names of all columns that are known."""
        single = (self.text, *(getattr(self, part) for part in _BESIDE))
        several = (*(self.choices or ()), *self.scores)
        return [name for name in (*single, *several) if name is not None]

    @property
    def called_otherwise(self) -> dict[str, str]:
        """What is read from a column that is called something else: its name."""
        parts = {part: getattr(self, part) for part in ("text", *_BESIDE)}
        return {part: name for part, name in parts.items() if name and name != part}


BY_NAME = Columns()


def wanted(columns: Columns, path: str, names: Sequence[str]) -> set[str]:
    """The columns of a file whose cells are needed: all of them if the cells must decide which
    column holds the texts. `path` is for messages.

    Raises:
        UsageError: one does not exist, or stands twice, or more than one could be the label.
    """
    if not names:
        return set()
    known = by_name(columns, names)
    if known.text is None:
        return set(names)
    return set(_beside(columns, known, names, path).named)


def chosen(columns: Columns, table: TextTable, path: str) -> tuple[Columns, tuple[str, ...]]:
    """The columns of this table by name, None for those it lacks; and remarks for the user: what
    was recognised, and which column of numbers could be compared with.

    Raises:
        UsageError: one does not exist, or stands twice, or more than one could be the label.
    """
    names = table.columns
    known = by_name(columns, names)
    notes: list[str] = []
    if known.text is None:
        text = only_words(columns, table)
        if text is None:
            raise UsageError(f"{path}: no column 'text'{_candidates(columns, names)}")
        known = replace(known, text=text)
        notes.append(
            f"{path}: the texts are taken from the column {quoted_name(text)}, the only one of "
            "words; --text-column names another"
        )
    taken = _beside(columns, known, names, path)
    notes += _recognised(columns, taken, path, is_told=bool(notes))
    if columns.label is None and taken.label is None and taken.completion is None:
        notes += _offered(_numbers(table, taken), path)
    return taken, tuple(notes)


def only_words(columns: Columns, table: TextTable) -> str | None:
    """The only column of `table` that contains words and is not needed for something else. None if
    there is none or more than one, or if the header may really be a row."""
    if any(label_number(name) is not None for name in table.columns):
        return None
    known = by_name(columns, table.columns)
    used = {getattr(known, part) or part for part in _BESIDE if getattr(columns, part) != ""}
    used |= {*choice_columns(columns.choices, table.columns), *columns.scores}
    with_words = set[str]()
    left = [name for name in table.columns if name not in used]
    for row in table.rows:  # once, as a large file is read again each time
        with_words.update(name for name in left if is_words(row.cells.get(name)))
        if len(with_words) > 1:
            return None
    return next(iter(with_words), None)


def by_name(columns: Columns, names: Sequence[str]) -> Columns:
    """The columns of texts, pairs and labels as far as their names say it, others as they are
    given."""
    usual = _usual(columns, names)
    text = columns.text
    if not text:
        text = "text" if "text" in names else names[0] if len(names) == 1 else usual.text
    pair, label = columns.pair, columns.label
    if pair is None and text == usual.text:
        pair = None if "pair" in names else usual.pair
    if label is None and "label" not in names and usual.label != text:
        label = usual.label
    return replace(columns, text=text, pair=pair, label=label)


def _usual(columns: Columns, names: Sequence[str]) -> UsualColumns:
    """The usual columns among those that are not given for something else."""
    return usual_columns(names, {_found(name, names) for name in columns.named if name})


def is_words(cell: Cell) -> bool:
    """Whether a cell has a letter and is not a number, such as 1e5."""
    return isinstance(cell, str) and any(map(str.isalpha, cell)) and label_number(cell) is None


def _beside(columns: Columns, known: Columns, names: Sequence[str], path: str) -> Columns:
    """The columns by name: those that were given, those that are `known` by their names, and those
    that are called as what they are for."""
    text = known.text or ""

    def part(name: str) -> str | None:
        given = getattr(known, name)
        if given is None:
            return name if name in names and name != text else None
        return _found(given, names) or None

    chosen = Columns(
        text=_found(text, names),
        **{name: part(name) for name in _BESIDE},
        choices=tuple(_found(name, names) for name in choice_columns(columns.choices, names)),
        scores=tuple(_found(name, names) for name in columns.scores),
    )
    for name in chosen.named:
        if name not in names:
            raise UsageError(f"{path}: no column {quoted_name(name)}; {_listed(names)}")
        if names.count(name) > 1:
            raise UsageError(
                f"{path}: more than one column is named {quoted_name(name)}; rename one"
            )
    if columns.label is None and chosen.label is None:
        labels = [name for name in _usual(columns, names).labels if name != text]
        if len(labels) > 1:
            raise UsageError(
                f"{path}: {_or(labels)} could be the label; choose with --label-column, or leave "
                "labels out with --label-column ''"
            )
    return chosen


# What a part is called in a sentence, where it can be recognised by the name of its column.
_CALLED = {"text": "the text", "pair": "the pair", "label": "the label"}


def _recognised(columns: Columns, taken: Columns, path: str, *, is_told: bool) -> list[str]:
    """A remark on the columns that were taken because of their usual names; `is_told`: that of the
    texts is told already."""
    recognised = {
        part: name
        for part in _CALLED
        if (name := getattr(taken, part)) and getattr(columns, part) is None and name != part
    }
    if is_told:
        recognised.pop("text", None)
    if not recognised:
        return []
    parts = [f"{_CALLED[part]} from {quoted_name(name)}" for part, name in recognised.items()]
    parts[0] = parts[0].replace(" from ", " is taken from the column ", 1)
    options = [f"--{part}-column" for part in recognised]
    verb = "names another" if len(options) == 1 else "name others"
    return [f"{path}: {', '.join(parts)}; {_and(options)} {verb}"]


def _offered(numbers: Sequence[str], path: str) -> list[str]:
    """A remark on a column of numbers that nothing is compared with."""
    if not numbers:
        return []
    first, *others = numbers
    option = quoted(f"`--label-column {shlex.quote(first)}`")
    more = f" (other columns of numbers: {', '.join(map(quoted_name, others[:3]))})"
    return [
        f"{path}: the column {quoted_name(first)} holds numbers; {option} would compare the "
        f"predictions with them{more if others else ''}"
    ]


def _numbers(table: TextTable, taken: Columns) -> list[str]:
    """The columns that hold numbers, to judge by the first rows, but for those that are used or
    count the rows."""
    used = {*taken.named}
    left = [name for name in table.columns if name.strip() and name not in used]
    if table.numbers is not None:
        return [name for name in left if name in table.numbers and not _is_id(name)]
    rows = list(islice(table.rows, _FIRST_ROWS))
    cells = {name: [row.cells.get(name) for row in rows] for name in left}
    return [name for name in left if not _is_id(name) and _are_numbers(cells[name])]


def _is_id(name: str) -> bool:
    """Whether a name is that of an id or of a number of the row."""
    plain = plain_name(name)
    return plain.endswith("id") or plain.startswith(("idx", "index", "unnamed", "row"))


def _are_numbers(cells: Sequence[Cell]) -> bool:
    """Whether cells hold numbers, and not only those of the rows."""
    given = [cell for cell in cells if cell]
    values = [label_number(cell) if isinstance(cell, str) else None for cell in given]
    numbers = [value for value in values if value is not None]
    if not numbers or len(numbers) < len(values):
        return False
    steps = {second - first for first, second in pairwise(numbers)}
    return len(numbers) < _ENOUGH or steps != {1.0}


def _candidates(columns: Columns, names: Sequence[str]) -> str:
    """What to do about texts that were not found, and which columns there are."""
    could = _usual(columns, names).texts
    hint = f", and {_or(could)} could hold the texts" if len(could) > 1 else ""
    return f"{hint}; name one with --text-column; {_listed(names)}"


def _or(names: Sequence[str]) -> str:
    *first, last = map(quoted_name, names)
    return f"{', '.join(first)} or {last}" if first else last


def _and(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


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
