"""Predictions read out of whatever a module returns."""

import math
from collections import namedtuple
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
from helpers.real.models import tiny_model, tiny_tokenizer
from helpers.rounding import near
from torch import Tensor
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    GPT2DoubleHeadsModel,
    GPT2LMHeadModel,
    XLMWithLMHeadModel,
)
from transformers.modeling_outputs import BaseModelOutputWithPooling, SequenceClassifierOutput

from reportgen.errors import ModelError
from reportgen.models import TextPrediction
from reportgen.models.tasks import (
    ClassReader,
    EmbeddingReader,
    LabelsReader,
    NextTokenReader,
    NumberReader,
    NumbersReader,
    find_output,
    keep_last_logits,
    masks,
    next_token,
    scores,
    sequence_reader,
    task_of,
)
from reportgen.models.trial_run import Trial
from reportgen.results import OutputInfo

HIDDEN = 16
MASK = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])
INPUTS = {"input_ids": MASK, "attention_mask": MASK}


def trials(make: Any) -> tuple[Trial, ...]:
    """Two trials of a module that returns `make(n_texts, n_tokens)`."""
    shapes = ((3, 7), (2, 5))
    return tuple(
        Trial({"input_ids": torch.zeros(shape, dtype=torch.long)}, make(*shape)) for shape in shapes
    )


def loss_and(prediction: Tensor) -> tuple[Any, ...]:
    attentions = (torch.ones(len(prediction), 2, 4, 4),)
    return torch.tensor(0.5), prediction, attentions


@dataclass
class Result:
    loss: Tensor | None
    score: Tensor


Named = namedtuple("Named", ["hidden", "logits"])


@pytest.mark.parametrize(
    ("make", "entry", "kind", "width"),
    [
        (lambda b, t: torch.ones(b), None, "number", 1),
        (lambda b, t: torch.ones(b, 1), None, "number", 1),
        (lambda b, t: torch.ones(b, 3), None, "numbers", 3),
        (lambda b, t: (None, torch.ones(b, 1), None), 1, "number", 1),
        (lambda b, t: loss_and(torch.ones(b, 1)), 1, "number", 1),
        (lambda b, t: (torch.ones(b, t), torch.ones(b, 2)), 1, "numbers", 2),
        (lambda b, t: (torch.ones(b, t, HIDDEN), torch.ones(b, 2)), 1, "numbers", 2),
        (lambda b, t: (torch.ones(b, dtype=torch.long), torch.ones(b)), 1, "number", 1),
        (lambda b, t: (torch.ones(5, 2), torch.ones(b)), 1, "number", 1),
        (lambda b, t: {"loss": None, "score": torch.ones(b)}, "score", "number", 1),
        (lambda b, t: Result(None, torch.ones(b, 1)), "score", "number", 1),
        (lambda b, t: SequenceClassifierOutput(logits=torch.ones(b, 2)), "logits", "numbers", 2),
        (lambda b, t: {"a": torch.ones(b), "logits": torch.ones(b, 2)}, "logits", "numbers", 2),
        (lambda b, t: Named(torch.ones(b), torch.ones(b, 2)), "logits", "numbers", 2),
        (lambda b, t: {"logits": torch.ones(b, HIDDEN)}, "logits", "numbers", HIDDEN),
        (lambda b, t: torch.ones(b, HIDDEN), None, "embedding", HIDDEN),
        (lambda b, t: (torch.ones(b, t, HIDDEN),), 0, "embedding", HIDDEN),
        (lambda b, t: {"pooler_output": torch.ones(b, HIDDEN)}, "pooler_output", "embedding", 16),
    ],
)
def test_the_prediction_is_found_by_its_shape(make: Any, entry: Any, kind: str, width: int) -> None:
    reader = find_output(trials(make), HIDDEN)
    assert (reader.entry, reader.kind, reader.width) == (entry, kind, width)


