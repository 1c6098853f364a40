"""Object stores and all else that fsspec knows: s3://, gs://, memory://, sftp:// and others.

Results are copied here to be read. Outputs are written here, beside nothing else, and copied there
once they are complete.
"""

import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

from reportgen.errors import InputError, OutputError, UsageError, first_line
from reportgen.files.destinations import RESULTS_FILES
from reportgen.files.temporary import BESIDE
from reportgen.files.unfinished import SUFFIX as UNFINISHED

# As a path has it, too: there `s3://bucket` is `s3:/bucket`. A drive, `C:/`, is none.
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]+):/+(.+)", re.DOTALL)
# What has to be installed for a kind of address, beside fsspec; what fsspec says of others.
_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs"}
# Where a file has its name only once it is whole, and another name means another copy.
_OBJECT_STORES = ("s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "memory")
_ON_THIS_MACHINE = ("file", "local")
_PART = ".part"
_TRIES = 2  # to copy results that are replaced meanwhile
_MARK = "results.json"  # what a folder is known by as results


@dataclass(frozen=True, slots=True)
class Address:
    """A place that fsspec reaches."""

    kind: str
    rest: str  # without the slashes before it
    is_folder: bool  # whether it ends in a slash

    @classmethod
    def of(cls, path: str | Path) -> "Address | None":
        """The address that `path` is; None where it is a path of this machine."""
        match = _ADDRESS.fullmatch(str(path))
        if match is None:
            return None
        return cls(match[1].lower(), match[2].rstrip("/"), match[2].endswith("/"))

    def __str__(self) -> str:
        root = "/" if self.kind in _ON_THIS_MACHINE else ""
        return f"{self.kind}://{root}{self.rest}{'/' * self.is_folder}"

    def opened(self) -> tuple[Any, str]:
        """The file system of fsspec, and the path in it.

        Raises:
            UsageError: what reaches it is not installed, or nothing does.
        """
        try:
            system, path = import_module("fsspec.core").url_to_fs(str(self))
        except (ImportError, ValueError) as error:
            raise unopened(self, "reached", error, "a path, or s3:// or gs://") from error
        return system, str(path).rstrip("/")


def unopened(address: object, how: str, error: Exception, others: str) -> UsageError:
    """The error for an address that fsspec cannot open: what is to be installed before it can be
    read or reached (`how`); or which `others` are known, where nothing opens it."""
    kind = str(address).partition(":")[0].lower()
    if not isinstance(error, ImportError):
        return UsageError(f"{address}: {kind}:// is not known; give {others}")
    extra = _EXTRAS.get(kind)
    advice = f"pip install 'attention-reportgen[{extra}]'" if extra else first_line(error)
    return UsageError(f"{address}: {kind}:// cannot be {how} yet; {advice}")


def fetch_folder(address: Address, place: Path, names: frozenset[str] | None) -> Path:
    """Copy the files `names` (None: all) of the folder at `address` into a new folder in `place`
    with the same name. Results that are replaced meanwhile are copied again, once.

    Raises:
        UsageError: what reaches it is not installed, or nothing does.
        InputError: it holds none of them, cannot be read, or was replaced both times.
    """
    system, path = address.opened()
    folder = place / path.rpartition("/")[2]
    for _ in range(_TRIES):
        _copy_here(address, system, path, folder, names)
        mark = folder / _MARK
        try:
            if not mark.exists() or system.cat_file(f"{path}/{_MARK}") == mark.read_bytes():
                return folder
        except FileNotFoundError:  # taken away, before new ones come
            pass
        except Exception as error:
            raise InputError(f"{address}: cannot be read ({first_line(error)})") from error
        shutil.rmtree(folder)
    raise InputError(f"{address}: was replaced while it was read; run it again")


def _copy_here(
    address: Address, system: Any, path: str, folder: Path, names: frozenset[str] | None
) -> None:
    folder.mkdir(parents=True)
    try:
        files = [file for file in system.find(path) if file.startswith(f"{path}/")]
        wanted = [f for f in files if names is None or f.removeprefix(f"{path}/") in names]
        for file in wanted:
            copy = folder / file.removeprefix(f"{path}/")
            if not copy.resolve().is_relative_to(folder.resolve()):
                raise ValueError(f"a file is called {file!r}")
            copy.parent.mkdir(parents=True, exist_ok=True)
            system.get_file(file, str(copy))
    except FileNotFoundError as error:
        raise InputError(f"{address}: no such folder") from error
    except Exception as error:  # each kind of address has errors of its own
        raise InputError(f"{address}: cannot be read ({first_line(error)})") from error
    if not wanted:
        raise InputError(f"{address}: no such folder, or nothing in it that is read")


def is_results(address: Address) -> bool:
    """Whether a folder of results is at `address`.

    Raises:
        UsageError: what reaches it is not installed, or nothing does.
        InputError: it cannot be reached.
    """
    system, place = address.opened()
    try:
        return bool(system.exists(f"{place}/{_MARK}"))
    except Exception as error:
        raise InputError(f"{address}: cannot be read ({first_line(error)})") from error


class Uploads:
    """Outputs that go to addresses: where they are written here, and their way there.

    They lie in a folder of the current one until they are there, so that a run that ended early
    finds what it did; the folder has one name for the same addresses.
    """

    def __init__(self, addresses: Sequence[Address], *, force: bool) -> None:
        """Check that nothing stands at the `addresses`, unless it may be replaced (`force`).

        Raises:
            UsageError: something does, or what reaches them is not installed.
        """
        self._addresses = addresses
        names = "\n".join(sorted(map(str, addresses)))
        self.folder = Path(f"reportgen-upload-{sha256(names.encode()).hexdigest()[:8]}")
        for address in addresses:
            if set(address.rest.split("/")) & {"", ".", ".."} or re.search(
                r"[?#]|::", address.rest
            ):
                raise UsageError(f"{address}: give a plain path in the store")
            system, path = address.opened()
            try:
                exists = system.exists(path)
            except Exception as error:
                raise UsageError(
                    f"{address}: cannot be reached ({first_line(error)}); check the name and your "
                    "credentials, or write to a path of this machine"
                ) from error
            if exists and not force:
                raise UsageError(
                    f"{address}: exists; give --force to overwrite it, or another --output"
                )

    def place(self, address: Address) -> str:
        """The path on this machine where the output for `address` is written."""
        return f"{self.folder}/{address.kind}/{address.rest}{'/' * address.is_folder}"

    def send(self) -> None:
        """Copy the outputs to their addresses, and remove them here.

        Results and pages come last, so that what is complete is known by them.

        Raises:
            OutputError: one cannot be copied. None has half a name then, and all are still here.
        """
        sent: list[Path] = []
        for kind in sorted({address.kind for address in self._addresses}):
            root = self.folder / kind
            files = sorted(path for path in root.rglob("*") if path.is_file() and _is_whole(path))
            files.sort(key=lambda path: (path.suffix in (".html", ".htm"), path.name == _MARK))
            targets = [Address(kind, str(f.relative_to(root).as_posix()), False) for f in files]
            try:
                self._prepare(kind, targets)
                _copy(files, targets)
            except Exception as error:
                asked = ", ".join(
                    str(address) for address in self._addresses if address.kind == kind
                )
                raise OutputError(
                    f"{asked}: cannot be written ({first_line(error) or type(error).__name__}); "
                    f"the outputs are complete in {self.folder}/: copy them, or remove them and "
                    "run again"
                ) from error
            sent += files
        for file in sent:
            file.unlink(missing_ok=True)
        if not any(path.is_file() for path in self.folder.rglob("*")):
            shutil.rmtree(self.folder, ignore_errors=True)

    def _prepare(self, kind: str, targets: Sequence[Address]) -> None:
        """Remove what results at the addresses of folders would not have any more; first what they
        are known by."""
        new = {target.rest for target in targets}
        for address in self._addresses:
            if address.is_folder and address.kind == kind:
                system, path = address.opened()
                for name in (_MARK, *sorted(RESULTS_FILES - {_MARK})):
                    is_old = name == _MARK or f"{address.rest}/{name}" not in new
                    if is_old and system.exists(f"{path}/{name}"):
                        system.rm_file(f"{path}/{name}")


def _is_whole(path: Path) -> bool:
    """Whether a file is none of those that a run keeps to go on from, or is about to write."""
    return not any(part.endswith(UNFINISHED) or part.startswith(BESIDE) for part in path.parts)


def _copy(files: Sequence[Path], targets: Sequence[Address]) -> None:
    """Copy `files`; where a file has a name from its first byte on, all get theirs at the end."""
    moves: list[tuple[Any, str]] = []
    try:
        for file, target in zip(files, targets, strict=True):
            system, path = target.opened()
            if target.kind in _OBJECT_STORES:
                system.put_file(str(file), path)
                continue
            system.makedirs(path.rpartition("/")[0], exist_ok=True)
            moves.append((system, path))
            system.put_file(str(file), path + _PART)
        for system, path in moves:
            system.mv(path + _PART, path)
    except BaseException:
        for system, path in moves:
            with suppress(Exception):
                system.rm_file(path + _PART)
        raise
