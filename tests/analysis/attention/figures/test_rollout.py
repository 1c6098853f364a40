"""Attention rollout against loops and the reference."""

import numpy as np
import pytest
import torch
from helpers.plain.reference import RECORDS
from helpers.real.explaining import encoded
from helpers.real.models import tiny_model, tiny_tokenizer
from helpers.rounding import assert_near, near

from reportgen.analysis.attention import BatchRollout, Capture, TextRollout, lay_out
from reportgen.models import LoadedModel
from reportgen.models.tokens import encode, pad

TEXTS = (("the cat sat on the mat", None), ("the cat", "sat on a log"), ("dog", None))


def rollouts(encoder, texts, *, is_causal: bool = False) -> list[TextRollout]:
    """The rollout of `texts`, run as one padded batch."""
    batch = BatchRollout(lay_out(texts, (), is_causal=is_causal, device=torch.device("cpu")))
    inputs = pad(texts, 0, {"input_ids", "attention_mask"}, torch.device("cpu"))
    Capture(encoder, encoder).run(inputs, lambda layer, maps: batch.add(maps))
    return batch.texts()


def plain_rollout(maps) -> list[np.ndarray]:
    """R of each layer, `[query, key]`, from maps `[head, query, key]` of each."""
    n = maps[0].shape[-1]
    rolled, steps = np.eye(n), []
    for layer in maps:
        step = np.zeros((n, n))
        for query in range(n):
            for middle in range(n):
                weight = float(layer[:, query, middle].mean()) / 2 + (query == middle) / 2
                for key in range(n):
                    step[query, key] += weight * rolled[middle, key]
        rolled = step
        steps.append(rolled)
    return steps


@pytest.mark.parametrize("architecture", ["bert", "albert", "gpt2"])
@pytest.mark.parametrize("kind", ["wordpiece", "bytes_plain"])
def test_rollout_is_the_product_of_maps_and_residuals(architecture: str, kind: str) -> None:
    tokenizer = tiny_tokenizer(kind)
    encoder = tiny_model(architecture, vocab_size=len(tokenizer))
    texts = [encode(tokenizer, text, pair, 64) for text, pair in TEXTS]
    is_causal = architecture == "gpt2"
    for text, found in zip(texts, rollouts(encoder, texts, is_causal=is_causal), strict=True):
        with torch.no_grad():
            maps = encoder(torch.tensor([text.ids]), output_attentions=True).attentions
        steps = plain_rollout([layer[0].double() for layer in maps])
        special = np.array([role is not None for role in text.roles])
        shares = [step.mean(0)[special].sum() for step in steps]
        if "cls" in text.roles:
            row = steps[-1][0]
        else:
            row = steps[-1][-1] if is_causal else steps[-1].mean(0)
        assert_near(found.row, row)
        assert_near(found.special_share, shares)
        assert found.row.sum() == near(1)


def test_rollout_equals_the_reference(minilm: LoadedModel) -> None:
    texts = encoded(minilm, *(record["text"] for record in RECORDS))
    for record, found in zip(RECORDS, rollouts(minilm.encoder, texts), strict=True):
        np.testing.assert_allclose(found.row, record["rollout_cls_row"], rtol=1e-4, atol=1e-5)
        shares = record["rollout_special_share_by_depth"]
        np.testing.assert_allclose(found.special_share, shares, rtol=1e-4, atol=1e-5)
        # What is shown of all rows is the special tokens' part: the same, from the whole column.
        column = np.array(record["rollout_col_mean"])
        assert found.special_share[-1] == near(column[[0, -1]].sum())


def test_one_token_keeps_all() -> None:
    tokenizer = tiny_tokenizer("bytes_plain")
    encoder = tiny_model("gpt2", vocab_size=len(tokenizer))
    (found,) = rollouts(encoder, [encode(tokenizer, "a", None, 64)], is_causal=True)
    assert found.row.tolist() == [1]
    assert found.special_share.tolist() == [0, 0, 0]


def test_maps_are_not_changed() -> None:
    text = encode(tiny_tokenizer("wordpiece"), "the cat", None, 64)
    batch = BatchRollout(lay_out([text], (), is_causal=False, device=torch.device("cpu")))
    maps = torch.rand(1, 2, 4, 4).softmax(-1)
    before = maps.clone()
    batch.add(maps)
    batch.add(maps)
    assert torch.equal(maps, before)
