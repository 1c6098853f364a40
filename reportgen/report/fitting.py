"""What fits under a limit: whole rows and whole parts, never half of one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """How long a document may be."""

    characters: int  # code points
    n_bytes: int  # in UTF-8


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a document: what opens it, its rows, and what closes it; lines with their end."""

    head: str
    rows: tuple[str, ...] = ()
    foot: str = ""
    rank: int = 0  # the lower, the sooner it gets room; 0 has to stand


class _Room:
    """What is left of a limit."""

    def __init__(self, limit: Limit) -> None:
        self._characters, self._bytes = limit.characters, limit.n_bytes

    def take(self, *texts: str) -> bool:
        """Take room for all of `texts`; False, and nothing taken, where there is not enough."""
        characters = sum(map(len, texts))
        n_bytes = sum(len(text.encode()) for text in texts)
        if characters > self._characters or n_bytes > self._bytes:
            return False
        self._characters -= characters
        self._bytes -= n_bytes
        return True


def fit(parts: Sequence[Part], limit: Limit, last: Callable[[int], str]) -> str | None:
    """The document of `parts`, in their order, under `limit`; None where what has to stand is too
    long already.

    Rows are left out from the end of a part; a part that had rows and would keep none is left out
    as a whole. `last` gives the last line for how many rows are not shown (a part without rows
    counts as one).
    """
    room = _Room(limit)
    if room.take(*(_whole(part) for part in parts)):
        return "".join(_whole(part) for part in parts)
    room = _Room(limit)
    if not room.take(last(sum(map(_rows_of, parts)))):
        return None
    shown: dict[int, str] = {}
    left_out = 0
    for place, part in sorted(enumerate(parts), key=lambda item: item[1].rank):
        rows = _taken(part, room)
        if rows is not None:
            shown[place] = part.head + "".join(rows) + part.foot
        elif part.rank == 0:
            return None
        left_out += _rows_of(part) - (len(rows or ()) if part.rows else rows is not None)
    return "".join(text for _, text in sorted(shown.items())) + last(left_out)


def _taken(part: Part, room: _Room) -> Sequence[str] | None:
    """The rows of `part` that there is room for; None where it is left out."""
    first = part.rows[:1]
    if not room.take(part.head, part.foot, *first):
        return None
    for index in range(1, len(part.rows)):
        if not room.take(part.rows[index]):
            return part.rows[:index]
    return part.rows


def _rows_of(part: Part) -> int:
    return max(1, len(part.rows))


def _whole(part: Part) -> str:
    return part.head + "".join(part.rows) + part.foot
