"""Reads a folder: one text per .txt file, or a data set that the library `datasets` saved."""

import hashlib
import re
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from reportgen.errors import InputError, without_surrogates
from reportgen.texts import limits
from reportgen.texts.formats.encoding import decode
from reportgen.texts.rows import FileRow, TextTable
from reportgen.texts.sources.unpacking import unpacked

_DIGITS = re.compile("([0-9]+)")
_TEXT_FILE = re.compile(r"(?P<id>.+)\.(?:txt|text)(?:\.gz|\.zst)?", re.IGNORECASE | re.DOTALL)


def read_folder(
    folder: Path,
    path: str,
    encoding: str | None,
    wanted: Callable[[Sequence[str]], Collection[str]],
    limit: int | None,
) -> TextTable:
    """Read the folder at `folder`; see `read_table` for what is given.

    Raises:
        InputError: it holds no texts, or they cannot be read or are too large.
    """
    try:
        names = {entry.name for entry in folder.iterdir() if not entry.name.startswith(".")}
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    if "results.json" in names:
        raise InputError(f"{path}: a results folder, not texts; use `reportgen render` on it")
    if "dataset_dict.json" in names or {"dataset_info.json", "state.json"} <= names:
        from reportgen.texts.sources.saved_dataset import (
            read_saved_dataset,  # brings a library of tables
        )

        return read_saved_dataset(folder, path, wanted, limit)
    return _texts(folder, sorted(names, key=_natural), path, encoding)


def _natural(name: str) -> tuple[list[tuple[int, str]], str]:
    """What names are sorted by: `2.txt` stands before `10.txt`, and A beside a."""
    parts = _DIGITS.split(name.casefold())
    return [(int(part) if part.isdecimal() else -1, part) for part in parts], name


def _texts(folder: Path, names: Sequence[str], path: str, encoding: str | None) -> TextTable:
    """One row per file of text; its id is its name without the ending."""
    rows: list[FileRow] = []
    subfolders: list[str] = []
    n_other = size = 0
    digest = hashlib.sha256()
    for name in names:
        match = _TEXT_FILE.fullmatch(name)
        file = folder / name
        if file.is_dir():
            subfolders.append(name)
        elif match is None:
            n_other += 1
        elif len(rows) >= limits.MAX_ROWS:
            raise InputError(f"{path}: more than {limits.MAX_ROWS:,} texts; split it")
        else:
            shown = f"{path}/{name}"
            shown = shown if shown.isprintable() else repr(shown)
            stored = _content(file, shown, limits.MAX_BYTES - size)
            content = unpacked(stored, limits.MAX_BYTES - size + 1, shown)
            size += max(len(stored), len(content))
            if size > limits.MAX_BYTES:
                raise InputError(f"{path}: more than {limits.MAX_BYTES:,} bytes of text; split it")
            file_digest = hashlib.sha256(stored).hexdigest()
            digest.update(f"{file_digest} {without_surrogates(name)}\n".encode())
            # The end of the last line is no part of a text, in a folder as in a file.
            text = decode(content, shown, encoding).rstrip("\r\n")
            rows.append(FileRow(without_surrogates(name), {"id": match["id"], "text": text}))
    if not rows:
        raise InputError(f"{path}: a folder without .txt files; give the files in it")
    notes = (*_unread_folders(path, subfolders), *_unread_files(path, n_other))
    return TextTable(("id", "text"), tuple(rows), notes=notes, sha256=digest.hexdigest(), joint="/")


def _content(file: Path, shown: str, most: int) -> bytes:
    from reportgen.results import require_regular  # brings a library of tables

    try:
        require_regular(file)
        with file.open("rb") as stream:
            return stream.read(most + 1)
    except OSError as error:
        raise InputError(f"{shown}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise InputError(f"{shown}: {error}; move it elsewhere") from error


def _unread_folders(path: str, names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        return ()
    some = ", ".join(name if name.isprintable() else repr(name) for name in names[:5])
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return (f"{path}: folders in it are not read: {some}{more}",)


def _unread_files(path: str, n_other: int) -> tuple[str, ...]:
    if not n_other:
        return ()
    files = "1 file is" if n_other == 1 else f"{n_other:,} files are"
    return (f"{path}: {files} not read, as only .txt files are texts",)
