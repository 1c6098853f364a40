"""Checks where outputs go, and writes files and folders completely or not at all.

Outputs are first written under temporary names in the folder where they belong, then all moved to
their names together.
"""

import os
import shutil
import signal
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Literal, Self

from reportgen.errors import OutputError, UsageError

# How the names of temporary files begin; they are hidden, and removed in the end.
_PREFIX = ".reportgen-"
# The tables of a results folder; `results.schema` lists them too, but takes long to import.
_TABLES = (
    "texts",
    "tokens",
    "heads",
    "roles",
    "layers",
    "evidence",
    "effects",
    "sinks",
    "agreement",
)
# The files of a results folder; a folder that holds any other file is not replaced.
RESULTS_FILES = frozenset(["results.json", "maps.bin", *(f"{name}.parquet" for name in _TABLES)])
# The files beside a page with the layout `dir`.
STYLE_FILE, SCRIPT_FILE, PLOTLY_FILE = "report.css", "report.js", "plotly.min.js"
PAGE_FILES = frozenset([STYLE_FILE, SCRIPT_FILE, PLOTLY_FILE])


def check_target(path: Path, *, force: bool, is_folder: bool = False) -> None:
    """Check that an output can be written at `path`, before any work is done.

    Raises:
        UsageError: it exists and `force` is not given, or it is a folder where a file is to be
            written or the other way round, or it cannot be written.
    """
    try:
        kind = _kind(path)
        if is_folder:
            _check_folder(path, kind, force=force)
        else:
            _check_file(path, kind, force=force)
        _try_to_write(Path(os.path.realpath(path)))
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be written ({error.strerror}); name another place with --output"
        ) from error


def check_page_folder(page: Path, *, force: bool) -> None:
    """Check that the folder of a page with `--layout dir` can be written, before any work is done.

    Raises:
        UsageError: the folder exists and `force` is not given, or it holds anything but such a
            page, or it cannot be written.
    """
    if page.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"{page}: with --layout dir the page's name must end in .html")
    folder = page.parent
    try:
        kind = _kind(folder)
        if kind in ("file", "other"):
            raise UsageError(f"{folder}: is a file, not a folder for the page")
        if kind is not None:
            _require_replaceable(folder, f"{folder}/report/{page.name}")
            names = {item.name for item in folder.iterdir()}
            others = sorted(names - PAGE_FILES - {page.name})
            if others or (names and not names >= PAGE_FILES):
                held = f"holds {others[0]}" if others else "is not the folder of a page"
                raise UsageError(
                    f"{folder}: {held}; with --layout dir the folder is the page's own: name "
                    f"another, such as {folder}/report/{page.name}"
                )
            if names and not force:
                raise _exists(folder)
            _try_to_write(Path(os.path.realpath(folder)) / page.name)
        _try_to_write(Path(os.path.realpath(folder)))
    except OSError as error:
        raise UsageError(
            f"{folder}: cannot be written ({error.strerror}); name another place with --output"
        ) from error


