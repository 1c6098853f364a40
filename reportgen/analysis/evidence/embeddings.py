"""Input embeddings as the start of a graph, for gradients at tokens."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from reportgen.analysis.evidence.text_evidence import GradientError
from reportgen.models import LoadedModel


@contextmanager
def embedding_leaf(model: LoadedModel, given: Tensor | None = None) -> Iterator[list[Tensor]]:
    """A context for one run of the module whose graph starts at the input embeddings.

    Within it, the output of the encoder's embedding table becomes a leaf that requires gradients;
    weights do not require any. If the table is used again for the same tokens, it returns the same
    leaf.

    Args:
        given: `[text, position, width]`, embeddings to use in place of the table's own.

    Yields:
        A list that holds the leaf, `[text, position, width]`, once the module has run.

    Raises:
        GradientError: the encoder has no such table, or the run did not use it for every token.
    """
    tables = _embedding_tables(model.encoder)
    asked: list[Tensor] = []  # the ids given to the module, [text, position]
    leaves: list[Tensor] = []
    first: list[Tensor] = []  # the ids whose embeddings are the leaf
    padding: list[Tensor] = []  # what an encoder adds at the end by itself, as Longformer does
    is_turned = False  # whether the encoder reads its ids as [position, text], as XLNet does

    def see(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        asked.append(kwargs["input_ids"])

    def swap(module: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> Tensor | None:
        nonlocal is_turned
        n_tokens = asked[-1].shape[1]
        if not leaves:
            if is_padded := _is_padded(asked[-1], args):
                padding.append(output[:, n_tokens:].detach())
            is_turned = not is_padded and _is_turned(asked[-1], args, output)
            embeddings = output.transpose(0, 1) if is_turned else output[:, :n_tokens]
            leaf = embeddings if given is None else given.to(output)
            leaves.append(leaf.detach().requires_grad_())
            first.extend(args)
        elif not (args and first and torch.equal(args[0], first[0])):
            return None  # other tokens, such as those of a decoder
        whole = torch.cat((*leaves, *padding), dim=1) if padding else leaves[0]
        return whole.transpose(0, 1) if is_turned else whole

    weights = [weight for weight in model.module.parameters() if weight.requires_grad]
    handles = [
        model.module.register_forward_pre_hook(see, with_kwargs=True),
        *(table.register_forward_hook(swap) for table in tables),
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


def gradients(targets: Tensor, inputs: Sequence[Tensor]) -> tuple[Tensor | None, ...]:
    """The gradient of each of `targets` `[text]` at its text's row of `inputs`, each `[text, ...]`.

    Returns:
        One tensor per input, of the same shape; None where the targets do not depend on it.

    Raises:
        GradientError: the targets have no graph, for example after rounding.
    """
    if not targets.requires_grad:
        raise GradientError("no_gradient")
    # The target of a text depends on its own row only, so one backward pass is enough for all.
    slopes: tuple[Tensor | None, ...] = torch.autograd.grad(
        targets, inputs, torch.ones_like(targets), allow_unused=True
    )
    return slopes


def _is_padded(asked: Tensor, args: Sequence[Tensor]) -> bool:
    """Whether the ids that a table is given are those that were asked for and more behind them."""
    n_texts, n_tokens = asked.shape
    ids = args[0] if args else asked
    if ids.ndim != 2 or len(ids) != n_texts or ids.shape[1] <= n_tokens:
        return False
    return torch.equal(ids[:, :n_tokens], asked)


def _is_turned(asked: Tensor, args: Sequence[Tensor], output: Tensor) -> bool:
    """Whether the embedding table's `output` is `[position, text, width]`.

    Args:
        asked: the ids given to the module, `[text, position]`.
        args: the arguments of the table.

    Raises:
        GradientError: `output` does not have one row per token.
    """
    shape = output.shape[:2]
    is_straight, is_turned = shape == asked.shape, shape == asked.T.shape
    if is_straight and is_turned and args:  # as many texts as positions: the ids tell
        return not torch.equal(args[0], asked) and torch.equal(args[0], asked.T)
    if not (is_straight or is_turned):
        raise GradientError("no_embeddings")
    return not is_straight


def _embedding_tables(encoder: PreTrainedModel) -> list[nn.Module]:
    """The table of input embeddings, and the modules with the same weights: the inner stack of a T5
    looks its tokens up in one of its own."""
    try:
        table = encoder.get_input_embeddings()
    except NotImplementedError as error:
        raise GradientError("no_embeddings") from error
    if not isinstance(table, nn.Module):
        raise GradientError("no_embeddings")
    weight = getattr(table, "weight", None)
    others = (
        module
        for module in encoder.modules()
        if isinstance(module, nn.Embedding) and module.weight is weight and module is not table
    )
    return [table, *others]


@contextmanager
def decoder_leaf(decoder: nn.Module) -> Iterator[list[Tensor]]:
    """A context for one run in which what a decoder reads are embeddings of their own in the graph:
    the list holds them, `[text, position, width]`, once it has run."""
    leaves: list[Tensor] = []
    is_inside = False

    def enter(*_: Any) -> None:
        nonlocal is_inside
        is_inside = True

    def swap(module: nn.Module, args: Any, output: Tensor) -> Tensor | None:
        if not is_inside or leaves:
            return None
        leaves.append(output.detach().requires_grad_())
        return leaves[0]

    handles = [
        decoder.register_forward_pre_hook(enter),
        _table_of(decoder).register_forward_hook(swap),
    ]
    try:
        yield leaves
    finally:
        for handle in handles:
            handle.remove()
    if not leaves:
        raise GradientError("no_embeddings")


def _table_of(decoder: nn.Module) -> nn.Module:
    try:
        table = decoder.get_input_embeddings() if isinstance(decoder, PreTrainedModel) else None
    except NotImplementedError:
        table = None
    if not isinstance(table, nn.Module):
        raise GradientError("no_embeddings")
    return table
