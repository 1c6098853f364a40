"""A word from the author of a report: a comment in Markdown and a logo, read from files of theirs.

Both are checked when the options are read, so that a file that cannot be used is told before any
model is loaded. What of a comment is shown is decided in `sections/author.py`.
"""

import errno
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from reportgen.errors import UsageError, without_surrogates
from reportgen.files import read_within

_COMMENT_BYTES = 100_000
_LOGO_BYTES = 500_000
# How the files of pictures begin, and the names of their types.
_STARTS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_SVG = "image/svg+xml"


@dataclass(frozen=True, slots=True)
class AuthorComment:
    """What the author writes, in Markdown."""

    name: str  # of its file
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture that stands beside the title."""

    name: str  # of its file
    media_type: str
    content: bytes = field(repr=False)

    @property
    def address(self) -> str:
        """The picture as an address that holds it whole."""
        return f"data:{self.media_type};base64,{b64encode(self.content).decode()}"


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


def read_logo(path: str) -> Logo:
    """The picture in the file at `path`.

    Raises:
        UsageError: the file cannot be read, is no picture or too large.
    """
    content = _content("--logo", path, _LOGO_BYTES)
    media_type = image_type(content)
    if media_type is None:
        raise UsageError(f"--logo {path}: not a picture; give a PNG, SVG, JPEG or WebP file")
    return Logo(Path(path).name, media_type, content)


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
