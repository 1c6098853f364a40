"""The text of a panel as running text in which every display unit is highlighted."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal, TypeAlias

from reportgen.report.charts.attention_scale import scale_colour
from reportgen.report.charts.colours import difference_colour, effect_colour, size_colour
from reportgen.report.components import Cell
from reportgen.report.language.printable import half_widths
from reportgen.results import Unit, specials_before

_LINE = 84  # half-width characters of a line of the twin
_BETWEEN = 1  # what stands between two of its cells
LONG = 60  # units, beyond which lines stand closer
WIDE = 24  # half-width characters of a unit, beyond which it may go on in the next line
_LONGEST = 80  # code points of one unit; longer ones are cut in the middle, whole in the title


@dataclass(frozen=True, slots=True)
class Mark:
    """Where something that was found in the text begins or ends: an entity, an answer."""

    at: int | None  # characters of the unit before it; None at the end of the unit
    tag: str = ""  # what is written there; "" where it begins


# By unit what is written in it or after it, from left to right.
Marks: TypeAlias = Mapping[int, Sequence[Mark]]


@dataclass(frozen=True, slots=True)
class UnitPart:
    """Characters of a unit up to a mark."""

    text: str
    opens: bool = False  # something begins with them
    tag: str = ""  # what is written after them


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the strip: a unit, a special token, or text between units."""

    kind: Literal["unit", "special", "gap"]
    text: str
    step: int | None = None  # of the highlight
    share: str = ""  # the figure behind the highlight
    title: str = ""
    bar: int = 0  # what changes without it; below 0 where the prediction rises
    # Of a marker, a special token that stands for no characters of the text: which unit it is.
    marker: int | None = None
    has_text: bool = True  # whether it has characters of the text, unlike the mark of a space

    @property
    def is_wide(self) -> bool:
        """Whether it is a unit too wide to stay on one line of a narrow window."""
        return half_widths(self.text) > WIDE

    parts: tuple[UnitPart, ...] = ()  # of a unit: its text, cut where something begins or ends


@dataclass(frozen=True, slots=True)
class Paragraph:
    """The pieces of one segment, with the special tokens around it."""

    segment: int
    pieces: tuple[Piece, ...]

    @property
    def markers(self) -> tuple[Piece, ...]:
        """The special tokens that stand for no characters: they follow the text."""
        return tuple(piece for piece in self.pieces if piece.marker is not None)


# What the colours of a strip show: attention, its change, what raises and lowers the prediction, or
# another strength without a sign.
Kind: TypeAlias = Literal["attention", "changes", "signed", "size"]
_DARKEST = 12  # step of attention behind dark text; the twin has no colour of letters
_COLOUR_OF: Mapping[Kind, Callable[[int], str]] = {
    "attention": lambda step: scale_colour(min(step, _DARKEST)),
    "changes": difference_colour,
    "signed": effect_colour,
    "size": size_colour,
}


def twin(strip: Sequence[Paragraph], kind: Kind = "attention") -> tuple[tuple[Cell, ...], ...]:
    """The strip in lines of cells whose colours are attributes.

    The page shows it where style sheets are refused: nothing but a table's cell has a colour behind
    its text there, and a table's row does not wrap.
    """
    colour_of = _COLOUR_OF[kind]
    lines: list[tuple[Cell, ...]] = []
    for paragraph in strip:
        line: list[Cell] = []
        taken = 0
        for piece in paragraph.pieces:
            if piece.kind == "gap" and not piece.text.strip():
                continue
            width = half_widths(piece.text) + _BETWEEN
            if line and taken + width > _LINE:
                lines.append(tuple(line))
                line, taken = [], 0
            line.append(Cell(piece.text, colour=colour_of(piece.step) if piece.step else ""))
            taken += width
        lines.append(tuple(line))
    return tuple(lines)


def runs_left(strip: Sequence[Paragraph]) -> bool:
    """Whether the first letter of the text belongs to a script that runs from right to left."""
    text = "".join(p.text for paragraph in strip for p in paragraph.pieces if p.kind != "special")
    strong = (unicodedata.bidirectional(character) for character in text)
    return next((kind for kind in strong if kind in {"L", "R", "AL"}), "L") != "L"


def paragraphs(
    units: Sequence[Unit],
    segments: Sequence[str],
    steps: Sequence[int | None],
    shown: Sequence[str],
    bars: Sequence[int] = (),
    marks: Marks = MappingProxyType({}),
    first: int = 0,
) -> tuple[Paragraph, ...]:
    """The strip of a text; between units come the characters that `segments` have there.

    `steps` and `shown` are each unit's step of the highlight and the figure behind it, `bars` the
    steps of its bar, if there are any; `marks` are what is written among its characters; `first` is
    the place of the first of them among all units that are shown. Characters that no token covers
    become plain text, except those after a cut.
    """
    done: list[Paragraph] = []
    pieces: list[Piece] = []
    segment, at = 0, 0
    for index, unit in enumerate(units):
        if unit.segment is not None and unit.segment != segment:
            kept = len(pieces) - specials_before(units, index)
            done.append(Paragraph(segment, tuple(pieces[:kept])))
            pieces, segment, at = pieces[kept:], unit.segment, 0
        if unit.start is not None and unit.end is not None:
            if unit.start > at:
                pieces.append(Piece("gap", segments[segment][at : unit.start]))
            at = max(at, unit.end)
        elif unit.begins_word and pieces:
            pieces.append(Piece("gap", " "))
        text = unit.label
        if unit.start is not None and unit.end is not None and unit.end > unit.start:
            text = segments[segment][unit.start : unit.end]  # the space itself, not its mark
        bar = bars[index] if bars else 0
        piece = _piece(unit, text, steps[index], shown[index], bar)
        parts = _parts(piece.text, marks.get(index, ()), is_cut=piece.text != text)
        is_marker = unit.is_special and (unit.start is None or unit.start == unit.end)
        marker = first + index if is_marker else None
        has_text = unit.start is None or unit.start != unit.end
        pieces.append(replace(piece, parts=parts, marker=marker, has_text=has_text))
    done.append(Paragraph(segment, tuple(pieces)))
    return tuple(done)


def target_paragraph(units: Sequence[Unit], completion: str, first: int) -> Paragraph:
    """The strip of a `completion` that a decoder of its own wrote, without colours; its units come
    after the `first` ones, those of the text."""
    none = [None if unit.is_special else 0 for unit in units]
    *_, strip = paragraphs(units, ("", "", completion), none, [""] * len(units), first=first)
    return strip


def _parts(text: str, marks: Sequence[Mark], *, is_cut: bool) -> tuple[UnitPart, ...]:
    """The text of a unit between `marks`; of a unit that `is_cut` they stand around all of it."""
    if is_cut:
        tags = [mark.tag for mark in marks if mark.tag]
        return (UnitPart(text, len(tags) < len(marks), " ".join(tags)),)
    parts, at, opens = [], 0, False
    for mark in marks:
        end = len(text) if mark.at is None else mark.at
        if mark.tag or end > at:
            parts.append(UnitPart(text[at:end], opens, mark.tag))
        at, opens = end, not mark.tag
    if text[at:] or not parts:
        parts.append(UnitPart(text[at:], opens))
    return tuple(parts)


def _piece(unit: Unit, text: str, step: int | None, share: str, bar: int) -> Piece:
    kind: Literal["unit", "special"] = "special" if unit.is_special else "unit"
    if len(text) <= _LONGEST:
        return Piece(kind, text, step, share, share, bar)
    half = _LONGEST // 2
    return Piece(kind, f"{text[:half]}…{text[-half:]}", step, share, f"{text} {share}", bar)
