"""Settings of configurations: layer by layer, windows, kinds of layers, other inputs."""

from types import SimpleNamespace
from typing import Any

import pytest
from helpers.real.models import tiny_model
from torch import nn
from transformers import AutoConfig

from reportgen.models import has_maps, layers_remark, looks_through_window, whole
from reportgen.models.configuration import other_inputs, values


def with_config(**settings: Any) -> Any:
    """Something with a configuration, which is its own for texts."""
    config = SimpleNamespace(**settings)
    config.get_text_config = lambda: config
    return SimpleNamespace(config=config)


def test_a_setting_that_differs_by_layer_has_a_value_for_each() -> None:
    config = AutoConfig.for_model(
        "gemma4_text",
        num_hidden_layers=2,
        layer_types=["sliding_attention", "full_attention"],
        head_dim=8,
        global_head_dim=16,
    )
    assert values(config, "head_dim") == (8, 16)
    assert whole(config, "head_dim") == 16
    assert values(config, "nothing") == (None,) * len(values(config, "nothing"))
    assert whole(config, "layer_types") is None


@pytest.mark.parametrize(
    ("settings", "looks"),
    [
        ({"sliding_window": 4}, True),
        ({"attention_chunk_size": 4}, True),
        ({"index_topk": 4}, True),
        ({"sliding_window": None}, False),
        ({}, False),
    ],
)
def test_windows_are_known_by_their_settings(settings: dict[str, Any], looks: bool) -> None:
    assert looks_through_window(with_config(**settings)) == looks


@pytest.mark.parametrize(
    ("kind", "has"),
    [
        ("full_attention", True),
        ("sliding_attention", True),
        ("chunked_attention", True),
        ("hybrid", True),
        ("linear_attention", False),
        ("conv", False),
        ("moe", False),
    ],
)
def test_linear_layers_have_no_maps(kind: str, has: bool) -> None:
    assert has_maps(kind) == has


def test_layers_without_maps_are_named() -> None:
    kinds = ["conv", "linear_attention", "full_attention"]
    model = with_config(layer_types=kinds, num_hidden_layers=3)
    assert layers_remark(model, 1) == (
        "L1 is layer 3 of SimpleNamespace, which has 3; the others (conv, linear attention) have "
        "no attention maps"
    )
    assert layers_remark(model, 3) is None
    assert layers_remark(with_config(num_hidden_layers=3), 3) is None


def test_what_a_model_reads_beside_tokens_is_named() -> None:
    class Boxes(nn.Module):
        def forward(self, input_ids, bbox=None, pixel_values=None):
            return input_ids

    assert other_inputs(Boxes()) == "boxes around words (bbox), images (pixel_values)"
    assert other_inputs(tiny_model("bert")) is None
