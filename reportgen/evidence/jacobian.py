"""How far a text's embedding moves with each of its tokens: the size of the Jacobian."""

from collections.abc import Sequence

import torch
from torch import Tensor

from reportgen.evidence.embeddings import NOT_FINITE, GradientError, Missing, embedding_leaf
from reportgen.evidence.target import Explained, Explainer, unit_rows
from reportgen.model.usercode import describe


def jacobian_norms(
    explainer: Explainer,
    explained: Sequence[Explained],
) -> list[tuple[float, ...] | Missing]:
    """Frobenius norm of d e / d x_i for each text, `[position]`.

    e is the text's embedding at length 1, since a cosine reads its direction alone; x_i the input
    embedding of token i (hidden token attribution, Brunner et al. 2020, before it is normalised).
    Exact: one row of the Jacobian for each figure of e. Only for a model that puts out embeddings.
    """
    found: list[tuple[float, ...] | Missing] = []
    for item in explained:
        try:
            found.append(_norms(explainer, item))
        except GradientError as error:
            found.append(Missing(error.reason))
        except (Exception, SystemExit) as error:  # of a user's class as well
            found.append(Missing("failed", describe(error)))
    return found


def _norms(explainer: Explainer, explained: Explained) -> tuple[float, ...] | Missing:
    with embedding_leaf(explainer.model) as leaves:
        embedding = unit_rows(explainer.outputs([explained.text]))[0]
    if not embedding.requires_grad:
        raise GradientError("no_gradient")
    rows = torch.eye(len(embedding), dtype=embedding.dtype, device=embedding.device)
    squares = torch.zeros(len(explained.text.ids), dtype=torch.float64, device=rows.device)
    size = max(1, explainer.batch_tokens // len(explained.text.ids))
    for start in range(0, len(rows), size):
        moved = _pulled_back(embedding, leaves[0], rows[start : start + size])
        squares += moved.double().square().sum((0, 1, 3))
    if not squares.isfinite().all():
        return Missing("failed", NOT_FINITE)
    if not squares.any():
        raise GradientError("zero_gradient")
    norms: list[float] = squares.sqrt().tolist()
    return tuple(norms)


def _pulled_back(embedding: Tensor, leaf: Tensor, rows: Tensor) -> Tensor:
    """Each of `rows` `[row, figure]` times the Jacobian, `[row, text, position, width]`."""
    try:
        (found,) = torch.autograd.grad(
            embedding, leaf, rows, retain_graph=True, is_grads_batched=True
        )
    except RuntimeError:  # an operation of the model cannot go back for many rows at once
        each = [torch.autograd.grad(embedding, leaf, row, retain_graph=True)[0] for row in rows]
        return torch.stack(each)
    return found
