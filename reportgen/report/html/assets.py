"""Style sheet, script and plotly.js of a page: inside it, or in files beside it,
so that a host's policy allows them."""

import re
import sys
from base64 import b64decode, b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import chain, zip_longest
from pathlib import Path
from urllib.parse import unquote_to_bytes

import jinja2
from markupsafe import Markup, escape

from reportgen.errors import OutputError
from reportgen.files import (
    ICON_FILE,
    PLOTLY_FILE,
    SCRIPT_FILE,
    STYLE_FILE,
    author_file,
    heads_file,
)
from reportgen.report.html.packing import compressed
from reportgen.report.html.script_data import measure_data, step_data
from reportgen.report.language.printable import (
    FROM_RIGHT,
    LINE_BREAK,
    half_widths,
    segments,
    text_address,
    visible,
)
from reportgen.report.options import Layout


def _styles(*names: str) -> tuple[str, ...]:
    return tuple(f"css/{name}.css" for name in names)


def _scripts(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"js/{folder}/{name}.js" for name in names)


# The files of the style sheet, and of the script of each page, in the order they are joined in.
# All scripts of a page share one scope; a constant must come before what reads it at the start.
_PLAIN_STYLES = _styles(
    "theme",
    "base",
    "page",
    "author",
    "answers",
    "guide",
    "tables",
    "figures",
    "sections",
)
STYLE_SHEETS = (*_PLAIN_STYLES, *_styles("list", "explorer", "text", "map", "compare", "print"))
# The trend over several models is on pages of comparisons alone.
COMPARE_STYLE_SHEETS = (*STYLE_SHEETS, *_styles("trend"))
# What a notebook shows has no texts and no scripts.
NOTEBOOK_STYLE_SHEETS = (*_PLAIN_STYLES, *_styles("explorer", "print"))
_CORE_SCRIPTS = _scripts("core", "page", "elements")
_TOOL_SCRIPTS = _scripts("tools", "theme", "light_colours", "export", "pictures")
REPORT_SCRIPTS = (
    *_CORE_SCRIPTS,
    *_scripts("core", "fields", "numbers", "selection", "state", "tooltip"),
    *_TOOL_SCRIPTS,
    *_scripts("tools", "folds", "keys", "help", "terms", "guide"),
    *_scripts("map", "data", "shape", "view", "scale", "plotly", "geometry", "figure"),
    *_scripts(
        "map", "thumbnails", "overview", "grid", "controls", "pane", "lines", "pictures", "decoder"
    ),
    *_scripts("text", "stored_panels", "measures", "kept_map", "strip", "panel", "reader"),
    *_scripts("list", "state", "tabs", "arrows", "controls", "confusion", "list"),
    "js/start_report.js",
)
_OF_DECODERS = "js/map/decoder.js"
SITE_STYLE_SHEETS = (*_PLAIN_STYLES, *_styles("print"))
COMPARE_SCRIPTS = (
    *_CORE_SCRIPTS,
    *_TOOL_SCRIPTS,
    *_scripts("tools", "folds"),
    *_scripts("compare", "reader"),
    "js/start_compare.js",
)


_FIRST = re.compile(r"(.+?(?:\.(?= [A-Z])|。))\s*(\S.*)", re.DOTALL)
_LONG_REMARK = 160  # half-width characters, above which only the first sentence is shown at once
_CHIP = Markup('<i class="chip">{}</i>')
_BREAK = _CHIP.format(LINE_BREAK) + Markup("<br>")
_PICTURE = re.compile(
    rb'(?P<before>(?P<author> class="by-author")? (?:src|href)=")'
    rb'data:image/(?P<kind>(?:png|jpeg|webp|svg\+xml);base64|svg\+xml),(?P<content>[^"]*)"'
)
_COMMENT_ALONE = re.compile(r"^\s*//.*\n|^\s+", re.MULTILINE)
_COMMENT_BEHIND = re.compile(r"(?<=[;{},()\[]) // [^\"\n]*$", re.MULTILINE)


