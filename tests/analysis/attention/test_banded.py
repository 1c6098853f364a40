"""Attention in bands as square maps, held against plain attention under a mask of distances."""

import math
from typing import Any

import pytest
import torch
from helpers.real.every_family import CHANGES, tiny
from helpers.real.models import spread_weights
from helpers.rounding import assert_near
from torch import Tensor
from transformers import (
    LEDConfig,
    LEDModel,
    LongformerConfig,
    LongformerModel,
    LongT5Config,
    LongT5EncoderModel,
    PreTrainedModel,
)

from reportgen.analysis.attention import Blocks, Capture, LayerBlock, banded_modules
from reportgen.models import find_encoder, find_projections

N_TOKENS = 40
LENGTHS = (13, 6)  # of two texts in a batch; no multiples of a window
GLOBAL = ((0, 3, 12), (1,))  # tokens with global attention in each text
CLASSES = {
    "longformer": (LongformerConfig, LongformerModel),
    "led": (LEDConfig, LEDModel),
    "longt5": (LongT5Config, LongT5EncoderModel),
}
RADIUS = {"longformer": 2, "led": 2, "longt5": 3}


def made(family: str) -> PreTrainedModel:
    kind, model_class = CLASSES[family]
    torch.manual_seed(0)
    model: PreTrainedModel = model_class(tiny(kind, N_TOKENS, CHANGES[family])).eval()
    spread_weights(model)
    return model


def inputs_for(family: str, *, with_global: bool) -> dict[str, Tensor]:
    """Two texts, padded on the right."""
    random = torch.Generator().manual_seed(0)
    size = max(LENGTHS)
    given = {
        "input_ids": torch.randint(5, N_TOKENS, (len(LENGTHS), size), generator=random),
        "attention_mask": torch.tensor([[int(i < n) for i in range(size)] for n in LENGTHS]),
    }
    if with_global:
        is_global = [[int(i in own) for i in range(size)] for own in GLOBAL]
        given["global_attention_mask"] = torch.tensor(is_global)
    if family == "led":
        given["decoder_input_ids"] = given["input_ids"][:, :4]
    return given


def captured(model: PreTrainedModel, inputs: dict[str, Tensor]) -> tuple[list[Tensor], list[Any]]:
    """The maps of each layer, and what its attention module was given."""
    encoder = find_encoder(model)[1]
    given: list[Any] = []
    for module in banded_modules(encoder):
        module.register_forward_pre_hook(
            lambda _, args, kwargs: given.append(args[0] if args else kwargs["hidden_states"]),
            with_kwargs=True,
        )
    layers: list[Tensor] = []
    capture = Capture(model, encoder)
    assert capture.way == "hooks"
    capture.run(inputs, lambda _, maps: layers.append(maps))
    return layers, given


def by_head(vectors: Tensor, n_heads: int) -> Tensor:
    """`[head, token, size]`"""
    return vectors.reshape(len(vectors), n_heads, -1).transpose(0, 1)


def plain_windows(module: Any, hidden: Tensor, radius: int, places: tuple[int, ...]) -> Tensor:
    """`[head, query, key]` of one text: each token sees those at most `radius` away and those with
    global attention, at `places`, which see all by weights of their own."""
    n, n_heads = len(hidden), module.num_heads
    scale = 1 / math.sqrt(module.head_dim)
    query, key = (by_head(own(hidden), n_heads) for own in (module.query, module.key))
    seen = torch.tensor([[abs(q - k) <= radius or k in places for k in range(n)] for q in range(n)])
    maps = (query @ key.transpose(1, 2) * scale).masked_fill(~seen, -math.inf).softmax(-1)
    own = (by_head(made(hidden), n_heads) for made in (module.query_global, module.key_global))
    query, key = own
    rows = (query @ key.transpose(1, 2) * scale).softmax(-1)
    maps[:, list(places)] = rows[:, list(places)]
    return maps


