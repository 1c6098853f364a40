"""Where values are made and what turns them into the block's output, family by family."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from families import SITES, load_family
from torch import nn
from transformers.pytorch_utils import Conv1D

from reportgen.models.architecture import Projection, find_projections, other_layouts


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.mark.parametrize("family", SITES)
def test_projections_are_the_familys_own_in_order(folder: Path, family: str) -> None:
    encoder, sites = load_family(folder, family).encoder, SITES[family]
    found = find_projections(encoder)
    assert len(found) == (1 if family == "albert" else 3)
    for layer, projection in enumerate(found):
        assert projection.value is encoder.get_submodule(sites.value.format(layer))
        assert projection.output is encoder.get_submodule(sites.output.format(layer))
        assert (projection.n_heads, projection.size) == (4, 8)
        assert projection.n_value_heads == sites.n_value_heads


@pytest.mark.parametrize("family", SITES)
def test_values_are_those_that_each_head_reads(folder: Path, family: str) -> None:
    """Each entry of what a module returned says its own column."""
    sites = SITES[family]
    projection = find_projections(load_family(folder, family).encoder)[0]
    weight = projection.value.weight
    width = weight.shape[1 if isinstance(projection.value, Conv1D) else 0]
    made = torch.arange(width).expand(2, 3, -1)  # [text, key, column]
    read = projection.per_head(projection.values(made))
    assert read.shape == (2, 3, 4, 8)
    for head in range(4):
        start = sites.start(head, 4, sites.n_value_heads, 8)
        assert read[1, 2, head].tolist() == list(range(start, start + 8))


@pytest.mark.parametrize("layout", ["alone", "behind all", "behind each"])
def test_values_are_a_view_to_write_into(layout: str) -> None:
    projection = Projection(nn.Identity(), nn.Linear(8, 8), 4, 2, 2, layout)
    made = torch.zeros(1, 3, 4 if layout == "alone" else 16)
    projection.values(made)[0, 1] = 1
    assert made[0].sum(-1).tolist() == [0, 4, 0]


@pytest.mark.parametrize("output", [nn.Linear(8, 6), nn.Linear(8, 6, bias=False), Conv1D(6, 8)])
def test_weight_and_bias_are_those_of_the_output_projection(output: nn.Module) -> None:
    projection = Projection(nn.Identity(), output, 4, 4, 2, "alone")
    gathered = torch.randn(5, 4, 2)
    made = torch.zeros(5, 6)
    for head in range(4):
        made += gathered[:, head] @ projection.weight()[head]
    if projection.bias() is not None:
        made += projection.bias()
    assert (projection.bias() is None) == (output.bias is None)
    torch.testing.assert_close(made, output(gathered.flatten(1)))


def encoder_of(**modules: nn.Module):
    """An encoder of four heads with one attention module."""
    encoder = nn.Module()
    encoder.attention = nn.ModuleDict(modules)
    facts = SimpleNamespace(num_hidden_layers=1, num_attention_heads=4, hidden_size=8)
    encoder.config = SimpleNamespace(get_text_config=lambda: facts)
    return encoder


def test_only_modules_that_can_be_projections_are_taken() -> None:
    def found(**modules: nn.Module) -> int:
        return len(find_projections(encoder_of(**modules)))

    def linear(made: int = 8, given: int = 8) -> nn.Linear:
        return nn.Linear(given, made)

    assert found(value=linear(), dense=linear()) == 1
    assert found(value=linear(4), dense=linear()) == 1  # two value heads
    assert found(other=linear(), dense=linear()) == 0
    assert found(value=linear()) == 0  # no output projection
    assert found(value=nn.Identity(), dense=linear()) == 0  # of no known width
    assert found(value=linear(), dense=nn.Identity()) == 0
    assert found(value=linear(4), dense=linear(8, 6)) == 0  # no whole number for each head
    assert found(value=linear(5), dense=linear()) == 0
    assert found(value=linear(6), dense=linear()) == 0  # 3 value heads do not divide 4
    assert found(c_attn=linear(), dense=linear()) == 0  # fused, but no room for values


def test_only_fused_values_may_lie_another_way(folder: Path) -> None:
    alone = find_projections(load_family(folder, "bert").encoder)
    assert other_layouts(alone) == ()
    fused = find_projections(load_family(folder, "gpt2").encoder)
    ((first, *_),) = other_layouts(fused)
    assert (fused[0].layout, first.layout) == ("behind all", "behind each")
    assert (first.value, first.output) == (fused[0].value, fused[0].output)
    assert other_layouts(other_layouts(fused)[0])[0][0].layout == "behind all"
