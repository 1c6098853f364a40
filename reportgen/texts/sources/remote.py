"""Copies files of texts from where they are stored: s3://, gs://, hf:// and all other systems that
fsspec knows."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from reportgen.errors import InputError, UsageError, first_line
from reportgen.files import scratch_folder

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://.")


def is_remote(path: str) -> bool:
    """Whether `path` is the address of a file on another system."""
    return _ADDRESS.match(path) is not None


@contextmanager
def fetching() -> Iterator[Callable[[str], Path]]:
    """A function that copies the file at an address into a temporary folder, which exists while the
    context is open."""
    with scratch_folder() as folder:
        numbers = iter(range(10**9))

        def fetch(address: str) -> Path:
            place = folder / str(next(numbers))
            place.mkdir()
            file = place / (address.rstrip("/").rpartition("/")[2] or "texts")
            _copy(address, file)
            return file

        yield fetch


def _copy(address: str, file: Path) -> None:
    """Copy the file at `address` to `file`.

    Raises:
        UsageError: what reads such addresses is not installed, or nothing does.
        InputError: it cannot be read.
    """
    try:
        with _opened(address) as source, file.open("wb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
    except FileNotFoundError as error:
        raise InputError(f"{address}: no such file") from error
    except IsADirectoryError as error:
        raise InputError(f"{address}: a folder; give the files in it") from error
    except UsageError:
        raise
    except Exception as error:  # each kind of address has errors of its own
        raise InputError(f"{address}: cannot be read ({first_line(error)})") from error


def _opened(address: str) -> Any:
    try:
        return import_module("fsspec").open(address, "rb")
    except ImportError as error:  # which says what to install
        raise UsageError(f"{address}: cannot be read yet; {first_line(error)}") from error
    except ValueError as error:
        kind = address.partition(":")[0].lower()
        raise UsageError(
            f"{address}: {kind}:// is not known; give a file, or s3://, gs:// or hf://"
        ) from error
