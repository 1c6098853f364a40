"""The tag of each word: read at its first token, and explained by leaving other words out."""

from dataclasses import replace

import pytest
import torch
from helpers.real.explaining import load, one
from helpers.rounding import near
from tokenizers import pre_tokenizers

from reportgen.analysis.evidence import Explainer, ExplainOptions, deletion_effects, find_explained
from reportgen.analysis.first_pass import encode_all
from reportgen.errors import ModelError, UsageError
from reportgen.models import ExplainedText, ModelSpec, content_units, load_model, without
from reportgen.models.tokens import TokenStep
from reportgen.texts import TextInput, WordSplitter, by_script

TAGS = {"id2label": dict(enumerate(("O", "B-PER", "I-PER", "B-LOC")))}
TEXTS = ("the cat sat on the mat", "Free coffee, today only", "a dog")
FAMILIES = ("bert", "roberta", "distilbert", "deberta_v2", "electra", "llama", "gpt2", "t5")
SPLITTER = WordSplitter(by_script, None)


def tagger(folder, family="bert"):
    return load(folder, family, "token", **TAGS)


def encoded(model, *texts, joins=True):
    sources = [TextInput(str(i), text) for i, text in enumerate(texts)]
    return encode_all(model, sources, SPLITTER, joins=joins)[0]


def plain(model, ids):
    """`[token, tag]`, log-probabilities of one text."""
    with torch.no_grad():
        return model.module(**one(ids)).logits[0].double().log_softmax(-1)


@pytest.mark.parametrize("family", FAMILIES)
def test_each_word_has_the_tag_of_its_first_token(tmp_path, family):
    model = tagger(tmp_path, family)
    assert (model.output.kind, model.output.labels) == ("tags", tuple(TAGS["id2label"].values()))
    texts = encoded(model, *TEXTS)
    inputs = model.inputs(texts)
    with torch.no_grad():
        found = model.reader.read(model.module(**inputs), inputs, texts)
    for text, own in zip(texts, found, strict=True):
        first = [unit[0] for unit in content_units(text)]
        rows = plain(model, text.ids)[first]
        assert own.steps == tuple(first)
        assert own.score_names == tuple(model.output.labels[i] for i in rows.argmax(1).tolist())
        assert own.label == " ".join(own.score_names)
        assert own.scores == near(rows.max(1).values.tolist())


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("joins", [True, False])
def test_what_leaving_a_unit_out_does_equals_a_plain_loop(tmp_path, family, joins):
    model = tagger(tmp_path, family)
    explainer = Explainer(model, "padded", 200)
    texts = encoded(model, *TEXTS, joins=joins)
    explained = explainer.explain(texts)
    assert all(isinstance(item, ExplainedText) for item in explained)
    for text, item, found in zip(
        texts, explained, deletion_effects(explainer, explained), strict=True
    ):
        rows = plain(model, text.ids)
        steps = [step.position for step in text.steps]
        tags = rows[steps].argmax(1).tolist()
        whole = [float(rows[place, tag]) for place, tag in zip(steps, tags, strict=True)]
        assert item.value == near(sum(whole))
        assert item.scores == near(whole)
        for unit, effect, scores in zip(found.units, found.effects, found.scores, strict=True):
            left = [i for i in range(len(text.ids)) if i not in unit]
            changed = plain(model, [text.ids[i] for i in left])
            expected = [
                float("nan") if place in unit else value - float(changed[left.index(place), tag])
                for place, tag, value in zip(steps, tags, whole, strict=True)
            ]
            assert scores == near(expected, size=abs(item.value))
            known = [value for value in expected if value == value]
            assert effect == near(sum(known), size=abs(item.value))


def test_steps_stay_with_their_tokens(tmp_path):
    (text,) = encoded(tagger(tmp_path), "the cat sat")
    assert [step.position for step in text.steps] == [unit[0] for unit in content_units(text)]
    cat = content_units(text)[1]
    left = without(text, cat)
    after = text.steps[2].position - len(cat)
    assert left.steps == (text.steps[0], TokenStep(None), TokenStep(after))
    assert left.n_steps == 3


