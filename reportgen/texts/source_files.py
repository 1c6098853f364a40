"""The files that texts are read from: their formats, and limits on their size."""

import codecs
import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from reportgen.errors import InputError, UsageError, without_surrogates
from reportgen.texts import limits
from reportgen.texts.formats.lines import can_be_read_by_lines
from reportgen.texts.sources.remote import is_remote
from reportgen.texts.sources.unpacking import PACKED_SUFFIXES, opened, unpacked

InputFormat: TypeAlias = Literal["txt", "csv", "tsv", "json", "jsonl", "parquet", "xlsx"]
INPUT_FORMATS: tuple[InputFormat, ...] = get_args(InputFormat)
# What a path may be beside a file: a folder of .txt files, or one that `save_to_disk` of the
# library `datasets` wrote.
FolderFormat: TypeAlias = Literal["folder"]
_BINARY = ("parquet", "xlsx")
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
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
}
# A text file that is larger is read by lines, if it is in UTF-8: it may be far larger than memory.
BY_LINES = 8_000_000
_MOST_UNPACKED = 100  # times its size: what unpacks to more is read as a whole, up to the limits
MAX_STDIN = 10_000_000_000  # bytes of standard input that are kept on the disk
_CELL_ENDS = {"csv": (b",", b";", b"\t"), "tsv": (b"\t",), "json": (b",",), "jsonl": (b",",)}


@dataclass(frozen=True, slots=True)
class TextSource:
    """One file, read, or a folder."""

    shown: str  # its path as messages show it
    name: str  # last part of its path
    content: bytes | Path  # unpacked; the path of a folder, or of a file that is read in parts
    format: InputFormat | FolderFormat | None  # None: its content says
    packed_sha256: str | None = None  # of a compressed file

    @property
    def sha256(self) -> str:
        """The checksum of the whole file as it is stored."""
        if self.packed_sha256 is not None:
            return self.packed_sha256
        if isinstance(self.content, bytes):
            return hashlib.sha256(self.content).hexdigest()
        with self.content.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()


def source_of(
    path: str,
    input_format: InputFormat | FolderFormat | None,
    encoding: str | None = None,
    fetch: Callable[[str], Path] | None = None,
    scratch: Callable[[], Path] | None = None,
) -> TextSource:
    """The file at `path`, read and unpacked, or found if it is read part by part.

    Args:
        path: of the file, or its address.
        input_format: how it is written.
        encoding: the one that is given for text files, if any.
        fetch: copies the file at an address here; needed where `path` is one.
        scratch: a folder for a long standard input; without one it is read as a whole.

    Raises:
        InputError: it cannot be read, or is too large.
    """
    if input_format == "folder":
        return TextSource(shown(path), _name(path), Path(path), input_format)
    file = str(fetch(path)) if is_remote(path) and fetch is not None else path
    data = b""
    if path == STDIN and scratch is not None:
        data = _read_stdin(BY_LINES + 1)
        if len(data) > BY_LINES:
            file = str(_kept_on_disk(data, scratch() / "stdin"))
    is_packed = path.lower().endswith(tuple(PACKED_SUFFIXES))
    if file != STDIN and input_format == "parquet" and not is_packed and _is(Path.is_file, file):
        return TextSource(shown(path), _name(path), Path(file), input_format)
    if _is_read_by_lines(file, input_format, encoding, shown(path)):
        return TextSource(shown(path), _name(path), Path(file), input_format)
    data = (file == STDIN and data) or _read(file, shown(path))
    content = unpacked(data, limits.MAX_BYTES + 1, shown(path))
    # The content of standard input has to say first how its lines and cells are counted.
    require_bounded(content, input_format or "parquet", shown(path))
    packed = None if content is data else hashlib.sha256(data).hexdigest()
    return TextSource(shown(path), _name(path), content, input_format, packed)


def _is_read_by_lines(
    path: str, input_format: str | None, encoding: str | None, shown: str
) -> bool:
    """Whether a file is large, and its lines can be read one after another; `shown` is for
    messages. Of standard input (no format) what may be one JSON list cannot."""
    if path == STDIN or input_format not in (None, "txt", "csv", "tsv", "jsonl"):
        return False
    if encoding is not None and codecs.lookup(encoding).name not in ("utf-8", "utf-8-sig"):
        return False
    file = Path(path)
    try:
        if not file.is_file():
            return False
        with opened(file, shown) as stream:
            beginning = stream.read(BY_LINES + 1)
        if len(beginning) <= BY_LINES:
            return False
        if input_format is None and beginning.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"[":
            return False
        most, is_named = _MOST_UNPACKED * file.stat().st_size, encoding is not None
        return can_be_read_by_lines(file, shown, most, is_named=is_named)
    except (OSError, ValueError):
        return False  # reading it says what is wrong


