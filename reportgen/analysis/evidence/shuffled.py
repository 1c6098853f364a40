"""How far the views of a model whose weights are shuffled agree with the effects of the model as it
is: agreement that needs nothing the model learned (Adebayo et al. 2018)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256

import pandas as pd
import torch
from torch import Tensor, nn

from reportgen.analysis.work.item import WorkResult
from reportgen.interrupts import held_back
from reportgen.models import ModelTarget
from reportgen.results import BY_ID, HELD, VIEWS, YARDSTICK, rows_of, text_agreement, unit_views

_VIEWS = tuple(view for view in VIEWS if BY_ID[view].group != "baselines")  # need a model


@contextmanager
def weights_shuffled(module: nn.Module) -> Iterator[None]:
    """A context in which the entries of each matrix of weights of `module` stand in another order.

    The order follows from the name and the size of the matrix alone. Weights that modules share are
    one matrix. Vectors, which are biases and the scales of normalisations, stay: without them a
    model would put out next to nothing, or numbers that are not finite. On leaving, every matrix is
    as it was, bit for bit.
    """
    done: list[tuple[str, Tensor]] = []
    try:
        for name, weights in module.named_parameters():
            if weights.ndim >= 2 and weights.is_floating_point():
                with held_back() as came:
                    _reorder(weights, _order(name, weights), is_back=False)
                    done.append((name, weights))
                if came:
                    raise KeyboardInterrupt
        yield
    finally:
        with held_back() as came:
            for name, matrix in done:
                _reorder(matrix, _order(name, matrix), is_back=True)
        if came:
            raise KeyboardInterrupt


def _order(name: str, weights: Tensor) -> Tensor:
    seed = int.from_bytes(sha256(name.encode()).digest()[:7], "big")
    random = torch.Generator().manual_seed(seed)
    return torch.randperm(weights.numel(), generator=random).to(weights.device)


@torch.no_grad()
def _reorder(weights: Tensor, order: Tensor, *, is_back: bool) -> None:
    flat = weights.flatten()
    if is_back:
        moved = torch.empty_like(flat)
        moved[order] = flat
    else:
        moved = flat[order]
    weights.copy_(moved.view_as(weights))


def shuffled_agreement(
    shuffled: Mapping[int, pd.DataFrame],
    tokens: Mapping[int, pd.DataFrame],
    effects: Mapping[int, pd.DataFrame],
    target: ModelTarget,
) -> WorkResult:
    """How far views with weights shuffled agree with effects without: rows of the table of shuffled
    agreement.

    Args:
        shuffled: by text, the rows of the table of tokens with weights shuffled, with columns of
            those measures of evidence that were taken so.
        tokens: by text, the same as they are; `effects` likewise those of the table of effects.
    """
    columns: dict[str, list[object]] = {"text": [], "view": [], "value": []}
    for text in (text for text in shuffled if text in effects):
        effect = unit_views(tokens[text], effects[text], tuple(YARDSTICK))
        # What is held in every run is what the model as it is answers: other weights find another.
        held = {HELD: tokens[text][HELD].to_numpy()} if HELD in tokens[text] else {}
        rows = shuffled[text].assign(**held)
        views = unit_views(rows, rows, _VIEWS) | effect
        for score in text_agreement(text, views, is_distance=target.is_distance):
            has_sign = BY_ID[score.view].signed and not target.is_distance
            if score.statistic == ("spearman_size" if has_sign else "spearman"):
                for name, values in columns.items():
                    values.append(getattr(score, name))
    return WorkResult({"shuffled": rows_of("shuffled", columns)})
