"""Errors out of code that is not ours, told in one line that names the user's own file."""

import sysconfig
import traceback
from pathlib import Path

_LIBRARIES = {
    str(Path(sysconfig.get_paths()[key]).resolve()) for key in ("stdlib", "purelib", "platlib")
} | {str(Path(__file__).resolve().parents[1])}


def describe(error: BaseException) -> str:
    """`ValueError at my_model.py:12: what it says`, the place being the last line of the user's
    own code; without one, only the error."""
    place = _place(error)
    where = f" at {place}" if place else ""
    message = first_line(error)
    return f"{type(error).__name__}{where}" + (f": {message}" if message else "")


def first_line(error: BaseException) -> str:
    """The first line of what `error` says."""
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    return message.strip().partition("\n")[0]


def _place(error: BaseException) -> str | None:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_shown(error.filename)}:{error.lineno}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_file() and not any(str(path.resolve()).startswith(lib) for lib in _LIBRARIES):
            return f"{_shown(frame.filename)}:{frame.lineno}"
    return None


def _shown(filename: str) -> str:
    path = Path(filename).resolve()
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
