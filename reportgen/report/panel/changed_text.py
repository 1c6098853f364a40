"""A changed text beside its original: what differs, what that does to the prediction, which words
took over, and the attention of both on one map."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import partial
from typing import Literal, TypeAlias

import numpy as np

from reportgen.findings import Estimate, Findings, Interval, TextChange
from reportgen.report.charts.attention_map import TextMap, change_top, difference_map, text_map
from reportgen.report.charts.svg import Drawing
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import (
    IN_SHORT,
    MINUS,
    NOTHING,
    decimals,
    is_zero,
    points,
    written,
)
from reportgen.report.language.printable import shorten, visible
from reportgen.report.panel.prediction import number_digits, prediction
from reportgen.report.panel.unit_measures import text_effects, times_average_token
from reportgen.results import EFFECT, SWAP, UNNAMED, VARIANT, Floats, TextUnits, text_units
from reportgen.tasks import strongest_label

# Words of letters and digits that spaces separate; of other scripts each character by itself.
_PIECES = re.compile(r"[^\W_\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\uffdc]+|.", re.DOTALL)
_MOST_PIECES = 2000  # that differ, compared one by one; of more the whole is marked
_MOST_CELLS = 48  # along a side of the map of both
_WORDS = 4  # that took over, and that lost
_WIDTH = 24  # half-width characters of a word
_MOST_DIGITS = 6  # of an interval
_NAME_WIDTH = 40  # half-width characters of the name of an edit
_SHOWN = 6  # variants of one text

Way: TypeAlias = Literal["same", "del", "ins"]


@dataclass(frozen=True, slots=True)
class TextPiece:
    """Some of the characters of two texts: in both, only in the first, or only in the second."""

    way: Way
    text: str


@dataclass(frozen=True, slots=True)
class BothMaps:
    """The attention of a text and its original on one map."""

    title: str
    says: str
    drawing: Drawing


@dataclass(frozen=True, slots=True)
class PairOfTexts:
    """A text and a changed one, as the panel of either shows them."""

    name: str  # of the edit
    number: int | None  # of the other text, from 1; None where it is no text of the run
    link: str  # what the link to the other says
    predicted: str  # before and after
    pieces: tuple[TextPiece, ...]  # none where texts are redacted
    words: str  # which took over; "" where none stand out
    both: BothMaps | None  # in the panel of the changed text alone


def edit_name(name: str, language: Language) -> str:
    """The kind of an edit in words: one of the register by its name there, a swap by its kind, a
    variant as the texts name it."""
    if name.startswith(SWAP):
        kind = shorten(visible(name.removeprefix(SWAP)), _NAME_WIDTH)
        return language.say("edits", "swap", kind=kind)
    if name.startswith(VARIANT):
        return shorten(name.removeprefix(VARIANT), _NAME_WIDTH)
    if name == UNNAMED:
        return language.say("what_if", "name_variant")
    if f"name_{name}" in language.words["edits"]:
        return language.say("edits", f"name_{name}")
    return shorten(name, _NAME_WIDTH)


class ChangeWords:
    """How the figures of changed texts are written."""

    def __init__(self, findings: Findings, language: Language) -> None:
        self._findings, self._language = findings, language
        what_if = findings.what_if
        self._is_share = what_if is not None and what_if.is_share
        self._digits = number_digits(findings)
        sizes = [kind.size.mean for kind in (what_if.kinds if what_if else ()) if kind.size]
        finer = decimals(max(sizes, default=0.0), IN_SHORT)
        # Of changes, which may be much smaller than the numbers.
        self._finer = None if self._digits is None or finer is None else max(self._digits, finer)

    def figure(self, value: float) -> str:
        """The number or probability of one text."""
        if not np.isfinite(value):
            return NOTHING
        return self._language.percent(value) if self._is_share else written(value, self._digits)

    def change(self, value: float) -> str:
        """A change, with its sign."""
        if not np.isfinite(value):
            return NOTHING
        if self._is_share:
            return self._language.write(value, "points")
        return written(value, self._finer, with_sign=True)

    def size(self, value: float) -> str:
        """The size of a change."""
        if self._is_share:
            return self._language.write(abs(value), "points_apart")
        return written(abs(value), self._finer)

    def ends(self, interval: Interval | None) -> str:
        """The interval of a change in brackets, with digits that show on which side of 0 it lies;
        "" without one."""
        if interval is None:
            return ""
        if self._is_share:
            low, high = map(points, interval)
            return self._language.say("number", "interval", low=low, high=high)
        digits, nearest = self._finer, min(interval, key=abs)
        if digits is not None and interval.low * interval.high > 0:
            while digits < _MOST_DIGITS and is_zero(nearest, digits):
                digits += 1
        low, high = (written(end, digits) for end in interval)
        return self._language.say("number", "interval", low=low, high=high)

    def share(self, share: Estimate | None) -> tuple[str, str]:
        """A share of texts and its interval in brackets."""
        if share is None:
            return NOTHING, ""
        if share.interval is None:
            return self._language.percent(share.mean), ""
        low, high = (self._language.percent(end) for end in share.interval)
        ends = self._language.say("number", "interval", low=low, high=high)
        return self._language.percent(share.mean), ends

    def predicted(self, change: TextChange) -> str:
        """The prediction before and after."""
        say = partial(self._language.say, "what_if")
        if not self._is_share:
            before, after = map(self.figure, (change.before, change.after))
            return say(
                "before_after", before=before, after=after, change=self.change(change.change)
            )
        named = [
            prediction(self._findings, row, self._language).value
            for row in (change.text, change.variant)
            if row is not None
        ]
        if not change.is_measured:
            return say("names", before=named[0], after=named[-1]) if len(named) > 1 else ""
        before, after = map(self.figure, (change.before, change.after))
        key = "flipped" if change.changed_prediction and len(named) > 1 else "kept"
        return say(
            key,
            name=named[0],
            label=strongest_label(self._findings.results, change.text) or named[0],
            other=named[-1],
            before=before,
            after=after,
            change=self.change(change.change),
        )


def differences(old: str, new: str) -> tuple[TextPiece, ...]:
    """Both texts as one: what is in both, only in the old one, only in the new one; by words where
    spaces separate them, else by characters."""
    before, after = (_PIECES.findall(text) for text in (old, new))
    start = _n_alike(before, after)
    end = _n_alike(before[start:][::-1], after[start:][::-1])
    middle = [side[start : len(side) - end] for side in (before, after)]
    made = [TextPiece("same", "".join(before[:start]))]
    if max(map(len, middle)) > _MOST_PIECES:
        made += [TextPiece("del", "".join(middle[0])), TextPiece("ins", "".join(middle[1]))]
    else:
        made += _marked(*middle)
    made.append(TextPiece("same", "".join(before[len(before) - end :])))
    return tuple(piece for piece in made if piece.text)


def _marked(old: Sequence[str], new: Sequence[str]) -> Iterator[TextPiece]:
    for way, i, j, k, n in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if way == "equal":
            yield TextPiece("same", "".join(old[i:j]))
        else:
            yield TextPiece("del", "".join(old[i:j]))
            yield TextPiece("ins", "".join(new[k:n]))


def _n_alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many pieces both begin with."""
    n = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        n += 1
    return n