@dataclass(frozen=True)
class Assets:
    """Style sheet, script and plotly.js, and how a page of this layout comes by them."""

    layout: Layout
    plotly_source: str  # "" for a page that draws nothing by script
    scripts: tuple[str, ...] = REPORT_SCRIPTS
    style_sheets: tuple[str, ...] = STYLE_SHEETS
    has_images: bool = False  # whether a page without scripts shows pictures

    @cached_property
    def style(self) -> str:
        """The style sheet without comments and needless blanks, the same for every page of a
        kind."""
        return short_style(joined(self.style_sheets))

    @cached_property
    def script(self) -> str:
        """The script without comments and needless blanks, the same for every page of a kind."""
        return short_script(joined(self.scripts))

    @cached_property
    def plotly(self) -> Markup:
        """plotly.js as it lies in the page, compressed to letters of which HTML reads none as its
        own; "" where it is a file or there is none."""
        is_inside = self.layout == "file" and self.plotly_source
        return Markup(compressed(self.plotly_source) if is_inside else "")

    @cached_property
    def files(self) -> Mapping[str, bytes]:
        """The files beside the page, by name.

        A browser opens no module from a disk, so there the script is a plain one, in a function of
        its own.
        """
        if self.layout == "file":
            return {}
        script = f'"use strict";\n(() => {{\n{self.script}\n}})();\n'
        files = {STYLE_FILE: self.style.encode(), SCRIPT_FILE: script.encode()}
        return files | ({PLOTLY_FILE: _encoded(self.plotly_source)} if self.plotly_source else {})

    @cached_property
    def policy(self) -> str:
        """The page's content policy: nothing from outside.

        In one file its scripts, known by their hashes; plotly sets inline styles and draws cells as
        a data image, and `blob:` is its camera button. With files, what lies beside the page.
        """
        scripts = [script for script in (self.script, self.plotly_source) if script]
        if self.layout == "dir":
            allowed = ["script-src 'self'", "style-src 'self' 'unsafe-inline'"]
        elif scripts:
            allowed = [f"script-src {' '.join(map(_hash, scripts))}", "style-src 'unsafe-inline'"]
        else:
            allowed = ["style-src 'unsafe-inline'"]
        if scripts:
            beside = "'self' " if self.layout == "dir" else ""
            allowed.append(f"img-src {beside}data: blob:")
        elif self.has_images:
            allowed.append("img-src data:")
        return "; ".join(["default-src 'none'", *allowed, "base-uri 'none'", "form-action 'none'"])


def pictures_beside(page: bytes) -> tuple[bytes, dict[str, bytes]]:
    """A page whose pictures are files beside it, and these by name: hosts that forbid styles and
    scripts inside a page, such as Jenkins, forbid pictures there too."""
    pictures: dict[str, bytes] = {}

    def named(match: re.Match[bytes]) -> bytes:
        content = match["content"]
        if match["author"]:
            n = 1 + sum(name.startswith("author-") for name in pictures)
            name = author_file(n, match["kind"].partition(b";")[0].decode())
            picture = b64decode(content)
        elif match["kind"] == b"png;base64":
            n = 1 + sum(name.startswith("heads-") for name in pictures)
            name, picture = heads_file(n), b64decode(content)
        else:
            name, picture = ICON_FILE, unquote_to_bytes(content)
        pictures[name] = picture
        return match["before"] + name.encode() + b'"'

    return _PICTURE.sub(named, page), pictures


def report_scripts(layout: Layout, *, has_decoder: bool) -> tuple[str, ...]:
    """The scripts of a report. One file leaves out what draws the maps of a decoder of its own
    where it has none; files beside a page are the same for every page that may share them."""
    if has_decoder or layout == "dir":
        return REPORT_SCRIPTS
    return tuple(name for name in REPORT_SCRIPTS if name != _OF_DECODERS)


def comparison_assets(layout: Layout) -> Assets:
    """What a page of several runs needs: it draws nothing by script."""
    return Assets(layout, "", COMPARE_SCRIPTS, COMPARE_STYLE_SHEETS)


@lru_cache(maxsize=4)
def short_style(style: str) -> str:
    """A style sheet without comments and blanks that mean nothing; strings stay as they are."""
    bare = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    strings = re.findall(r'"[^"]*"', bare)
    rest = [_short_rules(part) for part in re.split(r'"[^"]*"', bare)]
    return "".join(chain.from_iterable(zip_longest(rest, strings, fillvalue=""))).strip()


def _short_rules(part: str) -> str:
    """A part of a style sheet between two strings. A colon has a blank behind it in a declaration
    alone, and calc() keeps those around its signs."""
    tight = re.sub(r"\s*([{};,>])\s*", r"\1", re.sub(r"\s+", " ", part))
    return tight.replace(": ", ":").replace(";}", "}")


