"""Attention maps out of real architectures, against the library's own `output_attentions`."""

import pytest
import torch
from helpers.real.models import ARCHITECTURES, tiny_model
from torch import nn
from transformers import AutoConfig, AutoModel, LongT5Config, LongT5EncoderModel

from reportgen.analysis.attention import Capture
from reportgen.errors import CaptureError
from reportgen.models import find_encoder

IDS = torch.tensor([[5, 6, 7, 8, 9, 10, 11], [12, 13, 14, 15, 5, 5, 5]])
MASK = torch.tensor([[1] * 7, [1, 1, 1, 1, 0, 0, 0]])


def captured(module: nn.Module, inputs: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    _, encoder = find_encoder(module)
    layers: list[torch.Tensor] = []
    numbers: list[int] = []

    def sink(number: int, maps: torch.Tensor) -> None:
        numbers.append(number)
        layers.append(maps.clone())

    Capture(module, encoder).run(inputs, sink)
    assert numbers == list(range(len(layers)))
    return layers


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_maps_equal_those_the_library_gives(architecture: str) -> None:
    # A sequence-to-sequence model is read by its encoder alone.
    model = find_encoder(tiny_model(architecture))[1]
    inputs = {"input_ids": IDS, "attention_mask": MASK}
    model.set_attn_implementation("eager")
    with torch.inference_mode():
        expected = model(**inputs, output_attentions=True).attentions
    layers = captured(model, inputs)
    assert len(layers) == len(expected) == 3
    for ours, theirs in zip(layers, expected, strict=True):
        assert ours.shape == theirs.shape == (2, 4, 7, 7)
        assert (ours - theirs).abs().max() <= 1e-6
        assert theirs.std() > 0.01  # spread weights: equality says something
        assert (ours[1, :, :4, 4:] == 0).all()


def test_albert_gives_every_layer_though_one_module_makes_them_all() -> None:
    layers = captured(tiny_model("albert", num_hidden_layers=5), {"input_ids": IDS})
    assert len(layers) == 5
    assert not torch.equal(layers[0], layers[4])


@pytest.mark.parametrize("returns", ["tuple", "silent", "old"])
def test_a_wrapper_needs_no_change(returns: str) -> None:
    class Wrapper(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = tiny_model("bert")
            self.body.set_attn_implementation("sdpa")
            self.head = nn.Linear(32, 1)

        def forward(self, input_ids, attention_mask=None):
            if returns == "old":
                first, *_ = self.body(input_ids, attention_mask, return_dict=False)
            else:
                first = self.body(input_ids, attention_mask).last_hidden_state
            score = self.head(first[:, 0])
            return (None, score, ()) if returns == "tuple" else score

    wrapper = Wrapper().eval()
    expected = tiny_model("bert")
    expected.set_attn_implementation("eager")
    with torch.inference_mode():
        theirs = expected(input_ids=IDS, attention_mask=MASK, output_attentions=True).attentions
    layers = captured(wrapper, {"input_ids": IDS, "attention_mask": MASK})
    assert len(layers) == 3
    for ours, other in zip(layers, theirs, strict=True):
        assert (ours - other).abs().max() <= 1e-6


def test_hooks_are_gone_after_a_run() -> None:
    model = tiny_model("deberta_v2")
    capture = Capture(model, model)
    assert capture.way == "output"
    capture.run({"input_ids": IDS}, lambda number, maps: None)
    assert not model._forward_hooks
    assert not model._forward_pre_hooks
    assert model(input_ids=IDS).attentions is None


def small(model_type: str, **config) -> nn.Module:
    torch.manual_seed(0)
    return AutoModel.from_config(AutoConfig.for_model(model_type, **config)).eval()


def test_a_model_without_attention_is_refused() -> None:
    mamba = small("mamba", vocab_size=50, hidden_size=16, num_hidden_layers=2, state_size=4)
    with pytest.raises(CaptureError, match="MambaModel gives no attention maps"):
        Capture(mamba, mamba).run({"input_ids": IDS}, lambda number, maps: None)


def test_blocks_with_summaries_of_the_text_beside_them_are_refused() -> None:
    encoder = LongT5EncoderModel(
        LongT5Config(
            vocab_size=50,
            d_model=16,
            d_kv=8,
            d_ff=16,
            num_layers=2,
            num_heads=2,
            local_radius=3,
            global_block_size=2,
            encoder_attention_type="transient-global",
        )
    ).eval()
    with pytest.raises(CaptureError, match=r"attention in parts .* not one square map"):
        Capture(encoder, encoder.encoder).run(
            {"input_ids": IDS, "attention_mask": MASK}, lambda number, maps: None
        )
