"""Compares two folders of outputs, file by file, by what a reader sees; used by `outputs.py`.

A file is `same` where its bytes are, and `same but for …` where every word and every figure is:

- HTML and SVG: the visible words, row by row of a table; titles, labels and links; the shapes,
  places and colours of drawings; the data for the scripts, unpacked. Style sheets, scripts, and
  class names and ids are left apart.
- JSON by its values, Parquet by its cells, PNG by its pixels, a terminal's lines without sizes of
  files, and everything else line by line.
"""

import base64
import difflib
import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from bs4 import BeautifulSoup, NavigableString, Tag
from PIL import Image

INLINE = re.compile(
    "a|abbr|b|bdi|br|cite|code|em|i|kbd|label|mark|q|s|small|span|strong|sub|sup|tspan|u"
)
SPOKEN = ("title", "aria-label", "aria-description", "alt", "placeholder", "data-label")
STATES = ("hidden", "open", "checked", "disabled", "colspan", "rowspan", "lang", "dir")
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
    soup = BeautifulSoup(text, "html.parser")
    view: View = {"words": [], "links": [], "drawings": [], "data": []}
    view |= {"style sheets": [], "scripts": [], "markup": [text]}
    for tag in soup.find_all(["style", "script"]):
        content = tag.string or ""
        if tag.name == "style":
            view["style sheets"].append(content)
        elif "json" in tag.get("type", "") or "octet" in tag.get("type", ""):
            view["data"] += [f"{tag.get('id')}{line}" for line in _data(content)]
        else:
            view["scripts"].append(content)
        tag.extract()
    for frame in soup.find_all("iframe", srcdoc=True):  # a notebook's page in its sandbox
        for kind, lines in _view_of_html(frame["srcdoc"]).items():
            view[kind] += lines
    view["words"] = _rows(soup)
    places: dict[str, int] = {}
    for tag in soup.find_all(True):
        for name in (*SPOKEN, *STATES):
            if name in tag.attrs:
                view["words"].append(f"{name}: {' '.join(str(tag[name]).split())}")
        if "href" in tag.attrs and tag.name != "use":
            view["links"].append(str(tag["href"]))
        shape = [f"{name}={_drawn(str(tag[name]), places)}" for name in PAINT if name in tag.attrs]
        if tag.name == "use":
            shape.append(f"href={_drawn(str(tag.get('href')), places)}")
        if shape:
            view["drawings"].append(" ".join((tag.name, *shape)))
    return view


def _drawn(value: str, places: dict[str, int]) -> str:
    """`value`, where it names a shape of the page without that name: as the first, second, ..."""
    is_colour = re.fullmatch("#([0-9a-f]{3}){1,2}", value)
    if is_colour or not value.startswith(("#", "url(#")):
        return value
    return f"shape {places.setdefault(value.removeprefix('url(').rstrip(')'), len(places) + 1)}"


def _data(content: str) -> Iterator[str]:
    """Lines of a data block: the values of JSON, or the checksum of what is packed in it."""
    try:
        yield from sorted(_flat(json.loads(content)))
    except ValueError:
        packed = base64.b64decode(content)
        unpack: Callable[[bytes], bytes] = (
            gzip.decompress if packed.startswith(b"\x1f\x8b") else zlib.decompress
        )
        yield f" = {hashlib.sha256(unpack(packed)).hexdigest()}"


def _rows(soup: Tag) -> list[str]:
    """The visible words: a line for each block, and for each row of a table."""
    lines = "".join(_words(soup, in_row=False)).split("\n")
    return [" ".join(line.split()) for line in lines if line.strip()]


def _words(tag: Tag, *, in_row: bool) -> Iterator[str]:
    for child in tag.children:
        if isinstance(child, Tag):
            edge = "" if INLINE.fullmatch(child.name) else " " if in_row else "\n"
            yield edge + " | " * (child.name in ("td", "th"))
            yield from _words(child, in_row=in_row or child.name == "tr")
            yield edge
        elif type(child) is NavigableString:  # not a comment
            yield " ".join(f"-{child}-".split())[1:-1]


VIEWS: dict[str, Callable[[Path], View]] = {
    ".html": view_of_html,
    ".svg": view_of_html,
    ".json": view_of_json,
    ".parquet": view_of_parquet,
    ".png": view_of_png,
    ".css": lambda path: {"style sheets": [path.read_text("utf-8")]},
    ".js": lambda path: {"scripts": [path.read_text("utf-8")]},
}
