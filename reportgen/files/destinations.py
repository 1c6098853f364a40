"""Checks that an output can be written where it goes, before any work is done."""

import errno
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reportgen.errors import UsageError, unwritten
from reportgen.files.temporary import BESIDE

# `results.schema` lists them too, but takes long to import.
_TABLES = """
    texts tokens heads roles layers targets decoder_heads predictions target_effects evidence
    effects sinks sink_scores agreement shuffled edits head_effects
"""
# The files of a results folder; a folder that holds any other file is not replaced.
RESULTS_FILES = frozenset(
    ["results.json", "maps.bin"] + [f"{name}.parquet" for name in _TABLES.split()]
)
# The files beside a page with the layout `dir`.
STYLE_FILE, SCRIPT_FILE, PLOTLY_FILE = "report.css", "report.js", "plotly.min.js"
PICTURES_FOLDER = "img"  # beside a page
PAGE_FILES = frozenset([STYLE_FILE, SCRIPT_FILE, PLOTLY_FILE])
ICON_FILE = "icon.svg"
_HEADS_FILE = re.compile(r"heads-[1-9][0-9]*\.png")
_AUTHOR_FILE = re.compile(r"author-[1-9][0-9]*\.(?:png|jpeg|webp|svg)")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+:/")  # s3://bucket, as a path has it; not C:/


def heads_file(number: int) -> str:
    """The file with the pictures of heads of one text, numbered from 1."""
    return f"heads-{number}.png"


def author_file(number: int, media_type: str) -> str:
    """The file of a picture of the author's, numbered from 1; its type as in image/svg+xml."""
    return f"author-{number}.{media_type.partition('+')[0]}"


def is_page_picture(name: str) -> bool:
    """Whether a file beside a page is one of its pictures, of which a page has as many as texts."""
    return name == ICON_FILE or any(p.fullmatch(name) for p in (_HEADS_FILE, _AUTHOR_FILE))


def check_target(path: Path, *, force: bool, is_folder: bool = False) -> None:
    """Check that an output can be written at `path`, before any work is done.

    Raises:
        UsageError: it exists and `force` is not given, or it is a folder where a file is to be
            written or the other way round, or it cannot be written, or is no path of this machine.
        OutputError: the disk is full or fails.
    """
    require_here(path)
    with _naming(path):
        (_check_folder if is_folder else _check_file)(path, _kind(path), force=force)
        _try_to_write(Path(os.path.realpath(path)))


def require_here(path: Path) -> None:
    """Check that an output at `path` is on this machine.

    Raises:
        UsageError: it is an address of a store.
    """
    if is_address(path):
        raise UsageError(
            f"{as_given(path)}: outputs are written on this machine; copy them there after that"
        )


def as_given(path: Path) -> str:
    """`path` as it was given: an address with both of its slashes."""
    return _ADDRESS.sub(r"\g<0>/", str(path), count=1)


def is_address(path: Path) -> bool:
    """Whether `path` is the address of something on another machine, such as s3://bucket/results,
    which a path has with one slash."""
    return _ADDRESS.match(str(path)) is not None


def check_page_folder(page: Path, *, force: bool) -> None:
    """Check that the folder of a page with `--layout dir` can be written, before any work is done.

    Raises:
        UsageError: the folder exists and `force` is not given, or it holds anything but such a
            page, or it cannot be written.
        OutputError: the disk is full or fails.
    """
    if page.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"{page}: with --layout dir the page's name must end in .html")
    folder = page.parent
    with _naming(folder):
        kind = _kind(folder)
        if kind in ("file", "other"):
            raise UsageError(f"{folder}: is a file, not a folder for the page")
        if kind is not None:
            _require_replaceable(folder, f"{folder}/report/{page.name}")
            names = {item.name for item in folder.iterdir()}
            rest = names - PAGE_FILES - {page.name}
            others = sorted(name for name in rest if not is_page_picture(name))
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


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Say of an error of the system that `path` cannot be written: a full disk, or one that fails,
    is no mistake in a command."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            raise unwritten(path, error) from error
        raise UsageError(
            f"{path}: cannot be written ({error.strerror}); name another place with --output"
        ) from error


def _kind(path: Path) -> str | None:
    """What is at `path`; None if nothing is."""
    try:
        mode = stat.S_IFMT(path.stat().st_mode)
    except FileNotFoundError:
        return None
    return {stat.S_IFDIR: "folder", stat.S_IFREG: "file"}.get(mode, "other")


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
    parent, names = target.parent, [target.name]
    while _kind(parent) is None:
        names.append(parent.name)
        parent = parent.parent
    for name in names:
        _kind(parent / name)  # fails if a name is too long
    with tempfile.TemporaryFile(prefix=BESIDE, dir=parent):
        pass


def read_within(path: Path, most: int) -> bytes:
    """The bytes of a file that the user names, which may have `most` of them.

    Raises:
        OSError: it cannot be read, or has more, as a device that never ends has.
    """
    with path.open("rb") as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return content
