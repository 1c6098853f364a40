"""The choices of a text, from which a model picks one: in several columns, or as a list in one
column."""

import re
from collections.abc import Mapping, Sequence

from reportgen.errors import UsageError
from reportgen.results import label_list
from reportgen.texts.rows import Cell, OddCell

_LIST = "choices"
_NUMBERED = re.compile(r"choice[ _]?\d+", re.IGNORECASE)


def named_choices(given: str | None) -> tuple[str, ...] | None:
    """The columns that `--choice-columns` names; () if it says there are none, None if it was not
    given.

    Raises:
        UsageError: one stands twice.
    """
    if given is None:
        return None
    names = tuple(name for name in (part.strip() for part in given.split(",")) if name)
    if len(set(names)) < len(names):
        raise UsageError(f"--choice-columns {given}: names a column twice")
    return names


def choice_columns(given: Sequence[str] | None, names: Sequence[str]) -> tuple[str, ...]:
    """The columns of choices among the `names` of a file: those that are `given`; else `choices`,
    or `choice1`, `choice2` and so on by their numbers."""
    if given is not None:
        return tuple(given)
    if _LIST in names:
        return (_LIST,)
    numbered = [name for name in names if _NUMBERED.fullmatch(name)]
    return tuple(sorted(numbered, key=lambda name: int("".join(filter(str.isdecimal, name)))))


def choices_of(cells: Sequence[Cell]) -> tuple[str, ...]:
    """The choices in `cells`: one per cell, or the items of the list if there is only one cell.
    Empty choices at the end are ignored; other empty ones are kept, for a message.

    Raises:
        ValueError: a cell holds something else; the message says what is wrong.
    """
    choices = _listed(cells[0]) if len(cells) == 1 else [_text(cell) for cell in cells]
    while choices and not choices[-1].strip():
        choices.pop()
    return tuple(choices)


def _listed(cell: object) -> list[str]:
    if not isinstance(cell, str | OddCell) or not cell:
        return []
    if isinstance(cell, OddCell) and isinstance(cell.items, Mapping):
        return _listed(cell.items.get("text"))  # beside their letters, as CommonsenseQA has them
    given = cell.labels if isinstance(cell, OddCell) else cell
    items = None if given is None else label_list(given)
    if items is None:
        what = cell.what if isinstance(cell, OddCell) else "a text"
        raise ValueError(
            f'holds {what}, not a list of choices; write it as JSON, such as ["yes", "no"], or '
            "name a column for each choice"
        )
    return items


def _text(cell: Cell) -> str:
    if isinstance(cell, OddCell):
        raise ValueError(f"holds {cell.what}, not a choice")
    return cell or ""
