"""Changes inside a model, against forward passes written out step by step."""

import pytest
import torch
from helpers.plain.plain_models import run_plainly
from helpers.real.models import tiny_model
from torch import Tensor, nn

from reportgen.analysis.evidence import (
    is_hidden,
    is_renormalised,
    keys_hidden,
    values_read,
    values_replaced,
    visible_cells,
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


def hiding(*positions: int) -> Tensor:
    """`[text, key]` of one text."""
    hidden = torch.zeros(1, SIZE).bool()
    hidden[0, list(positions)] = True
    return hidden


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


@pytest.mark.parametrize("architecture", FAMILIES)
@pytest.mark.parametrize("positions", [(0,), (4,), (0, 1, 5)])
def test_hidden_keys_leave_the_rest_to_be_shared_out(
    architecture: str, positions: tuple[int, ...]
) -> None:
    model = eager(architecture)
    is_causal = architecture == "gpt2"
    hidden = torch.cat([hiding(*positions), hiding(2)])
    with keys_hidden(model, hidden, is_causal=is_causal):
        changed = run(model)
    for text, own in enumerate((positions, (2,))):
        visible = torch.ones(SIZE, SIZE).bool()
        if is_causal:
            visible = visible.tril()
        visible[:, list(own)] = False
        for query in range(SIZE):
            if not visible[query].any():
                visible[query, query] = True
        expected = run_plainly(model, TEXTS[text], visible=visible)
        assert torch.allclose(changed[text], expected.hidden, atol=1e-5)


def test_in_a_causal_model_no_query_is_left_to_see_what_comes_later() -> None:
    model = eager("gpt2")

    def maps(mask: Tensor) -> Tensor:
        with torch.no_grad():
            layers = model(torch.tensor([IDS]), attention_mask=mask, output_attentions=True)
        return torch.stack(layers.attentions)[:, 0]

    plain = maps((~hiding(0)).long())
    assert plain[:, :, 0, 1:].min() > 0.1  # the trap: row 0 is spread over all, later ones too
    with keys_hidden(model, hiding(0), is_causal=True):
        ours = maps(torch.ones(1, SIZE).long())
    assert (ours.triu(1) == 0).all()
    assert (ours[:, :, 0, 0] == 1).all()
    assert (ours[:, :, 1:, 0] == 0).all()


@pytest.mark.parametrize("way", ["by position", "by name", "not at all"])
def test_a_mask_is_replaced_however_the_encoder_is_given_it(way: str) -> None:
    class Wrapper(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = eager("bert")

        def forward(self, input_ids, attention_mask):
            assert attention_mask.all()  # outside of the encoder nothing is hidden
            if way == "by position":
                return self.body(input_ids, attention_mask).last_hidden_state
            given = {"attention_mask": attention_mask} if way == "by name" else {}
            return self.body(input_ids, **given).last_hidden_state

    wrapper = Wrapper().eval()
    ids = torch.tensor([IDS])
    with torch.no_grad(), keys_hidden(wrapper.body, hiding(3), is_causal=False):
        changed = wrapper(ids, torch.ones_like(ids))
    visible = ~hiding(3).expand(SIZE, -1)
    assert torch.allclose(
        changed[0], run_plainly(wrapper.body, IDS, visible=visible).hidden, atol=1e-5
    )


def test_an_encoder_without_a_mask_cannot_hide() -> None:
    model = eager("bert")
    model.forward = lambda input_ids: None
    with pytest.raises(CaptureError, match="BertModel takes no attention mask"):  # noqa: SIM117
        with keys_hidden(model, hiding(0), is_causal=False):
            pass


def test_hooks_are_gone_afterwards_and_after_an_error() -> None:
    model = eager("albert")
    untouched = run(model)
    projections = find_projections(model)
    place = torch.tensor([0])
    for context in (
        values_read(projections, lambda layer, values: None),
        values_replaced(projections, N_LAYERS, place, place),
        keys_hidden(model, hiding(0), is_causal=False),
    ):
        with pytest.raises(KeyError), context:
            raise KeyError
    assert torch.equal(run(model), untouched)


def test_a_causal_query_keeps_its_own_key_only_where_it_would_see_none() -> None:
    hidden = torch.tensor([[True, True, False]])
    assert visible_cells(hidden, is_causal=True)[0].int().tolist() == [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
    ]
    assert visible_cells(hidden, is_causal=False)[0].int().tolist() == [[0, 0, 1]] * 3


def test_maps_are_as_asked_only_if_exactly_nothing_is_on_what_is_hidden() -> None:
    visible = torch.tensor([[[True, False], [True, True]]])
    good = torch.tensor([[[[1.0, 0.0], [0.3, 0.7]]]])
    leak = torch.tensor([[[[1.0, 1e-9], [0.3, 0.7]]]])
    short = torch.tensor([[[[1.0, 0.0], [0.3, 0.6]]]])
    undefined = torch.tensor([[[[1.0, 0.0], [float("nan"), 0.7]]]])
    maps = torch.cat([good, leak, short, undefined])
    visible = visible.expand(4, -1, -1)
    assert is_hidden(maps, visible, 1e-3).tolist() == [True, False, False, False]
    of_learned = is_hidden(maps, visible, 1e-3, learned_sinks=True)
    assert of_learned.tolist() == [True, False, True, False]


def test_the_first_layer_must_be_the_unchanged_one_renormalised() -> None:
    whole = torch.tensor([[[0.5, 0.2, 0.3], [0.1, 0.1, 0.8], [0.2, 0.2, 0.6]]])
    visible = torch.tensor([[[False, True, True]] * 3])
    good = torch.tensor([[[[0.0, 0.4, 0.6], [0.0, 1 / 9, 8 / 9], [0.0, 0.25, 0.75]]]])
    other = good.clone()
    other[0, 0, 0] = torch.tensor([0.0, 0.6, 0.4])  # the hidden token's own row went elsewhere
    assert is_renormalised(good, whole, visible, 1e-4).tolist() == [True]
    assert is_renormalised(other, whole, visible, 1e-4).tolist() == [False]
    # With half of each row on a learned sink, which keeps its part.
    half = whole / 2
    rest = (1 - half[..., :1]).unsqueeze(1)
    learned = torch.where(visible[:, None], half.unsqueeze(1) / rest, 0.0)
    assert is_renormalised(learned, half, visible, 1e-4, learned_sinks=True).tolist() == [True]
    assert is_renormalised(good, half, visible, 1e-4, learned_sinks=True).tolist() == [False]
    assert is_renormalised(learned, half, visible, 1e-4).tolist() == [False]
