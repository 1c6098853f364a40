"""The text of a panel, set to be read like the sentence, with every display unit highlighted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from reportgen.report.units import Unit

_LONGEST = 80  # code points of one unit; longer ones are cut in the middle, whole in the title


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the strip: a unit, a special token, or text between units."""

    kind: Literal["unit", "special", "gap"]
    text: str
    step: int | None = None  # of the highlight
    share: str = ""  # the figure behind the highlight
    title: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """The pieces of one segment, with the special tokens around it."""

    segment: int
    pieces: tuple[Piece, ...]


def paragraphs(
    units: Sequence[Unit],
    segments: Sequence[str],
    steps: Sequence[int | None],
    shown: Sequence[str],
) -> tuple[Paragraph, ...]:
    """The strip of a text; between units stands what the original `segments` have there.

    `steps` and `shown` are each unit's step of the highlight and the figure behind it. What no
    token covers is set as plain text, except what lies behind a cut.
    """
    done: list[Paragraph] = []
    pieces: list[Piece] = []
    segment, at = 0, 0
    for index, unit in enumerate(units):
        if unit.segment is not None and unit.segment != segment:
            done.append(Paragraph(segment, tuple(pieces)))
            pieces, segment, at = [], unit.segment, 0
        if unit.start is not None and unit.end is not None:
            if unit.start > at:
                pieces.append(Piece("gap", segments[segment][at : unit.start]))
            at = max(at, unit.end)
        elif unit.begins_word and pieces:
            pieces.append(Piece("gap", " "))
        text = unit.label
        if unit.start is not None and unit.end is not None and unit.end > unit.start:
            text = segments[segment][unit.start : unit.end]  # the space itself, not its mark
        pieces.append(_piece(unit, text, steps[index], shown[index]))
    done.append(Paragraph(segment, tuple(pieces)))
    return tuple(done)


def _piece(unit: Unit, text: str, step: int | None, share: str) -> Piece:
    kind: Literal["unit", "special"] = "special" if unit.is_special else "unit"
    if len(text) <= _LONGEST:
        return Piece(kind, text, step, share, share)
    half = _LONGEST // 2
    return Piece(kind, f"{text[:half]}…{text[-half:]}", step, share, f"{text} {share}")
