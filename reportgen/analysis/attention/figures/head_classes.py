"""The class of each head by rule: what its text tokens look at."""

import torch
from torch import Tensor

from reportgen.analysis.attention.batches import (
    CONTENT,
    FIRST_SEGMENT,
    SECOND_SEGMENT,
    SPECIAL,
    Layout,
)
from reportgen.results.info import HEAD_CLASSES

# Head classes by rule, modelled on those of Kovaleva et al. 2019. Each is decided by a mean over
# content queries of the weight on special tokens (vertical), on content at most one token away
# (diagonal), or on content of the query's own segment (block).
VERTICAL = 0.5
DIAGONAL = 0.5
MIXED_EACH, MIXED_TOGETHER = 0.25, 0.6
BLOCK, BLOCK_OVER_EVEN = 0.8, 0.2


def near_weight(maps: Tensor, start: int, content: Tensor) -> Tensor:
    """The weight of each query on content at most one token away, `[text, head, query]`.

    Args:
        maps: `[text, head, query, key]`, of the queries from `start` on.
        content: `[text, 1, key]`, 1 for content.
    """
    n_rows = maps.shape[2]
    near = maps.diagonal(start, 2, 3) * content[..., start : start + n_rows]
    after = maps.diagonal(start + 1, 2, 3)
    n_after = after.shape[-1]
    near[..., :n_after] += after * content[..., start + 1 : start + 1 + n_after]
    before = maps.diagonal(start - 1, 2, 3)
    near[..., n_rows - before.shape[-1] :] += (
        before * content[..., max(0, start - 1) : start - 1 + n_rows]
    )
    return near


def classify(sums: Tensor, near: Tensor, even_own: Tensor, layout: Layout) -> Tensor:
    """Classify each head: `[text, head]`, indices into HEAD_CLASSES.

    Args:
        sums: `[text, head, query, column]`, of weights on the keys of each column of the layout.
        near: `[text, head, query]`, see `near_weight`.
        even_own: `[text, query]`, what an equal share gives to the query's own segment.
    """
    content = layout.columns[:, None, :, CONTENT]  # [text, 1, position]
    queries = content / content.sum(-1, keepdim=True)
    vertical = (sums[..., SPECIAL] * queries).sum(-1)
    diagonal = (near * queries).sum(-1)

    segments = layout.columns[..., FIRST_SEGMENT : SECOND_SEGMENT + 1]  # [text, position, segment]
    own = (sums[..., FIRST_SEGMENT : SECOND_SEGMENT + 1] * segments[:, None]).sum(-1)
    block = (own * queries).sum(-1)
    is_block = block > (even_own[:, None] * queries).sum(-1) + BLOCK_OVER_EVEN
    is_block &= (block >= BLOCK) & layout.has_pair[:, None]

    mixed = (
        (vertical >= MIXED_EACH)
        & (diagonal >= MIXED_EACH)
        & (vertical + diagonal >= MIXED_TOGETHER)
    )
    classes = torch.full_like(vertical, HEAD_CLASSES.index("heterogeneous"))
    for name, found in (
        ("block", is_block),
        ("diagonal", diagonal >= DIAGONAL),
        ("vertical", vertical >= VERTICAL),
        ("vertical+diagonal", mixed),
    ):
        classes.masked_fill_(found, HEAD_CLASSES.index(name))
    return classes
