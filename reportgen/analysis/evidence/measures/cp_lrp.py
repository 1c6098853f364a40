"""CP-LRP: shares of each token in a text's target, checked for conservation."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import Parameter, signature
from math import isfinite
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from reportgen.analysis.evidence.embeddings import embedding_leaf
from reportgen.analysis.evidence.explainer import Explainer
from reportgen.analysis.evidence.measures.constant_attention import ConstantAttention
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
from reportgen.models import (
    ChoiceModel,
    EncodedText,
    ExplainedText,
    LoadedModel,
    find_encoder,
    precise,
)
from reportgen.results import CONSERVED, CP_LRP_ERROR, CP_LRP_HOLDS

# Of the spread of the target over texts: an error that is small whatever the target of a text is.
CONSERVED_SPREAD = 1e-3


@dataclass(frozen=True, slots=True)
class Relevance:
    """The shares of one text."""

    scores: tuple[float, ...]  # [position], signed
    rest: float  # of the target, that no token has: of biases and of bent activations
    error: float | None  # |target - all shares| / |target|; None where the target is 0
    is_conserved: bool


def cp_lrp(
    explainer: Explainer, explained: Sequence[ExplainedText], spread: float
) -> list[Relevance | Missing]:
    """CP-LRP of each text (Ali et al. 2022), one backward pass each.

    The share of a token is h . df/dh at h, its vector in front of the first layer, with the
    attention weights A, the standard deviations that norms divide by and the activations of gates
    held constant. With these, the model is a chain of sums, biases b and activations u -> a. So
    the target is the sum of the shares, of b . df/db, and of a . df/da - u . df/du: it is
    conserved if these differ from it by at most CONSERVED of its size or CONSERVED_SPREAD of
    `spread`, its standard deviation over texts. They differ in a model where something else bends
    or multiplies signals.

    Of a text with choices the other choices have shares too: those of a token of the text are added
    up over all choices, and those of the others' own words are no token's.
    """

    def measure(item: ExplainedText) -> Relevance | Missing:
        relevance = _relevance(explainer, item, spread)
        is_finite = all(map(isfinite, (*relevance.scores, relevance.rest)))
        return relevance if is_finite else Missing("failed", NOT_FINITE)

    return each_text(explained, measure)


def _relevance(explainer: Explainer, item: ExplainedText, spread: float) -> Relevance:
    model, held = explainer.model, ConstantAttention()
    with embedding_leaf(model), _with_biases(model.module) as biases:
        with (
            _first_states(model.encoder) as states,
            _of_others(model, held) as others,
            held.watching(model.module),
            held,
        ):
            value = explainer.target.figures(explainer.outputs([item.text]), [item])[0]
        if not states or states[0].shape[:2] != (1, len(item.text.ids)):
            raise GradientError("no_first_states")
        firsts = (states[0], *others)
        if not (value.requires_grad and states[0].requires_grad):
            raise GradientError("no_gradient")
        if sum(map(len, others)) != len(item.text.others):
            raise GradientError("no_first_states")
        bends = [tensor for pair in held.bends for tensor in pair]
        at_firsts, terms = _products(value, firsts, (*biases, *bends))
    of_biases, of_bends = terms[: len(biases)], terms[len(biases) :]
    rest = sum(of_biases) + sum(of_bends[1::2]) - sum(of_bends[::2])
    shares = [
        row
        for first, gradient in zip(firsts, at_firsts, strict=True)
        for row in (precise(first.detach()) * precise(gradient)).sum(-1)
    ]
    scores, of_no_token = _added_up(item.text, shares)
    rest += of_no_token
    if not scores.any():
        raise GradientError("zero_gradient")
    whole = float(value.detach())
    gap, size = abs(whole - float(scores.sum()) - rest), abs(whole)
    return Relevance(
        scores=tuple(scores.tolist()),
        rest=rest,
        error=gap / size if size else None,
        is_conserved=gap <= max(CONSERVED * size, CONSERVED_SPREAD * spread),
    )


def _added_up(text: EncodedText, shares: Sequence[Tensor]) -> tuple[Tensor, float]:
    """`[position]`: the `shares` of the tokens of `text`, those of its copies in the text with each
    other choice with them; and what the others' own words have."""
    scores, rest = shares[0], 0.0
    for other, row in zip(text.others, shares[1:], strict=True):
        for share, copy in zip(row, other.copies, strict=False):  # the rest of the row is padding
            if copy is None:
                rest += float(share)
            else:
                scores[copy] += share
    return scores, rest


