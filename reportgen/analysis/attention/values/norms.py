"""Norm-weighted attention: the length of the vectors that attention passes from key to query.

Head h passes A_h[q,k] f_h(k) to query q from key k, where f_h(k) = v_h(k) W_h (Kobayashi et al.
2020). Heads are summed before the length is taken: M[q,k] = ||sum_h A_h[q,k] f_h(k)||. With the
Gram matrix of each key, G[h,h'] = f_h . f_h', the square of that is a quadratic form in the weights
of the heads, so that no tensor of queries by keys by width is needed.

In how many directions a token moves the others is the rank of what it passes on to them: with the
eigenvalues l of the Gram matrix, over the other tokens q, of the vectors sum_h A_h[q,k] f_h(k), the
effective rank is (sum l)^2 / sum l^2: 1 if all lie along one direction, m if they spread evenly in
m. With G of the key and B[q,h] = A_h[q,k], both sums are traces of a matrix of heads by heads,
T = B'B G: (tr T)^2 / tr T^2.

How the value vectors of a model are read is found by trying all ways on one text (`find_norms`).
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from reportgen.analysis.attention.batches import CONTENT, FIRST_ROLE, Array, Layout
from reportgen.analysis.attention.capture import Capture
from reportgen.analysis.attention.values.blocks import Blocks, LayerBlock, Residual, find_residual
from reportgen.analysis.device.copies import DeviceFigures
from reportgen.analysis.device.limits import entries
from reportgen.models import (
    EncodedText,
    LoadedModel,
    Projection,
    find_projections,
    other_layouts,
    tolerances,
    weight_of,
)
from reportgen.results import Reason

# Entries of a working tensor: few enough for the cache of a processor.
CHUNK = 500_000
_TINY = torch.finfo(torch.float32).tiny


@dataclass(frozen=True, slots=True)
class TextNorms:
    """The norms of one text; NaN where not defined, and everywhere if `error` is too large.

    `received` is the mean over queries of the rows of M, each divided by its sum.
    """

    received: Array  # [layer, key], sums to 1
    share: Array  # [layer, role], sums of `received`
    value_sizes: Array  # [layer, key], ||f_h||, mean over heads
    value_size: Array  # [layer, role], the same, mean over the role's tokens
    content_value_size: Array  # [layer], the same over text tokens
    # [layer, key], ||f_h|| as a multiple of that of a text token in the same heads, each head
    # counted by how much it looks at the token
    value_ratios: Array
    value_ratio: Array  # [layer, role], mean over the role's tokens
    output_ranks: Array  # [layer, key], effective rank of what a token passes on to the others
    output_rank: Array  # [layer, role], mean over the role's tokens
    mixing: Array  # [layer], mean over queries; NaN where the residual is not known
    error: float  # of the self-check, largest of all layers

    @property
    def is_proven(self) -> bool:
        """Whether the self-check passed, so that the other figures are not NaN."""
        return not bool(np.isnan(self.value_sizes).all())


@dataclass(frozen=True, slots=True, eq=False)
class Norms:
    """How the value vectors of a model are read, as verified on one text."""

    projections: tuple[Projection, ...]  # in their true layout
    residual: Residual | None  # None where it is not known: no mixing ratio, no ALTI
    tolerance: float  # of the self-check
    error: float  # relative error on that text


class BatchNorms:
    """Computes the norms of one batch: run the model within `hooked`, `add` the maps of each layer,
    then read `texts`."""

    def __init__(self, layout: Layout, norms: Norms) -> None:
        self._layout = layout
        self._tolerance = norms.tolerance
        self._blocks = Blocks(norms.projections, norms.residual, self._take)
        self._layers = DeviceFigures()
        self._scratch = torch.empty(0)  # working memory for one layer, reused for the next

    def hooked(self) -> AbstractContextManager[None]:
        """A context in which the model must run: within it hooks collect value vectors."""
        return self._blocks.hooked()

    def add(self, maps: Tensor) -> None:
        """Add the maps of the next layer, `[text, head, query, key]`; they are not changed."""
        self._blocks.add_maps(maps)

    def _take(self, block: LayerBlock) -> None:
        layout = self._layout.on(block.maps.device)
        shape = block.values.transpose(1, 2).shape  # [text, head, key, size]
        if (self._scratch.shape, self._scratch.device) != (shape, block.maps.device):
            self._scratch = block.values.new_empty(shape)
        gram, mixing = by_token(block)
        received = norm_received(block.maps, gram, layout.query_mean)
        by_head = gram.diagonal(0, -2, -1).clamp(min=0).sqrt()  # [text, key, head]
        sizes = by_head.mean(-1)  # [text, key]
        columns = layout.columns[..., CONTENT:]  # [text, key, column]
        column_sizes = _times(sizes, columns) / columns.sum(1)
        ratios = _value_ratios(block.maps, by_head, layout)
        ranks = output_ranks(block.maps, gram, layout.real)
        by_role = columns[..., FIRST_ROLE - CONTENT :]
        self._layers.add(
            {
                "received": received,
                "share": _times(received, layout.columns[..., FIRST_ROLE:]),
                "value_sizes": sizes,
                "value_size": column_sizes[:, FIRST_ROLE - CONTENT :],
                "content_value_size": column_sizes[:, 0],
                "value_ratios": ratios,
                "value_ratio": _times(ratios, by_role) / by_role.sum(1),
                "output_ranks": ranks,
                "output_rank": _times(ranks, by_role) / by_role.sum(1),
                "mixing": mixing.where(layout.real, torch.nan).nanmean(1),
                "error": gathering_error(block, layout.real, self._scratch),
            }
        )

    def fetch(self) -> None:
        """Begin to copy the figures from the device, after the last layer."""
        if self._blocks.is_complete:
            self._layers.fetch()

    def texts(self) -> list[TextNorms] | None:
        """One `TextNorms` per text, in the order of the batch; None if maps and value vectors did
        not match layer by layer."""
        if not self._blocks.is_complete:
            return None
        stacked = self._layers.read()  # each [text, layer, ...]
        return [
            self._text(row, {name: values[row] for name, values in stacked.items()})
            for row in range(len(self._layout.lengths))
        ]

    def _text(self, row: int, layers: Mapping[str, Array]) -> TextNorms:
        error = float(layers["error"].max())
        keys = slice(self._layout.lengths[row])
        # Of a layer that passes nothing on, as after pruning, no token gets a share.
        is_known = bool(np.isfinite(layers["received"][:, keys]).all())
        blank = np.float32(0.0 if error <= self._tolerance and is_known else np.nan)
        return TextNorms(
            received=layers["received"][:, keys] + blank,
            share=layers["share"] + blank,
            value_sizes=layers["value_sizes"][:, keys] + blank,
            value_size=layers["value_size"] + blank,
            content_value_size=layers["content_value_size"] + blank,
            value_ratios=layers["value_ratios"][:, keys] + blank,
            value_ratio=layers["value_ratio"] + blank,
            output_ranks=layers["output_ranks"][:, keys] + blank,
            output_rank=layers["output_rank"] + blank,
            mixing=layers["mixing"] + blank,
            error=error,
        )


def by_token(block: LayerBlock) -> tuple[Tensor, Tensor]:
    """Compute what depends on one token at a time.

    Returns:
        The Gram matrix of the vectors that heads pass on from each key, `[text, key, head, head]`;
        the mixing ratio of each query, `[text, query]`, NaN where it is not known.
    """
    n_texts, length, n_heads, _ = block.values.shape
    weight = block.projection.weight().float()  # [head, size, width]
    # Copying a matrix of two axes takes half the time of one of three.
    weight = weight.flatten(0, 1).contiguous().view_as(weight)
    values = block.values.flatten(0, 1)  # [token, head, size]
    step = max(1, entries(CHUNK, weight.device) // (n_heads * weight.shape[-1]))
    scratch = weight.new_empty(step, n_heads, weight.shape[-1])
    gram = weight.new_empty(len(values), n_heads, n_heads)
    mixing = weight.new_full((len(values),), torch.nan)
    for start in range(0, len(values), step):
        tokens = slice(start, start + step)
        some = values[tokens]
        passed = scratch[: len(some)]  # [token, head, width]
        torch.bmm(some.transpose(0, 1), weight, out=passed.transpose(0, 1))
        torch.bmm(passed, passed.transpose(1, 2), out=gram[tokens])
        if block.stream is not None:
            to_itself = block.maps.diagonal(0, 2, 3).transpose(1, 2).flatten(0, 1)  # [token, head]
            from_itself = (to_itself[tokens, None] @ passed).squeeze(1)
            mixing[tokens] = _mixing(block, block.stream, tokens, from_itself)
    return gram.view(n_texts, length, n_heads, n_heads), mixing.view(n_texts, length)


def _mixing(block: LayerBlock, stream: Tensor, tokens: slice, from_itself: Tensor) -> Tensor:
    """The mixing ratio of some queries (Kobayashi et al. 2021), `[token]`.

    ||o|| / (||o|| + ||s||), where o comes from the other tokens and s from the token itself and
    the residual. Where a LayerNorm follows, both are scaled by its weights; its division cancels.

    Args:
        from_itself: `[token, width]`, what attention passes on from each token to itself, sum over
            heads.
    """
    others = block.output.flatten(0, 1)[tokens] - from_itself
    itself = stream.flatten(0, 1)[tokens] - others
    bias = block.projection.bias()
    if bias is not None:  # does not come from any token
        others -= bias.float()
    if block.norm is not None:
        others, itself = scaled(others, block.norm), scaled(itself, block.norm)
    size = torch.linalg.vector_norm(others, dim=-1)
    ratio: Tensor = size / (size + torch.linalg.vector_norm(itself, dim=-1))
    return ratio


def norm_received(maps: Tensor, gram: Tensor, query_mean: Tensor) -> Tensor:
    """Norm-weighted attention received, `[text, key]`; NaN where no query receives anything."""
    n_texts, n_heads, length, n_keys = maps.shape
    factors = gram.permute(2, 3, 0, 1)[:, :, :, None].contiguous()  # [head, head, text, 1, key]
    received = query_mean.new_zeros(n_texts, n_keys)
    weight = torch.zeros_like(query_mean[:, :1])
    step = max(1, entries(CHUNK, maps.device) // (n_texts * n_heads * length))
    for start in range(0, length, step):
        queries = slice(start, start + step)
        sizes = _form(maps[:, :, queries], factors).clamp_(min=0).sqrt_()  # [text, query, key]
        rows = sizes.sum(-1)
        # Queries that receive nothing are left out of the mean.
        weights = torch.where(rows > 0, query_mean[:, queries], 0.0)
        weight += weights.sum(1, keepdim=True)
        received += _times(weights / rows.clamp(min=_TINY), sizes)
    return received / weight


def _value_ratios(maps: Tensor, by_head: Tensor, layout: Layout) -> Tensor:
    """How long the vectors are that each token passes on, as a multiple of a text token's.

    `[text, key]`: the mean over heads, weighted by the attention that each head gives the token, of
    its own vectors, divided by the same mean of a text token's; heads count the same where none
    looks at the token. 0 on padding; NaN where content passes on nothing.

    Args:
        by_head: `[text, key, head]`, length of the vector that a head passes on from a key.
    """
    given = (layout.query_mean[:, None, None] @ maps).squeeze(2).transpose(1, 2)
    given = torch.where(given.sum(-1, keepdim=True) > 0, given, 1.0)
    content = layout.columns[..., CONTENT, None]  # [text, key, 1]
    usual = (by_head * content).sum(1, keepdim=True) / content.sum(1, keepdim=True)
    ratios = (given * by_head).sum(-1) / (given * usual).sum(-1)
    ratios = torch.where(ratios.isinf(), torch.nan, ratios)
    return torch.where(layout.real, ratios, 0.0)


def _form(maps: Tensor, factors: Tensor) -> Tensor:
    """The quadratic form of attention weights, `[text, query, key]`.

    Args:
        maps: `[text, head, query, key]`, of some queries.
        factors: `[head, head, text, 1, key]`, a symmetric matrix for each key.
    """
    total = torch.zeros_like(maps[:, 0])
    row = torch.empty_like(total)
    for head in range(maps.shape[1]):
        torch.mul(maps[:, head], factors[head, head], out=row)
        for other in range(head + 1, maps.shape[1]):
            row.addcmul_(maps[:, other], factors[head, other], value=2)
        total.addcmul_(row, maps[:, head])
    return total


def gathering_error(block: LayerBlock, real: Tensor, scratch: Tensor) -> Tensor:
    """The error of weights times values against the input of the output projection, `[text]`.

    The largest difference at any real token, relative to the largest entry. `scratch` is working
    memory, `[text, head, query, size]`.
    """
    per_head = block.gathered.view_as(scratch.transpose(1, 2)).transpose(1, 2)
    torch.matmul(block.maps, block.values.transpose(1, 2), out=scratch)
    whole = _largest(per_head, real).clamp(min=_TINY)
    return _largest(scratch.sub_(per_head), real) / whole


def _largest(entries: Tensor, real: Tensor) -> Tensor:
    """`[text]`: the largest absolute value in `[text, head, query, size]` at a real query."""
    sizes = torch.maximum(entries.amax((1, 3)), -entries.amin((1, 3)))
    return torch.where(real, sizes, 0.0).amax(1)


def scaled(part: Tensor, norm: nn.Module) -> Tensor:
    """A part of a LayerNorm's input, centred and scaled by its weights but not divided."""
    centred = part - part.mean(-1, keepdim=True)
    weight = weight_of(norm, "weight")
    return centred.mul_(weight.float()) if isinstance(weight, Tensor) else centred


