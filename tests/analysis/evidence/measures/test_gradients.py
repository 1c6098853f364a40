"""Gradient size and live rows, against finite differences and the library's own attention maps."""

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.real.every_family import Case, save
from helpers.real.explaining import (
    CLASSES,
    NUMBER,
    Head,
    encoded,
    explain,
    load,
    one,
    with_module,
)
from helpers.real.models import spread_weights, tiny_config
from torch import nn
from transformers import T5EncoderModel

from reportgen.analysis.attention import Capture
from reportgen.analysis.evidence import text_gradients
from reportgen.models import ModelSpec, load_model

TEXTS = ("the cat sat on the mat", "a very 🐱 film", ("the cat", "sat on a log"), "dog")


def measured(model, texts, **options):
    """What is found about `texts`, with a capture as an analysis makes it."""
    explainer, items = explain(model, texts, **options)
    return text_gradients(explainer, Capture(model.module, model.encoder), items), items


def by_differences(encoder, f, ids, step=1e-6):
    """||df/dx_i|| of a float64 model at each token, from central differences in every direction."""
    table = encoder.get_input_embeddings()
    x = table(torch.tensor([ids])).detach()
    width = x.shape[-1]
    moves = torch.eye(len(ids) * width, dtype=x.dtype).reshape(-1, len(ids), width) * step
    with torch.no_grad():
        slopes = []
        for part in moves.split(512):
            up, down = (f(encoder, x + sign * part, ids) for sign in (1, -1))
            slopes.append((up - down) / (2 * step))
    return torch.cat(slopes).reshape(len(ids), width).norm(dim=1)


def logit(model, index=0):
    """f of a model with a head, at given embeddings."""

    def f(encoder, x, ids):
        given = {"inputs_embeds": x, "attention_mask": torch.ones(x.shape[:2]).long()}
        return model(**given)["logits"][:, index]

    return f


@pytest.mark.parametrize("architecture", ["albert", "roberta", "distilbert", "gpt2", "deberta_v2"])
def test_sizes_are_those_of_finite_differences(folder: Path, architecture: str) -> None:
    model = load(folder, architecture, **NUMBER)
    texts = encoded(model, "the cat sat", "dog")
    found, _ = measured(model, texts)
    exact = load(folder, architecture, **NUMBER).module.double()
    for text, gradients in zip(texts, found, strict=True):
        expected = by_differences(exact.base_model, logit(exact), list(text.ids))
        assert expected.min() > 1e-4
        np.testing.assert_allclose(gradients.sizes, expected, rtol=1e-4, atol=1e-5)
        assert gradients.reason is None


def test_sizes_of_a_pair_are_those_of_finite_differences(folder: Path) -> None:
    model = load(folder, "bert", **NUMBER)
    (text,) = encoded(model, ("the cat", "sat"))
    ((gradients,), _) = measured(model, [text])
    exact = load(folder, "bert", **NUMBER).module.double()

    def f(encoder, x, ids):
        types = torch.tensor([text.type_ids]).expand(len(x), -1)
        return exact(inputs_embeds=x, token_type_ids=types)["logits"][:, 0]

    assert 1 in text.type_ids
    expected = by_differences(exact.base_model, f, list(text.ids))
    np.testing.assert_allclose(gradients.sizes, expected, rtol=1e-4, atol=1e-5)


def test_sizes_of_a_causal_model_are_of_its_next_tokens_log_probability(folder: Path) -> None:
    model = load(folder, "gpt2", "causal")
    (text,) = encoded(model, "the cat sat")
    ((gradients,), items) = measured(model, [text])
    exact = load(folder, "gpt2", "causal").module.double()

    def f(encoder, x, ids):
        hidden = encoder(inputs_embeds=x)[0][:, -1]
        return exact.lm_head(hidden).log_softmax(-1)[:, items[0].index]

    expected = by_differences(exact.transformer, f, list(items[0].text.ids))
    assert len(expected) == len(text.ids)
    np.testing.assert_allclose(gradients.sizes, expected, rtol=1e-4, atol=1e-5)
    assert (gradients.live_rows, gradients.n_rows) == (1, len(text.ids))
    assert gradients.reads_cls_only is True  # without [CLS], that of the last token