@lru_cache(maxsize=4)
def short_script(script: str) -> str:
    """A script without comments, indents and line ends behind which a statement or list goes on."""
    code = _COMMENT_BEHIND.sub("", _COMMENT_ALONE.sub("", script))
    return re.sub(r"(?<=[;{},(\[])\n", "", code)


@lru_cache(maxsize=1)
def _encoded(source: str) -> bytes:
    return source.encode()


def attribute(value: str) -> Markup:
    """`value` as that of an attribute, in quotes only where HTML needs them."""
    is_bare = re.fullmatch(r"[^\s\"'=<>`]+", value)
    return escape(value) if is_bare else Markup('"{}"').format(value)


def chips(text: str) -> Markup:
    """`text` in which characters that cannot be seen are shown by their names."""
    if text.isprintable():  # nearly all are; a page asks for thousands
        return escape(text)
    pieces = segments(text)
    return Markup("").join(_CHIP.format(one) if is_chip else escape(one) for one, is_chip in pieces)


def sentence(text: str) -> Markup:
    """The same of a sentence, in which words that run from right to left change no other's place,
    such as that of a figure behind a token."""
    return Markup(FROM_RIGHT.sub(r"<bdi>\g<0></bdi>", str(chips(text))))


def in_two(text: str) -> tuple[str, str]:
    """The first sentence of a remark that is long, and the others; else the whole remark and ""."""
    first = _FIRST.match(text) if half_widths(text) > _LONG_REMARK else None
    return (first[1], first[2]) if first else (text, "")


def flowing(text: str) -> Markup:
    """The same with its line breaks."""
    return chips(text).replace(_CHIP.format(LINE_BREAK), _BREAK)


@lru_cache(maxsize=4)
def joined(names: tuple[str, ...]) -> str:
    """The text of these files of `templates/assets`, one after the other."""
    assets = templates_root().joinpath("assets")
    return "\n".join(assets.joinpath(*name.split("/")).read_text("utf-8") for name in names)


@lru_cache(maxsize=4)  # the scripts of one kind of page are the same in every page
def _hash(script: str) -> str:
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def templates_root() -> Traversable:
    """The folder of templates.

    Raises:
        OutputError: the installation has none.
    """
    packaged = files("reportgen") / "templates"
    if packaged.is_dir():
        return packaged
    checkout = Path(__file__).resolve().parents[3] / "templates"
    if checkout.is_dir():
        return checkout
    raise OutputError(f"no templates in {packaged} or {checkout}; install reportgen again")


class _Compiled(jinja2.FileSystemBytecodeCache):
    """Compiled templates, kept for the next run beside them as Python keeps its own modules."""

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Write a compiled template, where there is room for it."""
        with suppress(OSError):
            super().dump_bytecode(bucket)


def _compiled(root: Traversable) -> _Compiled | None:
    """Where compiled templates are kept; None where Python may not write."""
    if sys.dont_write_bytecode or not isinstance(root, Path):
        return None
    folder = root / "__pycache__"
    try:
        folder.mkdir(exist_ok=True)
    except OSError:
        return None
    return _Compiled(str(folder))


@cache  # compiling the templates takes longer than filling them
def environment() -> jinja2.Environment:
    """Templates by their name under `templates/`; HTML is escaped, a name left open is an error."""
    root = templates_root()

    def load(name: str) -> tuple[str, str, None] | None:
        node = root.joinpath(*name.split("/"))
        return (node.read_text("utf-8"), str(node), None) if node.is_file() else None

    env = jinja2.Environment(
        loader=jinja2.FunctionLoader(load),
        autoescape=lambda name: name is None or name.endswith(".html.jinja"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=_compiled(root),
    )
    env.filters |= {
        "chips": chips,
        "flowing": flowing,
        "in_two": in_two,
        "sentence": sentence,
        "visible": visible,
        "attribute": attribute,
        "text_address": text_address,
        "measure_data": measure_data,
        "step_data": step_data,
    }
    env.policies["json.dumps_kwargs"] = {
        "sort_keys": True,
        "separators": (",", ":"),
        "ensure_ascii": False,  # a third of the bytes in Japanese
    }
    return env
