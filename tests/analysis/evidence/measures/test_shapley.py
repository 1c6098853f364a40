"""Shapley values against plain runs of the library, one set of units at a time."""

from itertools import combinations, permutations
from math import factorial
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.real.explaining import NUMBER, Head, encoded, explain, load, one, with_module
from helpers.rounding import assert_near, near
from torch import nn

from reportgen.analysis.evidence import (
    ENOUGH,
    FEWEST_PAIRS,
    MOST_PAIRS,
    ShapleyValues,
    deletion_effects,
    sampling_error,
    shapley_passes,
    shapley_values,
)
from reportgen.analysis.evidence.measures import shapley
from reportgen.analysis.evidence.text_evidence import UnitEffects
from reportgen.models import EncodedText, LoadedModel, content_units

TEXTS = ("the cat", "the cat sat on the mat", "a very 🐱 film", "dog")


def plain(model: LoadedModel, text: EncodedText, kept: frozenset[int]) -> float:
    """The library's score of a text with some of its units alone."""
    units = content_units(text)
    here = {position for unit in kept for position in units[unit]}
    positions = [i for i, role in enumerate(text.roles) if role is not None or i in here]
    given = one([text.ids[i] for i in positions])
    if text.type_ids is not None:
        given["token_type_ids"] = torch.tensor([[text.type_ids[i] for i in positions]])
    with torch.no_grad():
        return float(model.module(**given)["logits"][0, 0])


def exact(model: LoadedModel, text: EncodedText) -> list[float]:
    """The Shapley values by their formula, over all sets of units (Shapley 1953)."""
    n = len(content_units(text))
    value = {
        frozenset(kept): plain(model, text, frozenset(kept))
        for size in range(n + 1)
        for kept in combinations(range(n), size)
    }
    found = []
    for unit in range(n):
        total = 0.0
        for kept, score in value.items():
            if unit not in kept:
                weight = factorial(len(kept)) * factorial(n - len(kept) - 1) / factorial(n)
                total += weight * (value[kept | {unit}] - score)
        found.append(total)
    return found


def found_on(model: LoadedModel, *texts: str) -> list[UnitEffects]:
    explainer, items = explain(model, encoded(model, *texts))
    values = shapley_values(explainer, items)
    assert not isinstance(values, str)
    assert all(isinstance(value, ShapleyValues) for value in values), values
    return [value.effects for value in values if isinstance(value, ShapleyValues)]


@pytest.mark.parametrize("architecture", ["albert", "bert"])
@pytest.mark.parametrize("is_sampled", [False, True])
def test_values_are_those_of_the_formula(
    folder: Path, monkeypatch: pytest.MonkeyPatch, architecture: str, is_sampled: bool
) -> None:
    if is_sampled:
        monkeypatch.setattr(shapley, "EXACT", 0)
        monkeypatch.setattr(shapley, "MOST_PAIRS", 500)
        monkeypatch.setattr(shapley, "ENOUGH", 0.0)
    model = load(folder, architecture, **NUMBER)
    for text, found in zip(encoded(model, *TEXTS[:2]), found_on(model, *TEXTS[:2]), strict=True):
        expected = exact(model, text)
        atol = 0.15 * np.std(expected) if is_sampled and len(expected) > 2 else 1e-5
        np.testing.assert_allclose(found.effects, expected, atol=atol)


@pytest.mark.parametrize("text", ["the cat", "a very 🐱 film", "the cat sat"])
def test_in_basic_evidence_few_units_have_the_mean_over_all_orders(folder: Path, text: str) -> None:
    model = load(folder, "bert", **NUMBER)
    explainer, items = explain(model, encoded(model, text))
    (found,) = shapley_values(explainer, items, is_basic=True)
    assert isinstance(found, ShapleyValues)
    assert found.error == 0
    orders = [*permutations(range(len(found.effects.units)))]
    rises = np.zeros(len(orders[0]))
    for order in orders:
        scores = [plain(model, items[0].text, frozenset(order[:n])) for n in range(len(order) + 1)]
        rises[[*order]] += np.diff(scores)
    assert_near(found.effects.effects, rises / len(orders))


def test_in_basic_evidence_more_units_have_four_pairs_of_orders(folder: Path) -> None:
    model = load(folder, "bert", **NUMBER)
    text = "the cat sat on the mat and the dog sat"
    explainer, items = explain(model, encoded(model, text, "the cat sat on the mat"))
    sampled, few = shapley_values(explainer, items, is_basic=True)
    assert isinstance(sampled, ShapleyValues)
    assert isinstance(few, ShapleyValues)
    assert few.error == 0 < sampled.error
    # The first pairs of those that all evidence draws.
    game = shapley._Game(items[0], content_units(items[0].text), 0)
    while len(game.pairs) < FEWEST_PAIRS:
        shapley._play(explainer, [game])
    assert_near(sampled.effects.effects, np.mean(game.pairs, axis=0))
    assert sampled.error == near(sampling_error(np.stack(game.pairs)))
    most = shapley_passes(items[0].text, is_basic=True)
    assert most is not None
    assert len(game.values) - 1 <= most.forward == 8 * 9 + 1
    assert shapley_passes(items[1].text, is_basic=True).forward == 2**6 - 1