def test_changed_texts_keep_the_tags_of_the_whole_one(tmp_path):
    model = tagger(tmp_path)
    explainer = Explainer(model, "padded", 200)
    (item,) = explainer.explain(encoded(model, "the cat sat"))
    targets = [step.target for step in item.text.steps]
    assert (
        targets
        == plain(model, item.text.ids)[[step.position for step in item.text.steps]]
        .argmax(1)
        .tolist()
    )
    given = replace(item.text, steps=tuple(replace(s, target=0) for s in item.text.steps))
    outputs = explainer.outputs([given])[0]
    rows = plain(model, given.ids)[[step.position for step in given.steps], 0]
    assert outputs.tolist() == near(rows.tolist())


def test_the_gradient_of_the_sum_reaches_the_embeddings(tmp_path):
    model = tagger(tmp_path)
    explainer = Explainer(model, "padded", 200)
    items = explainer.explain(encoded(model, *TEXTS))
    scalars = explainer.target.figures(explainer.outputs([item.text for item in items]), items)
    assert scalars.tolist() == near([item.value for item in items])
    table = model.encoder.get_input_embeddings().weight
    (gradient,) = torch.autograd.grad(scalars.sum(), [table])
    assert gradient.abs().sum() > 0


def test_words_come_from_the_label_between_spaces(tmp_path):
    model = tagger(tmp_path)
    text = "U.N. sat , today"
    labels = (None, "O O O O", '["O", "O", "O", "O"]', "O O")
    sources = [TextInput(str(i), text, label=label) for i, label in enumerate(labels)]
    found, _ = encode_all(model, sources, SPLITTER)
    assert [len(own.steps) for own in found] == [7, 4, 4, 7]
    given = replace(sources[0], units=(((0, 8), (9, 16)), ()))
    (own,), _ = encode_all(model, [given], SPLITTER)
    assert len(own.steps) == 2


@pytest.mark.parametrize("scheme", ["always", "never"])
@pytest.mark.parametrize("joins", [True, False])
def test_a_space_alone_is_no_word(tmp_path, scheme, joins):
    """ "U" and "-" have no token with a space before them: "▁" is a token by itself. Words have the
    tag of the token that they begin with where they are tokenised one by one, as in training."""
    model = tagger(tmp_path, "t5")
    words = ["U", "cat", "-", "sat"]
    model.tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(
        prepend_scheme=scheme
    )
    source = TextInput("1", " ".join(words), label="O O O O")
    ((text,), _) = encode_all(model, [source], SPLITTER, joins=joins)
    given = model.tokenizer(words, is_split_into_words=True)
    numbers = given.word_ids()
    first = [given.tokens()[numbers.index(i)] for i in range(len(words))]
    # In a text the mark is part of a token that the vocabulary has with it.
    read = [text.tokens[step.position] for step in text.steps]
    assert [token.lstrip("▁") for token in read] == [token.lstrip("▁") for token in first]
    assert "▁" in text.tokens
    if joins:
        units = [[text.spans[i] for i in unit] for unit in content_units(text)]
        found = [source.text[spans[0].start : spans[-1].end] for spans in units]
        assert found == words


def test_tags_can_have_other_names(tmp_path):
    model = tagger(tmp_path)
    spec = ModelSpec(model=str(next(tmp_path.iterdir())), class_names="a,b,c,d")
    assert load_model(spec).output.labels == ("a", "b", "c", "d")
    with pytest.raises(ModelError, match=r"2 names, but .* is one of 4 tags for each word"):
        load_model(replace(spec, class_names="a,b"))
    with pytest.raises(UsageError, match="each word's own tag is explained"):
        find_explained(model, ExplainOptions(explain_class="O"))


def test_pooling_still_gives_an_embedding(tmp_path):
    tagger(tmp_path)
    spec = ModelSpec(model=str(next(tmp_path.iterdir())), pooling="mean")
    model = load_model(spec)
    assert model.output.kind == "embedding"
    assert "not the output of BertForTokenClassification" in model.remarks[0]
