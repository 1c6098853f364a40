"""The highlighted text reads like the sentence: nothing added, nothing lost."""

from collections.abc import Sequence

from reportgen.report.charts import difference_colour, effect_colour, scale_colour, size_colour
from reportgen.report.panel import paragraphs, runs_left, twin
from reportgen.results import Unit

CLS = Unit("[CLS]", True, None, None, None, False)
SEP = Unit("[SEP]", True, None, None, None, False)


def word(text: str, start: int, end: int, segment: int = 0) -> Unit:
    return Unit(text[start:end], False, segment, start, end, False)


def strip(units: Sequence[Unit], *segments: str):
    steps = [None if unit.is_special else 3 for unit in units]
    shown = [f"share {i}" for i, _ in enumerate(units)]
    return paragraphs(units, segments, steps, shown)


def read(paragraph) -> str:
    return "".join(piece.text for piece in paragraph.pieces if piece.kind != "special")


def test_the_strip_reads_like_the_sentence():
    text = "Free  coffee, today."
    spans = [(0, 4), (6, 12), (12, 13), (14, 19), (19, 20)]
    (paragraph,) = strip([CLS, *(word(text, *s) for s in spans), SEP], text)
    assert read(paragraph) == text
    assert [piece.text for piece in paragraph.pieces if piece.kind == "gap"] == ["  ", " "]
    assert [piece.kind for piece in paragraph.pieces][::8] == ["special", "special"]


def test_japanese_has_no_gaps():
    text = "最大50,000ポイント"
    spans = [(0, 2), (2, 4), (4, 5), (5, 8), (8, 12)]
    (paragraph,) = strip([word(text, *s) for s in spans], text)
    assert {piece.kind for piece in paragraph.pieces} == {"unit"}
    assert read(paragraph) == text


def test_characters_without_a_token_stay_in_the_text():
    text = "a\u0301 b"  # the accent belongs to no token
    (paragraph,) = strip([word(text, 0, 1), word(text, 3, 4)], text)
    assert read(paragraph) == text


def test_a_unit_of_spaces_shows_the_spaces():
    text = "a  b"
    space = Unit("␣␣", False, 0, 1, 3, False)
    (paragraph,) = strip([word(text, 0, 1), space, word(text, 3, 4)], text)
    assert read(paragraph) == text


def test_a_pair_has_a_paragraph_for_each_segment():
    text, pair = "same?", "yes"
    first, second = strip([CLS, word(text, 0, 5), SEP, word(pair, 0, 3, 1), SEP], text, pair)
    assert (read(first), read(second)) == (text, pair)
    assert (first.segment, second.segment) == (0, 1)
    assert first.pieces[-1].text == "[SEP]"


def test_without_places_a_space_stands_before_each_word():
    units = [
        Unit(label, False, 0, None, None, begins)
        for label, begins in [("Hel", True), ("lo", False), ("you", True)]
    ]
    (paragraph,) = strip(units, "Hello  you")
    assert read(paragraph) == "Hello you"


def test_a_long_unit_is_cut_in_the_middle_and_whole_in_its_title():
    text = "a" * 5000 + "z"
    (paragraph,) = strip([word(text, 0, 5001)], text)
    (piece,) = paragraph.pieces
    assert len(piece.text) == 81
    assert piece.text.endswith("az")
    assert text in piece.title


def test_every_unit_has_its_own_figure_and_step():
    text = "ab"
    (paragraph,) = strip([CLS, word(text, 0, 1), word(text, 1, 2), SEP], text)
    assert [piece.share for piece in paragraph.pieces] == [f"share {i}" for i in range(4)]
    assert [piece.title for piece in paragraph.pieces] == [f"share {i}" for i in range(4)]
    assert [piece.step for piece in paragraph.pieces] == [None, 3, 3, None]


def test_the_twin_is_the_strip_in_lines_of_coloured_cells():
    text = "free " * 60
    spans = [(i, i + 4) for i in range(0, 300, 5)]
    lines = twin(strip([CLS, *(word(text, *s) for s in spans), SEP], text))
    assert len(lines) == 4
    assert all(sum(len(cell.text) + 1 for cell in line) <= 84 for line in lines)
    cells = [cell for line in lines for cell in line]
    assert [cell.text for cell in cells] == ["[CLS]", *["free"] * 60, "[SEP]"]
    assert {cell.colour for cell in cells[1:-1]} == {scale_colour(3)}
    assert [cells[0].colour, cells[-1].colour] == ["", ""]


def test_the_twin_tells_what_raises_from_attention_and_from_other_strengths():
    (line,) = twin(strip([CLS, word("ab", 0, 1), SEP], "ab"), "signed")
    assert line[1].colour == effect_colour(3) != scale_colour(3)
    (line,) = twin(strip([CLS, word("ab", 0, 1), SEP], "ab"), "size")
    assert line[1].colour == size_colour(3) != scale_colour(3)
    (line,) = twin(strip([CLS, word("ab", 0, 1), SEP], "ab"), "changes")
    assert line[1].colour == difference_colour(3) != scale_colour(3)


def test_a_pair_has_lines_of_its_own_in_the_twin_and_nothing_is_lost():
    text, pair = "a\u0301 b", "yes"  # the accent belongs to no token
    units = [word(text, 0, 1), word(text, 3, 4), SEP, word(pair, 0, 3, 1)]
    lines = twin(strip(units, text, pair))
    assert [[cell.text for cell in line] for line in lines] == [
        ["a", "\u0301 ", "b", "[SEP]"],
        ["yes"],
    ]


def test_the_first_letter_of_the_text_says_where_it_runs():
    for text, expected in (
        ("abc שלום", False),
        ("! שלום abc", True),
        ("12!", False),
        ("سلام", True),
    ):
        assert runs_left(strip([CLS, word(text, 0, len(text)), SEP], text)) is expected