def test_a_bare_encoders_tokens_are_pooled_and_not_its_pooler() -> None:
    def bare(texts: int, tokens: int) -> BaseModelOutputWithPooling:
        return BaseModelOutputWithPooling(
            torch.ones(texts, tokens, HIDDEN), torch.ones(texts, HIDDEN)
        )

    reader = find_output(trials(bare), HIDDEN, default_pooling="cls")
    assert (reader.kind, reader.entry, reader.pooling) == ("embedding", "last_hidden_state", "cls")
    assert find_output(trials(bare), HIDDEN, pooling="last").pooling == "last"


def test_asking_for_pooling_passes_over_a_prediction() -> None:
    both = trials(lambda b, t: (torch.ones(b), torch.ones(b, t, HIDDEN)))
    assert find_output(both, HIDDEN).kind == "number"
    assert find_output(both, HIDDEN, pooling="cls") == EmbeddingReader(1, HIDDEN, "cls")


def test_an_entry_can_be_chosen_by_its_place() -> None:
    several = trials(lambda b, t: (None, torch.ones(b), torch.ones(b, 2), torch.ones(b, t)))
    assert find_output(several, HIDDEN, prediction_index=2).entry == 2
    for wrong in (0, 3, 4):
        with pytest.raises(ModelError, match=rf"--prediction-index {wrong}: .*\[3, 2\]"):
            find_output(several, HIDDEN, prediction_index=wrong)


@pytest.mark.parametrize(
    "make",
    [
        lambda b, t: None,
        lambda b, t: (torch.tensor(0.1), None),
        lambda b, t: torch.ones(b, dtype=torch.long),
        lambda b, t: torch.ones(b, t),
        lambda b, t: torch.ones(b, 2, 3, t),
        lambda b, t: torch.ones(b, 0),
        lambda b, t: torch.ones(b, t, 0),
    ],
)
def test_a_module_without_prediction_is_told_what_it_returned(make: Any) -> None:
    with pytest.raises(ModelError, match="no prediction found: forward returned") as caught:
        find_output(trials(make), HIDDEN)
    assert "3 texts of 7 tokens" in str(caught.value)


def test_numbers_are_named_by_their_place() -> None:
    reader = find_output(trials(lambda b, t: torch.ones(b, 3)), HIDDEN)
    assert reader.labels == ("1", "2", "3")
    assert find_output(trials(lambda b, t: torch.ones(b)), HIDDEN).labels == ()


def test_a_number_is_read_as_it_is() -> None:
    reader = NumberReader(1, 1)
    for shape in ((2,), (2, 1)):
        found = reader.read((None, torch.tensor([-3.5, 250.0]).reshape(shape)), INPUTS)
        assert found == [
            TextPrediction(-3.5, None, (-3.5,), ()),
            TextPrediction(250.0, None, (250.0,), ()),
        ]


def test_a_squeezed_batch_of_one_is_still_one_text() -> None:
    one = {"input_ids": torch.ones(1, 4), "attention_mask": torch.ones(1, 4)}
    assert NumberReader(None, 1).read(torch.tensor(2.5), one)[0].value == 2.5
    found = NumbersReader(None, 3).read(torch.tensor([1.0, 2.0, 3.0]), one)
    assert found == [TextPrediction(None, None, (1.0, 2.0, 3.0), ())]


def test_a_class_is_the_highest_logit_and_logits_stay_logits() -> None:
    reader = ClassReader("logits", 3, ("bad", "fair", "good"))
    found = reader.read({"logits": torch.tensor([[0.5, -2.0, 9.0], [3.0, 2.0, 1.0]])}, INPUTS)
    assert [p.label for p in found] == ["good", "bad"]
    assert found[0].scores == (0.5, -2.0, 9.0)
    assert found[0].value is None


def test_labels_are_those_above_zero() -> None:
    reader = LabelsReader("logits", 3, ("price", "taste", "service"))
    found = reader.read({"logits": torch.tensor([[0.5, -2.0, 9.0], [-1.0, 0.0, -1.0]])}, INPUTS)
    assert [p.label for p in found] == ["price, service", ""]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("kind", [NumberReader, NumbersReader, ClassReader, LabelsReader])
def test_one_text_that_is_not_finite_leaves_the_others(kind: Any, bad: float) -> None:
    width = 1 if kind is NumberReader else 2
    values = torch.ones(2, width)
    values[1, 0] = bad
    good, broken = kind(None, width, ("a", "b")).read(values, INPUTS)
    assert (good.is_finite, broken.is_finite) == (True, False)
    assert broken.label is None
    assert str(broken.scores[0]) == str(bad)


