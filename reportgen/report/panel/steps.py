"""What is predicted for single tokens of a text, such as each token of a completion or the tag of
each word: how likely that is, and what moves its log-probability."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import exp, isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reportgen.findings import Findings
from reportgen.report.charts.colours import signed_step
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import fixed, number
from reportgen.report.language.printable import shorten, visible
from reportgen.report.language.sentences import spoken
from reportgen.report.panel.occurrences import told_apart
from reportgen.report.panel.unit_measures import printed
from reportgen.results import (
    BY_ID,
    DELETION_SCORES,
    GRADIENT_STEPS,
    WEIGHTED_STEPS,
    Floats,
    Results,
    TextUnits,
    Unit,
    View,
    completion_of,
)
from reportgen.tasks import Column, Item, Task, task_of

# Columns of the gradients of each step, by the measure that they are of the whole.
_BY_STEP: Mapping[View, str] = {
    "gradient": GRADIENT_STEPS,
    "attention_gradient": WEIGHTED_STEPS,
}
_DIGITS = 2  # of a change of a log-probability


@dataclass(frozen=True, slots=True)
class Moves:
    """What moves the log-probability of what is predicted for one token."""

    raises: str  # the unit that raises it most, with by how much; "" without one
    lowers: str
    sentences: tuple[str, ...]  # the same in sentences
    # [unit], steps; None where leaving it out was not measured. What stands before a token of a
    # completion is among them.
    colours: tuple[int | None, ...]
    changes: tuple[str, ...]  # [unit], how far the log-probability falls without the unit
    others: (
        "Mapping[View, StepSlopes]"  # by measure, what its gradient says; none where not measured
    )


@dataclass(frozen=True, slots=True)
class StepSlopes:
    """What a gradient of the log-probability of one token says of each unit, `[unit]`."""

    colours: tuple[int | None, ...]  # steps; None where it is not known
    values: tuple[str, ...]


class Moving:
    """Tells of each step of a text what moves it."""

    def __init__(
        self,
        results: Results,
        text: int,
        units: TextUnits,
        n_steps: int,
        language: Language,
        written: Sequence[Unit] = (),
    ) -> None:
        """Units of what a decoder of its own wrote (`written`) stand behind those of the text."""
        every = (*units.units, *written)
        self._labels = _unit_labels(units.units, written, language)
        unit_of, tables = _read_by_steps(results, text, units, len(written))
        n_units = len(every)
        self._effects = _effects(unit_of, tables[DELETION_SCORES], n_units, n_steps)
        is_special = np.array([unit.is_special for unit in every], dtype=np.bool_)
        self._slopes = {
            view: _slopes(unit_of, tables[column], is_special, n_steps, view)
            for view, column in _BY_STEP.items()
        }
        self._language = language

    def of(self, number: int) -> Moves:
        """What moves step `number`."""
        say = partial(self._language.say, "steps")
        values = np.full(len(self._labels), np.nan)
        if self._effects is not None:
            values = self._effects[:, number]
        top = float(np.nanmax(np.abs(values))) if np.isfinite(values).any() else 0.0
        named, sentences = {}, []
        for key, best, sign in (("raises", np.nanargmax, 1), ("lowers", np.nanargmin, -1)):
            unit = int(best(values)) if top else -1
            if unit < 0 or not sign * round(values[unit], _DIGITS) > 0:
                continue
            label = self._labels[unit]
            named[key] = say("by", token=label, change=_change(values[unit]))
            sentences.append(say(key, token=label, change=fixed(abs(values[unit]), _DIGITS)))
        return Moves(
            raises=named.get("raises", ""),
            lowers=named.get("lowers", ""),
            sentences=tuple(sentences),
            colours=tuple(None if isnan(value) else signed_step(value, top) for value in values),
            changes=tuple("" if isnan(value) else _change(value) for value in values),
            others={
                view: _shown(slopes[:, number], has_sign=BY_ID[view].signed)
                for view, slopes in self._slopes.items()
                if slopes is not None
            },
        )


def _unit_labels(
    units: Sequence[Unit], written: Sequence[Unit], language: Language
) -> tuple[str, ...]:
    """The names of `units`, told apart, and of what a decoder of its own wrote."""
    labels, others = (
        told_apart([shorten(visible(unit.label), _NAME) for unit in some], language)
        for some in (units, written)
    )
    return (*labels, *(language.say("steps", "in_completion", token=token) for token in others))


def _shown(values: Floats, *, has_sign: bool) -> StepSlopes:
    """`values` `[unit]` with their colours."""
    top = float(np.nanmax(np.abs(values))) if np.isfinite(values).any() else 0.0
    texts = printed(values, has_sign)
    return StepSlopes(
        tuple(None if isnan(value) else signed_step(value, top) for value in values),
        tuple("" if isnan(value) else text for value, text in zip(values, texts, strict=True)),
    )


def _read_by_steps(
    results: Results, text: int, units: TextUnits, n_written: int
) -> tuple[list[int], Mapping[str, list[Any]]]:
    """The unit of each token, of what a decoder of its own has read of what it wrote too; and by
    column what is known of each of them, `[step]`, None where nothing is."""
    columns = (DELETION_SCORES, *_BY_STEP.values())
    effects = results.effects_of(text)
    if effects is None:
        return [], {column: [] for column in columns}
    unit_of, by_column = [*units.unit_of], {column: effects[column].tolist() for column in columns}
    others, target = results.target_effects_of(text), results.target_of(text)
    if n_written and others is not None and target is not None:
        n_given = int(target["is_given"].sum())
        unit = target["unit"].to_numpy(np.int64)[n_given:-1] - target["unit"].iloc[n_given]
        unit_of += (unit + len(units.units)).tolist()
        for column in columns:
            by_column[column] += others[column].tolist()[n_given:]
    return unit_of, by_column


def _effects(
    unit_of: Sequence[int], given: Sequence[Any], n_units: int, n_steps: int
) -> Floats | None:
    """`[unit, step]`: how far the log-probability of a step falls without a unit; NaN where that
    was not measured, None where it was for none."""
    falls = np.full((n_units, n_steps), np.nan)
    for unit, scores in zip(unit_of, given, strict=True):
        if scores is not None and len(scores) == n_steps:
            falls[unit] = scores
    return None if np.isnan(falls).all() else falls


def _slopes(
    unit_of: Sequence[int],
    given: Sequence[Any],
    is_special: NDArray[np.bool_],
    n_steps: int,
    view: View,
) -> Floats | None:
    """`[unit, step]`: a measure of gradients of each step, from those of the unit's tokens; NaN for
    what does not stand before it and for special tokens, None where it was not measured."""
    power = 2 if BY_ID[view].combine == "length" else 1
    sums = np.zeros((len(is_special), n_steps))
    known = np.zeros((len(is_special), n_steps), dtype=np.bool_)
    for unit, slopes in zip(unit_of, given, strict=True):
        if slopes is None or len(slopes) != n_steps:
            continue
        step_slopes = np.array(slopes, dtype=np.float64)
        known[unit] |= ~np.isnan(step_slopes)
        sums[unit] += np.nan_to_num(step_slopes) ** power
    known[is_special] = False
    sizes = np.sqrt(sums) if power > 1 else sums
    return np.where(known, sizes, np.nan) if known.any() else None


def _change(value: float) -> str:
    return f"+{fixed(value, _DIGITS)}" if value > 0 else fixed(value, _DIGITS)


_NAME = 40  # characters of a token


@dataclass(frozen=True, slots=True)
class StepRow:
    """What is predicted for one token."""

    unit: int
    token: str
    cells: tuple[str, ...]  # what stands beside it in the table
    sentence: str  # the same and what moves it, in sentences
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
    placed = list(_places(findings, text, units, written, task)) if task.has_places else []
    if not placed:
        return None
    # Columns without a cell in any row are left out.
    hidden = set[Column]() if findings.has_labelled_items else {"label"}
    is_expected = task.is_written and not any(place.item.written.likelier for place in placed)
    if is_expected:
        hidden.add("likelier")
    columns = [column for column in task.layout.columns if column not in hidden]
    names = [say(language.key_of("steps", column, task.kind)) for column in columns]
    moving = Moving(findings.results, text, units, len(placed), language, written)
    rows, units_with = list[StepRow](), set[int]()
    for step, place in enumerate(placed):
        # Written tokens that share characters are one unit, which stands for the first of them.
        if not task.is_written or place.unit not in units_with:
            units_with.add(place.unit)
            cells = {column: _CELLS[column](place, language) for column in task.layout.columns}
            rows.append(_row(place, cells, names, columns, moving.of(step), task, language))
    if task.is_written:
        rows.sort(key=lambda row: row.unit)
    note = _note(findings, task, language)
    if task.is_written:
        first = say("all_expected" if is_expected else "first_choice")
        note = language.sentences((first, note))
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
    unit_of_item = [units.unit_of[item.position] for item in items]
    words: Sequence[str] = [labels[unit] for unit in unit_of_item]
    if "place" in task.layout.columns:
        words = findings.words_of(text)
    yield from map(_Place, unit_of_item, words, items)


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
    listed = language.listed(f"{what} {cell}" for what, cell in every if cell)
    values = {str(column): visible(cell) for column, cell in cells.items()}
    sentence = language.say("steps", key, name=name, cells=visible(listed), **values)
    sentences = language.sentences((sentence, *moves.sentences))
    return StepRow(place.unit, name, shown, sentences, moves, is_wrong)


def _token(name: str | None, language: Language) -> str:
    return shorten(spoken(name, language), _NAME) if name else ""


def _alternatives(place: _Place, language: Language) -> str:
    return language.listed(
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
    "written_probability": lambda place, language: language.percent(place.item.written.probability),
    "likelier": lambda place, language: _token(place.item.written.likelier, language),
}
