"""Batches of tokenised texts."""

from collections.abc import Collection, Sequence

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
    ids = torch.full((len(texts), size), pad_id)
    mask = torch.zeros(len(texts), size, dtype=torch.long)
    type_ids = torch.zeros(len(texts), size, dtype=torch.long)
    for row, text in enumerate(texts):
        ids[row, : len(text.ids)] = torch.tensor(text.ids)
        mask[row, : len(text.ids)] = 1
        if text.type_ids is not None:
            type_ids[row, : len(text.ids)] = torch.tensor(text.type_ids)
    inputs = {"input_ids": ids, "attention_mask": mask}
    if all(text.parts for text in texts):
        rows = [[*text.parts, *[0] * (size - len(text.parts))] for text in texts]
        inputs["parts"] = torch.tensor(rows)
    if any(text.prompted for text in texts):
        rows = [[*text.prompted, *[False] * (size - len(text.prompted))] for text in texts]
        inputs["prompted"] = torch.tensor(rows)
    if all(text.type_ids is not None for text in texts):
        inputs["token_type_ids"] = type_ids
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
