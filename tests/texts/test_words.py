"""Where words begin and end, in scripts with and without spaces."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.texts import WordSplitter, by_script

SPLITTER = WordSplitter(by_script, None)


def words(text: str) -> list[str]:
    return [text[start:end] for start, end in SPLITTER.split(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't stop: 3.5% off!!", ["Don't", "stop", ":", "3.5%", "off", "!!"]),
        ("a well-known 10GB plan", ["a", "well", "-", "known", "10GB", "plan"]),
        ("今すぐ無料で1,000円分", ["今", "すぐ", "無料", "で", "1,000円分"]),
        ("¥1,000のポイント", ["¥1,000", "の", "ポイント"]),
        ("２０２４年１０％オフ", ["２０２４年", "１０％", "オフ"]),
        ("サーバー、東京ヶ丘", ["サーバー", "、", "東京ヶ丘"]),
        ("👨‍👩‍👧👍🏽🇯🇵✨", ["👨‍👩‍👧", "👍🏽", "🇯🇵", "✨"]),
        ("café\u0301 naïve", ["café\u0301", "naïve"]),
        ("한국어 텍스트", ["한국어", "텍스트"]),
        ("a\u3000b \u2028c", ["a", "b", "c"]),
        ("", []),
        (" \u3000", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40))
def test_every_character_but_spaces_is_in_one_word(text: str) -> None:
    places = SPLITTER.split(text)
    assert "".join(text[start:end] for start, end in places) == "".join(text.split())
    ends = [0, *(end for _, end in places)]
    assert all(before <= start < end for before, (start, end) in zip(ends, places, strict=False))


def test_a_segmenter_splits_japanese_alone() -> None:
    seen: list[str] = []

    def halves(text: str) -> list[str]:
        seen.append(text)
        return [text[:1], text[1:]] if len(text) > 1 else [text]

    splitter = WordSplitter(halves, "halves")
    text = "無料で 10円 free お試し"
    assert [text[a:b] for a, b in splitter.split(text)] == [
        "無",
        "料で",
        "10円",
        "free",
        "お",
        "試し",
    ]
    assert seen == ["無料で", "お試し"]
