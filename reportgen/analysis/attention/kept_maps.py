"""Packs the attention maps of a batch that are kept, while it runs or when they are read."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from reportgen.analysis.device.copies import Host, under_way
from reportgen.results import Packer, quantise


class KeptMaps:
    """Packs the maps of those texts of a batch that keep them.

    On the CPU each layer is packed as it comes. A GPU makes bytes of the weights, which are copied
    while it goes on and packed at the end.
    """

    def __init__(self, lengths: Sequence[int], keeps: Sequence[bool]) -> None:
        """`lengths` are the numbers of tokens of the texts; `keeps` says of each text whether its
        maps are kept."""
        self._kept = [row for row, keep in enumerate(keeps) if keep]
        self._lengths = lengths
        self._packers = [Packer() if keep else None for keep in keeps]
        self._coming: list[tuple[Packer, Callable[[], Host]]] = []

    def add(self, maps: Tensor) -> None:
        """Add the maps of the next layer, `[text, head, query, key]`."""
        for row in self._kept:
            size = self._lengths[row]
            self.add_text(row, maps[row, :, :size, :size])

    def add_text(self, row: int, maps: Tensor) -> None:
        """Add those of one text, `[head, query, key]`; nothing if it does not keep them."""
        packer = self._packers[row]
        if packer is None:
            return
        if maps.device.type == "cpu":
            packer.add(quantise(maps.float().numpy()))
        else:
            self._coming.append((packer, under_way(levels_of(maps))))

    def packed(self) -> list[bytes | None]:
        """The packed maps of each text; None for one that does not keep them. May be called
        once."""
        for packer, levels in self._coming:
            packer.add(levels())
        return [None if packer is None else packer.finish() for packer in self._packers]


def levels_of(maps: Tensor) -> Tensor:
    """Weights as bytes, as `quantise` makes them, on their own device."""
    return (maps.float().sqrt() * 255).round().to(torch.uint8)
