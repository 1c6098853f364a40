"""Every operation on the disk that writing outputs takes, one function each.

They are called as `system.rename(…)`, so that a test can let each of them fail, or kill the process
at it, and look at what is left.
"""

import ctypes
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from reportgen.files.pinned import File, path_of

if sys.platform != "win32":
    import fcntl

# What a system answers that cannot exchange two names, or a file system that cannot.
_NO_EXCHANGE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP)
_HERE = -100  # AT_FDCWD: paths are relative to the current folder
_BLOCK = 1 << 20  # bytes of a file that are copied at once
_SWAP = 2  # RENAME_EXCHANGE of Linux and RENAME_SWAP of macOS


class NoExchangeError(OSError):
    """Two names cannot be exchanged in one step here."""


class UnreadError(OSError):
    """What is copied cannot be read."""


def make_temporary(parent: Path, prefix: str) -> Path:
    """Make a folder with a new name in `parent`; only its owner can look into it."""
    return Path(tempfile.mkdtemp(prefix=prefix, dir=parent))


def make_folder(path: Path) -> None:
    """Make a folder and its missing parents."""
    path.mkdir(parents=True, exist_ok=True)


def set_mode(path: Path, mode: int) -> None:
    """Set the permissions of a file or a folder."""
    path.chmod(mode)


def mask() -> int:
    """The permissions that an ordinary new file or folder is made without."""
    mode = os.umask(0)
    os.umask(mode)
    return mode


def append(path: Path) -> BinaryIO:
    """Open a file to write at its end; it is made where there is none."""
    return path.open("ab")


def write(path: Path, content: bytes) -> None:
    """Write a file; it is on the disk after `sync`."""
    path.write_bytes(content)


def rename(source: Path, target: Path) -> None:
    """Give `source` the name `target`, in one step; a file of that name is gone then."""
    source.replace(target)


def exchange(first: Path, second: Path) -> None:
    """Let two files, or two folders, take each other's names, in one step.

    Raises:
        NoExchangeError: the system or the file system cannot do that; nothing was changed.
    """
    call = _exchange_call()
    if call is None:
        raise NoExchangeError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if call(os.fsencode(first), os.fsencode(second)) == 0:
        return
    number = ctypes.get_errno()
    kind = NoExchangeError if number in _NO_EXCHANGE else OSError
    raise kind(number, os.strerror(number), str(second))


def _exchange_call() -> Callable[[bytes, bytes], int] | None:
    if sys.platform == "win32":
        return None
    library: Any = ctypes.CDLL(None, use_errno=True)
    if hasattr(library, "renameat2"):  # Linux
        return lambda a, b: int(library.renameat2(_HERE, a, _HERE, b, _SWAP))
    if hasattr(library, "renamex_np"):  # macOS
        return lambda a, b: int(library.renamex_np(a, b, _SWAP))
    return None


def copy(source: File, target: Path) -> None:
    """Copy the content of a file, which may have lost its name.

    Raises:
        UnreadError: `source` cannot be read.
        OSError: `target` cannot be written.
    """
    with target.open("wb") as copied:
        for block in _blocks(source):
            copied.write(block)


def _blocks(source: File) -> Iterator[bytes]:
    try:
        with source.open("rb") as stream:
            while block := stream.read(_BLOCK):
                yield block
    except OSError as error:
        raise UnreadError(error.errno, error.strerror, str(path_of(source))) from error


def link(source: Path, target: Path) -> None:
    """Give a file a second name; a copy of it where a file can have only one."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)


def remove(path: Path) -> None:
    """Remove a file."""
    path.unlink()


def remove_empty(path: Path) -> None:
    """Remove a folder that must be empty."""
    path.rmdir()


def remove_folder(path: Path, last: str = "") -> None:
    """Remove a folder with all that it holds; at its end the file called `last`, which a later run
    knows the folder by if this one is killed meanwhile."""
    for item in path.iterdir():
        if item.name == last:
            continue
        if item.is_dir() and not item.is_symlink():
            shutil.rmtree(item)
        else:
            item.unlink()
    if last:
        (path / last).unlink(missing_ok=True)
    path.rmdir()


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # folders of some network shares
            raise
    finally:
        os.close(number)


def lock(folder: Path) -> int | None:
    """Lock a folder for this process; the lock ends with `os.close` of the number that is returned,
    or with the process. None if another process holds it.

    Raises:
        OSError: the file system knows no locks (ENOLCK, ENOTSUP).
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
