"""How strongly a text's scalar reacts to each token, and which rows of the last layer it reads."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from reportgen.analysis.attention.capture import Capture
from reportgen.analysis.evidence.stages import CostBasis, Stage, Tools
from reportgen.analysis.evidence.target import Explained, Explainer, unit_rows
from reportgen.analysis.evidence.text_evidence import Missing, TextEvidence, explained_of
from reportgen.analysis.progress import BACKWARD, ONE_OF_MANY, Passes
from reportgen.models.factory import describe
from reportgen.models.load import LoadedModel
from reportgen.models.tokens import EncodedText
from reportgen.results.info import Reason

NOT_FINITE = "the gradient is not a finite number"


class GradientError(Exception):
    """The output of a text cannot be followed back to its input embeddings."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@contextmanager
def embedding_leaf(model: LoadedModel, given: Tensor | None = None) -> Iterator[list[Tensor]]:
    """Within it one run of the module builds a graph that starts at its input embeddings.

    They are what the encoder's table first gives in that run, or `given`, `[text, position,
    width]`, in their place, and again where it is asked for the same tokens; the list holds them,
    once run, as the leaf that requires gradients. No weight does meanwhile.

    Raises:
        GradientError: the encoder has no such table, or the run did not use it for each token.
    """
    table = _embedding_table(model.encoder)
    asked: list[Tensor] = []  # the ids that the module is given, [text, position]
    leaves: list[Tensor] = []
    first: list[Tensor] = []  # the ids they are of
    is_turned = False  # whether the encoder reads its ids as [position, text], as XLNet does

    def see(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        asked.append(kwargs["input_ids"])

    def swap(module: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> Tensor | None:
        nonlocal is_turned
        if not leaves:
            is_turned = _is_turned(asked[-1], args, output)
            own = output.transpose(0, 1) if is_turned else output
            leaf = own if given is None else given.to(output)
            leaves.append(leaf.detach().requires_grad_())
            first.extend(args)
        elif not (args and first and torch.equal(args[0], first[0])):
            return None  # of something else, such as what a decoder is given
        return leaves[0].transpose(0, 1) if is_turned else leaves[0]

    weights = [weight for weight in model.module.parameters() if weight.requires_grad]
    handles = [
        model.module.register_forward_pre_hook(see, with_kwargs=True),
        table.register_forward_hook(swap),
    ]
    try:
        for weight in weights:
            weight.requires_grad_(False)
        with torch.enable_grad():
            yield leaves
    finally:
        for handle in handles:
            handle.remove()
        for weight in weights:
            weight.requires_grad_(True)
    if not leaves:
        raise GradientError("no_embeddings")


def gradients(scalars: Tensor, inputs: Sequence[Tensor]) -> tuple[Tensor | None, ...]:
    """The gradient of each text's scalar, `[text]`, at its row of each of `inputs` `[text, ...]`;
    None where the scalars are not made of that one.

    Raises:
        GradientError: the scalars are no part of any graph, such as those of an integer or a step.
    """
    if not scalars.requires_grad:
        raise GradientError("no_gradient")
    # Each text's scalar depends on its own row alone, so one way back serves all.
    found: tuple[Tensor | None, ...] = torch.autograd.grad(
        scalars, inputs, torch.ones_like(scalars), allow_unused=True
    )
    return found


def _is_turned(asked: Tensor, args: Sequence[Tensor], output: Tensor) -> bool:
    """Whether a table's `output` is `[position, text, width]`, for the ids `asked` for.

    Raises:
        GradientError: it has no row for each token, so no gradient at it is a token's own.
    """
    shape = output.shape[:2]
    is_straight, is_turned = shape == asked.shape, shape == asked.T.shape
    if is_straight and is_turned and args:  # as many texts as positions: the ids tell
        return not torch.equal(args[0], asked) and torch.equal(args[0], asked.T)
    if not (is_straight or is_turned):
        raise GradientError("no_embeddings")
    return not is_straight


def _embedding_table(encoder: PreTrainedModel) -> nn.Module:
    try:
        table = encoder.get_input_embeddings()
    except NotImplementedError as error:
        raise GradientError("no_embeddings") from error
    if not isinstance(table, nn.Module):
        raise GradientError("no_embeddings")
    return table


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


def _run_gradient(tools: Tools, texts: Sequence[TextEvidence]) -> None:
    all_found = text_gradients(tools.explainer, tools.capture, explained_of(texts))
    for text, found in zip(texts, all_found, strict=True):
        if isinstance(found, Missing):
            text.add("gradient", found)
            continue
        text.row["live_rows"] = found.live_rows
        text.row["n_rows"] = found.n_rows
        text.row["reads_cls_only"] = found.reads_cls_only
        if found.sizes is not None:
            text.add("gradient", found.sizes)
        if found.reason is not None:
            text.add("gradient", Missing(found.reason))


def _gradient_cost(text: EncodedText, basis: CostBasis) -> Passes:
    # One more forward pass, which finds the scalar that is explained.
    return Passes(2, 1, (2 + BACKWARD) * len(text.ids))


def _run_jacobian(tools: Tools, texts: Sequence[TextEvidence]) -> None:
    all_found = jacobian_norms(tools.explainer, explained_of(texts))
    for text, found in zip(texts, all_found, strict=True):
        text.add("jacobian", found)


def _jacobian_cost(text: EncodedText, basis: CostBasis) -> Passes:
    n = basis.n_figures
    return Passes(1, n, (1 + n * ONE_OF_MANY) * len(text.ids))


GRADIENT = Stage(_run_gradient, _gradient_cost)
JACOBIAN = Stage(_run_jacobian, _jacobian_cost)
