"""Deletion effects and their [MASK] variant, against one plain run of the library a change."""

import warnings
from collections.abc import Callable
from math import isnan
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.plain.reference import RECORDS
from helpers.real.explaining import (
    CLASSES,
    NUMBER,
    Head,
    OwnTable,
    encoded,
    explain,
    load,
    one,
    with_module,
)
from helpers.real.models import SENTENCES
from helpers.rounding import assert_near, near
from torch import Tensor

import reportgen.analysis.evidence.measures.deletion as deletion
from reportgen.analysis.evidence import alone_effects, deletion_effects, mask_effects, mask_offset
from reportgen.analysis.evidence.measures.deletion import UnitEffects
from reportgen.models import EncodedText, LoadedModel
from reportgen.models.tokens import encode

TEXTS = ("the cat sat on the mat", "a very 🐱 film", ("the cat", "sat on a log"), "dog")
# Of a model, the ids and the token types of one text, the scalar.
Scalar = Callable[[LoadedModel, list[int], list[int] | None], float]


def outputs(model: LoadedModel, ids: list[int], types: list[int] | None) -> dict[str, Tensor]:
    """What the library's own model gives for one text alone."""
    given = one(ids)
    if types is not None:
        given["token_type_ids"] = torch.tensor([types])
    with torch.no_grad():
        return model.module(**given)


def number(model: LoadedModel, ids: list[int], types: list[int] | None) -> float:
    return float(outputs(model, ids, types)["logits"][0, 0])


def margin_of_good(model: LoadedModel, ids: list[int], types: list[int] | None) -> float:
    bad, fair, good = outputs(model, ids, types)["logits"][0].tolist()
    return good - max(bad, fair)


def units_by_hand(text: EncodedText) -> list[list[int]]:
    """The positions of each unit of content."""
    content = [i for i in range(len(text.ids)) if text.roles[i] is None]
    return [
        [i for i in content if text.units[i] == unit]
        for unit in sorted({text.units[i] for i in content})
    ]


def brute_force(
    model: LoadedModel, text: EncodedText, scalar: Scalar, mask: int | None = None
) -> list[float]:
    """f(whole) - f(changed), one unit and one run at a time."""

    def run(kept: list[int], ids: list[int]) -> float:
        types = None if text.type_ids is None else [text.type_ids[i] for i in kept]
        return scalar(model, [ids[i] for i in kept], types)

    every, effects = list(range(len(text.ids))), []
    for unit in units_by_hand(text):
        if mask is None:
            changed = run([i for i in every if i not in unit], list(text.ids))
        else:
            changed = run(every, [mask if i in unit else text.ids[i] for i in every])
        effects.append(run(every, list(text.ids)) - changed)
    return effects


def checked(found: list[UnitEffects | str], texts: list[EncodedText]) -> list[tuple[float, ...]]:
    """The effects of all texts, every unit of which has one."""
    assert len(found) == len(texts)
    for effects, text in zip(found, texts, strict=True):
        assert isinstance(effects, UnitEffects), effects
        assert [list(unit) for unit in effects.units] == units_by_hand(text)
        assert effects.message == ""
    return [effects.effects for effects in found]


def alone_by_hand(model: LoadedModel, text: EncodedText, scalar: Scalar) -> list[float]:
    """f(unit alone) - f(nothing), one unit and one run at a time."""

    def run(kept: list[int]) -> float:
        types = None if text.type_ids is None else [text.type_ids[i] for i in kept]
        return scalar(model, [text.ids[i] for i in kept], types)

    special = [i for i in range(len(text.ids)) if text.roles[i] is not None]
    return [run(sorted(special + unit)) - run(special) for unit in units_by_hand(text)]


@pytest.mark.parametrize("architecture", ["albert", "bert", "roberta"])
def test_effects_alone_are_those_of_one_run_a_unit(folder: Path, architecture: str) -> None:
    model = load(folder, architecture, **NUMBER)
    texts = encoded(model, *TEXTS)
    explainer, items = explain(model, texts)
    found = alone_effects(explainer, items)
    assert not isinstance(found, str)
    for text, effects in zip(texts, checked(found, texts), strict=True):
        assert effects == near(alone_by_hand(model, text, number))


