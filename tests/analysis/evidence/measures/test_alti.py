"""ALTI against the reference and explicit parts of queries by keys by width."""

from pathlib import Path

import numpy as np
import pytest
from helpers.plain.plain_attention import plain_layers, plain_parts
from helpers.plain.reference import RECORDS
from helpers.real.explaining import encoded, explain
from helpers.real.families import load_family, proven

import reportgen.analysis.evidence.measures.alti as alti_module
from reportgen.analysis.evidence import Missing, alti
from reportgen.models import LoadedModel

TEXTS = ("the cat sat on the mat", ("the cat", "sat on a log"), "dog")
# Norms after and before the blocks, of each kind, and layers that are shared; that the parts of all
# families are read is held by `test_norms` and `test_proof`.
RESIDUAL = ("albert", "bert", "gpt2", "llama", "modernbert", "t5")


def measured(model, *texts, batch_tokens: int = 1024):
    explainer, items = explain(model, encoded(model, *texts), batch_tokens)
    return items, alti(explainer, *proven(model), items)


def plain_alti(layers) -> np.ndarray:
    rolled = np.eye(len(layers[0].parts))
    for layer in layers:
        given, parts = plain_parts(layer)
        contributed = np.zeros_like(rolled)
        for query, whole in enumerate(given):
            for key, part in enumerate(parts[query]):
                nearer = whole.abs().sum() - (whole - part).abs().sum()
                contributed[query, key] = max(0.0, float(nearer))
            contributed[query] /= contributed[query].sum()
        rolled = contributed @ rolled
    return rolled.mean(0)


@pytest.mark.parametrize("family", RESIDUAL)
def test_contributions_are_those_of_explicit_parts(folder: Path, family: str) -> None:
    model = load_family(folder, family)
    items, all_found = measured(model, *TEXTS)
    for item, found in zip(items, all_found, strict=True):
        expected = plain_alti(plain_layers(model, family, item.text))
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
        assert sum(found) == pytest.approx(1, abs=1e-5)


def test_contributions_equal_the_reference(minilm: LoadedModel) -> None:
    _, all_found = measured(minilm, *(record["text"] for record in RECORDS))
    for record, found in zip(RECORDS, all_found, strict=True):
        np.testing.assert_allclose(found, record["alti_rollout_col_mean"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("family", ["albert", "gpt2"])
def test_padding_and_small_steps_change_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, family: str
) -> None:
    model = load_family(folder, family)
    # Within a tenth of padding, so that they run together.
    texts = (" ".join(["cat"] * 20), " ".join(["dog"] * 19), "the " * 18)
    _, together = measured(model, *texts)
    _, alone = measured(model, *texts, batch_tokens=1)
    monkeypatch.setattr(alti_module, "CHUNK", 1)
    _, stepwise = measured(model, *texts)
    for one, other, third in zip(together, alone, stepwise, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
        np.testing.assert_allclose(one, third, atol=1e-6)


def test_one_token_gives_all(folder: Path) -> None:
    model = load_family(folder, "gpt2")
    explainer, items = explain(model, encoded(model, "dog sat"))
    text = items[0].text
    for name in ("ids", "type_ids", "tokens", "spans", "segments", "roles", "units"):
        object.__setattr__(text, name, getattr(text, name)[:1])
    assert alti(explainer, *proven(model), items)[0] == pytest.approx((1.0,))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_near_the_whole(folder: Path, dtype: str) -> None:
    _, exact = measured(load_family(folder, "bert"), *TEXTS)
    _, rough = measured(load_family(folder, "bert", dtype), *TEXTS)
    for one, other in zip(exact, rough, strict=True):
        np.testing.assert_allclose(one, other, atol=0.02)


def test_why_there_are_none_is_said(folder: Path) -> None:
    model = load_family(folder, "gpt_neox")
    items, found = measured(model, "the cat", "a dog")
    assert found == [Missing("unresidual")] * 2
    explainer, items = explain(model, encoded(model, "the cat"))
    capture, _ = proven(model)
    assert alti(explainer, capture, "values_unproven", items) == [Missing("values_unproven")]


def test_a_text_that_fails_takes_no_other_with_it(folder: Path) -> None:
    model = load_family(folder, "bert")
    texts = encoded(model, "the cat", "a dog", "the mat")
    explainer, items = explain(model, texts)
    found = proven(model)
    whole = alti(explainer, *found, items)
    dog = texts[1].ids[2]

    def fail(module, args, kwargs):
        if (kwargs["input_ids"] == dog).any():
            raise ValueError("no dogs")

    model.encoder.register_forward_pre_hook(fail, with_kwargs=True)
    again = alti(explainer, *found, items)
    assert again[1].reason == "failed"
    assert "no dogs" in again[1].message
    for one in (0, 2):
        np.testing.assert_allclose(again[one], whole[one], atol=1e-6)


def test_layers_that_lack_a_part_give_no_figure(folder: Path) -> None:
    model = load_family(folder, "bert")
    explainer, items = explain(model, encoded(model, "the cat"))
    capture, norms = proven(model)

    class TwoOfThree:
        def run(self, inputs, sink):
            return capture.run(inputs, lambda layer, maps: sink(layer, maps) if layer < 2 else None)

    (missing,) = alti(explainer, TwoOfThree(), norms, items)
    assert missing.reason == "failed"
    assert "attention maps and value vectors do not match" in missing.message
