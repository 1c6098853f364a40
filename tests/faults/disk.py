"""A disk that fails, or a process that is killed, at one chosen operation on files."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from types import FunctionType
from typing import Any, BinaryIO

import pytest

from reportgen.files import system

# Every operation of the seam that can fail; locks end with a process, they leave nothing.
OPERATIONS = sorted(
    name
    for name, found in vars(system).items()
    if isinstance(found, FunctionType) and not name.startswith("_") and name not in ("lock", "mask")
)


class Killed(BaseException):
    """The process ends here: nothing after it may have any effect."""


class Counted:
    """Counts operations, and lets one of them fail."""

    def __init__(self, at: int | None, fault: BaseException | None) -> None:
        self.at, self.fault = at, fault
        self.seen: list[str] = []
        self.is_dead = False
        self._lock = Lock()

    def meet(self, name: str) -> bool:
        """Count an operation; whether the fault comes at it."""
        with self._lock:  # files are flushed side by side
            if self.is_dead:
                raise Killed
            self.seen.append(name)
            if self.at != len(self.seen):
                return False
            self.is_dead = isinstance(self.fault, Killed)
            return True


class _Stream:
    """A file whose writing is counted too."""

    def __init__(self, stream: BinaryIO, counted: Counted) -> None:
        self._stream, self._counted = stream, counted

    def write(self, content: Any) -> int:
        if self._counted.meet("append.write"):
            self._stream.write(bytes(content)[: len(content) // 2])
            raise self._counted.fault
        return self._stream.write(content)

    def close(self) -> None:
        self._stream.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def disk(at: int | None = None, fault: BaseException | None = None) -> Iterator[Counted]:
    """Within it the operation number `at` (from 1) meets `fault`; what was done is counted."""
    counted = Counted(at, fault)
    locks: list[tuple[int, int]] = []  # number, and the inode that it stood for
    with pytest.MonkeyPatch.context() as patch:
        for name in OPERATIONS:
            patch.setattr(system, name, _faulty(name, getattr(system, name), counted))
        lock = system.lock

        def locked(folder: Path) -> int | None:
            number = lock(folder)
            if number is not None:
                locks.append((number, os.fstat(number).st_ino))
            return number

        patch.setattr(system, "lock", locked)
        try:
            yield counted
        finally:
            if counted.is_dead:  # the system gives back the locks of a dead process
                for number, inode in locks:
                    _close(number, inode)


def _faulty(name: str, operation: Callable[..., Any], counted: Counted) -> Callable[..., Any]:
    def run(*given: Any) -> Any:
        if counted.meet(name):
            if name == "write":  # half of it is there
                path, content = given
                path.write_bytes(content[: len(content) // 2])
            raise counted.fault
        found = operation(*given)
        return _Stream(found, counted) if name == "append" else found

    return run


def _close(number: int, inode: int) -> None:
    with suppress(OSError):  # closed already
        if os.fstat(number).st_ino == inode:
            os.close(number)
