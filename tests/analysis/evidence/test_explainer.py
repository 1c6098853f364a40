"""The one scalar that is explained, and running changed texts for it."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from helpers.calling import call
from helpers.real.explaining import CLASSES, NUMBER, Head, encoded, explain, load, one, with_module
from helpers.real.models import SENTENCES, save_model, tiny_tokenizer
from helpers.rounding import near
from torch import nn

from reportgen.analysis.evidence import ChangedText, Explainer, ExplainOptions
from reportgen.errors import UsageError
from reportgen.models import ExplainedText, without
from reportgen.models.tasks import ClassReader, NextTokenReader, NumbersReader, spell
from reportgen.results import OutputInfo, open_results

TEXTS = (*SENTENCES[:3], "the cat", ("the cat", "sat on the mat"))


def plain(model, ids, key="logits"):
    """What the library's own model gives for one text alone."""
    with torch.no_grad():
        return model.module(**one(ids))[key][0].double()


def test_a_number_is_explained_as_it_is(folder: Path) -> None:
    model = load(folder, "roberta", **NUMBER)
    texts = encoded(model, *TEXTS)
    explainer, items = explain(model, texts)
    assert explainer.target.scalar == "number"
    for text, item in zip(texts, items, strict=True):
        assert item.value == near(float(plain(model, text.ids)))
        assert (item.label, item.index, item.anchor, item.text) == (None, 0, None, text)


def test_a_class_is_explained_by_its_lead_over_the_strongest_other(folder: Path) -> None:
    model = load(folder, "roberta", **CLASSES)
    texts = encoded(model, *TEXTS)
    explainer, items = explain(model, texts)
    assert explainer.target.scalar == "margin"
    for text, item in zip(texts, items, strict=True):
        logits = plain(model, text.ids)
        assert item.label == model.output.labels[logits.argmax()]
        first, second, _ = logits.sort(descending=True).values
        assert item.value == near(float(first - second))


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        (NUMBER, None),
        (CLASSES, None),
        (CLASSES, "fair"),
        ({**CLASSES, "problem_type": "multi_label_classification"}, None),
    ],
)
def test_a_stored_scalar_is_that_of_a_run(folder: Path, changes: dict, asked: str | None) -> None:
    model = load(folder, "roberta", **changes)
    explainer, items = explain(model, encoded(model, *TEXTS), explain_class=asked)
    for text, item in zip(encoded(model, *TEXTS), items, strict=True):
        found = explainer.stored(text, item.value, item.label)
        assert found is not None
        assert (found.text, found.index, found.value) == (item.text, item.index, item.value)
        changed = [ChangedText(own, without(text, (1,))) for own in (found, item)]
        first, second = explainer.run(changed)
        assert first == near(second)


def test_what_a_stored_value_does_not_say_takes_a_run(folder: Path) -> None:
    model = load(folder, "roberta", "base")
    explainer, (item,) = explain(model, encoded(model, "the cat"))
    assert explainer.stored(item.text, item.value, item.label) is None
    model = load(folder, "roberta", **CLASSES)
    alike = replace(model, output=replace(model.output, labels=("a", "b", "b")))
    explainer = Explainer(alike, "padded", 1024)
    text = encoded(model, "the cat")[0]
    assert explainer.stored(text, 0.5, "a") is not None
    assert explainer.stored(text, 0.5, "b") is None


@pytest.mark.parametrize("asked", ["fair", "1"])
def test_the_class_asked_for_is_explained_in_every_text(folder: Path, asked: str) -> None:
    model = load(folder, "roberta", **CLASSES)
    texts = encoded(model, *TEXTS)
    _, items = explain(model, texts, explain_class=asked)
    for text, item in zip(texts, items, strict=True):
        logits = plain(model, text.ids)
        assert item.label == "fair"
        other = max(float(logits[0]), float(logits[2]))
        assert item.value == near(float(logits[1]) - other)


def test_a_label_is_explained_by_its_logit(folder: Path) -> None:
    model = load(folder, "roberta", **CLASSES, problem_type="multi_label_classification")
    texts = encoded(model, *TEXTS)
    explainer, items = explain(model, texts)
    assert explainer.target.scalar == "logit"
    for text, item in zip(texts, items, strict=True):
        assert item.value == near(float(plain(model, text.ids).max()))


@pytest.mark.parametrize(("asked", "index"), [(None, 0), ("2", 1), ("3", 2)])
def test_of_several_numbers_the_first_is_explained_or_the_one_asked_for(
    folder: Path, asked: str | None, index: int
) -> None:
    base = load(folder, "bert", "base")
    head = Head(base.encoder, lambda h, ids, m: h[:, 0, :3])
    names = ("1", "2", "3")
    model = replace(
        with_module(base, head),
        reader=NumbersReader(None, 3, names),
        output=OutputInfo("numbers", "scores", names),
    )
    explainer, items = explain(model, encoded(base, *TEXTS), explain_class=asked)
    assert explainer.target.scalar == "number"
    assert explainer.label == asked
    for item in items:
        with torch.no_grad():
            own = head(**one(item.text.ids))[0]
        assert item.label == names[index]
        assert item.value == near(float(own[index]))


