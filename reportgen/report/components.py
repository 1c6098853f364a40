"""The parts that sections are made of: plain data in one language, without markup.

The templates turn them into a page, and the Markdown and Confluence writers into a short form. No
string is escaped yet: whoever writes it to a file escapes it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from markupsafe import Markup

from reportgen.findings import Citation
from reportgen.report.charts.colours import count_colour, heat_colour, heat_step
from reportgen.report.charts.svg import Drawing

Tone: TypeAlias = Literal["", "size", "rise", "fall"]


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text, either all bold or not at all."""

    text: str
    is_strong: bool = False
    tone: Tone = ""  # what it is strong by, as its colour says it: "" attention
    address: str = ""  # of a page of the web that it leads to, in short forms


def between(spans: Iterable[Span], start: int, end: int) -> list[Span]:
    """The code points `start` to `end` of `spans`."""
    inside, at = [], 0
    for span in spans:
        text = span.text[max(0, start - at) : max(0, end - at)]
        if text:
            inside.append(replace(span, text=text))
        at += len(span.text)
    return inside


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table, or an item of a list."""

    text: str
    small: str = ""  # shown after the text, in smaller letters
    step: int | None = None  # of the background colour; negative steps use the second colour
    colour: str = ""  # the same colour as `#fde8d4`, for formats without a style sheet
    track: Markup | None = None  # a chart one row high, shown instead of the text
    whole: str | None = None  # the text in full, where `text` was cut to fit
    is_strong: bool = False  # bold
    parts: tuple[Span, ...] = ()  # the text in pieces, where only some of it is bold
    link: str = ""  # what of the HTML page it is about, as its address names it: "id=movie7025"

    @property
    def spans(self) -> tuple[Span, ...]:
        """The text in pieces, bold or not, then `small`."""
        pieces = self.parts or (Span(self.text, self.is_strong),)
        return (*pieces, Span(f" {self.small}")) if self.small else pieces

    def __str__(self) -> str:
        return " ".join(filter(None, (self.text, self.small)))


@dataclass(frozen=True, slots=True)
class Kpi:
    """A key figure with its name, and a remark such as its interval."""

    value: str
    name: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, which leads to the section with its figures."""

    section: str  # id
    question: str
    answer: str
    remark: str = ""
    drawing: Drawing | None = None
    is_caveat: bool = False  # whether the remark limits the answer: small windows show it too
    is_left_out: bool = False  # from the page, as it says nothing of a single text

    @property
    def chart(self) -> Markup | None:
        """The drawing for a page, named by the question and its answer."""
        if self.drawing is None:
            return None
        return replace(self.drawing, sentence=f"{self.question} {self.answer}").on_page()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A note in words, with the publications that it cites."""

    text: str
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """The name of a column, and whether it holds figures, which are aligned to the right."""

    name: str
    is_figures: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with one cell per column in each row; the first cell names the row."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""
    kind: str = "numbers"  # CSS class of the table
    is_folded: bool = False  # whether a page shows its title alone, which opens it


@dataclass(frozen=True, slots=True)
class Grid:
    """One coloured figure per head."""

    title: str
    lead: str
    region: str  # name of the table for screen readers
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]  # layer, and a cell for each of its heads
    remarks: tuple[str, ...] = ()
    most: Table | None = None  # the heads that changed most, with their intervals


@dataclass(frozen=True, slots=True)
class QualitySection:
    """The section on predictions, whatever the model returns."""

    headline: str
    remarks: tuple[str, ...] = ()
    figures: tuple[Kpi, ...] = ()
    interval_note: str = ""  # explains the intervals; "" where no figure has one
    chart: Markup | None = None
    chart_note: str = ""
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart that is saved as a file beside the report."""

    name: str  # ends the file name, after the name of the report
    sentence: str  # says what the chart shows
    svg: str
    width: int = 0  # in pixels


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a short form. Where there is little room, it or its last rows are left out."""

    rank: int  # sections with a low rank get room first; 0 is never left out
    heading: str = ""
    lead: tuple[str, ...] = ()
    code: str = ""  # a command line
    picture: Picture | None = None
    table: Table | None = None
    items: tuple[Cell, ...] = ()
    words: tuple[tuple[Span, ...], ...] = ()  # paragraphs, in place of a table and items
    is_folded: bool = False
    place: int = 65  # sections are shown in rising order of this number


@dataclass(frozen=True, slots=True)
class Brief:
    """A report in its short form: what a reviewer reads first comes first, the rest is folded."""

    title: str  # "" where the headline says it all
    headline: str  # one sentence
    sections: tuple[Section, ...]
    facts: tuple[str, ...] = ()  # models, date and commit, beside the headline
    page: str = ""  # has the rows for which there is no room
    is_redacted: bool = False  # whether it holds no text

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The pictures of all sections."""
        return tuple(section.picture for section in self.sections if section.picture)


def make_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[tuple[str | Cell, Sequence[Cell]]],
    kind: str = "numbers",
) -> Table:
    """A table of figures with named rows; the first of `columns` is the heading of the names."""
    heads = tuple(Column(name, is_figures=index > 0) for index, name in enumerate(columns))
    named_rows = ((n if isinstance(n, Cell) else Cell(n), *cells) for n, cells in rows)
    return Table(heads, tuple(named_rows), title, kind)


def heat_cell(text: str, share: float) -> Cell:
    """A cell coloured by a share from 0 to 1."""
    step = heat_step(share, 1.0)
    return Cell(text, step=step, colour=heat_colour(step))


def count_cell(text: str, share: float) -> Cell:
    """A cell of how many texts there are, coloured by their share from 0 to 1."""
    step = heat_step(share, 1.0)
    return Cell(text, step=step, colour=count_colour(step))


def marked(parts: Sequence[Span], colour: str = "") -> Cell:
    """A cell whose text is made of `parts`, some of them bold."""
    return Cell("".join(part.text for part in parts), colour=colour, parts=tuple(parts))


def named(name: str, text: str) -> Cell:
    """A cell with a name in bold, then the text about it."""
    strong = name.rstrip()
    return marked((Span(strong, is_strong=True), Span(name[len(strong) :] + text)))
