"""Completions: which tokens are theirs, and how likely a causal model holds each."""

from pathlib import Path

import pytest
import torch
from helpers.real.explaining import load, one
from helpers.real.models import SENTENCES, tiny_tokenizer
from helpers.rounding import near

from reportgen.analysis.attention import Capture, probe
from reportgen.analysis.evidence import Explainer, alone_effects, deletion_effects
from reportgen.errors import ModelError
from reportgen.models import ExplainedText, content_units, without
from reportgen.models.tasks import encode_completed, mark_last, with_completions
from reportgen.models.tokens import encode

TEXTS = (
    ("the cat sat", " on the mat"),
    ("a very good film", " with a bad end"),
    ("年会費、", "週末割引"),
    ("Free coffee ", "for every 🐱"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


def completed(model, *texts: tuple[str, str]):
    return [encode_completed(model.tokenizer, *text, model.info.max_tokens) for text in texts]


def plain_log_probabilities(model, ids: tuple[int, ...], first: int) -> list[float]:
    """Of each token from `first` on, one run for each."""
    found = []
    for i in range(first, len(ids)):
        with torch.no_grad():
            logits = model.module(**one(ids[:i])).logits[0, -1].double()
        found.append(float(logits.log_softmax(0)[ids[i]]))
    return found


@pytest.mark.parametrize("kind", ["unigram_bos", "bytes_plain", "unigram_eos", "bytes"])
@pytest.mark.parametrize("text", TEXTS)
def test_text_and_completion_are_tokenised_as_one_string(kind: str, text: tuple[str, str]) -> None:
    tokenizer = tiny_tokenizer(kind)
    found = encode_completed(tokenizer, *text, 128)
    whole = tokenizer("".join(text), return_offsets_mapping=True)
    assert list(found.ids) == whole["input_ids"]
    for i, (start, end) in enumerate(whole["offset_mapping"]):
        covered = "".join(text)[start:end]
        span = found.spans[i]
        if span is None or span.start == span.end:  # special, or no more than the mark of a space
            continue
        own = start + len(covered) - len(covered.lstrip() or covered)
        is_completion = own >= len(text[0])
        assert (i in found.completion) is is_completion
        assert (text[1] if is_completion else text[0])[span.start : span.end] == (
            covered.strip() or covered
        )
    assert found.n_completion == len(found.completion) > 0


def test_a_token_of_both_is_refused_with_the_nearest_place_between_tokens() -> None:
    tokenizer = tiny_tokenizer("bytes_plain")
    assert encode(tokenizer, "cat", None, 9).tokens == ("c", "at")
    with pytest.raises(ModelError, match="one token, 'at'; move 'a' from the text to the compl"):
        encode_completed(tokenizer, "the ca", "t sat", 128)
    assert encode_completed(tokenizer, "a ", "the cat", 128).n_completion > 1


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("bytes_plain", ("", "the cat"), "nothing stands before its completion"),
        ("unigram_bos", ("the cat", ""), "its completion has no tokens"),
        ("unigram_bos", ("the cat " * 40, "sat"), "more than the 64 that are taken"),
        ("unigram_bos", ("the cat " * 90_000, "sat"), "far more than 64 tokens"),
    ],
)
def test_what_cannot_be_joined_is_told(kind: str, text: tuple[str, str], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        encode_completed(tiny_tokenizer(kind), *text, 64)


def test_tokens_that_a_model_wrote_stay_as_it_wrote_them() -> None:
    tokenizer = tiny_tokenizer("bytes_plain")
    by_letter = tokenizer.convert_tokens_to_ids(["t", "h", "e"])
    found = encode_completed(tokenizer, "cat ", "the", 64, by_letter)
    assert [found.ids[i] for i in found.completion] == by_letter
    spans = [found.spans[i] for i in found.completion]
    assert [(s.start, s.end) for s in spans if s is not None] == [(0, 1), (1, 2), (2, 3)]


def test_a_prompt_alone_may_be_empty_where_a_token_stands_before_it() -> None:
    tokenizer = tiny_tokenizer("unigram_bos")
    ids = tokenizer("the cat", add_special_tokens=False)["input_ids"]
    for given in (None, ids):
        found = encode_completed(tokenizer, "", "the cat", 64, given)
        assert (found.ids[0], found.completion[0]) == (tokenizer.bos_token_id, 1)


@pytest.mark.parametrize("architecture", ["llama", "gpt2"])
def test_log_probabilities_equal_one_run_a_token(folder: Path, architecture: str) -> None:
    model = with_completions(load(folder, architecture, "causal"))
    assert model.reader.is_narrowed
    texts = completed(model, *TEXTS)
    inputs = model.inputs(texts)
    assert inputs["logits_to_keep"].tolist() == sorted(
        {i - 1 for text in texts for i in text.completion}
    )
    with torch.no_grad():
        found = model.reader.read(model.module(**inputs), inputs, texts)
    for text, prediction in zip(texts, found, strict=True):
        plain = plain_log_probabilities(model, text.ids, text.completion[0])
        assert prediction.scores == near(plain)
        assert prediction.value == near(sum(plain))
        for i, name in zip(text.completion, prediction.score_names, strict=True):
            with torch.no_grad():
                best = int(model.module(**one(text.ids[:i])).logits[0, -1].argmax())
            assert (name == "") is (best == text.ids[i])


@pytest.mark.parametrize("architecture", ["llama", "gpt2"])
def test_effects_on_each_token_equal_plain_runs(folder: Path, architecture: str) -> None:
    """Of the whole completion, and of each of its tokens."""
    model = with_completions(load(folder, architecture, "causal"))
    texts = completed(model, *TEXTS)
    explainer = Explainer(model, "padded", 64)
    items = [item for item in explainer.explain(texts) if isinstance(item, ExplainedText)]
    for text, item, found in zip(texts, items, deletion_effects(explainer, items), strict=True):
        assert not isinstance(found, str)
        whole = plain_log_probabilities(model, text.ids, text.completion[0])
        assert item.value == near(sum(whole))
        assert found.units == content_units(text)
        assert not {i for unit in found.units for i in unit}.intersection(text.completion)
        for unit, effect, scores in zip(found.units, found.effects, found.scores, strict=True):
            left = without(text, unit)
            plain = plain_log_probabilities(model, left.ids, left.completion[0])
            expected = [one - other for one, other in zip(whole, plain, strict=True)]
            assert scores == near(expected, size=abs(item.value))
            assert effect == near(sum(expected), size=abs(item.value))
    alone = alone_effects(explainer, items)
    if architecture == "gpt2":  # without its text nothing stands before the completion
        assert alone == "no_special_tokens"
        return
    for text, found in zip(texts, alone, strict=True):
        nothing = without(text, [i for unit in content_units(text) for i in unit])
        base = sum(plain_log_probabilities(model, nothing.ids, 1))
        for unit, effect in zip(found.units, found.effects, strict=True):
            others = [i for own in content_units(text) if own != unit for i in own]
            own = without(text, others)
            plain = sum(plain_log_probabilities(model, own.ids, own.completion[0]))
            assert effect == near(plain - base, size=abs(base))


def test_the_only_unit_before_a_completion_cannot_be_left_out(folder: Path) -> None:
    model = with_completions(load(folder, "gpt2", "causal"))
    text = encode(model.tokenizer, "ab", None, 64)
    assert len(text.ids) == 2
    explainer = Explainer(model, "padded", 64)
    (item,) = explainer.explain([mark_last(text)])
    assert isinstance(item, ExplainedText)
    assert deletion_effects(explainer, [item]) == ["without it nothing is left of the text"]


def test_a_trial_runs_without_any_completion_given(folder: Path) -> None:
    model = with_completions(load(folder, "llama", "causal"))
    capture = Capture(model.module, model.encoder)
    samples = [mark_last(encode(model.tokenizer, text, None, 64)) for text in SENTENCES[2:4]]
    assert probe(model, capture, samples).is_causal