def test_sizes_of_a_class_are_of_its_lead(folder: Path) -> None:
    model = load(folder, "roberta", **CLASSES)
    texts = encoded(model, "the cat sat", "dog")
    found, _ = measured(model, texts, explain_class="fair")
    exact = load(folder, "roberta", **CLASSES).module.double()
    for text, gradients in zip(texts, found, strict=True):
        logits = exact(**one(text.ids))["logits"][0].tolist()
        rival = 0 if logits[0] > logits[2] else 2

        def f(encoder, x, ids, rival=rival):
            return logit(exact, 1)(encoder, x, ids) - logit(exact, rival)(encoder, x, ids)

        expected = by_differences(exact.base_model, f, list(text.ids))
        np.testing.assert_allclose(gradients.sizes, expected, rtol=1e-4, atol=1e-5)


def weighted_by_hand(model, texts, scalar):
    """Attention times gradient at each token, from loops over the library's own maps."""
    model.module.set_attn_implementation("eager")
    found = []
    for text in texts:
        returned = model.module(**one(text.ids), output_attentions=True)
        maps = returned.attentions[-1]
        (at,) = torch.autograd.grad(scalar(returned.logits, text), maps)
        n = len(text.ids)
        sums = [0.0] * n
        for head in range(maps.shape[1]):
            for query in range(n):
                for key in range(n):
                    weight, slope = (of[0, head, query, key].item() for of in (maps, at))
                    sums[key] += weight * slope
        found.append(sums)
    return found


@pytest.mark.parametrize("architecture", ["albert", "bert", "distilbert"])
def test_attention_times_gradient_is_that_of_loops(folder: Path, architecture: str) -> None:
    model = load(folder, architecture, **NUMBER)
    texts = encoded(model, "the cat sat on the mat", "dog", "a very good film")
    found, _ = measured(model, texts)
    plain = weighted_by_hand(model, texts, lambda logits, text: logits[0, 0])
    for gradients, expected in zip(found, plain, strict=True):
        assert max(map(abs, expected)) > 1e-4
        assert min(expected) < 0 < max(expected)
        np.testing.assert_allclose(gradients.weighted, expected, rtol=1e-4, atol=1e-5)


def test_attention_times_gradient_of_a_causal_model_is_that_of_loops(folder: Path) -> None:
    model = load(folder, "gpt2", "causal")
    texts = encoded(model, "the cat sat on the mat", "a dog")
    found, items = measured(model, texts)
    contexts = [item.text for item in items]
    last = {item.text.ids: item.index for item in items}
    plain = weighted_by_hand(
        model, contexts, lambda logits, text: logits[0, -1].log_softmax(-1)[last[text.ids]]
    )
    for gradients, expected in zip(found, plain, strict=True):
        assert max(map(abs, expected)) > 1e-5
        np.testing.assert_allclose(gradients.weighted, expected, rtol=1e-4, atol=1e-5)


def test_attention_times_gradient_is_not_defined_for_embeddings(folder: Path) -> None:
    model = load(folder, "bert", "base")
    found, _ = measured(model, encoded(model, "the cat sat"))
    assert [item.weighted for item in found] == [None]


def library_live_rows(model, text) -> list[int]:
    """Rows of the last layer whose weights have a gradient, from the library's own maps."""
    given = one(text.ids)
    if text.type_ids is not None:
        given["token_type_ids"] = torch.tensor([text.type_ids])
    model.module.set_attn_implementation("eager")
    returned = model.module(**given, output_attentions=True)
    maps = returned.attentions[-1]
    (at,) = torch.autograd.grad(returned.logits[0, 0], maps)
    return [row for row in range(len(text.ids)) if at[0, :, row].abs().max() > 0]


@pytest.mark.parametrize("architecture", ["bert", "albert", "roberta", "distilbert", "deberta_v2"])
def test_a_head_on_cls_reads_its_row_alone(folder: Path, architecture: str) -> None:
    model = load(folder, architecture, **NUMBER)
    texts = encoded(model, *TEXTS)
    found, _ = measured(model, texts)
    for text, gradients in zip(texts, found, strict=True):
        assert library_live_rows(model, text) == [0]
        assert (gradients.live_rows, gradients.n_rows) == (1, len(text.ids))
        assert gradients.reads_cls_only is True