def test_an_embedding_is_pooled_over_real_tokens() -> None:
    hidden = torch.arange(24.0).reshape(2, 4, 3)
    hidden[1, 2:] = math.nan  # stands on padding
    expected = {
        "mean": [hidden[0].mean(0), (hidden[1, 0] + hidden[1, 1]) / 2],
        "cls": [hidden[0, 0], hidden[1, 0]],
        "last": [hidden[0, 3], hidden[1, 1]],
    }
    for pooling, rows in expected.items():
        reader = EmbeddingReader("last_hidden_state", 3, pooling=pooling)
        output = {"last_hidden_state": hidden.clone()}
        assert torch.equal(reader.values(output, INPUTS), torch.stack(rows))
        assert reader.read(output, INPUTS) == [TextPrediction(None, None, (), ())] * 2
        hidden_nan = hidden.clone()
        hidden_nan[0, [0, 3]] = math.nan
        finite = [p.is_finite for p in reader.read({"last_hidden_state": hidden_nan}, INPUTS)]
        assert finite == [False, True]


def test_without_attention_mask_no_token_is_padding() -> None:
    hidden = torch.arange(24.0).reshape(2, 4, 3)
    reader = EmbeddingReader(None, 3, pooling="mean")
    values = reader.values(hidden, {"input_ids": MASK})
    assert torch.equal(values, hidden.mean(1))


def test_half_precision_is_read_in_float32() -> None:
    values = torch.tensor([[60000.0, 1.0], [60000.0, 3.0]], dtype=torch.float16)
    hidden = torch.stack([values, values])  # a float16 sum would overflow
    reader = EmbeddingReader(None, 2, pooling="mean")
    found = reader.values(hidden, {"input_ids": torch.ones(2, 2)})
    assert found.dtype == torch.float32
    assert found.isfinite().all()


def batch_of(tokenizer: Any, texts: list[str]) -> dict[str, Tensor]:
    rows = [tokenizer(text)["input_ids"] for text in texts]
    size = max(len(row) for row in rows)
    return {
        "input_ids": torch.tensor([row + [0] * (size - len(row)) for row in rows]),
        "attention_mask": torch.tensor([[1] * len(r) + [0] * (size - len(r)) for r in rows]),
    }


@pytest.mark.parametrize("narrowed", [True, False])
def test_next_tokens_are_those_after_each_texts_last_one(narrowed: bool) -> None:
    tokenizer = tiny_tokenizer("bytes_plain")
    model = tiny_model("gpt2", "causal")
    texts = ["the cat", "a", "the cat sat on the mat", "the dog"]
    is_narrowed = narrowed and keep_last_logits(model)
    reader = replace(NextTokenReader(tokenizer), is_narrowed=is_narrowed)
    inputs = batch_of(tokenizer, texts)
    with torch.no_grad():
        returned = model(**inputs)
        found = reader.read(returned, inputs)
    distinct = len({len(tokenizer(text)["input_ids"]) for text in texts})
    assert returned.logits.shape[1] == (distinct if narrowed else inputs["input_ids"].shape[1])
    plain = tiny_model("gpt2", "causal")
    for text, prediction in zip(texts, found, strict=True):
        with torch.no_grad():
            logits = plain(**tokenizer(text, return_tensors="pt")).logits[0, -1]
        expected = (logits.double() - logits.double().exp().sum().log()).sort(descending=True)
        assert prediction.scores == near(expected.values[:5].tolist())
        assert prediction.score_names[0] == prediction.label
        assert len(prediction.score_names) == 5
        assert prediction.is_finite


