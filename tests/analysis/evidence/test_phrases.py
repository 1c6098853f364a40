"""Phrases against a plain loop over runs of the library, and on models that join what they read."""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from helpers.real.explaining import NUMBER, Head, encoded, explain, load, one, with_module
from torch import Tensor

from reportgen.analysis.evidence import Explainer, phrase_cost, phrases, with_phrases
from reportgen.models import EncodedText, LoadedModel, content_units
from reportgen.models.tasks import encode_completed, with_completions
from reportgen.results import PHRASE_LEAST, PHRASE_SHARE, PHRASE_WORDS

TEXTS = ("the cat", "the cat sat on the mat", "a very 🐱 film, unbelievable", "dog", "good bad cat")


def parts(text: EncodedText) -> list[tuple[int, ...]]:
    return list(content_units(text))


def by_plain_loop(text: EncodedText, score: Callable[[list[int]], float]) -> list[tuple[int, ...]]:
    """The phrases of a text by their definition, one run of the model for everything that is asked;
    `score` is of the tokens at some positions."""
    every = range(len(text.ids))

    whole = score(list(every))

    @cache
    def effect(part: tuple[int, ...]) -> float:
        return whole - score([i for i in every if i not in part])

    found = parts(text)
    n_units = dict.fromkeys(found, 1)
    largest = max(abs(effect(part)) for part in found)
    while True:
        best, place = 0.0, -1
        for i, (a, b) in enumerate(pairwise(found)):
            if text.segments[a[0]] != text.segments[b[0]]:
                continue
            if n_units[a] + n_units[b] > PHRASE_WORDS or len(a + b) == len(text.ids):
                continue
            interaction = abs(effect(a) + effect(b) - effect(a + b))
            share = interaction / max(abs(effect(a)), abs(effect(b)), abs(effect(a + b)))
            if interaction >= PHRASE_LEAST * largest and share >= PHRASE_SHARE and share > best:
                best, place = share, i
        if place < 0:
            return found
        a, b = found[place : place + 2]
        n_units[a + b] = n_units[a] + n_units[b]
        found[place : place + 2] = [a + b]


def library(model: LoadedModel, text: EncodedText) -> Callable[[list[int]], float]:
    def score(positions: list[int]) -> float:
        given = one([text.ids[i] for i in positions])
        if text.type_ids is not None:
            given["token_type_ids"] = torch.tensor([[text.type_ids[i] for i in positions]])
        with torch.no_grad():
            return float(model.module(**given)["logits"][0, 0])

    return score


@pytest.mark.parametrize("architecture", ["albert", "bert", "gpt2"])
def test_phrases_are_those_of_a_plain_loop(folder: Path, architecture: str) -> None:
    model = load(folder, architecture, **NUMBER)
    given = encoded(model, *TEXTS, ("the cat sat", "on the mat"))
    found = with_phrases(explain(model, given)[0], given)
    assert [parts(text) for text in found] == [
        by_plain_loop(text, library(model, text)) for text in given
    ]
    assert any(len(parts(a)) < len(parts(b)) for a, b in zip(found, given, strict=True))
    for text, before in zip(found, given, strict=True):
        assert list(text.units) == sorted(text.units)
        assert set(text.units) == set(range(max(text.units) + 1))
        assert (text.ids, text.roles, text.segments) == (before.ids, before.roles, before.segments)
        special = [i for i, role in enumerate(text.roles) if role is not None]
        assert all(text.units.count(text.units[i]) == 1 for i in special)


