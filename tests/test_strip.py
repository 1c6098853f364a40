"""The highlighted text reads like the sentence: nothing added, nothing lost."""

import numpy as np
import pytest

from reportgen.report.language import load_language
from reportgen.report.strip import paragraphs
from reportgen.report.units import TextUnits, Unit

EN = load_language("en")
CLS = Unit("[CLS]", True, None, None, None, False)
SEP = Unit("[SEP]", True, None, None, None, False)


def units_of(*units: Unit) -> TextUnits:
    n = len(units)
    even = np.full((1, n), 1 / n)
    return TextUnits(units, tuple(range(n)), even, even, None, even[0], even[0], None, None)


def word(text: str, start: int, end: int, segment: int = 0) -> Unit:
    return Unit(text[start:end], False, segment, start, end, False)


def strip(units: TextUnits, *segments: str):
    steps = [None if unit.is_special else 3 for unit in units.units]
    return paragraphs(units, segments, steps, EN)


def read(paragraph) -> str:
    return "".join(piece.text for piece in paragraph.pieces if piece.kind != "special")


def test_the_strip_reads_like_the_sentence():
    text = "Free  coffee, today."
    spans = [(0, 4), (6, 12), (12, 13), (14, 19), (19, 20)]
    (paragraph,) = strip(units_of(CLS, *(word(text, *s) for s in spans), SEP), text)
    assert read(paragraph) == text
    assert [piece.text for piece in paragraph.pieces if piece.kind == "gap"] == ["  ", " "]
    assert [piece.kind for piece in paragraph.pieces][::8] == ["special", "special"]


def test_japanese_has_no_gaps():
    text = "最大50,000ポイント"
    spans = [(0, 2), (2, 4), (4, 5), (5, 8), (8, 12)]
    (paragraph,) = strip(units_of(*(word(text, *s) for s in spans)), text)
    assert {piece.kind for piece in paragraph.pieces} == {"unit"}
    assert read(paragraph) == text


def test_characters_without_a_token_stay_in_the_text():
    text = "a\u0301 b"  # the accent belongs to no token
    (paragraph,) = strip(units_of(word(text, 0, 1), word(text, 3, 4)), text)
    assert read(paragraph) == text


def test_a_unit_of_spaces_shows_the_spaces():
    text = "a  b"
    space = Unit("␣␣", False, 0, 1, 3, False)
    (paragraph,) = strip(units_of(word(text, 0, 1), space, word(text, 3, 4)), text)
    assert read(paragraph) == text


def test_a_pair_has_a_paragraph_for_each_segment():
    text, pair = "same?", "yes"
    first, second = strip(
        units_of(CLS, word(text, 0, 5), SEP, word(pair, 0, 3, 1), SEP), text, pair
    )
    assert (read(first), read(second)) == (text, pair)
    assert (first.segment, second.segment) == (0, 1)
    assert first.pieces[-1].text == "[SEP]"


def test_without_places_a_space_stands_before_each_word():
    units = [
        Unit(label, False, 0, None, None, begins)
        for label, begins in [("Hel", True), ("lo", False), ("you", True)]
    ]
    (paragraph,) = strip(units_of(*units), "Hello  you")
    assert read(paragraph) == "Hello you"


def test_a_long_unit_is_cut_in_the_middle_and_whole_in_its_title():
    text = "a" * 5000 + "z"
    (paragraph,) = strip(units_of(word(text, 0, 5001)), text)
    (piece,) = paragraph.pieces
    assert len(piece.text) == 81
    assert piece.text.endswith("az")
    assert text in piece.title


@pytest.mark.parametrize("kind", ["unit", "special"])
def test_every_unit_says_its_share(kind):
    text = "ab"
    (paragraph,) = strip(units_of(CLS, word(text, 0, 1), word(text, 1, 2), SEP), text)
    assert {piece.share for piece in paragraph.pieces if piece.kind == kind} == {"25.0 %"}