def changed_texts(findings: Findings, text: int, language: Language) -> tuple[PairOfTexts, ...]:
    """The variants of row `text` of `texts`, the first of those that move it most; of a variant its
    original. Edits that are no texts stand elsewhere, see `make_tried`."""
    every = _variants(findings, text)
    first = sorted(every, key=lambda one: -abs(np.nan_to_num(one.change)))[:_SHOWN]
    return tuple(_changed(findings, text, change, language) for change in first)


def more_variants(findings: Findings, text: int, language: Language) -> str:
    """How many variants of a text `changed_texts` leaves out; "" where that is none."""
    n = len(_variants(findings, text)) - _SHOWN
    return language.count("what_if", "more", n) if n > 0 else ""


def _variants(findings: Findings, text: int) -> list[TextChange]:
    if findings.what_if is None:
        return []
    return [one for one in findings.what_if.of(text) if one.variant is not None]


def _changed(findings: Findings, text: int, change: TextChange, language: Language) -> PairOfTexts:
    is_variant = change.variant == text
    other = change.text if is_variant else change.variant
    say = partial(language.say, "what_if")
    number = None if other is None else other + 1
    link = say("original" if is_variant else "variant", n=number) if number else ""
    redacted = findings.results.is_redacted
    original = str(findings.results.text_row(change.text)["text"])
    return PairOfTexts(
        name=edit_name(change.kind, language),
        number=number,
        link=link,
        predicted=ChangeWords(findings, language).predicted(change),
        pieces=() if redacted else differences(original, change.changed_text),
        words="" if redacted else _took_over(findings, change, language),
        both=_both_maps(findings, change, language) if is_variant and not redacted else None,
    )


Pair: TypeAlias = tuple[int | None, int | None]  # the unit of the original, and of the variant


