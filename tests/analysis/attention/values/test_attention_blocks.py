"""The parts of attention blocks are put together by their order, whenever each of them comes."""

import pytest
import torch
from torch import nn

from reportgen.analysis.attention import Blocks, LayerBlock, Residual
from reportgen.models import Projection

MAPS = [torch.full((1, 2, 3, 3), float(layer)) for layer in range(3)]


class Layer(nn.Module):
    """Attention of two heads of which only the modules count that hooks are on."""

    def __init__(self) -> None:
        super().__init__()
        self.value, self.dense, self.norm = nn.Linear(4, 2), nn.Linear(4, 4), nn.LayerNorm(4)

    def projection(self) -> Projection:
        return Projection(self.value, self.dense, 2, 1, 2, "alone")

    def forward(self, x):
        values = self.value(x)
        output = self.dense(values.repeat(1, 1, 2))
        return self.norm(output + x)


def run(layers, order: str, residual: Residual | None = None, times: int = 1) -> list[LayerBlock]:
    """The blocks of layers run one after another; maps come first, in between or at the end."""
    found: list[LayerBlock] = []
    distinct = dict.fromkeys(layers)
    blocks = Blocks([layer.projection() for layer in distinct], residual, found.append)
    assert not blocks.is_complete
    x = torch.randn(1, 3, 4)
    with blocks.hooked(), torch.no_grad():
        for maps, layer in zip(MAPS, layers, strict=True):
            if order == "before":
                blocks.add_maps(maps)
            for _ in range(times):
                x = layer(x)
            if order == "after":
                blocks.add_maps(maps)
        if order == "end":
            for maps in MAPS:
                blocks.add_maps(maps)
    assert blocks.is_complete == (times == 1)
    layers[0](x)  # the hooks are gone
    assert len(found) <= len(MAPS)
    return found


@pytest.mark.parametrize("order", ["before", "after", "end"])
@pytest.mark.parametrize("shares", [False, True])
@pytest.mark.parametrize("place", ["after", "before", None])
def test_parts_of_a_layer_are_put_together(order: str, shares: bool, place) -> None:
    layers = [Layer()] * 3 if shares else [Layer() for _ in range(3)]
    norms = tuple(dict.fromkeys(layer.norm for layer in layers))
    residual = None if place is None else Residual(norms, place)
    found = run(layers, order, residual)
    assert [float(block.maps[0, 0, 0, 0]) for block in found] == [0, 1, 2]
    x = None
    for layer, block in zip(layers, found, strict=True):
        assert block.projection.value is layer.value
        assert block.values.shape == (1, 3, 2, 2)
        assert torch.equal(block.values[:, :, 0], block.values[:, :, 1])  # shared by the heads
        torch.testing.assert_close(block.gathered, block.values.flatten(2))
        torch.testing.assert_close(block.output, layer.dense(block.gathered))
        assert block.norm is (layer.norm if place == "after" else None)
        if place is None:
            assert block.stream is None
            continue
        residual_part = block.stream - block.output
        if x is not None:
            torch.testing.assert_close(residual_part, x)
        x = layer.norm(block.stream)


def test_parts_that_are_left_over_are_noticed() -> None:
    run([Layer() for _ in range(3)], "end", times=2)


def test_parts_in_half_precision_are_read_whole() -> None:
    layers = [Layer().half() for _ in range(3)]
    found: list[LayerBlock] = []
    norms = tuple(layer.norm for layer in layers)
    blocks = Blocks([x.projection() for x in layers], Residual(norms, "after"), found.append)
    with blocks.hooked(), torch.no_grad():
        x = torch.randn(1, 3, 4).half()
        for maps, layer in zip(MAPS, layers, strict=True):
            blocks.add_maps(maps.half())
            x = layer(x)
    assert blocks.is_complete
    for block in found:
        parts = (block.maps, block.values, block.gathered, block.output, block.stream)
        assert {part.dtype for part in parts} == {torch.float32}
