"""Multiple choice: the logit of each choice, the one that is picked, and what moves its lead."""

import pytest
import torch
from helpers.cases import some_of
from helpers.real.explaining import load
from helpers.rounding import near

from reportgen.analysis.attention import Capture
from reportgen.analysis.evidence import (
    Explainer,
    alone_effects,
    deletion_effects,
    integrate,
    mask_effects,
    text_gradients,
)
from reportgen.analysis.first_pass import encode_all
from reportgen.models import ChoiceModel, fixed_positions, keep
from reportgen.models.architecture import accepted_arguments
from reportgen.models.tasks import ready_for_choices, with_chosen
from reportgen.texts import TextInput, TextSet

LOGITS = 4.0  # the size of those that a lead is the difference of
FAMILIES = ("bert", "roberta", "albert", "distilbert", "electra", "deberta_v2")
TEXTS = (
    ("the cat sat on", ("the mat", "a dog and a log", "coffee")),
    ("Free coffee for", ("member", "dog", "film", "a bad end")),
    ("a good film", ("a bad ending", "a bad end")),
)


def chooser(folder, family="bert", texts=TEXTS):
    """A model for multiple choice, and `texts` with the choice it picks."""
    loaded = load(folder, family, "choice")
    assert loaded.output.kind == "embedding"
    sources = [TextInput(str(i), text, choices=own) for i, (text, own) in enumerate(texts)]
    model = ready_for_choices(loaded, TextSet(tuple(sources), ()))
    return model, with_chosen(sources, model)


def plain_logits(model, sequences):
    """The logit of each of `sequences`, token ids and their types, run as the library's class."""
    accepted = accepted_arguments(model.whole)
    found = []
    for ids, types in sequences:
        inputs = {"input_ids": torch.tensor([[ids]]), "token_type_ids": torch.tensor([[types]])}
        inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
        given = {name: own for name, own in inputs.items() if name in accepted}
        with torch.no_grad():
            found.append(float(model.whole(**given).logits))
    return found


def plain_lead(model, source, drop=(), *, ids=None):
    """The lead of the picked choice without the words `drop` of the text."""
    words = [word for i, word in enumerate(source.text.split(" ")) if i not in drop]
    sequences = []
    for choice in source.choices:
        own = model.tokenizer(" ".join(words), choice)
        sequences.append((own["input_ids"], own.get("token_type_ids", [0] * len(own["input_ids"]))))
    logits = plain_logits(model, sequences)
    own = logits.pop(source.chosen)
    return own - max(logits)


def sequences_of(text):
    """The sequences that are run for `text`: ids and types, in the order of its choices."""
    every = list(text.others)
    every.insert(text.choice, text)
    return [(own.ids, own.type_ids or [0] * len(own.ids)) for own in every]


def lead_of(model, text):
    logits = plain_logits(model, sequences_of(text))
    own = logits.pop(text.choice)
    return own - max(logits)


@pytest.mark.parametrize("family", FAMILIES)
def test_logits_are_those_of_the_library_and_the_largest_is_picked(tmp_path, family):
    model, sources = chooser(tmp_path, family)
    texts, faults = encode_all(model, sources)
    assert not faults
    inputs = model.inputs(texts)
    with torch.no_grad():
        found = model.reader.read(model.module(**inputs), inputs, texts)
    for source, own in zip(sources, found, strict=True):
        given = model.tokenizer(
            [source.text] * len(source.choices), list(source.choices), padding=True
        )
        accepted = accepted_arguments(model.whole)
        with torch.no_grad():
            logits = model.whole(
                **{name: torch.tensor([own]) for name, own in given.items() if name in accepted}
            ).logits[0]
        assert own.scores == near(logits.tolist())
        assert source.chosen == int(logits.argmax())
        assert source.pair == source.choices[source.chosen]


@pytest.mark.parametrize("family", some_of(FAMILIES, *list(FAMILIES)[::2]))
def test_effects_equal_a_plain_loop_over_all_choices(tmp_path, family):
    model, sources = chooser(tmp_path, family, TEXTS[::2])
    explainer = Explainer(model, "padded", 300)
    explained = explainer.explain(encode_all(model, sources)[0])
    found = {
        "deletion": deletion_effects(explainer, explained),
        "alone": alone_effects(explainer, explained),
    }
    masked = mask_effects(explainer, explained)
    for row, (source, item) in enumerate(zip(sources, explained, strict=True)):
        text, size = item.text, len(item.text.ids)
        assert item.value == near(plain_lead(model, source), size=LOGITS)
        nothing = lead_of(model, keep(text, fixed_positions(text)))
        for unit, deleted, lone, hidden in zip(
            found["deletion"][row].units,
            found["deletion"][row].effects,
            found["alone"][row].effects,
            masked[row].effects,
            strict=True,
        ):
            rest = [i for i in range(size) if i not in unit]
            assert deleted == near(item.value - _without(model, text, rest), size=LOGITS)
            fixed = sorted((*fixed_positions(text), *unit))
            assert lone == near(_without(model, text, fixed) - nothing, size=LOGITS)
            assert hidden == near(item.value - _masked(model, text, unit), size=LOGITS)


def _without(model, text, kept):
    """The lead with the tokens `kept` of the picked sequence, those of the text left out of each
    other sequence too, put together by hand."""
    places = [i for i, segment in enumerate(text.segments) if segment == 0]
    left_out = [n for n, i in enumerate(places) if i not in kept]
    logits = []
    for own in _in_order(text):
        first = [i for i, segment in enumerate(own.segments) if segment == 0]
        gone = {first[n] for n in left_out}
        order = kept if own is text else [i for i in range(len(own.ids)) if i not in gone]
        types = own.type_ids or [0] * len(own.ids)
        logits += plain_logits(model, [([own.ids[i] for i in order], [types[i] for i in order])])
    lead = logits.pop(text.choice)
    return lead - max(logits)


