"""Ends what a killed run left half-way beside outputs, and removes its temporary folders."""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from reportgen.errors import OutputError
from reportgen.files import system
from reportgen.files.destinations import PICTURES_FOLDER
from reportgen.files.temporary import BESIDE, Temporary, abandoned
from reportgen.files.transaction import JOURNAL, POINTER, Move, locked, read_journal, undo


def recover_at(paths: Iterable[str | Path]) -> tuple[str, ...]:
    """End or undo what killed runs left where outputs go to `paths`; returns a line for each."""
    folders: dict[Path, None] = {}
    for path in paths:
        folder = Path(os.path.realpath(path)).parent
        # Pictures lie in a folder beside a page, and a page may have its folder to itself.
        folders |= dict.fromkeys((folder, folder / PICTURES_FOLDER, folder.parent))
    return tuple(line for folder in folders for line in recover(folder))


def recover_below(folder: Path, depth: int) -> list[str]:
    """The same in `folder` and all folders in it, `depth` levels down; links are not followed."""
    lines = [*recover(folder.parent), *recover(folder)]
    folders = [folder]
    for _ in range(depth):
        folders = [path for above in folders for path in _folders_in(above)]
        lines += [line for path in folders for line in recover(path)]
    return lines


def _folders_in(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as items:
            return sorted(Path(item) for item in items if item.is_dir(follow_symlinks=False))
    except OSError:
        return []


def recover(folder: Path) -> list[str]:
    """End or undo what killed runs left in `folder`; returns a line for each.

    A run that was killed while it moved several outputs to their names left a journal: the moves
    that are missing are made. Temporary folders of runs killed earlier are removed. Those of runs
    that still go on are left alone.
    """
    return [line for left in abandoned(folder) if (line := _end(left, folder))]


def _end(left: Temporary, folder: Path) -> str:
    journal = _journal_of(left)
    if journal is None:
        is_gone = left.remove()
        return f"{folder}: removed temporary files of a run that was killed" if is_gone else ""
    is_own = journal.parent == left.path
    lines = [_finish(journal)] if is_own else recover(journal.parent.parent)
    if journal.exists():  # another run is ending it just now
        left.release()
    else:
        left.remove()
    return "; ".join(filter(None, lines))


def _journal_of(left: Temporary) -> Path | None:
    """The journal of the moves that a temporary folder takes part in; None if there is none."""
    if not left.is_as_made:
        return None
    journal = left.path / JOURNAL
    if journal.exists():
        return journal
    with suppress(OSError, ValueError, TypeError, RecursionError):
        named = Path(json.loads((left.path / POINTER).read_bytes()))
        if named.name == JOURNAL and named.exists():
            return named
    return None


def _finish(journal: Path) -> str:
    """Make the moves of `journal` that were not made; if one fails, undo all."""
    try:
        moves = [move for move in read_journal(journal) if _is_trusted(move)]
    except ValueError:
        with suppress(OSError):
            system.remove(journal)
        return f"{journal.parent.parent}: removed temporary files of a run that was killed"
    names = ", ".join(move.target.name for move in moves)
    with locked({move.target.parent for move in moves}):
        missing = [move for move in moves if not move.is_done]
        try:
            for move in missing:
                if move.can_be_made:
                    move.make()
        except OSError:
            with suppress(OutputError):
                undo(moves)
            done = "put the old outputs back"
        else:
            done = "finished writing"
        with suppress(OSError):
            system.remove(journal)
    return f"{done} of a run that was killed: {names}" if missing else ""


def _is_trusted(move: Move) -> bool:
    """Whether a move stays within one folder, as all that are written down do."""
    inside = move.item.parent
    return inside.name.startswith(BESIDE) and inside.parent == move.target.parent