def test_an_embedding_is_explained_by_its_cosine_to_itself(folder: Path) -> None:
    model = load(folder, "roberta", "base")
    texts = encoded(model, *TEXTS)
    explainer, items = explain(model, texts)
    assert explainer.target.scalar == "cosine"
    changed = [ChangedText(item, without(item.text, [1])) for item in items]
    for item, value in zip(items, explainer.run(changed), strict=True):
        whole = plain(model, item.text.ids, "last_hidden_state").mean(0)
        left = plain(model, without(item.text, [1]).ids, "last_hidden_state").mean(0)
        cosine = torch.cosine_similarity(whole, left, dim=0)
        assert item.value == 1.0
        assert value == near(float(cosine))
    assert explainer.run([ChangedText(items[0], items[0].text)]) == pytest.approx([1.0], abs=1e-12)


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
def test_a_causal_model_is_explained_by_the_token_that_it_predicts(
    folder: Path, architecture: str
) -> None:
    model = load(folder, architecture, "causal")
    texts = encoded(model, *TEXTS)
    explainer, items = explain(model, texts)
    assert explainer.target.scalar == "next_token"
    for text, item in zip(texts, items, strict=True):
        own = plain(model, text.ids)[-1].log_softmax(0)
        assert item.text == text
        assert item.value == near(float(own.max()))
        assert item.label == spell(model.tokenizer, int(own.argmax()))


def test_a_next_token_that_was_asked_for_is_explained_or_its_lead_over_another(
    folder: Path,
) -> None:
    model = load(folder, "gpt2", "causal")
    texts = encoded(model, *TEXTS)
    own_id, other_id = model.tokenizer.convert_tokens_to_ids(["at", "e"])
    for asked, scalar, sign in (
        (ExplainOptions(explain_token="at"), "next_token", 0),
        (ExplainOptions(explain_token="at", against="e"), "token_lead", 1),
    ):
        explainer = Explainer(model, "padded", 1024, asked)
        assert explainer.target.scalar == scalar
        assert (explainer.label, explainer.against) == ("at", "e" if sign else None)
        for text, item in zip(texts, explainer.explain(texts), strict=True):
            own = plain(model, text.ids)[-1].log_softmax(0)
            assert isinstance(item, ExplainedText)
            expected = float(own[own_id] - sign * own[other_id])
            assert item.value == near(expected)


