"""How strongly a text's scalar reacts to each token, and which rows of the last layer it reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import torch
from torch import Tensor

from reportgen.attention.capture import Capture
from reportgen.evidence.embeddings import (
    NOT_FINITE,
    GradientError,
    Missing,
    embedding_leaf,
    gradients,
)
from reportgen.evidence.target import Explained, Explainer
from reportgen.info import Reason
from reportgen.model.tokens import EncodedText

SEED = 0


@dataclass(frozen=True, slots=True)
class TextGradients:
    """What one backward pass shows about a text."""

    sizes: tuple[float, ...] | None  # [position]; None where withheld
    reason: Reason | None  # why they are withheld, or 0 for every token; None otherwise
    live_rows: int | None  # rows of the last layer the output can depend on; None: not known
    n_rows: int
    reads_cls_only: bool | None  # the one live row is that of [CLS]; None as `live_rows`


def text_gradients(
    explainer: Explainer,
    capture: Capture,
    explained: Sequence[Explained],
) -> list[TextGradients | Missing]:
    """Gradient size and live rows of each text, in one backward pass a batch.

    Size: length of the gradient of the scalar at the token's input embedding, ||df/dx_i||. For
    embeddings it is withheld: the cosine of a text to itself has no gradient.
    Live rows: queries q of the last layer with some |df/dA[h, q, k]| > 0, A its attention maps; no
    other row can change the output. Embeddings: f is a projection with fixed random weights. Where
    no row has such a weight they are not known: a step is flat on either side.
    """

    def run(batch: Sequence[int]) -> list[TextGradients | Missing]:
        items = [explained[i] for i in batch]
        try:
            return _run_batch(explainer, capture, items)
        except GradientError as error:
            return [Missing(error.reason)] * len(items)

    texts = [item.text for item in explained]
    return [
        Missing("failed", found) if isinstance(found, str) else found
        for found in explainer.by_batch(texts, run, in_graph=True)
    ]


def _run_batch(
    explainer: Explainer, capture: Capture, items: Sequence[Explained]
) -> list[TextGradients | Missing]:
    texts = [item.text for item in items]
    inputs = explainer.inputs(texts)
    last: list[Tensor] = []  # maps of the layer that came last

    def take(layer: int, maps: Tensor) -> None:
        last[:] = [maps]

    is_embedding = explainer.scalar == "cosine"
    with embedding_leaf(explainer.model) as leaves:
        returned = capture.run(inputs, take, gradients=True)
        outputs = explainer.model.reader.values(returned, inputs)
        scalars = _projected(outputs) if is_embedding else explainer.scalars(outputs, items)
    maps = last[0] if last[0].requires_grad else None
    wanted = [leaves[0]] if maps is None else [leaves[0], maps]
    at_leaf, *at_maps = gradients(scalars, wanted)
    sizes = None
    if not is_embedding:
        if at_leaf is None:
            raise GradientError("no_gradient")
        sizes = at_leaf.double().norm(dim=-1)
    live = at_maps[0].abs().amax((1, 3)) > 0 if at_maps and at_maps[0] is not None else None
    return [
        _text_gradients(
            text, None if sizes is None else sizes[row], None if live is None else live[row]
        )
        for row, text in enumerate(texts)
    ]


def _text_gradients(
    text: EncodedText, sizes: Tensor | None, live: Tensor | None
) -> TextGradients | Missing:
    """One text's figures out of its rows of the batch, `sizes` and `live` `[position]`."""
    n_rows = len(text.ids)
    own = None if sizes is None else tuple(sizes[:n_rows].tolist())
    reason: Reason | None = None
    if own is None:
        reason = "embedding_output"
    elif not all(map(isfinite, own)):
        return Missing("failed", NOT_FINITE)
    elif not any(own):
        reason = "zero_gradient"
    rows = [] if live is None else live[:n_rows].nonzero()[:, 0].tolist()
    if not rows:
        return TextGradients(own, reason, None, n_rows, None)
    return TextGradients(
        own, reason, len(rows), n_rows, [text.roles[row] for row in rows] == ["cls"]
    )


def _projected(embeddings: Tensor) -> Tensor:
    """Each of `embeddings` `[text, figure]` on one unit vector, the same in every run."""
    random = torch.Generator().manual_seed(SEED)
    direction = torch.randn(embeddings.shape[1], generator=random)
    projected: Tensor = embeddings @ (direction / direction.norm()).to(embeddings)
    return projected
