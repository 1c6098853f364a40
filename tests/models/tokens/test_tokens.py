"""Texts as the model sees them: special tokens by position, spans, units, truncation."""

from dataclasses import fields

import pytest
import torch
from helpers.cases import some_of
from helpers.real.models import SENTENCES, tiny_tokenizer
from transformers import AutoTokenizer

from reportgen.errors import ModelError
from reportgen.models import EncodedText, content_units, keep, put, special_roles, without
from reportgen.models.tokens import TokenSpan, display_units, encode, pad
from reportgen.results import Role

TEXT = SENTENCES[0]


def spelled(tokenizer, text: str) -> list[str]:
    encoded = encode(tokenizer, text, None, 512)
    return [text[s.start : s.end] for s in encoded.spans if s is not None]


@pytest.mark.parametrize("kind", ["wordpiece", "bytes", "bytes_plain", "unigram", "unigram_bos"])
@pytest.mark.parametrize("text", SENTENCES)
def test_units_spell_the_text_without_its_spaces(kind: str, text: str) -> None:
    encoded = encode(tiny_tokenizer(kind), text, None, 512)
    ends: dict[int, list[int]] = {}
    for unit, span in zip(encoded.units, encoded.spans, strict=True):
        if span is not None:
            low, high = ends.get(unit, [span.start, span.end])
            ends[unit] = [min(low, span.start), max(high, span.end)]
    shown = "".join(text[low:high] for low, high in ends.values())
    assert shown.replace(" ", "") == text.replace(" ", "")


def test_bytes_of_one_character_are_one_unit() -> None:
    encoded = encode(tiny_tokenizer("bytes_plain"), "a 鬱😀b", None, 512)
    spans = {unit: span for unit, span in zip(encoded.units, encoded.spans, strict=True) if span}
    assert [(s.start, s.end) for s in spans.values()] == [
        (0, 1),
        (1, 2),  # the space, a token of its own before a character of several bytes
        (2, 3),
        (3, 4),
        (4, 5),
    ]
    assert len(encoded.ids) > len(set(encoded.units))


def test_a_lone_space_mark_spells_no_character() -> None:
    encoded = encode(tiny_tokenizer("unigram"), "鬱無料", None, 512)
    assert encoded.tokens[1] == "▁"
    assert encoded.spans[1] == TokenSpan(0, 0, 0)
    assert encoded.units[1] != encoded.units[2]


def test_the_space_before_a_word_is_not_part_of_it() -> None:
    assert spelled(tiny_tokenizer("bytes"), "xx the sat")[-2:] == ["the", "sat"]
    assert "the" in spelled(tiny_tokenizer("unigram"), "xx the sat")


def test_characters_that_share_a_source_character_are_one_unit() -> None:
    # NFKC turns ㌔ into two characters, and so into two tokens or more.
    encoded = encode(tiny_tokenizer("unigram"), "a㌔b", None, 512)
    whole = [i for i, span in enumerate(encoded.spans) if span == TokenSpan(0, 1, 2)]
    assert len(whole) >= 2
    assert len({encoded.units[i] for i in whole}) == 1


def test_units_never_join_two_segments_or_special_tokens() -> None:
    spans = [
        None,
        TokenSpan(0, 0, 2),
        TokenSpan(0, 1, 3),
        None,
        None,
        TokenSpan(1, 0, 2),
        TokenSpan(0, 1, 2),
    ]
    assert display_units(spans) == (0, 1, 1, 2, 3, 4, 5)


def test_a_special_token_typed_in_the_text_is_content() -> None:
    for kind, typed in (("wordpiece", "[CLS]"), ("bytes", "</s>"), ("unigram", "[SEP]")):
        tokenizer = tiny_tokenizer(kind)
        encoded = encode(tokenizer, f"a {typed} b", None, 512)
        assert encoded.tokens.count(typed) >= 2 or kind == "unigram"
        typed_at = [
            i
            for i, (t, r) in enumerate(zip(encoded.tokens, encoded.roles, strict=True))
            if t == typed and r is None
        ]
        assert typed_at
        assert encoded.roles[0] == "cls"
        assert encoded.roles[-1] == "sep"
        assert all(role is None for role in encoded.roles[1:-1])


