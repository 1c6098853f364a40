"""What goes into and out of each attention block, gathered by hooks while a model runs."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from reportgen.attention.residual import Residual
from reportgen.model.projections import Projection


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One layer's attention block on a batch; float32, none of it to be changed."""

    maps: Tensor  # [text, head, query, key]
    projection: Projection
    values: Tensor  # [text, key, head, size], as each head reads them
    gathered: Tensor  # [text, query, head * size], what the output projection was given
    output: Tensor  # [text, query, width], what it made of that
    stream: Tensor | None  # [text, query, width], output and residual; None where not known
    norm: nn.Module | None  # the LayerNorm that takes `stream` next; None where none stands there


class Blocks:
    """Hands over each layer's block, in order, once all of its parts have come.

    The maps come from outside (`add_maps`): in a BERT before the output projection runs, in an
    ALBERT after, in models that give all their maps together at the very end. The parts belong
    together by their order.
    """

    def __init__(
        self,
        projections: Sequence[Projection],
        residual: Residual | None,
        take: Callable[[Block], None],
    ) -> None:
        self._projections = projections
        self._residual = residual
        self._take = take
        self._maps: deque[Tensor] = deque()
        self._values: deque[tuple[Projection, Tensor]] = deque()
        self._outputs: deque[tuple[Tensor, Tensor]] = deque()
        self._streams: deque[tuple[Tensor, nn.Module | None]] = deque()
        self._any_taken = False

    @property
    def is_complete(self) -> bool:
        """Whether each layer's maps met the other parts of their block, and no part is left."""
        waiting = (self._maps, self._values, self._outputs, self._streams)
        return self._any_taken and not any(waiting)

    def add_maps(self, maps: Tensor) -> None:
        """Take the next layer's maps, `[text, head, query, key]`."""
        self._maps.append(maps)
        self._hand_over()

    @contextmanager
    def hooked(self) -> Iterator[None]:
        """Gather while the model runs inside this context."""
        handles = [
            handle
            for projection in self._projections
            for handle in (
                projection.value.register_forward_hook(self._takes_values(projection)),
                projection.output.register_forward_hook(self._take_output),
            )
        ]
        for norm in self._residual.norms if self._residual is not None else ():
            handles.append(norm.register_forward_pre_hook(self._take_stream))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

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
        block = Block(
            maps=self._maps.popleft().float(),
            projection=projection,
            values=projection.per_head(values.float()),
            gathered=gathered.float(),
            output=output.float(),
            stream=None if stream is None else stream.float().reshape(output.shape),
            norm=norm,
        )
        self._any_taken = True
        self._take(block)
