"""Units that say the same: groups against scores whose rule is known."""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.real.explaining import NUMBER, encoded, explain, load

from reportgen.analysis.evidence import (
    BEYOND,
    MOST_PASSES,
    ChangedText,
    Joint,
    KnownUnits,
    alone_effects,
    deletion_effects,
    find_joint,
    shared_effects,
)
from reportgen.models import ExplainedText, content_units
from reportgen.models.tasks import CosineTarget, NumberTarget

WORDS = "the cat sat on a mat and a dog"
Rule = Callable[[frozenset[int]], float]  # from the units that are kept to the score


@pytest.fixture(scope="module")
def item(tmp_path_factory: pytest.TempPathFactory) -> ExplainedText:
    """A text of nine units; its score is put in by each test."""
    model = load(tmp_path_factory.mktemp("model"), "bert", **NUMBER)
    return explain(model, encoded(model, WORDS))[1][0]


def search(
    item: ExplainedText,
    rule: Rule,
    is_distance: bool = False,
    hints: tuple[tuple[float, ...], ...] = (),
    read_at: int | None = None,
) -> tuple[tuple[Joint, ...], tuple[float, ...], int]:
    """The groups under a rule, what units do without, and the passes it took; with what they do
    alone as the only hint where no others are given."""
    units = content_units(item.text)
    everything = frozenset(range(len(units)))
    item = replace(item, value=rule(everything))
    passes: list[frozenset[int]] = []

    def run(variants: list[ChangedText]) -> list[float]:
        for changed in variants:
            ids = list(changed.text.spans)
            kept = frozenset(i for i in everything if item.text.spans[units[i][0]] in ids)
            passes.append(kept)
        return [rule(kept) for kept in passes[len(passes) - len(variants) :]]

    falls = tuple(item.value - rule(everything - {i}) for i in everything)
    rises = tuple(rule(frozenset({i})) - rule(frozenset()) for i in everything)
    explainer = SimpleNamespace(run=run, target=CosineTarget() if is_distance else NumberTarget())
    suspects = KnownUnits(units, falls, hints or (rises,), read_at)
    (found,) = find_joint(explainer, [item], [suspects])  # type: ignore[arg-type]
    return found, falls, len(passes)


def test_the_unit_that_a_causal_model_reads_is_in_no_group(item: ExplainedText) -> None:
    """Of a model that reads nothing but the last unit: without it that is another one."""
    worth = (0.2, 0.9, 0.1, 0.7, 0.4, 0.6, 0.3, 0.8, 1.6)

    def last_of(kept: frozenset[int]) -> float:
        return worth[max(kept)] if kept else 0.0

    assert search(item, last_of)[0] != ()
    assert search(item, last_of, read_at=8)[0] == ()

    def says_the_same(kept: frozenset[int]) -> float:
        return 2.0 * bool(kept & {1, 4}) + 0.5 * (8 in kept)

    (group,) = search(item, says_the_same, read_at=8)[0]
    assert (group.units, group.effect) == ((1, 4), 2.0)


def members(found: tuple[Joint, ...]) -> dict[tuple[int, ...], float]:
    """The effect of each group, by its units."""
    return {group.units: pytest.approx(group.effect) for group in found}


def any_of(kept: frozenset[int], units: set[int], worth: float) -> float:
    return worth if kept & units else 0.0


@pytest.mark.parametrize("worth", [0.6, -0.6])
@pytest.mark.parametrize("units", [{1, 4}, {0, 3, 7}])
def test_units_that_say_the_same_are_one_group(
    item: ExplainedText, units: set[int], worth: float
) -> None:
    found, deletion, _ = search(item, lambda kept: 1 + any_of(kept, units, worth))
    assert members(found) == {tuple(sorted(units)): worth}
    effects = shared_effects(deletion, found)
    expected = [worth / len(units) if i in units else 0.0 for i in range(9)]
    assert effects == pytest.approx(expected)


