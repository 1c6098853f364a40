"""Attention rollout (Abnar and Zuidema 2020), computed layer by layer."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from reportgen.analysis.attention.batches import SPECIAL, Array, Layout
from reportgen.analysis.device.copies import DeviceFigures, Host, under_way


@dataclass(frozen=True, slots=True)
class TextRollout:
    """One text's rollout."""

    # [key], rollout after the last layer, sums to 1: the row of [CLS], or of a causal model's last
    # token, else the mean over queries
    row: Array
    special_share: Array  # [layer], share of special tokens up to that layer, mean over queries


class BatchRollout:
    """Computes the rollout of one batch: `add` its maps layer by layer, then read `texts`.

    R_l = (A / 2 + I / 2) R_(l-1), where A is the layer's map, mean over heads.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        n_texts, size = layout.real.shape
        identity = torch.eye(size, device=layout.real.device)
        self._rolled = identity.expand(n_texts, -1, -1)  # [text, query, key]
        self._special = DeviceFigures()
        self._whole: tuple[Callable[[], Host], Callable[[], Host]] | None = None

    def add(self, maps: Tensor) -> None:
        """Add the maps of the next layer, `[text, head, query, key]`; they are not changed."""
        mean = maps.float().mean(1)
        rolled = self._rolled.to(mean.device)  # where the next layers are on another device
        self._rolled = torch.baddbmm(rolled, mean, rolled, beta=0.5, alpha=0.5)
        special = self._layout.on(mean.device).columns[..., SPECIAL : SPECIAL + 1]
        self._special.add({"shares": (self._received() @ special).flatten()})

    def fetch(self) -> None:
        """Begin to copy the figures from the device, after the last layer."""
        cls = self._layout.on(self._rolled.device).cls
        texts = torch.arange(len(self._rolled), device=cls.device)[:, None]
        rows = self._rolled[texts, cls].mean(1)
        self._whole = under_way(rows), under_way(self._received().squeeze(1))
        self._special.fetch()

    def texts(self) -> list[TextRollout]:
        """One rollout per text, in the order of the batch."""
        if self._whole is None:
            self.fetch()
        assert self._whole is not None
        rows, received = (copy() for copy in self._whole)
        shares = self._special.read()["shares"]
        return [
            TextRollout((rows if has_cls else received)[text, :length], shares[text])
            for text, (length, has_cls) in enumerate(
                zip(self._layout.lengths, self._layout.has_cls, strict=True)
            )
        ]

    def _received(self) -> Tensor:
        """The mean over queries so far, `[text, 1, key]`."""
        return self._layout.on(self._rolled.device).query_mean[:, None] @ self._rolled
