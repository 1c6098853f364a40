"""Tokens of one name are told apart; pieces name the word they are part of."""

import pytest

from reportgen.report import load_language
from reportgen.report.panel import ordinals, places, told_apart
from reportgen.results import Unit

EN, JA = load_language("en"), load_language("ja")


def units(text, *spans):
    return [Unit(text[a:b], False, 0, a, b, False) for a, b in spans]


def test_only_what_stands_more_than_once_has_an_ordinal():
    labels = ("the", "cat", "the", "The", "the")
    assert ordinals(labels, EN) == ("1st", "", "2nd", "", "3rd")
    assert told_apart(labels, EN)[:3] == ("the (1st)", "cat", "the (2nd)")
    assert told_apart(("の", "は", "の"), JA) == ("の（1番目）", "は", "の（2番目）")


@pytest.mark.parametrize(
    ("n", "text"),
    [(4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"), (21, "21st"), (112, "112th")],
)
def test_english_ordinals(n, text):
    assert ordinals(["a"] * 120, EN)[n - 1] == text


def test_a_piece_names_its_word_without_the_marks_around_it():
    text = "so amazing, ing!"
    made = units(text, (0, 2), (3, 7), (7, 10), (10, 11), (12, 15), (15, 16))
    assert places(made, [text], EN) == (
        "",
        "in “amazing”",
        "1st, in “amazing”",
        "",
        "2nd",
        "",
    )


def test_without_spaces_there_are_no_pieces():
    text = "無料カードの無料"
    made = units(text, (0, 2), (2, 5), (5, 6), (6, 8))
    assert places(made, [text], JA) == ("1番目", "", "", "2番目")
