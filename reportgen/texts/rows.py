"""What a file of texts is read into: rows of named cells."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias


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
    n_more: int = 0  # rows that were not read, because no more were wanted
