"""What a masked language model puts in the place of masks, and what moves it."""

import numpy as np
import pytest
import torch
from helpers.cases import some_of
from helpers.real.explaining import load, one
from helpers.rounding import near

from reportgen.analysis.evidence import (
    Explainer,
    ExplainOptions,
    alone_effects,
    deletion_effects,
    find_explained,
)
from reportgen.analysis.first_pass import encode_all
from reportgen.errors import UsageError
from reportgen.models import content_units, fixed_positions
from reportgen.models.tasks import ready_for_masks
from reportgen.texts import TextInput, TextSet, WordSplitter, by_script

FAMILIES = ("bert", "roberta", "distilbert", "deberta_v2", "electra", "albert", "modernbert")
TEXTS = ("the cat {} on the mat", "Free {}, today {}", "{} is a dog")
SPLITTER = WordSplitter(by_script, None)


def sources(model, *texts):
    mask = model.tokenizer.mask_token
    return [TextInput(str(i), text.format(mask, mask)) for i, text in enumerate(texts)]


def filler(folder, family="bert"):
    model = load(folder, family, "masked")
    assert model.output.kind == "embedding"
    return ready_for_masks(model, TextSet(tuple(sources(model, *TEXTS)), ()))


def encoded(model, *texts):
    found, faults = encode_all(model, sources(model, *texts), SPLITTER)
    return found, faults


def plain(model, ids):
    """`[token, vocabulary]`, log-probabilities of one text."""
    with torch.no_grad():
        return model.module(**one(ids)).logits[0].double().log_softmax(-1)


@pytest.mark.parametrize("family", some_of(FAMILIES, *list(FAMILIES)[::2]))
def test_each_mask_has_its_five_likeliest_tokens(tmp_path, family):
    model = filler(tmp_path, family)
    assert (model.output.kind, model.info.architecture) == ("masks", type(model.module).__name__)
    assert not any("the embedding of its encoder" in remark for remark in model.remarks)
    texts, _ = encoded(model, *TEXTS)
    inputs = model.inputs(texts)
    with torch.no_grad():
        found = model.reader.read(model.module(**inputs), inputs, texts)
    mask = model.tokenizer.mask_token_id
    for text, own in zip(texts, found, strict=True):
        masks = [i for i, token_id in enumerate(text.ids) if token_id == mask]
        assert own.steps == own.held == tuple(masks)
        best = plain(model, text.ids)[masks].topk(5, dim=1)
        assert own.scores == near(best.values.flatten().tolist())
        names = [model.reader.entry_name(i) for i in best.indices.flatten().tolist()]
        assert list(own.score_names) == names
        assert own.label == " ".join(names[i].strip() for i in range(0, len(names), 5))


@pytest.mark.parametrize("family", some_of(FAMILIES, *list(FAMILIES)[1::2]))
@pytest.mark.parametrize("asked", [None, "dog"])
def test_effects_equal_a_plain_loop(tmp_path, family, asked):
    model = filler(tmp_path, family)
    ids = model.tokenizer(asked or "cat", add_special_tokens=False)["input_ids"]
    asked = asked and model.tokenizer.convert_ids_to_tokens(ids[0])
    explainer = Explainer(model, "padded", 200, ExplainOptions(explain_token=asked))
    texts, _ = encoded(model, *TEXTS)
    explained = explainer.explain(texts)
    deleted = deletion_effects(explainer, explained)
    alone = alone_effects(explainer, explained)
    for text, item, found, single in zip(texts, explained, deleted, alone, strict=True):
        masks = [step.position for step in text.steps]
        rows = plain(model, text.ids)[masks]
        targets = [ids[0]] * len(masks) if asked else rows.argmax(1).tolist()

        def scores(kept, masks=masks, targets=targets, text=text):
            rows = plain(model, [text.ids[i] for i in kept])
            pairs = zip(masks, targets, strict=True)
            return [float(rows[kept.index(i), target]) for i, target in pairs]

        whole = scores(list(range(len(text.ids))))
        assert item.value == near(sum(whole))
        fixed = fixed_positions(text)
        assert set(masks) < set(fixed)
        nothing = sum(scores(list(fixed)))
        for unit, effect, own, lone in zip(
            found.units, found.effects, found.scores, single.effects, strict=True
        ):
            assert not set(unit) & set(masks)
            left = scores([i for i in range(len(text.ids)) if i not in unit])
            assert own == near(np.subtract(whole, left), size=abs(item.value))
            assert effect == near(sum(whole) - sum(left), size=abs(item.value))
            added = sum(scores(sorted((*fixed, *unit))))
            assert lone == near(added - nothing, size=abs(nothing))


def test_a_text_without_a_mask_says_how_to_write_one(tmp_path):
    model = filler(tmp_path, "roberta")
    texts, faults = encoded(model, "the cat {}", "no mask", "  ")
    assert faults == {1: "it has no mask; write <mask> where the model is to fill in a word"}
    assert texts[2].n_content == 0 or texts[2].steps == ()


def test_without_any_mask_the_embedding_is_reported_and_says_so(tmp_path):
    model = load(tmp_path, "bert", "masked")
    texts = TextSet((TextInput("1", "the cat sat"),), ())
    assert ready_for_masks(model, texts) is model
    (remark,) = model.remarks
    assert remark.startswith("BertForMaskedLM has no output for a whole text; the embedding")
    assert "write its mask ([MASK], <mask>) in the texts" in remark


def test_a_mask_is_content_for_other_models(tmp_path):
    model = load(tmp_path, "bert", "sequence")
    (text,), _ = encode_all(model, [TextInput("1", "the [MASK] sat")], SPLITTER)
    assert (text.steps, text.held) == ((), ())
    assert len(content_units(text)) == 3


def test_tokens_are_asked_for_by_name(tmp_path):
    model = filler(tmp_path)
    name = model.tokenizer.convert_ids_to_tokens(10)
    assert find_explained(model, ExplainOptions(explain_token=name)) == (10, None)
    other = model.tokenizer.convert_ids_to_tokens(11)
    assert find_explained(model, ExplainOptions(explain_token=name, against=other)) == (10, 11)
    with pytest.raises(UsageError, match="--against: the same token as --explain-token"):
        find_explained(model, ExplainOptions(explain_token=name, against=name))
