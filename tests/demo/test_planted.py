"""The benchmark of planted truths: its rule, the worth of parts, its models and its scores."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from random import Random
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from helpers.cases import some_of
from helpers.places import ROOT

sys.path.append(str(ROOT / "tests" / "benchmarks"))

from planted_models import (
    ARCHITECTURES,
    Training,
    build,
    shuffle_weights,
    trained,
    training_data,
)
from planted_rule import (
    DIAMOND,
    STAR,
    TRUTHS,
    Truth,
    draw,
    facets,
    fresh,
    planted,
    rule_score,
    similarity_to_last,
)
from planted_scores import ALL, SINK, area, text_scores
from planted_views import Units, model_shapley

from reportgen.demo.headlines import Lengths, headline
from reportgen.demo.score_rule import Component, Kind, score
from reportgen.demo.tokenizer import build_tokenizer
from reportgen.models import ExplainedText, content_units
from reportgen.models.tokens import encode

URGENT = Component(Kind.URGENCY, "now")
FREE = Component(Kind.FREE, "free")
NOT = Component(Kind.NEGATION, "not ")
GET = Component(Kind.RECEIVE, "get")
AMOUNT = Component(Kind.AMOUNT, "$10,000", 10_000.0)
PLAIN = Component(Kind.FILLER, " and ")


@pytest.fixture(scope="module")
def training() -> Training:
    return training_data(60)


def worth_of(*components: Component) -> list[float]:
    found = planted(components, rule_score)
    assert found is not None
    return found.worths.tolist()


def test_the_rule_is_that_of_the_bundled_model_where_no_urgency_is_said_twice() -> None:
    random, n_equal = Random(1), 0
    for _ in range(300):
        components = headline(random, Lengths(long=0.0))
        urgent = sum(part.kind is Kind.URGENCY for part in components)
        same = float(rule_score(facets(components))) == pytest.approx(score(components))
        assert same == (urgent < 2)
        n_equal += same
    assert n_equal > 200


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        ((URGENT, PLAIN, URGENT), (0.225, 0, 0.225)),
        ((GET, PLAIN, AMOUNT), (0.3, 0, 0.3)),
        ((STAR, PLAIN, DIAMOND, FREE), (0.5, 0, 0, 0.6)),
        ((NOT, FREE, PLAIN), (-0.375, 0.225, 0)),
    ],
)
def test_worths_are_worked_out_by_hand(
    components: tuple[Component, ...], expected: tuple[float, ...]
) -> None:
    assert worth_of(*components) == pytest.approx(expected)


@pytest.mark.parametrize("value", [rule_score, similarity_to_last])
def test_worths_are_means_over_all_orders(value) -> None:
    random = Random(7)
    for _ in range(6):
        components = draw(random)
        found = planted(components, value)
        players = [i for i, worth in enumerate(found.worths) if worth] if found else []
        if not 2 <= len(players) <= 4:
            continue
        whole = facets(components)

        def worth(kept: set[int], components=components, players=players, whole=whole) -> float:
            parts = [p if i in kept or i not in players else None for i, p in enumerate(components)]
            return float(value(np.array([facets(parts), whole]))[0])

        gains = dict.fromkeys(players, 0.0)
        orders = list(permutations(players))
        for order in orders:
            for size, player in enumerate(order):
                gains[player] += worth({*order[: size + 1]}) - worth({*order[:size]})
        for player in players:
            assert found.worths[player] == pytest.approx(gains[player] / len(orders))


def test_each_truth_has_its_texts_and_none_that_is_known() -> None:
    texts = fresh(3, 4, set(), rule_score)
    assert len({one.text for one in texts}) == 20
    for number, truth in enumerate(TRUTHS):
        assert all(truth in one.truths for one in texts[4 * number : 4 * number + 4])
    known = {one.text for one in texts}
    assert not known & {one.text for one in fresh(3, 4, known, rule_score)}
    for one in texts:
        for part, truth, worth in zip(one.components, one.truths, one.worths, strict=True):
            assert (truth is Truth.SINK) == (part == DIAMOND)
            assert (truth is None or truth is Truth.SINK) == (abs(worth) < 1e-9)


class Counted:
    """An explainer whose number is known: 1 for each "a", 2 more where "b" stands with "c"."""

    def explain(self, texts: Sequence) -> list[ExplainedText]:
        return [ExplainedText(text, 0, None, 0.0, None) for text in texts]

    def run(self, variants: Sequence) -> list[float]:
        tokens = [variant.text.tokens for variant in variants]
        return [own.count("a") + 2.0 * ("b" in own and "c" in own) for own in tokens]


def test_shapley_values_of_a_model_are_those_of_its_number() -> None:
    text = encode(build_tokenizer(), "b-c-無料", None, 64)
    text = replace(text, tokens=tuple("a" if token == "無料" else token for token in text.tokens))
    (found,) = model_shapley(Counted(), [text], 30)
    tokens = [text.tokens[unit[0]] for unit in content_units(text)]
    values = dict(zip(tokens, found, strict=True))
    assert (values["a"], values["-"]) == (pytest.approx(1), 0)
    assert values["b"] + values["c"] == pytest.approx(2)
    assert values["b"] == pytest.approx(1)  # an order and its reverse: each comes last in one


def test_areas_are_shares_of_pairs_and_the_sink_stands_apart() -> None:
    worth = np.array([0.5, 0.0, 0.0, 0.0, -0.3])
    truths = (Truth.WORDS, None, Truth.SINK, None, Truth.WORDS)
    values = np.array([-3.0, 1.0, 9.0, 2.0, 1.5])
    found = dict(text_scores(Units(worth, truths, {}), "gradient", values))
    assert found == {Truth.WORDS: 0.75, ALL: 0.75, SINK: 0.0}  # 3 > 1, 3 > 2, 1.5 > 1, 1.5 < 2
    assert area(np.array([1.0, 2.0]), np.array([1.0])) == 0.75


def test_shuffled_weights_are_the_same_numbers_in_another_order() -> None:
    torch.manual_seed(0)
    module = torch.nn.Linear(20, 20)
    before = module.weight.detach().clone()
    shuffle_weights(module, 1)
    assert not torch.equal(module.weight, before)
    assert torch.equal(module.weight.flatten().sort()[0], before.flatten().sort()[0])


@pytest.mark.parametrize(
    "architecture", some_of(ARCHITECTURES, *ARCHITECTURES[::2]), ids=lambda one: one.name
)
def test_a_model_is_trained_once_and_kept(architecture, training, tmp_path, monkeypatch) -> None:
    torch.manual_seed(1)
    untrained = build(architecture, training.tokenizer)
    folder = trained(architecture, training, tmp_path)
    weights = (folder / "model.safetensors").read_bytes()
    monkeypatch.setattr("planted_models.build", SimpleNamespace())  # would fail if called
    assert trained(architecture, training, tmp_path) == folder
    assert (folder / "model.safetensors").read_bytes() == weights
    assert untrained.config.model_type == architecture.model_type