def test_next_tokens_are_spelt_as_text_unless_they_are_part_of_a_character() -> None:
    tokenizer = tiny_tokenizer("bytes_plain")
    ids = [tokenizer.convert_tokens_to_ids(token) for token in ("Ġsat", "the"[1:], "ã", "Ġ", "A")]
    logits = torch.full((1, 1, len(tokenizer)), -50.0)
    for rank, token_id in enumerate(ids):
        logits[0, 0, token_id] = 5.0 - rank
    one = {"input_ids": torch.ones(1, 1), "attention_mask": torch.ones(1, 1, dtype=torch.long)}
    reader = NextTokenReader(tokenizer)
    (found,) = reader.read({"logits": logits}, one)
    assert found.score_names == (" sat", "he", "ã", "Ġ", "A")
    (broken,) = reader.read({"logits": logits * math.nan}, one)
    assert (broken.label, broken.is_finite) == (None, False)


@pytest.mark.parametrize(
    ("config", "kind", "labels"),
    [
        ({"num_labels": 1}, "number", ("LABEL_0",)),
        ({"num_labels": 1, "problem_type": "regression"}, "number", ("LABEL_0",)),
        ({"num_labels": 2, "problem_type": "regression"}, "numbers", ("LABEL_0", "LABEL_1")),
        ({"num_labels": 2}, "class", ("LABEL_0", "LABEL_1")),
        ({"id2label": {0: "bad", 1: "good"}}, "class", ("bad", "good")),
        (
            {"id2label": {1: "b", 0: "a"}, "problem_type": "multi_label_classification"},
            "labels",
            ("a", "b"),
        ),
        (
            {"num_labels": 1, "problem_type": "multi_label_classification"},
            "labels",
            ("LABEL_0",),
        ),
    ],
)
def test_a_configuration_says_what_a_sequence_head_gives(
    config: dict[str, Any], kind: str, labels: tuple[str, ...]
) -> None:
    reader = sequence_reader(BertConfig(**config))
    assert (reader.kind, reader.labels, reader.entry) == (kind, labels, "logits")
    assert reader.width == len(labels)


def test_heads_are_known_by_class_and_by_derived_class() -> None:
    class Mine(BertForSequenceClassification):
        pass

    assert task_of(Mine) is scores.TASK
    assert task_of(GPT2LMHeadModel) is next_token.TASK
    assert task_of(type(tiny_model("llama", "causal"))) is next_token.TASK
    assert task_of(type(tiny_model("bert"))) is None


@pytest.mark.parametrize(
    ("architecture", "task"),
    [("t5", "seq2seq")],
)
def test_heads_that_say_nothing_of_a_whole_text_are_known(architecture: str, task: str) -> None:
    known = task_of(type(tiny_model(architecture, task)))
    assert known is not None
    assert not known.has_text_output


def test_the_longer_name_of_a_head_decides() -> None:
    assert task_of(XLMWithLMHeadModel) is masks.TASK
    known = task_of(GPT2DoubleHeadsModel)
    assert known is not None
    assert not known.has_text_output


def test_the_output_is_named() -> None:
    number = NumberReader(None, 1)
    assert number.info(None) == OutputInfo("number", "score")
    assert number.info("clicks") == OutputInfo("number", "clicks")
    stars = NumberReader("logits", 1, ("stars",))
    assert stars.info(None) == OutputInfo("number", "stars")
    plain = NumberReader("logits", 1, ("LABEL_0",))
    assert plain.info(None) == OutputInfo("number", "score")
    classes = ClassReader("logits", 2, ("bad", "good"))
    assert classes.info(None) == OutputInfo("class", "class", ("bad", "good"))
    pooled = EmbeddingReader(None, 8, pooling="cls")
    assert pooled.info(None) == OutputInfo("embedding", "embedding", (), "cls")


def test_names_of_classes_are_for_as_many_figures() -> None:
    named = NumbersReader("logits", 2, ("1", "2")).with_class_names(("bad", "good"))
    assert (named.kind, named.labels) == ("class", ("bad", "good"))
    named = ClassReader("logits", 2, ("LABEL_0", "LABEL_1")).with_class_names(("a", "b"))
    assert (named.kind, named.labels) == ("class", ("a", "b"))
    for reader in (
        NumberReader("logits", 1),
        EmbeddingReader("x", 2),
        NextTokenReader(None),
        LabelsReader("logits", 2, ("a", "b")),
    ):
        with pytest.raises(ModelError, match="--class-names a,b: 2 names"):
            reader.with_class_names(("a", "b"))
