"""How strongly an embedding reacts to each token of a text: the size of its Jacobian."""

from collections.abc import Sequence

import torch
from torch import Tensor

from reportgen.analysis.evidence.embeddings import embedding_leaf
from reportgen.analysis.evidence.explainer import Explainer
from reportgen.analysis.evidence.methods import CostBasis, MeasureMethod, Tools
from reportgen.analysis.evidence.text_evidence import (
    NOT_FINITE,
    GradientError,
    Missing,
    TextEvidence,
    each_text,
    explained_of,
)
from reportgen.analysis.progress import ONE_OF_MANY, Passes
from reportgen.models import EncodedText, ExplainedText, lacks_memory, precise, unit_rows


def jacobian_norms(
    explainer: Explainer,
    explained: Sequence[ExplainedText],
) -> list[tuple[float, ...] | Missing]:
    """The Frobenius norm of d e / d x_i for each text, `[position]`.

    e is the text's embedding scaled to length 1, because a cosine depends on its direction only;
    x_i is the input embedding of token i (hidden token attribution, Brunner et al. 2020, before
    normalisation). It is exact, with one row of the Jacobian for each dimension of e. Only for
    models whose output is an embedding.
    """
    return each_text(explained, lambda item: _norms(explainer, item))


def _norms(explainer: Explainer, explained: ExplainedText) -> tuple[float, ...] | Missing:
    with embedding_leaf(explainer.model) as leaves:
        embedding = unit_rows(explainer.outputs([explained.text]))[0]
    if not embedding.requires_grad:
        raise GradientError("no_gradient")
    rows = torch.eye(len(embedding), dtype=embedding.dtype, device=embedding.device)
    squares: Tensor | float = 0.0
    size = max(1, explainer.batch_tokens // len(explained.text.ids))
    for start in range(0, len(rows), size):
        some = range(start, min(start + size, len(rows)))
        moved = explainer.joined(
            some, lambda part: _pulled_back(embedding, leaves[0], rows[part[0] : part[-1] + 1])
        )
        squares += precise(moved).square().sum((0, 1, 3))
    assert isinstance(squares, Tensor)  # an embedding has figures
    if not squares.isfinite().all():
        return Missing("failed", NOT_FINITE)
    if not squares.any():
        raise GradientError("zero_gradient")
    norms: list[float] = squares.sqrt().tolist()
    return tuple(norms)


def _pulled_back(embedding: Tensor, leaf: Tensor, rows: Tensor) -> Tensor:
    """`rows` `[row, figure]` times the Jacobian, `[row, text, position, width]`."""
    try:
        (product,) = torch.autograd.grad(
            embedding, leaf, rows, retain_graph=True, is_grads_batched=True
        )
    except RuntimeError as error:  # some operation of the model has no batched backward pass
        if lacks_memory(error):
            raise
        each = [torch.autograd.grad(embedding, leaf, row, retain_graph=True)[0] for row in rows]
        return torch.stack(each)
    return product


def _run(tools: Tools, texts: Sequence[TextEvidence]) -> None:
    results = jacobian_norms(tools.explainer, explained_of(texts))
    for text, norms in zip(texts, results, strict=True):
        text.add("jacobian", norms)


def _cost(text: EncodedText, basis: CostBasis) -> Passes:
    n = basis.target.n_figures
    return Passes(1, n, (1 + n * ONE_OF_MANY) * len(text.ids))


JACOBIAN = MeasureMethod(_run, _cost)