def _masked(model, text, unit):
    mask = model.tokenizer.mask_token_id
    places = [i for i, segment in enumerate(text.segments) if segment == 0]
    logits = []
    for own in _in_order(text):
        first = [i for i, segment in enumerate(own.segments) if segment == 0]
        ids = list(own.ids)
        for i in unit:
            if text.segments[i] == 0:
                ids[first[places.index(i)]] = mask
            elif own is text:
                ids[i] = mask
        logits += plain_logits(model, [(ids, own.type_ids or [0] * len(ids))])
    lead = logits.pop(text.choice)
    return lead - max(logits)


def _in_order(text):
    every = list(text.others)
    every.insert(text.choice, text)
    return every


@pytest.mark.parametrize("family", FAMILIES)
def test_the_gradient_at_a_token_of_the_text_is_that_through_all_choices(tmp_path, family):
    model, sources = chooser(tmp_path, family)
    explainer = Explainer(model, "padded", 300)
    explained = explainer.explain(encode_all(model, sources)[0])
    capture = Capture(model.module, model.encoder)
    found = text_gradients(explainer, capture, explained)
    for item, own in zip(explained, found, strict=True):
        sizes = _plain_gradient(model, item.text).norm(dim=-1)
        assert own.sizes == pytest.approx(sizes.tolist(), rel=1e-3, abs=1e-5)


def _plain_gradient(model, text):
    """d lead / d embedding of each token, all copies of a token of the text moving together."""
    table = model.whole.get_input_embeddings()
    whole = table(torch.tensor(text.ids)).detach().requires_grad_()
    logits = []
    for own in _in_order(text):
        at = dict(enumerate(own.copies)) if own is not text else None
        rows = [
            whole[i if at is None else at[i]]
            if at is None or at[i] is not None
            else table(torch.tensor(token)).detach()
            for i, token in enumerate(own.ids)
        ]
        accepted = accepted_arguments(model.whole)
        types = own.type_ids or [0] * len(own.ids)
        given = {"token_type_ids": torch.tensor([[types]])}
        embeds = torch.stack(rows)[None, None]
        hook = table.register_forward_hook(lambda *_, embeds=embeds: embeds[0])
        inputs = {"input_ids": torch.tensor([[own.ids]])}
        inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
        given = {**inputs, **{k: v for k, v in given.items() if k in accepted}}
        logits.append(model.whole(**given).logits.reshape(()))
        hook.remove()
    lead = logits.pop(text.choice)
    (gradient,) = torch.autograd.grad(lead - torch.stack(logits).amax(), whole)
    return gradient.double()


def test_integrated_gradients_add_up_to_the_change_of_the_lead(tmp_path):
    model, sources = chooser(tmp_path)
    explainer = Explainer(model, "padded", 300)
    for item in explainer.explain(encode_all(model, sources)[0]):
        found = integrate(explainer, item, 64)
        assert found.error < 0.05


def test_a_choice_alone_runs_as_it_does_beside_longer_ones(tmp_path):
    model, sources = chooser(tmp_path)
    texts, _ = encode_all(model, sources)
    inputs = model.inputs(texts)
    module = model.module
    assert isinstance(module, ChoiceModel)
    assert module.pads
    with torch.no_grad():
        padded = module(**inputs)["others"]
        module.pads = False
        alone = module(**inputs)["others"]
    torch.testing.assert_close(padded, alone, atol=1e-5, rtol=1e-5)


def test_a_pair_stands_before_each_choice(tmp_path):
    model, _ = chooser(tmp_path)
    source = TextInput("1", "the cat", "sat on", choices=("the mat", "a dog"))
    (found,) = with_chosen([source], model)
    assert found.pair == f"sat on {found.choices[found.chosen]}"
    (text,), _ = encode_all(model, [found])
    assert list(text.ids) == model.tokenizer("the cat", found.pair)["input_ids"]


def test_the_end_of_a_long_text_is_cut_at_the_same_place_for_all_choices(tmp_path):
    texts = (("the cat sat on the mat " * 40, ("a dog", "the log and the dog", "x")),)
    model, sources = chooser(tmp_path, texts=texts)
    (text,), faults = encode_all(model, sources)
    assert not faults
    every = _in_order(text)
    assert max(len(own.ids) for own in every) == model.info.max_tokens
    sizes = {own.segments.count(0) for own in every}
    assert len(sizes) == 1
    assert text.n_truncated == 240 - sizes.pop()
    assert (
        sources[0].text[: text.cuts[0]].split()
        == ("the cat sat on the mat " * 40).split()[: text.segments.count(0)]
    )


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ((), "it has no choices"),
        (("yes",), "it has one choice alone"),
        (("yes", " ", "no"), "its choice 2 of 3 is empty"),
        (("yes", "no " * 200), "its choices leave no room for the text"),
        (("yes", "n" * 200_000), "its choice 2 has far more than"),
    ],
)
def test_choices_that_cannot_be_run_are_told(tmp_path, choices, said):
    model, _ = chooser(tmp_path)
    source = TextInput("1", "the cat", choices=choices)
    (found,) = with_chosen([source], model)
    assert found.chosen is None
    _, faults = encode_all(model, [found])
    assert said in faults[0]


def test_another_model_says_that_choices_are_not_used(tmp_path):
    loaded = load(tmp_path, "bert", "sequence")
    texts = TextSet((TextInput("1", "the cat", choices=("a", "b")),), ())
    assert "choices of the texts are not used" in ready_for_choices(loaded, texts).remarks[-1]
