"""Errors out of code that is not ours, told in one line that names the user's own file."""

import sysconfig
import traceback
from pathlib import Path

from reportgen.errors import first_line

_LIBRARIES = {
    Path(sysconfig.get_paths()[key]).resolve() for key in ("stdlib", "purelib", "platlib")
} | {Path(__file__).resolve().parents[1]}


def describe(error: BaseException) -> str:
    """`ValueError at my_model.py:12: what it says`, the place being the last line of the user's
    own code; without one, only the error."""
    place = _place(error)
    where = f" at {place}" if place else ""
    message = first_line(error)
    return f"{type(error).__name__}{where}" + (f": {message}" if message else "")


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
