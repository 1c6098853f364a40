"""The files that texts are read from: their formats, and how much one may hold."""

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from reportgen.errors import InputError, UsageError, without_surrogates

InputFormat: TypeAlias = Literal["txt", "csv", "tsv", "json", "jsonl", "parquet"]
INPUT_FORMATS: tuple[InputFormat, ...] = get_args(InputFormat)
STDIN = "-"
SUFFIXES: dict[str, InputFormat] = {
    "": "txt",
    ".txt": "txt",
    ".text": "txt",
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
# The most that one file may hold, so that reading it takes about 1 GB of memory, whatever is in it:
# bytes (of a parquet file those of the columns and rows that are read, unpacked), texts or lines,
# and what may end a cell (a wide table of numbers is no file of texts).
MAX_BYTES = 200_000_000
MAX_ROWS = 500_000
MAX_CELLS = 5_000_000
_CELL_ENDS = {"csv": b",;\t", "tsv": b"\t", "json": b",", "jsonl": b","}


@dataclass(frozen=True, slots=True)
class Source:
    """One file, read."""

    shown: str  # its path as messages show it
    name: str  # last part of its path
    content: bytes | Path  # of a parquet file its path: it is read by row groups
    format: InputFormat

    @property
    def sha256(self) -> str:
        """The checksum of the whole file."""
        if isinstance(self.content, bytes):
            return hashlib.sha256(self.content).hexdigest()
        with self.content.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()


def source_of(path: str, input_format: InputFormat) -> Source:
    """The file at `path`, read, or found if it is read by row groups.

    Raises:
        InputError: it cannot be read, or is too large.
    """
    return Source(shown(path), _name(path), _read(path, input_format), input_format)


def format_of(path: str, given: str | None) -> InputFormat:
    """The format that is given for a file, or that its suffix says.

    Raises:
        UsageError: there is no such format.
    """
    wanted = given if given is not None else _of_suffix(path)
    for known in INPUT_FORMATS:
        if known == wanted:
            return known
    raise UsageError(
        f"--input-format {given!r}: not a format; use one of {', '.join(INPUT_FORMATS)}"
    )


def _of_suffix(path: str) -> InputFormat:
    if path == STDIN:
        return "txt"
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(
            f"{shown(path)}: the suffix {suffix!r} is not known; give --input-format "
            f"({', '.join(INPUT_FORMATS)})"
        )
    return SUFFIXES[suffix]


def _read(path: str, input_format: InputFormat) -> bytes | Path:
    """The bytes of a file, or its path if it is read by row groups.

    Raises:
        InputError: it cannot be read, or is far too large; one that never ends is found too.
    """
    try:
        if path != STDIN and input_format == "parquet" and Path(path).is_file():
            return Path(path)
        if path == STDIN:
            data = _read_stdin()
        else:
            with Path(path).open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise InputError(f"{shown(path)}: no such file") from error
    except IsADirectoryError as error:
        raise InputError(f"{shown(path)}: a folder; give the files in it") from error
    except OSError as error:
        raise InputError(f"{shown(path)}: cannot be read ({error.strerror})") from error
    except ValueError as error:  # a NUL in the name
        raise InputError(f"{shown(path)}: no such file") from error
    require_bounded(data, input_format, shown(path))
    return data


def _read_stdin() -> bytes:
    if sys.stdin is None:
        raise InputError("standard input is closed; name a file of texts")
    return sys.stdin.buffer.read(MAX_BYTES + 1)


def require_bounded(data: bytes, input_format: InputFormat, path: str) -> None:
    """Refuse a file that would take far more memory than any file of texts; `path` is for messages.

    Raises:
        InputError: it has too many bytes, lines or cells.
    """
    n_lines = max(data.count(end) for end in (b"\n", b"\r"))
    n_cells = max((data.count(end) for end in _ends_of_cells(input_format)), default=0)
    for n, most, what in (
        (len(data), MAX_BYTES, "bytes"),
        (n_lines, MAX_ROWS, "lines"),
        (n_cells, MAX_CELLS, "cells"),
    ):
        if n > most:
            raise InputError(
                f"{path}: more than {most:,} {what}; split it, or give its beginning alone"
            )


def _ends_of_cells(input_format: InputFormat) -> list[bytes]:
    return [bytes([end]) for end in _CELL_ENDS.get(input_format, b"")]


def _name(path: str) -> str:
    return "stdin" if path == STDIN else without_surrogates(Path(path).name)


def shown(path: str) -> str:
    """Format `path` for a message, on one line."""
    if path == STDIN:
        return "stdin"
    return path if path.isprintable() else repr(path)