def test_two_groups_of_one_direction_stay_apart_and_lone_units_stay_out(
    item: ExplainedText,
) -> None:
    def rule(kept: frozenset[int]) -> float:
        return any_of(kept, {0, 1}, 1.0) + any_of(kept, {4, 6}, 0.4) + any_of(kept, {8}, 0.7)

    found, deletion, n_passes = search(item, rule)
    assert members(found) == {(0, 1): 1.0, (4, 6): 0.4}
    assert n_passes <= MOST_PASSES
    effects = shared_effects(deletion, found)
    assert effects == pytest.approx([0.5, 0.5, 0, 0, 0.2, 0, 0.2, 0, 0.7])


def test_a_group_is_split_by_what_its_units_do_alone(item: ExplainedText) -> None:
    def rule(kept: frozenset[int]) -> float:
        return max([0.9 * (2 in kept), 0.2 * (5 in kept), 0.0])

    found, deletion, _ = search(item, rule)
    assert found == ()  # without unit 2 most of the change is there: seven ninths is no group
    found, deletion, _ = search(item, lambda kept: min(rule(kept), 0.5))
    assert members(found) == {(2, 5): 0.5}
    effects = shared_effects(deletion, found)
    assert effects[2] == pytest.approx(0.5 * 0.5 / 0.7)
    assert effects[5] == pytest.approx(0.5 * 0.2 / 0.7)


@pytest.mark.parametrize("worth", [0.8, 1.2])  # alone weaker than the others, and stronger
def test_a_unit_that_does_most_by_itself_is_in_no_group(item: ExplainedText, worth: float) -> None:
    def rule(kept: frozenset[int]) -> float:
        found = any_of(kept, {1, 4}, 1.0) + worth * (6 in kept)
        return min(found, 1.0 + worth - 0.1)  # both together say a little less

    found, deletion, _ = search(item, rule)
    assert members(found) == {(1, 4): 0.9}
    effects = shared_effects(deletion, found)
    assert effects[6] == deletion[6] == pytest.approx(worth - 0.1)


@pytest.mark.parametrize(
    "rule",
    [
        lambda kept: 2.0,  # nothing matters
        lambda kept: 2.0 + 1e-8 * len(kept & {1, 4}) ** 0.5,  # nothing but rounding
        lambda kept: sum(0.1 * i - 0.4 for i in kept),  # each counts by itself
        lambda kept: 1.0 * (kept >= {1, 4}),  # only together, and each by itself changes all
        lambda kept: any_of(kept, {1}, 0.5) - any_of(kept, {4}, 0.5),  # against each other
    ],
)
def test_without_redundancy_there_is_no_group(item: ExplainedText, rule: Rule) -> None:
    found, deletion, n_passes = search(item, rule)
    assert found == ()
    assert n_passes <= MOST_PASSES
    assert shared_effects(deletion, found) == deletion


def test_what_a_group_says_holds_for_any_score(item: ExplainedText) -> None:
    random = np.random.default_rng(3)
    sets = [frozenset(kept) for n in range(10) for kept in combinations(range(9), n)]
    n_groups = 0
    for _ in range(40):
        base = np.abs(random.normal(size=9))
        bent = {kept: float(np.tanh(sum(base[list(kept)]))) for kept in sets}
        found, deletion, n_passes = search(item, bent.__getitem__)
        assert n_passes <= MOST_PASSES
        everything = frozenset(range(9))
        for group in found:
            whole = bent[everything] - bent[everything - set(group.units)]
            assert group.effect == pytest.approx(whole)
            apart = sum(max(deletion[unit], 0) for unit in group.units)
            assert whole - apart >= BEYOND * whole - 1e-12
        assert len({unit for group in found for unit in group.units}) == sum(
            len(group.units) for group in found
        )
        n_groups += len(found)
    assert n_groups > 10


