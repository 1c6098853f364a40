"""Decodes the bytes of a text file; what does not fit an encoding is an error, never replaced."""

import codecs
import re

from reportgen.errors import InputError, UsageError

# UTF-32 before UTF-16: its little-endian mark begins with that of UTF-16.
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
KANA = re.compile("[ぁ-んァ-ヶ]")
# NUL, C1 controls and the private use area: what bytes in other encodings decode to in CP932.
NOT_CP932 = re.compile("[\x00\x80-\xa0\ue000-\uf8ff]")


def check_encoding(name: str) -> None:
    """Raise UsageError if Python has no encoding called `name`."""
    try:
        codecs.lookup(name)
    except (LookupError, ValueError) as error:
        raise _unknown(name) from error


def decode(data: bytes, path: str, encoding: str | None = None) -> str:
    """Decode `data`, without its byte order mark.

    Without an `encoding`, the byte order mark decides; without a mark it is UTF-8, or else CP932 if
    every byte fits and there are hiragana or katakana. `path` is for messages.

    Raises:
        InputError: the bytes are in none of these encodings, or not in `encoding`, or look like
            UTF-16 without a mark.
        UsageError: `encoding` is not a text encoding.
    """
    marked = next((name for mark, name in BYTE_ORDER_MARKS if data.startswith(mark)), None)
    name = encoding or marked or "utf-8"
    if not (encoding or marked) and (wide := _utf16(data)):
        raise InputError(
            f"{path}: looks like {wide} without a byte order mark; give --encoding {wide}, or utf-8"
        )
    try:
        text = data.decode(name)
    except LookupError as error:
        raise _unknown(name) from error
    except UnicodeError as error:
        japanese = None if encoding or marked else _cp932(data)
        if japanese is not None:
            return japanese
        tried = name if encoding or marked else "neither UTF-8 nor CP932"
        raise InputError(_undecodable(data, path, name, tried, error)) from error
    return text.removeprefix("\ufeff")


def _cp932(data: bytes) -> str | None:
    """Decode `data` as CP932; None if it does not look Japanese.

    Nearly any Western text decodes as CP932 too ("it’s" becomes "it痴"), so kana are asked for.
    """
    try:
        text = data.decode("cp932")
    except UnicodeDecodeError:
        return None
    return text if KANA.search(text) and not NOT_CP932.search(text) else None


def _utf16(data: bytes) -> str | None:
    """The kind of UTF-16 that `data` without a mark looks like; None if it does not.

    ASCII text in UTF-16 is also valid UTF-8, with a NUL beside every character. What gives it away
    is the end of the first line or, without one, that every second byte is NUL.
    """
    if b"\0" not in data or len(data) % 2:
        return None
    for name, first_line, high_bytes in (
        ("utf-16-le", rb"(?:[^\n]{2})*\n\0", data[1::2]),
        ("utf-16-be", rb"(?:[^\n]{2})*\0\n", data[::2]),
    ):
        looks_wide = re.match(first_line, data) or not any(high_bytes)
        if looks_wide and "\0" not in data.decode(name, "replace"):
            return name
    return None


def _unknown(name: str) -> UsageError:
    return UsageError(f"--encoding {name!r}: not a text encoding; use one such as cp932 or utf-16")


def _undecodable(data: bytes, path: str, name: str, tried: str, error: UnicodeError) -> str:
    # Codecs such as idna do not say where, and cannot skip what they cannot read.
    line = 1
    if isinstance(error, UnicodeDecodeError):
        line += data[: error.start].decode(name, "ignore").count("\n")
    problem = tried if tried.startswith("neither") else f"not {tried}"
    return f"{path}:{line}: {problem}; give its encoding with --encoding, such as cp1252"
