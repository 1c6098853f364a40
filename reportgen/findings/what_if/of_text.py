"""What was tried on one text: edits, its variants, and leaving out each of its words. It says what
the model did with this text, so nothing of it is estimated."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from reportgen.findings.what_if.text_change import SAME_OUTPUT, has_direction
from reportgen.results import Results, segments_of, text_units
from reportgen.tasks import flips_of_edits, is_predicted, target_of

if TYPE_CHECKING:
    from reportgen.findings.findings import Findings

_COMPARED = 1_000_000  # pairs of code points of two texts, of which what differs is counted


@dataclass(frozen=True, slots=True)
class TextTry:
    """One change of a text, and what is explained before and after it."""

    kind: Literal["edit", "word"]
    name: str  # id of the edit; the word that is left out
    changed_text: str
    before: float
    after: float
    is_flip: bool | None  # whether something else is predicted; None where that is not known
    size: int  # code points that it leaves out or puts in
    predicted: str | None = None  # what is predicted after it; None where that is not stored

    @property
    def change(self) -> float:
        """After less before; 0 for what is within rounding."""
        difference = self.after - self.before
        is_none = abs(difference) <= SAME_OUTPUT * max(abs(self.before), abs(self.after))
        return 0.0 if is_none else difference


@dataclass(frozen=True, slots=True)
class TextTries:
    """All that was tried on one text."""

    tries: tuple[TextTry, ...]

    @property
    def flip(self) -> TextTry | None:
        """The smallest change after which something else is predicted."""
        flips = (each for each in self.tries if each.is_flip)
        return min(flips, key=lambda each: (each.size, -abs(each.change), each.name), default=None)

    @property
    def n_known(self) -> int:
        """Of how many changes it is known whether something else is predicted."""
        return sum(each.is_flip is not None for each in self.tries)

    @property
    def has_words(self) -> bool:
        """Whether words were left out."""
        return any(each.kind == "word" for each in self.tries)

    @property
    def raises(self) -> tuple[TextTry, ...]:
        """What raises the explained figure, what does most first."""
        return self._moving(1.0)

    @property
    def lowers(self) -> tuple[TextTry, ...]:
        """What lowers it, what does most first."""
        return self._moving(-1.0)

    def _moving(self, sign: float) -> tuple[TextTry, ...]:
        moved = (each for each in self.tries if sign * each.change > 0)
        order = sorted(moved, key=lambda each: (-sign * each.change, each.size, each.name))
        return tuple(order)


def text_tries(findings: "Findings", text: int) -> TextTries | None:
    """All that was tried on row `text` of `texts`; None where no edit was, where texts are
    redacted, and where no figure has a direction, see `has_direction`."""
    results = findings.results
    rows = results.edits_of(text)
    if rows is None or results.is_redacted or not has_direction(results):
        return None
    edits = (*_edits(results, rows, text), *_variants(findings, text))
    return TextTries((*edits, *_words(results, text)))


def _variants(findings: "Findings", text: int) -> Iterator[TextTry]:
    """The variants of the text, where what is predicted is what is explained: a number."""
    what_if = findings.what_if
    if what_if is None or what_if.is_share:
        return
    original = str(findings.results.text_row(text)["text"])
    for change in what_if.of(text):
        if change.variant is not None and change.text == text and change.is_measured:
            size = _size(original, change.changed_text)
            sizes = (change.changed_text, change.before, change.after, None, size)
            yield TextTry("edit", change.kind, *sizes)


def _edits(results: Results, rows: pd.DataFrame, text: int) -> Iterator[TextTry]:
    original = str(results.text_row(text)["text"])
    rows = rows[rows["status"] == "run"]
    flips = flips_of_edits(results, rows)
    names = ("edit", "changed", "before", "after", "prediction_label")
    columns = zip(*(rows[name] for name in names), strict=True)
    for place, (edit, changed, before, after, predicted) in enumerate(columns):
        is_flip = None if flips is None else bool(flips[place])
        size, label = _size(original, changed), None if pd.isna(predicted) else str(predicted)
        yield TextTry("edit", edit, changed, float(before), float(after), is_flip, size, label)


def _words(results: Results, text: int) -> Iterator[TextTry]:
    """Leaving out each word of the text itself: not of its pair or completion."""
    effects, evidence = results.effects_of(text), results.evidence_row(text)
    if effects is None or evidence is None:
        return
    row, units = results.text_row(text), text_units(results, text)
    whole, segment = float(evidence["explained"]), segments_of(row)[0]
    is_lead = target_of(results.info.evidence).is_lead
    is_of_prediction = is_lead and is_predicted(results, text, evidence["explained_label"])
    changes = effects["deletion"].to_numpy(np.float64)
    first = {unit: token for token, unit in reversed([*enumerate(units.unit_of)])}
    for number, unit in enumerate(units.units):
        change = float(changes[first[number]])
        if unit.is_special or unit.segment or unit.start is None or unit.end is None:
            continue
        if not np.isfinite(change):
            continue
        after = whole - change
        left = segment[: unit.start] + segment[unit.end :]
        is_flip = after < 0 if is_of_prediction else None
        size = unit.end - unit.start
        yield TextTry("word", unit.label, left, whole, after, is_flip, size)


def _size(old: str, new: str) -> int:
    """How many code points one text has beyond what both have in the same order; of long texts the
    most that can be."""
    start = _n_alike(old, new)
    old, new = old[start:], new[start:]
    end = _n_alike(old[::-1], new[::-1])
    old, new = old[: len(old) - end], new[: len(new) - end]
    if len(old) * len(new) > _COMPARED:
        return len(old) + len(new)
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return len(old) + len(new) - 2 * sum(block.size for block in blocks)


def _n_alike(one: str, other: str) -> int:
    """How many code points both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))
