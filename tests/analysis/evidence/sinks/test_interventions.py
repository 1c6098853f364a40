"""Changes inside a model, against forward passes written out step by step."""

import pytest
import torch
from helpers.plain.plain_models import run_plainly
from helpers.real.models import tiny_model
from torch import Tensor

from reportgen.analysis.evidence import (
    values_read,
    values_replaced,
)
from reportgen.errors import CaptureError
from reportgen.models import find_projections

FAMILIES = ("bert", "roberta", "albert", "gpt2")
IDS = (9, 25, 14, 31, 40, 12, 17)
TEXTS = (IDS, (30, 11, 12, 13, 45, 46, 20))
N_LAYERS, SIZE = 3, len(IDS)


def eager(architecture: str, **changes):
    model = tiny_model(architecture, **changes)
    model.set_attn_implementation("eager")
    return model


def run(model) -> Tensor:
    """Last hidden states `[text, position, width]` of both texts."""
    ids = torch.tensor(TEXTS)
    with torch.no_grad():
        return model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state


@pytest.mark.parametrize("architecture", FAMILIES)
def test_value_vectors_are_read_as_they_are_made(architecture: str) -> None:
    model = eager(architecture)
    layers: list[Tensor] = []
    with values_read(find_projections(model), lambda layer, made: layers.append(made.clone())):
        run(model)
    for text, ids in enumerate(TEXTS):
        plain = run_plainly(model, ids)
        assert len(layers) == len(plain.values) == N_LAYERS
        for ours, theirs in zip(layers, plain.values, strict=True):
            assert torch.allclose(ours[text], theirs, atol=1e-5)


@pytest.mark.parametrize("architecture", FAMILIES)
def test_a_value_put_to_zero_is_zero_in_its_own_text_and_every_layer(architecture: str) -> None:
    model = eager(architecture)
    untouched = run(model)
    texts, keys = torch.tensor([0, 0, 1]), torch.tensor([0, 3, 5])
    with values_replaced(find_projections(model), N_LAYERS, texts, keys):
        changed = run(model)
    for text, (ids, positions) in enumerate(zip(TEXTS, ([0, 3], [5]), strict=True)):

        def zero(layer: int, values: Tensor, positions=positions) -> Tensor:
            values[positions] = 0
            return values

        assert torch.allclose(changed[text], run_plainly(model, ids, zero).hidden, atol=1e-5)
        assert (changed[text] - untouched[text]).abs().max() > 0.01


@pytest.mark.parametrize("architecture", FAMILIES)
def test_a_value_is_replaced_by_the_vector_of_its_own_layer(architecture: str) -> None:
    model = eager(architecture)
    vectors = [torch.randn(2, 4, 8, generator=torch.Generator().manual_seed(i)) for i in range(3)]
    texts, keys = torch.tensor([0, 1]), torch.tensor([2, 0])
    with values_replaced(find_projections(model), N_LAYERS, texts, keys, vectors):
        changed = run(model)
    for text, position in ((0, 2), (1, 0)):

        def put(layer: int, values: Tensor, text=text, position=position) -> Tensor:
            values[position] = vectors[layer][text]
            return values

        expected = run_plainly(model, TEXTS[text], put).hidden
        assert torch.allclose(changed[text], expected, atol=1e-5)


def test_heads_that_share_a_value_lose_it_together() -> None:
    model = eager("llama", num_hidden_layers=1)
    (projection,) = find_projections(model)
    assert (projection.n_heads, projection.n_value_heads) == (4, 2)
    with values_replaced([projection], 1, torch.tensor([0]), torch.tensor([1])):
        changed = run(model)[0]
    with torch.no_grad():
        maps = model(torch.tensor([IDS]), output_attentions=True).attentions[0][0]
        layer, x = model.layers[0], model.embed_tokens(torch.tensor(IDS))
        values = layer.self_attn.v_proj(layer.input_layernorm(x)).view(SIZE, 2, 8)
        values[1] = 0
        gathered = torch.cat([maps[head] @ values[:, head // 2] for head in range(4)], dim=1)
        x = x + layer.self_attn.o_proj(gathered)
        expected = model.norm(x + layer.mlp(layer.post_attention_layernorm(x)))
    assert torch.allclose(changed, expected, atol=1e-5)


def test_values_made_elsewhere_are_an_error_and_no_effect_of_nothing() -> None:
    model = eager("bert")
    place = torch.tensor([0])
    with pytest.raises(CaptureError, match="of 2 layers were replaced, not of all 3"):  # noqa: SIM117
        with values_replaced(find_projections(model)[:2], N_LAYERS, place, place):
            run(model)


def test_hooks_are_gone_afterwards_and_after_an_error() -> None:
    model = eager("albert")
    untouched = run(model)
    projections = find_projections(model)
    place = torch.tensor([0])
    for context in (
        values_read(projections, lambda layer, values: None),
        values_replaced(projections, N_LAYERS, place, place),
    ):
        with pytest.raises(KeyError), context:
            raise KeyError
    assert torch.equal(run(model), untouched)
