"""Massive activations: single hidden values far larger than the others (Sun et al. 2024)."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from reportgen.analysis.attention.batches import Array, Layout
from reportgen.analysis.attention.capture import reading_entries
from reportgen.analysis.device.copies import DeviceFigures


class BatchActivations:
    """How large the largest hidden value of each token is, as a multiple of the median value of its
    text: run the model within `hooked`, then read `texts`.

    Both are absolute values of what a layer puts out; the median is over all values of all tokens
    of a text in that layer, the lower one of two.

    Args:
        modules: those that put out the hidden states of the layers, each with the index of these in
            its output.
    """

    def __init__(
        self, layout: Layout, modules: Sequence[tuple[nn.Module, int]], n_layers: int
    ) -> None:
        self._layout = layout
        self._modules = modules
        self._n_layers = n_layers
        self._layers = DeviceFigures()
        self._n_other = 0  # outputs that are no hidden states

    def hooked(self) -> AbstractContextManager[None]:
        """A context in which the model must run: within it hooks read hidden states."""
        return reading_entries(self._modules, self._read)

    def fetch(self) -> None:
        """Begin to copy the figures from the device, after the last layer."""
        if self._is_whole:
            self._layers.fetch()

    def texts(self) -> list[Array | None]:
        """`[layer, key]` of each text, NaN where its median is 0; None where the model did not put
        out one hidden state per layer and token."""
        lengths = self._layout.lengths
        if not self._is_whole:
            return [None] * len(lengths)
        stacked = self._layers.read()["ratios"]  # [text, layer, key]
        return [np.array(stacked[row, :, :size]) for row, size in enumerate(lengths)]

    @property
    def _is_whole(self) -> bool:
        return self._n_other == 0 and len(self._layers.layers) == self._n_layers

    def _read(self, hidden: Any) -> None:
        ratios = self._ratios(hidden)
        if ratios is None:
            self._n_other += 1
        else:
            self._layers.add({"ratios": ratios})

    def _ratios(self, hidden: Any) -> Tensor | None:
        """`[text, key]`; None if these are no hidden states."""
        if not isinstance(hidden, Tensor) or hidden.shape[:-1] != self._layout.real.shape:
            return None
        sizes = hidden.detach().float().abs()
        medians = torch.stack(
            [row[:length].median() for row, length in zip(sizes, self._layout.lengths, strict=True)]
        )
        return sizes.amax(-1) / torch.where(medians > 0, medians, torch.nan)[:, None]