def test_effects_alone_of_a_causal_model_begin_at_its_first_special_token(folder: Path) -> None:
    model = load(folder, "llama", "causal")
    texts = encoded(model, "the cat sat on", "a dog")
    explainer, items = explain(model, texts)

    def log_probability(index: int) -> Scalar:
        return lambda model, ids, types: float(
            outputs(model, ids, types)["logits"][0, -1].log_softmax(-1)[index]
        )

    contexts = [item.text for item in items]
    found = alone_effects(explainer, items)
    assert not isinstance(found, str)
    for item, effects in zip(items, checked(found, contexts), strict=True):
        assert item.index is not None
        plain = alone_by_hand(model, item.text, log_probability(item.index))
        assert effects == near(plain)


def test_without_special_tokens_nothing_can_be_added_to(folder: Path) -> None:
    model = load(folder, "gpt2", **NUMBER)
    explainer, items = explain(model, encoded(model, "the cat", "a"))
    assert alone_effects(explainer, items) == "no_special_tokens"


@pytest.mark.parametrize("architecture", ["albert", "roberta", "distilbert", "gpt2", "deberta_v2"])
def test_effects_are_those_of_one_run_a_unit(folder: Path, architecture: str) -> None:
    model = load(folder, architecture, **NUMBER)
    texts = encoded(model, *TEXTS)
    explainer, items = explain(model, texts)
    for text, effects in zip(
        texts, checked(deletion_effects(explainer, items), texts), strict=True
    ):
        assert effects == near(brute_force(model, text, number))
        assert len({round(effect, 4) for effect in effects}) == len(effects)
    if architecture != "gpt2":
        mask = model.tokenizer.mask_token_id
        for text, effects in zip(
            texts, checked(mask_effects(explainer, items), texts), strict=True
        ):
            assert effects == near(brute_force(model, text, number, mask))


def test_the_scores_of_every_class_are_those_of_one_run_a_unit(folder: Path) -> None:
    model = load(folder, "bert", **CLASSES)
    texts = encoded(model, *TEXTS)
    explainer, items = explain(model, texts)
    found = deletion_effects(explainer, items)
    for text, own in zip(texts, found, strict=True):
        assert isinstance(own, UnitEffects)
        for place in range(3):
            plain = brute_force(
                model, text, lambda *given, i=place: float(outputs(*given)["logits"][0, i])
            )
            assert [scores[place] for scores in own.scores] == near(plain)


@pytest.mark.parametrize("options", [NUMBER, {"id2label": {0: "bad", 1: "good"}}])
def test_scores_are_kept_where_the_effect_does_not_tell_them(folder: Path, options) -> None:
    model = load(folder, "bert", **options)
    explainer, items = explain(model, encoded(model, *TEXTS))
    (first, *_) = deletion_effects(explainer, items)
    assert set(first.scores) == {()}


def test_an_emoji_of_several_tokens_goes_as_one(folder: Path) -> None:
    model = load(folder, "roberta", **NUMBER)
    texts = encoded(model, "a🐱b")
    explainer, items = explain(model, texts)
    mask = model.tokenizer.mask_token_id
    (effects,) = deletion_effects(explainer, items)
    assert [len(unit) for unit in effects.units] == [1, len(texts[0].ids) - 4, 1]
    (masked,) = checked(mask_effects(explainer, items), texts)
    assert masked == near(brute_force(model, texts[0], number, mask))


def test_a_truncated_text_is_explained_as_it_was_cut(folder: Path) -> None:
    model = load(folder, "bert", **NUMBER)
    text = encode(model.tokenizer, "the cat sat on the mat", "a log", 8)
    assert text.n_truncated > 0
    explainer, items = explain(model, [text])
    (effects,) = checked(deletion_effects(explainer, items), [text])
    assert effects == near(brute_force(model, text, number))