def test_roles_of_the_special_tokens_of_each_family() -> None:
    cases = {
        "wordpiece": (Role("cls", "[CLS]"), Role("sep", "[SEP]")),
        "bytes": (Role("cls", "<s>"), Role("sep", "</s>")),
        "bytes_plain": (),
        "unigram_eos": (Role("eos", "</s>"),),
        "unigram_bos": (Role("bos", "<s>"),),
    }
    for kind, roles in cases.items():
        assert special_roles(tiny_tokenizer(kind), has_pairs=False) == roles


def test_a_pair_has_two_segments_with_their_own_spans() -> None:
    encoded = encode(tiny_tokenizer("wordpiece"), "the cat", "a dog", 512)
    assert encoded.tokens == ("[CLS]", "the", "cat", "[SEP]", "a", "dog", "[SEP]")
    assert encoded.segments == (None, 0, 0, None, 1, 1, None)
    assert encoded.spans[5] == TokenSpan(1, 2, 5)
    assert encoded.type_ids == (0, 0, 0, 0, 1, 1, 1)


def test_a_long_text_is_cut_and_says_where() -> None:
    tokenizer = tiny_tokenizer("wordpiece")
    text = "the cat sat on the mat"
    encoded = encode(tokenizer, text, None, 5)
    assert encoded.tokens == ("[CLS]", "the", "cat", "sat", "[SEP]")
    assert encoded.n_truncated == 3
    assert encoded.cuts == (len("the cat sat"), None)
    whole = encode(tokenizer, text, None, 8)
    assert whole.n_truncated == 0
    assert whole.cuts == (None, None)


def test_a_cut_pair_says_where_each_part_was_cut() -> None:
    encoded = encode(tiny_tokenizer("wordpiece"), "the cat", "a dog sat on the log", 8)
    assert encoded.n_truncated == 3
    assert encoded.cuts[0] is None
    assert encoded.cuts[1] == len("a dog sat")


@pytest.mark.parametrize("kind", ["wordpiece", "bytes", "bytes_plain", "unigram", "unigram_bos"])
@pytest.mark.parametrize(
    "pair", some_of([None, "ab", SENTENCES[3], SENTENCES[5] * 3], None, SENTENCES[5] * 3)
)
def test_what_is_kept_is_what_the_tokenizer_itself_would_keep(kind: str, pair: str | None) -> None:
    tokenizer = tiny_tokenizer(kind)
    for most in range(7, 40):
        own = tokenizer(TEXT, pair, truncation=True, max_length=most, return_offsets_mapping=True)
        kept = encode(tokenizer, TEXT, pair, most)
        assert list(kept.ids) == own["input_ids"]
        assert list(kept.segments) == own.sequence_ids(0)
        if kept.type_ids is not None:
            assert list(kept.type_ids) == own["token_type_ids"]


@pytest.mark.parametrize(
    ("kind", "pair", "least"),
    [
        ("wordpiece", None, 3),
        ("wordpiece", "a dog", 4),
        ("bytes", "a dog", 5),
        ("bytes_plain", None, 1),
        ("unigram_eos", None, 2),
        ("unigram_eos", "a dog", 3),
    ],
)
def test_a_text_is_never_cut_to_its_special_tokens_nor_left_too_long(
    kind: str, pair: str | None, least: int
) -> None:
    tokenizer = tiny_tokenizer(kind)
    for max_tokens in range(least, 7):
        encoded = encode(tokenizer, "the cat sat on the mat", pair, max_tokens)
        assert len(encoded.ids) == max_tokens
        assert encoded.n_content > 0
    for max_tokens in range(1, least):
        with pytest.raises(ModelError, match=f"give --max-length {least} or more") as caught:
            encode(tokenizer, "the cat sat on the mat", pair, max_tokens)
        assert "\n" not in str(caught.value)
        assert ("and its pair" in str(caught.value)) == (pair is not None)


def test_a_slow_tokenizer_needs_room_too(slow_tokenizer) -> None:
    assert encode(slow_tokenizer, "abab", None, 3).n_content == 1
    for max_tokens in (1, 2):
        with pytest.raises(ModelError, match="give --max-length 3 or more"):
            encode(slow_tokenizer, "abab", None, max_tokens)