def test_the_company_of_a_text_does_not_change_its_phrases(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load(folder, "bert", **NUMBER)
    given = encoded(model, *TEXTS)
    explainer = explain(model, given)[0]
    together = with_phrases(explainer, given)
    monkeypatch.setattr(phrases, "_AT_ONCE", 1)
    assert [text.units for text in with_phrases(explainer, given)] == [
        text.units for text in together
    ]


def counting(
    rule: Callable[[int, int, int], float], tokens: Sequence[int]
) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """A head whose score is `rule` of how often a text has each of three `tokens`."""

    def head(hidden: Tensor, ids: Tensor, mask: Tensor) -> Tensor:
        counts = [[int((row == token).sum()) for token in tokens] for row in ids * mask]
        return torch.tensor([[rule(*row)] for row in counts])

    return head


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (lambda a, b, c: float(a + b + c), [1, 1, 1]),  # each counts for itself
        (lambda a, b, c: float(bool(a and b) + c), [2, 1]),  # only together
        (lambda a, b, c: float(bool(a or b) + 0.01 * c), [2, 1]),  # one of them is enough
        (lambda a, b, c: float(bool(a and b and c)), [3]),
        (lambda a, b, c: 1.0, [1, 1, 1]),  # nothing counts
        (lambda a, b, c: 1.0 * c + 0.04 * bool(a and b), [1, 1, 1]),  # too little to matter
    ],
)
def test_what_the_model_uses_together_is_one_phrase(
    folder: Path, rule: Callable[[int, int, int], float], expected: list[int]
) -> None:
    model = load(folder, "bert")
    (text,) = encoded(model, "good bad cat")
    content = parts(text)
    assert [len(part) for part in content] == [1, 1, 1]
    tokens = [text.ids[part[0]] for part in content]
    own = with_module(model, Head(model.encoder, counting(rule, tokens)))
    (found,) = with_phrases(Explainer(own, "padded", 1024), [text])
    assert [len(part) for part in parts(found)] == expected


def test_a_text_without_a_scalar_keeps_its_words(folder: Path) -> None:
    model = load(folder, "bert", **NUMBER)
    given = encoded(model, "good bad cat")

    def broken(hidden: Tensor, ids: Tensor, mask: Tensor) -> Tensor:
        return torch.full((len(ids), 1), torch.nan)

    own = with_module(model, Head(model.encoder, broken))
    assert with_phrases(Explainer(own, "padded", 1024), given) == given


def test_tokens_of_a_completion_stay_alone(folder: Path) -> None:
    model = with_completions(load(folder, "llama", "causal"))
    given = encode_completed(model.tokenizer, "the cat sat on", " the mat", 64)
    (found,) = with_phrases(Explainer(model, "padded", 1024), [given])
    assert len({found.units[i] for i in found.completion}) == len(found.completion) > 1


def test_phrases_of_an_embedding_are_found_by_distance(folder: Path) -> None:
    model = load(folder, "bert", "base")
    given = encoded(model, *TEXTS)
    explainer = explain(model, given)[0]
    assert explainer.target.scalar == "cosine"

    def distance(text: EncodedText) -> Callable[[list[int]], float]:
        def pooled(positions: list[int]) -> Tensor:
            with torch.no_grad():
                hidden = model.encoder(**one([text.ids[i] for i in positions]))[0][0]
            return hidden.mean(0).double()

        whole = pooled(list(range(len(text.ids))))
        return lambda positions: float(torch.cosine_similarity(whole, pooled(positions), dim=0))

    found = with_phrases(explainer, given)
    assert [parts(text) for text in found] == [
        by_plain_loop(text, distance(text)) for text in given
    ]


def test_the_cost_is_about_three_runs_a_word(folder: Path) -> None:
    model = load(folder, "bert", **NUMBER)
    (text,) = encoded(model, "the cat sat on the mat")
    n = len(parts(text))
    explainer = explain(model, [text])[0]
    ran: list[int] = []
    run = explainer.run

    def counted(variants):
        ran.append(len(variants))
        return run(variants)

    explainer.run = counted  # type: ignore[method-assign]
    with_phrases(explainer, [text])
    assert ran[0] == 2 * n - 1
    assert sum(ran) + 1 <= 4 * n
    assert phrase_cost(text).forward == 3 * n
