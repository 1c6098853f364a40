"""Attention rollout (Abnar and Zuidema 2020), layer by layer."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from reportgen.analysis.attention.batches import SPECIAL, Layout

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TextRollout:
    """One text's rollout."""

    # [key], the row that is read after the last layer: that of [CLS], else a causal model's last,
    # else the mean over queries; sums to 1
    row: Array
    special_share: Array  # [layer], up to that layer, of special tokens, mean over queries


class BatchRollout:
    """Takes one batch's maps layer by layer (`add`), then gives each text's rollout (`texts`).

    R_l = (A / 2 + I / 2) R_(l-1), where A is the layer's map, mean over heads.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        n_texts, size = layout.real.shape
        identity = torch.eye(size, device=layout.real.device)
        self._rolled = identity.expand(n_texts, -1, -1)  # [text, query, key]
        self._special_shares: list[Tensor] = []

    def add(self, maps: Tensor) -> None:
        """Take the next layer's maps, `[text, head, query, key]`; they are not changed."""
        mean = maps.float().mean(1)
        self._rolled = torch.baddbmm(self._rolled, mean, self._rolled, beta=0.5, alpha=0.5)
        special = self._layout.columns[..., SPECIAL : SPECIAL + 1]
        self._special_shares.append((self._received() @ special).flatten())

    def texts(self) -> list[TextRollout]:
        """The rollout of the batch's texts, in its order."""
        texts = torch.arange(len(self._rolled))
        rows = self._rolled[texts, self._layout.cls].cpu().numpy()
        received = self._received().squeeze(1).cpu().numpy()
        shares = torch.stack(self._special_shares, dim=1).cpu().numpy()
        return [
            TextRollout((rows if has_cls else received)[text, :length], shares[text])
            for text, (length, has_cls) in enumerate(
                zip(self._layout.lengths, self._layout.has_cls, strict=True)
            )
        ]

    def _received(self) -> Tensor:
        """`[text, 1, key]`, mean over queries."""
        return self._layout.query_mean[:, None] @ self._rolled
