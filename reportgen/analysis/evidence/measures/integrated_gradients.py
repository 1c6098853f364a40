"""Integrated gradients: shares of each token in a text's target, checked for completeness."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import torch
from torch import Tensor

from reportgen.analysis.evidence.embeddings import embedding_leaf, gradients
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
from reportgen.analysis.progress import BACKWARD, Passes
from reportgen.models import EncodedText, ExplainedText, content_units, precise, put

FIRST_STEPS = 30  # a multiple of 3, see `_largest_error`
MOST_STEPS = 240
# Largest error of the sum of scores, relative to the difference that it should equal, or to the
# spread of the target over texts.
COMPLETE = 0.02
COMPLETE_SPREAD = 1e-3
# Largest error of a score, relative to the largest score: the sum may be right although errors of
# tokens, or of the two logits of a lead, cancel in it.
COMPLETE_SCORE = 0.05


@dataclass(frozen=True, slots=True)
class Integrated:
    """Integrated gradients of one text."""

    scores: tuple[float, ...]  # [position], signed; exactly 0 for special tokens
    steps: int
    error: float | None  # |sum - (f(x) - f(b))| / |f(x) - f(b)|; None where the difference is 0
    is_complete: bool


def integrated_gradients(
    explainer: Explainer,
    explained: Sequence[ExplainedText],
    spread: float,
) -> list[Integrated | Missing]:
    """Integrated gradients of each text, doubling the steps from 30 to 240 until complete.

    Complete: |sum of scores - (f(x) - f(b))| is at most 2 % of |f(x) - f(b)| or 0.001 of `spread`,
    the standard deviation of the target over texts (0 for embeddings), and no score is off by more
    than 5 % of the largest or that much of `spread`. If 240 steps are not enough, those scores are
    returned, marked as incomplete.
    """

    def measure(item: ExplainedText) -> Integrated | Missing:
        integrated = _complete(explainer, item, spread)
        return (
            integrated if all(map(isfinite, integrated.scores)) else Missing("failed", NOT_FINITE)
        )

    return each_text(explained, measure)


def integrate(
    explainer: Explainer, explained: ExplainedText, steps: int, spread: float = 0.0
) -> Integrated:
    """Integrated gradients of one text in `steps` steps (Sundararajan, Taly and Yan 2017).

    (x - b) . mean over a of grad f(b + a (x - b)), with a at the midpoints of `steps` equal parts
    of 0..1. x are the text's input embeddings; b is the baseline, in which each text token has
    the embedding of the mask token, or zeros if the tokenizer has no mask token.

    Raises:
        GradientError: the output has no gradient at the input embeddings, or the gradient is 0
            although the output differs between x and b.
    """
    return _integrate(explainer, explained, _way_of(explainer, explained), steps, spread)


@dataclass(frozen=True, slots=True)
class _Way:
    """From the baseline to a text.

    Attributes:
        base: the embeddings of the baseline, `[position, width]`.
        way: what the text's embeddings have beyond them, in float64 where the device has it.
        difference: of the target between the two ends.
    """

    base: Tensor
    way: Tensor
    difference: float


def _way_of(explainer: Explainer, explained: ExplainedText) -> _Way:
    whole = _embeddings(explainer, explained.text)
    base = _baseline(explainer, explained.text, whole)
    ends = (_along(explainer, explained, end[None])[0].detach() for end in (base, whole))
    start, end = map(float, ends)
    return _Way(base, precise(whole - base), end - start)


def _integrate(
    explainer: Explainer, explained: ExplainedText, along: _Way, steps: int, spread: float
) -> Integrated:
    base, way, difference = along.base, along.way, along.difference
    total, of_thirds = torch.zeros_like(way), torch.zeros_like(way)

    def gradients_at(numbers: Sequence[int]) -> Tensor:
        at = (torch.tensor(numbers, device=way.device).double() + 0.5) / steps
        return _slopes(explainer, explained, base.to(way.device) + at[:, None, None] * way)

    for batch in explainer.plan([explained.text] * steps, in_graph=True):
        slopes = precise(explainer.joined(batch, gradients_at))
        total += slopes.sum(0)
        of_thirds += slopes[[number % 3 == 1 for number in batch]].sum(0)
    if difference and not total.any():
        raise GradientError("zero_gradient")
    scores = (way * total / steps).sum(1)
    rough = (way * of_thirds / ((steps + 1) // 3)).sum(1)
    gap, size = abs(float(scores.sum()) - difference), abs(difference)
    largest, little = float(scores.abs().max()), COMPLETE_SPREAD * spread
    return Integrated(
        scores=tuple(scores.tolist()),
        steps=steps,
        error=gap / size if size else None,
        is_complete=gap <= max(COMPLETE * size, little)
        and _largest_error(scores, rough) <= max(COMPLETE_SCORE * largest, little),
    )


def _largest_error(scores: Tensor, rough: Tensor) -> float:
    """How far a score is off at most, judged by `rough`, those from the middles of a third as many
    parts: every third middle is one of these.

    Where the gradient jumps on the way, as where another class becomes the strongest other one, the
    error falls as the number of steps rises: that of `rough` is three times that of `scores`, so
    these lie apart by twice their error or more. Elsewhere it falls faster and this is too careful.
    """
    return float((scores - rough).abs().max()) / 2


def _complete(explainer: Explainer, explained: ExplainedText, spread: float) -> Integrated:
    """Integrated gradients of one text with as many steps as completeness needs."""
    along, steps = _way_of(explainer, explained), FIRST_STEPS
    integrated = _integrate(explainer, explained, along, steps, spread)
    while not integrated.is_complete and steps < MOST_STEPS:
        steps *= 2
        integrated = _integrate(explainer, explained, along, steps, spread)
    return integrated


def _baseline(explainer: Explainer, text: EncodedText, whole: Tensor) -> Tensor:
    """The embeddings of the baseline, `[position, width]`; `whole` are those of the text."""
    content = [position for unit in content_units(text) for position in unit]
    mask = explainer.model.tokenizer.mask_token_id
    if isinstance(mask, int):
        return _embeddings(explainer, put(text, dict.fromkeys(content, mask)))
    base = whole.clone()
    base[content] = 0.0
    return base


def _embeddings(explainer: Explainer, text: EncodedText) -> Tensor:
    """The input embeddings of `text`, `[position, width]`."""
    with embedding_leaf(explainer.model) as leaves:
        explainer.outputs([text])
    return leaves[0][0].detach()


def _along(
    explainer: Explainer, explained: ExplainedText, points: Tensor
) -> tuple[Tensor, Sequence[Tensor]]:
    """Run a text with other input embeddings, `points` `[point, position, width]`.

    Returns:
        The target at each point, `[point]`, and what its graph starts at.
    """
    count = len(points)
    with embedding_leaf(explainer.model, points) as leaves:
        outputs = explainer.outputs([explained.text] * count)
        values = explainer.target.figures(outputs, [explained] * count)
    return values, leaves


def _slopes(explainer: Explainer, explained: ExplainedText, points: Tensor) -> Tensor:
    """The gradient of the target at each of `points`, in their shape."""
    (slopes,) = gradients(*_along(explainer, explained, points))
    if slopes is None:
        raise GradientError("no_gradient")
    return slopes


def _run(tools: Tools, texts: Sequence[TextEvidence]) -> None:
    results = integrated_gradients(tools.explainer, explained_of(texts), tools.spread)
    for text, integrated in zip(texts, results, strict=True):
        if isinstance(integrated, Missing):
            text.add("ig", integrated)
            continue
        text.add("ig", integrated.scores)
        text.row["ig_steps"] = integrated.steps
        text.row["ig_error"] = integrated.error
        text.row["ig_complete"] = integrated.is_complete


def _cost(text: EncodedText, basis: CostBasis) -> Passes:
    return Passes(FIRST_STEPS, FIRST_STEPS, FIRST_STEPS * (1 + BACKWARD) * len(text.ids))


INTEGRATED_GRADIENTS = MeasureMethod(_run, _cost)
