"""Where the real, the content and the special tokens of a padded batch stand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from reportgen.model.tokens import EncodedText

# Columns of `Layout.columns`; one for every role follows.
REAL, PADDING, CONTENT, SPECIAL, FIRST_SEGMENT, SECOND_SEGMENT, FIRST_ROLE = range(7)


@dataclass(frozen=True, slots=True)
class Layout:
    """Masks and weights of one batch, padded on the right; means are weights that sum to 1."""

    lengths: tuple[int, ...]
    columns: Tensor  # [text, position, column], 0 or 1: which tokens a sum over keys takes
    real: Tensor  # [text, position], bool
    content: Tensor  # [text, position], bool
    query_mean: Tensor  # [text, query], 1 / length on real tokens
    distances: Tensor  # [text, query, key], |query - key| on content keys, 0 elsewhere
    n_visible: Tensor  # [text, query], keys a query can attend to
    expected: Tensor  # [text, key], attention received under an even spread
    cls: Tensor  # [text], position of the query whose row is the [CLS] row
    has_cls: tuple[bool, ...]
    has_pair: tuple[bool, ...]


def lay_out(
    texts: Sequence[EncodedText], roles: Sequence[str], *, is_causal: bool, device: torch.device
) -> Layout:
    """The layout of a batch of `texts`, for the special-token `roles` of the model."""
    lengths = torch.tensor([len(text.ids) for text in texts])
    size = int(lengths.max())

    def mask(holds: Callable[[EncodedText, int], bool]) -> Tensor:
        rows = []
        for text in texts:
            length = len(text.ids)
            rows.append([holds(text, i) for i in range(length)] + [False] * (size - length))
        return torch.tensor(rows)

    real = torch.arange(size) < lengths[:, None]
    content = mask(lambda text, i: text.roles[i] is None)
    columns = [real, ~real, content, real & ~content]
    columns += [mask(lambda text, i, s=s: text.segments[i] == s) for s in (0, 1)]  # type: ignore[misc]
    columns += [mask(lambda text, i, r=r: text.roles[i] == r) for r in roles]  # type: ignore[misc]
    gaps = (torch.arange(size)[:, None] - torch.arange(size)).abs()
    visible = torch.arange(1, size + 1).expand(len(texts), -1) if is_causal else lengths[:, None]
    expected = torch.zeros(len(texts), size)
    for row, length in enumerate(lengths.tolist()):
        expected[row, :length] = even_spread(length, is_causal=is_causal)
    positions = [cls_position(text, is_causal=is_causal) for text in texts]
    return Layout(
        lengths=tuple(lengths.tolist()),
        columns=torch.stack(columns, dim=-1).float().to(device),
        real=real.to(device),
        content=content.to(device),
        query_mean=(real / lengths[:, None]).to(device),
        distances=(gaps * content[:, None, :]).float().to(device),
        n_visible=(visible * real).clamp(min=1).float().to(device),
        expected=expected.to(device),
        cls=torch.tensor([position or 0 for position in positions], device=device),
        has_cls=tuple(position is not None for position in positions),
        has_pair=tuple(1 in text.segments for text in texts),
    )


def even_spread(length: int, *, is_causal: bool) -> Tensor:
    """Attention received under an even spread, `[key]`: 1/T, or the mean over visible queries.

    In a causal model query q spreads over q + 1 keys, so key 0 gets (1 + 1/2 + ... + 1/T) / T.
    """
    if not is_causal:
        return torch.full((length,), 1 / length)
    per_query = 1 / torch.arange(1, length + 1, dtype=torch.float64)
    return (per_query.flip(0).cumsum(0).flip(0) / length).float()


def cls_position(text: EncodedText, *, is_causal: bool) -> int | None:
    """The query whose row is the [CLS] row: [CLS] itself, else a causal model's last token."""
    if "cls" in text.roles:
        return text.roles.index("cls")
    return len(text.ids) - 1 if is_causal else None
