"""Reads or replaces value vectors while a model runs, with temporary hooks."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from reportgen.errors import CaptureError
from reportgen.models import Projection

# Called with the number of a layer, from 0, and its value vectors [text, key, value head, size] or
# what was made of them.
TakeValues = Callable[[int, Tensor], None]


@contextmanager
def values_read(projections: Sequence[Projection], take: TakeValues) -> Iterator[None]:
    """A context in which `take` is called with the value vectors of each layer that runs.

    It must not change them.
    """

    def read(layer: int, projection: Projection, made: Tensor) -> None:
        take(layer, projection.values(made))

    with _hooked(projections, read):
        yield


@contextmanager
def value_sizes_read(projections: Sequence[Projection], take: TakeValues) -> Iterator[None]:
    """A context in which `take` is called, for each layer that runs, with the length of the vector
    that each head passes on from each key, `[text, head, key]`: that of its value vector times its
    part of the output projection."""

    def read(layer: int, projection: Projection, made: Tensor) -> None:
        values = projection.per_head(projection.values(made)).float()
        weight = projection.weight().float()  # [head, size, width]
        gram = weight @ weight.transpose(1, 2)
        squares = torch.einsum("tkhi,hij,tkhj->thk", values, gram, values)
        take(layer, squares.clamp(min=0).sqrt())

    with _hooked(projections, read):
        yield


@contextmanager
def values_replaced(
    projections: Sequence[Projection],
    n_layers: int,
    texts: Tensor,
    keys: Tensor,
    vectors: Sequence[Tensor] | None = None,
) -> Iterator[None]:
    """A context in which a batch has other value vectors at some places; attention weights stay.

    Args:
        texts: `[place]`, index of the text in the batch.
        keys: `[place]`, position in that text.
        vectors: `[place, value head, size]` for each layer; None for zeros.

    Raises:
        CaptureError: on leaving it, if other than `n_layers` layers computed values.
    """
    n_run = 0

    def replace(layer: int, projection: Projection, made: Tensor) -> Tensor:
        nonlocal n_run
        n_run = layer + 1
        made = made.clone()
        values = projection.values(made)
        places = texts.to(values.device), keys.to(values.device)
        values[places] = values.new_zeros(()) if vectors is None else vectors[layer].to(values)
        return made

    with _hooked(projections, replace):
        yield
    if n_run != n_layers:
        raise CaptureError(f"the values of {n_run} layers were replaced, not of all {n_layers}")


@contextmanager
def _hooked(
    projections: Sequence[Projection], call: Callable[[int, Projection, Tensor], Tensor | None]
) -> Iterator[None]:
    """A context in which `call` is called with each layer's number, projection and the output of
    its value module, and may return another output."""
    count = 0

    def hook(projection: Projection) -> Callable[..., Tensor | None]:
        def run(module: nn.Module, args: Any, made: Tensor) -> Tensor | None:
            nonlocal count
            count += 1  # one module may compute the values of many layers
            return call(count - 1, projection, made)

        return run

    with ExitStack() as hooks:
        for item in projections:
            hooks.enter_context(item.value.register_forward_hook(hook(item)))
        yield
