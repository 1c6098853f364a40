"""The lead of a completion's tokens, and of what fills masks, over another token."""

import pytest
import torch
from helpers.real.explaining import load, one
from helpers.rounding import near

from reportgen.analysis.evidence import Explainer, ExplainOptions, deletion_effects, find_explained
from reportgen.analysis.first_pass import encode_all
from reportgen.errors import UsageError
from reportgen.models.tasks import ready_for_masks, with_completions
from reportgen.texts import TextInput, TextSet

OTHER = 9  # the id of a token that every tokenizer here has


def completed(folder):
    model = with_completions(load(folder, "gpt2", "causal"))
    texts, faults = encode_all(model, [TextInput("1", "the cat sat", completion=" on the mat")])
    assert not faults
    return model, texts


def masked(folder):
    loaded = load(folder, "bert", "masked")
    mask = loaded.tokenizer.mask_token
    sources = (TextInput("1", f"the {mask} sat on the {mask}"),)
    model = ready_for_masks(loaded, TextSet(sources, ()))
    texts, faults = encode_all(model, sources)
    assert not faults
    return model, texts


def log_probabilities(model, ids):
    with torch.no_grad():
        inputs = {**one(ids), "logits_to_keep": torch.arange(len(ids))}
        if model.reader.kind == "masks":
            del inputs["logits_to_keep"]
        return model.module(**inputs).logits[0].double().log_softmax(-1)


def asked_of(model, **given):
    name = model.tokenizer.convert_ids_to_tokens(OTHER)
    return ExplainOptions(against=name, **given)


def test_leads_of_completions_equal_a_plain_loop(tmp_path):
    model, (text,) = completed(tmp_path)
    explainer = Explainer(model, "padded", 300, asked_of(model))
    (item,) = explainer.explain([text])
    assert explainer.against == model.reader.entry_name(OTHER)

    def leads(kept):
        ids = [text.ids[i] for i in kept]
        rows = log_probabilities(model, ids)
        n = len(text.completion)
        places = range(len(ids) - n, len(ids))
        return [float(rows[i - 1, ids[i]] - rows[i - 1, OTHER]) for i in places]

    whole = leads(range(len(text.ids)))
    assert (explainer.target.scalar, item.value) == ("completion", near(sum(whole)))
    (found,) = deletion_effects(explainer, [item])
    for unit, effect, scores in zip(found.units, found.effects, found.scores, strict=True):
        left = leads([i for i in range(len(text.ids)) if i not in unit])
        expected = [a - b for a, b in zip(whole, left, strict=True)]
        assert scores == near(expected, size=abs(sum(whole)))
        assert effect == near(sum(expected), size=abs(sum(whole)))


@pytest.mark.parametrize("token", [None, "cat"])
def test_leads_at_masks_equal_a_plain_loop(tmp_path, token):
    model, (text,) = masked(tmp_path)
    explainer = Explainer(model, "padded", 300, asked_of(model, explain_token=token))
    (item,) = explainer.explain([text])
    whole = log_probabilities(model, text.ids)
    first = [whole[i].argmax().item() for i in text.held]
    own = first if token is None else [model.tokenizer.convert_tokens_to_ids(token)] * 2
    expected = [
        float(whole[i, target] - whole[i, OTHER]) for i, target in zip(text.held, own, strict=True)
    ]
    assert item.scores == near(expected)
    (found,) = deletion_effects(explainer, [item])
    for unit, scores in zip(found.units, found.scores, strict=True):
        kept = [i for i in range(len(text.ids)) if i not in unit]
        rows = log_probabilities(model, [text.ids[i] for i in kept])
        left = [
            float(rows[kept.index(i), target] - rows[kept.index(i), OTHER])
            for i, target in zip(text.held, own, strict=True)
        ]
        assert scores == near([a - b for a, b in zip(expected, left, strict=True)])


def test_what_is_predicted_stays_the_same(tmp_path):
    model, texts = masked(tmp_path)
    inputs = model.inputs(texts)
    (found,) = model.reader.read(model.module(**inputs), inputs, texts)
    best = log_probabilities(model, texts[0].ids)[list(texts[0].held)].amax(1)
    assert found.scores[::5] == near(best.tolist())


def test_what_can_not_be_asked_is_told_in_one_line(tmp_path):
    model, _ = completed(tmp_path)
    with pytest.raises(UsageError, match="with --against its lead over another; leave the option"):
        find_explained(model, ExplainOptions(explain_token="the"))
    with pytest.raises(UsageError, match="--against: the model's output is class, not a next"):
        find_explained(load(tmp_path, "bert", "sequence"), ExplainOptions(against="the"))
