"""What is predicted for single tokens of a text, such as each token of a completion or the tag of
each word: how likely that is, and what moves its probability."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import exp

import numpy as np

from reportgen.findings.findings import Findings
from reportgen.findings.outputs.completions import step_of
from reportgen.report.language.language import Language
from reportgen.report.language.printable import shorten, visible
from reportgen.report.language.sentences import spoken
from reportgen.report.panel.coloured.step_effects import Moves, Moving
from reportgen.results.completions import completion_of
from reportgen.results.info import OutputKind
from reportgen.results.labels import NONE
from reportgen.results.tables.schema import STEPS
from reportgen.results.units import TextUnits, Unit

_NAME = 40  # characters of a token
_DIGITS = 2  # of a change of a log-probability


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
    keys: tuple[str, ...]
    if kind == "completion":
        rows = _of_completion(findings, text, units, language, written)
        keys = ("token", "chance", "likeliest")
    elif kind == "tags":
        rows = _of_words(findings, text, units, language)
        has_labels = findings.tags is not None and findings.tags.fit is not None
        keys = ("word", "tag", "chance", *(("label",) if has_labels else ()))
    elif kind == "answer":
        rows, keys = _of_answer(findings, text, units, language), ("end", "chance")
    elif kind == "masks":
        rows = _of_masks(findings, text, units, language)
        has_labels = findings.masks is not None and bool(findings.masks.n_labelled)
        keys = ("likeliest", "chance", "others", *(("label",) if has_labels else ()))
    else:
        return None
    if not rows:
        return None
    evidence = findings.info.evidence
    note = f"note_{kind}_of" if evidence.target else f"note_{kind}"
    note = say(
        f"note_{kind}_over" if evidence.against else note,
        target=evidence.target,
        against=evidence.against,
    )
    if kind == "completion":
        is_expected = not any(likeliest for row in rows for likeliest in row.cells[1:])
        first = say("all_expected" if is_expected else "first_choice")
        note = language.say("common", "space").join((first, note))
        if is_expected:  # a column without a cell in it
            rows = tuple(replace(row, cells=row.cells[:1]) for row in rows)
            keys = keys[:-1]
    columns = tuple(say(key) for key in keys)
    return Steps(kind, say(f"title_{kind}"), columns, rows, note)


def _of_completion(
    findings: Findings,
    text: int,
    units: TextUnits,
    language: Language,
    written: Sequence[Unit],
) -> tuple[StepRow, ...]:
    """The tokens of a completion."""
    results, say = findings.results, partial(language.say, "steps")
    steps = [step_of(item) for item in findings.items_of(text)]
    labels = [unit.label for unit in (*units.units, *written)]
    # Tokens that share characters are one unit, which stands for the first of them.
    unit_of_step = completion_of(results, text)["unit"].to_numpy(np.int64)
    if written and len(unit_of_step):
        unit_of_step = unit_of_step - unit_of_step[0] + len(units.units)
    moving = Moving(results, text, units, len(steps), language, written)
    rows: dict[int, StepRow] = {}
    for number, (step, unit) in enumerate(zip(steps, unit_of_step.tolist(), strict=True)):
        if unit in rows:
            continue
        name = shorten(visible(labels[unit]), _NAME)
        likeliest = shorten(spoken(step.likeliest, language), _NAME) if step.likeliest else ""
        chance = language.percent(step.chance)
        key = "unexpected" if likeliest else "expected"
        said = say(key, token=name, chance=chance, likeliest=likeliest)
        rows[unit] = _row(unit, name, (chance, likeliest), said, moving.of(number), language)
    return tuple(rows[unit] for unit in sorted(rows))


def _of_words(
    findings: Findings, text: int, units: TextUnits, language: Language
) -> tuple[StepRow, ...]:
    """The words of a text with their tags."""
    found, tags = findings.tags, findings.info.output.labels
    words = () if found is None else found.words.get(text, ())
    moving = Moving(findings.results, text, units, len(words), language)
    has_labels = found is not None and found.fit is not None
    rows = []
    for number, word in enumerate(words):
        name, tag = (shorten(visible(own), _NAME) for own in (word.name, tags[word.tag]))
        label = "" if word.label == NONE else shorten(visible(tags[word.label]), _NAME)
        chance = language.percent(word.probability)
        is_wrong = bool(label) and word.label != word.tag
        key = "tagged_wrong" if is_wrong else "tagged"
        said = language.say("steps", key, token=name, tag=tag, chance=chance, label=label)
        cells = (tag, chance, *((label,) if has_labels else ()))
        unit, moves = units.unit_of[word.position], moving.of(number)
        rows.append(_row(unit, name, cells, said, moves, language, is_wrong=is_wrong))
    return tuple(rows)


def _of_masks(
    findings: Findings, text: int, units: TextUnits, language: Language
) -> tuple[StepRow, ...]:
    """The masks of a text with their likeliest tokens."""
    say, comma = partial(language.say, "steps"), language.say("common", "comma")
    masks = findings.items_of(text)
    moving = Moving(findings.results, text, units, len(masks), language)
    has_labels = findings.masks is not None and bool(findings.masks.n_labelled)
    rows = []
    for number, mask in enumerate(masks):
        token, chance = shorten(spoken(mask.predicted, language), _NAME), mask.probability
        others = comma.join(
            say(
                "other",
                token=shorten(spoken(other.name, language), _NAME),
                chance=language.percent(other.probability),
            )
            for other in mask.alternatives
        )
        label = shorten(spoken(mask.label, language), _NAME) if mask.label else ""
        said = say("filled", token=token, chance=language.percent(chance))
        cells = (language.percent(chance), others, *((label,) if has_labels else ()))
        is_wrong = mask.score == 0
        unit, moves = units.unit_of[mask.position], moving.of(number)
        rows.append(_row(unit, token, cells, said, moves, language, is_wrong=is_wrong))
    return tuple(rows)


def _of_answer(
    findings: Findings, text: int, units: TextUnits, language: Language
) -> tuple[StepRow, ...]:
    """The first and the last token of the answer to a question."""
    row, say = findings.results.text_row(text), partial(language.say, "steps")
    moving = Moving(findings.results, text, units, len(row[STEPS]), language)
    found = []
    for number, (position, score) in enumerate(zip(row[STEPS], row["scores"], strict=True)):
        unit, chance = units.unit_of[position], language.percent(exp(score))
        token = shorten(visible(units.units[unit].label), _NAME)
        name = say("last" if number else "first", token=token)
        said = say("ends", name=name, chance=chance)
        found.append(_row(unit, name, (chance,), said, moving.of(number), language))
    return tuple(found)


def _row(
    unit: int,
    token: str,
    cells: tuple[str, ...],
    said: str,
    moves: Moves,
    language: Language,
    *,
    is_wrong: bool = False,
) -> StepRow:
    sentences = language.say("common", "space").join((said, *moves.said))
    return StepRow(unit, token, cells, sentences, moves, is_wrong)
