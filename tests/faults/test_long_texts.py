"""Very long texts are cut before they are tokenised; the tokens that are kept stay the same."""

import multiprocessing
import resource
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest
from helpers.real.models import SENTENCES, tiny_tokenizer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reportgen.analysis.work import Tally
from reportgen.models import EncodedText
from reportgen.models.tokens import encode
from reportgen.models.tokens import encoded as tokens

KINDS = ("wordpiece", "bytes", "bytes_plain", "unigram", "unigram_bos", "unigram_eos")
words = [*SENTENCES, *" ".join(SENTENCES).split(), *"aé鬱😀 \n"]
texts = st.builds(
    lambda parts, gap, times: (gap.join(parts) + gap) * times,
    st.lists(st.sampled_from(words), max_size=8),
    st.sampled_from(["", " "]),
    st.integers(1, 8),
)
tokenizer_of = lru_cache(tiny_tokenizer)  # making one takes longer than any case


def outcome(kind: str, text: str, pair: str | None, most: int) -> EncodedText:
    return encode(tokenizer_of(kind), text, pair, most)


@given(st.sampled_from(KINDS), texts, st.one_of(st.none(), texts), st.integers(5, 12))
@settings(max_examples=20, suppress_health_check=list(HealthCheck))
def test_the_same_tokens_are_kept(kind: str, text: str, pair: str | None, most: int) -> None:
    whole = outcome(kind, text, pair, most)
    assert not whole.is_early
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "_LONG", 0)
        cut = outcome(kind, text, pair, most)
    assert cut.is_early or cut == whole
    if cut.is_early and pair is not None and min(len(text), len(pair)) > 50 * most:
        # Of two very long texts each keeps half; of an odd number the last is either's.
        assert len(cut.ids) == len(whole.ids)
        halves = [one.segments.count(segment) for one in (cut, whole) for segment in (0, 1)]
        assert max(halves) - min(halves) <= 1
        if halves[:2] != halves[2:]:
            return
    # How many were cut off may differ: a word that is cut in two can be more tokens than whole.
    assert replace(cut, n_truncated=0, is_early=False) == replace(whole, n_truncated=0)


def test_a_very_long_text_is_cut_first_and_that_is_said() -> None:
    encoded = outcome("bytes", "a very good film " * 200_000, None, 12)
    assert encoded.is_early
    assert len(encoded.ids) == 12
    assert encoded.n_truncated < tokens._LONG
    (remark,) = Tally(n_early=1).remarks
    assert remark.startswith("1 text is so long that only the beginning was tokenised")
    assert not outcome("bytes", "a very good film " * 5_000, None, 12).is_early


def _encode_in(room: int) -> None:
    """Tokenise a pair of long texts within `room` more bytes of memory."""
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + room, size + room))
    for n_words in (10_000, 1_000_000):  # not cut before they are tokenised, and cut
        encoded = outcome("wordpiece", "film " * n_words, "good " * n_words, 13)
        assert [encoded.segments.count(part) for part in (0, 1)] == [5, 5]
        assert encoded.is_early == (n_words > 10_000)


def test_a_pair_of_long_texts_takes_little_memory() -> None:
    """Fast tokenizers that cut a pair keep each part of one text with each part of the other."""
    tokenizer_of("wordpiece")
    run = multiprocessing.get_context("fork").Process(target=_encode_in, args=(500_000_000,))
    run.start()
    run.join()
    assert run.exitcode == 0
