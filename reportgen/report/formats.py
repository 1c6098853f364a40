"""The output formats: which one a path asks for, and the module that writes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Literal, TypeAlias

from reportgen.errors import UsageError
from reportgen.report.options import TABLE_NAMES, RenderOptions, TableName

if TYPE_CHECKING:
    from reportgen.findings.findings import Findings


Writer: TypeAlias = Literal["html", "md", "json", "confluence", "csv", "parquet", "folder"]
FORMATS: tuple[Writer, ...] = ("html", "md", "json", "confluence", "csv", "parquet")
_SUFFIXES: dict[str, Writer] = {"xml" if name == "confluence" else name: name for name in FORMATS}


def writer_of(path: str, format: str | None = None) -> Writer:
    """The writer for an output `path`: a results folder, what `format` says, or its suffix.

    `-`, standard output, is HTML unless `format` says otherwise.

    Raises:
        UsageError: neither the suffix nor `format` names a writer, or a table has no name.
    """
    if path.endswith("/"):
        return "folder"
    suffix = PurePath(path).suffix.removeprefix(".").lower()
    if format:
        writer = next((known for known in FORMATS if known == format), None)
    else:
        writer = "html" if path == "-" else _SUFFIXES.get(suffix)
    if writer is None and format:
        raise UsageError(f"--format {format}: not known; use one of {', '.join(FORMATS)}")
    if writer is None:
        suffixes = ", ".join(f".{known}" for known in _SUFFIXES)
        raise UsageError(
            f"{path}: the name must end in one of {suffixes}, or in / for a results folder; "
            "--format overrides"
        )
    if writer in ("csv", "parquet"):
        table_name(path)
    return writer


def table_name(path: str) -> TableName:
    """The table that a file is named after: `tokens.csv`, `run-tokens.csv`, `run_tokens.csv`.

    Raises:
        UsageError: it is named after none.
    """
    stem = PurePath(path).stem.lower()
    for name in TABLE_NAMES:
        if stem == name or stem.endswith((f"-{name}", f"_{name}")):
            return name
    raise UsageError(
        f"{path}: a table's file is named {', '.join(TABLE_NAMES)}, or ends in - or _ and one of "
        f"them, such as run-{TABLE_NAMES[0]}.csv"
    )


STANDARD_OUTPUT = "-"
WITH_PICTURES: tuple[Writer, ...] = ("md", "confluence")  # in a folder that is not their own


@dataclass(frozen=True, slots=True)
class Output:
    """One path to write to, and by which writer."""

    path: str
    writer: Writer


@dataclass(frozen=True, slots=True)
class Document:
    """What a writer made: its bytes, their size by part, and what had to be left out."""

    output: Output
    content: bytes
    parts: Mapping[str, int] = field(default_factory=dict)
    reduced: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)  # that lie beside it, by name

    @property
    def size(self) -> int:
        """Its bytes, with those of the files beside it."""
        return len(self.content) + sum(map(len, self.files.values()))


def make_document(findings: "Findings", output: Output, options: RenderOptions) -> Document:
    # Each writer brings its own libraries, so only those that are wanted are imported.
    if output.writer == "html":
        from reportgen.report.html.page import render as render_html

        report = render_html(findings, options)
        return Document(output, report.document, report.parts, report.reduced, report.files)
    if output.writer == "md":
        from reportgen.report.digest.markdown import render as render_markdown

        markdown = render_markdown(findings, options, _stem(output))
        return _illustrated(output, markdown.text, markdown.files, markdown.reduced)
    if output.writer == "confluence":
        from reportgen.report.digest.confluence import render as render_confluence

        page = render_confluence(findings, options, _stem(output))
        return _illustrated(output, page.text, page.files, page.reduced)
    if output.writer == "json":
        from reportgen.report.json import render as render_summary

        return Document(output, render_summary(findings, options).encode())
    from reportgen.report.tables import table, to_csv, to_parquet

    frame = table(findings, table_name(output.path), options.heads)
    return Document(output, to_csv(frame) if output.writer == "csv" else to_parquet(frame))


def _illustrated(
    output: Output, text: str, files: Mapping[str, bytes], reduced: tuple[str, ...]
) -> Document:
    """A text with its pictures beside it, which weigh apart: limits are on the text alone."""
    content = text.encode()
    pictures = sum(map(len, files.values()))
    parts = {"text": len(content), "pictures": pictures} if files else {}
    return Document(output, content, parts, reduced, files)


def _stem(output: Output) -> str:
    """What pictures are called after; "" for standard output, which has nothing beside it."""
    return "" if output.path == STANDARD_OUTPUT else Path(output.path).stem
