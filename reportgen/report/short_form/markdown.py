"""Results as one Markdown text for a pull request or a wiki page, with its pictures beside it.

Tables and lists; no HTML but what folds and what hides, and neither where a host takes none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape as escape_html
from itertools import groupby
from operator import attrgetter
from urllib.parse import quote

from reportgen.comparison import Runs
from reportgen.errors import UsageError
from reportgen.report.components import Brief, Cell, Section, Span, Table
from reportgen.report.format_register import Document, Output
from reportgen.report.language.language import Language, load_language
from reportgen.report.language.printable import visible
from reportgen.report.options import OutputOptions
from reportgen.report.short_form.escaping import escape, escape_spans, shell_line
from reportgen.report.short_form.limits import (
    FLAVORS,
    DocumentPart,
    Flavor,
    LengthLimit,
    fit,
    limit_of,
    marker,
    redacted_marker,
)
from reportgen.report.short_form.short_form import make_brief, write_brief

_NOT_IN_LINKS = str.maketrans({"&": "&amp;", "$": "%24", "'": "%27"})


def write(runs: Runs, options: OutputOptions, output: Output | None = None) -> Document:
    """The runs as Markdown, as long as its flavour allows, with its pictures beside it.

    Raises:
        UsageError: it cannot be as short as --md-limit asks for.
    """
    return write_brief("md", set_brief, runs, options, output)


def step_summary(runs: Runs, options: OutputOptions, room: int) -> bytes:
    """The runs as Markdown for the summary of a step on GitHub Actions, within `room` bytes and
    without pictures, which GitHub cannot show there."""
    plain = replace(options, md_flavor="github", images="none")
    return set_brief(make_brief(runs, plain), plain, {}, room).encode()


def set_brief(
    brief: Brief, options: OutputOptions, paths: Mapping[str, str], room: int | None = None
) -> str:
    """`brief` as Markdown, within `room` bytes or the limits of `options`.

    `paths` are its pictures by their figures' names; a figure without one is left out. If rows are
    left out, the last line says which page has them.

    Raises:
        UsageError: not even title and headline fit.
    """
    flavor, language = options.md_flavor, load_language(options.lang)
    limit = limit_of(flavor, options.md_limit) if room is None else LengthLimit(room, room)
    address = options.page_url or ""
    headline = _linked(escape_spans(_strong(brief.headline)), address)
    full = (_linked(escape(language.say("brief", "full")), address),) if address else ()
    facts = " · ".join((*map(escape, brief.facts), *full))
    style = FLAVORS[flavor]
    heading = "#" if style.is_page else "##"
    title = f"{heading} {escape(brief.title)}\n\n" if brief.title else ""
    # Two blanks end a line within a paragraph.
    between = "  \n" if title else " · "
    hidden = marker(flavor, options.id)
    hidden += f"\n{redacted_marker(flavor)}" if brief.is_redacted else ""
    head = DocumentPart(f"{hidden}\n\n{title}{headline}{between}{facts}\n")
    parts = [_part(section, paths, address, style) for section in brief.sections]
    text = fit(
        [head, *(part for part in parts if part)],
        limit,
        lambda n: f"\n{_not_shown(n, limit, language, brief.page)}\n",
    )
    if text is None:
        raise UsageError(
            f"the title and the headline alone are longer than {limit.characters:,} characters; "
            "shorten --title, or raise --md-limit"
        )
    return text


def _strong(text: str) -> Sequence[Span]:
    return (Span(text, is_strong=True),)


def _linked(text: str, address: str) -> str:
    """What is escaped, as a link to `address` where there is one."""
    return f"[{text}]({_destination(address)})" if address else text


def _destination(address: str) -> str:
    """An address between the brackets of a link, without what Markdown or a table reads."""
    return quote(address, safe="/:?#[]@!$&'*+,;=%-._~").translate(_NOT_IN_LINKS)


def _part(
    section: Section, paths: Mapping[str, str], address: str, style: Flavor
) -> DocumentPart | None:
    """A section in lines; None where it has nothing to show. What is about a part of the page at
    `address` links to it."""
    image = ""
    if section.picture:
        path = paths.get(section.picture.name)
        if path is None:
            return None
        image = f"![{escape(section.picture.sentence)}]({quote(path)})\n"
        if not section.is_folded:
            return DocumentPart(f"\n{image}", rank=section.rank)
    head, foot = "\n", ""
    is_indented = section.is_folded and style.folds == "admonition"
    if is_indented:
        title = escape(section.heading).replace('"', "”")
        opened = f'\n??? note "{title}"\n\n'
    elif section.is_folded and style.folds == "details":
        # Up to the empty line this is HTML, in which Markdown is text.
        head += f"<details><summary>{escape_html(visible(section.heading))}</summary>\n\n"
        foot = "\n</details>\n"
    elif section.heading:
        head += f"{'##' if style.is_page else '###'} {escape(section.heading)}\n\n"
    head += "".join(f"{escape(paragraph)}\n\n" for paragraph in section.lead)
    if section.code:
        code = shell_line(section.code)
        # A fence is none where it is indented.
        head += f"    {code}\n\n" if is_indented else f"```sh\n{code}\n```\n\n"
    if image:
        head += f"{image}\n"
    if section.table and section.items:
        head += "".join(map(_item, section.items)) + "\n"
    if section.words:
        rows = tuple(f"{_words(line)}\n\n" for line in section.words)
    elif section.table:
        head += _table_head(section.table)
        rows = tuple(_row(row, address) for row in section.table.rows)
    else:
        head = head if section.items else head.removesuffix("\n")
        rows = tuple(map(_item, section.items))
    if is_indented:
        head, rows = opened + _indented(head.lstrip("\n")), tuple(map(_indented, rows))
    return DocumentPart(head, rows, foot, section.rank)


def _words(line: Sequence[Span]) -> str:
    """A line of the author's, whose links lead somewhere."""
    parts = []
    for address, group in groupby(line, key=attrgetter("address")):
        spans = tuple(group)
        text = "".join(span.text for span in spans)
        before, after = " " * text.startswith(" "), " " * text.endswith(" ")
        parts.append(f"{before}{_linked(escape_spans(spans), address)}{after}")
    return "".join(parts)


def _indented(lines: str) -> str:
    """Lines with the blanks in front that make them a part of what stands above them."""
    return "".join(f"    {line}" if line.strip() else line for line in lines.splitlines(True))


def _item(cell: Cell) -> str:
    return f"- {escape_spans(cell.spans)}\n"


def _table_head(table: Table) -> str:
    names = "| " + " | ".join(escape(column.name) for column in table.columns) + " |"
    rules = "|" + "|".join("--:" if c.is_figures else ":--" for c in table.columns) + "|"
    return f"{names}\n{rules}\n"


def _row(cells: Sequence[Cell], address: str) -> str:
    return "| " + " | ".join(_cell(cell, address) for cell in cells) + " |\n"


def _cell(cell: Cell, address: str) -> str:
    is_linked = address and cell.link and cell.text
    text = escape_spans(cell.spans, wraps=True)
    return _linked(text, f"{address}#{cell.link}") if is_linked else text


def _not_shown(n: int, limit: LengthLimit, language: Language, page: str) -> str:
    # Not escaped: the options in it are code.
    room = language.say("brief", "characters", n=limit.characters)
    if limit.n_bytes < limit.characters * 4:
        room += language.say("common", "comma") + language.say("brief", "bytes", n=limit.n_bytes)
    if page:
        return language.count("compared", "md_not_shown", n, limit=room, page=page)
    return language.count("brief", "not_shown", n, limit=room)
