"""Reads the attention of long texts in stripes of queries, so that no layer's map is ever whole.

While the model runs, attention is computed for some queries of one head at a time, and the weights
of each stripe are handed over and forgotten. Memory grows with the length of a text, not with its
square. Scores are those of a plain softmax where a trial finds that this is what the model gives;
else the model's own function is called for some queries at a time, which takes longer.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from transformers import AttentionInterface
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

from reportgen.analysis.attention.capture import Capture
from reportgen.analysis.attention.checks import gap
from reportgen.analysis.device.limits import entries
from reportgen.errors import CaptureError
from reportgen.models import EncodedText, LoadedModel, tolerances

# Of the weights of a stripe: few enough for the cache of a processor.
STRIPE_BYTES = 4_000_000
_NAME = "reportgen_stripes"
_TRIED_ROWS = 5  # queries at a time in the trial


@dataclass(frozen=True, slots=True, eq=False)
class Stripe:
    """The attention of some queries in one head."""

    layer: int
    head: int
    start: int  # the first query
    weights: Tensor  # [query, key]; keys at the end that none of them can see may be missing
    # [query, key], what the weights are a softmax of; None where that is not known. It is free to
    # be written over.
    scores: Tensor | None


TakeStripe: TypeAlias = Callable[[Stripe], None]
# Attention for some queries: (module, query, key, value, mask, take, layer, start, others).
_Attend: TypeAlias = Callable[..., Tensor]


class Stripes:
    """Runs a module and hands over the attention of its encoder stripe by stripe."""

    def __init__(self, module: nn.Module, capture: Capture, *, is_plain: bool) -> None:
        self._module = module
        self._encoder = capture.encoder
        self._attending = {inner for layer in capture.modules for inner in layer.modules()}
        self._attend: _Attend = _plainly if is_plain else _by_model
        self._is_plain = is_plain

    def run(self, inputs: Mapping[str, Tensor], take: TakeStripe, n_rows: int | None = None) -> Any:
        """Call the module with `inputs`, one text, and `take` for each stripe: layer by layer, in
        each stripe after stripe, and in each of these head by head.

        `n_rows` are the queries of a stripe; without it as many as STRIPE_BYTES hold.
        """
        layers = count()

        def attend(
            module: nn.Module,
            query: Tensor,
            key: Tensor,
            value: Tensor,
            attention_mask: Tensor | None,
            **others: Any,
        ) -> tuple[Tensor, None]:
            is_recorded = module in self._attending
            given = (next(layers), take) if is_recorded else (0, lambda stripe: None)
            n_texts, n_heads, length, _ = query.shape
            if n_texts > 1:
                raise CaptureError("only one text at a time can be read in stripes")
            at_once = 1 if self._is_plain else n_heads
            stripe = entries(STRIPE_BYTES, query.device)
            step = n_rows or max(1, stripe // (4 * at_once * key.shape[2]))
            is_causal = others.get("is_causal")
            if is_causal is None:
                is_causal = getattr(module, "is_causal", True)
            sees_back = attention_mask is None and is_causal and length > 1
            made, bias = [], others.get("position_bias")
            if self._is_plain:  # each product with all keys then reads them as they stand in memory
                key = key.transpose(2, 3).contiguous().transpose(2, 3)
            for start in range(0, length, step):
                rows = slice(start, min(start + step, length))
                n_keys = rows.stop if sees_back else key.shape[2]
                mask = _earlier(rows, query) if sees_back else _rows_of(attention_mask, rows, query)
                if bias is not None:  # it has a row for each query
                    others["position_bias"] = bias[:, :, rows, :n_keys]
                seen = key[:, :, :n_keys], value[:, :, :n_keys], mask
                made.append(self._attend(module, query[:, :, rows], *seen, start, *given, **others))
            return torch.cat(made, dim=1), None

        with torch.inference_mode(), self._attending_by(attend):
            return self._module(**inputs)

    @contextmanager
    def _attending_by(self, attend: Callable[..., Any]) -> Iterator[None]:
        """A context in which the encoder attends by this function."""
        AttentionInterface.register(_NAME, attend)
        AttentionMaskInterface.register(_NAME, sdpa_mask)  # none where there is nothing to hide
        try:
            self._encoder.set_attn_implementation(_NAME)
            yield
        finally:
            self._encoder.set_attn_implementation("eager")
            AttentionInterface.register(_NAME, _not_running)


def find_stripes(model: LoadedModel, capture: Capture, text: EncodedText) -> Stripes | None:
    """How the attention of a model is read in stripes, tried on a short `text`; None where stripes
    are not what the model itself gives."""
    if capture.way != "hooks" or not capture.modules:
        return None
    inputs = model.inputs([text])
    tolerance = tolerances(model.info.dtype).repeated
    whole: list[Tensor] = []
    returned = capture.run(inputs, lambda _, maps: whole.append(maps.float().clone()))
    for is_plain in (True, False):
        stripes = Stripes(model.module, capture, is_plain=is_plain)
        read = [torch.zeros_like(maps) for maps in whole]
        try:
            again = stripes.run(inputs, _fills(read), _TRIED_ROWS)
        except Exception:  # the model has no such function, or calls it in another way
            continue
        with torch.inference_mode():
            one, other = (model.reader.read(out, inputs, [text])[0] for out in (returned, again))
        off = max(float((a - b).abs().max()) for a, b in zip(whole, read, strict=True))
        if off <= tolerance and gap(one, other) <= tolerance:
            return stripes
    return None


def _fills(layers: list[Tensor]) -> TakeStripe:
    """A function that puts stripes into the maps of one text."""

    def put(stripe: Stripe) -> None:
        n_rows, n_keys = stripe.weights.shape
        rows = slice(stripe.start, stripe.start + n_rows)
        layers[stripe.layer][0, stripe.head, rows, :n_keys] = stripe.weights

    return put


def _plainly(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    start: int,
    layer: int,
    take: TakeStripe,
    *,
    scaling: float | None = None,
    position_bias: Tensor | None = None,
    **others: Any,
) -> Tensor:
    """Attention of some queries as softmax(q k / scale + bias + mask), head by head:
    `[text, query, head, size]`."""
    n_heads, n_rows, size = query.shape[1:]
    shared = n_heads // key.shape[1]
    scaled = query[0] * (size**-0.5 if scaling is None else scaling)
    made = value.new_empty(1, n_rows, n_heads, value.shape[-1])
    scores = query.new_empty(n_rows, key.shape[2])
    weights = torch.empty_like(scores)
    for head in range(n_heads):
        torch.matmul(scaled[head], key[0, head // shared].T, out=scores)
        for added in (position_bias, mask):
            if added is not None:
                scores += added[0, head if added.shape[1] > 1 else 0]
        torch.softmax(scores, -1, out=weights)
        made[0, :, head] = weights @ value[0, head // shared]
        take(Stripe(layer, head, start, weights, scores))
    return made


def _by_model(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    start: int,
    layer: int,
    take: TakeStripe,
    **others: Any,
) -> Tensor:
    """The same by the function that the model has for whole maps."""
    attend = sys.modules[type(module).__module__].eager_attention_forward
    made, weights = attend(module, query, key, value, mask, **others)
    for head, one in enumerate(weights[0]):
        take(Stripe(layer, head, start, one, None))
    output: Tensor = made
    return output


def _earlier(rows: slice, query: Tensor) -> Tensor:
    """What is added to the scores of some queries with themselves and all earlier tokens, so that
    no query sees a later one, `[1, 1, query, key]`."""
    places = torch.arange(rows.stop, device=query.device)
    return _hidden(places > places[rows, None], query)[None, None]


def _rows_of(mask: Tensor | None, rows: slice, query: Tensor) -> Tensor | None:
    """The same for a mask of all queries, `[text, 1, query, key]`: what may be seen, or what is
    added."""
    if mask is None:
        return None
    rows_mask = mask[:, :, rows] if mask.shape[2] > 1 else mask
    return _hidden(~rows_mask, query) if rows_mask.dtype == torch.bool else rows_mask


def _hidden(is_hidden: Tensor, query: Tensor) -> Tensor:
    lowest = torch.finfo(query.dtype).min
    return torch.zeros_like(is_hidden, dtype=query.dtype).masked_fill_(is_hidden, lowest)


def _not_running(*_: Any, **__: Any) -> None:
    raise RuntimeError("attention is read in stripes only while a text is analysed")