def _kind(path: Path) -> Literal["file", "folder", "other"] | None:
    """What is at `path`; None if nothing is."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        return "folder"
    return "file" if stat.S_ISREG(mode) else "other"


def _check_file(path: Path, kind: str | None, *, force: bool) -> None:
    if kind == "folder":
        raise UsageError(f"{path}: is a folder; name a file in it, or end it in / for results")
    if kind == "other":
        raise UsageError(f"{path}: not an ordinary file; for standard output write -o -")
    if kind is not None and not force:
        raise _exists(path)


def _check_folder(path: Path, kind: str | None, *, force: bool) -> None:
    if kind is None:
        return
    if kind != "folder":
        raise UsageError(f"{path}: is a file, not a folder for results")
    _require_replaceable(path, "results/")
    names = {item.name for item in path.iterdir()}
    if names and not force:
        raise _exists(path)
    others = sorted(names - RESULTS_FILES)
    if others:
        raise UsageError(f"{path}: holds more than results ({others[0]}); name another folder")
    _try_to_write(Path(os.path.realpath(path)) / "results.json")


def _require_replaceable(path: Path, instead: str) -> None:
    """Check that `path` can be replaced: it is neither a mount point nor the current folder."""
    real = Path(os.path.realpath(path))
    if real.is_mount():
        raise UsageError(f"{path}: a mount point, which cannot be replaced; name a folder in it")
    if real.samefile(Path.cwd()):
        raise UsageError(f"{path}: the current folder; name another, such as {instead}")


def _exists(path: Path) -> UsageError:
    return UsageError(f"{path}: exists; give --force to overwrite it, or another --output")


def _try_to_write(target: Path) -> None:
    """Raise OSError if `Staging` could not write `target`; leaves nothing behind."""
    parent = target.parent
    missing = [target.name]
    while _kind(parent) is None:
        missing.append(parent.name)
        parent = parent.parent
    for name in missing:
        _kind(parent / name)  # fails if a name is too long
    with tempfile.TemporaryFile(prefix=_PREFIX, dir=parent):
        pass


class Staging:
    """Writes files and folders under temporary names; `commit` moves them all to their real names.

    A context manager: what was not committed is removed at its end. An existing file stays as it is
    until the new one is complete.
    """

    def __init__(self) -> None:
        self._moves: list[tuple[Path, Path]] = []
        self._made: list[Path] = []  # folders created for outputs, outermost first

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        with held_back():  # so that an interrupt does not stop the cleaning up
            for temporary, _ in self._moves:
                if temporary.is_dir():
                    shutil.rmtree(temporary, ignore_errors=True)
                else:
                    temporary.unlink(missing_ok=True)
            for folder in reversed(self._made):
                with suppress(OSError):  # not empty: an output is in it
                    folder.rmdir()

    def folder(self, target: Path) -> Path:
        """Create an empty folder that will become `target`."""
        target = Path(os.path.realpath(target))
        try:
            self._make(target.parent)
            temporary = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=target.parent))
            self._moves.append((temporary, target))
            _open_to_others(temporary, 0o777)
        except OSError as error:
            raise OutputError(f"{target}: cannot be written ({error.strerror})") from error
        return temporary

    def fill(self, path: Path, content: bytes) -> None:
        """Write a file in a folder that `folder` returned."""
        try:
            path.write_bytes(content)
        except OSError as error:
            raise OutputError(f"{path.name}: cannot be written ({error.strerror})") from error

    def file(self, target: Path, content: bytes) -> None:
        """Write a file that will become `target`."""
        target = Path(os.path.realpath(target))
        try:
            self._make(target.parent)
            handle, name = tempfile.mkstemp(prefix=_PREFIX, dir=target.parent)
            self._moves.append((Path(name), target))
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            _open_to_others(Path(name), 0o666)
        except OSError as error:
            raise OutputError(f"{target}: cannot be written ({error.strerror})") from error

    def _make(self, folder: Path) -> None:
        """Create `folder` and its missing parents."""
        missing = [folder, *folder.parents]
        self._made += reversed([path for path in missing if not path.exists()])
        folder.mkdir(parents=True, exist_ok=True)

    def commit(self) -> None:
        """Move everything to its real name; an interrupt waits until all of it is moved."""
        with held_back():
            for temporary, target in self._moves:
                try:
                    if target.is_dir():
                        _replace_folder(temporary, target)
                    else:
                        temporary.replace(target)
                except OSError as error:
                    raise OutputError(f"{target}: cannot be written ({error.strerror})") from error


def _replace_folder(new: Path, target: Path) -> None:
    """Replace the folder `target` by `new`; if that fails, `target` is put back.

    Raises:
        OutputError: `target` holds a file that is not an output and would be lost.
    """
    own = RESULTS_FILES | PAGE_FILES | {item.name for item in new.iterdir()}
    others = sorted(item.name for item in target.iterdir() if item.name not in own)
    if others:
        raise OutputError(f"{target}: holds {others[0]}, so it is not replaced; name another")
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
    """Give a temporary file the permissions of an ordinary new file."""
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(mode & ~mask)


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def held_back() -> Iterator[list[int]]:
    """Delay the first interrupt: its signal is added to the list that this yields.

    A second one raises KeyboardInterrupt as usual.
    """
    came: list[int] = []

    def wait(number: int, frame: FrameType | None) -> None:
        came.append(number)
        if len(came) > 1:
            raise KeyboardInterrupt

    is_main = (
        threading.current_thread() is threading.main_thread()
    )  # other threads are never interrupted
    default = signal.default_int_handler
    numbers = [n for n in _SIGNALS if is_main and signal.getsignal(n) is default]
    for number in numbers:
        signal.signal(number, wait)
    try:
        yield came
    finally:
        for number in numbers:
            signal.signal(number, default)
