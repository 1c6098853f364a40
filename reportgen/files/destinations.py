"""Checks that an output can be written where it goes, before any work is done."""

import errno
import os
import re
import stat
import struct
import sys
import tempfile
from pathlib import Path
from typing import Literal

from reportgen.errors import OutputError, UsageError, unwritten
from reportgen.files.temporary import BESIDE

if sys.platform != "win32":
    import fcntl

# The tables of a results folder; `results.schema` lists them too, but takes long to import.
_TABLES = (
    "texts",
    "tokens",
    "heads",
    "roles",
    "layers",
    "targets",
    "decoder_heads",
    "predictions",
    "target_effects",
    "evidence",
    "effects",
    "sinks",
    "sink_scores",
    "agreement",
    "shuffled",
    "edits",
    "head_effects",
)
# The files of a results folder; a folder that holds any other file is not replaced.
RESULTS_FILES = frozenset(
    [
        "results.json",
        "maps.bin",
        *(f"{name}.parquet" for name in _TABLES),
    ]
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
    try:
        kind = _kind(path)
        if is_folder:
            _check_folder(path, kind, force=force)
        else:
            _check_file(path, kind, force=force)
        _try_to_write(Path(os.path.realpath(path)))
    except OSError as error:
        raise _not_writable(path, error) from error


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
    try:
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
    except OSError as error:
        raise _not_writable(folder, error) from error


def _not_writable(path: Path, error: OSError) -> UsageError | OutputError:
    """The error for an output that cannot be written: a full disk, or one that fails, is no mistake
    in a command."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
        return unwritten(path, error)
    return UsageError(
        f"{path}: cannot be written ({error.strerror}); name another place with --output"
    )


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
    with tempfile.TemporaryFile(prefix=BESIDE, dir=parent):
        pass
    if len(missing) == 1 and os.path.lexists(target):
        _try_to_replace(target)


def _try_to_replace(target: Path) -> None:
    """Raise OSError if another file cannot take the name of `target`, as far as that shows."""
    if _is_fixed(target) or _is_fixed(target.parent):
        raise OSError(errno.EPERM, "it is marked as immutable or append-only")
    if os.path.realpath(target) in _mount_points():
        raise OSError(errno.EBUSY, "it is a mount point")
    if sys.platform == "win32" or os.geteuid() == 0:
        return
    folder, user = target.parent.stat(), os.geteuid()
    is_sticky = folder.st_mode & stat.S_ISVTX
    if is_sticky and user not in (folder.st_uid, target.lstat().st_uid):
        raise OSError(errno.EPERM, "it is another user's, in a folder where each keeps their own")


# Linux: how the attributes of `chattr` are asked for, and those for "immutable" and "append-only".
_GET_FLAGS, _FIXED = 0x8008_6601, 0x10 | 0x20


def _is_fixed(path: Path) -> bool:
    """Whether attributes of the file system forbid that `path` is replaced."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        (flags,) = struct.unpack("l", fcntl.ioctl(number, _GET_FLAGS, bytes(struct.calcsize("l"))))
    except OSError:  # the file system has no such attributes
        return False
    finally:
        os.close(number)
    return bool(flags & _FIXED)


def _mount_points() -> frozenset[str]:
    """Files and folders that something is mounted on, where the system lists them."""
    try:
        lines = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return frozenset()
    return frozenset(_unescaped(line.split(" ")[4]) for line in lines)


def _unescaped(path: str) -> str:
    """A path of mountinfo, where a space is written as `\\040`."""
    for character in (" ", "\t", "\n", "\\"):
        path = path.replace(f"\\{ord(character):03o}", character)
    return path
