"""Errors out of code that is not ours, told in one line that names the user's own file."""

import re
import sysconfig
import traceback
from pathlib import Path, PurePath

from reportgen.decoding import without_surrogates
from reportgen.errors import first_line
from reportgen.model.spec import expanded

_LIBRARIES = {
    Path(sysconfig.get_paths()[key]).resolve() for key in ("stdlib", "purelib", "platlib")
} | {Path(__file__).resolve().parents[1]}

# Where a path begins: at the root, a home folder, a drive or a share; not at the slashes of a URL,
# of a relative path, of `and/or` or of a closing tag. A URL may have a whole path behind its host.
_ROOT = (
    r"(?:(?<![A-Za-z0-9_.~/\\<-])(?:(?:file://)?/(?!/)|~\w*/|[A-Za-z]:[\\/]+|\\{2,4})"
    r"|(?<=\w/)/(?!/))"
)
# Folders may have names of three words, such as `Program Files (x86)`.
_WORD = r"[^\s\\/'\",;:<>|]+"
_FOLDER = rf"{_WORD}(?: {_WORD}){{0,2}}[\\/]+"
_PATH = re.compile(rf"{_ROOT}(?:{_FOLDER})+(?:{_WORD}(?<![)\].]))?")
_QUOTED_PATH = re.compile(rf"(?<='){_ROOT}[^'\n]+(?=')|(?<=\"){_ROOT}[^\"\n]+(?=\")")


def describe(error: BaseException, *, with_folders: bool = False) -> str:
    """`ValueError at my_model.py:12: what it says`, the place being the last line of the user's
    own code; without one, only the error.

    Of paths the last part is left, so that a report tells nothing of the machine; `with_folders`,
    for the terminal alone, leaves them whole.
    """
    place = _place(error)
    if place and not with_folders:
        place = PurePath(place).name
    where = f" at {place}" if place else ""
    message = without_surrogates(first_line(error))
    if not with_folders:
        message = _without_folders(message)
    return f"{type(error).__name__}{where}" + (f": {message}" if message else "")


def _without_folders(message: str) -> str:
    for path in (_QUOTED_PATH, _PATH):
        message = path.sub(lambda found: _last_part(found[0]), message)
    return message


def _last_part(path: str) -> str:
    parts = [part for part in re.split(r"[\\/]+", path) if part]
    if len(parts) < 2:
        return path
    return "~" if Path(path) == expanded("~") else parts[-1]


def _place(error: BaseException) -> str | None:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_shown(error.filename)}:{error.lineno}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_file() and not any(path.resolve().is_relative_to(lib) for lib in _LIBRARIES):
            return f"{_shown(frame.filename)}:{frame.lineno}"
    return None


def _shown(filename: str) -> str:
    """A file below the current folder by its way from there, any other by its name alone."""
    path = Path(filename).resolve()
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else path.name
