"""Integrated gradients, against a plain loop in float64 and the reference."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.plain.reference import RECORDS
from helpers.real.explaining import (
    CLASSES,
    NUMBER,
    encoded,
    explain,
    load,
    with_module,
)
from helpers.real.models import SENTENCES, tiny_model
from helpers.rounding import near

from reportgen.analysis.evidence import Integrated, integrate, integrated_gradients
from reportgen.models import LoadedModel

TEXTS = ("the cat sat on the mat", ("the cat", "sat on a log"), "dog")


def by_hand(model, text, f, steps: int) -> tuple[list[float], float]:
    """The scores of one text and f(x) - f(b), step by step; `f(returned)` is the scalar."""
    table = model.module.get_input_embeddings()
    mask = model.tokenizer.mask_token_id
    x = table(torch.tensor(text.ids)).detach()
    base = x.clone()
    for i, role in enumerate(text.roles):
        if role is None:
            base[i] = 0.0 if mask is None else table.weight[mask].detach()

    def run(point):
        given = {"inputs_embeds": point[None]}
        if text.type_ids is not None:
            given["token_type_ids"] = torch.tensor([text.type_ids])
        return f(model.module(**given))

    total = torch.zeros_like(x)
    for step in range(steps):
        point = (base + (step + 0.5) / steps * (x - base)).requires_grad_()
        total += torch.autograd.grad(run(point), point)[0]
    scores = ((x - base) * total / steps).sum(1)
    return scores.tolist(), float((run(x) - run(base)).detach())


@pytest.mark.parametrize(
    ("architecture", "changes"),
    [
        ("albert", NUMBER),
        ("bert", NUMBER),
        ("roberta", NUMBER),
        ("distilbert", NUMBER),
        ("gpt2", NUMBER),
    ],
)
def test_scores_are_those_of_a_loop_over_steps(folder: Path, architecture, changes) -> None:
    model = load(folder, architecture, **changes)
    exact = load(folder, architecture, **changes)
    exact.module.double()
    texts = encoded(model, *TEXTS)
    explainer, items = explain(model, texts)
    for text, item in zip(texts, items, strict=True):
        scores, difference = by_hand(exact, text, lambda r: r["logits"][0, 0], 9)
        rough, _ = by_hand(exact, text, lambda r: r["logits"][0, 0], 3)
        found = integrate(explainer, item, 9)
        assert found.steps == 9
        assert found.scores == near(scores)
        error = abs(sum(scores) - difference) / abs(difference)
        assert found.error == near(error, size=max(1.0, *np.abs(scores)) / abs(difference))
        off = np.abs(np.subtract(scores, rough)).max() / 2
        assert found.is_complete == (error <= 0.02 and off <= 0.05 * np.abs(scores).max())


def test_scores_of_a_class_share_out_its_lead(folder: Path) -> None:
    model = load(folder, "bert", **CLASSES)
    exact = load(folder, "bert", **CLASSES)
    exact.module.double()
    texts = encoded(model, *TEXTS)
    explainer, items = explain(model, texts, explain_class="fair")
    for text, item in zip(texts, items, strict=True):
        scores, _ = by_hand(
            exact, text, lambda r: r["logits"][0, 1] - r["logits"][0, [0, 2]].max(), 9
        )
        assert integrate(explainer, item, 9).scores == near(scores)


def test_scores_of_a_next_token_share_out_its_log_probability(folder: Path) -> None:
    model = load(folder, "gpt2", "causal")
    # The same weights; what loading adds to the model needs ids, which `by_hand` does not give.
    exact = replace(model, module=tiny_model("gpt2", "causal").double())
    texts = encoded(model, "the cat sat")
    explainer, items = explain(model, texts)
    scores, difference = by_hand(
        exact, items[0].text, lambda r: r["logits"][0, -1].log_softmax(0)[items[0].index], 32
    )
    found = integrate(explainer, items[0], 32)
    assert found.scores == near(scores)
    assert sum(found.scores) == pytest.approx(difference, rel=0.02)


def test_scores_of_embeddings_equal_the_reference(minilm: LoadedModel) -> None:
    records = RECORDS[1:2]  # the shortest
    explainer, items = explain(minilm, encoded(minilm, *(record["text"] for record in records)))
    for record, item in zip(records, items, strict=True):
        found = integrate(explainer, item, 64)
        np.testing.assert_allclose(found.scores, record["ig64_cos"], rtol=1e-4, atol=1e-5)
        difference = record["ig64_cos_delta"]
        assert sum(found.scores) == pytest.approx(difference, rel=1e-4)
        assert found.error == near(record["ig64_cos_err"])
        assert found.is_complete


def test_special_tokens_have_exactly_0(folder: Path) -> None:
    model = load(folder, "roberta", **NUMBER)
    explainer, items = explain(model, encoded(model, *TEXTS, SENTENCES[1]))
    for item, found in zip(items, integrated_gradients(explainer, items, 0.0), strict=True):
        for score, role in zip(found.scores, item.text.roles, strict=True):
            assert (score == 0) == (role is not None)


def needing_steps(base, sharpness: float, against: float = 0.0):
    """A head that leaps as the second token's embedding passes some point of the way; `against`
    times what the third one's does is taken from that, and its share of the way added."""

    class Sharp(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = base.encoder

        def forward(self, input_ids, attention_mask):
            embedded = self.encoder.get_input_embeddings()(input_ids)
            mask = self.encoder.get_input_embeddings().weight[base.tokenizer.mask_token_id]

            def share(position: int) -> torch.Tensor:  # 0..1
                way = self.encoder.get_input_embeddings().weight[input_ids[:, position]] - mask
                return ((embedded[:, position] - mask) * way).sum(1) / way.square().sum(1)

            def leap(position: int) -> torch.Tensor:
                return torch.sigmoid(sharpness * (share(position) - 0.5001))

            if not against:
                return leap(1)
            return leap(1) - against * leap(2) + share(2)

    return with_module(base, Sharp())


def test_a_sum_that_is_right_because_errors_cancel_is_not_complete(folder: Path) -> None:
    """Like two logits whose errors are alike: their difference adds up, and no share is right."""
    base = load(folder, "bert", "base")
    explainer, items = explain(needing_steps(base, 150.0, 1.0), encoded(base, "the cat"))
    found = integrate(explainer, items[0], 30)
    exact = integrate(explainer, items[0], 3000)
    assert found.error <= 0.02
    off = np.abs(np.subtract(found.scores, exact.scores)).max() / np.abs(exact.scores).max()
    assert off > 0.08
    assert not found.is_complete
    (enough,) = integrated_gradients(explainer, items, 0.0)
    assert enough.is_complete
    off = np.abs(np.subtract(enough.scores, exact.scores)).max() / np.abs(exact.scores).max()
    assert off < 0.02


@pytest.mark.parametrize(
    ("sharpness", "steps", "is_complete"),
    [(10.0, 30, True), (50.0, 60, True), (100.0, 120, True), (2000.0, 240, False)],
)
def test_steps_double_until_the_scores_add_up(
    folder: Path, sharpness: float, steps: int, is_complete: bool
) -> None:
    base = load(folder, "bert", "base")
    explainer, items = explain(needing_steps(base, sharpness), encoded(base, "cat"))
    (found,) = integrated_gradients(explainer, items, 0.0)
    assert (found.steps, found.is_complete) == (steps, is_complete)
    fewer = integrate(explainer, items[0], found.steps // 2)
    if steps > 30:
        assert not fewer.is_complete
    assert (found.error <= 0.02) == is_complete


def test_a_gap_that_is_small_beside_the_spread_over_texts_is_none(folder: Path) -> None:
    base = load(folder, "bert", "base")
    explainer, items = explain(needing_steps(base, 2000.0), encoded(base, "cat"))
    (strict,) = integrated_gradients(explainer, items, 0.0)
    # The scalar goes from 0 to 1, and all of it is due to one token.
    gap = max(
        strict.error, abs(sum(strict.scores) - sum(integrate(explainer, items[0], 80).scores)) / 2
    )
    (enough,) = integrated_gradients(explainer, items, 1001 * gap)
    (too_little,) = integrated_gradients(explainer, items, 999 * gap)
    assert not strict.is_complete
    assert not too_little.is_complete
    assert enough.is_complete


def test_what_does_not_change_along_the_way_has_no_relative_error(folder: Path) -> None:
    model = load(folder, "bert", **NUMBER)
    (text,) = encoded(model, "the cat")
    cls, *_, sep = text.ids
    ids = (cls, *[model.tokenizer.mask_token_id] * 2, sep)
    explainer, masked = explain(model, [replace(text, ids=ids)])
    (found,) = integrated_gradients(explainer, masked, 0.0)
    assert found == Integrated((0.0,) * len(ids), 30, None, True)


def test_a_text_of_special_tokens_alone_has_nothing_to_share_out(folder: Path) -> None:
    model = load(folder, "bert", **NUMBER)
    explainer, items = explain(model, encoded(model, ""))
    (found,) = integrated_gradients(explainer, items, 0.0)
    assert found == Integrated((0.0, 0.0), 30, None, True)
