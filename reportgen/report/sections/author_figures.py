"""The section on figures that the author gives: what they are, with intervals where they are given
by text, and how they changed. It says that reportgen did not measure them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, cast

from reportgen.findings import AuthorEstimate
from reportgen.report.charts.cell_tracks import interval_text
from reportgen.report.components import Cell, Column, Section, Table, make_table
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import NOTHING, decimals, in_column
from reportgen.report.sections.page_section import PageContext
from reportgen.results import AuthorFigure

if TYPE_CHECKING:  # a page of one run waits for no comparison
    from reportgen.comparison import AuthorChange
    from reportgen.report.language.comparison import CompareWords
    from reportgen.report.sections.context_compared import CompareContext

_AT_ONCE = 6  # figures that a short form shows without a fold


@dataclass(frozen=True, slots=True)
class AuthorTable:
    """The figures of one run or of several."""

    note: str  # whose they are
    table: Table


def make_author_figures(context: PageContext) -> AuthorTable | None:
    """The table of one run; None where nothing is given."""
    figures, language = context.runs.findings.author_figures, context.language
    if not figures:
        return None
    say = partial(language.say, "author")
    columns = [say("figure"), say("value"), say("better"), say("n_texts"), say("meaning")]
    rows = [
        (each.figure.name, (_value(each, language), *_about(each, language))) for each in figures
    ]
    return _table(columns, rows, context.language)


def make_author_changes(context: "CompareContext") -> AuthorTable | None:
    """The table of the first and the last of several runs; None where they share no figure."""
    given, words = context.comparison.author_changes, context.words
    if not given:
        return None
    say = partial(context.language.say, "author")
    columns = [
        *(say("figure"), *(words.say(side) for side in ("base", "head")), words.say("change")),
        *(say("better"), say("meaning")),
    ]
    rows = [(each.figure.name, _changed(each, words)) for each in given]
    return _table(columns, rows, context.language)


def _table(
    columns: Sequence[str], rows: Sequence[tuple[str, Sequence[Cell]]], language: Language
) -> AuthorTable:
    """A table whose last column holds words."""
    table = make_table(language.say("author", "figures"), columns, rows, "tracks")
    *figures, words = table.columns
    table = replace(table, columns=(*figures, Column(words.name)))
    return AuthorTable(language.say("author", "note"), table)


def make_any_figures(context: PageContext) -> AuthorTable | None:
    """The section, of one run or of several."""
    if context.runs.comparison is None:
        return make_author_figures(context)
    return make_author_changes(cast("CompareContext", context))


def short_author_figures(context: PageContext) -> Iterable[Section]:
    """The table in a short form."""
    made = make_any_figures(context)
    if made is not None:
        is_folded = len(made.table.rows) > _AT_ONCE
        yield Section(
            2, made.table.title, (made.note,), table=made.table, is_folded=is_folded, place=43
        )


def with_unit(text: str, figure: AuthorFigure) -> str:
    """A number with the unit of its figure."""
    return f"{text} {figure.unit}" if figure.unit else text


def _value(given: AuthorEstimate, language: Language) -> Cell:
    mean, ends = given.estimate.mean, given.estimate.interval or ()
    digits = decimals(max(map(abs, (mean, *ends))))
    interval = interval_text(given.estimate.interval, digits, language)
    return Cell(with_unit(in_column(given.estimate.mean, digits), given.figure), interval)


def _about(given: AuthorEstimate, language: Language) -> tuple[Cell, Cell, Cell]:
    n_texts = given.estimate.n_texts
    return (
        Cell(language.say("author", f"better_{given.figure.better}")),
        Cell(f"{n_texts:,}" if n_texts else NOTHING),
        Cell(given.figure.meaning),
    )


def _changed(given: "AuthorChange", words: "CompareWords") -> tuple[Cell, ...]:
    change, language = given.change, words.language
    digits = decimals(max(abs(change.base), abs(change.head)))

    def write(value: float, with_sign: bool) -> str:
        return in_column(value, digits, with_sign)

    if change.n_texts:
        shown = words.changed(change, write)
        gain = words.say(f"gain_{given.gain}") if given.gain in ("better", "worse") else ""
        shown = Cell(
            shown.text, language.say("common", "space").join(filter(None, (shown.small, gain)))
        )
    else:
        shown = Cell(write(change.difference, True))
    return (
        *(
            Cell(with_unit(write(value, False), given.figure))
            for value in (change.base, change.head)
        ),
        *(shown, Cell(language.say("author", f"better_{given.figure.better}"))),
        Cell(given.figure.meaning),
    )
