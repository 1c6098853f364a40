"""Reads a sheet of an Excel workbook (.xlsx) into rows of cells as a person sees them.

A workbook is a zip file of XML. Its parts are read piece by piece, a sheet row by row, and all of
them together no further than a file of texts may reach: a small workbook may unpack to any size.
"""

import re
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import PurePosixPath
from xml.parsers import expat

from reportgen.errors import InputError, UsageError, quoted
from reportgen.texts import limits
from reportgen.texts.formats.number_formats import Shown, shown_by
from reportgen.texts.rows import Cell, FileRow, OddCell, TextTable

_PIECE = 1 << 16


class Package:
    """The parts of a workbook; no more is unpacked than a file of texts may contain."""

    def __init__(self, packed: zipfile.ZipFile, path: str) -> None:
        self._packed = packed
        self._path = path
        self._left = limits.MAX_BYTES

    def parse(self, part: str, handler: "Handler") -> None:
        """Pass the elements of a part to `handler`.

        Raises:
            InputError: it is too large.
        """
        entry = self._packed.getinfo(part)
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError("packed in a way that Excel does not use")
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = lambda name, given: handler.start(_local(name), _plain(given))
        parser.EndElementHandler = lambda name: handler.end(_local(name))
        parser.CharacterDataHandler = handler.text
        parser.StartDoctypeDeclHandler = _refuse  # entities may be repeated without end
        # Reading stops where the part ends by its own account, which is checked against its sum.
        with self._packed.open(entry) as stream:
            while piece := stream.read(_PIECE):
                self._left -= len(piece)
                if self._left < 0:
                    raise InputError(
                        f"{self._path}: unpacks to more than {limits.MAX_BYTES:,} bytes; "
                        "split it, or save the sheet as .csv"
                    )
                parser.Parse(piece, False)
        parser.Parse(b"", True)

    def has(self, part: str) -> bool:
        return part in self._packed.NameToInfo

    def relations(self, part: str) -> Mapping[str, tuple[str, str]]:
        """What a part refers to, by id: the kind and the part."""
        folder = PurePosixPath(part).parent
        relations_part = str(folder / "_rels" / f"{PurePosixPath(part).name}.rels").removeprefix(
            "./"
        )
        targets: dict[str, tuple[str, str]] = {}

        def start(name: str, given: Mapping[str, str]) -> None:
            if name == "Relationship" and given.get("TargetMode") != "External":
                target = given["Target"]
                whole = target[1:] if target.startswith("/") else _joined(folder, target)
                targets[given["Id"]] = (given["Type"].rpartition("/")[2], whole)

        if self.has(relations_part):
            self.parse(relations_part, Handler(start))
        return targets


def _joined(folder: PurePosixPath, target: str) -> str:
    parts: list[str] = [] if str(folder) == "." else str(folder).split("/")
    for part in target.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _plain(given: Mapping[str, str]) -> Mapping[str, str]:
    return {_local(name): value for name, value in given.items()}


def _refuse(*_: object) -> None:
    raise ValueError("a workbook declares no entities")


class Handler:
    """Receives the elements of a part."""

    def __init__(self, start: Callable[[str, Mapping[str, str]], None] | None = None) -> None:
        self._start = start

    def start(self, name: str, given: Mapping[str, str]) -> None:
        if self._start:
            self._start(name, given)

    def end(self, name: str) -> None:
        pass

    def text(self, data: str) -> None:
        pass


class Book:
    """The sheets of a workbook, in order: name, part, and whether it is hidden."""

    def __init__(self, package: Package) -> None:
        self.sheets: list[tuple[str, str, bool]] = []
        self.is_1904 = False
        roots = package.relations("").values()
        part = next((part for kind, part in roots if kind == "officeDocument"), "xl/workbook.xml")
        self._relations = package.relations(part)
        package.parse(part, Handler(self._start))

    def _start(self, name: str, given: Mapping[str, str]) -> None:
        if name == "workbookPr":
            self.is_1904 = given.get("date1904") in ("1", "true")
        if name == "sheet":
            kind, part = self._relations.get(given["id"], ("", ""))
            if kind == "worksheet":  # not a sheet that is one chart
                hidden = given.get("state", "visible") != "visible"
                self.sheets.append((given["name"], part, hidden))

    def part_of(self, kind: str) -> str | None:
        return next((part for relation, part in self._relations.values() if relation == kind), None)