def test_a_head_on_a_causal_models_last_token_reads_its_row_alone(folder: Path) -> None:
    model = load(folder, "gpt2", **NUMBER)
    texts = encoded(model, *TEXTS)
    found, _ = measured(model, texts)
    for text, gradients in zip(texts, found, strict=True):
        assert library_live_rows(model, text) == [len(text.ids) - 1]
        assert (gradients.live_rows, gradients.n_rows) == (1, len(text.ids))
        assert gradients.reads_cls_only is True


@pytest.mark.parametrize("architecture", ["bert", "deberta_v2", "gpt2", "t5"])
def test_a_pooled_embedding_reads_every_row_and_has_no_sizes(
    folder: Path, architecture: str
) -> None:
    model = load(folder, architecture, "base")
    texts = encoded(model, *TEXTS)
    found, _ = measured(model, texts)
    for text, gradients in zip(texts, found, strict=True):
        assert gradients.sizes is None
        assert gradients.reason == "embedding_output"
        assert gradients.live_rows == gradients.n_rows == len(text.ids)
        assert gradients.reads_cls_only is False


def test_what_an_encoder_pads_by_itself_is_no_token_of_the_text(folder: Path) -> None:
    saved = save(Case("longformer", "sequence"), folder)  # in windows of 4 tokens
    model, exact = (load_model(ModelSpec(model=str(saved))) for _ in range(2))
    texts = encoded(model, TEXTS[0], TEXTS[3])
    found, _ = measured(model, texts)
    module = exact.module.double()
    for text, own in zip(texts, found, strict=True):
        assert len(text.ids) % 4
        ids = torch.tensor([text.ids])
        x = exact.encoder.get_input_embeddings()(ids).detach().requires_grad_()
        is_global = (torch.arange(len(text.ids)) == 0).long()[None]  # as the head sets it
        module(inputs_embeds=x, global_attention_mask=is_global).logits[0, 0].backward()
        np.testing.assert_allclose(own.sizes, x.grad[0].norm(dim=-1), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("pooling", "is_cls"), [("cls", True), ("last", False)])
def test_an_embedding_of_one_token_reads_one_row(folder: Path, pooling: str, is_cls: bool) -> None:
    load(folder, "bert", "base")
    model = load_model(ModelSpec(model=str(folder / "bert-base"), pooling=pooling))
    found, _ = measured(model, encoded(model, *TEXTS))
    assert [gradients.live_rows for gradients in found] == [1] * len(TEXTS)
    assert {gradients.reads_cls_only for gradients in found} == {is_cls}


def test_a_head_of_ones_own_reads_the_rows_it_takes(folder: Path) -> None:
    base = load(folder, "bert", "base")
    texts = encoded(base, "the cat sat on the mat", "the cat sat")
    model = with_module(base, Head(base.encoder, lambda h, ids, m: h[:, 1:3].tanh().sum((1, 2))))
    found, _ = measured(model, texts)
    assert [gradients.live_rows for gradients in found] == [2, 2]
    assert [gradients.n_rows for gradients in found] == [8, 5]
    assert not any(gradients.reads_cls_only for gradients in found)


def test_live_rows_are_unknown_where_the_maps_are_no_part_of_the_output(folder: Path) -> None:
    class Beside(nn.Module):
        """Reads the embeddings, past the encoder."""

        def __init__(self, encoder: nn.Module) -> None:
            super().__init__()
            self.encoder = encoder

        def forward(self, input_ids, attention_mask):
            embedded = self.encoder.get_input_embeddings()(input_ids)
            self.encoder(input_ids=input_ids, attention_mask=attention_mask)
            return (embedded * attention_mask[..., None]).square().sum((1, 2))

    base = load(folder, "bert", "base")
    texts = encoded(base, *TEXTS)
    found, _ = measured(with_module(base, Beside(base.encoder)), texts)
    table = base.encoder.get_input_embeddings().weight
    for text, gradients in zip(texts, found, strict=True):
        assert (gradients.live_rows, gradients.reads_cls_only) == (None, None)
        expected = 2 * table[list(text.ids)].norm(dim=1)
        np.testing.assert_allclose(gradients.sizes, expected.detach(), rtol=1e-5)


