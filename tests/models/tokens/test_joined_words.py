"""Tokens joined into words, for tokenizers that split in many ways."""

import pytest
from helpers.real.models import TOKENIZERS, tiny_tokenizer

from reportgen.models import content_units, joined_to_words, n_joined
from reportgen.models.tokens import Marks, encode, join_words
from reportgen.texts import WordSplitter, by_script

SPLITTER = WordSplitter(by_script, None)


def joined(kind: str, text: str, pair: str | None = None) -> list[str]:
    """The words of a text as its tokens cover them."""
    encoded = encode(tiny_tokenizer(kind), text, pair, 200)
    found = joined_to_words(encoded, (text, pair), SPLITTER)
    assert list(found.units) == sorted(found.units)
    assert set(found.units) == set(range(max(found.units) + 1))
    labels = []
    for unit in content_units(found):
        spans = [found.spans[i] for i in unit]
        assert all(span is not None for span in spans)
        assert len({found.segments[i] for i in unit}) == 1
        source = (text, pair or "")[found.segments[unit[0]] or 0]
        start = min(span.start for span in spans if span is not None)
        labels.append(source[start : max(span.end for span in spans if span is not None)])
    return [label for label in labels if label.strip()]


@pytest.mark.parametrize("kind", sorted(set(TOKENIZERS.values())))
def test_words_are_whole_with_every_tokenizer(kind: str) -> None:
    assert joined(kind, "the cats don't sat") == ["the", "cats", "don't", "sat"]
    assert joined(kind, "無料でポイント!") == ["無料", "で", "ポイント", "!"]
    assert joined(kind, "👍🏽 1,000円") == ["👍🏽", "1,000円"]
    assert joined(kind, "cat", "cat sat") == ["cat", "cat", "sat"]


def test_special_tokens_stay_alone() -> None:
    encoded = encode(tiny_tokenizer("wordpiece"), "the cat", None, 200)
    found = joined_to_words(encoded, ("the cat", None), SPLITTER)
    special = [unit for unit, role in zip(found.units, found.roles, strict=True) if role]
    assert special == [0, max(found.units)]
    assert found.ids == encoded.ids


@pytest.mark.parametrize(
    ("of_pair", "last"),
    [((), ["the", "cat"]), (((0, 7),), ["the cat"]), (((4, 7),), ["the", "cat"])],
)
def test_given_units_are_whole_and_the_rest_is_split(of_pair, last: list[str]) -> None:
    text = "the cats sat. the cat"
    encoded = encode(tiny_tokenizer("wordpiece"), text, "the cat", 200)
    given = ((0, 8), (14, 21)), of_pair
    found = joined_to_words(encoded, (text, "the cat"), SPLITTER, given)
    parts = []
    for unit in content_units(found):
        spans = [span for i in unit if (span := found.spans[i]) is not None]
        source = ("the cats sat. the cat", "the cat")[spans[0].segment]
        parts.append(source[spans[0].start : spans[-1].end])
    assert parts == ["the cats", "sat", ".", "the cat", *last]
    assert n_joined(found, given) == 0


def test_a_token_that_reaches_beyond_a_given_unit_joins_it_to_what_is_there() -> None:
    text = "the cats sat"
    encoded = encode(tiny_tokenizer("wordpiece"), text, None, 200)
    (_, cats, *_), spans = content_units(encoded), encoded.spans
    place = spans[cats[0]]
    assert place is not None
    assert place.end - place.start > 1  # cut in the middle by the given unit
    given = ((0, place.start + 1), (place.end + 1, len(text))), ()
    found = joined_to_words(encoded, (text, None), SPLITTER, given)
    units = [
        "".join(text[span.start : span.end] for i in unit if (span := found.spans[i]) is not None)
        for unit in content_units(found)
    ]
    assert units[0].startswith("thecat")
    assert units[-1] == "sat"
    assert n_joined(found, given) == 1
    encoded = encode(tiny_tokenizer("wordpiece"), "a", text, 200)
    turned = (), given[0]
    assert n_joined(joined_to_words(encoded, ("a", text), SPLITTER, turned), turned) == 1


def test_half_an_emoji_cannot_be_a_unit_of_its_own() -> None:
    """Bytes of one character are never taken apart, but joined characters may be."""
    text, given = "a👍🏽b", (((0, 2), (2, 4)), ())
    encoded = encode(tiny_tokenizer("bytes"), text, None, 200)
    found = joined_to_words(encoded, (text, None), SPLITTER, given)
    labels = []
    for unit in content_units(found):
        spans = [span for i in unit if (span := found.spans[i]) is not None]
        labels.append(text[min(s.start for s in spans) : max(s.end for s in spans)])
    assert labels == ["a👍", "🏽b"]
    assert n_joined(found, given) == 0


@pytest.mark.parametrize("marks", [None, "begin", "end"])
@pytest.mark.parametrize("kind", sorted(set(TOKENIZERS.values())))
def test_what_is_cut_off_is_not_split_and_changes_no_unit(
    kind: str, marks: Marks, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "the cats don't sat 1,000円 無料でポイント! a very good film " * 40
    given = tuple((at, at + 8) for at in range(0, len(text), 60))
    monkeypatch.setattr(join_words, "_AFTER", 10)
    split = []

    def by_parts(part: str) -> list[str]:
        split.append(part)
        return by_script(part)

    for most in (5, 17, 18, 19, 30):
        encoded = encode(tiny_tokenizer(kind), text, text, most)
        split.clear()
        sources, splitter = (text, text), WordSplitter(by_parts, None)
        found = joined_to_words(encoded, sources, splitter, (given, ()), marks=marks)
        assert len(split) < 10
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(join_words, "_AFTER", len(text))
            assert found == joined_to_words(encoded, sources, splitter, (given, ()), marks=marks)