def _times(values: Tensor, columns: Tensor) -> Tensor:
    """`[text, column]`: `values` `[text, row]` times `columns` `[text, row, column]`."""
    return (values[:, None] @ columns).squeeze(1)


# Entries of a working tensor: all keys of a text of 800 tokens and 12 heads.
RANK_CHUNK = 8_000_000


def output_ranks(maps: Tensor, gram: Tensor, real: Tensor) -> Tensor:
    """The effective rank of what each token passes on to the other tokens, `[text, key]`.

    0 where it passes on nothing: nobody looks at it, or its vectors are 0.

    Args:
        maps: `[text, head, query, key]`.
        gram: `[text, key, head, head]`, products of the vectors that heads pass on from each key.
        real: `[text, query]`, which are no padding.
    """
    ranks = torch.empty_like(gram[..., 0, 0])
    _, n_heads, length, _ = maps.shape
    step = max(1, entries(RANK_CHUNK, maps.device) // (n_heads * length))
    for text, start in product(range(len(maps)), range(0, length, step)):
        keys = slice(start, start + step)
        # Turned as one matrix: of a long text that is three times faster than by its axes.
        turned = maps[text, ..., keys].flatten(0, 1).T.clone(memory_format=torch.contiguous_format)
        given = turned.view(-1, n_heads, length).mul_(real[text])
        given.diagonal(start, 0, 2).zero_()  # what a token passes on to itself
        ranks[text, keys] = _ranks(given @ given.transpose(1, 2) @ gram[text, keys])
    return ranks


def _ranks(both: Tensor) -> Tensor:
    """The effective rank of each matrix T of the module's docstring, `[key, head, head]`."""
    total = both.diagonal(0, 1, 2).sum(-1)
    shares = both / total.clamp(min=_TINY)[:, None, None]
    squares = (shares * shares.transpose(1, 2)).sum((1, 2))
    return torch.where(total < _TINY, 0.0, 1 / squares)


# Called with the maps [text, head, query, key] of the next layer.
TakeLayer: TypeAlias = Callable[[Tensor], None]


def find_norms(model: LoadedModel, capture: Capture, text: EncodedText) -> Norms | Reason:
    """Find out how the value vectors of a model are read, and verify that on one text.

    It is right if in every layer attention weights times values, through the output projection and
    its bias, equal the output of the block.

    Returns:
        What was found, or the reason why not: "values_unreadable" if no module has a known name,
        "values_unproven" if no way of reading them gives the output.
    """
    first_layout = find_projections(model.encoder)
    if not first_layout:
        return "values_unreadable"
    inputs = model.inputs([text])
    tolerance = tolerances(model.info.dtype).rebuilt

    def run(add_maps: TakeLayer) -> object:
        return capture.run(inputs, lambda layer, maps: add_maps(maps))

    for projections in (first_layout, *other_layouts(first_layout)):
        try:
            error = rebuilding_error(projections, run)
        except Exception:  # a module with a known name that does not make values
            continue
        if error <= tolerance:
            residual = find_residual(
                model.encoder,
                projections,
                lambda: run(lambda maps: None),
                tolerance,
            )
            return Norms(projections, residual, tolerance, error)
    return "values_unproven"


def gather(block: LayerBlock) -> Tensor:
    """Attention weights times values, `[text, query, head * size]`."""
    return (block.maps @ block.values.transpose(1, 2)).transpose(1, 2).flatten(2)


def rebuilding_error(
    projections: Sequence[Projection], run: Callable[[TakeLayer], object]
) -> float:
    """The largest error of a rebuilt block output in any layer, relative to its largest entry; NaN
    if blocks and maps do not match. `run` runs the model and passes on its maps."""
    errors: list[Tensor] = []

    def take(block: LayerBlock) -> None:
        rebuilt = gather(block) @ block.projection.weight().float().flatten(0, 1)
        bias = block.projection.bias()
        if bias is not None:
            rebuilt += bias.float()
        errors.append((rebuilt - block.output).abs().max() / block.output.abs().max())

    blocks = Blocks(projections, None, take)
    with blocks.hooked():
        run(blocks.add_maps)
    return float(torch.stack(errors).max()) if blocks.is_complete else float("nan")
