"""Outputs are written beside their place and moved there together: nothing is half-written."""

import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from reportgen.errors import OutputError, UsageError

# What temporary files beside an output are called; they are hidden, and gone in the end.
_PREFIX = ".reportgen-"
# All that a results folder holds; a folder with anything else is not replaced.
RESULTS_FILES = frozenset(
    ["results.json", "maps.bin"]
    + [f"{name}.parquet" for name in ("texts", "tokens", "heads", "roles")]
)


def check_target(path: Path, *, force: bool, is_folder: bool = False) -> None:
    """See that an output can be written at `path`, before any work is done.

    Raises:
        UsageError: it exists and `force` is not given, or is something else than is to be written,
            or there can be no such path.
    """
    try:
        _check_target(path, force=force, is_folder=is_folder)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})") from error


def _check_target(path: Path, *, force: bool, is_folder: bool) -> None:
    if path.is_dir() and not is_folder:
        raise UsageError(f"{path}: is a folder; name a file in it, or end it in / for results")
    if path.exists() and not path.is_dir() and not path.is_file():
        raise UsageError(f"{path}: not an ordinary file; for standard output write -o -")
    if path.exists() and is_folder and not path.is_dir():
        raise UsageError(f"{path}: is a file, not a folder for results")
    if is_folder and path.is_dir() and not any(path.iterdir()):
        return
    if path.exists() and not force:
        raise UsageError(f"{path}: exists; give --force to overwrite it, or another --output")
    if is_folder and path.is_dir():
        others = sorted({item.name for item in path.iterdir()} - RESULTS_FILES)
        if others:
            raise UsageError(f"{path}: holds more than results ({others[0]}); name another folder")


class Staging:
    """Files and folders under way; `commit` moves them all to their place, leaving drops them.

    A context manager. The old file stays whole until the new one stands complete beside it.
    """

    def __init__(self) -> None:
        self._moves: list[tuple[Path, Path]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for temporary, _ in self._moves:
            if temporary.is_dir():
                shutil.rmtree(temporary, ignore_errors=True)
            else:
                temporary.unlink(missing_ok=True)

    def folder(self, target: Path) -> Path:
        """An empty folder that will become `target`."""
        target = Path(os.path.realpath(target))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=target.parent))
        except OSError as error:
            raise OutputError(f"{target}: cannot be written ({error.strerror})") from error
        _open_to_others(temporary, 0o777)
        self._moves.append((temporary, target))
        return temporary

    def file(self, target: Path, content: bytes) -> None:
        """Write what will become the file `target`."""
        target = Path(os.path.realpath(target))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=_PREFIX, dir=target.parent)
            self._moves.append((Path(name), target))
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            _open_to_others(Path(name), 0o666)
        except OSError as error:
            raise OutputError(f"{target}: cannot be written ({error.strerror})") from error

    def commit(self) -> None:
        """Move everything to its place."""
        for temporary, target in self._moves:
            try:
                if target.is_dir():
                    _replace_folder(temporary, target)
                else:
                    temporary.replace(target)
            except OSError as error:
                raise OutputError(f"{target}: cannot be written ({error.strerror})") from error


def _replace_folder(new: Path, target: Path) -> None:
    """Put `new` in the place of `target`; a folder must step aside first, and back on failure."""
    aside = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=target.parent))
    try:
        target.rename(aside / target.name)
        new.rename(target)
    except BaseException:
        if (aside / target.name).exists():
            (aside / target.name).rename(target)
        aside.rmdir()
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _open_to_others(path: Path, mode: int) -> None:
    """Give a temporary file the permissions that a plain new one would have had."""
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(mode & ~mask)
