"""Tokens joined into words, for tokenizers that split in many ways."""

import pytest
from models import TOKENIZERS, tiny_tokenizer

from reportgen.models.tokens import content_units, encode
from reportgen.models.words import joined_to_words
from reportgen.texts.words import WordSplitter, by_script

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
