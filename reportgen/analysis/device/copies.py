"""Brings figures from the devices to the host: the copy is begun, and waited for when the next
batch runs already.

On CUDA and Intel devices the copy goes into pinned memory, which needs no help of the host. On the
CPU there is nothing to copy.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from reportgen.models import backend

Host: TypeAlias = NDArray[Any]


def under_way(tensor: Tensor) -> Callable[[], Host]:
    """Start copying a tensor to the host; returns the function that waits for the copy."""
    kind = tensor.device.type
    if kind == "cpu":
        return lambda: tensor.numpy()
    if kind not in ("cuda", "xpu"):
        return lambda: tensor.cpu().numpy()
    host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
    host.copy_(tensor, non_blocking=True)
    accelerator = backend(kind)
    done = accelerator.Event()
    done.record(accelerator.current_stream(tensor.device))

    def waited() -> Host:
        done.synchronize()
        return host.numpy()

    return waited


class DeviceFigures:
    """Figures `[text, ...]` of each layer, by name, where each layer's are on its own device.

    Add those of one layer after another, `fetch` them after the last, and `read` them.
    """

    def __init__(self) -> None:
        self.layers: list[Mapping[str, Tensor]] = []
        self._coming: dict[str, list[Callable[[], Host]]] | None = None

    def add(self, figures: Mapping[str, Tensor]) -> None:
        """Add the figures of the next layer."""
        self.layers.append(figures)

    def fetch(self) -> None:
        """Start copying the figures. Neighbouring layers on the same device are put together
        first."""
        self._coming = {}
        for name in self.layers[0]:
            by_device = groupby(
                (layer[name] for layer in self.layers), key=lambda figure: figure.device
            )
            stacks = [torch.stack([*some], dim=1) for _, some in by_device]
            self._coming[name] = [under_way(stack) for stack in stacks]

    def read(self) -> dict[str, Host]:
        """Wait for the copies: `[text, layer, ...]` by name."""
        if self._coming is None:
            self.fetch()
        assert self._coming is not None
        return {name: _joined([copy() for copy in copies]) for name, copies in self._coming.items()}


def _joined(parts: Sequence[Host]) -> Host:
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
