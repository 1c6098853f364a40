"""Reads the scores of attention: what goes into the softmax that gives an attention map.

A score is q·k / sqrt(d) with all that a model does to it: rotated positions, biases of positions,
caps, a mask. All models give it to a function of torch that is called softmax. So the calls of
functions are watched while a model runs, whatever its modules are called, and what went into a
softmax is taken for the scores of a layer only if the softmax of it is the captured map.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor
from torch.overrides import TorchFunctionMode

from reportgen.analysis.attention.capture import Capture

# Functions that multiply queries by keys, with the places of both among their arguments.
_PRODUCTS: Mapping[str, tuple[int, int]] = {
    "matmul": (0, 1),
    "__matmul__": (0, 1),
    "bmm": (0, 1),
    "baddbmm": (1, 2),  # to a bias
}
_BATCHES = ("batch1", "batch2")  # names of these arguments of baddbmm


@dataclass(frozen=True, slots=True, eq=False)
class LayerScores:
    """The scores of one layer of one text, with the vectors whose products are part of them."""

    scores: Tensor  # [head, query, key]; a cell that is masked has a very low one
    error: Tensor  # [head], largest difference of their softmax from the captured map
    # As they enter the product, after rotation and norms; None where that product is not clear.
    queries: Tensor | None  # [head, query, size]
    keys: Tensor | None  # [head, key, size]


@dataclass(frozen=True, slots=True, eq=False)
class _Product:
    """A product of queries and keys."""

    queries: Tensor  # [..., query, size]
    keys: Tensor  # [..., size, key]


class AttentionScoreReader(TorchFunctionMode):
    """A context in which a model runs on one text, and from which the scores of each layer are
    taken once its map is captured.

    Only tensors of queries by keys are looked at. What is made of a product of queries and keys by
    other functions is still known to come from it.
    """

    def __init__(self, n_tokens: int) -> None:
        super().__init__()
        self._n_tokens = n_tokens
        self._into_softmax: deque[tuple[Tensor, tuple[_Product, ...]]] = deque()
        # By the id of a tensor; the tensor is held so that no other one gets its id.
        self._made_of: dict[int, tuple[Tensor, tuple[_Product, ...]]] = {}

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Call a function of torch, and note what concerns scores."""
        given = kwargs or {}
        made = func(*args, **given)
        if isinstance(made, Tensor) and self._is_map(made):
            self._note(getattr(func, "__name__", ""), args, given, made)
        return made

    def take(self, maps: Tensor) -> LayerScores | None:
        """The scores of the next layer, whose captured `maps` are `[1, head, query, key]`; None if
        nothing of their shape went into a softmax."""
        _, n_heads, n_queries, n_keys = maps.shape
        while self._into_softmax:
            given, products = self._into_softmax.popleft()
            if given.numel() != n_heads * n_queries * given.shape[-1]:
                continue
            scores = given.reshape(n_heads, n_queries, -1).float()
            # Over a column for a learned sink too, if there is one. Calls of softmax are watched.
            weights = (scores - scores.logsumexp(-1, keepdim=True)).exp()[..., :n_keys]
            error = (weights - maps[0].float()).abs().amax((1, 2))
            vectors = _vectors(products, n_heads) if len(products) == 1 else (None, None)
            return LayerScores(scores[..., :n_keys], error, *vectors)
        return None

    def _is_map(self, made: Tensor) -> bool:
        """Whether it has a cell for each query and key, or one more for a learned sink."""
        n = self._n_tokens
        return made.ndim > 2 and made.shape[-2] == n and made.shape[-1] in (n, n + 1)

    def _note(
        self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], made: Tensor
    ) -> None:
        if name in _PRODUCTS:
            left, right = (
                kwargs[key] if key in kwargs else args[place]
                for key, place in zip(_BATCHES, _PRODUCTS[name], strict=True)
            )
            self._made_of[id(made)] = made, (_Product(left, right),)
            return
        parts = [part for arg in (*args, *kwargs.values()) for part in _flat(arg)]
        products = tuple(
            dict.fromkeys(product for part in parts for product in self._products(part))
        )
        if name == "softmax":
            given = args[0] if args else kwargs["input"]
            self._into_softmax.append((given, products))
            self._made_of.clear()
        elif products:
            self._made_of[id(made)] = made, products

    def _products(self, part: Any) -> tuple[_Product, ...]:
        """The products that a tensor is made of; none of anything else."""
        known = self._made_of.get(id(part))
        return () if known is None else known[1]


def _flat(arg: Any) -> Sequence[Any]:
    """An argument, or the parts of a list of them."""
    return arg if isinstance(arg, list | tuple) else (arg,)


def _vectors(
    products: tuple[_Product, ...], n_heads: int
) -> tuple[Tensor, Tensor] | tuple[None, None]:
    """The queries and keys of a product, each `[head, token, size]`; keys that heads share are
    repeated."""
    queries, keys = products[0].queries, products[0].keys.transpose(-1, -2)
    if queries.shape[:-2].numel() != n_heads:
        return None, None
    keys = keys.expand(*queries.shape[:-2], *keys.shape[-2:])
    return queries.flatten(0, -3).float(), keys.flatten(0, -3).float()


def scores_error(
    capture: Capture, inputs: Mapping[str, Tensor], n_tokens: int
) -> float | Literal["scores_unread"]:
    """Run one text: the largest difference of the softmax of its scores from the captured maps, in
    any layer and head; "scores_unread" if some layer has no scores."""
    errors: list[float | None] = []

    def take(layer: int, maps: Tensor) -> None:
        scores = reader.take(maps)
        errors.append(None if scores is None else float(scores.error.max()))

    with AttentionScoreReader(n_tokens) as reader:
        capture.run(inputs, take)
    known = [error for error in errors if error is not None]
    return max(known) if len(known) == len(errors) else "scores_unread"
