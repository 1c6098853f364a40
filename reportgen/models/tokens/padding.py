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
