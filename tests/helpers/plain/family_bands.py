"""Attention in bands unfolded by plain loops, for the models that return it so."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedModel

BANDED = ("longformer", "led", "longt5")


def radius_of(encoder: PreTrainedModel, layer: int) -> int:
    """How far to either side a token sees in a layer, from 0."""
    config = encoder.config
    if config.model_type == "longt5":
        return int(config.local_radius)
    window = config.attention_window
    return int(window if isinstance(window, int) else window[layer]) // 2


def unfolded(encoder: PreTrainedModel, found: Any, size: int) -> list[Tensor]:
    """The maps `[1, head, query, key]` of one text of `size` tokens, in what `encoder` returned."""
    if encoder.config.model_type == "longt5":
        return [_of_blocks(layer, size) for layer in found.attentions]
    every = found.get("global_attentions") or [None] * len(found.attentions)
    return [
        _of_windows(layer, own, radius_of(encoder, number), size)
        for number, (layer, own) in enumerate(zip(found.attentions, every, strict=True))
    ]


def seen_in_band(encoder: PreTrainedModel, number: int, layer: Tensor) -> NDArray[np.bool_]:
    """`[query, key]`: what a token sees in a layer, from 0, by its radius. Those with global
    attention, which are those that see every token, are seen by all."""
    size, radius = layer.shape[-1], radius_of(encoder, number)
    seen = np.array([[abs(q - k) <= radius for k in range(size)] for q in range(size)])
    for token in range(size):
        if bool((layer[0, :, token] > 0).any(0).all()):
            seen[token, :] = seen[:, token] = True
    return seen


def _of_windows(layer: Tensor, every: Tensor | None, radius: int, size: int) -> Tensor:
    n_global = layer.shape[-1] - 2 * radius - 1
    maps = torch.zeros(1, layer.shape[1], size, size)
    # What a token with global attention gives is not in its band, which is empty.
    places = [q for q in range(size) if float(layer[0, :, q].abs().sum()) == 0]
    for query in range(size):
        for key in range(max(0, query - radius), min(size, query + radius + 1)):
            maps[0, :, query, key] = layer[0, :, query, n_global + key - query + radius]
        for number, place in enumerate(places[:n_global]):
            maps[0, :, query, place] += layer[0, :, query, number]
    for number, place in enumerate(places[:n_global]):
        assert every is not None
        for key in range(size):
            maps[0, :, place, key] = every[0, :, key, number]
    return maps


def _of_blocks(layer: Tensor, size: int) -> Tensor:
    length = layer.shape[3]
    maps = torch.zeros(1, layer.shape[2], size, size)
    for query in range(size):
        block, row = divmod(query, length)
        for column in range(3 * length):
            key = (block - 1) * length + column
            if 0 <= key < size:
                maps[0, :, query, key] = layer[0, block, :, row, column]
    return maps