def _products(
    value: Tensor, firsts: Sequence[Tensor], others: Sequence[Tensor]
) -> tuple[tuple[Tensor, ...], tuple[float, ...]]:
    """The gradients of `value` at the states `firsts`, 0 where it does not depend on them (but for
    the first), and for each of `others` the sum of its entries times their gradients, as far as it
    acts behind these states."""
    every = torch.autograd.grad(value, (*firsts, *others), retain_graph=True, allow_unused=True)
    at, at_others = every[: len(firsts)], every[len(firsts) :]
    if at[0] is None:
        raise GradientError("no_gradient")
    at_firsts = tuple(
        torch.zeros_like(first) if gradient is None else gradient
        for first, gradient in zip(firsts, at, strict=True)
    )
    if not others:
        return at_firsts, ()
    before = torch.autograd.grad(firsts, others, at_firsts, allow_unused=True)
    return at_firsts, tuple(
        _product(tensor, gradient) - _product(tensor, earlier)
        for tensor, gradient, earlier in zip(others, at_others, before, strict=True)
    )


def _product(tensor: Tensor, gradient: Tensor | None) -> float:
    if gradient is None:
        return 0.0
    return float((precise(tensor.detach()) * precise(gradient)).sum())


@contextmanager
def _of_others(model: LoadedModel, held: ConstantAttention) -> Iterator[list[Tensor]]:
    """A context in which a run puts the states in front of the first layer of the other choices
    into a list, `[row, position, width]` for each of their runs; nothing for texts without
    choices."""
    if not isinstance(model.module, ChoiceModel):
        yield []
        return
    twin = model.module.twin
    with _first_states(find_encoder(twin)[1]) as states, held.watching(twin):
        yield states


@contextmanager
def _first_states(encoder: PreTrainedModel) -> Iterator[list[Tensor]]:
    """A context in which a run of `encoder` puts the states in front of its first layer into a
    list, `[text, position, width]`; nothing if it does not give them."""
    states: list[Tensor] = []

    def ask(module: nn.Module, args: Any, kwargs: dict[str, Any]) -> Any:
        return args, {**kwargs, "output_hidden_states": True}

    def read(module: nn.Module, args: Any, output: Any) -> None:
        named = getattr(output, "hidden_states", None)
        if isinstance(named, tuple) and isinstance(named[0], Tensor):
            states.append(named[0])

    parameters = signature(encoder.forward).parameters
    kinds = {parameter.kind for parameter in parameters.values()}
    if "output_hidden_states" not in parameters and Parameter.VAR_KEYWORD not in kinds:
        yield states
        return
    handles = (
        encoder.register_forward_pre_hook(ask, with_kwargs=True),
        encoder.register_forward_hook(read),
    )
    try:
        yield states
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def _with_biases(module: nn.Module) -> Iterator[tuple[nn.Parameter, ...]]:
    """A context in which the biases of `module` are part of its graph, and no other weights."""
    named = module.named_parameters()
    biases = tuple(weight for name, weight in named if name.endswith("bias"))
    try:
        for bias in biases:
            bias.requires_grad_(True)
        yield biases
    finally:
        for bias in biases:
            bias.requires_grad_(False)


def _run(tools: Tools, texts: Sequence[TextEvidence]) -> None:
    results = cp_lrp(tools.explainer, explained_of(texts), tools.spread)
    for text, relevance in zip(texts, results, strict=True):
        if isinstance(relevance, Missing):
            text.add("cp_lrp", relevance)
            continue
        text.row[CP_LRP_ERROR] = relevance.error
        text.row[CP_LRP_HOLDS] = relevance.is_conserved
        text.add("cp_lrp", relevance.scores if relevance.is_conserved else Missing("not_conserved"))


def _cost(text: EncodedText, basis: CostBasis) -> Passes:
    n = text.n_sequences
    return Passes(n, n, n * (1 + BACKWARD) * len(text.ids))


CP_LRP = MeasureMethod(_run, _cost)
