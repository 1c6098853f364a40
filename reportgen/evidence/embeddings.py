"""The input embeddings of a run as the leaf of its graph, whatever module the encoder is in."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from reportgen.info import Reason
from reportgen.model.load import LoadedModel

NOT_FINITE = "the gradient is not a finite number"


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a text lacks a figure."""

    reason: Reason
    message: str = ""  # what went wrong with this text; "" where the reason says it all


class GradientError(Exception):
    """The output of a text cannot be followed back to its input embeddings."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@contextmanager
def embedding_leaf(model: LoadedModel, given: Tensor | None = None) -> Iterator[list[Tensor]]:
    """Within it one run of the module builds a graph that starts at its input embeddings.

    They are what the encoder's table first gives in that run, or `given`, `[text, position,
    width]`, in their place, and again where it is asked for the same tokens; the list holds them,
    once run, as the leaf that requires gradients. No weight does meanwhile.

    Raises:
        GradientError: the encoder has no such table, or the run did not use it for each token.
    """
    table = _embedding_table(model.encoder)
    asked: list[Tensor] = []  # the ids that the module is given, [text, position]
    leaves: list[Tensor] = []
    first: list[Tensor] = []  # the ids they are of
    is_turned = False  # whether the encoder reads its ids as [position, text], as XLNet does

    def see(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        asked.append(kwargs["input_ids"])

    def swap(module: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> Tensor | None:
        nonlocal is_turned
        if not leaves:
            is_turned = _is_turned(asked[-1], args, output)
            own = output.transpose(0, 1) if is_turned else output
            leaf = own if given is None else given.to(output)
            leaves.append(leaf.detach().requires_grad_())
            first.extend(args)
        elif not (args and first and torch.equal(args[0], first[0])):
            return None  # of something else, such as what a decoder is given
        return leaves[0].transpose(0, 1) if is_turned else leaves[0]

    weights = [weight for weight in model.module.parameters() if weight.requires_grad]
    handles = [
        model.module.register_forward_pre_hook(see, with_kwargs=True),
        table.register_forward_hook(swap),
    ]
    try:
        for weight in weights:
            weight.requires_grad_(False)
        with torch.enable_grad():
            yield leaves
    finally:
        for handle in handles:
            handle.remove()
        for weight in weights:
            weight.requires_grad_(True)
    if not leaves:
        raise GradientError("no_embeddings")


def gradients(scalars: Tensor, inputs: Sequence[Tensor]) -> tuple[Tensor | None, ...]:
    """The gradient of each text's scalar, `[text]`, at its row of each of `inputs` `[text, ...]`;
    None where the scalars are not made of that one.

    Raises:
        GradientError: the scalars are no part of any graph, such as those of an integer or a step.
    """
    if not scalars.requires_grad:
        raise GradientError("no_gradient")
    # Each text's scalar depends on its own row alone, so one way back serves all.
    found: tuple[Tensor | None, ...] = torch.autograd.grad(
        scalars, inputs, torch.ones_like(scalars), allow_unused=True
    )
    return found


def _is_turned(asked: Tensor, args: Sequence[Tensor], output: Tensor) -> bool:
    """Whether a table's `output` is `[position, text, width]`, for the ids `asked` for.

    Raises:
        GradientError: it has no row for each token, so no gradient at it is a token's own.
    """
    shape = output.shape[:2]
    is_straight, is_turned = shape == asked.shape, shape == asked.T.shape
    if is_straight and is_turned and args:  # as many texts as positions: the ids tell
        return not torch.equal(args[0], asked) and torch.equal(args[0], asked.T)
    if not (is_straight or is_turned):
        raise GradientError("no_embeddings")
    return not is_straight


def _embedding_table(encoder: PreTrainedModel) -> nn.Module:
    try:
        table = encoder.get_input_embeddings()
    except NotImplementedError as error:
        raise GradientError("no_embeddings") from error
    if not isinstance(table, nn.Module):
        raise GradientError("no_embeddings")
    return table
