"""Which texts run together."""

from hypothesis import given
from hypothesis import strategies as st

from reportgen.models import plan_batches

LENGTHS = st.lists(st.integers(1, 300), max_size=60)


@given(LENGTHS, st.integers(1, 2000), st.floats(0, 0.5))
def test_every_text_is_in_one_batch_within_its_limits(lengths, max_tokens, max_padding) -> None:
    batches = plan_batches(lengths, max_tokens, max_padding)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        longest = max(lengths[i] for i in batch)
        size = len(batch) * longest
        assert size <= max_tokens or len(batch) == 1
        assert size - sum(lengths[i] for i in batch) <= size * max_padding


@given(LENGTHS, st.integers(1, 4), st.integers(1, 100_000))
def test_other_limits_hold(lengths, max_texts, max_weights) -> None:
    batches = plan_batches(
        lengths, 10**6, equal_lengths=True, max_texts=max_texts, max_weights=max_weights
    )
    for batch in batches:
        longest = max(lengths[i] for i in batch)
        assert {lengths[i] for i in batch} == {longest}
        assert len(batch) <= max_texts
        assert len(batch) * longest**2 <= max_weights or len(batch) == 1


def test_texts_of_one_length_fill_a_batch_in_their_order() -> None:
    assert plan_batches([4, 9, 4, 9, 4], 18) == ((1, 3), (0, 2, 4))
    assert plan_batches([], 100) == ()
