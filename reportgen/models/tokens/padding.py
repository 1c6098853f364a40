"""Batches of tokenised texts."""

from collections.abc import Collection, Iterable, Sequence

import torch
from torch import Tensor

from reportgen.models.device import moved
from reportgen.models.tokens.encoded import EncodedText


def pad(
    texts: Sequence[EncodedText],
    pad_id: int,
    accepted: Collection[str],
    device: torch.device,
    least: int = 0,
) -> dict[str, Tensor]:
    """The `accepted` inputs of a batch, each `[text, position]`, padded on the right.

    Args:
        least: fewest positions, where some of the texts of a longer one are run by themselves.
    """
    size = max(least, *(len(text.ids) for text in texts))

    def padded(rows: Iterable[Sequence[int]], by: int, dtype: torch.dtype = torch.long) -> Tensor:
        return torch.tensor([[*row, *[by] * (size - len(row))] for row in rows], dtype=dtype)

    inputs = {
        "input_ids": padded((text.ids for text in texts), pad_id),
        "attention_mask": padded(([1] * len(text.ids) for text in texts), 0),
    }
    if all(text.parts for text in texts):
        inputs["parts"] = padded((text.parts for text in texts), 0)
    if any(text.prompted for text in texts):
        inputs["prompted"] = padded((text.prompted for text in texts), False, torch.bool)
    type_ids = [text.type_ids for text in texts if text.type_ids is not None]
    if len(type_ids) == len(texts):
        inputs["token_type_ids"] = padded(type_ids, 0)
    return {name: moved(value, device) for name, value in inputs.items() if name in accepted}


def plan_batches(
    lengths: Sequence[int],
    max_tokens: int,
    max_padding: float = 0.10,
    *,
    equal_lengths: bool = False,
    max_texts: int | None = None,
    max_weights: int | None = None,
) -> tuple[tuple[int, ...], ...]:
    """Group texts into batches, longest first.

    Args:
        lengths: number of tokens of each text.
        max_tokens: most tokens in a batch, padding included.
        max_padding: largest share of them that may be padding.
        equal_lengths: whether all texts of a batch must have the same length.
        max_texts: most texts in a batch.
        max_weights: most cells of one head's map in one layer, `texts * length * length`.

    Returns:
        Indices into `lengths` for each batch. A text that exceeds a limit by itself runs alone.
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
