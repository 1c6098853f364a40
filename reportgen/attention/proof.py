"""Whether a model's value vectors can be read: proven on one text before a figure rests on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from reportgen.attention.blocks import Block, Blocks
from reportgen.attention.capture import Capture
from reportgen.attention.residual import Residual, find_residual
from reportgen.info import Reason
from reportgen.model.encoder import accepted_arguments
from reportgen.model.load import LoadedModel
from reportgen.model.projections import Projection, find_projections, other_layouts
from reportgen.model.tokens import EncodedText, pad

# How far what is rebuilt may be from what the model made, relative to its largest entry, by the
# precision a model runs in.
REBUILT_TOLERANCE = {"float32": 1e-4, "float16": 1e-2, "bfloat16": 5e-2}


@dataclass(frozen=True, slots=True, eq=False)
class Norms:
    """How a model's value vectors are read, as proven on one text."""

    projections: tuple[Projection, ...]  # in their true layout
    residual: Residual | None  # None where it is not known: no mixing ratio, no ALTI
    tolerance: float  # of the self-check
    error: float  # of the proof, relative


def find_norms(model: LoadedModel, capture: Capture, text: EncodedText) -> Norms | Reason:
    """Find where values are made and prove it on one text, else the reason why it failed.

    The proof: in every layer, weights times values, through the output projection and its bias,
    are the block's output. "values_unreadable" where no module has the name of one that makes
    values, "values_unproven" where none of the ways to read them passes.
    """
    found = find_projections(model.encoder)
    if not found:
        return "values_unreadable"
    inputs = pad([text], model.pad_token_id, accepted_arguments(model.module), model.device)
    tolerance = REBUILT_TOLERANCE[model.info.dtype]
    for projections in (found, *other_layouts(found)):
        try:
            error = _rebuilding_error(capture, projections, inputs)
        except Exception:  # a module that has only the name of one that makes values
            continue
        if error <= tolerance:
            residual = find_residual(
                model.encoder,
                projections,
                lambda: capture.run(inputs, lambda layer, maps: None),
                tolerance,
            )
            return Norms(projections, residual, tolerance, error)
    return "values_unproven"


def gather(block: Block) -> Tensor:
    """What the heads gather by weights and values, `[text, query, head * size]`."""
    return (block.maps @ block.values.transpose(1, 2)).transpose(1, 2).flatten(2)


def _rebuilding_error(
    capture: Capture, projections: Sequence[Projection], inputs: Mapping[str, Tensor]
) -> float:
    """How far the blocks' outputs are from what weights and values give, relative to the largest
    entry, in the worst layer; NaN where blocks and maps do not go together."""
    errors: list[Tensor] = []

    def take(block: Block) -> None:
        rebuilt = gather(block) @ block.projection.weight().float().flatten(0, 1)
        bias = block.projection.bias()
        if bias is not None:
            rebuilt += bias.float()
        errors.append((rebuilt - block.output).abs().max() / block.output.abs().max())

    blocks = Blocks(projections, None, take)
    with blocks.hooked():
        capture.run(inputs, lambda layer, maps: blocks.add_maps(maps))
    return float(torch.stack(errors).max()) if blocks.is_complete else float("nan")
