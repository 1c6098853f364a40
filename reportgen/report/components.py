"""The tree that a report for a pull request or a wiki is made of: plain data, no markup.

Each writer only sets it: every string is text as it stands, to be escaped where it is set.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """Text that is set the same throughout."""

    text: str
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell of a table, or behind a bullet."""

    spans: tuple[Span, ...]
    colour: str = ""  # behind it, such as `#fde8d4`, where the format has one

    @property
    def text(self) -> str:
        """What it says."""
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name, and whether it holds figures, which are set to the right."""

    name: str
    is_figures: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose rows have a cell a column."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture that lies in a file beside the report."""

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
    figure: Figure | None = None
    table: Table | None = None
    items: tuple[Cell, ...] = ()
    is_folded: bool = False


@dataclass(frozen=True, slots=True)
class Brief:
    """The whole report: what a reviewer reads first in front, the rest folded behind."""

    title: str
    headline: str  # one sentence
    sections: tuple[Section, ...]

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every picture."""
        return tuple(section.figure for section in self.sections if section.figure)


def plain(text: str, colour: str = "") -> Cell:
    """A cell of nothing but `text`."""
    return Cell((Span(text),), colour)


def named(name: str, text: str) -> Cell:
    """A cell of a name in bold and what is said of it."""
    strong = name.rstrip()
    return Cell((Span(strong, is_strong=True), Span(name[len(strong) :] + text)))
