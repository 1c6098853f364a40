"""Temporary folders with names of their own: beside outputs, and in the system's folder for
temporary files. Those of a killed run are removed by the next one at the same place."""

import errno
import logging
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

if sys.platform != "win32":
    import fcntl

BESIDE, APART = ".reportgen-temporary-", "reportgen-temporary-"
_NAME = re.compile(rf"\.?{APART}[a-z0-9_]{{8}}")
_OLD = "old"  # in such a folder: what was moved aside
# Cleaning up must not depend on who called, so it is told by logging: on standard error, unless the
# caller of the Python API sends it elsewhere.
_LOG = logging.getLogger(__name__)


def lock(folder: Path) -> int | None:
    """Mark a folder as in use by this process, until `os.close` of the number that is returned or
    the end of the process. None if another process uses it; nobody waits for it.

    Raises:
        OSError: there is no such folder, or the file system knows no locks.
    """
    if sys.platform == "win32":
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
    number = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(number)
        return None
    except BaseException:
        os.close(number)
        raise
    return number


@dataclass(frozen=True, slots=True)
class Temporary:
    """A temporary folder that this process uses."""

    path: Path
    lock: int | None  # None where the file system knows no locks

    def set_aside(self, folder: Path) -> None:
        """Move a folder out of its place beside this one. It goes with this one, once another has
        its place; else it is put back."""
        old = self.path / _OLD / folder.name
        if old.exists():  # another run has written to that place meanwhile
            shutil.rmtree(old)
        old.parent.mkdir(exist_ok=True)
        folder.rename(old)

    def put_back(self) -> list[Path]:
        """Move those folders back whose places are empty, and return these places."""
        old, back = self.path / _OLD, []
        for folder in sorted(old.iterdir()) if old.is_dir() else ():
            place = self.path.with_name(folder.name)
            if not os.path.lexists(place):
                folder.rename(place)
                back.append(place)
        return back

    def remove(self) -> bool:
        """Remove the folder with all that it holds; returns whether it is gone.

        If it is not, one line on standard error says so, as it may hold texts.
        """
        old = self.path / _OLD
        try:
            self.put_back()
            if old.is_dir():  # a part of what it held must never be put back
                old.rename(self.path / f"{_OLD} and gone")
            shutil.rmtree(self.path)
        except OSError as error:
            if os.path.lexists(self.path):
                path = str(self.path)
                _LOG.warning(
                    "reportgen: %s: temporary folder, cannot be removed (%s); remove it yourself",
                    path if path.isprintable() else repr(path),
                    error.strerror or type(error).__name__,
                )
        if self.lock is not None:
            os.close(self.lock)
        return not os.path.lexists(self.path)


def make_temporary(parent: Path, prefix: str = BESIDE) -> Temporary:
    """Make a temporary folder in `parent`; only its owner can look into it.

    Raises:
        OSError: it cannot be made.
    """
    while True:
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        try:
            number = lock(path)
        except OSError:
            if path.exists():
                return Temporary(path, None)
            continue
        if number is None:
            continue  # another run has just taken it for one that was left
        if path.exists() and os.path.samestat(path.stat(), os.fstat(number)):
            return Temporary(path, number)
        os.close(number)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder in the system's folder for temporary files, removed at the end."""
    made = make_scratch()
    try:
        yield made.path
    finally:
        made.remove()


def make_scratch() -> Temporary:
    """Make a folder in the system's folder for temporary files, and remove those that killed runs
    left there.

    Raises:
        OSError: it cannot be made.
    """
    parent = Path(tempfile.gettempdir())
    recover(parent, APART)
    return make_temporary(parent, APART)


def recover(folder: Path, prefix: str = BESIDE) -> list[str]:
    """Put back what killed runs moved aside in `folder` without replacing it, and remove their
    temporary folders; returns a line for each. Those of runs that still go on are left alone.
    """
    lines = []
    for path in _own_temporaries(folder, prefix):
        try:
            left = Temporary(path, lock(path))
        except OSError:  # no locks here: a run may still need the rest of it
            with suppress(OSError):
                Temporary(path, None).put_back()
            continue
        if left.lock is None:
            continue
        with suppress(OSError):  # told where it is removed
            told = "put back, as a run was killed while it replaced it"
            lines += [f"{place}: {told}" for place in left.put_back()]
        if left.remove():
            lines.append(f"{folder}: removed temporary files of a run that was killed")
    return lines


def _own_temporaries(folder: Path, prefix: str) -> list[Path]:
    """The temporary folders in `folder` that are this user's."""
    found = []
    with suppress(OSError):
        for path in sorted(folder.iterdir()):
            if path.name.startswith(prefix) and _NAME.fullmatch(path.name):
                status = path.lstat()
                is_own = sys.platform == "win32" or status.st_uid == os.geteuid()
                found += [path] if is_own and stat.S_ISDIR(status.st_mode) else []
    return found


def recover_at(paths: Iterable[str | Path]) -> tuple[str, ...]:
    """The same where outputs go to `paths`."""
    folders: dict[Path, None] = {}
    for path in paths:
        folder = Path(os.path.realpath(path)).parent
        # Pictures lie in a folder beside a page, and a page may have its folder to itself.
        folders |= dict.fromkeys((folder, folder / "img", folder.parent))
    return tuple(line for folder in folders for line in recover(folder))
