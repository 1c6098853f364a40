"""Lines for a log that a continuous integration reads: its commands, and lines that are none.

GitHub's runner reads both streams. It takes a line as a command that begins with `::` after any
space, and `##[` wherever it stands; Azure's agent the same with `##vso[`.
"""

import re

from reportgen.report.visible import visible

_NAME = "reportgen: "
_MARK = re.compile(r"#(?=#(?:vso)?\[)", re.IGNORECASE)
# Of a page: its data, what is the same in every page, and what could begin a command elsewhere.
_PIECE = re.compile(
    rb'<script type="application/json"[^>]*>.*?</script>|<(script|style)\b.*?</\1>|##', re.DOTALL
)


def inert(line: str) -> str:
    """`line` as one line that is no command, whatever is in it; all that is unseen is visible."""
    shown = _MARK.sub("# ", visible(line))
    return _NAME + shown if shown.lstrip().startswith("::") else shown


def annotation(level: str, title: str, message: str) -> str:
    """The command that shows `message` beside a job on GitHub; `level` is error or warning."""
    return f"::{level} title={_property(visible(title))}::{_data(visible(message))}"


def inert_page(page: bytes) -> bytes:
    """A page that reads as the same and of which no text is a command where it ends in a log."""
    return _PIECE.sub(_inert_piece, page)


def _inert_piece(match: re.Match[bytes]) -> bytes:
    if match[0] == b"##":
        return b"#&#35;"
    return match[0] if match[1] else match[0].replace(b"##", rb"#\u0023")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