@pytest.mark.parametrize(
    ("kind", "asked", "said"),
    [
        (
            "causal",
            ExplainOptions(explain_token="the cat sat"),
            "is no single token: the tokenizer splits",
        ),
        ("causal", ExplainOptions(explain_token=""), "it has no characters"),
        ("causal", ExplainOptions(explain_token="at", against="at"), "the same token"),
        ("sequence", ExplainOptions(explain_token="cat"), "output is class, not a next token"),
        ("sequence", ExplainOptions(against="cat"), "output is class, not a next token"),
    ],
)
def test_a_token_that_cannot_be_explained_is_refused(
    folder: Path, kind: str, asked: ExplainOptions, said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        Explainer(load(folder, "gpt2", kind), "padded", 1024, asked)
    assert said in str(caught.value)


def test_a_causal_text_of_special_tokens_alone_has_a_next_token(folder: Path) -> None:
    model = load(folder, "llama", "causal")
    (text,) = encoded(model, "")
    assert text.ids == (model.tokenizer.bos_token_id,)
    _, (item,) = explain(model, [text])
    assert item.value == pytest.approx(float(plain(model, text.ids)[-1].log_softmax(0).max()))


@pytest.mark.parametrize(
    ("architecture", "task", "changes"),
    [("albert", "sequence", CLASSES), ("albert", "base", {}), ("gpt2", "causal", {})],
)
def test_other_batch_sizes_give_the_same(folder: Path, architecture, task, changes) -> None:
    model = load(folder, architecture, task, **changes)
    texts = encoded(model, *TEXTS, *SENTENCES[3:])
    found = []
    for batch_tokens in (1, 64, 4096):
        explainer, items = explain(model, texts, batch_tokens)
        changed = [ChangedText(item, without(item.text, [1])) for item in items]
        found.append([*(item.value for item in items), *explainer.run(changed)])
    assert found[0] == near(found[1])
    assert found[0] == near(found[2])
    assert len(set(found[0][-len(items) :])) == len(items)  # the texts differ


def test_fewer_texts_run_together_in_a_graph(folder: Path) -> None:
    model = load(folder, "bert", **NUMBER)
    big = replace(model, info=replace(model.info, n_layers=12, n_heads=12, head_size=64))
    explainer = Explainer(big, "padded", 1024)
    texts = encoded(model, "the cat sat on the mat") * 200
    plain, graph = explainer.plan(texts), explainer.plan(texts, in_graph=True)
    assert sorted(i for batch in graph for i in batch) == list(range(200))
    assert max(map(len, plain)) * len(texts[0].ids) > 1000
    assert 100 < max(map(len, graph)) * len(texts[0].ids) < 300


def test_models_that_take_one_text_at_a_time_get_one(folder: Path) -> None:
    model = load(folder, "bert", **NUMBER)
    texts = encoded(model, *SENTENCES)
    plan = Explainer(model, "one by one", 1024).plan(texts)
    assert [len(batch) for batch in plan] == [1] * len(texts)
    plan = Explainer(model, "equal lengths", 1024).plan([*texts, *texts])
    assert [len(batch) for batch in plan] == [2] * len(texts)


def failing_on(token_id: int, give: str):
    def head(hidden, ids, mask):
        bad = (ids == token_id).any(1)
        if give == "fail" and bad.any():
            raise ValueError("that token")
        return hidden[:, 0, :1].masked_fill(bad[:, None], float(give) if give != "fail" else 0.0)

    return head


@pytest.mark.parametrize("give", ["fail", "nan", "inf"])
def test_a_text_that_fails_takes_no_other_with_it(folder: Path, give: str) -> None:
    base = load(folder, "bert", "base")
    texts = encoded(base, "the cat", "the dog", "the mat")
    sound, _ = explain(with_module(base, Head(base.encoder, lambda h, i, m: h[:, 0, :1])), texts)
    dog = texts[1].ids[2]
    model = with_module(base, Head(base.encoder, failing_on(dog, give)))
    found = Explainer(model, "padded", 1024).explain(texts)
    message = "that token" if give == "fail" else "the output is not a finite number"
    assert message in found[1]
    expected = [item.value for item in sound.explain(texts)]
    assert [found[0].value, found[2].value] == near([expected[0], expected[2]])
    changed = [ChangedText(found[0], text) for text in texts]
    values = Explainer(model, "padded", 1024).run(changed)
    assert values[0] == near(found[0].value)
    assert message in values[1]
    assert values[2] == near(found[2].value)


def test_an_embedding_of_zero_has_no_cosine(folder: Path) -> None:
    base = load(folder, "bert", "base")
    head = Head(base.encoder, lambda h, ids, m: h[:, 0, :4] * (ids[:, 1:2] != ids[0, 1]))
    model = with_module(base, head, "embedding")
    zero, other = encoded(base, "the cat", "dog sat")
    explainer = Explainer(model, "padded", 1024)
    found = explainer.explain([zero, zero])
    assert found == ["its embedding is zero or not a finite number, so there is no angle to it"] * 2
    whole = explainer.explain([zero, other])[1]
    assert explainer.run([ChangedText(whole, zero)]) == found[:1]


def test_an_embedding_that_nothing_moves_has_a_cosine_of_exactly_one(folder: Path) -> None:
    class Constant(nn.Module):
        def __init__(self, encoder: nn.Module) -> None:
            super().__init__()
            self.encoder = encoder

        def forward(self, input_ids, attention_mask):
            self.encoder(input_ids=input_ids, attention_mask=attention_mask)
            return torch.tensor([[0.1, 0.2, 0.3, 0.7]]).expand(len(input_ids), 4)

    base = load(folder, "bert", "base")
    model = with_module(base, Constant(base.encoder), "embedding")
    explainer, items = explain(model, encoded(base, *SENTENCES))
    assert (
        explainer.run([ChangedText(item, without(item.text, [1])) for item in items]) == [1.0] * 6
    )


def test_the_class_asked_for_is_that_of_the_results(tmp_path: Path) -> None:
    model = save_model(tmp_path / "model", "roberta", "sequence", **CLASSES)
    texts = tmp_path / "texts.txt"
    texts.write_text("the cat sat\non the mat\na very bad film\n", "utf-8")
    done = call("analyze", texts, "--model", model, "-o", f"{tmp_path}/r/", "--explain-class", "2")
    assert done.exit_code == 0, done.output
    results = open_results(tmp_path / "r")
    assert results.info.evidence.target == "good"
    assert set(results.evidence["explained_label"]) == {"good"}
    for text, value in enumerate(results.evidence["explained"]):
        bad, fair, good = results.texts["scores"].iloc[text]
        assert value == near(good - max(bad, fair))


def test_a_class_that_the_model_lacks_is_a_usage_error(tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("the cat sat\n", "utf-8")
    output = tmp_path / "report.html"
    done = call("run", texts, "-o", output, "--explain-class", "good")
    assert done.exit_code == 2
    assert "--explain-class good: the model's output is number" in done.stderr
    assert not output.exists()


def test_a_class_is_found_by_its_name_before_its_number() -> None:
    reader = ClassReader(None, 3, ("1", "0", "good"))
    assert reader.class_index("0") == 1
    assert reader.class_index("2") == 2
    assert reader.class_index("good") == 2


def test_a_class_that_is_not_there_is_refused() -> None:
    reader = ClassReader(None, 2, ("bad", "good"))
    with pytest.raises(UsageError, match="no such class; it has bad, good"):
        reader.class_index("2")
    with pytest.raises(UsageError, match="no such class"):
        reader.class_index("-1")
    with pytest.raises(UsageError, match="output is next token, which has no classes"):
        NextTokenReader(tiny_tokenizer("wordpiece")).class_index("0")
