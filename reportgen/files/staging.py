"""Writes a run's files and folders completely or not at all."""

import os
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Self

from reportgen.errors import (
    InterruptedLateError,
    OutputError,
    ReportgenError,
    ResultsError,
    unwritten,
)
from reportgen.files import system
from reportgen.files.destinations import PAGE_FILES, RESULTS_FILES, is_page_picture
from reportgen.files.pinned import File, path_of
from reportgen.files.temporary import Temporary, make_temporary
from reportgen.files.transaction import Move, Removal, UnfinishedError, move_all
from reportgen.interrupts import held_back

_AT_ONCE = 16  # files and folders that are flushed to the disk side by side


class Staging:
    """Writes outputs into temporary folders beside their places; `commit` moves them all there.

    A context manager: what was not committed is removed at its end. Existing files and folders stay
    as they are until all new ones are complete. An interrupt or an error after `commit` says that
    the outputs were written.
    """

    def __init__(self, *, force: bool = True) -> None:
        """`force`: whether an output may be replaced that appeared since the run began."""
        self._force = force
        self._temporaries: dict[Path, Temporary] = {}  # by the folder that they lie in
        # By target, the item that becomes it, and whether the target exists.
        self._staged: dict[Path, tuple[Path, bool]] = {}
        self._numbers = count()  # names of what is made ready
        self._removed: list[tuple[Path, Path]] = []  # item, target
        self._made: list[Path] = []  # folders created for outputs, outermost first
        self._is_committed = False
        self._is_unfinished = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        with held_back():  # so that an interrupt does not stop the cleaning up
            for temporary in self._temporaries.values():
                if self._is_unfinished:
                    temporary.release()
                else:
                    temporary.remove()
            for folder in reversed(self._made):
                with suppress(OSError):  # not empty: an output is in it
                    system.remove_empty(folder)
        if self._is_committed and self._staged and error is not None:
            self._tell_what_is_written(error)

    def _tell_what_is_written(self, error: BaseException) -> None:
        names = ", ".join(target.name for target in self._staged)
        if isinstance(error, KeyboardInterrupt):
            raise InterruptedLateError(f"interrupted; already written: {names}") from error
        if isinstance(error, ReportgenError):
            raise error.and_also(f"already written: {names}") from error

    def folder(self, target: Path) -> Path:
        """Create an empty folder that will become `target`.

        Raises:
            OutputError: it cannot be written.
        """
        with self._staging(target) as item:
            system.make_folder(item)
            system.set_mode(item, 0o777 & ~system.mask())
        return item

    def copy(self, files: Mapping[str, File], target: Path) -> Path:
        """Write a folder with copies of `files`, by their names, that will become `target`; it is
        returned.

        Raises:
            ResultsError: one of `files` cannot be read.
            OutputError: the copy cannot be written.
        """
        folder = self.folder(target)
        for name, file in sorted(files.items()):
            try:
                system.copy(file, folder / name)
            except system.UnreadError as error:
                raise ResultsError(f"{path_of(file)}: cannot be read ({error.strerror})") from error
            except OSError as error:
                raise unwritten(f"{target}/{name}", error) from error
        return folder

    def fill(self, path: Path, content: bytes) -> None:
        """Write a file in a folder that `folder` returned.

        Raises:
            OutputError: it cannot be written.
        """
        try:
            system.write(path, content)
        except OSError as error:
            raise unwritten(path.name, error) from error

    def file(self, target: Path, content: bytes) -> None:
        """Write a file that will become `target`, in place of one that was to become that.

        Raises:
            OutputError: it cannot be written.
        """
        with self._staging(target) as item:
            system.write(item, content)
            system.set_mode(item, 0o666 & ~system.mask())

    def drop(self, target: Path) -> None:
        """Do not write the file `target` after all, which `file` has made ready."""
        item, _ = self._staged.pop(Path(os.path.realpath(target)))
        with _naming(target):
            system.remove(item)

    def remove(self, target: Path) -> bool:
        """Have the file `target` removed when all outputs get their names; False if there is none,
        or if that was asked for before.

        Of a link only the name goes.

        Raises:
            OutputError: it cannot be removed.
        """
        target = Path(os.path.realpath(target.parent)) / target.name
        is_staged = any(target == known for _, known in self._removed)
        if is_staged or not os.path.lexists(target) or target.is_dir():
            return False
        self._stage_removal(target)
        return True

    def remove_folder(self, target: Path) -> None:
        """Have the folder `target` and all that it holds removed when outputs get their names.

        Raises:
            OutputError: it cannot be removed.
        """
        self._stage_removal(target)

    def _stage_removal(self, target: Path) -> None:
        with _naming(target):
            item = self._folder_beside(target) / f"removed {len(self._removed)}"
        self._removed.append((item, target))

    @contextmanager
    def _staging(self, target: Path) -> Iterator[Path]:
        """The place where `target` is made ready; of a file the same one each time."""
        target = Path(os.path.realpath(target))
        try:
            place = self._folder_beside(target) / str(next(self._numbers))
            new = (place, os.path.lexists(target))
            item, existed = self._staged.get(target, new)
            yield item
        except OSError as error:
            raise unwritten(target, error) from error
        self._staged[target] = (item, existed)

    def _folder_beside(self, target: Path) -> Path:
        """The temporary folder for what stands, or is to stand, at `target`."""
        folder = target.parent
        if folder not in self._temporaries:
            self._make(folder)
            self._temporaries[folder] = make_temporary(folder)
        return self._temporaries[folder].path

    def _make(self, folder: Path) -> None:
        """Create `folder` and its missing parents."""
        missing = [folder, *folder.parents]
        self._made += reversed([path for path in missing if not path.exists()])
        system.make_folder(folder)

    def commit(self) -> None:
        """Move everything to its real name; an interrupt waits until all of it is moved.

        Raises:
            OutputError: nothing was moved: an output cannot be written, has appeared, or would
                remove a file that is none.
        """
        with held_back():
            moves = self._ready()
            removals = [_removal(*each) for each in self._removed if os.path.lexists(each[1])]
            new = {name for move in moves for name in _names(move.item)}
            allowed = RESULTS_FILES | PAGE_FILES | new
            try:
                move_all([*moves, *removals], check=partial(_require_own, allowed=allowed))
            except UnfinishedError:
                self._is_unfinished = True
                raise
            self._is_committed = True

    def _ready(self) -> list[Move]:
        """The moves of all items, once these are on the disk."""
        moves, parts = [], []
        for target, (item, existed) in self._staged.items():
            with _naming(target):
                moves.append(Move.of(item, target, may_replace=existed or self._force))
                paths = [*sorted(item.iterdir()), item] if item.is_dir() else [item]
            parts += [(path, target) for path in paths]
        # A disk ends several waits at once, so that many files take little longer than one.
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for _ in pool.map(_sync, *zip(*parts, strict=True)):
                pass
        return moves


def _sync(path: Path, target: Path) -> None:
    with _naming(target):
        system.sync(path)


@contextmanager
def _naming(target: Path) -> Iterator[None]:
    """Turn an error of the system into one that names the target."""
    try:
        yield
    except OSError as error:
        raise unwritten(target, error) from error


def _removal(item: Path, target: Path) -> Move:
    with _naming(target):
        return Removal.at(target, item)


def _names(path: Path) -> list[str]:
    """The names in a folder; none for a file."""
    return [item.name for item in path.iterdir()] if path.is_dir() else []


def _require_own(folder: Path, allowed: Collection[str]) -> None:
    """Check that a folder holds only files named in `allowed`, and pictures of a page.

    Raises:
        OutputError: it holds another one, which would be lost.
    """
    rest = set(_names(folder)) - set(allowed)
    others = sorted(name for name in rest if not is_page_picture(name))
    if others:
        raise OutputError(f"{folder}: holds {others[0]}, so it is not replaced; name another")