def test_what_one_hint_does_not_show_another_may(item: ExplainedText) -> None:
    def rule(kept: frozenset[int]) -> float:
        return any_of(kept, {0, 1}, 1.0) + any_of(kept, {4, 6}, 0.4)

    blind, seeing = (1.0, 1.0, *[0.0] * 7), (0.0, 0.0, 0.0, 0.0, 0.1, 0.0, 0.3, 0.0, 0.0)
    broken = (float("nan"), *[0.0] * 8)
    found, deletion, n_passes = search(item, rule, hints=(broken, blind, seeing))
    assert members(found) == {(0, 1): 1.0, (4, 6): 0.4}
    assert n_passes == 2
    effects = shared_effects(deletion, found)  # split by the hint that found the group
    assert effects == pytest.approx([0.5, 0.5, 0, 0, 0.1, 0, 0.3, 0, 0])


def cosine_of(vectors: np.ndarray) -> Rule:
    """The cosine of the sum of some `vectors` `[unit, figure]` to that of all."""

    def unit(kept: frozenset[int]) -> np.ndarray:
        whole = vectors[sorted(kept)].sum(0) + 1e-3
        return whole / np.linalg.norm(whole)

    return lambda kept: 1 - float(((unit(kept) - unit(frozenset(range(9)))) ** 2).sum()) / 2


def test_an_embedding_that_is_a_plain_sum_has_no_groups(item: ExplainedText) -> None:
    """Cosine distances of words of one meaning grow as the square of their number."""
    random = np.random.default_rng(1)
    n_beyond = 0
    for _ in range(20):
        vectors = 3 + random.normal(size=(9, 12))
        vectors[[1, 4, 6]] += 2 * random.normal(size=12)  # alike
        rule, all_of_them = cosine_of(vectors), frozenset(range(9))
        found, deletion, _ = search(item, rule, is_distance=True)
        assert found == ()
        joint = 1 - rule(all_of_them - {1, 4})
        n_beyond += joint - deletion[1] - deletion[4] >= BEYOND * joint
    assert n_beyond > 10  # as if distances added up


def test_units_that_give_an_embedding_the_same_are_one_group(item: ExplainedText) -> None:
    vectors = 0.5 + np.random.default_rng(2).normal(size=(9, 12))
    vectors[1] += vectors.sum(0) / 4
    vectors[4] = 0  # it says what unit 1 says
    of_sum = cosine_of(vectors)

    def rule(kept: frozenset[int]) -> float:
        return of_sum(kept | {1} if 4 in kept else kept)

    found, deletion, _ = search(item, rule, is_distance=True)
    everything = frozenset(range(9))
    assert members(found) == {(1, 4): 1 - rule(everything - {1, 4})}
    assert deletion[1] == deletion[4] == pytest.approx(0)


def test_a_text_whose_changes_cannot_be_run_has_none(item: ExplainedText) -> None:
    units, effects = content_units(item.text), (0.1,) * 9
    runs = SimpleNamespace(
        run=lambda variants: [pytest.fail("no run") for _ in variants], target=NumberTarget()
    )
    broken = (float("nan"), *[0.1] * 8)
    for own in (KnownUnits(units, broken, (effects,)), KnownUnits(units, effects, (broken,))):
        assert find_joint(runs, [item], [own]) == [()]  # type: ignore[arg-type]
    failing = SimpleNamespace(
        run=lambda variants: ["out of memory" for _ in variants], target=NumberTarget()
    )
    own = KnownUnits(units, (0.0,) * 9, (effects,))
    assert find_joint(failing, [item], [own]) == [()]  # type: ignore[arg-type]


def test_groups_of_a_model_are_those_of_each_text_alone(tmp_path: Path) -> None:
    model = load(tmp_path, "bert", **NUMBER)
    texts = ("the cat sat on the mat", "a very good film", "dog", WORDS)
    explainer, items = explain(model, encoded(model, *texts))
    falls, rises = deletion_effects(explainer, items), alone_effects(explainer, items)
    own = [
        KnownUnits(fall.units, fall.effects, (rise.effects,))  # type: ignore[union-attr]
        for fall, rise in zip(falls, rises, strict=True)
    ]
    together = find_joint(explainer, items, own)
    alone = [
        find_joint(explainer, [item], [suspects])[0]
        for item, suspects in zip(items, own, strict=True)
    ]
    assert [[group.units for group in groups] for groups in together] == [
        [group.units for group in groups] for groups in alone
    ]