def test_a_class_that_was_asked_for_is_explained_in_changed_texts(folder: Path) -> None:
    model = load(folder, "bert", **CLASSES)
    texts = encoded(model, SENTENCES[1], *TEXTS)
    explainer, items = explain(model, texts, explain_class="good")
    for text, effects in zip(
        texts, checked(deletion_effects(explainer, items), texts), strict=True
    ):
        assert effects == near(brute_force(model, text, margin_of_good))


def test_a_predicted_class_stays_the_one_that_is_explained(folder: Path) -> None:
    """Where a change makes another class win, the lead of the first turns negative."""
    model = load(folder, "bert", **CLASSES)
    texts = encoded(model, *SENTENCES, *TEXTS)
    explainer, items = explain(model, texts)
    n_lost = 0
    for item, effects in zip(
        items, checked(deletion_effects(explainer, items), texts), strict=True
    ):
        index = model.output.labels.index(item.label)

        def lead(model, ids, types, index=index):
            logits = outputs(model, ids, types)["logits"][0]
            return float(logits[index] - logits[[i for i in range(3) if i != index]].max())

        assert effects == near(brute_force(model, item.text, lead))
        n_lost += sum(effect > item.value for effect in effects)
    assert n_lost > 0


def test_effects_on_a_next_token_are_those_of_one_run_a_unit(folder: Path) -> None:
    model = load(folder, "gpt2", "causal")
    texts = encoded(model, "the cat sat", "the 🐱")
    explainer, items = explain(model, texts)
    for item, found in zip(items, deletion_effects(explainer, items), strict=True):

        def surprise(model, ids, types, best=item.index):
            return float(outputs(model, ids, types)["logits"][0, -1].log_softmax(0)[best])

        assert found.effects == near(brute_force(model, item.text, surprise))
    assert mask_effects(explainer, items) == "no_mask_token"


def test_embeddings_equal_the_reference(minilm: LoadedModel) -> None:
    records = RECORDS[1:4]  # the shortest
    texts = encoded(minilm, *(record["text"] for record in records))
    explainer, items = explain(minilm, texts)
    assert explainer.target.scalar == "cosine"
    for name, found in (
        ("occ_delete_D", deletion_effects(explainer, items)),
        ("occ_mask_D", mask_effects(explainer, items)),
    ):
        for record, effects in zip(records, checked(found, texts), strict=True):
            expected = [record[name][i] for i in range(1, record["T"] - 1)]
            np.testing.assert_allclose(effects, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("architecture", "task"), [("albert", "sequence"), ("gpt2", "base")])
