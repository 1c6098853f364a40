"""What sections are made of: plain data in one language, without markup.

Writers lay it out: templates on a page, Markdown or Confluence in a short form. Every string is
text as it stands, to be escaped where it is written.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reportgen.findings.citations import Citation


@dataclass(frozen=True, slots=True)
class Span:
    """Text that is set the same throughout."""

    text: str
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table, or an item of a list."""

    text: str
    small: str = ""  # beside the text, in smaller letters
    step: int | None = None  # of a ramp of colours; below 0 of the second ramp
    colour: str = ""  # behind the text, such as `#fde8d4`, where the format has one
    track: Markup | None = None  # a chart one row high, in the place of the text
    is_strong: bool = False
    parts: tuple[Span, ...] = ()  # the text, where only some of it is strong

    @property
    def spans(self) -> tuple[Span, ...]:
        """The text with what is strong in it, and what stands beside it."""
        found = self.parts or (Span(self.text, self.is_strong),)
        return (*found, Span(f" {self.small}")) if self.small else found

    def __str__(self) -> str:
        return " ".join(filter(None, (self.text, self.small)))


@dataclass(frozen=True, slots=True)
class Kpi:
    """A figure with its name, and a remark such as its interval."""

    value: str
    name: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A note in words, with the publications it rests on."""

    text: str
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name, and whether it holds figures, which are set to the right."""

    name: str
    is_figures: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with one cell per column in each row; on a page the first cell names its row."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""
    kind: str = "numbers"  # class of the table on a page


@dataclass(frozen=True, slots=True)
class Quality:
    """The section on predictions, whatever the model returns."""

    headline: str
    remarks: tuple[str, ...]
    figures: tuple[Kpi, ...] = ()
    interval_note: str = ""  # what the intervals are; "" where no figure has one
    chart: Markup | None = None
    chart_note: str = ""
    tables: tuple[Table, ...] = ()  # the first stands beside the chart


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart in a file beside the report."""

    name: str  # the file's, after the stem of the report's
    sentence: str  # what it shows
    svg: str
    width: int = 0  # pixels that it is drawn for


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report that is shown or left out, or whose last rows are."""

    rank: int  # the lower, the sooner it gets room where there is little; 0: always
    heading: str = ""
    lead: tuple[str, ...] = ()
    code: str = ""  # a command line
    picture: Picture | None = None
    table: Table | None = None
    items: tuple[Cell, ...] = ()
    is_folded: bool = False
    place: int = 65  # among the parts of a short form, in rising order


@dataclass(frozen=True, slots=True)
class Brief:
    """The whole report: what a reviewer reads first in front, the rest folded behind."""

    title: str
    headline: str  # one sentence
    sections: tuple[Section, ...]

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The pictures of all sections."""
        return tuple(section.picture for section in self.sections if section.picture)


def make_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[tuple[str, Sequence[Cell]]],
    kind: str = "numbers",
) -> Table:
    """A table of figures whose rows begin with their name: `columns` names that column first."""
    heads = tuple(Column(name, is_figures=index > 0) for index, name in enumerate(columns))
    return Table(heads, tuple((Cell(name), *cells) for name, cells in rows), title, kind)


def marked(parts: Sequence[Span], colour: str = "") -> Cell:
    """A cell whose text is made of `parts`, some of them strong."""
    return Cell("".join(part.text for part in parts), colour=colour, parts=tuple(parts))


def named(name: str, text: str) -> Cell:
    """A name in strong letters, then the text about it."""
    strong = name.rstrip()
    return marked((Span(strong, is_strong=True), Span(name[len(strong) :] + text)))
