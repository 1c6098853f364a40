"""Moves a set of files and folders to their names: all of them or none.

One move is a single step of the file system. Several are written down first, in a journal beside
the new files: a run that is killed in between leaves it behind, and the next run that writes there
ends the moves (see `recovery`). A failure in between undoes what was moved.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from reportgen.errors import OutputError, unwritten
from reportgen.files import system

JOURNAL, POINTER = "journal.json", "pointer.json"
_TOO_MUCH = (OverflowError, RecursionError)  # numbers without end, and lists within lists
_PATH_BYTES, _NAME_BYTES = 4_095, 255  # the most of a path and of a name in it
_PATIENCE = 60.0  # seconds to wait for another run that moves its files in the same folder


@dataclass(frozen=True, slots=True)
class Move:
    """A new file or folder, and the name it is to have."""

    item: Path  # in a temporary folder beside `target`
    target: Path
    number: int  # the inode of `item`: tells whether it stands at `target` already
    may_replace: bool = True  # what may have appeared at `target` meanwhile

    @property
    def can_be_made(self) -> bool:
        """Whether what is to be moved is still there, and is what was made ready."""
        try:
            return self.item.lstat().st_ino == self.number
        except FileNotFoundError:
            return False

    @classmethod
    def of(cls, item: Path, target: Path, *, may_replace: bool) -> Self:
        """The move of `item`, which is complete, to `target`."""
        return cls(item, target, item.stat().st_ino, may_replace)

    @property
    def kept(self) -> Path:
        """Where the old file or folder is kept if two names cannot be exchanged."""
        return self.item.with_name(f"{self.item.name}.old")

    @property
    def is_done(self) -> bool:
        """Whether the new file or folder stands at its name."""
        try:
            return self.target.stat().st_ino == self.number
        except FileNotFoundError:
            return False

    @property
    def replaced(self) -> Path | None:
        """What stood at the name before, once the move is made; None if nothing did."""
        return next((path for path in (self.kept, self.item) if os.path.lexists(path)), None)

    def make(self) -> None:
        """Move the item to its name; what stood there is kept beside it.

        If this fails, all is as it was.
        """
        if not os.path.lexists(self.target):
            system.rename(self.item, self.target)
            return
        try:
            system.exchange(self.item, self.target)
        except system.NoExchangeError:
            self._make_in_two_steps()

    def _make_in_two_steps(self) -> None:
        if not self.target.is_dir():
            system.link(self.target, self.kept)
            system.rename(self.item, self.target)
            return
        system.rename(self.target, self.kept)
        try:
            system.rename(self.item, self.target)
        except BaseException:
            system.rename(self.kept, self.target)
            raise

    def undo(self) -> None:
        """Move the item away again, and what stood there back to its name."""
        if not self.is_done:
            if self.kept.is_dir():
                system.rename(self.kept, self.target)
        elif os.path.lexists(self.item):
            system.exchange(self.item, self.target)
        elif self.kept.is_dir():
            system.rename(self.target, self.item)
            system.rename(self.kept, self.target)
        elif self.kept.exists():
            system.rename(self.kept, self.target)
        else:
            system.rename(self.target, self.item)

    def to_json(self) -> dict[str, Any]:
        """The move as it stands in a journal."""
        return {"item": str(self.item), "target": str(self.target), "number": self.number}


@dataclass(frozen=True, slots=True)
class Removal(Move):
    """A file or folder that is to lose its name: it moves into a temporary folder, which goes."""

    @classmethod
    def at(cls, target: Path, item: Path) -> Self:
        """The removal of what is at `target`, which becomes `item`."""
        return cls(item, target, target.lstat().st_ino)

    @property
    def is_done(self) -> bool:
        """Whether it has lost its name; something else may have that name meanwhile."""
        try:
            return self.target.lstat().st_ino != self.number
        except FileNotFoundError:
            return True

    @property
    def can_be_made(self) -> bool:
        """Whether there is a folder to move it into."""
        return self.item.parent.is_dir()

    def make(self) -> None:
        """Move it away."""
        system.rename(self.target, self.item)

    def undo(self) -> None:
        """Move it back to its name."""
        if os.path.lexists(self.item):
            system.rename(self.item, self.target)

    def to_json(self) -> dict[str, Any]:
        """The removal as it stands in a journal."""
        return {**Move.to_json(self), "removes": True}


class UnfinishedError(OutputError):
    """A set of outputs is neither all old nor all new; the next run there ends it."""


def move_all(moves: Sequence[Move], *, check: Callable[[Path], None]) -> None:
    """Make all `moves`, or none of them; other runs that write in the same folders wait.

    Args:
        check: Called with every folder that is replaced, once before and once after; where it
            raises, nothing is moved.

    Raises:
        OutputError: a move failed, and all is as it was; or another run does not end.
        UnfinishedError: a move failed, and another one could not be undone.
    """
    if not moves:
        return
    with locked({move.target.parent for move in moves}):
        for move in moves:
            _require_free(move)
        new = [move for move in moves if not isinstance(move, Removal)]
        replaced = [move for move in new if move.target.is_dir()]
        for move in replaced:
            check(move.target)
        if len(moves) == len(new) == 1 and not replaced:
            with _naming(moves[0]):
                system.rename(moves[0].item, moves[0].target)
                system.sync(moves[0].target.parent)
            return
        with _naming(moves[0]):
            journal = write_journal(moves)
        try:
            for move in moves:
                with _naming(move):
                    move.make()
            for move in replaced:
                if move.replaced:
                    check(move.replaced)
            for move in {move.target.parent: move for move in moves}.values():
                with _naming(move):
                    system.sync(move.target.parent)
        except BaseException:
            undo(moves)
            with suppress(OSError):  # it goes with its folder
                system.remove(journal)
            raise
        with suppress(OSError):  # all is in its place: the next run finds nothing left to do
            system.remove(journal)


def _require_free(move: Move) -> None:
    """Check that an output that may not be overwritten has not appeared meanwhile.

    Raises:
        OutputError: it has.
    """
    if not move.may_replace and os.path.lexists(move.target):
        raise OutputError(
            f"{move.target}: another program wrote it while this one ran, so it is kept; give "
            "--force to overwrite it, or another --output"
        )


@contextmanager
def _naming(move: Move) -> Iterator[None]:
    """Turn an error of the system into one that names the target."""
    try:
        yield
    except OSError as error:
        raise unwritten(move.target, error) from error


def undo(moves: Sequence[Move]) -> None:
    """Undo those of `moves` that were made, the last one first.

    Raises:
        UnfinishedError: one could not be undone.
    """
    for move in reversed(moves):
        try:
            move.undo()
        except OSError as error:
            raise UnfinishedError(
                f"{move.target}: the old one cannot be put back ({error.strerror}); the next run "
                "that writes there ends it"
            ) from error


def write_journal(moves: Sequence[Move]) -> Path:
    """Write down `moves`, so that a later run can end them; returns the journal.

    It lies in the first temporary folder; the others point to it. The moves count from the moment
    that it has its name.
    """
    folders = list(dict.fromkeys(move.item.parent for move in moves))
    journal = folders[0] / JOURNAL
    draft = journal.with_suffix(".new")
    written = {folder / POINTER: str(journal) for folder in folders[1:]}
    for path, content in (written | {draft: [move.to_json() for move in moves]}).items():
        system.write(path, json.dumps(content).encode())
        system.sync(path)
    for folder in folders:
        system.sync(folder)
    system.rename(draft, journal)
    system.sync(folders[0])
    return journal


def read_journal(journal: Path) -> list[Move]:
    """The moves of a journal.

    Raises:
        ValueError: it is damaged.
    """
    try:
        rows = json.loads(journal.read_bytes())
        moves = [
            (Removal if row.get("removes") else Move)(
                Path(row["item"]), Path(row["target"]), int(row["number"])
            )
            for row in rows
        ]
    except (OSError, LookupError, TypeError, AttributeError, *_TOO_MUCH) as error:
        raise ValueError(str(error)) from error
    for path in (path for move in moves for path in (move.item, move.target)):
        whole, name = os.fsencode(path), os.fsencode(path.name)
        if b"\0" in whole or len(whole) > _PATH_BYTES or len(name) > _NAME_BYTES:
            raise ValueError("a path that no system has")
    return moves


@contextmanager
def locked(folders: set[Path]) -> Iterator[None]:
    """Keep other runs from moving files in `folders`; waits until they have done so.

    Raises:
        OutputError: another run holds a folder for longer than a minute.
    """
    held: list[int] = []
    try:
        for folder in sorted(folders):
            with suppress(OSError):  # no locks here
                held += _waited_for(folder)
        yield
    finally:
        for number in held:
            os.close(number)


def _waited_for(folder: Path) -> list[int]:
    until = time.monotonic() + _PATIENCE
    while (number := system.lock(folder)) is None:
        if time.monotonic() > until:
            raise OutputError(
                f"{folder}: another run is writing there; wait until it has ended, and run again"
            )
        time.sleep(0.02)
    return [number]
