"""The answer to a question: the best stretch of the context, and what moves it."""

import pytest
import torch
from helpers.real.explaining import load, one
from helpers.rounding import near

from reportgen.analysis.attention import TextOutcome
from reportgen.analysis.evidence import Explainer, alone_effects, deletion_effects
from reportgen.analysis.first_pass import encode_all
from reportgen.analysis.tables import AnalysedText, text_rows
from reportgen.models import fixed_positions
from reportgen.models.architecture import accepted_arguments
from reportgen.models.tasks import LONGEST
from reportgen.texts import TextInput, WordSplitter, by_script

FAMILIES = ("bert", "roberta", "distilbert", "deberta_v2", "electra")
TEXTS = (
    ("who sat ?", "the cat sat on the mat and the dog sat on the log"),
    ("what is free ?", "Free coffee for every new member, today only"),
    ("what ?", "a dog"),
)
LONG = ("what ?", "the cat sat on the mat " * 12)
SPLITTER = WordSplitter(by_script, None)


def reader_of(folder, family="bert"):
    model = load(folder, family, "question")
    assert model.output.kind == "answer"
    return model


def encoded(model, *texts):
    sources = [TextInput(str(i), text, pair) for i, (text, pair) in enumerate(texts)]
    return encode_all(model, sources, SPLITTER)


def plain(model, ids, type_ids, context):
    """Log-probabilities of the first and the last token among the `context` positions."""
    inputs = one(ids)
    if type_ids is not None:
        inputs["token_type_ids"] = torch.tensor([type_ids])
    accepted = accepted_arguments(model.module)
    with torch.no_grad():
        found = model.module(**{name: own for name, own in inputs.items() if name in accepted})
    ends = found.start_logits[0], found.end_logits[0]
    return [own.double()[context].log_softmax(0).tolist() for own in ends]


def best_by_plain_loop(model, text):
    context = [i for i, segment in enumerate(text.segments) if segment == 1]
    starts, ends = plain(model, text.ids, text.type_ids, context)
    found = max(
        (starts[i] + ends[j], -i, -j)
        for i in range(len(context))
        for j in range(i, min(len(context), i + LONGEST))
    )
    return context[-found[1]], context[-found[2]], starts[-found[1]], ends[-found[2]]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_answer_is_the_best_of_all_stretches(tmp_path, family):
    model = reader_of(tmp_path, family)
    texts, faults = encoded(model, *TEXTS, LONG)
    assert not faults
    inputs = model.inputs(texts)
    with torch.no_grad():
        found = model.reader.read(model.module(**inputs), inputs, texts)
    for text, own in zip(texts, found, strict=True):
        first, last, start, end = best_by_plain_loop(model, text)
        assert own.steps == (first, last)
        assert own.held == tuple(range(first, last + 1))
        assert len(own.held) <= LONGEST
        assert own.scores == near((start, end))
        assert own.value == near(start + end)


@pytest.mark.parametrize("family", FAMILIES)
def test_effects_equal_a_plain_loop(tmp_path, family):
    model = reader_of(tmp_path, family)
    explainer = Explainer(model, "padded", 300)
    texts, _ = encoded(model, *TEXTS)
    explained = explainer.explain(texts)
    deleted = deletion_effects(explainer, explained)
    alone = alone_effects(explainer, explained)
    for text, item, found, single in zip(texts, explained, deleted, alone, strict=True):
        first, last, *whole = best_by_plain_loop(model, text)
        assert item.value == near(sum(whole))

        def scores(kept, text=text, first=first, last=last):
            context = [kept.index(i) for i in kept if text.segments[i] == 1]
            types = None if text.type_ids is None else [text.type_ids[i] for i in kept]
            starts, ends = plain(model, [text.ids[i] for i in kept], types, context)
            places = [kept[i] for i in context]
            return [starts[places.index(first)], ends[places.index(last)]]

        fixed = fixed_positions(item.text)
        assert set(range(first, last + 1)) < set(fixed)
        nothing = sum(scores(list(fixed)))
        for unit, effect, own, lone in zip(
            found.units, found.effects, found.scores, single.effects, strict=True
        ):
            assert not set(unit) & set(range(first, last + 1))
            left = scores([i for i in range(len(text.ids)) if i not in unit])
            expected = [a - b for a, b in zip(whole, left, strict=True)]
            assert own == near(expected, size=abs(item.value))
            assert effect == near(sum(expected), size=abs(item.value))
            added = sum(scores(sorted((*fixed, *unit))))
            assert lone == near(added - nothing, size=abs(nothing))


def test_the_gradient_reaches_the_embeddings(tmp_path):
    model = reader_of(tmp_path)
    explainer = Explainer(model, "padded", 300)
    items = explainer.explain(encoded(model, *TEXTS)[0])
    scalars = explainer.target.figures(explainer.outputs([item.text for item in items]), items)
    assert scalars.tolist() == near([item.value for item in items])
    table = model.encoder.get_input_embeddings().weight
    (gradient,) = torch.autograd.grad(scalars.sum(), [table])
    assert gradient.abs().sum() > 0


def test_the_answer_is_quoted_as_it_stands_in_the_context(tmp_path):
    model = reader_of(tmp_path)
    pair = ("what ?", "The CAT sat, on the MAT")
    (text,), _ = encoded(model, pair)
    inputs = model.inputs([text])
    with torch.no_grad():
        (found,) = model.reader.read(model.module(**inputs), inputs, [text])
    row = AnalysedText(0, TextInput("1", *pair), text, TextOutcome(None, found), 0, {})
    (label,) = text_rows([row])["prediction_label"]
    first, last = (text.spans[i] for i in found.steps)
    assert label == pair[1][first.start : last.end]
    assert label.lower().replace(",", " ,").split() == found.label.split()


@pytest.mark.parametrize("pair", [None, ""])
def test_a_question_without_a_context_fails_alone(tmp_path, pair):
    model = reader_of(tmp_path)
    texts, faults = encoded(model, TEXTS[0], ("who ?", pair))
    assert len(texts) == 2
    assert faults == {
        1: "it has no context to find an answer in; give the question as text and the context in a "
        "column pair (--pair-column)"
    }
