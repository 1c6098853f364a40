"""Pools the maps of a long text while it is read in stripes, so that they are never whole."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from reportgen.analysis.attention.kept_maps import KeptMaps
from reportgen.analysis.attention.long_texts.stripes import Stripe
from reportgen.models import EncodedText
from reportgen.results import Pooling, pooling_of


def cells_of(text: EncodedText) -> Pooling:
    """How the tokens of a long text are pooled."""
    segments: list[int | None] = []
    for unit, segment in zip(text.units, text.segments, strict=True):
        if unit == len(segments):
            segments.append(segment)
    return pooling_of(segments, text.units)


class PooledMaps:
    """Pools the maps of one text: `add` its stripes, then read `packed`.

    Queries are pooled as stripes come, head by head, and keys once a stripe, of all heads together.
    """

    def __init__(self, how: Pooling, n_heads: int) -> None:
        self._starts = (*how.starts, how.n_tokens)
        self._n_heads = n_heads
        n_cells = len(how.starts)
        sizes = torch.tensor(how.sizes)
        of_token = torch.arange(n_cells).repeat_interleave(sizes)
        self._share = (1 / sizes)[of_token]  # [token], of the mean over its cell
        self._in_cell = torch.nn.functional.one_hot(of_token, n_cells).float()  # [token, cell]
        self._kept = KeptMaps([n_cells], [True])
        self._layer = 0
        self._parts: Sequence[slice] = ()  # the queries of each cell that a stripe is in
        self._first = 0  # the first of these cells
        self._over = torch.empty(0)  # [head, cell, key], of these cells
        self._maps = self._blank()

    def add(self, stripe: Stripe) -> None:
        """Add the next stripe."""
        if stripe.layer > self._layer:
            self._end_layer()
        weights = stripe.weights.float()
        if weights.device != self._maps.device:
            self._move(weights.device)
        if stripe.head == 0:
            self._begin(stripe.start, stripe.start + len(weights))
        for cell, rows in zip(self._over[stripe.head], self._parts, strict=True):
            here = slice(rows.start - stripe.start, rows.stop - stripe.start)
            cell[: weights.shape[1]] = self._share[rows] @ weights[here]
        if stripe.head == self._n_heads - 1:
            cells = slice(self._first, self._first + len(self._parts))
            self._maps[:, cells] += self._over @ self._in_cell

    @torch.inference_mode()
    def packed(self) -> bytes:
        """The packed maps, `[layer, head, cell, cell]`. May be called once."""
        self._end_layer()
        (maps,) = self._kept.packed()
        assert maps is not None
        return maps

    def _begin(self, start: int, stop: int) -> None:
        """Find the cells of some queries."""
        bounds = [start, *(each for each in self._starts if start < each < stop), stop]
        self._parts = [slice(*both) for both in pairwise(bounds)]
        self._first = sum(each <= start for each in self._starts) - 1
        shape = self._n_heads, len(self._parts), len(self._share)
        self._over = self._share.new_zeros(shape)  # keys that none of them sees get nothing

    def _move(self, device: torch.device) -> None:
        """Go on with a layer on another device, before its first stripe."""
        self._share, self._in_cell = self._share.to(device), self._in_cell.to(device)
        self._maps = self._blank()

    def _blank(self) -> Tensor:
        n_cells = self._in_cell.shape[1]
        return self._share.new_zeros(self._n_heads, n_cells, n_cells)

    def _end_layer(self) -> None:
        # Rounding may take a cell a little above 1.
        self._kept.add_text(0, self._maps.clamp_(max=1))
        self._layer += 1
        self._maps = self._blank()
