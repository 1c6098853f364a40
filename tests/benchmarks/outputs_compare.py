"""Compares two folders of outputs, file by file, by what a reader sees; used by `outputs.py`.

A file is `same` where its bytes are, and `same but for …` where every word and every figure is:

- HTML and SVG: the visible words, row by row of a table; titles, labels and links; the shapes,
  places and colours of drawings; the data for the scripts, unpacked. Style sheets, scripts, and
  class names and ids are left apart.
- JSON by its values, Parquet by its cells, PNG by its pixels, a terminal's lines without sizes of
  files, and everything else line by line.
"""

import difflib
import gzip
import hashlib
import json
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from helpers.letters import from_letters

INLINE = re.compile(
    "a|abbr|b|bdi|br|cite|code|em|i|kbd|label|mark|q|s|small|span|strong|sub|sup|tspan|u"
)
SPOKEN = ("title", "aria-label", "aria-description", "alt", "placeholder", "data-label")
SPOKEN += ("hidden", "open", "checked", "disabled", "colspan", "rowspan", "lang", "dir")
PAINT = ("bgcolor", "fill", "stroke", "width", "height", "transform", "points", "d", "viewbox")
PAINT += ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "ry", "dx", "dy", "font-size")
PAINT += ("stroke-width", "stroke-dasharray", "stroke-opacity", "fill-opacity", "opacity")
PAINT += ("text-anchor", "offset", "stop-color", "src", "xlink:href", "marker-mid", "marker-end")
LINES_SHOWN, CHARACTERS_SHOWN = 6, 200

# What a file says, by kind: lines to compare. Kinds in `LOOKS` may differ.
View = dict[str, list[str]]
LOOKS = {"style sheets", "scripts", "markup", "order of keys", "sizes", "storage"}


def compare(before: Path, after: Path) -> int:
    """Print how each file fares; 1 where words or figures differ, else 0."""
    names = sorted({_name(p, root) for root in (before, after) for p in _files(root)})
    counts = {"same": 0, "same but for looks": 0, "different": 0}
    for name in names:
        old, new = before / name, after / name
        if not (old.exists() and new.exists()):
            counts["different"] += 1
            print(f"{name}: only in {before if old.exists() else after}")
        elif old.read_bytes() == new.read_bytes():
            counts["same"] += 1
        else:
            kinds = _differences(old, new)
            looks = not kinds.keys() - LOOKS
            counts["same but for looks" if looks else "different"] += 1
            print(f"{name}: same but for {', '.join(kinds)}" if looks else f"{name}: different")
            for kind, lines in kinds.items():
                if kind not in LOOKS:
                    _show(kind, lines)
    print(", ".join(f"{count} {word}" for word, count in counts.items()))
    return int(counts["different"] > 0)


def _files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _differences(old: Path, new: Path) -> dict[str, list[str]]:
    """Lines that were taken out (-) and put in (+), by kind."""
    is_terminal = old.parent.name == "terminal"
    view = view_of_terminal if is_terminal else VIEWS.get(old.suffix, view_of_lines)
    before, after = view(old), view(new)
    found = {}
    for kind in {**before, **after}:
        if before.get(kind) != after.get(kind):
            lines = difflib.unified_diff(
                *_without_ends(before.get(kind, []), after.get(kind, [])), n=0, lineterm=""
            )
            found[kind] = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
    return found or {"storage": []}


