"""Rows of named cells, into which files of texts are read."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class OddCell:
    """A cell that is not text; `what` describes it, such as "a list"."""

    what: str
    # Of a list or an object, numbers as strings.
    items: Sequence[object] | Mapping[str, object] | None = None
    numbers: Sequence[float | None] | None = None  # of a list that can only be scores

    @property
    def as_json(self) -> str | None:
        """A list or an object as JSON; None if it is nested too deeply."""
        if self.items is None:
            return None
        try:
            return json.dumps(self.items, ensure_ascii=False, default=_inside)
        except RecursionError:
            return None

    @property
    def words(self) -> Sequence[str] | None:
        """The items of a list of strings, numbers, true and false."""
        items = self.items if isinstance(self.items, Sequence) else (None,)
        words = [item for item in items if isinstance(item, str)]
        return words if len(words) == len(items) else None

    @property
    def labels(self) -> str | None:
        """Of such a list, which may have null for words without a label, or of answers as SQuAD has
        them (an object with the list `text`, or a list of objects with a `text` each): the list as
        JSON."""
        items = self.items
        if isinstance(items, Mapping):
            answers = items.get("text")
            return answers.labels if isinstance(answers, OddCell) else None
        texts = [item.get("text") if isinstance(item, Mapping) else item for item in items or ()]
        given = [text for item, text in zip(items or (), texts, strict=True) if item is not None]
        known = replace(self, items=given).words
        return None if items is None or known is None else replace(self, items=texts).as_json


def _inside(cell: OddCell) -> object:
    """What stands for a cell inside of another."""
    return cell.what if cell.items is None else cell.items


Cell: TypeAlias = str | OddCell | None


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row of a file: a text and its other cells."""

    # The line it starts on; "item 3" in a JSON list, "row 3" in a parquet file, "Sheet1 row 3" in a
    # workbook, "a.txt" in a folder.
    place: str
    cells: Mapping[str, Cell]


class RowsOnDisk(Collection[FileRow]):
    """The `n` rows of a file; the file is read again for each iteration."""

    def __init__(self, n: int, read: Callable[[], Iterator[FileRow]]) -> None:
        self._n = n
        self._read = read

    def __len__(self) -> int:
        return self._n

    def __iter__(self) -> Iterator[FileRow]:
        return self._read()

    def __contains__(self, row: object) -> bool:
        return any(other == row for other in self)


@dataclass(frozen=True, slots=True)
class TextTable:
    """The rows of one file; plain text has a single column named `text`."""

    columns: tuple[str, ...]  # empty if the file holds nothing
    rows: Collection[FileRow]
    n_blank_lines: int = 0
    n_more: int = 0  # rows that were not read, because no more were wanted
    notes: tuple[str, ...] = ()  # for the user: what was left unread or taken otherwise
    sha256: str | None = None  # of a folder: the checksum of all that was read
    numbers: tuple[str, ...] | None = None  # columns of numbers; None where the cells have to say
    joint: str = ":"  # stands between the name of the source and the place of a row
