"""A report as the text of a DokuWiki page, with its pictures to upload.

Everything that comes from a text, an id or a title stands between `<nowiki>` and `</nowiki>`; in
links, headings and pictures, where the wiki reads no markup, what would end them is kept apart.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from urllib.parse import quote

from reportgen.comparison import Runs
from reportgen.report.components import Brief, Cell, Section, Span, Table
from reportgen.report.format_register import Document, Output
from reportgen.report.language.language import load_language
from reportgen.report.language.printable import FROM_RIGHT, visible
from reportgen.report.options import OutputOptions
from reportgen.report.short_form.escaping import shell_line
from reportgen.report.short_form.limits import DocumentPart, LengthLimit, fit_page
from reportgen.report.short_form.short_form import write_brief

# The wiki sets no limit; a page of a million characters is shown in a second.
LIMIT = LengthLimit(1_000_000, 1_900_000)
# What an external link may hold; anything else would end it.
_IN_ADDRESSES = "/:?#@!$&*+,;=%-._~()"
# The wiki has no comments. A link whose text is not seen carries what a later run looks for.
_UNSEEN = "\u200b"
_JOINER = "\u2060"  # between two characters that would be markup together
_ENDS_QUOTE = re.compile(r"<(?=/nowiki>)", re.IGNORECASE)
_PAIRS = re.compile(r"(?<=[\[\]{}])(?=[\[\]{}])")


def write(runs: Runs, options: OutputOptions, output: Output | None = None) -> Document:
    """The text, with its pictures beside it.

    Raises:
        UsageError: title and headline are too long for a page.
    """
    return write_brief("dokuwiki", set_brief, runs, options, output)


def set_brief(brief: Brief, options: OutputOptions, paths: Mapping[str, str]) -> str:
    """`brief` as the text of a page, whose first line carries the id, unseen.

    `paths` are its pictures by their figures' names; a figure without one is left out. A wiki has
    one namespace for all pictures of reportgen, with one for each id in it.

    Raises:
        UsageError: not even title and headline fit.
    """
    language, address = load_language(options.lang), options.page_url or ""
    marker = _anchor(options.id) + (_anchor("redacted") if brief.is_redacted else "")
    title = f"====== {_plain(brief.title)} ======\n" if brief.title else ""
    headline = _linked(brief.headline, address, is_strong=True)
    head = DocumentPart(f"{marker}\n{title}{headline} \\\\ {_text(' · '.join(brief.facts))}\n")
    parts = [_part(section, paths, address, options.id) for section in brief.sections]
    return fit_page([head, *parts], LIMIT, language, _text)


def _part(section: Section, paths: Mapping[str, str], address: str, id: str) -> DocumentPart | None:
    if section.picture:
        path = paths.get(section.picture.name)
        if path is None:
            return None
        name, alt = PurePosixPath(path).name, _plain(section.picture.sentence)
        size = section.picture.width
        return DocumentPart(f"\n{{{{:reportgen:{id}:{name}?{size}|{alt}}}}}\n", rank=section.rank)
    head = f"\n===== {_plain(section.heading)} =====\n" if section.heading else "\n"
    head += "".join(f"{_text(paragraph)}\n\n" for paragraph in section.lead)
    if section.code:
        head += f"  {visible(shell_line(section.code))}\n\n"  # a line that is set in is code
    if section.words:
        lines = tuple(f"{_spans(line)}\n\n" for line in section.words)
        return DocumentPart(head, lines, rank=section.rank)
    items = tuple(f"  * {_spans(item.spans)}\n" for item in section.items)
    if section.table is None:
        return DocumentPart(head, items, rank=section.rank)
    head += "".join(items) + ("\n" if items else "") + _table_head(section.table)
    rows = tuple(_row(row, address) for row in section.table.rows)
    return DocumentPart(head, rows, "\n", section.rank)


def _table_head(table: Table) -> str:
    return "".join(f"^ {_text(column.name)} " for column in table.columns) + "^\n"


def _row(cells: Sequence[Cell], address: str) -> str:
    return "".join(f"| {_cell(cell, address)} " for cell in cells) + "|\n"


def _cell(cell: Cell, address: str) -> str:
    if address and cell.link:
        return _linked("".join(span.text for span in cell.spans), f"{address}#{cell.link}")
    return _spans(cell.spans)


def _linked(text: str, address: str, *, is_strong: bool = False) -> str:
    """`text`, as a link to `address` where that is one of the web."""
    if address.startswith(("https://", "http://")):
        shown = f"[[{quote(address, safe=_IN_ADDRESSES)}|{_plain(text)}]]"
    else:
        shown = _text(text)
    return f"**{shown}**" if is_strong and shown else shown


def _spans(spans: Sequence[Span]) -> str:
    return "".join(
        _linked(span.text, span.address, is_strong=span.is_strong) for span in spans if span.text
    )


def _anchor(name: str) -> str:
    return f"[[#reportgen-{name}|{_UNSEEN}]]"


def _text(text: str) -> str:
    """`text` as it is; what runs from right to left moves nothing else."""
    shown = _ENDS_QUOTE.sub("<</nowiki><nowiki>", _apart(text))
    return f"<nowiki>{shown}</nowiki>" if shown else ""


def _plain(text: str) -> str:
    """`text` where the wiki reads no markup, on one line: in a link, a heading or a picture."""
    return _PAIRS.sub(_JOINER, _apart(text)).strip("= ")


def _apart(text: str) -> str:
    return FROM_RIGHT.sub("\u2068\\g<0>\u2069", visible(text))