def test_the_error_holds_what_the_sampling_is_off_by() -> None:
    """Pairs whose mean is 0 in truth, and that differ as a few units do that err together."""
    random = np.random.default_rng(4)
    held = []
    for _ in range(400):
        n, m = 9, int(random.integers(4, 17))
        loading = random.normal(size=(n, n)) * random.exponential(size=n)
        loading -= loading.mean(axis=0)  # what the values of a text add up to is known
        pairs = random.normal(size=(m, n)) @ loading.T
        off = float(np.sqrt(np.square(pairs.mean(axis=0)).mean()))
        held.append(off <= sampling_error(pairs))
    assert np.mean(held) >= 0.95


def test_sampling_ends_at_the_promised_error_or_says_what_it_reached(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shapley, "EXACT", 2)
    model = load(folder, "bert", **NUMBER)
    explainer, items = explain(model, encoded(model, *TEXTS))
    for item, value in zip(items, shapley_values(explainer, items), strict=True):
        assert isinstance(value, ShapleyValues)
        n_units = len(content_units(item.text))
        assert (value.error == 0) == (n_units <= 2)
        if n_units <= 2:
            continue
        truth = np.array(exact(model, item.text))
        off = np.sqrt(np.square(np.array(value.effects.effects) - truth).mean())
        assert off <= value.error
    assert 0 < ENOUGH < 1 < MOST_PAIRS


def test_the_values_of_a_text_add_up_to_what_all_of_them_change(folder: Path) -> None:
    model = load(folder, "bert", **NUMBER)
    for text, found in zip(encoded(model, *TEXTS), found_on(model, *TEXTS), strict=True):
        units = frozenset(range(len(content_units(text))))
        whole = plain(model, text, units) - plain(model, text, frozenset())
        assert sum(found.effects) == near(whole)


class Additive(nn.Module):
    """A score that adds up over tokens, so that a unit is worth the same in every order."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.table = nn.Embedding.from_pretrained(torch.linspace(-1, 1, 1000)[:, None])

    def forward(self, input_ids, attention_mask):
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask)[0]
        score = (self.table(input_ids)[..., 0] * attention_mask).sum(1)
        return score[:, None] + 0 * hidden[:, :1, 0]


def test_where_effects_add_up_few_pairs_are_enough_and_give_deletion_effects(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shapley, "EXACT", 0)
    model = load(folder, "bert", "base")
    model = with_module(model, Additive(model.encoder))
    explainer, items = explain(model, encoded(model, *TEXTS))
    rounds = []
    real = shapley._play
    monkeypatch.setattr(
        shapley,
        "_play",
        lambda explainer, games: (rounds.append(len(games)), real(explainer, games)),
    )
    values = shapley_values(explainer, items)
    for one_value, effect in zip(values, deletion_effects(explainer, items), strict=True):
        assert isinstance(one_value, ShapleyValues)
        assert isinstance(effect, UnitEffects)
        assert_near(one_value.effects.effects, effect.effects)
        assert one_value.error == pytest.approx(0, abs=1e-5)
    assert len(rounds) <= shapley.FEWEST_PAIRS + 1  # rounding may take one more


def test_the_same_text_has_the_same_values_beside_others(folder: Path) -> None:
    model = load(folder, "bert", **NUMBER)
    beside = found_on(model, *TEXTS)[1]
    (alone,) = found_on(model, TEXTS[1])
    assert_near(beside.effects, alone.effects)


def test_without_special_tokens_there_is_nothing_to_start_from(folder: Path) -> None:
    model = load(folder, "gpt2", **NUMBER)
    explainer, items = explain(model, encoded(model, "the cat sat"))
    assert shapley_values(explainer, items) == "no_special_tokens"


def test_a_text_that_cannot_be_run_in_parts_has_the_error(folder: Path) -> None:
    def head(hidden, input_ids, attention_mask):
        if (attention_mask.sum(1) == 4).any():
            raise RuntimeError("not four")
        return hidden[:, 0, :1]

    model = load(folder, "bert", "base")
    model = with_module(model, Head(model.encoder, head))
    explainer, items = explain(model, encoded(model, "the cat sat", "dog"))
    first, second = shapley_values(explainer, items)
    assert isinstance(first, str)
    assert "not four" in first
    assert isinstance(second, ShapleyValues)
