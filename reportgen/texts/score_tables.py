"""Scores of texts in tables of their own: a row for each token, word or unit of a text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from reportgen.errors import InputError, UsageError, without_surrogates
from reportgen.results import ScoreSource
from reportgen.texts.columns import quoted_name
from reportgen.texts.formats.file_formats import read_table
from reportgen.texts.read import TextInput, TextSet, kept_texts
from reportgen.texts.rows import FileRow, OddCell, TextTable
from reportgen.texts.scores import UserScores, finite, require_names, with_signs
from reportgen.texts.source_files import format_of, shown, source_of

_NEEDED = ("text", "unit", "score")
_EXAMPLE = "write the columns text (an id), unit (a number from 0, or a word) and score"
# By name of the scores and id of the text.
_ByText = Mapping[str, Mapping[str, UserScores]]


@dataclass(frozen=True, slots=True)
class _ScoreRow:
    """A row of a table of scores."""

    where: str  # file:line, for messages
    unit: str
    score: float


def with_score_tables(texts: TextSet, tables: Sequence[str], *, is_cut: bool = False) -> TextSet:
    """`texts` with the scores in `tables`, each `FILE` or `NAME=FILE`, or several with commas
    between.

    Args:
        is_cut: there are more texts in the files than these; scores of others are left out.

    Raises:
        UsageError: a name is taken, or a file lacks a column.
        InputError: a file cannot be read, names a text that there is not, or holds what is no
            finite number.
    """
    if not tables and not texts.scores:
        return texts
    sources, by_id = list(texts.scores), dict[str, list[UserScores]]()
    for name, path in (pair for table in tables for pair in _named(table)):
        for scores_name, rows in _read(name, path).items():
            sources.append(ScoreSource(scores_name, without_surrogates(Path(path).name)))
            for text_id, scores in rows.items():
                by_id.setdefault(text_id, []).append(scores)
    return with_scores(texts, sources, by_id, is_cut=is_cut)


def with_scores(
    texts: TextSet,
    sources: Sequence[ScoreSource],
    by_id: Mapping[str, Sequence[UserScores]],
    *,
    is_cut: bool = False,
) -> TextSet:
    """`texts` with more scores, by the id of the text; `sources` are all that they have then.

    Raises:
        UsageError: the name of one is taken.
        InputError: there is no text with one of the ids, unless the texts are cut.
    """
    require_names([source.name for source in sources])
    left = dict(by_id)

    def joined() -> Iterator[TextInput]:
        for text in texts.texts:
            more = left.pop(text.id, ())
            yield replace(text, scores=(*text.scores, *more)) if more else text

    every = kept_texts(joined())
    if left and not is_cut:
        first, scores = next(iter(left.items()))
        raise InputError(
            f"{scores[0].source}: no text has the id {quoted_name(first)}; write an id of "
            "--id-column, or where texts have none the number of the text, from 1"
        )
    of_all = (scores for text in every for scores in text.scores)
    return replace(texts, texts=every, scores=with_signs(sources, of_all))


def _named(given: str) -> list[tuple[str | None, str]]:
    """The name and the path in each `NAME=FILE`; None for a name that is not given."""
    name, joint, path = given.partition("=")
    if Path(given).exists() or (not joint and "," not in given):
        return [(None, given)]
    if "," in given and not (joint and Path(path).exists()):
        return [pair for part in given.split(",") if part for pair in _named(part)]
    return [(without_surrogates(name.strip()), path)]


def _read(name: str | None, path: str) -> _ByText:
    """The scores in the table at `path`; `name` is what they are called, if that is given."""
    source = source_of(path, format_of(path, None))
    if source.format in ("folder", "txt", None):
        raise UsageError(f"--scores {shown(path)}: takes a table; {_EXAMPLE}")
    table = read_table(source.content, source.format, source.shown)
    if missing := [column for column in _NEEDED if column not in table.columns]:
        raise UsageError(f"{source.shown}: no column {quoted_name(missing[0])}; {_EXAMPLE}")
    if name is not None and "name" in table.columns:
        raise UsageError(
            f"--scores {name}={shown(path)}: the column name of this file names its scores "
            "already; give the file alone"
        )
    alone = name or without_surrogates(source.name.split(".")[0])
    rows: dict[str, dict[str, list[_ScoreRow]]] = {}
    for scores_name, text_id, row in _rows(table, source.shown, alone):
        rows.setdefault(scores_name, {}).setdefault(text_id, []).append(row)
    return {
        scores_name: {
            text_id: _of_text(scores_name, text_id, its_rows) for text_id, its_rows in by_id.items()
        }
        for scores_name, by_id in rows.items()
    }


def _rows(table: TextTable, path: str, alone: str) -> Iterator[tuple[str, str, _ScoreRow]]:
    has_names = "name" in table.columns
    for row in table.rows:
        where = f"{path}{table.joint}{row.place}"
        text_id, unit, score = (_cell(row, column, where) for column in _NEEDED)
        try:
            value = finite(score)
        except ValueError as error:
            message = str(error).split(";")[0]
            raise InputError(f"{where}: text {quoted_name(text_id)}: {message}") from error
        yield (
            _cell(row, "name", where) if has_names else alone,
            text_id,
            _ScoreRow(where, unit, value),
        )


def _cell(row: FileRow, column: str, where: str) -> str:
    value = row.cells.get(column)
    if isinstance(value, OddCell) or not value:
        what = value.what if isinstance(value, OddCell) else "nothing"
        raise InputError(f"{where}: column {quoted_name(column)} holds {what}; {_EXAMPLE}")
    return without_surrogates(value)


def _of_text(name: str, text_id: str, rows: Sequence[_ScoreRow]) -> UserScores:
    """The scores of one text: by number, from 0 on, or by word in the order of the text."""
    where = rows[0].where
    if not all(row.unit.isascii() and row.unit.isdecimal() for row in rows):
        return UserScores(
            name, tuple(row.score for row in rows), tuple(row.unit for row in rows), where
        )
    rows = sorted(rows, key=lambda row: int(row.unit))
    for before, row in pairwise(rows):
        if int(before.unit) == int(row.unit):
            raise InputError(
                f"{row.where}: text {quoted_name(text_id)} has unit {row.unit} twice in the scores "
                f"{quoted_name(name)}; keep one"
            )
    for number, row in enumerate(rows):
        if int(row.unit) != number:
            raise InputError(
                f"{row.where}: text {quoted_name(text_id)} has a unit {row.unit} and none with the "
                f"number {number}; number the units of a text from 0 without a gap"
            )
    return UserScores(name, tuple(row.score for row in rows), None, where)
