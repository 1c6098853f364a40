"""Attention rollout (Abnar and Zuidema 2020), computed layer by layer."""

from dataclasses import dataclass

import torch
from torch import Tensor

from reportgen.analysis.attention.batches import SPECIAL, Array, Layout


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
        self._special_shares: list[Tensor] = []

    def add(self, maps: Tensor) -> None:
        """Add the maps of the next layer, `[text, head, query, key]`; they are not changed."""
        mean = maps.float().mean(1)
        self._rolled = torch.baddbmm(self._rolled, mean, self._rolled, beta=0.5, alpha=0.5)
        special = self._layout.columns[..., SPECIAL : SPECIAL + 1]
        self._special_shares.append((self._received() @ special).flatten())

    def texts(self) -> list[TextRollout]:
        """One rollout per text, in the order of the batch."""
        texts = torch.arange(len(self._rolled))[:, None]
        rows = self._rolled[texts, self._layout.cls].mean(1).cpu().numpy()
        received = self._received().squeeze(1).cpu().numpy()
        shares = torch.stack(self._special_shares, dim=1).cpu().numpy()
        return [
            TextRollout((rows if has_cls else received)[text, :length], shares[text])
            for text, (length, has_cls) in enumerate(
                zip(self._layout.lengths, self._layout.has_cls, strict=True)
            )
        ]

    def _received(self) -> Tensor:
        """The mean over queries so far, `[text, 1, key]`."""
        return self._layout.query_mean[:, None] @ self._rolled