def _without_ends(old: list[str], new: list[str]) -> tuple[list[str], list[str]]:
    """Both without what they begin and end with in common."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return old[start : len(old) - end], new[start : len(new) - end]


def _show(kind: str, lines: list[str]) -> None:
    print(f"    {kind}: {len(lines)} lines")
    for line in lines[:LINES_SHOWN]:
        print(f"      {line[:CHARACTERS_SHOWN]}{'…' if len(line) > CHARACTERS_SHOWN else ''}")


def view_of_lines(path: Path) -> View:
    """Text by its lines; anything else by its checksum."""
    try:
        return {"lines": path.read_text("utf-8").splitlines()}
    except UnicodeDecodeError:
        return {"bytes": [hashlib.sha256(path.read_bytes()).hexdigest()]}


def view_of_terminal(path: Path) -> View:
    """Lines of a terminal, without the sizes of files; a page on standard output as HTML."""
    said, start, page = path.read_text("utf-8").partition("<!doctype html>")
    page, end, rest = page.partition("--- standard error")
    size = re.compile(r"\d[\d.]* (?:KB|MB)")
    lines = f"{said}\n{end}{rest}".splitlines()
    view = {"lines": [size.sub("N MB", line) for line in lines], "sizes": lines}
    return {**view, **_view_of_html(start + page)} if start else view


def view_of_json(path: Path) -> View:
    """Values by their path, then the order they stand in."""
    lines = list(_flat(json.loads(path.read_text("utf-8"))))
    return {"values": sorted(lines), "order of keys": lines}


def _flat(value: object, at: str = "") -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{at}.{key}")
    elif isinstance(value, list) and value:
        for i, inner in enumerate(value):
            yield from _flat(inner, f"{at}[{i}]")
    else:
        yield f"{at} = {json.dumps(value, ensure_ascii=False)}"


def view_of_parquet(path: Path) -> View:
    """The columns with their types, then every cell."""
    table = pq.read_table(path)
    columns = [f"{field.name}: {field.type}" for field in table.schema]
    cells = [
        f"{name}[{row}] = {value!r}"
        for name, values in table.to_pydict().items()
        for row, value in enumerate(values)
    ]
    return {"columns": columns, "cells": cells}


def view_of_png(path: Path) -> View:
    """The pixels."""
    pixels = np.asarray(Image.open(path).convert("RGBA"))
    digest = hashlib.sha256(pixels.tobytes()).hexdigest()
    return {"pixels": [f"{pixels.shape[1]} × {pixels.shape[0]} pixels, {digest}"]}


def view_of_html(path: Path) -> View:
    """A page or a drawing by its words, links, drawings and data."""
    return _view_of_html(path.read_text("utf-8"))


def _view_of_html(text: str) -> View:
    page = _Page()
    page.feed(text)
    page.close()
    lines = "".join(page.words).split("\n")
    page.view["words"] = [" ".join(line.split()) for line in lines if line.strip(" |")]
    page.view["markup"].append(text)
    return page.view


class _Page(HTMLParser):
    """Reads a page tag by tag; end tags may be left out, as HTML allows."""

    def __init__(self) -> None:
        super().__init__()
        kinds = ("words", "spoken", "links", "drawings", "data")
        self.view: View = {kind: [] for kind in (*kinds, *sorted(LOOKS))}
        self.words: list[str] = []  # with a line break after each block and each row of a table
        self._in_row = False
        self._block = ""  # the kind of style or script this is in, as in `view`
        self._id = ""  # of that script
        self._shapes: dict[str, int] = {}  # those that others refer to, in that order

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the tag says and draws."""
        given = {name: value or "" for name, value in attrs}
        if tag in ("style", "script"):
            is_data = re.search("json|octet", given.get("type", "")) is not None
            self._block = "style sheets" if tag == "style" else "data" if is_data else "scripts"
            self._id = given.get("id", "")
        self._edge(tag)
        self._in_row |= tag == "tr"
        self.words.append(" | " * (tag in ("td", "th")))
        spoken = (f"{name}: {given[name]}" for name in SPOKEN if name in given)
        self.view["spoken"] += (" ".join(line.split()) for line in spoken)
        if "href" in given and tag != "use":
            self.view["links"].append(given["href"])
        names = (*PAINT, "href") if tag == "use" else PAINT
        shape = [f"{name}={self._drawn(given[name])}" for name in names if name in given]
        if shape:
            self.view["drawings"].append(" ".join((tag, *shape)))
        if "srcdoc" in given:  # a notebook's page in its sandbox
            inner = _view_of_html(given["srcdoc"])
            self.words += (f"\n{line}\n" for line in inner.pop("words"))
            for kind, lines in inner.items():
                self.view[kind] += lines

    def handle_endtag(self, tag: str) -> None:
        """End a line of words, or a style or script."""
        if tag in ("style", "script"):
            self._block = ""
        if tag in ("tr", "thead", "tbody", "table"):
            self._in_row = False
        self._edge(tag)

    def handle_data(self, data: str) -> None:
        """Keep words, and what is in a style or script."""
        if not self._block:
            self.words.append(re.sub(r"\s", " ", data))
        elif self._block == "data":
            self.view["data"] += (f"{self._id}{line}" for line in _data(data))
        else:
            self.view[self._block].append(data)

    def _edge(self, tag: str) -> None:
        if tag == "tr" or not (self._in_row or INLINE.fullmatch(tag)):
            self.words.append("\n")
        elif not INLINE.fullmatch(tag):
            self.words.append(" ")

    def _drawn(self, value: str) -> str:
        """`value`; where it names a shape of the page, which one that is instead of the name."""
        name = re.fullmatch(r"(?:url\()?#([\w-]+)\)?", value)
        if name is None or re.fullmatch("#([0-9a-f]{3}){1,2}", value):
            return value
        return f"shape {self._shapes.setdefault(name[1], len(self._shapes) + 1)}"


def _data(content: str) -> Iterator[str]:
    """Lines of a data block: the values of JSON, or the checksum of what is packed in it."""
    try:
        yield from sorted(_flat(json.loads(content)))
    except ValueError:
        packed = from_letters(content)
        unpack = gzip.decompress if packed.startswith(b"\x1f\x8b") else zlib.decompress
        yield f" = {hashlib.sha256(unpack(packed)).hexdigest()}"


VIEWS: dict[str, Callable[[Path], View]] = {
    ".html": view_of_html,
    ".svg": view_of_html,
    ".json": view_of_json,
    ".parquet": view_of_parquet,
    ".png": view_of_png,
    ".css": lambda path: {"style sheets": [path.read_text("utf-8")]},
    ".js": lambda path: {"scripts": [path.read_text("utf-8")]},
}
