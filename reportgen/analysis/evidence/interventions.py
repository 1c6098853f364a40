"""Changes inside a model while it runs: value vectors read or replaced, keys hidden; by hooks that
are gone afterwards."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from reportgen.errors import CaptureError
from reportgen.models.architecture import Projection

# Called with the number of the layer, from 0, and its value vectors [text, key, value head, size].
TakeValues = Callable[[int, Tensor], None]


@contextmanager
def values_read(projections: Sequence[Projection], take: TakeValues) -> Iterator[None]:
    """Within it, `take` is given the value vectors of each layer that runs, to read only."""

    def read(layer: int, projection: Projection, made: Tensor) -> None:
        take(layer, projection.values(made))

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
    """Within it, one batch has other value vectors at some places; attention weights stay.

    Args:
        texts: `[place]`, which text of the batch.
        keys: `[place]`, which position of it.
        vectors: `[place, value head, size]` for each layer; None puts 0.

    Raises:
        CaptureError: at its end, where fewer than `n_layers` layers made their values there.
    """
    n_run = 0

    def replace(layer: int, projection: Projection, made: Tensor) -> Tensor:
        nonlocal n_run
        n_run = layer + 1
        made = made.clone()
        values = projection.values(made)
        values[texts, keys] = values.new_zeros(()) if vectors is None else vectors[layer].to(values)
        return made

    with _hooked(projections, replace):
        yield
    if n_run != n_layers:
        raise CaptureError(f"the values of {n_run} layers were replaced, not of all {n_layers}")


def visible_cells(hidden: Tensor, *, is_causal: bool) -> Tensor:
    """`[text, query, key]`: what each query can see once `hidden` `[text, key]` is hidden.

    In a causal model a query whose keys are all hidden keeps its own: without any, softmax would
    spread it over all keys, later ones too.
    """
    size = hidden.shape[1]
    shown = ~hidden[:, None, :].expand(-1, size, -1)
    if not is_causal:
        return shown
    shown = shown.tril()
    own = torch.eye(size, dtype=torch.bool, device=hidden.device)
    return shown | (own & ~shown.any(dim=-1, keepdim=True))


@contextmanager
def keys_hidden(encoder: PreTrainedModel, hidden: Tensor, *, is_causal: bool) -> Iterator[None]:
    """Within it, `encoder` hides the keys in `hidden` `[text, key]` from every query of one batch
    of texts of one length; what is outside of it still sees them.

    Not every model does only that: see `is_hidden` and `is_renormalised`.

    Raises:
        CaptureError: the encoder takes no attention mask.
    """
    mask = (~hidden).long()
    if is_causal:
        visible = visible_cells(hidden, is_causal=True)[:, None]
        lowest = torch.finfo(encoder.dtype).min
        mask = torch.zeros_like(visible, dtype=encoder.dtype).masked_fill(~visible, lowest)
    names = list(inspect.signature(encoder.forward).parameters)
    if "attention_mask" not in names:
        raise CaptureError(f"{type(encoder).__name__} takes no attention mask")
    place = names.index("attention_mask")

    def hide(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if place < len(args):
            return (*args[:place], mask, *args[place + 1 :]), kwargs
        return args, {**kwargs, "attention_mask": mask}

    handle = encoder.register_forward_pre_hook(hide, with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()


def is_hidden(maps: Tensor, visible: Tensor, tolerance: float) -> Tensor:
    """`[text]`: whether in one layer's `maps` `[text, head, query, key]` all that is not `visible`
    `[text, query, key]` has a weight of exactly 0, and rows sum to 1 within `tolerance`."""
    strays = maps.masked_fill(visible[:, None], 0.0)
    off = (maps.float().sum(dim=-1) - 1).abs()
    return (strays == 0).flatten(1).all(dim=1) & (off <= tolerance).flatten(1).all(dim=1)


def is_renormalised(maps: Tensor, whole: Tensor, visible: Tensor, tolerance: float) -> Tensor:
    """`[text]`: whether the first layer's `maps` `[text, head, query, key]` are those of the
    unchanged text, `whole` `[head, query, key]`, renormalised over what is `visible`
    `[text, query, key]`.

    They are not in models that do more to a hidden token than hide it as a key.
    """
    kept = whole.float() * visible[:, None]
    off = (maps.float() * kept.sum(dim=-1, keepdim=True) - kept).abs()
    return (off <= tolerance).flatten(1).all(dim=1)


@contextmanager
def _hooked(
    projections: Sequence[Projection], call: Callable[[int, Projection, Tensor], Tensor | None]
) -> Iterator[None]:
    """Within it, `call` is given each layer's number, projection and what its value module
    returned; what it returns, if anything, takes that place."""
    count = 0

    def hook(projection: Projection) -> Callable[..., Tensor | None]:
        def run(module: nn.Module, args: Any, made: Tensor) -> Tensor | None:
            nonlocal count
            count += 1  # one module may make the values of many layers
            return call(count - 1, projection, made)

        return run

    handles = [item.value.register_forward_hook(hook(item)) for item in projections]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