def plain_blocks(module: Any, first: Any, hidden: Tensor, radius: int) -> Tensor:
    """`[head, query, key]` of one text: each token sees those at most `radius` away, with the bias
    for distances of the `first` layer."""
    n, n_heads = len(hidden), module.n_heads
    query, key = (by_head(own(hidden), n_heads) for own in (module.q, module.k))
    distance = torch.arange(n)[None] - torch.arange(n)[:, None]
    buckets = first._relative_position_bucket(
        distance,
        num_buckets=first.relative_attention_num_buckets,
        max_distance=first.relative_attention_max_distance,
    )
    bias = first.relative_attention_bias(buckets).permute(2, 0, 1)
    scores = query @ key.transpose(1, 2) + bias
    return scores.masked_fill(distance.abs() > radius, -math.inf).softmax(-1)


@pytest.mark.parametrize(
    ("family", "with_global"),
    [("longformer", True), ("longformer", False), ("led", True), ("led", False), ("longt5", False)],
)
def test_maps_are_those_of_plain_attention(family: str, with_global: bool) -> None:
    model = made(family)
    modules: list[Any] = banded_modules(find_encoder(model)[1])
    with torch.no_grad():
        layers, given = captured(model, inputs_for(family, with_global=with_global))
        assert len(layers) == len(modules) == len(given)
        for module, maps, hidden in zip(modules, layers, given, strict=True):
            assert maps.shape[2:] == (max(LENGTHS), max(LENGTHS))
            for row, length in enumerate(LENGTHS):
                own = hidden[row, :length]
                if family == "longt5":
                    plain = plain_blocks(module, modules[0], own, RADIUS[family])
                else:
                    places = GLOBAL[row] if with_global else ()
                    plain = plain_windows(module, own, RADIUS[family], places)
                assert_near(maps[row, :, :length, :length], plain)
                assert not maps[row, :, :length, length:].any()


@pytest.mark.parametrize("family", CLASSES)
def test_a_model_that_was_asked_for_its_weights_still_returns_them(family: str) -> None:
    model = made(family)
    inputs = inputs_for(family, with_global=False)
    with torch.no_grad():
        alone = model(**inputs, output_attentions=True)
        seen = Capture(model, find_encoder(model)[1]).run(
            {**inputs, "output_attentions": True}, lambda *_: None
        )
        plain = model(**inputs)
    name = "encoder_attentions" if family == "led" else "attentions"
    for one, other in zip(alone[name], seen[name], strict=True):
        assert torch.equal(one, other)
    assert torch.equal(plain[0], seen[0])


@torch.inference_mode()
def test_values_are_read_by_text_and_without_what_the_model_pads_by() -> None:
    """LED makes them as [key, text], of texts padded to whole windows."""
    model = made("led")
    encoder, inputs = find_encoder(model)[1], inputs_for("led", with_global=False)
    blocks: list[LayerBlock] = []
    collected = Blocks(find_projections(encoder), None, blocks.append)
    hidden: list[Tensor] = []
    modules = banded_modules(encoder)
    for module in modules:
        module.register_forward_pre_hook(
            lambda _, args, kwargs: hidden.append(args[0] if args else kwargs["hidden_states"]),
            with_kwargs=True,
        )
    with collected.hooked():
        Capture(model, encoder).run(inputs, lambda _, maps: collected.add_maps(maps))
    assert collected.is_complete
    assert len(blocks) == len(modules)
    for block, module, states in zip(blocks, modules, hidden, strict=True):
        n_heads = block.maps.shape[1]
        for text, size in enumerate(LENGTHS):
            own = by_head(module.value(states[text, :size]), n_heads)
            assert_near(block.values[text, :size].transpose(0, 1), own)
            passed_on = (block.maps[text, :, :size, :size] @ own).transpose(0, 1).flatten(1)
            assert_near(block.gathered[text, :size], passed_on)
