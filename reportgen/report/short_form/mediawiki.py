"""A report as the text of a MediaWiki page, with its pictures to upload.

Everything that comes from a text, an id or a title stands between `<nowiki>` and `</nowiki>`, where
it is neither markup nor a template nor a signature.
"""

from collections.abc import Mapping, Sequence
from html import escape as escape_html
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

# A page takes 2 MB where nothing else is set ($wgMaxArticleSize).
LIMIT = LengthLimit(1_000_000, 1_900_000)
# What an external link may hold; anything else would end it.
_IN_ADDRESSES = "/:?#@!$&*+,;=%-._~()"


def write(runs: Runs, options: OutputOptions, output: Output | None = None) -> Document:
    """The text, with its pictures beside it.

    Raises:
        UsageError: title and headline are too long for a page.
    """
    return write_brief("mediawiki", set_brief, runs, options, output)


def set_brief(brief: Brief, options: OutputOptions, paths: Mapping[str, str]) -> str:
    """`brief` as wikitext, whose first line is a comment with the id.

    `paths` are its pictures by their figures' names; a figure without one is left out. A wiki has
    one name for each file, so the id is a part of theirs.

    Raises:
        UsageError: not even title and headline fit.
    """
    language, address = load_language(options.lang), options.page_url or ""
    marker = f"<!-- reportgen:{options.id}, mediawiki -->\n"
    marker += "<!-- reportgen redacted -->\n" if brief.is_redacted else ""
    headline = _linked(_spans((Span(brief.headline, is_strong=True),)), address)
    title = f"== {_text(brief.title)} ==\n" if brief.title else ""
    head = DocumentPart(f"{marker}{title}{headline}<br>{_text(' · '.join(brief.facts))}\n")
    parts = [_part(section, paths, address, options.id) for section in brief.sections]
    return fit_page([head, *parts], LIMIT, language, _text)


def _part(section: Section, paths: Mapping[str, str], address: str, id: str) -> DocumentPart | None:
    if section.picture:
        path = paths.get(section.picture.name)
        if path is None:
            return None
        name, alt = PurePosixPath(path).name, _text(section.picture.sentence)
        size = f"{section.picture.width}px"
        return DocumentPart(
            f"\n[[File:Reportgen-{id}-{name}|{size}|alt={alt}]]\n", rank=section.rank
        )
    head, foot = "\n", ""
    if section.is_folded:
        head += f'<div class="mw-collapsible mw-collapsed">\n<div>{_text(section.heading)}</div>\n'
        head += '<div class="mw-collapsible-content">\n'
        foot = "</div>\n</div>\n"
    elif section.heading:
        head += f"=== {_text(section.heading)} ===\n"
    head += "".join(f"{_text(paragraph)}\n\n" for paragraph in section.lead)
    if section.code:
        head += f"<pre>{escape_html(visible(shell_line(section.code)))}</pre>\n"
    if section.words:
        lines = tuple(f"{_spans(line)}\n\n" for line in section.words)
        return DocumentPart(head, lines, foot, section.rank)
    items = tuple(f"* {_spans(item.spans)}\n" for item in section.items)
    if section.table is None:
        return DocumentPart(head, items, foot, section.rank)
    head += "".join(items) + _table_head(section.table)
    rows = tuple(_row(row, address) for row in section.table.rows)
    return DocumentPart(head, rows, f"|}}\n{foot}", section.rank)


def _table_head(table: Table) -> str:
    names = "".join(f"! {_text(column.name)}\n" for column in table.columns)
    return f'{{| class="wikitable"\n{names}'


def _row(cells: Sequence[Cell], address: str) -> str:
    return "|-\n" + "".join(_cell(cell, address) for cell in cells)


def _cell(cell: Cell, address: str) -> str:
    # Cells are coloured pale, with dark letters also where the wiki is dark.
    colour = f'style="background:{cell.colour};color:#202122" | ' if cell.colour else ""
    part = f"{address}#{cell.link}" if address and cell.link else ""
    return f"| {colour}{_linked(_spans(cell.spans), part)}\n"


def _linked(text: str, address: str) -> str:
    """What is escaped, as a link to `address` where that is one of the web."""
    is_link = address.startswith(("https://", "http://"))
    return f"[{quote(address, safe=_IN_ADDRESSES)} {text}]" if is_link else text


def _spans(spans: Sequence[Span]) -> str:
    return "".join(
        _linked(
            f"<b>{_text(span.text)}</b>" if span.is_strong else _text(span.text),
            span.address,
        )
        for span in spans
    )


def _text(text: str) -> str:
    """`text` as it is; what runs from right to left moves nothing else."""
    apart = FROM_RIGHT.sub("\u2068\\g<0>\u2069", visible(text))
    return f"<nowiki>{escape_html(apart)}</nowiki>" if apart else ""
