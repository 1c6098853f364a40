"""Reads or replaces value vectors and hides keys while a model runs, with temporary hooks."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

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


def visible_cells(hidden: Tensor, *, is_causal: bool) -> Tensor:
    """The keys each query can see when `hidden` `[text, key]` is hidden, `[text, query, key]`.

    In a causal model, a query whose keys are all hidden still sees its own key: without any,
    softmax would spread its weight over all keys, including later ones.
    """
    size = hidden.shape[1]
    shown = ~hidden[:, None, :].expand(-1, size, -1)
    if not is_causal:
        return shown
    shown = shown.tril()
    itself = torch.eye(size, dtype=torch.bool, device=hidden.device)
    return shown | (itself & ~shown.any(dim=-1, keepdim=True))


@contextmanager
def keys_hidden(encoder: PreTrainedModel, hidden: Tensor, *, is_causal: bool) -> Iterator[None]:
    """A context in which `encoder` hides the keys in `hidden` `[text, key]` from every query.

    All texts of the batch must have the same length. Parts of the model outside of `encoder` still
    see the tokens. Whether a model does as asked, and nothing more, is checked by `is_hidden` and
    `is_renormalised`.

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
        given = kwargs.get("attention_mask")
        return args, {**kwargs, "attention_mask": _both(mask, given, hidden)}

    with encoder.register_forward_pre_hook(hide, with_kwargs=True):
        yield


def _both(mask: Tensor, given: Any, hidden: Tensor) -> Any:
    """`mask`, which hides the keys in `hidden` `[text, key]`; where the mask that was `given` hides
    more than padding, or differs by the kind of layer, that one with the keys hidden too."""
    if isinstance(given, Mapping):
        return {kind: _both(mask, layer_mask, hidden) for kind, layer_mask in given.items()}
    if not isinstance(given, Tensor) or given.ndim != 4:
        return mask
    lowest = torch.finfo(given.dtype).min
    return given.masked_fill(hidden[:, None, None, :], lowest)


def is_hidden(
    maps: Tensor, visible: Tensor, tolerance: float, *, learned_sinks: bool = False
) -> Tensor:
    """Whether weights outside of `visible` are exactly 0, and rows sum to 1 within `tolerance`.

    Args:
        maps: of one layer, `[text, head, query, key]`.
        visible: `[text, query, key]`.
        learned_sinks: whether rows may sum to less, because a learned sink has the rest.

    Returns:
        `[text]`.
    """
    strays = maps.masked_fill(visible[:, None], 0.0)
    beyond = maps.float().sum(dim=-1) - 1
    off = beyond.clamp(min=0) if learned_sinks else beyond.abs()
    return (strays == 0).flatten(1).all(dim=1) & (off <= tolerance).flatten(1).all(dim=1)


def is_renormalised(
    maps: Tensor, whole: Tensor, visible: Tensor, tolerance: float, *, learned_sinks: bool = False
) -> Tensor:
    """Whether maps equal those of the unchanged text, renormalised over the `visible` keys, and
    over the learned sink where there is one.

    They do not in models that do more to a hidden token than hide it as a key.

    Args:
        maps: of the first layer, `[text, head, query, key]`.
        whole: of the first layer of the unchanged text, `[head, query, key]`.
        visible: `[text, query, key]`.

    Returns:
        `[text]`.
    """
    kept = whole.float() * visible[:, None]
    total = kept.sum(dim=-1, keepdim=True)
    if learned_sinks:
        total = total + (1 - whole.float().sum(dim=-1, keepdim=True)).clamp(min=0)
    off = (maps.float() * total - kept).abs()
    return (off <= tolerance).flatten(1).all(dim=1)


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
