"""Gradients of each token of a completion at the tokens before it.

One run of the model tells all of them, with one backward pass for each token.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from reportgen.analysis.attention.capture import Capture
from reportgen.analysis.attention.decoders.decoder import DecoderCapture
from reportgen.analysis.device.runs import BatchRuns
from reportgen.analysis.evidence.embeddings import decoder_leaf, embedding_leaf
from reportgen.analysis.evidence.explainer import Explainer
from reportgen.analysis.evidence.text_evidence import GradientError, StepGradients, StepValues
from reportgen.models import EncodedText, ExplainedText, precise
from reportgen.results import DecoderPart


@dataclass(slots=True)
class _Maps:
    """The maps of the last layer so far, in the graph."""

    encoder: list[Tensor] = field(default_factory=list)
    parts: dict[DecoderPart, Tensor] = field(default_factory=dict)

    def take(self, layer: int, maps: Tensor) -> None:
        self.encoder[:] = [maps]

    def take_part(self, part: DecoderPart, maps: Tensor) -> None:
        self.parts[part] = maps


def step_gradients(
    explainer: Explainer, capture: Capture, explained: Sequence[ExplainedText]
) -> list[StepGradients | str | None]:
    """Gradient size and attention times gradient of each token of the completions; None for a text
    of which they are not known, and an error message for one that failed.

    Size: ||d log p_s / dx_i|| at the input embedding of token i, for each step s. Attention times
    gradient of key k: the sum over heads of A[h, q, k] d log p_s / dA[h, q, k] in the last layer,
    where q is the one row that step s is read from. Where a decoder of its own writes, A are its
    maps: across for tokens of the text, its own for what it has written.
    """

    runs: BatchRuns[StepGradients | None] = explainer.runs(
        [item.text for item in explained], in_graph=True
    )
    for run in runs:
        with run:
            try:
                run.results = _run_batch(explainer, capture, [explained[i] for i in run.rows])
            except GradientError:  # the gradient of the whole tells why
                run.results = [None] * len(run.rows)
    return runs.results


def _run_batch(
    explainer: Explainer, capture: Capture, items: Sequence[ExplainedText]
) -> list[StepGradients | None]:
    model, texts, maps = explainer.model, [item.text for item in items], _Maps()
    inputs = explainer.inputs(texts)
    writer = None if model.writer is None or texts[0].target is None else model.writer.module
    with embedding_leaf(model) as leaves:
        if writer is None:
            returned = capture.run(inputs, maps.take, gradients=True)
            wanted = [leaves[0], *maps.encoder]
        else:
            decoder = DecoderCapture(writer)
            with decoder_leaf(decoder.module) as target_leaves, decoder.hooked(maps.take_part):
                returned = capture.run(inputs, maps.take, gradients=True)
            wanted = [leaves[0], maps.parts["cross"], target_leaves[0], maps.parts["decoder"]]
        values = model.reader.values(returned, inputs, texts)
        if not values.requires_grad:
            raise GradientError("no_gradient")
        steps = [_step(values[:, step].sum(), wanted) for step in range(values.shape[1])]
    return [_of_text(text, row, steps) for row, text in enumerate(texts)]


def _step(value: Tensor, wanted: Sequence[Tensor]) -> list[Tensor | None]:
    """For each pair of embeddings and maps in `wanted`: the size of the gradient, and attention
    times gradient, each `[text, position]`."""
    known = [tensor for tensor in wanted if tensor.requires_grad]
    slopes = iter(torch.autograd.grad(value, known, retain_graph=True, allow_unused=True))
    made: list[Tensor | None] = []
    for place, tensor in enumerate(wanted):
        slope = next(slopes) if tensor.requires_grad else None
        if slope is None:
            made.append(None)
        elif place % 2 == 0:
            made.append(precise(slope).norm(dim=-1))
        else:
            made.append((precise(tensor.detach()) * precise(slope)).sum((1, 2)))
    return made


def _of_text(
    text: EncodedText, row: int, steps: Sequence[Sequence[Tensor | None]]
) -> StepGradients | None:
    target = text.target
    if target is None:
        first, n_tokens = text.completion[0], len(text.ids)
        both = [_values(steps, at, row, n_tokens, text.n_steps, first) for at in (0, 1)]
        return None if both[0] is None else StepGradients(both[0], both[1])
    sizes, weighted = (_values(steps, at, row, len(text.ids), text.n_steps, None) for at in (0, 1))
    target_sizes, target_weighted = (
        _values(steps, at, row, len(target.read), text.n_steps, target.n_given) for at in (2, 3)
    )
    if sizes is None:
        return None
    return StepGradients(sizes, weighted, target_sizes, target_weighted)


def _values(
    steps: Sequence[Sequence[Tensor | None]],
    at: int,
    row: int,
    n_tokens: int,
    n_steps: int,
    first: int | None,
) -> StepValues | None:
    """`[position][step]` of one text from entry `at` of its `steps`. `first` is the position of the
    first step's own token: step s is read from what stands before `first + s`. None: from all."""
    columns = []
    for step in steps[:n_steps]:
        tensor = step[at]
        if tensor is None:
            return None
        columns.append(tensor[row, :n_tokens])
    values = torch.stack(columns, dim=1)
    if not values.isfinite().all():
        return None
    rows = values.tolist()
    if first is None:
        return tuple(map(tuple, rows))
    return tuple(
        tuple(value if i < first + step else None for step, value in enumerate(by_step))
        for i, by_step in enumerate(rows)
    )
