"""Where an attention block's residual joins its output, found by watching one run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from torch import Tensor, nn
from transformers import PreTrainedModel

from reportgen.model.projections import Projection

# Where a layer normalises: the block's output together with the residual (BERT), or what goes into
# the block (GPT-2).
NormPlace: TypeAlias = Literal["after", "before"]


@dataclass(frozen=True, slots=True, eq=False)
class Residual:
    """The modules that are given the sum of a block's output and its residual."""

    norms: tuple[nn.Module, ...]  # distinct; together they are called once a layer
    place: NormPlace  # "after": these norms are LayerNorms of that sum


@dataclass(frozen=True, slots=True, eq=False)
class _Call:
    """One call of a module."""

    module: nn.Module
    given: Tensor
    made: Tensor


def find_residual(
    encoder: PreTrainedModel,
    projections: Sequence[Projection],
    run: Callable[[], object],
    tolerance: float,
) -> Residual | None:
    """Where the residual joins while `run` runs the encoder; None where that is not clear.

    The norm that is called next after the output projection is given the sum. What that is beside
    the block's output must be what the values were made of ("after"), or what a norm before the
    block was given for it ("before"); parallel blocks and norms between the two do not pass.
    """
    values = {projection.value for projection in projections}
    outputs = {projection.output for projection in projections}
    norms = {module for module in encoder.modules() if _is_norm(module)}
    calls = _record(values | outputs | norms, run)
    joins: list[_Call] = []
    places: set[NormPlace] = set()
    start = 0  # first call since the last block
    for i, call in enumerate(calls):
        if call.module not in outputs:
            continue
        source = next((c for c in reversed(calls[start:i]) if c.module in values), None)
        join = next((later for later in calls[i + 1 :] if later.module in norms), None)
        if source is None or join is None or join.given.numel() != call.made.numel():
            return None
        # OPT lays the tokens of all texts in one row in between.
        residual = join.given.reshape(call.made.shape) - call.made
        if any(
            _same(c.made, source.given, tolerance) and _same(c.given, residual, tolerance)
            for c in calls[start:i]
            if c.module in norms
        ):
            places.add("before")
        elif _same(source.given, residual, tolerance):
            places.add("after")
        else:
            return None
        joins.append(join)
        start = i + 1
    joined = tuple(dict.fromkeys(join.module for join in joins))
    if not joins or [call for call in calls if call.module in joined] != joins:
        return None
    # The first layer of a model that normalises before its blocks may have no norm (ModernBERT).
    place: NormPlace = "before" if "before" in places else "after"
    if place == "after" and not all(isinstance(norm, nn.LayerNorm) for norm in joined):
        return None
    return Residual(joined, place)


def _record(modules: set[nn.Module], run: Callable[[], object]) -> list[_Call]:
    """The calls of `modules` while `run` runs, in the order in which they end."""
    calls: list[_Call] = []

    def record(module: nn.Module, args: tuple[Any, ...], made: Any) -> None:
        if args and isinstance(args[0], Tensor) and isinstance(made, Tensor):
            calls.append(_Call(module, args[0], made))

    handles = [module.register_forward_hook(record) for module in modules]
    try:
        run()
    finally:
        for handle in handles:
            handle.remove()
    return calls


def _same(one: Tensor, other: Tensor, tolerance: float) -> bool:
    if one.shape != other.shape:
        return False
    return bool((one - other).abs().max() <= tolerance * other.abs().max())


def _is_norm(module: nn.Module) -> bool:
    return "norm" in type(module).__name__.lower() and not any(module.children())
