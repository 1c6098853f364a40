"""Gradients at input embeddings, and live rows of the last layer."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
import torch
from torch import Tensor

from reportgen.analysis.attention.capture import Capture
from reportgen.analysis.device.runs import BatchRuns
from reportgen.analysis.evidence.embeddings import embedding_leaf, gradients
from reportgen.analysis.evidence.explainer import Explainer
from reportgen.analysis.evidence.measures.completion_gradients import step_gradients
from reportgen.analysis.evidence.methods import CostBasis, MeasureMethod, Tools
from reportgen.analysis.evidence.text_evidence import (
    NOT_FINITE,
    Floats,
    GradientError,
    Missing,
    TextEvidence,
    explained_of,
)
from reportgen.analysis.progress import BACKWARD, Passes
from reportgen.models import EncodedText, ExplainedText, content_units, precise
from reportgen.results import Reason

SEED = 0  # of the projection of embeddings


@dataclass(frozen=True, slots=True)
class TextGradients:
    """The result of one backward pass for one text."""

    sizes: tuple[float, ...] | None  # [position]; None where not defined
    reason: Reason | None  # why they are not defined, or all 0; None otherwise
    # [position], attention times gradient; None where the last maps have no gradient
    weighted: tuple[float, ...] | None
    live_rows: int | None  # rows of the last layer the output can depend on; None: not known
    n_rows: int
    # Only the row of [CLS] is live; without one, that of the last token. None as `live_rows`.
    reads_cls_only: bool | None
    by_input: Floats | None = None  # [position], gradient times input; None as `sizes`


def text_gradients(
    explainer: Explainer,
    capture: Capture,
    explained: Sequence[ExplainedText],
) -> list[TextGradients | Missing]:
    """Gradient size, attention times gradient and live rows, with one backward pass per batch.

    Size: the length of the gradient of the target at a token's input embedding, ||df/dx_i||. It is
    not defined for embeddings: the cosine of a text to itself has its maximum there.
    Live rows: queries q of the last layer with |df/dA[h, q, k]| > 0 for some head and key, where A
    are the attention maps; no other row can change the output. For embeddings, f is a projection
    with fixed random weights. If there is no live row, the number is not known, because the
    gradient may vanish even where the output depends on a row.
    Gradient times input (Shrikumar et al. 2016): df/dx_i . (x_i - m), m the mean over text tokens;
    to first order, how far f would fall with an average token in the place of i. Models scale an
    input to one length, so that the gradient is at right angles to the input itself.
    Attention times gradient of key k: the sum of A[h, q, k] df/dA[h, q, k] over heads and queries;
    only live rows add to it. Like the size, it is not defined for embeddings.
    """

    runs: BatchRuns[TextGradients | Missing] = explainer.runs(
        [item.text for item in explained], in_graph=True
    )
    for run in runs:
        with run:
            try:
                run.results = _run_batch(explainer, capture, [explained[i] for i in run.rows])
            except GradientError as error:
                run.results = [Missing(error.reason)] * len(run.rows)
    return [
        Missing("failed", result) if isinstance(result, str) else result for result in runs.results
    ]


def _run_batch(
    explainer: Explainer, capture: Capture, items: Sequence[ExplainedText]
) -> list[TextGradients | Missing]:
    texts = [item.text for item in items]
    inputs = explainer.inputs(texts)
    last: list[Tensor] = []  # maps of the last layer so far

    def take(layer: int, maps: Tensor) -> None:
        last[:] = [maps]

    is_flat = explainer.target.is_distance  # at the whole text, whose distance is 0
    with embedding_leaf(explainer.model) as leaves:
        returned = capture.run(inputs, take, gradients=True)
        outputs = explainer.model.reader.values(returned, inputs, texts)
        targets = _projected(outputs) if is_flat else explainer.target.figures(outputs, items)
    maps = last[0] if last[0].requires_grad else None
    wanted = [leaves[0]] if maps is None else [leaves[0], maps]
    at_leaf, *at_maps = gradients(targets, wanted)
    sizes = None
    by_input: list[Floats | None] = [None] * len(texts)
    if not is_flat:
        if at_leaf is None:
            raise GradientError("no_gradient")
        slopes, ends = precise(at_leaf), precise(leaves[0].detach())
        sizes = slopes.norm(dim=-1)
        by_input = [_by_input(*args) for args in zip(texts, slopes, ends, strict=True)]
    live = weighted = None
    if maps is not None and at_maps[0] is not None:
        live = at_maps[0].abs().amax((1, 3)) > 0
        if not is_flat:
            weighted = (precise(maps.detach()) * precise(at_maps[0])).sum((1, 2))
    columns = [[None] * len(texts) if of is None else of for of in (sizes, weighted, live)]
    rows = zip(texts, *columns, by_input, strict=True)
    return [_text_gradients(*row) for row in rows]


def _by_input(text: EncodedText, slopes: Tensor, inputs: Tensor) -> Floats | None:
    """Gradient times input of one text, from its rows of the batch, `[position, width]` each."""
    content = [position for unit in content_units(text) for position in unit]
    if not content:
        return None
    ways = inputs - inputs[content].mean(dim=0)
    products: Floats = (slopes * ways).sum(-1)[: len(text.ids)].cpu().numpy().astype(np.float64)
    return products


def _text_gradients(
    text: EncodedText,
    sizes: Tensor | None,
    weighted: Tensor | None,
    live: Tensor | None,
    by_input: Floats | None,
) -> TextGradients | Missing:
    """The result for one text, from its rows of the batch, `[position]` each."""
    n_rows = len(text.ids)
    lengths, summed = (
        None if of is None else tuple(of[:n_rows].tolist()) for of in (sizes, weighted)
    )
    reason: Reason | None = None
    if lengths is None:
        reason = "embedding_output"
    elif not all(map(isfinite, (*lengths, *(summed or ())))):
        return Missing("failed", NOT_FINITE)
    elif not any(lengths):
        reason = "zero_gradient"
    rows = [] if live is None else live[:n_rows].nonzero()[:, 0].tolist()
    if not rows:
        return TextGradients(lengths, reason, summed, None, n_rows, None, by_input)
    cls = text.roles.index("cls") if "cls" in text.roles else n_rows - 1
    return TextGradients(lengths, reason, summed, len(rows), n_rows, rows == [cls], by_input)


def _projected(embeddings: Tensor) -> Tensor:
    """`embeddings` `[text, figure]` projected on one random unit vector, the same in every run."""
    random = torch.Generator().manual_seed(SEED)
    direction = torch.randn(embeddings.shape[1], generator=random)
    projected: Tensor = embeddings @ (direction / direction.norm()).to(embeddings)
    return projected


def _run(tools: Tools, texts: Sequence[TextEvidence]) -> None:
    results = text_gradients(tools.explainer, tools.capture, explained_of(texts))
    if tools.explainer.target.is_sequential:
        by_text = step_gradients(tools.explainer, tools.capture, explained_of(texts))
        for text, by_step in zip(texts, by_text, strict=True):
            if isinstance(by_step, str):
                text.add_message(by_step)
            else:
                text.gradients = by_step
    for text, slopes in zip(texts, results, strict=True):
        if isinstance(slopes, Missing):
            text.add("gradient", slopes)
            text.add("attention_gradient", slopes)
            continue
        text.row["live_rows"] = slopes.live_rows
        text.row["n_rows"] = slopes.n_rows
        text.row["reads_cls_only"] = slopes.reads_cls_only
        text.input_gradient = slopes.by_input
        if slopes.sizes is not None:
            text.add("gradient", slopes.sizes)
        if slopes.reason is not None:
            text.add("gradient", Missing(slopes.reason))
        _add_weighted(text, slopes)


def _add_weighted(text: TextEvidence, slopes: TextGradients) -> None:
    """Add attention times gradient, and why it is missing or 0 for every token."""
    if slopes.weighted is not None:
        text.add("attention_gradient", slopes.weighted)
    elif slopes.reason is None:
        text.add("attention_gradient", Missing("no_map_gradient"))
    if slopes.weighted is not None and not any(slopes.weighted):
        text.add("attention_gradient", Missing("zero_gradient"))


def _cost(text: EncodedText, basis: CostBasis) -> Passes:
    # One more forward pass, which finds the target that is explained.
    whole = Passes(2, 1, (2 + BACKWARD) * len(text.ids))
    if not basis.target.is_sequential:
        return whole
    n_steps = text.n_steps
    return whole.plus(Passes(1, n_steps, (1 + n_steps * BACKWARD) * len(text.ids)))


GRADIENT = MeasureMethod(_run, _cost)
