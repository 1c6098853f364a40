"""Runs a model with its attention weights and the scales of its norms held constant."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

# What makes attention weights, and what norms without a mean divide by.
_CONSTANT = frozenset(
    (
        functional.softmax,
        torch.softmax,
        Tensor.softmax,
        torch.rsqrt,
        Tensor.rsqrt,
        torch.sqrt,
        Tensor.sqrt,
    )
)
# Functions that are no sums of their inputs. What is lost or won in them is counted.
_BENT = frozenset(
    (
        *(functional.gelu, functional.relu, functional.silu, functional.elu, functional.mish),
        *(functional.softplus, functional.leaky_relu, functional.hardtanh, functional.selu),
        *(torch.tanh, Tensor.tanh, torch.sigmoid, Tensor.sigmoid, torch.relu, Tensor.relu),
        *(functional.log_softmax, torch.log_softmax, Tensor.log_softmax),
    )
)
_PRODUCT = frozenset((torch.mul, Tensor.mul, Tensor.__mul__))
_ACTIVATIONS = ("torch.nn.modules.activation", "transformers.activations")


class ConstantAttention(TorchFunctionMode):
    """A mode in which a graph holds attention weights and the scales of norms as constants.

    A gate too: the activation that is multiplied with another signal (Arras et al. 2017).

    Attributes:
        bends: the input and the output of each other activation, in the graph.
    """

    def __init__(self) -> None:
        super().__init__()
        self.bends: list[tuple[Tensor, Tensor]] = []
        self._inside = 0  # modules that are activations

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Call `func`, or its replacement in this mode."""
        kwargs = kwargs or {}
        if func is functional.layer_norm:
            return _layer_norm(*args, **kwargs)
        if func is functional.rms_norm:
            return _rms_norm(*args, **kwargs)
        if func in _CONSTANT:
            return func(*args, **kwargs).detach()
        if not self._inside and func in _PRODUCT:
            return func(*self._held_gate(args), **kwargs)
        if not self._inside and func in _BENT and _is_signal(args[0]):
            given = args[0].clone()
            made = func(given.clone(), *args[1:], **kwargs).clone()
            self.bends.append((given, made))
            return made
        return func(*args, **kwargs)

    @contextmanager
    def watching(self, module: nn.Module) -> Iterator[None]:
        """A context in which an activation that is a module inside `module` is treated as one
        function."""
        waiting: list[Tensor] = []

        def enter(activation: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...]:
            self._inside += 1
            waiting.append(args[0].clone())
            return (waiting[-1].clone(), *args[1:])

        def leave(activation: nn.Module, args: tuple[Any, ...], made: Tensor) -> Tensor:
            self._inside -= 1
            given, made = waiting.pop(), made.clone()
            if _is_signal(given):
                self.bends.append((given, made))
            return made

        with ExitStack() as hooks:
            for part in module.modules():
                if type(part).__module__ in _ACTIVATIONS and next(part.parameters(), None) is None:
                    hooks.enter_context(part.register_forward_pre_hook(enter))
                    hooks.enter_context(part.register_forward_hook(leave))
            yield

    def _held_gate(self, factors: Sequence[Any]) -> list[Any]:
        """The `factors` of a product, the one that is an activation as a constant if the other is a
        signal too."""
        if not all(map(_is_signal, factors)):
            return list(factors)
        made = {id(output) for _, output in self.bends}
        is_gate = [id(factor) in made for factor in factors]
        if is_gate.count(True) != 1:
            return list(factors)
        return [
            factor.detach() if held else factor
            for factor, held in zip(factors, is_gate, strict=True)
        ]


def _is_signal(value: object) -> bool:
    return isinstance(value, Tensor) and value.requires_grad


def _layer_norm(
    given: Tensor,
    shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """LayerNorm that divides by a constant: the standard deviation is not part of the graph."""
    axes = tuple(range(-len(shape), 0))
    whole = given.float()
    spread = (whole.detach().var(axes, unbiased=False, keepdim=True) + eps).sqrt()
    made = ((whole - whole.mean(axes, keepdim=True)) / spread).to(given.dtype)
    made = made if weight is None else made * weight
    return made if bias is None else made + bias


def _rms_norm(
    given: Tensor, shape: Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """RMSNorm that divides by a constant."""
    axes = tuple(range(-len(shape), 0))
    whole = given.float()
    least = torch.finfo(given.dtype).eps if eps is None else eps
    size = (whole.detach().square().mean(axes, keepdim=True) + least).sqrt()
    made = (whole / size).to(given.dtype)
    return made if weight is None else made * weight