def aligned_units(old: TextUnits, new: TextUnits) -> tuple[Pair, ...]:
    """The units of both texts in one order: those that are alike together, others alone."""
    before, after = ([f"{u.segment} {u.label}" for u in side.units] for side in (old, new))
    pairs: list[Pair] = []
    for way, i, j, k, n in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if way == "equal":
            pairs += zip(range(i, j), range(k, n), strict=True)
        else:
            pairs += [(unit, None) for unit in range(i, j)]
            pairs += [(None, unit) for unit in range(k, n)]
    return tuple(pairs)


def _took_over(findings: Findings, change: TextChange, language: Language) -> str:
    """Which words count more than before, and which less: by what changes without them where that
    was measured in both texts, else by attention received."""
    if change.variant is None:
        return ""
    rows = (change.text, change.variant)
    old, new = (text_units(findings.results, row) for row in rows)
    effects = [
        text_effects(findings.results, row, units.unit_of)
        for row, units in zip(rows, (old, new), strict=True)
    ]
    known = [each.columns.get(EFFECT) if each else None for each in effects]
    if all(values is not None for values in known):
        sides, key = [np.nan_to_num(np.asarray(values, np.float64)) for values in known], "effect"
    else:
        sides = [times_average_token(units, units.received_all) for units in (old, new)]
        key = "received"
    moved = []
    for one, other in aligned_units(old, new):
        unit = old.units[one] if one is not None else new.units[other or 0]
        if unit.is_special:
            continue
        before = np.nan if one is None else float(sides[0][one])
        after = np.nan if other is None else float(sides[1][other])
        moved.append((abs(np.nan_to_num(after) - np.nan_to_num(before)), unit.label, before, after))
    largest = max((each[0] for each in moved), default=0.0)
    shown = sorted((m for m in moved if m[0] >= largest / 4 > 0), key=lambda m: -m[0])
    if not shown:
        return ""
    digits = decimals(float(np.nanmax(np.abs([m[2:] for m in shown]))))
    sign = key == "effect"
    named = [
        language.say(
            "what_if",
            "word",
            word=visible(shorten(label, _WIDTH)),
            before=written(before, digits, with_sign=sign),
            after=written(after, digits, with_sign=sign),
        )
        for _, label, before, after in shown[:_WORDS]
    ]
    return language.say("what_if", f"words_{key}", words=language.listed(named))


def _both_maps(findings: Findings, change: TextChange, language: Language) -> BothMaps | None:
    """None where one of the texts has no maps, or they are too long to be drawn as one."""
    if change.variant is None:
        return None
    results, rows = findings.results, (change.text, change.variant)
    old, new = (text_units(results, row) for row in rows)
    pairs = aligned_units(old, new)
    if len(pairs) > _MOST_CELLS:
        return None
    maps = [
        text_map(results, row, units, [visible(unit.label) for unit in units.units])
        for row, units in zip(rows, (old, new), strict=True)
    ]
    if maps[0] is None or maps[1] is None or max(maps[0].pooled, maps[1].pooled) > 1:
        return None
    labels = tuple(_label(old, new, pair) for pair in pairs)
    base, head = (
        _spread(drawn, [pair[side] for pair in pairs], labels)
        for side, drawn in enumerate((maps[0], maps[1]))
    )
    change_of = head.cells - base.cells
    row, column = divmod(int(np.abs(change_of).argmax()), len(change_of))
    says = language.say(
        "what_if",
        "map_says",
        top=change_top(change_of),
        origin=labels[row],
        to=labels[column],
        before=language.percent(float(base.cells[row, column])),
        after=language.percent(float(head.cells[row, column])),
    )
    script = language.words["script"]
    axes = script["axis_key"], script["axis_query"]
    title = language.say("what_if", "map_title", layer=findings.info.model.n_layers)
    drawing = difference_map(base, head, f"v{change.variant + 1}", says, axes)
    return BothMaps(title, says, drawing)


def _label(old: TextUnits, new: TextUnits, pair: Pair) -> str:
    """The name of a unit; of one that only one of the texts has, with a sign before it."""
    one, other = pair
    if one is None:
        return f"+ {visible(new.units[other or 0].label)}"
    label = visible(old.units[one].label)
    return label if other is not None else f"{MINUS} {label}"


def _spread(drawn: TextMap, places: Sequence[int | None], labels: tuple[str, ...]) -> TextMap:
    """A map with the units at `places`; rows and columns of those that it lacks are 0."""
    n = len(places)
    known = [i for i, place in enumerate(places) if place is not None]
    taken = [place for place in places if place is not None]

    def spread(cells: Floats) -> Floats:
        made = np.zeros((n, n))
        made[np.ix_(known, known)] = cells[np.ix_(taken, taken)]
        return made

    return TextMap(spread(drawn.cells), spread(drawn.times), labels, 1)
