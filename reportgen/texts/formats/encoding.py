"""Decodes the bytes of a text file; bytes that do not fit the encoding are an error and are never
replaced."""

import codecs
import re
from contextlib import suppress

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
JIS_SWITCH = b"\x1b$"  # from ASCII to Japanese in ISO-2022-JP, all bytes of which are ASCII
# NUL, C1 controls and the private use area: what bytes in other encodings decode to in CP932.
NOT_CP932 = re.compile("[\x00\x80-\xa0\ue000-\uf8ff]")


# Text encodings to Python, but of names on the internet and of program code, not of files.
_NOT_OF_FILES = ("idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape")
_LEAST_WIDE = 8  # bytes: fewer may hold a NUL by chance


def check_encoding(name: str) -> None:
    """Raise UsageError if `name` is not a text encoding that Python knows."""
    try:
        codec = codecs.lookup(name)
        "".encode(name)  # fails where the codec is not for text
    except (LookupError, ValueError, TypeError) as error:
        raise _unknown(name) from error
    if codec.name.replace("-", "_") in _NOT_OF_FILES:
        raise _unknown(name)


def decode(data: bytes, path: str, encoding: str | None = None) -> str:
    """Decode `data`, without its byte order mark.

    Without an `encoding`, the byte order mark decides; without a mark it is UTF-8, or else CP932 if
    every byte fits and there are hiragana or katakana. `path` is for messages.

    Raises:
        InputError: the bytes are in none of these encodings, or not in `encoding`, or look like
            UTF-16, UTF-32 or ISO-2022-JP where that is neither named nor marked.
        UsageError: `encoding` is not a text encoding.
    """
    if encoding is not None:
        check_encoding(encoding)
    marked = next((name for mark, name in BYTE_ORDER_MARKS if data.startswith(mark)), None)
    name = encoding or marked or "utf-8"
    if not (encoding or marked) and (wide := _wide(data)):
        raise InputError(
            f"{path}: looks like {wide} without a byte order mark; give --encoding {wide}, or utf-8"
        )
    if not (encoding or marked) and JIS_SWITCH in data and data.isascii():
        raise InputError(f"{path}: looks like iso2022_jp; give --encoding iso2022_jp, or utf-8")
    try:
        text = data.decode(name)
    except Exception as error:  # codecs that are seldom used fail in odd ways
        japanese = None if encoding or marked else _cp932(data)
        if japanese is not None:
            return japanese
        tried = name if encoding or marked else "neither UTF-8 nor CP932"
        raise InputError(_undecodable(data, path, name, tried, error)) from error
    is_utf8 = codecs.lookup(name).name in ("utf-8", "utf-8-sig")
    if "\0" in text and not is_utf8 and (likely := _wide(data)):
        raise InputError(f"{path}: not {name}, but looks like {likely}; give --encoding {likely}")
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


def _wide(data: bytes) -> str | None:
    """The kind of UTF-32 or UTF-16 that `data` looks like, whole characters of it; None if none.

    ASCII text in these is also valid UTF-8, with NULs beside every character. What gives UTF-16
    away is the end of the first line or, without one, that every second byte is NUL.
    """
    if b"\0" not in data:
        return None
    whole = data[: len(data) // 4 * 4]
    for name, zeros, planes in (
        ("utf-32-le", whole[3::4], whole[2::4]),
        ("utf-32-be", whole[::4], whole[1::4]),
    ):
        looks_wide = len(whole) >= _LEAST_WIDE and not any(zeros) and max(planes) <= 0x10
        if looks_wide and "\0" not in whole.decode(name, "replace"):
            return name
    return _utf16(data[:-1] if len(data) % 2 else data, len(data) % 2 == 1)


def _utf16(data: bytes, is_cut: bool) -> str | None:
    if is_cut and len(data) < _LEAST_WIDE:
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


def _undecodable(data: bytes, path: str, name: str, tried: str, error: Exception) -> str:
    line, is_cut = 1, False
    if isinstance(error, UnicodeDecodeError):  # some codecs do not say where
        with suppress(Exception):
            line += data[: error.start].decode(name, "ignore").count("\n")
        is_cut = error.reason == "truncated data"
    if is_cut:
        return f"{path}:{line}: {name} that ends inside a character; copy or save the file again"
    problem = tried if tried.startswith("neither") else f"not {tried}"
    return f"{path}:{line}: {problem}; {_advice(data, name)}"


def _advice(data: bytes, name: str) -> str:
    """What to do about bytes that are not in the encoding `name`."""
    likely = _wide(data)
    if likely is None and codecs.lookup(name).name != "utf-8":
        with suppress(UnicodeError):
            data.decode("utf-8")
            likely = "utf-8"
    if likely is None and codecs.lookup(name).name != "euc_jp":
        with suppress(UnicodeError):
            likely = "euc_jp" if KANA.search(data.decode("euc_jp")) else None
    if likely is not None:
        return f"it looks like {likely}; give --encoding {likely}"
    return "give its encoding with --encoding, such as cp1252"
