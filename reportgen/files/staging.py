"""Writes each file and each folder of a run completely or not at all."""

import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import IO, Literal, Protocol, Self

from reportgen.errors import (
    InterruptedLateError,
    OutputError,
    ReportgenError,
    ResultsError,
    unwritten,
)
from reportgen.files.destinations import PAGE_FILES, RESULTS_FILES, is_page_picture
from reportgen.files.temporary import Temporary, make_temporary
from reportgen.interrupts import held_back

_TRIES = 100  # to replace a folder that other runs replace too


class Readable(Protocol):
    """A file that can be opened."""

    def open(self, mode: Literal["rb"]) -> IO[bytes]:
        """Open it to be read."""


class Staging:
    """Writes outputs into temporary folders beside their places; `commit` moves each to its place.

    A context manager: what was not committed is removed at its end. An existing file or folder
    stays as it is until the new one is complete. An interrupt or an error after outputs were moved
    says which ones were.
    """

    def __init__(self, *, force: bool = True) -> None:
        """`force`: whether an output may be replaced that appeared since the run began."""
        self._force = force
        self._temporaries: dict[Path, Temporary] = {}  # by the folder that they lie in
        # By target, the item that becomes it, and whether the target exists.
        self._staged: dict[Path, tuple[Path, bool]] = {}
        self._numbers = count()  # names of what is made ready
        self._removed: list[Path] = []
        self._made: list[Path] = []  # folders created for outputs, outermost first
        self._written: list[Path] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        with held_back():  # so that an interrupt does not stop the cleaning up
            for temporary in self._temporaries.values():
                temporary.remove()
            for folder in reversed(self._made):
                with suppress(OSError):  # not empty: an output is in it
                    folder.rmdir()
        if not self._written:
            return
        told = f"already written: {', '.join(target.name for target in self._written)}"
        if isinstance(error, KeyboardInterrupt):
            raise InterruptedLateError(f"interrupted; {told}") from error
        if isinstance(error, ReportgenError):
            raise error.and_also(told) from error

    def folder(self, target: Path) -> Path:
        """Create an empty folder that will become `target`.

        Raises:
            OutputError: it cannot be written.
        """
        with self._staging(target) as item:
            item.mkdir(exist_ok=True)
            item.chmod(0o777 & ~_mask())
        return item

    def copy(self, files: Mapping[str, Readable], target: Path) -> Path:
        """Write a folder with copies of `files`, by their names, that will become `target`; it is
        returned.

        Raises:
            ResultsError: one of `files` cannot be read.
            OutputError: the copy cannot be written.
        """
        folder = self.folder(target)
        for name, file in sorted(files.items()):
            try:
                stream = file.open("rb")
            except OSError as error:
                raise ResultsError(
                    f"{error.filename}: cannot be read ({error.strerror})"
                ) from error
            with _naming(f"{target}/{name}"), stream, (folder / name).open("wb") as copied:
                shutil.copyfileobj(stream, copied)
        return folder

    def fill(self, path: Path, content: bytes) -> None:
        """Write a file in a folder that `folder` returned.

        Raises:
            OutputError: it cannot be written.
        """
        with _naming(path.name):
            path.write_bytes(content)

    def file(self, target: Path, content: bytes) -> None:
        """Write a file that will become `target`, in place of one that was to become that.

        Raises:
            OutputError: it cannot be written.
        """
        with self._staging(target) as item:
            item.write_bytes(content)
            item.chmod(0o666 & ~_mask())

    def drop(self, target: Path) -> None:
        """Do not write the file `target` after all, which `file` has made ready."""
        item, _ = self._staged.pop(Path(os.path.realpath(target)))
        with _naming(target):
            item.unlink()

    def remove(self, target: Path) -> bool:
        """Have the file `target` removed once all outputs are in their places; False if there is
        none, or if that was asked for before.

        Of a link only the name goes.
        """
        target = Path(os.path.realpath(target.parent)) / target.name
        if target in self._removed or not os.path.lexists(target) or target.is_dir():
            return False
        self._removed.append(target)
        return True

    @contextmanager
    def _staging(self, target: Path) -> Iterator[Path]:
        """The place where `target` is made ready; of a file the same one each time."""
        target = Path(os.path.realpath(target))
        with _naming(target):
            place = self._temporary_beside(target).path / str(next(self._numbers))
            new = (place, os.path.lexists(target))
            item, existed = self._staged.get(target, new)
            yield item
        self._staged[target] = (item, existed)

    def _temporary_beside(self, target: Path) -> Temporary:
        """The temporary folder for what stands, or is to stand, at `target`."""
        folder = target.parent
        if folder not in self._temporaries:
            missing = [path for path in (folder, *folder.parents) if not path.exists()]
            self._made += reversed(missing)
            folder.mkdir(parents=True, exist_ok=True)
            self._temporaries[folder] = make_temporary(folder)
        return self._temporaries[folder]

    def commit(self) -> None:
        """Move everything to its real name; an interrupt waits until all of it is moved.

        Raises:
            OutputError: an output cannot be written, has appeared, or would remove a file that is
                none. It is as it was before, and so are those that are not named as written.
        """
        with held_back():
            for target, (item, existed) in self._staged.items():
                with _naming(target):
                    self._require_replaceable(target, item, existed=existed)
                    _sync_all(item)
            for target, (item, _) in self._staged.items():
                with _naming(target):
                    if item.is_dir():
                        replace_folder(item, target, self._temporary_beside(target))
                    else:
                        item.replace(target)
                self._written.append(target)
            for target in self._removed:
                with _naming(target):
                    target.unlink(missing_ok=True)
            for folder in self._temporaries:
                with _naming(folder):
                    sync(folder)

    def _require_replaceable(self, target: Path, item: Path, *, existed: bool) -> None:
        """Check that what stands at `target` may go.

        Raises:
            OutputError: it has appeared meanwhile and may not be overwritten, or it is a folder
                with a file that is no output, which would be lost.
        """
        if not (existed or self._force) and os.path.lexists(target):
            raise OutputError(
                f"{target}: another program wrote it while this one ran, so it is kept; give "
                "--force to overwrite it, or another --output"
            )
        names, new = (
            {path.name for path in each.iterdir()} if each.is_dir() else set()
            for each in (target, item)
        )
        rest = names - RESULTS_FILES - PAGE_FILES - new
        if others := sorted(name for name in rest if not is_page_picture(name)):
            raise OutputError(f"{target}: holds {others[0]}, so it is not replaced; name another")


def replace_folder(item: Path, target: Path, beside: Temporary) -> None:
    """Give the folder `item` the name of `target`; what stands there goes with the temporary folder
    `beside` it.

    Raises:
        OSError: that failed; `beside` holds what stood there, and puts it back when it is removed.
    """
    for left in range(_TRIES, 0, -1):
        with suppress(FileNotFoundError):  # there is none, or another run has just moved it aside
            beside.set_aside(target)
        try:
            item.rename(target)
        except OSError as error:
            # Another run may have written there since.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or left == 1:
                raise
        else:
            return


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


def _sync_all(item: Path) -> None:
    for path in [*item.iterdir(), item] if item.is_dir() else [item]:
        sync(path)


def _mask() -> int:
    """The permissions that an ordinary new file or folder is made without."""
    mode = os.umask(0)
    os.umask(mode)
    return mode


@contextmanager
def _naming(target: object) -> Iterator[None]:
    """Turn an error of the system into one that names the target."""
    try:
        yield
    except OSError as error:
        raise unwritten(target, error) from error
