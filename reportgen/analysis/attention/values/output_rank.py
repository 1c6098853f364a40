"""In how many directions a token moves the others: the rank of what it passes on to them.

A query q gets P(q) = sum_h A_h[q,k] f_h(k) from key k: one vector of each head, in amounts that
differ from query to query. With the eigenvalues l of the Gram matrix of these vectors over the
other tokens, the effective rank is (sum l)^2 / sum l^2: 1 if all lie along one direction, m if they
spread evenly in m. With the Gram matrix G of the heads' vectors and B[q,h] = A_h[q,k], both sums
are traces of a matrix of heads by heads, T = B'B G: (tr T)^2 / tr T^2.
"""

from itertools import product

import torch
from torch import Tensor

from reportgen.analysis.device.limits import entries

# Entries of a working tensor: all keys of a text of 800 tokens and 12 heads.
CHUNK = 8_000_000
_TINY = torch.finfo(torch.float32).tiny


def output_ranks(maps: Tensor, gram: Tensor, real: Tensor) -> Tensor:
    """The effective rank of what each token passes on to the other tokens, `[text, key]`.

    0 where it passes on nothing: nobody looks at it, or its vectors are 0.

    Args:
        maps: `[text, head, query, key]`.
        gram: `[text, key, head, head]`, products of the vectors that heads pass on from each key.
        real: `[text, query]`, which are no padding.
    """
    ranks = torch.empty_like(gram[..., 0, 0])
    _, n_heads, length, _ = maps.shape
    step = max(1, entries(CHUNK, maps.device) // (n_heads * length))
    for text, start in product(range(len(maps)), range(0, length, step)):
        keys = slice(start, start + step)
        # Turned as one matrix: of a long text that is three times faster than by its axes.
        turned = maps[text, ..., keys].flatten(0, 1).T.clone(memory_format=torch.contiguous_format)
        given = turned.view(-1, n_heads, length).mul_(real[text])
        given.diagonal(start, 0, 2).zero_()  # what a token passes on to itself
        ranks[text, keys] = _ranks(given @ given.transpose(1, 2) @ gram[text, keys])
    return ranks


def _ranks(both: Tensor) -> Tensor:
    """The effective rank of each matrix T of the module's docstring, `[key, head, head]`."""
    total = both.diagonal(0, 1, 2).sum(-1)
    shares = both / total.clamp(min=_TINY)[:, None, None]
    squares = (shares * shares.transpose(1, 2)).sum((1, 2))
    return torch.where(total < _TINY, 0.0, 1 / squares)