_OLE = b"\xd0\xcf\x11\xe0"  # of .xls files, and of workbooks with a password
_MOST_COLUMNS = 16_384  # of any sheet
_MOST_SHEET_ROWS = 1_048_576
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_REFERENCE = re.compile("([A-Z]{1,3})[0-9]{1,7}")
_UNSTORED = "a formula whose value is not stored (save the file in Excel once)"
_DAMAGED = (
    expat.ExpatError,
    zipfile.BadZipFile,
    zlib.error,
    LookupError,  # also of an encoding that nobody knows
    ValueError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
)


def read_workbook(content: bytes, path: str, sheet: str | None = None) -> TextTable:
    """Read the sheet called `sheet`, or the first that is not hidden.

    Its first row that is not empty is the header; columns without a name are left out. `path` is
    for messages.

    Raises:
        InputError: it is damaged or holds too much.
        UsageError: it has no such sheet.
    """
    if content.startswith(_OLE):
        raise InputError(f"{path}: has a password or is an old .xls; save it as plain .xlsx")
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            return _read(Package(packed, path), path, sheet)
    except _DAMAGED as error:
        raise InputError(f"{path}: cannot be read as an Excel workbook; save it again") from error


def _read(package: Package, path: str, sheet: str | None) -> TextTable:
    book = Book(package)
    name, part = _chosen(book, path, sheet)
    strings = _shared_strings(package, book.part_of("sharedStrings"), path)
    styles = _number_formats(package, book.part_of("styles"), is_1904=book.is_1904)
    rows = _SheetRows(strings, styles, path, name if name.isprintable() else repr(name))
    package.parse(part, rows)
    return rows.table(_said_of_others(book, path, name) if sheet is None else ())


def _chosen(book: Book, path: str, sheet: str | None) -> tuple[str, str]:
    """The name and the part of the sheet to read."""
    if sheet is not None:
        for same in (str, lambda name: name.strip().casefold()):
            for name, part, _ in book.sheets:
                if same(name) == same(sheet):
                    return name, part
        raise UsageError(f"{path}: no sheet {sheet!r}; sheets: {_names(book)}")
    shown = [(name, part) for name, part, is_hidden in book.sheets if not is_hidden]
    if not shown:
        raise InputError(f"{path}: has no sheet that is not hidden; name one with --sheet")
    return shown[0]


def _said_of_others(book: Book, path: str, name: str) -> tuple[str, ...]:
    others = [other for other, _, is_hidden in book.sheets if not is_hidden and other != name]
    if not others:
        return ()
    n_others = "another sheet" if len(others) == 1 else f"{len(others)} other sheets"
    read = quoted(repr(name))
    return (f"{path}: sheet {read} is read; --sheet takes {n_others} ({_quoted(others)})",)


def _names(book: Book) -> str:
    return _quoted([name for name, _, _ in book.sheets])


def _quoted(names: Sequence[str]) -> str:
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return quoted(", ".join(map(repr, names[:10])) + more)


@dataclass
class _Open:
    """A cell while it is read."""

    column: int
    kind: str
    style: int
    has_formula: bool = False
    parts: list[str] = field(default_factory=list)


