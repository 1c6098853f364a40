"""Changed forms of a text: tokens left out, or others in their place."""

from dataclasses import fields

import pytest
from models import tiny_tokenizer

from reportgen.models.tokens import EncodedText, content_units, encode, keep, put, without

KINDS = ("wordpiece", "bytes", "bytes_plain", "unigram", "unigram_eos", "unigram_bos")
BY_TOKEN = ("ids", "type_ids", "tokens", "spans", "segments", "roles", "units")


def encoded(kind: str, text: str, pair: str | None = None, max_tokens: int = 64) -> EncodedText:
    return encode(tiny_tokenizer(kind), text, pair, max_tokens)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pair", [None, "on the mat"])
def test_what_is_left_out_is_gone_and_the_rest_closes_up(kind: str, pair: str | None) -> None:
    text = encoded(kind, "the cat sat", pair)
    gone = {1, 2}
    changed = without(text, gone)
    for name in BY_TOKEN:
        whole, left = getattr(text, name), getattr(changed, name)
        if whole is None:
            assert left is None
        else:
            assert left == tuple(x for i, x in enumerate(whole) if i not in gone)
    assert len(changed.ids) == len(text.ids) - 2


def test_every_tuple_of_a_text_is_cut_together() -> None:
    text = encoded("wordpiece", "the cat sat")
    tuples = {f.name for f in fields(text) if f.name not in ("n_truncated", "cuts", "n_unknown")}
    assert tuples == set(BY_TOKEN)
    assert {len(getattr(keep(text, [0, 3]), name)) for name in tuples} == {2}


def test_tokens_are_kept_in_the_order_asked_for() -> None:
    text = encoded("wordpiece", "the cat sat")
    assert keep(text, [3, 0]).tokens == ("sat", "[CLS]")


def test_a_truncated_text_stays_truncated() -> None:
    text = encoded("wordpiece", "the cat sat on the mat", max_tokens=5)
    changed = without(text, [1])
    assert text.n_truncated > 0
    assert changed.tokens == ("[CLS]", "cat", "sat", "[SEP]")
    assert (changed.n_truncated, changed.cuts) == (text.n_truncated, text.cuts)


def test_other_ids_are_put_in_place_and_nothing_else_changes() -> None:
    text = encoded("wordpiece", "the cat sat")
    changed = put(text, {1: 7, 3: 9})
    assert changed.ids == (text.ids[0], 7, text.ids[2], 9, text.ids[4])
    assert [getattr(changed, name) for name in BY_TOKEN[1:]] == [
        getattr(text, name) for name in BY_TOKEN[1:]
    ]


def test_the_tokens_of_one_emoji_are_one_unit() -> None:
    text = encoded("bytes", "a🐱b")
    assert text.tokens[1] == "a"
    assert text.tokens[-2] == "b"
    n = len(text.ids)
    assert n > 5  # the cat is several tokens
    assert content_units(text) == ((1,), tuple(range(2, n - 2)), (n - 2,))


def test_units_are_of_content_alone() -> None:
    text = encoded("wordpiece", "the cat", "sat")
    assert text.tokens == ("[CLS]", "the", "cat", "[SEP]", "sat", "[SEP]")
    assert content_units(text) == ((1,), (2,), (4,))
