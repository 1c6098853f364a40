"""What is predicted for single tokens of a text, such as each token of a completion or the tag of
each word: how likely that is, and what moves its probability."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import exp

import numpy as np

from reportgen.findings import Findings, step_of
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import number
from reportgen.report.language.printable import shorten, visible
from reportgen.report.language.sentences import spoken
from reportgen.report.panel.coloured.step_effects import Moves, Moving
from reportgen.results import TextUnits, Unit, completion_of
from reportgen.tasks import Column, Item, Task, task_of

_NAME = 40  # characters of a token


@dataclass(frozen=True, slots=True)
class StepRow:
    """What is predicted for one token."""

    unit: int
    token: str
    cells: tuple[str, ...]  # what stands beside it in the table
    said: str  # the same and what moves it, in sentences
    moves: Moves
    is_wrong: bool = False  # something else was to be predicted


@dataclass(frozen=True, slots=True)
class Steps:
    """What is predicted for the tokens of one text."""

    title: str
    columns: tuple[str, ...]  # of the table, in front of what raises and lowers
    rows: tuple[StepRow, ...]
    note: str


@dataclass(frozen=True, slots=True)
class _Place:
    """An item of a text, or one end of it, and where it stands."""

    unit: int
    words: str  # that stand there
    item: Item
    end: int = 0  # 0 the first, 1 the last; 0 of an item that is predicted as a whole
    end_probability: float = 1.0  # of one end


def make_steps(
    findings: Findings,
    text: int,
    units: TextUnits,
    language: Language,
    written: Sequence[Unit] = (),
) -> Steps | None:
    """What is predicted for the tokens of row `text` of `texts`; None where nothing is.

    Where a decoder of its own wrote a completion, its units (`written`) are numbered on from those
    of the text.
    """
    task, say = task_of(findings.info.output), partial(language.say, "steps")
    found = list(_places(findings, text, units, written, task)) if task.has_places else []
    if not found:
        return None
    # Columns without a cell in any row are left out.
    hidden = set[Column]() if findings.has_labelled_items else {"label"}
    is_expected = task.is_written and not any(step_of(place.item).likeliest for place in found)
    if is_expected:
        hidden.add("likelier")
    columns = [column for column in task.columns if column not in hidden]
    names = [say(language.key_of("steps", column, task.kind)) for column in columns]
    moving = Moving(findings.results, text, units, len(found), language, written)
    rows, units_with = list[StepRow](), set[int]()
    for step, place in enumerate(found):
        # Written tokens that share characters are one unit, which stands for the first of them.
        if not task.is_written or place.unit not in units_with:
            units_with.add(place.unit)
            cells = {column: _CELLS[column](place, language) for column in task.columns}
            rows.append(_row(place, cells, names, columns, moving.of(step), task, language))
    if task.is_written:
        rows.sort(key=lambda row: row.unit)
    note = _note(findings, task, language)
    if task.is_written:
        first = say("all_expected" if is_expected else "first_choice")
        note = language.say("common", "space").join((first, note))
    title = say(language.key_of("steps", "title", task.kind))
    return Steps(title, tuple(names), tuple(rows), note)


def _note(findings: Findings, task: Task, language: Language) -> str:
    evidence = findings.info.evidence
    key = language.key_of("steps", "note", task.kind)
    ending = "over" if evidence.against else "of" if evidence.target else None
    key = language.key_of("steps", key, ending)
    return language.say("steps", key, target=evidence.target, against=evidence.against)


def _places(
    findings: Findings, text: int, units: TextUnits, written: Sequence[Unit], task: Task
) -> Iterator[_Place]:
    """What is predicted of a text, in the order in which it is explained."""
    results, items = findings.results, findings.items_of(text)
    labels = [unit.label for unit in (*units.units, *written)]
    if task.is_written:
        unit_of_step = completion_of(results, text)["unit"].to_numpy(np.int64)
        if written and len(unit_of_step):
            unit_of_step = unit_of_step - unit_of_step[0] + len(units.units)
        for item, unit in zip(items, unit_of_step.tolist(), strict=True):
            yield _Place(unit, labels[unit], item)
        return
    items = tuple(item for item in items if item.position >= 0)
    if task.has_ends:
        scores = iter(results.text_row(text)["scores"])
        for item in items:
            for end, position in enumerate((item.position, item.end)):
                unit = units.unit_of[position]
                yield _Place(unit, labels[unit], item, end, exp(next(scores)))
        return
    own = [units.unit_of[item.position] for item in items]
    words: Sequence[str] = [labels[unit] for unit in own]
    if "place" in task.columns:
        words = findings.words_of(text)
    yield from map(_Place, own, words, items)


def _row(
    place: _Place,
    cells: Mapping[Column, str],
    names: Sequence[str],
    columns: Sequence[Column],
    moves: Moves,
    task: Task,
    language: Language,
) -> StepRow:
    name = cells[columns[0]]
    is_wrong = bool(cells.get("label")) and place.item.score == 0 and not task.is_number
    key = language.key_of("steps", "says", task.kind)
    ending = "wrong" if is_wrong else "likelier" if cells.get("likelier") else None
    key = language.key_of("steps", key, ending)
    shown = tuple(cells[column] for column in columns[1:])
    every = zip(names[1:], shown, strict=True)
    listed = language.say("common", "comma").join(f"{what} {cell}" for what, cell in every if cell)
    values = {str(column): visible(cell) for column, cell in cells.items()}
    said = language.say("steps", key, name=name, cells=visible(listed), **values)
    sentences = language.say("common", "space").join((said, *moves.said))
    return StepRow(place.unit, name, shown, sentences, moves, is_wrong)


def _token(name: str | None, language: Language) -> str:
    return shorten(spoken(name, language), _NAME) if name else ""


def _alternatives(place: _Place, language: Language) -> str:
    return language.say("common", "comma").join(
        language.say(
            "steps",
            "other",
            token=_token(other.name, language),
            chance=language.percent(other.probability),
        )
        for other in place.item.alternatives
    )


def _end(place: _Place, language: Language) -> str:
    token = shorten(visible(place.words), _NAME)
    return language.say("steps", "last" if place.end else "first", token=token)


def _label(place: _Place, language: Language) -> str:
    if place.item.label is not None:
        return _token(place.item.label, language)
    return "" if np.isnan(place.item.label_value) else number(place.item.label_value)


_CELLS: Mapping[Column, Callable[[_Place, Language], str]] = {
    "place": lambda place, language: shorten(visible(place.words), _NAME),
    "predicted": lambda place, language: _token(place.item.predicted, language),
    "value": lambda place, language: number(place.item.value),
    "probability": lambda place, language: language.percent(place.item.probability),
    "alternatives": _alternatives,
    "label": _label,
    "end": _end,
    "end_probability": lambda place, language: language.percent(place.end_probability),
    "written": lambda place, language: shorten(visible(place.words), _NAME),
    "written_probability": lambda place, language: language.percent(step_of(place.item).chance),
    "likelier": lambda place, language: _token(step_of(place.item).likeliest, language),
}