@pytest.mark.parametrize(
    "head",
    [lambda h, ids, m: h[:, 0, :1].round(), lambda h, ids, m: (h[:, 0, :1] * 0 - 9).relu()],
    ids=["rounded", "dead"],
)
def test_a_gradient_of_0_everywhere_is_said(folder: Path, head) -> None:
    base = load(folder, "bert", "base")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found, _ = measured(with_module(base, Head(base.encoder, head)), encoded(base, *TEXTS))
    for gradients in found:
        assert set(gradients.sizes) == {0.0}
        assert gradients.reason == "zero_gradient"
        assert (gradients.live_rows, gradients.reads_cls_only) == (None, None)


def test_the_rows_that_an_embedding_in_steps_reads_are_not_known(folder: Path) -> None:
    base = load(folder, "bert", "base")
    head = Head(base.encoder, lambda h, ids, m: h[:, 0, :4].mul(9).round())
    found, _ = measured(with_module(base, head, "embedding"), encoded(base, *TEXTS))
    for text in found:
        assert (text.sizes, text.reason) == (None, "embedding_output")
        assert (text.live_rows, text.reads_cls_only) == (None, None)


def test_a_text_of_special_tokens_alone_has_gradients(folder: Path) -> None:
    model = load(folder, "bert", **NUMBER)
    texts = encoded(model, "", "the cat")
    found, _ = measured(model, texts)
    exact = load(folder, "bert", **NUMBER).module.double()
    expected = by_differences(exact.base_model, logit(exact), list(texts[0].ids))
    np.testing.assert_allclose(found[0].sizes, expected, rtol=1e-4, atol=1e-5)
    assert (found[0].live_rows, found[0].n_rows) == (1, 2)


def test_embeddings_that_are_used_twice_have_the_gradient_of_both_uses(folder: Path) -> None:
    class Twice(nn.Module):
        """Looks its tokens up itself, and some others, beside the encoder's own look-up."""

        def __init__(self, encoder: nn.Module) -> None:
            super().__init__()
            self.encoder = encoder
            self.embed = encoder.get_input_embeddings()

        def forward(self, input_ids, attention_mask):
            own = self.embed(input_ids)
            hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask)[0]
            others = self.embed(input_ids.flip(0) + 1)
            return (own[:, 1] * hidden[:, 0]).sum(1) + others.sum((1, 2))

    base = load(folder, "bert", "base")
    (text,) = encoded(base, "the cat sat")
    ((gradients,), _) = measured(with_module(base, Twice(base.encoder)), [text])
    exact = load(folder, "bert", "base").encoder.double()

    def f(encoder, x, ids):
        return (x[:, 1] * encoder(inputs_embeds=x)[0][:, 0]).sum(1)

    expected = by_differences(exact, f, list(text.ids))
    np.testing.assert_allclose(gradients.sizes, expected, rtol=1e-4, atol=1e-5)


def test_a_t5_whose_inner_stack_looks_its_tokens_up_has_gradients(folder: Path) -> None:
    def whole() -> nn.Module:
        inner = T5EncoderModel(tiny_config("t5", num_hidden_layers=2))
        spread_weights(inner)
        return Head(inner, lambda hidden, *_: hidden[:, 1, :1])

    base = load(folder, "t5", "base")
    module = whole()
    assert module.encoder.get_input_embeddings() is not module.encoder.encoder.embed_tokens
    model = replace(with_module(base, module), encoder=module.encoder)
    (text,) = encoded(base, "the cat sat")
    ((gradients,), _) = measured(model, [text])
    exact = whole().eval().double()

    def f(encoder, x, ids):
        return encoder(inputs_embeds=x, attention_mask=torch.ones(x.shape[:2]).long())[0][:, 1, 0]

    expected = by_differences(exact.encoder, f, list(text.ids), step=1e-4)
    np.testing.assert_allclose(gradients.sizes, expected, rtol=1e-3, atol=1e-4)