def test_a_batch_is_padded_on_the_right_with_what_the_module_takes() -> None:
    tokenizer = tiny_tokenizer("wordpiece")
    texts = [encode(tokenizer, "the cat", "a dog", 512), encode(tokenizer, "the", None, 512)]
    names = {"input_ids", "attention_mask", "token_type_ids", "labels"}
    inputs = pad(texts, 7, names, torch.device("cpu"))
    assert inputs["input_ids"].tolist() == [list(texts[0].ids), [*texts[1].ids, 7, 7, 7, 7]]
    assert inputs["attention_mask"].tolist() == [[1] * 7, [1, 1, 1, 0, 0, 0, 0]]
    assert inputs["token_type_ids"].tolist() == [[0, 0, 0, 0, 1, 1, 1], [0] * 7]
    assert set(pad(texts, 7, {"input_ids"}, torch.device("cpu"))) == {"input_ids"}
    without = encode(tiny_tokenizer("bytes"), "the", None, 512)
    assert "token_type_ids" not in pad([without], 1, names, torch.device("cpu"))


def test_unknown_tokens_are_counted() -> None:
    encoded = encode(tiny_tokenizer("wordpiece"), "the ☃ cat ☂", None, 512)
    assert encoded.n_unknown == 2
    assert encoded.n_content == 4


def test_an_empty_text_has_no_content() -> None:
    for text in ("", "   ", "\n"):
        assert encode(tiny_tokenizer("wordpiece"), text, None, 512).n_content == 0


def test_a_slow_tokenizer_gives_segments_without_spans(slow_tokenizer) -> None:
    encoded = encode(slow_tokenizer, "ab", "ba", 512)
    assert encoded.tokens == ("[CLS]", "a", "b", "[SEP]", "b", "a", "[SEP]")
    assert encoded.segments == (None, 0, 0, None, 1, 1, None)
    assert encoded.roles == ("cls", None, None, "sep", None, None, "sep")
    assert set(encoded.spans) == {None}
    assert encoded.units == tuple(range(7))


def test_a_slow_tokenizer_cuts_too(slow_tokenizer) -> None:
    encoded = encode(slow_tokenizer, "abab", None, 5)
    assert encoded.n_truncated == 1
    assert encoded.segments == (None, 0, 0, 0, None)
    assert encoded.cuts == (None, None)


@pytest.fixture
def slow_tokenizer():
    from transformers import PreTrainedTokenizer

    class Characters(PreTrainedTokenizer):
        """A tokenizer in plain Python, a token a character."""

        names = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b")

        @property
        def vocab_size(self) -> int:
            return len(self.names)

        def get_vocab(self) -> dict[str, int]:
            return {name: i for i, name in enumerate(self.names)}

        def _tokenize(self, text: str, **options) -> list[str]:
            return list(text)

        def _convert_token_to_id(self, token: str) -> int:
            return self.get_vocab().get(token, 1)

        def _convert_id_to_token(self, index: int) -> str:
            return self.names[index]

        def build_inputs_with_special_tokens(self, first, second=None):
            whole = [2, *first, 3]
            return whole if second is None else [*whole, *second, 3]

    return Characters(pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]")


def test_a_real_tokenizer_keeps_spans_through_accents_and_emoji(minilm_folder) -> None:
    tokenizer = AutoTokenizer.from_pretrained(minilm_folder)
    text = "Café 😀 wörld!"
    encoded = encode(tokenizer, text, None, 512)
    assert [text[s.start : s.end] for s in encoded.spans if s] == ["Café", "😀", "wörld", "!"]
    assert encoded.n_unknown == 1


KINDS = ("wordpiece", "bytes", "bytes_plain", "unigram", "unigram_eos", "unigram_bos")
AS_A_WHOLE = (
    *("n_truncated", "cuts", "n_unknown", "is_early", "target", "parts", "prompted", "steps"),
    *("held", "choice", "others", "copies", "against"),
)
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
    tuples = {f.name for f in fields(text) if f.name not in AS_A_WHOLE}
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
