"""What is predicted for single tokens of a text, such as each token of a completion or the tag of
each word: how likely that is, and what moves its probability."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import exp, isnan

import numpy as np

from reportgen.findings.findings import Findings
from reportgen.findings.outputs.completions import Step, text_steps
from reportgen.findings.outputs.tags import Word
from reportgen.report.charts.colours import signed_step
from reportgen.report.language.numbers import fixed
from reportgen.report.language.printable import shorten, visible
from reportgen.report.language.sentences import spoken
from reportgen.report.language.strings import Language
from reportgen.report.panel.strip import Tags
from reportgen.results.info import OutputKind
from reportgen.results.labels import NONE
from reportgen.results.schema import DELETION_SCORES
from reportgen.results.store import Results
from reportgen.results.targets import completion_of
from reportgen.results.units import Floats, TextUnits, Unit

_NAME = 40  # characters of a token
_DIGITS = 2  # of a change of a log-probability


@dataclass(frozen=True, slots=True)
class Moves:
    """What moves the log-probability of what is predicted for one token."""

    raises: str  # the unit that raises it most, with by how much; "" without one
    lowers: str
    said: tuple[str, ...]  # the same in sentences
    colours: tuple[int | None, ...]  # [unit], steps; None where leaving it out was not measured
    changes: tuple[str, ...]  # [unit], how far the log-probability falls without the unit


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

    kind: OutputKind
    title: str
    columns: tuple[str, ...]  # of the table, in front of what raises and lowers
    rows: tuple[StepRow, ...]
    note: str


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
    kind, say = findings.info.output.kind, partial(language.say, "steps")
    if kind == "completion":
        rows = _of_completion(findings.results, text, units, language, written)
        keys = ("token", "chance", "likeliest")
    elif kind == "tags":
        rows = _of_words(findings, text, units, language)
        has_labels = findings.tags is not None and findings.tags.fit is not None
        keys = ("word", "tag", "chance", *(("label",) if has_labels else ()))
    else:
        return None
    columns = tuple(say(key) for key in keys)
    title, note = say(f"title_{kind}"), say(f"note_{kind}")
    return Steps(kind, title, columns, rows, note) if rows else None


def strip_tags(findings: Findings, text: int, units: TextUnits) -> Tags:
    """What the highlighted text of row `text` of `texts` says of its units: the kind of each
    entity; without a tag for words outside entities, each word's own tag. A cross marks what has
    another label."""
    found = findings.tags
    if found is None or text not in found.words:
        return Tags()
    words, names = found.words[text], findings.info.output.labels
    if not found.marks_entities:
        pairs = [(units.unit_of[word.position], word) for word in words]
        return Tags(after={unit: _marked(names[word.tag], [word]) for unit, word in pairs})
    ends = [*(word.position for word in words[1:]), len(units.unit_of)]
    opening, after = set(), {}
    for entity in found.entities[text]:
        first, last = entity.words
        own = units.unit_of[words[first].position : ends[last]]
        inside = [unit for unit in own if not units.units[unit].is_special]
        opening.add(inside[0])
        after[inside[-1]] = "] " + _marked(entity.kind, words[first : last + 1])
    return Tags(frozenset(opening), after)


def _marked(name: str, words: Sequence[Word]) -> str:
    """`name` of a tag or kind, with a cross where one of `words` has another label."""
    is_wrong = any(word.label not in (NONE, word.tag) for word in words)
    return f"{name} ✗" if is_wrong else name


def _of_completion(
    results: Results,
    text: int,
    units: TextUnits,
    language: Language,
    written: Sequence[Unit],
) -> tuple[StepRow, ...]:
    """The tokens of a completion."""
    steps = text_steps(results, text)
    labels = [unit.label for unit in (*units.units, *written)]
    # Tokens that share characters are one unit, which stands for the first of them.
    unit_of_step = completion_of(results, text)["unit"].to_numpy(np.int64)
    if written and len(unit_of_step):
        unit_of_step = unit_of_step - unit_of_step[0] + len(units.units)
    moves = _Moving(results, text, units, len(steps), language)
    rows: dict[int, StepRow] = {}
    for number, (step, unit) in enumerate(zip(steps, unit_of_step.tolist(), strict=True)):
        rows.setdefault(unit, _completed(step, unit, labels[unit], moves.of(number), language))
    return tuple(rows[unit] for unit in sorted(rows))


def _completed(step: Step, unit: int, label: str, moves: Moves, language: Language) -> StepRow:
    say = partial(language.say, "steps")
    name = shorten(visible(label), _NAME)
    likeliest = shorten(spoken(step.likeliest, language), _NAME) if step.likeliest else ""
    chance = language.percent(exp(step.log_probability))
    key = "unexpected" if likeliest else "expected"
    said = say(key, token=name, chance=chance, likeliest=likeliest)
    space = language.say("common", "space")
    return StepRow(unit, name, (chance, likeliest), space.join((said, *moves.said)), moves)


def _of_words(
    findings: Findings, text: int, units: TextUnits, language: Language
) -> tuple[StepRow, ...]:
    """The words of a text with their tags."""
    found = findings.tags
    words = () if found is None else found.words.get(text, ())
    moves = _Moving(findings.results, text, units, len(words), language)
    has_labels = found is not None and found.fit is not None
    return tuple(
        _tagged(
            word,
            units.unit_of[word.position],
            findings.info.output.labels,
            moves.of(number),
            language,
            has_labels=has_labels,
        )
        for number, word in enumerate(words)
    )


def _tagged(
    word: Word,
    unit: int,
    tags: Sequence[str],
    moves: Moves,
    language: Language,
    *,
    has_labels: bool,
) -> StepRow:
    say = partial(language.say, "steps")
    name, tag = (shorten(visible(own), _NAME) for own in (word.name, tags[word.tag]))
    label = "" if word.label == NONE else shorten(visible(tags[word.label]), _NAME)
    chance = language.percent(exp(word.log_probability))
    is_wrong = bool(label) and word.label != word.tag
    key = "tagged_wrong" if is_wrong else "tagged"
    said = say(key, token=name, tag=tag, chance=chance, label=label)
    space = language.say("common", "space")
    cells = (tag, chance, *((label,) if has_labels else ()))
    return StepRow(unit, name, cells, space.join((said, *moves.said)), moves, is_wrong)


class _Moving:
    """Tells of each step of a text what moves it."""

    def __init__(
        self, results: Results, text: int, units: TextUnits, n_steps: int, language: Language
    ) -> None:
        self._labels = [shorten(visible(unit.label), _NAME) for unit in units.units]
        self._effects = _effects(results, text, units, n_steps)
        self._language = language

    def of(self, number: int) -> Moves:
        """What moves step `number`."""
        say = partial(self._language.say, "steps")
        values = np.full(len(self._labels), np.nan)
        if self._effects is not None:
            values = self._effects[:, number]
        top = float(np.nanmax(np.abs(values))) if np.isfinite(values).any() else 0.0
        named, said = {}, []
        for key, best, sign in (("raises", np.nanargmax, 1), ("lowers", np.nanargmin, -1)):
            own = int(best(values)) if top else -1
            if own < 0 or not sign * values[own] > 0:
                continue
            label = self._labels[own]
            named[key] = say("by", token=label, change=_change(values[own]))
            said.append(say(key, token=label, change=fixed(abs(values[own]), _DIGITS)))
        return Moves(
            raises=named.get("raises", ""),
            lowers=named.get("lowers", ""),
            said=tuple(said),
            colours=tuple(None if isnan(value) else signed_step(value, top) for value in values),
            changes=tuple("" if isnan(value) else _change(value) for value in values),
        )


def _effects(results: Results, text: int, units: TextUnits, n_steps: int) -> Floats | None:
    """`[unit, step]`: how far the log-probability of a step falls without a unit; NaN where that
    was not measured, None where it was for none."""
    effects = results.effects_of(text)
    if effects is None:
        return None
    found = np.full((len(units.units), n_steps), np.nan)
    for unit, scores in zip(units.unit_of, effects[DELETION_SCORES], strict=True):
        if scores is not None and len(scores) == n_steps:
            found[unit] = scores
    return None if np.isnan(found).all() else found


def _change(value: float) -> str:
    return f"+{fixed(value, _DIGITS)}" if value > 0 else fixed(value, _DIGITS)