class _SheetRows(Handler):
    """The rows of a sheet."""

    def __init__(
        self, strings: Sequence[str], styles: Sequence[Shown], path: str, sheet: str
    ) -> None:
        super().__init__()
        self._strings, self._styles = strings, styles
        self._path, self._sheet = path, quoted(sheet)
        self._header: dict[int, str] | None = None  # by column
        self._empty: dict[str, Cell] = {}  # a row without cells
        self._rows: list[FileRow] = []
        self._cells: dict[int, Cell] = {}
        self._cell: _Open | None = None
        self._in_value = self._in_reading = False
        self._row = self._column = self._n_blank = self._n_errors = self._size = 0

    def start(self, name: str, given: Mapping[str, str]) -> None:
        if name == "row":
            self._begin_row(int(given.get("r", self._row + 1)))
        elif name == "c":
            self._begin_cell(given)
        elif self._cell is not None:
            if name == "f":
                self._cell.has_formula = True
            elif name == "rPh":
                self._in_reading = True
            self._in_value = name == "v" or (name == "t" and not self._in_reading)

    def text(self, data: str) -> None:
        if self._in_value and self._cell is not None:
            self._cell.parts.append(data)

    def end(self, name: str) -> None:
        self._in_value = False
        if name == "rPh":
            self._in_reading = False
        elif name == "c" and self._cell is not None:
            value = self._value(self._cell)
            if value is not None and value != "":
                self._size += len(value) if isinstance(value, str) else 1
                self._cells[self._cell.column] = value
            self._cell = None
        elif name == "row":
            self._end_row()

    def _begin_row(self, number: int) -> None:
        if not self._row < number <= _MOST_SHEET_ROWS:
            raise ValueError("rows out of order")
        if self._header is not None:
            self._n_blank += number - self._row - 1
        self._row, self._column, self._cells = number, 0, {}

    def _begin_cell(self, given: Mapping[str, str]) -> None:
        reference = _REFERENCE.fullmatch(given["r"]) if "r" in given else None
        before = self._column
        self._column = _column_number(reference[1]) if reference else before + 1
        if not before < self._column <= _MOST_COLUMNS:
            raise ValueError("columns out of order")
        self._cell = _Open(self._column, given.get("t", "n"), int(given.get("s", "0")))

    def _value(self, cell: _Open) -> Cell:
        value = "".join(cell.parts)
        if cell.kind == "s":
            return self._strings[int(value)] if value else None
        if cell.kind in ("inlineStr", "str"):
            return _unescaped(value)
        if cell.has_formula and not value:
            return OddCell(_UNSTORED)
        if cell.kind == "e":
            self._n_errors += 1
            return None
        if cell.kind == "b":
            return {"1": "TRUE", "0": "FALSE"}.get(value)
        if cell.kind == "n" and value and cell.style < len(self._styles):
            return self._styles[cell.style](value)
        return value

    def _end_row(self) -> None:
        if self._header is None:
            names = {at: cell.strip() for at, cell in self._cells.items() if isinstance(cell, str)}
            named = {at: name for at, name in sorted(names.items()) if name}
            if named:
                self._header = named
                self._empty = dict.fromkeys(named.values())
            return
        header = self._header
        cells = {header[at]: cell for at, cell in self._cells.items() if at in header}
        if not cells:
            self._n_blank += 1
            return
        self._rows.append(FileRow(f"{self._sheet} row {self._row}", {**self._empty, **cells}))
        for n, most, what in (
            (len(self._rows), limits.MAX_ROWS, "rows"),
            (len(self._rows) * len(self._header), limits.MAX_CELLS, "cells"),
            (self._size, limits.MAX_BYTES, "characters"),
        ):
            if n > most:
                raise _too_many(self._path, most, what)

    def table(self, notes: tuple[str, ...]) -> TextTable:
        """What was read."""
        if self._n_errors:
            cells = (
                "1 cell holds an error"
                if self._n_errors == 1
                else (f"{self._n_errors:,} cells hold errors")
            )
            notes += (f"{self._path}: {cells} such as #N/A, which is read as empty",)
        names = tuple((self._header or {}).values())
        return TextTable(names, tuple(self._rows), self._n_blank, notes=notes)


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


class _Strings(Handler):
    """The texts that cells refer to by number, without their furigana."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.strings: list[str] = []
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
            self.strings.append(_unescaped("".join(self._parts)))
            if len(self.strings) > limits.MAX_CELLS:
                raise _too_many(self._path, limits.MAX_CELLS, "cells")


def _shared_strings(package: Package, part: str | None, path: str) -> Sequence[str]:
    """The texts of `part`, if there is one.

    Raises:
        InputError: there are too many.
    """
    handler = _Strings(path)
    if part is not None and package.has(part):
        package.parse(part, handler)
    return handler.strings


def _unescaped(text: str) -> str:
    """`text` with the characters that XML cannot hold; halves of a pair stay escaped."""
    if "_x" not in text:
        return text

    def character(match: re.Match[str]) -> str:
        code = int(match[1], 16)
        return match[0] if 0xD800 <= code < 0xE000 else chr(code)

    return _ESCAPED.sub(character, text)


def _number_formats(package: Package, part: str | None, *, is_1904: bool) -> Sequence[Shown]:
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


def _too_many(path: str, most: int, what: str) -> InputError:
    """The error for a workbook that holds more than `most`."""
    return InputError(f"{path}: more than {most:,} {what}; split it")
