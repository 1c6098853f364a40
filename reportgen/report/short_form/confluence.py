"""A report as a fragment of Confluence's storage format, with its pictures to attach.

The fragment is the body of a page: well-formed, without a root, its prefixes `ac:` and `ri:`
declared by whoever reads it.
"""

from collections.abc import Mapping, Sequence
from html import escape as escape_html
from pathlib import PurePosixPath

from reportgen.comparison import Runs
from reportgen.errors import UsageError
from reportgen.report.components import Brief, Cell, Section, Span, Table
from reportgen.report.format_register import Document, Output
from reportgen.report.language.language import load_language
from reportgen.report.language.printable import FROM_RIGHT, visible
from reportgen.report.options import OutputOptions
from reportgen.report.short_form.escaping import shell_line
from reportgen.report.short_form.limits import DocumentPart, LengthLimit, fit
from reportgen.report.short_form.short_form import write_brief

# No limit is documented, but longer pages are slow to open and to edit.
LIMIT = LengthLimit(1_000_000, 2_000_000)


def write(runs: Runs, options: OutputOptions, output: Output | None = None) -> Document:
    """The fragment, with its pictures beside it.

    Raises:
        UsageError: title and headline are too long for a page.
    """
    return write_brief("confluence", set_brief, runs, options, output)


def set_brief(brief: Brief, options: OutputOptions, paths: Mapping[str, str]) -> str:
    """`brief` in storage format, with an anchor `reportgen-ID` that no reader sees.

    `paths` are its pictures by their figures' names; a figure without one is left out.

    Raises:
        UsageError: not even title and headline fit.
    """
    language = load_language(options.lang)
    anchor = _macro("anchor", _parameter("", f"reportgen-{options.id}"))
    anchor += _macro("anchor", _parameter("", "reportgen-redacted")) if brief.is_redacted else ""
    address = options.page_url or ""
    headline = _linked(_spans((Span(brief.headline, is_strong=True),)), address)
    facts = _text(" · ".join(brief.facts))
    title = f"<h2>{_text(brief.title)}</h2>\n" if brief.title else ""
    head = DocumentPart(f"<p>{anchor}</p>\n{title}<p>{headline}<br/>{facts}</p>\n")
    parts = [_part(section, paths, address) for section in brief.sections]
    limit = language.say("brief", "bytes", n=LIMIT.n_bytes)
    text = fit(
        [head, *(part for part in parts if part)],
        LIMIT,
        lambda n: f"<p>{_text(language.count('brief', 'not_shown', n, limit=limit))}</p>\n",
    )
    if text is None:
        raise UsageError("title and headline are too long for a page; shorten --title")
    return text


def _linked(text: str, address: str) -> str:
    """What is escaped, as a link to `address` where there is one."""
    return f'<a href="{_text(address)}">{text}</a>' if address else text


def _part(section: Section, paths: Mapping[str, str], address: str) -> DocumentPart | None:
    if section.picture:
        path = paths.get(section.picture.name)
        if path is None:
            return None
        name, alt = _text(PurePosixPath(path).name), _text(section.picture.sentence)
        return DocumentPart(
            f'<p><ac:image ac:alt="{alt}" ac:width="{section.picture.width}">'
            f'<ri:attachment ri:filename="{name}"/></ac:image></p>\n',
            rank=section.rank,
        )
    head = foot = ""
    if section.is_folded:
        title = _parameter("title", section.heading)
        head = f'<ac:structured-macro ac:name="expand">{title}<ac:rich-text-body>\n'
        foot = "</ac:rich-text-body></ac:structured-macro>\n"
    elif section.heading:
        head = f"<h3>{_text(section.heading)}</h3>\n"
    head += "".join(f"<p>{_text(paragraph)}</p>\n" for paragraph in section.lead)
    if section.code:
        code = shell_line(section.code).replace("]]>", "]]]]><![CDATA[>")
        body = f"<ac:plain-text-body><![CDATA[{code}]]></ac:plain-text-body>"
        head += _macro("code", body) + "\n"
    if section.words:
        lines = tuple(f"<p>{_spans(line)}</p>\n" for line in section.words)
        return DocumentPart(head, lines, foot, section.rank)
    items = tuple(f"<li>{_spans(item.spans)}</li>\n" for item in section.items)
    if section.table is None:
        if not items:
            return DocumentPart(head, (), foot, section.rank)
        return DocumentPart(f"{head}<ul>\n", items, f"</ul>\n{foot}", section.rank)
    if items:
        head += f"<ul>\n{''.join(items)}</ul>\n"
    head += f"<table><tbody>\n{_header(section.table)}"
    rows = tuple(_row(row, address) for row in section.table.rows)
    return DocumentPart(head, rows, f"</tbody></table>\n{foot}", section.rank)


def _header(table: Table) -> str:
    return "<tr>" + "".join(f"<th>{_text(c.name)}</th>" for c in table.columns) + "</tr>\n"


def _row(cells: Sequence[Cell], address: str) -> str:
    return "<tr>" + "".join(_cell(cell, address) for cell in cells) + "</tr>\n"


def _cell(cell: Cell, address: str) -> str:
    colour = f' data-highlight-colour="{cell.colour}"' if cell.colour else ""
    part = f"{address}#{cell.link}" if address and cell.link else ""
    return f"<td{colour}>{_linked(_spans(cell.spans), part)}</td>"


def _spans(spans: Sequence[Span]) -> str:
    return "".join(
        _linked(
            f"<strong>{_text(span.text)}</strong>" if span.is_strong else _text(span.text),
            span.address,
        )
        for span in spans
    )


def _macro(name: str, inside: str) -> str:
    return f'<ac:structured-macro ac:name="{name}">{inside}</ac:structured-macro>'


def _parameter(name: str, text: str) -> str:
    return f'<ac:parameter ac:name="{name}">{_text(text)}</ac:parameter>'


def _text(text: str) -> str:
    """`text` between tags or in an attribute; what XML cannot hold is a chip by then, `##[` is no
    command where the page ends in a log, and what runs from right to left moves nothing else."""
    apart = FROM_RIGHT.sub("\u2068\\g<0>\u2069", visible(text))
    return escape_html(apart).replace("##", "#&#35;")
