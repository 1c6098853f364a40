"""In how many directions a token moves the others: the rank of what it passes on to them.

A query q gets P(q) = sum_h A_h[q,k] f_h(k) from key k: one vector of each head, in amounts that
differ from query to query. With the eigenvalues l of the Gram matrix of these vectors over the
other tokens, the effective rank is (sum l)^2 / sum l^2: 1 if all lie along one direction, m if they
spread evenly in m. With the Gram matrix G of the heads' vectors and B[q,h] = A_h[q,k], both sums
are traces of a matrix of heads by heads, T = B'B G: (tr T)^2 / tr T^2.
"""

import torch
from torch import Tensor

_TINY = torch.finfo(torch.float32).tiny


def output_ranks(maps: Tensor, gram: Tensor, real: Tensor, chunk: int) -> Tensor:
    """The effective rank of what each token passes on to the other tokens, `[text, key]`.

    0 where it passes on nothing: nobody looks at it, or its vectors are 0.

    Args:
        maps: `[text, head, query, key]`.
        gram: `[text, key, head, head]`, products of the vectors that heads pass on from each key.
        real: `[text, query]`, which are no padding.
        chunk: entries of a working tensor.
    """
    n_texts, n_heads, length, _ = maps.shape
    ranks = torch.empty_like(gram[..., 0, 0])
    step = max(1, chunk // (n_texts * n_heads * length))
    for start in range(0, length, step):
        keys = slice(start, start + step)
        given = maps[..., keys].permute(0, 3, 1, 2).masked_fill(~real[:, None, None], 0)
        given.diagonal(start, 1, 3).zero_()  # what a token passes on to itself
        both = given @ given.transpose(2, 3) @ gram[:, keys]  # [text, key, head, head]
        total = both.diagonal(0, 2, 3).sum(-1)
        shares = both / total.clamp(min=_TINY)[..., None, None]
        squares = (shares * shares.transpose(2, 3)).sum((2, 3))
        ranks[:, keys] = torch.where(total < _TINY, 0.0, 1 / squares)
    return ranks
