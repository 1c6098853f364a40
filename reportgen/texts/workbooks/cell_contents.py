"""Reads what the cells of an Excel workbook refer to: shared texts and number formats."""

import re
from collections.abc import Mapping, Sequence

from reportgen.errors import InputError
from reportgen.texts import limits
from reportgen.texts.workbooks.number_formats import Shown, shown_by
from reportgen.texts.workbooks.parts import Handler, Package

_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


class _Strings(Handler):
    """The texts that cells refer to by number, without their furigana."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._path = path
        self._parts: list[str] = []
        self._in_text = False
        self._in_reading = False

    def start(self, name: str, given: Mapping[str, str]) -> None:
        if name == "si":
            self._parts = []
        elif name == "rPh":
            self._in_reading = True
        elif name == "t":
            self._in_text = not self._in_reading

    def text(self, data: str) -> None:
        if self._in_text:
            self._parts.append(data)

    def end(self, name: str) -> None:
        if name == "t":
            self._in_text = False
        elif name == "rPh":
            self._in_reading = False
        elif name == "si":
            self.found.append(unescaped("".join(self._parts)))
            if len(self.found) > limits.MAX_CELLS:
                raise too_many(self._path, limits.MAX_CELLS, "cells")


def shared_strings(package: Package, part: str | None, path: str) -> Sequence[str]:
    """The texts of `part`, if there is one.

    Raises:
        InputError: there are too many.
    """
    handler = _Strings(path)
    if part is not None and package.has(part):
        package.parse(part, handler)
    return handler.found


def unescaped(text: str) -> str:
    """`text` with the characters that XML cannot hold; halves of a pair stay escaped."""
    if "_x" not in text:
        return text

    def character(found: re.Match[str]) -> str:
        code = int(found[1], 16)
        return found[0] if 0xD800 <= code < 0xE000 else chr(code)

    return _ESCAPED.sub(character, text)


def number_formats(package: Package, part: str | None, *, is_1904: bool) -> Sequence[Shown]:
    """How the numbers of each style that `part` lists are shown."""
    codes: dict[int, str] = {}
    ids: list[int] = []
    is_inside = False

    def start(name: str, given: Mapping[str, str]) -> None:
        nonlocal is_inside
        if name == "numFmt":
            codes[int(given["numFmtId"])] = given["formatCode"]
        elif name in ("cellXfs", "cellStyleXfs", "dxfs"):
            is_inside = name == "cellXfs"
        elif name == "xf" and is_inside:
            ids.append(int(given.get("numFmtId", "0")))

    if part is not None and package.has(part):
        package.parse(part, Handler(start))
    known = {id: shown_by(id, codes.get(id), is_1904=is_1904) for id in set(ids)}
    return [known[id] for id in ids]


def too_many(path: str, most: int, what: str) -> InputError:
    """The error for a workbook that holds more than `most`."""
    return InputError(f"{path}: more than {most:,} {what}; split it")
