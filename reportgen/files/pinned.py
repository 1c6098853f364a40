"""Holds the files of a folder open, so that what is read is one and the same folder, whoever
replaces it meanwhile."""

import errno
import io
import os
import stat
import sys
import weakref
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_TRIES = 20  # to open a folder takes less than a millisecond
# Files are held open while their numbers stay under this share of what the process may have open,
# so that sixty folders leave room for all else; the others are opened by name, and checked.
_SHARE = 0.5


class ReplacedError(Exception):
    """A folder was replaced each time that it was opened."""


class PinnedFolder:
    """A folder whose files are held open, as far as the system allows it."""

    def __init__(self, path: Path, numbers: Mapping[str, int | None] | None = None) -> None:
        """`numbers`: of the files that it has, by name, those that are open; None for one that is
        opened by its name. Without them all files are opened by their names."""
        self.path = path
        self._numbers = numbers
        if numbers is not None:
            weakref.finalize(
                self, _close, [number for number in numbers.values() if number is not None]
            )

    def has(self, name: str) -> bool:
        """Whether the folder has the file `name`."""
        if self._numbers is None:
            return (self.path / name).exists()
        return name in self._numbers

    def files(self, names: Iterable[str]) -> dict[str, "File"]:
        """Those of the files `names` that it has, by name."""
        return {name: self.file(name) for name in names if self.has(name)}

    def is_held(self, name: str) -> bool:
        """Whether the file `name` is held open."""
        return self._numbers is not None and self._numbers.get(name) is not None

    def file(self, name: str) -> "File":
        """The file `name`.

        Raises:
            FileNotFoundError: the folder had none when it was opened.
        """
        path = self.path / name
        if self._numbers is None:
            return path
        if name not in self._numbers:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        number = self._numbers[name]
        return path if number is None else PinnedFile(path, number, self)


@dataclass(frozen=True, slots=True, eq=False)
class PinnedFile:
    """A file that is held open; its name may stand for another one by now."""

    path: Path
    number: int
    folder: PinnedFolder  # holds it open

    def stat(self) -> os.stat_result:
        """What the system says of it."""
        return os.fstat(self.number)

    def open(self, mode: Literal["rb"] = "rb") -> io.BufferedReader:
        """Open it to be read from its beginning."""
        return io.BufferedReader(_Stream(self))


File: TypeAlias = Path | PinnedFile


def path_of(file: File) -> Path:
    """Where a file is, or was when it was opened."""
    return file if isinstance(file, Path) else file.path


class _Stream(io.RawIOBase):
    """Reads a file that is held open, at a place of its own."""

    def __init__(self, file: PinnedFile) -> None:
        self._file = file
        self._place = 0

    def fileno(self) -> int:
        return self._file.number

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        starts = {os.SEEK_SET: 0, os.SEEK_CUR: self._place}
        start = starts[whence] if whence in starts else self._file.stat().st_size
        if start + offset < 0:
            raise ValueError(f"{offset}: before the beginning of the file")
        self._place = start + offset
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        content = os.pread(self._file.number, len(view), self._place)
        view[: len(content)] = content
        self._place += len(content)
        return len(content)


def pin(path: Path, names: Collection[str]) -> PinnedFolder:
    """Open the folder at `path`, and hold those of the files `names` open that it has.

    A folder that is replaced while it is opened is opened again. Where the system cannot open
    files in an open folder (Windows), they are opened by name when they are read.

    Raises:
        OSError: it is no folder, or cannot be read.
        ReplacedError: it was replaced each time.
    """
    if sys.platform == "win32" or os.open not in os.supports_dir_fd:
        return PinnedFolder(path)
    for _ in range(_TRIES):
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            pinned = PinnedFolder(path, _opened(folder, names))
            # A folder is emptied only after it has lost its name.
            if os.path.samestat(os.fstat(folder), path.stat()):
                return pinned
        except FileNotFoundError:  # it has no name any more
            continue
        finally:
            os.close(folder)
    raise ReplacedError(path)


def _opened(folder: int, names: Iterable[str]) -> dict[str, int | None]:
    """The files `names` that an open folder has. One that is no ordinary file is not opened, as to
    read a pipe may never end."""
    most = _most_open()
    numbers: dict[str, int | None] = {}
    for name in names:
        number = None
        try:
            if stat.S_ISREG(os.stat(name, dir_fd=folder).st_mode):
                number = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
                if number >= most or not stat.S_ISREG(os.fstat(number).st_mode):
                    os.close(number)
                    number = None
        except FileNotFoundError:
            continue
        except OSError:  # who reads it is told why it cannot be opened
            number = None
        numbers[name] = number
    return numbers


def _most_open() -> float:
    """The number of a file from which on none is held open."""
    import resource

    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return float("inf") if limit == resource.RLIM_INFINITY else limit * _SHARE


def _close(numbers: Iterable[int]) -> None:
    for number in numbers:
        with suppress(OSError):
            os.close(number)
