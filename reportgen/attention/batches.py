"""Which texts run together: length-sorted batches with little padding."""

from collections.abc import Sequence


def plan_batches(
    lengths: Sequence[int],
    max_tokens: int,
    max_padding: float = 0.10,
    *,
    equal_lengths: bool = False,
    max_texts: int | None = None,
    max_weights: int | None = None,
) -> tuple[tuple[int, ...], ...]:
    """Group texts of `lengths` tokens into batches, longest first; indices into `lengths`.

    A batch holds at most `max_tokens` tokens with its padding, of which at most the share
    `max_padding` is padding (none with `equal_lengths`), at most `max_texts` texts, and at most
    `max_weights` cells of one layer's map of one head, `texts * length * length`. A text that is
    too long for that by itself runs alone.
    """
    batches: list[tuple[int, ...]] = []
    batch: list[int] = []
    filled = 0
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        length = lengths[index]
        if batch:
            longest = lengths[batch[0]]
            size = (len(batch) + 1) * longest
            if (
                size > max_tokens
                or size - filled - length > size * max_padding
                or (equal_lengths and length != longest)
                or (max_texts is not None and len(batch) >= max_texts)
                or (max_weights is not None and size * longest > max_weights)
            ):
                batches.append(tuple(batch))
                batch, filled = [], 0
        batch.append(index)
        filled += length
    if batch:
        batches.append(tuple(batch))
    return tuple(batches)
