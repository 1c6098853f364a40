"""Collects the inputs and outputs of each attention block with hooks while a model runs."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from torch import Tensor, nn
from transformers import PreTrainedModel

from reportgen.models import Projection


@dataclass(frozen=True, slots=True, eq=False)
class LayerBlock:
    """The attention block of one layer on a batch; float32 tensors that must not be changed."""

    maps: Tensor  # [text, head, query, key]
    projection: Projection
    values: Tensor  # [text, key, head, size], as each head reads them
    gathered: Tensor  # [text, query, head * size], the input of the output projection
    output: Tensor  # [text, query, width], its output
    stream: Tensor | None  # [text, query, width], sum of output and residual; None where not known
    norm: nn.Module | None  # the LayerNorm applied to `stream` next; None if there is none


# Where a layer normalises: the sum of the block's output and the residual (BERT), or the input of
# the block (GPT-2).
NormPlace: TypeAlias = Literal["after", "before"]


@dataclass(frozen=True, slots=True, eq=False)
class Residual:
    """The modules whose input is the sum of a block's output and its residual."""

    norms: tuple[nn.Module, ...]  # distinct; together they are called once per layer
    place: NormPlace  # "after": these norms are LayerNorms of that sum


class Blocks:
    """Puts the parts of each attention block together, and passes on each complete `LayerBlock`.

    Maps are added by the caller (`add_maps`): for a BERT before the output projection runs, for an
    ALBERT after it, for models that return all maps together at the very end. Hooks collect the
    other parts. The nth of each part belongs to the nth block.
    """

    def __init__(
        self,
        projections: Sequence[Projection],
        residual: Residual | None,
        take: Callable[[LayerBlock], None],
    ) -> None:
        self._projections = projections
        self._residual = residual
        self._take = take
        self._maps: deque[Tensor] = deque()
        self._values: deque[tuple[Projection, Tensor]] = deque()
        self._outputs: deque[tuple[Tensor, Tensor]] = deque()
        self._streams: deque[tuple[Tensor, nn.Module | None]] = deque()
        self._has_blocks = False

    @property
    def is_complete(self) -> bool:
        """Whether every part that came was used in a block, and there was at least one block."""
        waiting = (self._maps, self._values, self._outputs, self._streams)
        return self._has_blocks and not any(waiting)

    def add_maps(self, maps: Tensor) -> None:
        """Add the maps of the next layer, `[text, head, query, key]`."""
        self._maps.append(maps)
        self._hand_over()

    @contextmanager
    def hooked(self) -> Iterator[None]:
        """A context in which the model must run: within it hooks collect the parts of blocks."""
        with ExitStack() as hooks:
            for projection in self._projections:
                take_values = self._takes_values(projection)
                hooks.enter_context(projection.value.register_forward_hook(take_values))
                hooks.enter_context(projection.output.register_forward_hook(self._take_output))
            for norm in self._residual.norms if self._residual is not None else ():
                hooks.enter_context(norm.register_forward_pre_hook(self._take_stream))
            yield

    def _takes_values(self, projection: Projection) -> Callable[..., None]:
        def hook(module: nn.Module, args: Any, made: Tensor) -> None:
            self._values.append((projection, projection.values(made).contiguous()))
            self._hand_over()

        return hook

    def _take_output(self, module: nn.Module, args: tuple[Tensor], made: Tensor) -> None:
        self._outputs.append((args[0], made))
        self._hand_over()

    def _take_stream(self, module: nn.Module, args: tuple[Tensor]) -> None:
        follows = self._residual is not None and self._residual.place == "after"
        self._streams.append((args[0], module if follows else None))
        self._hand_over()

    def _hand_over(self) -> None:
        has_stream = bool(self._streams) or self._residual is None
        if not (self._maps and self._values and self._outputs and has_stream):
            return
        projection, values = self._values.popleft()
        gathered, output = self._outputs.popleft()
        stream, norm = self._streams.popleft() if self._streams else (None, None)
        maps = self._maps.popleft().float()
        # Without what an encoder pads its texts by (Longformer).
        queries, keys = (slice(size) for size in maps.shape[-2:])
        device = maps.device  # of the layer; what comes next may be on another one
        if stream is not None:
            stream = stream.to(device).float().reshape(output.shape)[:, queries]
        block = LayerBlock(
            maps=maps,
            projection=projection,
            values=projection.per_head(values.to(device).float()[:, keys]),
            gathered=gathered.to(device).float()[:, queries],
            output=output.to(device).float()[:, queries],
            stream=stream,
            norm=norm,
        )
        self._has_blocks = True
        self._take(block)


@dataclass(frozen=True, slots=True, eq=False)
class _BlockCall:
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
    """Find where each block's output is added to the residual; None where that is not clear.

    The input of the first norm after the output projection is taken for the sum. Without the
    block's output, it must equal the input of the value module ("after"), or the input of a norm
    whose output is the input of the value module ("before"). Models with parallel blocks, or with
    norms between block and sum, are not supported.

    Args:
        run: runs the encoder once.
        tolerance: largest difference of equal tensors, relative to the largest entry.
    """
    values = {projection.value for projection in projections}
    outputs = {projection.output for projection in projections}
    norms = {module for module in encoder.modules() if _is_norm(module)}
    calls = _record(values | outputs | norms, run)
    joins: list[_BlockCall] = []
    places: set[NormPlace] = set()
    start = 0  # first call after the previous block
    for i, call in enumerate(calls):
        if call.module not in outputs:
            continue
        source = next((c for c in reversed(calls[start:i]) if c.module in values), None)
        join = next((later for later in calls[i + 1 :] if later.module in norms), None)
        if source is None or join is None or join.given.numel() != call.made.numel():
            return None
        # OPT flattens the batch in between.
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
    # In models that normalise before blocks, the first layer may have no norm (ModernBERT).
    place: NormPlace = "before" if "before" in places else "after"
    if place == "after" and not all(isinstance(norm, nn.LayerNorm) for norm in joined):
        return None
    return Residual(joined, place)


def _record(modules: set[nn.Module], run: Callable[[], object]) -> list[_BlockCall]:
    """The calls of `modules` while `run` runs, in the order in which they return."""
    calls: list[_BlockCall] = []

    def record(module: nn.Module, args: tuple[Any, ...], made: Any) -> None:
        if args and isinstance(args[0], Tensor) and isinstance(made, Tensor):
            calls.append(_BlockCall(module, args[0], made))

    with ExitStack() as hooks:
        for module in modules:
            hooks.enter_context(module.register_forward_hook(record))
        run()
    return calls


def _same(one: Tensor, other: Tensor, tolerance: float) -> bool:
    if one.shape != other.shape:
        return False
    return bool((one - other).abs().max() <= tolerance * other.abs().max())


def _is_norm(module: nn.Module) -> bool:
    return "norm" in type(module).__name__.lower() and not any(module.children())
