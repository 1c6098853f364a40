"""Both texts of a pair can be read from what is marked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.report.panel.changed_text import differences


def of(pieces, left_out):
    return "".join(piece.text for piece in pieces if piece.way != left_out)


@given(*[st.text("ab 無料0【】\n<s>🦑", max_size=30)] * 2)
def test_what_is_marked_makes_up_both_texts(old, new):
    pieces = differences(old, new)
    assert (of(pieces, "ins"), of(pieces, "del")) == (old, new)
    assert all(piece.text for piece in pieces)


def test_words_are_marked_whole_and_characters_where_none_are_separated():
    assert [(p.way, p.text) for p in differences("a b", "a  b")] == [
        ("same", "a "),
        ("ins", " "),
        ("same", "b"),
    ]
    marked = [(p.way, p.text) for p in differences("a good 無料です", "a goods 有料です")]
    assert marked == [
        ("same", "a "), ("del", "good"), ("ins", "goods"), ("same", " "), ("del", "無"),
        ("ins", "有"), ("same", "料です"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["ab " * 3000, "あい" * 5000])
def test_long_texts_are_marked_whole_where_they_differ(text):
    pieces = differences(f"x {text}", f"{text[::-1]} y")
    assert (of(pieces, "ins"), of(pieces, "del")) == (f"x {text}", f"{text[::-1]} y")
    assert len(pieces) <= 4