def _kept_on_disk(beginning: bytes, file: Path) -> Path:
    """`file`, into which standard input is copied, of which `beginning` was read.

    Raises:
        InputError: it does not end, or there is no room for it.
    """
    try:
        with file.open("wb") as copy:
            size = copy.write(beginning)
            while block := sys.stdin.buffer.read(1 << 20):
                size += copy.write(block)
                if size > MAX_STDIN:
                    raise InputError(
                        f"stdin: more than {MAX_STDIN:,} bytes; write it to a file and give that"
                    )
    except OSError as error:
        raise InputError(
            f"stdin: cannot be kept in {file.parent.parent} ({error.strerror}); set TMPDIR to a "
            "folder with more room, or give a file"
        ) from error
    return file


def format_of(path: str, given: str | None) -> InputFormat | FolderFormat | None:
    """The format that is given for a file, or that its suffix names; None for standard input, whose
    content decides.

    Raises:
        UsageError: there is no such format.
    """
    if given in (None, "txt") and path != STDIN and _is(Path.is_dir, path):
        return "folder"
    if given is None and path == STDIN:
        return None
    wanted = given if given is not None else _of_suffix(path)
    for known in INPUT_FORMATS:
        if known == wanted:
            return known
    raise UsageError(
        f"--input-format {given!r}: not a format; use one of {', '.join(INPUT_FORMATS)}"
    )


def _of_suffix(path: str) -> InputFormat:
    name = Path(path)
    suffix = name.suffix.lower()
    if suffix in PACKED_SUFFIXES:
        suffix = Path(name.stem).suffix.lower()
    if suffix in (".xls", ".xlsb", ".ods"):
        raise UsageError(f"{shown(path)}: save it as .xlsx, which can be read")
    if suffix not in SUFFIXES:
        raise UsageError(
            f"{shown(path)}: the suffix {suffix!r} is not known; give --input-format "
            f"({', '.join(INPUT_FORMATS)})"
        )
    return SUFFIXES[suffix]


def _is(kind: Callable[[Path], bool], path: str) -> bool:
    try:
        return kind(Path(path))
    except OSError:
        return False  # reading it says what is wrong


def _read(path: str, shown: str) -> bytes:
    """The bytes of a file; `shown` is for messages.

    Raises:
        InputError: it cannot be read, or is far too large; one that never ends is found too.
    """
    try:
        if path == STDIN:
            return _read_stdin(limits.MAX_BYTES + 1)
        with Path(path).open("rb") as stream:
            return stream.read(limits.MAX_BYTES + 1)
    except FileNotFoundError as error:
        hint = "; --text gives a text itself" if any(map(str.isspace, path)) else ""
        raise InputError(f"{shown}: no such file{hint}") from error
    except IsADirectoryError as error:
        raise InputError(f"{shown}: a folder; give the files in it") from error
    except OSError as error:
        raise InputError(f"{shown}: cannot be read ({error.strerror})") from error
    except ValueError as error:  # a NUL in the name
        raise InputError(f"{shown}: no such file") from error


def _read_stdin(most: int) -> bytes:
    if sys.stdin is None:
        raise InputError("standard input is closed; name a file of texts")
    return sys.stdin.buffer.read(most)


def require_bounded(data: bytes, input_format: str, path: str) -> None:
    """Refuse a file that would take far more memory than any real file of texts; `path` is for
    messages.

    Raises:
        InputError: it has too many bytes, lines or cells.
    """
    is_text = input_format not in _BINARY
    n_lines = max(data.count(end) for end in (b"\n", b"\r")) if is_text else 0
    n_cells = max((data.count(end) for end in _CELL_ENDS.get(input_format, ())), default=0)
    for n, most, what in (
        (len(data), limits.MAX_BYTES, "bytes"),
        (n_lines, limits.MAX_ROWS, "lines"),
        (n_cells, limits.MAX_CELLS, "cells"),
    ):
        if n > most:
            raise InputError(
                f"{path}: more than {most:,} {what}; split it, or give its beginning alone"
            )


def _name(path: str) -> str:
    if path == STDIN:
        return "stdin"
    return without_surrogates(Path(path).name or Path(path).absolute().name)


def shown(path: str) -> str:
    """Format `path` for a message, on one line."""
    if path == STDIN:
        return "stdin"
    return path if path.isprintable() else repr(path)
