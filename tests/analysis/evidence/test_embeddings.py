"""Input embeddings as the leaf of a graph, whichever way round the encoder reads its tokens."""

from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.real.explaining import Head, encoded, explain, load, one, with_module
from helpers.real.families import load_family
from torch import nn

from reportgen.analysis.attention import Capture
from reportgen.analysis.evidence import (
    Integrated,
    Missing,
    integrated_gradients,
    jacobian_norms,
    text_gradients,
)

TEXTS = ("the cat sat on the mat", "a very good film", "the", "dog")


def first_figure(hidden, ids, mask):
    """A number of each text, of its first token."""
    return hidden[:, 0, 0]


@pytest.fixture(scope="module")
def turned(folder: Path):
    """XLNet, which reads its ids as [position, text], with a number as its output."""
    base = load_family(folder, "xlnet")
    return with_module(base, Head(base.encoder, first_figure))


def slopes(encoder, ids):
    """d f / d x of one text, `[position, width]`, by way of the library's own argument."""
    x = encoder.get_input_embeddings()(torch.tensor([ids])).detach().requires_grad_()
    hidden = encoder(inputs_embeds=x, attention_mask=one(ids)["attention_mask"])[0]
    return torch.autograd.grad(hidden[0, 0, 0], x)[0][0]


@pytest.mark.parametrize("texts", [TEXTS, TEXTS[:1], ("the cat", "dog sat", "a log", "the mat")])
def test_gradients_of_tokens_read_the_other_way_round_are_each_tokens_own(turned, texts) -> None:
    encodings = encoded(turned, *texts)
    explainer, items = explain(turned, encodings)
    found = text_gradients(explainer, Capture(turned.module, turned.encoder), items)
    for text, gradients in zip(encodings, found, strict=True):
        expected = slopes(turned.encoder, text.ids).norm(dim=1)
        assert len(gradients.sizes) == len(text.ids)
        np.testing.assert_allclose(gradients.sizes, expected, rtol=1e-4, atol=1e-5)


def test_integrated_gradients_of_tokens_read_the_other_way_round_add_up(turned) -> None:
    encodings = encoded(turned, *TEXTS)
    explainer, items = explain(turned, encodings)
    for text, found in zip(encodings, integrated_gradients(explainer, items, 0.0), strict=True):
        assert isinstance(found, Integrated), found
        assert found.is_complete
        assert len(found.scores) == len(text.ids)


def test_jacobians_of_tokens_read_the_other_way_round_are_each_tokens_own(folder: Path) -> None:
    model = load_family(folder, "xlnet")
    (text,) = encoded(model, TEXTS[0])
    explainer, items = explain(model, [text])
    x = model.encoder.get_input_embeddings()(torch.tensor([text.ids])).detach().requires_grad_()
    pooled = model.encoder(inputs_embeds=x)[0][0].mean(0)
    rows = [
        torch.autograd.grad(figure, x, retain_graph=True)[0][0] for figure in pooled / pooled.norm()
    ]
    expected = torch.stack(rows).square().sum((0, 2)).sqrt()
    np.testing.assert_allclose(jacobian_norms(explainer, items)[0], expected, rtol=1e-4, atol=1e-5)


def test_embeddings_that_are_no_row_a_token_have_no_gradients(folder: Path) -> None:
    class Longer(nn.Module):
        """Puts a token of its own before each text."""

        def __init__(self, encoder: nn.Module) -> None:
            super().__init__()
            self.encoder = encoder

        def forward(self, input_ids):
            own = torch.full_like(input_ids[:, :1], 7)
            return self.encoder(torch.cat([own, input_ids], 1))[0][:, 0, :4]

    base = load(folder, "bert", "base")
    explainer, items = explain(
        with_module(base, Longer(base.encoder), "embedding"), encoded(base, *TEXTS)
    )
    assert jacobian_norms(explainer, items) == [Missing("no_embeddings")] * len(TEXTS)
