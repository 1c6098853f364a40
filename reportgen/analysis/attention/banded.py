"""Attention in bands, whose weights are kept for a stretch of the text only, as square maps.

Longformer and LED (Beltagy et al. 2020) keep, for each token, its weights for some tokens before it
and as many after it; tokens with global attention see all others and are seen by all. LongT5 (Guo
et al. 2022) keeps, for each block of tokens, their weights for that block and the two beside it.
Outside of its stretch a token has no weight.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel


def banded_modules(encoder: PreTrainedModel) -> list[nn.Module]:
    """The modules of `encoder` whose attention is banded, in the order of its layers."""
    return [module for module in encoder.modules() if type(module).__name__ in _UNFOLD]


@contextmanager
def unfolding(
    encoder: PreTrainedModel, modules: list[nn.Module], take: Callable[[Tensor], None]
) -> Iterator[None]:
    """A context in which `take` is called with the square maps `[text, head, query, key]` of each
    of `modules`, without what the model pads its texts by."""
    size = 0
    is_asked = False  # by the model itself, which then needs them

    def measure(module: nn.Module, args: Any, kwargs: Mapping[str, Any]) -> None:
        nonlocal size
        ids = kwargs.get("input_ids", args[0] if args else None)
        size = (kwargs["inputs_embeds"] if ids is None else ids).shape[1]

    def ask(module: nn.Module, args: Any, kwargs: dict[str, Any]) -> Any:
        nonlocal is_asked
        is_asked = bool(kwargs.get("output_attentions"))
        return args, {**kwargs, "output_attentions": True}

    def read(module: nn.Module, args: Any, kwargs: dict[str, Any], output: Any) -> Any:
        unfold, n_own = _UNFOLD[type(module).__name__]
        take(unfold(module, kwargs, output, size)[..., :size])
        return output if is_asked else output[:n_own]

    with ExitStack() as hooks:
        hooks.callback(encoder.register_forward_pre_hook(measure, with_kwargs=True).remove)
        for module in modules:
            hooks.callback(module.register_forward_pre_hook(ask, with_kwargs=True).remove)
            hooks.callback(module.register_forward_hook(read, with_kwargs=True).remove)
        yield


def _windows(module: Any, kwargs: Mapping[str, Any], output: Any, size: int) -> Tensor:
    """The maps of a Longformer, with `size` rows.

    `output[1]` is `[text, query, head, global + window]`: the weights for keys with global
    attention, then those for the keys of the window from its first to its last. With global
    attention, `output[2]` is `[text, head, global, key]`.
    """
    weights: Tensor = output[1][:, :size]
    radius = module.one_sided_attn_window_size
    n_global = weights.shape[-1] - (2 * radius + 1)
    band = weights[..., n_global:].transpose(1, 2)  # [text, head, query, window]
    keys = torch.arange(size, device=band.device)[:, None] + torch.arange(
        2 * radius + 1, device=band.device
    )
    wide = band.new_zeros((*band.shape[:3], size + 2 * radius))
    maps = wide.scatter(3, keys.expand_as(band), band)[..., radius : radius + size]
    for text, is_global in enumerate(kwargs["is_index_global_attn"] if n_global else ()):
        places = is_global.nonzero().flatten()
        maps[text, :, :, places] += weights[text, :, :, : len(places)].transpose(0, 1)
        maps[text, :, places] = output[2][text, :, : len(places), :size]
    return maps


def _blocks(module: Any, kwargs: Mapping[str, Any], output: Any, size: int) -> Tensor:
    """The maps of a LongT5, with `size` rows.

    `output[2]` is `[text, block, head, query in the block, key]`, with keys of the block before,
    the block itself and the block behind it.
    """
    weights: Tensor = output[2]
    length = module.block_len
    n_texts, n_blocks, n_heads = weights.shape[:3]
    whole = n_blocks * length
    maps = weights.new_zeros((n_texts, n_heads, whole, whole + 2 * length))
    for block in range(n_blocks):
        start = block * length
        maps[:, :, start : start + length, start : start + 3 * length] = weights[:, block]
    return maps[:, :, :size, length : length + whole]


# By class: how the maps are made, and the parts that it returns when not asked for weights.
_UNFOLD: Mapping[str, tuple[Callable[[Any, Mapping[str, Any], Any, int], Tensor], int]] = {
    "LongformerSelfAttention": (_windows, 1),
    "LEDEncoderSelfAttention": (_windows, 1),
    "LongT5LocalAttention": (_blocks, 2),
}
