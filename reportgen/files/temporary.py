"""Temporary folders that a later run can tell from those in use, and removes when their run was
killed."""

import json
import logging
import os
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reportgen.files import system

# How the names of temporary folders begin: beside outputs, where they are hidden, and in the
# system's folder for temporary files.
BESIDE, APART = ".reportgen-", "reportgen-"
# Cleaning up must not depend on who called, so it is told by logging: on standard error, unless the
# caller of the Python API sends it elsewhere.
_LOG = logging.getLogger(__name__)
_OWNER = "owner.json"  # marks such a folder as ours: no other one is ever removed
_MOMENT = 5.0  # seconds that a run has to mark its folder


@dataclass(frozen=True, slots=True)
class Temporary:
    """A folder that this process made, and holds a lock on while it uses it."""

    path: Path
    lock: int | None  # None where the file system knows no locks

    @property
    def is_as_made(self) -> bool:
        """Whether this is the very folder that `make_temporary` made here. One that came with a
        copy, an archive or a repository is another, and may say anything of outputs."""
        try:
            status = self.path.lstat()
            owner = json.loads((self.path / _OWNER).read_bytes())
        except (OSError, ValueError, RecursionError):
            return False
        is_open = sys.platform != "win32" and bool(status.st_mode & 0o077)
        return isinstance(owner, dict) and owner.get("folder") == status.st_ino and not is_open

    def release(self) -> None:
        """Give up the lock."""
        if self.lock is not None:
            os.close(self.lock)

    def remove(self) -> bool:
        """Remove the folder with all that it holds; returns whether it is gone.

        If it is not, one line on standard error says so, as it may hold texts.
        """
        try:
            system.remove_folder(self.path, _OWNER)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            path = str(self.path)
            shown = path if path.isprintable() else repr(path)
            if os.path.lexists(path):
                _LOG.warning(
                    "reportgen: %s: temporary folder, cannot be removed (%s); remove it yourself",
                    shown,
                    reason,
                )
        self.release()
        return not os.path.lexists(self.path)


def make_temporary(parent: Path, prefix: str = BESIDE) -> Temporary:
    """Make a temporary folder in `parent`.

    Raises:
        OSError: it cannot be made.
    """
    path = system.make_temporary(parent, prefix)
    try:
        lock = system.lock(path)
    except OSError:
        lock = None
    made = Temporary(path, lock)
    try:
        owner = {"process": os.getpid(), "folder": path.stat().st_ino}
        system.write(path / _OWNER, json.dumps(owner).encode())
    except BaseException:
        made.remove()
        raise
    return made


def remove_at_once(path: Path) -> None:
    """Remove a folder in one step: its name goes first. What a run that is killed meanwhile leaves
    is a temporary folder, which the next run there removes.

    Raises:
        OSError: it cannot be removed.
    """
    try:
        made = make_temporary(path.parent)
    except OSError:  # no room for it: the folder goes file by file
        system.remove_folder(path)
        return
    try:
        system.rename(path, made.path / path.name)
    finally:
        made.remove()


def abandoned(parent: Path, prefix: str = BESIDE) -> Iterator[Temporary]:
    """The temporary folders in `parent` whose runs were killed, each locked for this process.

    A folder that is in use, is somebody else's, or lies where locks are unknown, is passed over.
    """
    try:
        candidates = sorted(item for item in parent.iterdir() if item.name.startswith(prefix))
    except OSError:
        return
    for path in candidates:
        try:
            if not _is_ours(path):
                continue
            lock = system.lock(path)
        except OSError:
            continue
        if lock is not None:
            yield Temporary(path, lock)


def _is_ours(path: Path) -> bool:
    """Whether a folder was made by `make_temporary` for this user, and is not being made now."""
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or (
        sys.platform != "win32" and status.st_uid != os.geteuid()
    ):
        return False
    if (path / _OWNER).is_file():
        return True
    return not any(path.iterdir()) and time.time() - status.st_mtime > _MOMENT


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
    for left in abandoned(parent, APART):
        left.remove()
    return make_temporary(parent, APART)
