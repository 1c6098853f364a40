"""Finds out how the value vectors of a model are read, and proves it on one text."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import torch
from torch import Tensor

from reportgen.analysis.attention.capture import Capture
from reportgen.analysis.attention.values.blocks import Blocks, LayerBlock, find_residual
from reportgen.analysis.attention.values.norms import Norms
from reportgen.models import (
    EncodedText,
    LoadedModel,
    Projection,
    find_projections,
    other_layouts,
    tolerances,
)
from reportgen.results import Reason

# Called with the maps [text, head, query, key] of the next layer.
TakeLayer: TypeAlias = Callable[[Tensor], None]


def find_norms(model: LoadedModel, capture: Capture, text: EncodedText) -> Norms | Reason:
    """Find out how the value vectors of a model are read, and verify that on one text.

    It is right if in every layer attention weights times values, through the output projection and
    its bias, equal the output of the block.

    Returns:
        What was found, or the reason why not: "values_unreadable" if no module has a known name,
        "values_unproven" if no way of reading them gives the output.
    """
    found = find_projections(model.encoder)
    if not found:
        return "values_unreadable"
    inputs = model.inputs([text])
    tolerance = tolerances(model.info.dtype).rebuilt

    def run(add_maps: TakeLayer) -> object:
        return capture.run(inputs, lambda layer, maps: add_maps(maps))

    for projections in (found, *other_layouts(found)):
        try:
            error = rebuilding_error(projections, run)
        except Exception:  # a module with a known name that does not make values
            continue
        if error <= tolerance:
            residual = find_residual(
                model.encoder,
                projections,
                lambda: run(lambda maps: None),
                tolerance,
            )
            return Norms(projections, residual, tolerance, error)
    return "values_unproven"


def gather(block: LayerBlock) -> Tensor:
    """Attention weights times values, `[text, query, head * size]`."""
    return (block.maps @ block.values.transpose(1, 2)).transpose(1, 2).flatten(2)


def rebuilding_error(
    projections: Sequence[Projection], run: Callable[[TakeLayer], object]
) -> float:
    """The largest error of a rebuilt block output in any layer, relative to its largest entry; NaN
    if blocks and maps do not match. `run` runs the model and passes on its maps."""
    errors: list[Tensor] = []

    def take(block: LayerBlock) -> None:
        rebuilt = gather(block) @ block.projection.weight().float().flatten(0, 1)
        bias = block.projection.bias()
        if bias is not None:
            rebuilt += bias.float()
        errors.append((rebuilt - block.output).abs().max() / block.output.abs().max())

    blocks = Blocks(projections, None, take)
    with blocks.hooked():
        run(blocks.add_maps)
    return float(torch.stack(errors).max()) if blocks.is_complete else float("nan")
