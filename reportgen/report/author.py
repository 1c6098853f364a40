"""A word from the author of a report: a comment in Markdown, read from a file.

It is checked when the options are read, so that a file that cannot be used is an error before any
model is loaded. What of a comment is shown is decided in `sections/author.py`.
"""

import errno
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from reportgen.errors import UsageError, without_surrogates
from reportgen.files import read_within

_COMMENT_BYTES = 100_000
# How the files of pictures begin, and the names of their types.
_STARTS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_SVG = "image/svg+xml"


@dataclass(frozen=True, slots=True)
class AuthorComment:
    """What the author writes, in Markdown."""

    name: str  # of its file
    text: str = field(repr=False)


def read_comment(path: str) -> AuthorComment:
    """The comment in the file at `path`.

    Raises:
        UsageError: the file cannot be read, is no text, is empty or too long.
    """
    content = _content("--comment", path, _COMMENT_BYTES)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"--comment {path}: not UTF-8; save it as UTF-8") from error
    if not text.strip():
        raise UsageError(f"--comment {path}: is empty; write into it, or leave the option out")
    return AuthorComment(Path(path).name, text)


def image_type(content: bytes) -> str | None:
    """The media type of a picture, by its bytes; None where they are of none that a page shows."""
    for start, media_type in _STARTS.items():
        if content.startswith(start):
            return media_type
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return _SVG if _is_svg(content) else None


def _is_svg(content: bytes) -> bool:
    """Whether `content` is a drawing that a browser can read. The parser stops at entities that
    grow, and a page shows the drawing as a picture, in which no script runs."""
    if b"<svg" not in content:
        return False
    try:
        root = ElementTree.fromstring(content)
    except (ElementTree.ParseError, LookupError, ValueError):
        return False
    return root.tag == "{http://www.w3.org/2000/svg}svg"


def _content(option: str, path: str, most: int) -> bytes:
    shown = f"{option} {without_surrogates(path)}"
    try:
        return read_within(Path(path), most)
    except FileNotFoundError as error:
        raise UsageError(f"{shown}: no such file") from error
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise UsageError(
                f"{shown}: more than {most // 1000} kB; give a smaller file"
            ) from error
        raise UsageError(f"{shown}: cannot be read ({error.strerror})") from error
    except ValueError as error:  # a path with a null character
        raise UsageError(f"{shown}: not a path") from error
