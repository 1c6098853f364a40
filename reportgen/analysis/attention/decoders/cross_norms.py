"""Norm-weighted cross-attention: the length of the vectors that a decoder gets from the text.

As within an encoder (`norms.py`), head h passes A_h[q,k] f_h(k) from text token k to the written
token q, where f_h(k) = v_h(k) W_h (Kobayashi et al. 2020). Of one head the length is that of its
attention times the length of f_h(k); of all heads it is that of their sum.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from reportgen.analysis.attention.batches import Array
from reportgen.analysis.attention.values.blocks import Blocks, LayerBlock
from reportgen.analysis.attention.values.norms import (
    TakeLayer,
    by_token,
    gathering_error,
    norm_received,
    rebuilding_error,
)
from reportgen.analysis.device.copies import DeviceFigures
from reportgen.models import Projection, find_cross_projections, moved, tolerances
from reportgen.results import Reason


@dataclass(frozen=True, slots=True)
class CrossTextNorms:
    """The norms of one text; NaN everywhere if `error` is too large."""

    # [layer, key], mean over what is written of the lengths of its row, all heads together, each
    # row divided by its sum; sums to 1
    received: Array
    sizes: Array  # [layer, head, key], ||f_h||
    error: float  # of the self-check, largest of all layers

    @property
    def is_proven(self) -> bool:
        """Whether the self-check passed."""
        return not bool(np.isnan(self.sizes).all())


@dataclass(frozen=True, slots=True, eq=False)
class CrossNorms:
    """How the value vectors of a decoder's cross-attention are read, as verified on one text."""

    projections: tuple[Projection, ...]
    tolerance: float  # of the self-check
    error: float  # relative error on that text


def find_cross_norms(
    decoder: nn.Module, n_heads: int, run: Callable[[TakeLayer], object], dtype: str
) -> CrossNorms | Reason:
    """Find out how the values of a decoder's cross-attention are read, and verify that.

    It is right if in every layer attention weights times values, through the output projection and
    its bias, equal the output of the block.

    Args:
        run: runs the model on one text, and passes on the cross maps of each layer.

    Returns:
        What was found, or the reason why not: "values_unreadable" if no module has a known name,
        "values_unproven" if values read that way do not give the output.
    """
    projections = find_cross_projections(decoder, n_heads)
    if not projections:
        return "values_unreadable"
    tolerance = tolerances(dtype).rebuilt
    try:
        error = rebuilding_error(projections, run)
    except Exception:  # a module with a known name that does not make values
        return "values_unproven"
    return CrossNorms(projections, tolerance, error) if error <= tolerance else "values_unproven"


class BatchCrossNorms:
    """Computes the norms of one batch: run the model within `hooked`, `add` the cross maps of each
    layer, then read `texts`."""

    def __init__(self, norms: CrossNorms, queries: Sequence[slice], n_keys: Sequence[int]) -> None:
        """`queries` are the rows of each text's maps, `n_keys` its tokens."""
        self._queries = queries
        self._n_keys = n_keys
        self._tolerance = norms.tolerance
        self._blocks = Blocks(norms.projections, None, self._take)
        self._layers = DeviceFigures()

    def hooked(self) -> AbstractContextManager[None]:
        """A context in which the model must run: within it hooks collect value vectors."""
        return self._blocks.hooked()

    def add(self, maps: Tensor) -> None:
        """Add the maps of the next layer, `[text, head, query, key]`; they are not changed."""
        self._blocks.add_maps(maps)

    def _take(self, block: LayerBlock) -> None:
        n_texts, n_heads, n_queries, _ = block.maps.shape
        weights = torch.zeros(n_texts, n_queries)
        for row, queries in zip(weights, self._queries, strict=True):
            row[queries] = 1 / (queries.stop - queries.start)
        weights = moved(weights, block.maps.device)
        gram, _ = by_token(block)
        sizes = gram.diagonal(0, -2, -1).clamp(min=0).sqrt().transpose(1, 2)  # [text, head, key]
        scratch = block.values.new_empty(n_texts, n_heads, n_queries, block.values.shape[-1])
        error = gathering_error(block, weights > 0, scratch)
        received = norm_received(block.maps, gram, weights)
        self._layers.add({"received": received, "sizes": sizes, "error": error})

    def fetch(self) -> None:
        """Begin to copy the figures from the device, after the last layer."""
        if self._blocks.is_complete:
            self._layers.fetch()

    def texts(self) -> list[CrossTextNorms] | None:
        """The norms of each text, in the order of the batch; None if maps and value vectors did not
        match layer by layer."""
        if not self._blocks.is_complete:
            return None
        stacked = self._layers.read()
        received, sizes, errors = (stacked[name] for name in ("received", "sizes", "error"))
        norms = []
        for row, n_keys in enumerate(self._n_keys):
            error = float(errors[row].max())
            blank = np.float32(0.0 if error <= self._tolerance else np.nan)
            figures = received[row, :, :n_keys] + blank, sizes[row, :, :, :n_keys] + blank
            norms.append(CrossTextNorms(*figures, error))
        return norms
