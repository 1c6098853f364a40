"""The parts of an Excel workbook, which is a zip file of XML: what each refers to, and its sheets.

A part is read piece by piece, and all of them together no further than a file of texts may reach: a
small workbook may unpack to any size.
"""

import zipfile
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from xml.parsers import expat

from reportgen.errors import InputError
from reportgen.texts import limits

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
        found = self._packed.getinfo(part)
        if found.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError("packed in a way that Excel does not use")
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = lambda name, given: handler.start(_local(name), _plain(given))
        parser.EndElementHandler = lambda name: handler.end(_local(name))
        parser.CharacterDataHandler = handler.text
        parser.StartDoctypeDeclHandler = _refuse  # entities may be repeated without end
        # Reading stops where the part ends by its own account, which is checked against its sum.
        with self._packed.open(found) as stream:
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
        own = str(folder / "_rels" / f"{PurePosixPath(part).name}.rels").removeprefix("./")
        found: dict[str, tuple[str, str]] = {}

        def start(name: str, given: Mapping[str, str]) -> None:
            if name == "Relationship" and given.get("TargetMode") != "External":
                target = given["Target"]
                whole = target[1:] if target.startswith("/") else _joined(folder, target)
                found[given["Id"]] = (given["Type"].rpartition("/")[2], whole)

        if self.has(own):
            self.parse(own, Handler(start))
        return found


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
        return next((part for own, part in self._relations.values() if own == kind), None)
