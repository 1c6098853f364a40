"""ALTI (Ferrando et al. 2022): the share of each token in the output of the last layer."""

from collections.abc import Sequence

import torch
from torch import Tensor

from reportgen.analysis.attention.batches import Layout
from reportgen.analysis.attention.capture import Capture
from reportgen.analysis.attention.values.blocks import Blocks, LayerBlock, Residual
from reportgen.analysis.attention.values.norms import Norms, scaled
from reportgen.analysis.device.limits import entries
from reportgen.analysis.device.runs import BatchRuns
from reportgen.analysis.evidence.explainer import Explainer
from reportgen.analysis.evidence.methods import CostBasis, MeasureMethod, Tools
from reportgen.analysis.evidence.text_evidence import Missing, TextEvidence, explained_of
from reportgen.analysis.progress import ANALYSIS, Passes
from reportgen.errors import CaptureError
from reportgen.models import EncodedText, ExplainedText, Projection, weight_of
from reportgen.results import Reason

# Most entries of a working tensor `[text, key, query, width]`; queries are taken a few at a time.
CHUNK = 4_000_000


def alti(
    explainer: Explainer,
    capture: Capture,
    norms: Norms | Reason,
    explained: Sequence[ExplainedText],
) -> list[tuple[float, ...] | Missing]:
    """The contribution of each token to the last layer, `[position]`, mean over queries; sums to 1.

    The map of a layer is C[q,k] = max(0, ||y_q|| - ||y_q - T_q(k)||), in the 1-norm, each row
    divided by its sum; y_q is the output of the block with residual and LayerNorm, and T_q(k) the
    part of it that comes from token k. The maps of all layers are multiplied.
    """
    if isinstance(norms, str):
        return [Missing(norms)] * len(explained)
    if norms.residual is None:
        return [Missing("unresidual")] * len(explained)
    runs: BatchRuns[tuple[float, ...]] = explainer.runs([item.text for item in explained])
    for run in runs:
        with run:
            texts = [explained[i].text for i in run.rows]
            run.results = _rolled(explainer, capture, norms.projections, norms.residual, texts)
    return [
        Missing("failed", shares) if isinstance(shares, str) else shares for shares in runs.results
    ]


def _rolled(
    explainer: Explainer,
    capture: Capture,
    projections: Sequence[Projection],
    residual: Residual,
    texts: Sequence[EncodedText],
) -> list[tuple[float, ...]]:
    """Run one batch."""
    rolled = _Rolled(explainer.lay_out(texts))
    blocks = Blocks(projections, residual, rolled.add)
    with blocks.hooked():
        capture.run(explainer.inputs(texts), lambda layer, maps: blocks.add_maps(maps))
    if not blocks.is_complete:
        raise CaptureError("its layers' attention maps and value vectors do not match")
    return rolled.texts()


class _Rolled:
    """Multiplies the maps of one batch: `add` its blocks layer by layer, then read `texts`."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        n_texts, size = layout.real.shape
        identity = torch.eye(size, device=layout.real.device)
        self._rolled = identity.expand(n_texts, -1, -1)  # [text, query, token]

    def add(self, block: LayerBlock) -> None:
        """Add the block of the next layer."""
        made = contributions(block)
        self._rolled = made @ self._rolled.to(made.device)  # layers may be on several devices

    def texts(self) -> list[tuple[float, ...]]:
        """The mean over queries for each text, `[position]`, in the order of the batch."""
        layout = self._layout.on(self._rolled.device)
        received = (layout.query_mean[:, None] @ self._rolled).squeeze(1)
        rows = zip(received.tolist(), self._layout.lengths, strict=True)
        return [tuple(row[:length]) for row, length in rows]


def contributions(block: LayerBlock) -> Tensor:
    """The map C of one layer of a batch, `[text, query, key]`.

    Rows sum to 1, or are 0 if no token brings the sum of parts nearer to the output.
    """
    weight = block.projection.weight().float()  # [head, size, width]
    passed = torch.einsum("tkhs,hsw->tkhw", block.values, weight)
    n_texts, length, _, width = passed.shape
    contributed = passed.new_empty(n_texts, length, length)
    step = max(1, entries(CHUNK, passed.device) // (n_texts * length * width))
    for start in range(0, length, step):
        queries = slice(start, start + step)
        contributed[:, queries] = _contributed(block, passed, queries)
    sums = contributed.sum(-1, keepdim=True)
    return contributed / sums.clamp(min=torch.finfo(sums.dtype).tiny)


def _contributed(block: LayerBlock, passed: Tensor, queries: slice) -> Tensor:
    """C of some queries before its rows are divided by their sums, `[text, query, key]`.

    Args:
        passed: `[text, key, head, width]`, what each head passes on from each key.
    """
    assert block.stream is not None
    stream = block.stream[:, queries]
    parts = block.maps[:, :, queries].permute(0, 3, 2, 1) @ passed  # [text, key, query, width]
    residual = stream - block.output[:, queries]
    for row, query in enumerate(range(*queries.indices(passed.shape[1]))):
        parts[:, query, row] += residual[:, row]
    given = stream
    if block.norm is not None:
        epsilon = block.norm.eps
        assert isinstance(epsilon, float)
        size = (stream.var(-1, unbiased=False, keepdim=True) + epsilon).sqrt()
        parts = scaled(parts, block.norm) / size[:, None]
        given = scaled(stream, block.norm) / size
        if isinstance(bias := weight_of(block.norm, "bias"), Tensor):
            given += bias.float()
    lengths = torch.linalg.vector_norm(given, ord=1, dim=-1)
    left = torch.linalg.vector_norm(given[:, None] - parts, ord=1, dim=-1)  # [text, key, query]
    nearer: Tensor = (lengths[:, None] - left).clamp(min=0)
    return nearer.transpose(1, 2)


def _run(tools: Tools, texts: Sequence[TextEvidence]) -> None:
    results = alti(tools.explainer, tools.capture, tools.norms, explained_of(texts))
    for text, shares in zip(texts, results, strict=True):
        text.add("alti", shares)


def _cost(text: EncodedText, basis: CostBasis) -> Passes:
    return Passes(1, 0, ANALYSIS * len(text.ids))


ALTI = MeasureMethod(_run, _cost)
