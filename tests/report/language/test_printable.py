"""Characters that hide or turn text around are written out."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.report import visible
from reportgen.report.language import segments, shorten


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("無料 free", "無料 free"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("\x00", "⟨U+0000⟩"),
        ("a\n\tb", "a↵⇥b"),
        ("a\r\nb\r\n\r\n\r", "a↵b↵↵⟨U+000D⟩"),
        ("zero\u200bwidth", "zero⟨U+200B⟩width"),
        ("\u2028\u2029", "⟨U+2028⟩⟨U+2029⟩"),
        ("\ufeffa", "⟨U+FEFF⟩a"),
        ("\ue000", "⟨U+E000⟩"),
        ("\ud800", "⟨U+D800⟩"),
        ("\U000e0041", "⟨U+E0041⟩"),
        ("soft\u00adhyphen", "soft⟨U+00AD⟩hyphen"),
    ],
)
def test_unseen_characters_become_chips(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("emoji", ["👨‍👩‍👧", "🏳️‍🌈", "👩🏽‍🚀", "❤️‍🔥", "🏃‍♂️"])
def test_a_joiner_inside_an_emoji_is_left_alone(emoji: str) -> None:
    assert "\u200d" in emoji
    assert segments(f"a{emoji}b") == [(f"a{emoji}b", False)]


@pytest.mark.parametrize("text", ["\u200d", "a\u200db", "👩\u200d", "\u200d🚀", "👩\u200da"])
def test_a_joiner_anywhere_else_is_a_chip(text: str) -> None:
    assert ("U+200D", True) in segments(text)


def test_segments_tell_chips_from_text_that_looks_like_one() -> None:
    assert segments("⟨U+202E⟩\u202e") == [("⟨U+202E⟩", False), ("U+202E", True)]


@given(st.text(st.characters()))
def test_segments_hold_every_character_once(text: str) -> None:
    marks = {"↵": "\n", "⇥": "\t"}
    pieces = [
        marks.get(piece) or chr(int(piece[2:], 16)) if is_chip else piece
        for piece, is_chip in segments(text)
    ]
    assert "".join(pieces) == text.replace("\r\n", "\n")


@given(st.text(st.characters()))
def test_nothing_unseen_is_left(text: str) -> None:
    hidden = {"Cc", "Cf", "Zl", "Zp", "Co", "Cs", "Cn"}
    left = [c for c in visible(text) if unicodedata.category(c) in hidden]
    assert set(left) <= {"\u200d"}


def test_shortening_keeps_both_ends_and_counts_wide_characters_twice():
    assert shorten("short") == "short"
    assert shorten("a" * 30 + "z", 11) == "aaaaa…aaaaz"
    assert shorten("無料" * 20, 9) == "無料…無料"
