"""Batches of texts of similar length, and where each batch has padding, content and special
tokens."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from reportgen.models import EncodedText, moved
from reportgen.results import Batching

Array: TypeAlias = NDArray[np.float32]  # figures of attention
# Columns of `Layout.columns`; from FIRST_ROLE on there is one column per role.
REAL, PADDING, CONTENT, SPECIAL, FIRST_SEGMENT, SECOND_SEGMENT, FIRST_ROLE = range(7)


@dataclass(frozen=True, slots=True)
class Layout:
    """Masks and weights of one batch, which is padded on the right."""

    lengths: tuple[int, ...]
    # [text, position, column], 0 or 1: the tokens that count in a sum over keys. A column's entries
    # stand side by side, so that products of maps with few columns take a third of the time.
    columns: Tensor
    real: Tensor  # [text, position], bool
    content: Tensor  # [text, position], bool
    # [text, position]: the first position of the same text token, not counting that at position 0,
    # which is the same as none; of other tokens their own.
    same: Tensor
    query_mean: Tensor  # [text, query], weights of a mean over queries: 1 / length on real tokens
    # [text, row], positions of the queries whose mean row is the [CLS] row: one, or two where the
    # texts of a pair are read apart.
    cls: Tensor
    has_cls: tuple[bool, ...]
    has_pair: Tensor  # [text], bool
    is_causal: bool
    # The same on other devices that layers of the model are on.
    _elsewhere: dict[torch.device, "Layout"] = field(default_factory=dict, init=False, repr=False)

    def on(self, device: torch.device) -> "Layout":
        """The same on `device`; moved there once."""
        if device == self.real.device:
            return self
        if device not in self._elsewhere:
            tensors = ("columns", "real", "content", "same", "query_mean", "cls", "has_pair")
            copies = {name: getattr(self, name).to(device) for name in tensors}
            self._elsewhere[device] = replace(self, **copies)
        return self._elsewhere[device]

    def distances(self, queries: slice) -> Tensor:
        """|query - key| on content keys and 0 elsewhere, `[text, query, key]` of some queries."""
        return (self._gaps(queries).abs() * self.content[:, None, :]).float()

    def visible(self, queries: slice) -> Tensor:
        """The real keys that some queries can attend to, bool `[text, query, key]`."""
        gaps = self._gaps(queries)
        real = self.real[:, None, :]
        return real & (gaps >= 0) if self.is_causal else real.expand(-1, len(gaps), -1)

    def _gaps(self, queries: slice) -> Tensor:
        """How far each key stands before some queries, `[query, key]`."""
        places = torch.arange(self.real.shape[1], device=self.real.device)
        return places[queries, None] - places


def runs_alone(texts: Sequence[EncodedText], batching: Batching) -> bool:
    """Whether each of `texts` has to run by itself. A text and its target are seldom both as long
    as those of another text."""
    has_targets = any(text.target is not None for text in texts)
    return batching == "one by one" or (batching == "equal lengths" and has_targets)


def lay_out(
    texts: Sequence[EncodedText],
    roles: Sequence[str],
    *,
    is_causal: bool,
    device: torch.device,
    least: int = 0,
) -> Layout:
    """Make the layout of a batch of `texts`, padded to their longest or to the `least` number of
    tokens; `roles` are the model's special-token roles."""
    lengths = torch.tensor([len(text.ids) for text in texts])
    size = max(least, int(lengths.max()))

    def mask(rows: Iterable[Sequence[bool]]) -> Tensor:
        return torch.tensor([[*row, *[False] * (size - len(row))] for row in rows])

    real = torch.arange(size) < lengths[:, None]
    content = mask([role is None for role in text.roles] for text in texts)
    columns = [real, ~real, content, real & ~content]
    columns += [mask([segment == s for segment in text.segments] for text in texts) for s in (0, 1)]
    columns += [
        mask([token_role == role for token_role in text.roles] for text in texts) for role in roles
    ]
    same = [_first_of_same(text) for text in texts]
    positions = [cls_positions(text, is_causal=is_causal) for text in texts]
    n_rows = max(map(len, positions)) or 1
    return Layout(
        lengths=tuple(lengths.tolist()),
        columns=moved(torch.stack(columns, dim=1).float(), device).transpose(1, 2),
        real=moved(real, device),
        content=moved(content, device),
        same=moved(torch.tensor([[*firsts, *range(len(firsts), size)] for firsts in same]), device),
        query_mean=moved(real / lengths[:, None], device),
        cls=moved(torch.tensor([places or [0] * n_rows for places in positions]), device),
        has_cls=tuple(map(bool, positions)),
        has_pair=moved(torch.tensor([1 in text.segments for text in texts]), device),
        is_causal=is_causal,
    )


def _first_of_same(text: EncodedText) -> list[int]:
    """`[position]`, as `Layout.same`."""
    first: dict[str, int] = {}
    return [
        first.setdefault(token, place) if role is None and place else place
        for place, (token, role) in enumerate(zip(text.tokens, text.roles, strict=True))
    ]


def even_spread(
    visible: Tensor, query_mean: Tensor, *, learned_sinks: bool = False
) -> tuple[Tensor, Tensor]:
    """The attention each key would receive if every query spread its attention evenly.

    1/T where every query sees all T keys; in a causal model query q sees q + 1 keys, so key 0 gets
    (1 + 1/2 + ... + 1/T) / T.

    Args:
        visible: `[text, query, key]`, whether a query can attend to a key.
        query_mean: `[text, query]`, weights of the mean over queries.
        learned_sinks: whether each query can also attend to a learned sink, which is no key.

    Returns:
        The number of keys each query can see, `[text, query]`, with a learned sink; attention
        received, `[text, key]`.
    """
    n_visible = visible.sum(-1).clamp(min=1).float() + learned_sinks
    expected = (query_mean / n_visible)[:, None] @ visible.float()
    return n_visible, expected.squeeze(1)


def cls_positions(text: EncodedText, *, is_causal: bool) -> list[int]:
    """Positions of the queries whose mean row is the [CLS] row: [CLS], else a causal model's last
    token; of each text where two are read apart. Empty where there is none."""
    parts = text.parts or (0,) * len(text.ids)
    positions = []
    for part in dict.fromkeys(parts):
        members = [i for i, each in enumerate(parts) if each == part]
        cls = next((i for i in members if text.roles[i] == "cls"), None)
        if cls is not None or is_causal:
            positions.append(members[-1] if cls is None else cls)
    return positions