def test_other_batches_and_chunks_give_the_same(
    folder: Path, architecture: str, task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = NUMBER if task == "sequence" else {}
    model = load(folder, architecture, task, **changes)
    texts = encoded(model, *TEXTS, SENTENCES[1])
    found = []
    for batch_tokens, chunk in ((1, 100_000), (4096, 100_000), (256, 1)):
        monkeypatch.setattr(deletion, "CHUNK_TOKENS", chunk)
        explainer, items = explain(model, texts, batch_tokens)
        found.append(np.concatenate(checked(deletion_effects(explainer, items), texts)))
    assert_near(found[0], found[1])
    assert_near(found[0], found[2])


def test_a_text_of_one_unit_is_compared_with_its_special_tokens_alone(folder: Path) -> None:
    model = load(folder, "bert", **NUMBER)
    texts = encoded(model, "cat")
    cls, _, sep = texts[0].ids
    explainer, items = explain(model, texts)
    ((effect,),) = checked(deletion_effects(explainer, items), texts)
    alone = number(model, [cls, sep], [0, 0])
    assert effect == near(items[0].value - alone)
    ((effect,),) = checked(mask_effects(explainer, items), texts)
    masked = number(model, [cls, model.tokenizer.mask_token_id, sep], [0, 0, 0])
    assert effect == near(items[0].value - masked)


def test_where_nothing_would_be_left_there_is_no_effect(folder: Path) -> None:
    model = load(folder, "gpt2", **NUMBER)
    explainer, items = explain(model, encoded(model, "a", "the cat"))
    found = deletion_effects(explainer, items)
    assert found[0] == "without it nothing is left of the text"
    assert isinstance(found[1], UnitEffects)


def test_a_text_of_special_tokens_alone_has_no_unit(folder: Path) -> None:
    model = load(folder, "bert", **NUMBER)
    texts = encoded(model, "", "the cat")
    assert len(texts[0].ids) == 2
    explainer, items = explain(model, texts)
    for found in (deletion_effects(explainer, items), mask_effects(explainer, items)):
        assert found[0] == "it has no content to change"
        assert len(found[1].effects) == 2


def test_a_model_with_a_table_of_its_own_has_effects(folder: Path) -> None:
    model = load(folder, "bert", "base")
    texts = encoded(model, *TEXTS)
    own = with_module(model, OwnTable(model.encoder))
    explainer, items = explain(own, texts)

    def scalar(model, ids, types):
        return float(model.module(**one(ids)).detach())

    for text, effects in zip(
        texts, checked(deletion_effects(explainer, items), texts), strict=True
    ):
        assert effects == near(brute_force(own, text, scalar))


@pytest.mark.parametrize("give", ["fail", "nan"])
def test_a_unit_without_which_the_model_fails_has_no_effect(folder: Path, give: str) -> None:
    base = load(folder, "bert", "base")
    texts = encoded(base, "the cat sat", "the dog sat", "cat")
    cat = texts[2].ids[1]

    def head(hidden, ids, mask):
        has_cat = (ids == cat).any(1) | (ids == texts[1].ids[2]).any(1)
        if give == "fail" and not has_cat.all():
            raise ValueError("needs an animal")
        return hidden[:, 0, :1].masked_fill(~has_cat[:, None], float("nan"))

    model = with_module(base, Head(base.encoder, head))
    explainer, items = explain(model, texts)
    sound, plain = explain(
        with_module(base, Head(base.encoder, lambda h, i, m: h[:, 0, :1])), texts
    )
    expected = checked(deletion_effects(sound, plain), texts)
    found = deletion_effects(explainer, items)
    why = "needs an animal" if give == "fail" else "the output is not a finite number"
    for i in (0, 1):
        assert why in found[i].message
        assert found[i].message.startswith("1 of 3 units: ")
        assert isnan(found[i].effects[1])
        assert found[i].effects[0] == near(expected[i][0])
        assert found[i].effects[2] == near(expected[i][2])
    assert why in found[2]


@pytest.mark.parametrize("kind", ["number", "embedding"])
def test_what_nothing_moves_has_effects_of_exactly_0(folder: Path, kind: str) -> None:
    base = load(folder, "bert", "base")
    width = 1 if kind == "number" else 4
    head = Head(base.encoder, lambda h, ids, m: torch.full((len(ids), width), 0.3))
    explainer, items = explain(with_module(base, head, kind), encoded(base, *TEXTS, *SENTENCES))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for found in (deletion_effects(explainer, items), mask_effects(explainer, items)):
            assert all(set(text.effects) == {0.0} for text in found)
            assert [mask_offset(text.effects) for text in found] == [None] * len(found)


def test_an_offset_is_the_mean_over_the_spread() -> None:
    assert mask_offset([1.0, 3.0]) == pytest.approx(2.0)
    assert mask_offset([-1.0, -3.0, float("nan")]) == pytest.approx(2.0)
    assert mask_offset([-1.0, 1.0]) == 0.0
    values = [0.2, 0.5, 0.9, 0.4]
    assert mask_offset(values) == pytest.approx(np.mean(values) / np.std(values))


@pytest.mark.parametrize("effects", [[], [0.5], [0.1, 0.1, 0.1], [float("nan"), 0.3]])
def test_without_a_spread_there_is_no_offset(effects: list[float]) -> None:
    assert mask_offset(effects) is None
