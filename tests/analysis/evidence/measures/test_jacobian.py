"""Size of the Jacobian, against the reference and finite differences."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.cases import some_of
from helpers.plain.reference import RECORDS
from helpers.real.explaining import Head, encoded, explain, load, with_module
from helpers.rounding import assert_near

from reportgen.analysis.evidence import jacobian_norms
from reportgen.models import LoadedModel

TEXTS = ("the cat sat on the mat", ("the cat", "sat on a log"), "dog")


def by_differences(encoder, text, step=1e-6):
    """The norm for each token, float64, from central differences in every direction."""
    x = encoder.get_input_embeddings()(torch.tensor([text.ids])).detach()
    types = {} if text.type_ids is None else {"token_type_ids": torch.tensor([text.type_ids])}

    def embed(at):
        given = {name: value.expand(len(at), -1) for name, value in types.items()}
        pooled = encoder(inputs_embeds=at, **given)[0].mean(1)
        return pooled / pooled.norm(dim=1, keepdim=True)

    moves = torch.eye(x.numel(), dtype=x.dtype).reshape(-1, *x.shape[1:]) * step
    with torch.no_grad():
        slopes = (embed(x + moves) - embed(x - moves)) / (2 * step)  # [move, figure]
    return slopes.square().sum(1).reshape(x.shape[1:]).sum(1).sqrt()


def test_norms_equal_the_reference(minilm: LoadedModel) -> None:
    records = RECORDS[1:2]  # the shortest: it takes 384 ways back
    explainer, items = explain(minilm, encoded(minilm, *(record["text"] for record in records)))
    for record, norms in zip(records, jacobian_norms(explainer, items), strict=True):
        np.testing.assert_allclose(norms, record["jac_F"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "architecture", some_of(["albert", "roberta", "distilbert", "gpt2"], "albert", "gpt2")
)
def test_norms_are_those_of_finite_differences(folder: Path, architecture: str) -> None:
    model = load(folder, architecture, "base")
    texts = encoded(model, *TEXTS)
    explainer, items = explain(model, texts)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = jacobian_norms(explainer, items)
    exact = load(folder, architecture, "base").encoder.double()
    for text, norms in zip(texts, found, strict=True):
        np.testing.assert_allclose(norms, by_differences(exact, text), rtol=1e-4, atol=1e-5)


def test_norms_are_those_of_one_way_back_a_figure(folder: Path) -> None:
    """Where finite differences tell nothing: T5 rounds in the middle, whatever it is run in."""
    model = load(folder, "t5", "base")
    texts = encoded(model, *TEXTS)
    explainer, items = explain(model, texts)
    for text, norms in zip(texts, jacobian_norms(explainer, items), strict=True):
        x = model.encoder.get_input_embeddings()(torch.tensor([text.ids])).detach()
        x.requires_grad_()
        pooled = model.encoder(inputs_embeds=x)[0][0].mean(0)
        figures = pooled / pooled.norm()
        squares = torch.zeros(len(text.ids))
        for figure in figures:
            (row,) = torch.autograd.grad(figure, x, retain_graph=True)
            squares += row[0].square().sum(1)
        np.testing.assert_allclose(norms, squares.sqrt(), rtol=1e-4, atol=1e-5)


class OneWayBack(torch.autograd.Function):
    """x * x, with a way back that takes one row at a time."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return torch.from_numpy(grad.numpy() * 2 * x.numpy())


def test_an_operation_that_goes_back_for_one_row_at_a_time_gives_the_same(folder: Path) -> None:
    base = load(folder, "bert", "base")
    found = []
    for square in (OneWayBack.apply, lambda x: x * x):
        head = Head(base.encoder, lambda h, ids, m, square=square: square(h[:, 0, :4]))
        explainer, items = explain(with_module(base, head, "embedding"), encoded(base, *TEXTS))
        found.append(jacobian_norms(explainer, items))
    for one_way, other in zip(*found, strict=True):
        assert isinstance(one_way, tuple)
        np.testing.assert_allclose(one_way, other, rtol=1e-6)


def test_other_batch_sizes_give_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load(folder, "bert", "base")
    texts = encoded(model, *TEXTS)
    sizes: list[int] = []
    grad = torch.autograd.grad

    def count(embedding, leaf, rows, **options):
        sizes.append(len(rows))
        return grad(embedding, leaf, rows, **options)

    monkeypatch.setattr(torch.autograd, "grad", count)
    found = []
    for batch_tokens in (1, 4096, 5 * len(texts[0].ids)):
        explainer, items = explain(model, texts, batch_tokens)
        found.append(jacobian_norms(explainer, items[:1])[0])
    assert sizes == [1] * 32 + [32] + [5] * 6 + [2]
    assert_near(found[0], found[1])
    assert_near(found[0], found[2])


def test_a_text_of_special_tokens_alone_has_norms(folder: Path) -> None:
    model = load(folder, "bert", "base")
    texts = encoded(model, "")
    explainer, items = explain(model, texts)
    (norms,) = jacobian_norms(explainer, items)
    exact = load(folder, "bert", "base").encoder.double()
    np.testing.assert_allclose(norms, by_differences(exact, texts[0]), rtol=1e-4, atol=1e-5)
