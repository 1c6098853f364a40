"""A plotly.js of the user's, read and recognised."""

from pathlib import Path

from reportgen.errors import UsageError


def read_plotlyjs(path: Path) -> str:
    """The text of the plotly.js bundle at `path`.

    Raises:
        UsageError: the file cannot be read or is not plotly.js.
    """
    try:
        source = path.read_text("utf-8-sig")
    except FileNotFoundError as error:
        raise UsageError(f"--plotlyjs {path}: no such file") from error
    except OSError as error:
        raise UsageError(f"--plotlyjs {path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise _other(path) from error
    if "plotly.js" not in source or "newPlot" not in source:
        raise _other(path)
    return source


def _other(path: Path) -> UsageError:
    return UsageError(
        f"--plotlyjs {path}: not plotly.js; give a bundle such as plotly-cartesian.min.js, or "
        "leave the option out"
    )
