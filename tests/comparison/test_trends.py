"""Sinks, tokens and texts over several models, each figure against a plain recomputation."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from helpers.made_up.factories import changed, make_results
from helpers.plain.plain_bootstrap import plain_interval
from helpers.real.two_models import TEXTS, chain, pair_of, row_of

from reportgen.comparison import Comparison, PredictionChanges, compare_runs
from reportgen.comparison.trends import Checkpoint, checkpoints, text_trends, token_trends
from reportgen.findings import Findings
from reportgen.findings.notes import subject_verdict
from reportgen.report import CompareWords, limits, load_language, redacted_comparison
from reportgen.results import SINK_EXCESS, Results, Subject


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> list[Results]:
    """Four models that put out classes; the labels are mostly what the first one says."""
    folder: Path = tmp_path_factory.mktemp("classes")
    made = [
        make_results(folder / str(i), TEXTS, seed=i, kind="class", evidence="basic")
        for i in range(4)
    ]
    given = made[0].texts["prediction_label"].tolist()
    given[0] = next(name for name in given if name != given[0])
    return [changed(side, texts=side.texts.assign(label=given)) for side in made]


def test_a_layer_is_a_sink_where_the_rule_of_verdicts_says_so(
    four_models, four_compared: Comparison
) -> None:
    (trend,) = [own for own in four_compared.all_models.trend.sinks if own.key == "cls"]
    for model, side in enumerate(four_models):
        roles = side.roles[side.roles["role"] == "cls"]
        excess = (roles["share"] - roles["expected"]) / (1 - roles["expected"])
        for layer, mean in excess.groupby(roles["layer"]).mean().items():
            state = trend.layers[int(layer) - 1][model]
            assert state.excess.mean == pytest.approx(mean, abs=1e-6)
            assert state.is_sink == (state.excess.interval.low >= SINK_EXCESS)
        note, _ = subject_verdict(Subject("cls", "[CLS]", "role"), Findings(side).roles["cls"])
        assert bool(trend.sink_layers[model]) == (note.verdict == "sink")
        strongest = trend.strongest[model].excess.mean
        assert strongest == max(states[model].excess.mean for states in trend.layers)
    assert trend.first == 2
    assert not trend.sink_layers[0]


def test_single_heads_are_counted_from_the_first_model_that_has_them(
    four_models, four_compared: Comparison
) -> None:
    (trend,) = [own for own in four_compared.all_models.trend.sinks if own.key == "cls"]
    plain = []
    for side in four_models:
        heads = side.heads.merge(
            side.roles[side.roles["role"] == "cls"][["text", "layer", "expected"]],
            on=["text", "layer"],
        )
        heads["excess"] = (heads["cls_share"] - heads["expected"]) / (1 - heads["expected"])
        plain.append(heads.groupby(["layer", "head"])["excess"].mean())
    assert list(trend.n_sink_heads) == [int((own >= SINK_EXCESS).sum()) for own in plain]
    assert list(trend.n_heads) == [len(own) for own in plain]
    for head in trend.heads:
        values = [own[head.layer, head.head] for own in plain]
        assert head.excess == pytest.approx(values, abs=1e-6)
        assert head.first == next(i for i, own in enumerate(values) if own >= SINK_EXCESS)
    listed = {(head.layer, head.head) for head in trend.heads}
    assert listed == {key for own in plain for key in own.index[own >= SINK_EXCESS]}


def test_tokens_are_held_against_the_first_model(four_models, four_compared: Comparison) -> None:
    trends = four_compared.all_models.trend.tokens
    plain = [
        compare_runs(Findings(four_models[0]), Findings(side)).tokens for side in four_models[1:]
    ]
    for i, changes in enumerate(plain):
        by_name = {change.token: change for change in changes}
        assert {own.token for own in trends if own.changes[i]} == by_name.keys()
        assert all(own.changes[i] == by_name[own.token] for own in trends if own.changes[i])
    assert [own.turn for own in trends] == sorted(
        (own.turn for own in trends), key=("more", "less", "noise").index
    )
    (star,) = [own for own in trends if own.token == "★★"]
    assert star.first_clear == 3  # planted in the last model alone
    assert [own.effect for own in star.changes] == list(star.figures)
    assert trends[0] == star


def test_figures_of_a_token_are_all_of_one_kind(four_compared: Comparison) -> None:
    (star,) = [own for own in four_compared.all_models.trend.tokens if own.token == "★★"]
    *_, last = star.changes
    without = replace(last, effect=None)
    (trend,) = token_trends([[without], [last]])
    assert trend.figures == (None, last.effect)
    (trend,) = token_trends([[last], [without]])
    assert trend.figures == (last.looks, last.looks)


def test_completions_are_sorted_by_how_far_they_came() -> None:
    values = np.array([[-1.0, -1.5, -1.0, -1.1], [-1.0, -1.0, -2.0, -3.0]])
    steps = [
        PredictionChanges("completion", np.arange(2), b - a, b != a) for a, b in pairwise(values.T)
    ]
    trends = text_trends(["often", "far"], [own.tolist() for own in values.T], steps)
    assert [(own.id, len(own.changed_at)) for own in trends] == [("far", 2), ("often", 3)]


def test_numbers_have_their_course_and_the_largest_movers_come_first(
    four_models, four_compared: Comparison
) -> None:
    trend = four_compared.all_models.trend
    numbers = np.array([side.texts["prediction"].to_numpy(np.float64) for side in four_models])
    ids = four_models[0].texts["text_id"].tolist()
    for own in trend.texts:
        assert own.predictions == pytest.approx(numbers[:, ids.index(own.id)], abs=1e-6)
    moved = [np.abs(b - a) > 0.05 * a.std() for a, b in pairwise(numbers)]
    for own in trend.texts:
        steps = [i for i, each in enumerate(moved, 1) if each[ids.index(own.id)]]
        assert list(own.changed_at) == steps
    assert len(trend.texts) == int(np.any(moved, axis=0).sum())
    sizes = [own.size for own in trend.texts]
    assert sizes == sorted(sizes, reverse=True)
    assert trend.n_predicted == len(TEXTS)


def test_the_share_of_changed_predictions_is_that_of_each_step(
    four_models, four_compared: Comparison
) -> None:
    values = row_of(four_compared, "moved").values
    numbers = [side.texts["prediction"].to_numpy(np.float64) for side in four_models]
    assert values[0] is None
    for own, before, after in zip(values[1:], numbers, numbers[1:], strict=False):
        moved = (np.abs(after - before) > 0.05 * before.std()).astype(float)
        assert own.value == pytest.approx(moved.mean())
        low, high = plain_interval(lambda rows, m=moved: m[rows].mean(), len(moved), draws=1000)
        if low == high == 1:  # a share of all texts: the exact interval
            low = 0.025 ** (1 / len(moved))
        assert own.interval == pytest.approx((low, high), abs=0.1)


def test_classes_say_when_they_flipped_and_whether_they_are_right(classes) -> None:
    trend = chain(*classes).all_models.trend
    names = [side.texts["prediction_label"].tolist() for side in classes]
    given = classes[0].texts["label"].tolist()
    plain = {}
    for row, id in enumerate(classes[0].texts["text_id"]):
        own = [side[row] for side in names]
        if len(set(own)) > 1:
            flips = [i for i in range(1, 4) if own[i] != own[i - 1]]
            plain[id] = (tuple(own), tuple(flips), tuple(name == given[row] for name in own))
    assert {own.id: (own.predictions, own.changed_at, own.right) for own in trend.texts} == plain
    lost = [any(own.right) and not own.right[-1] for own in trend.texts]
    assert [own.is_lost for own in trend.texts] == lost == sorted(lost, reverse=True)
    assert True in lost
    flips = [len(own.changed_at) for own in trend.texts if own.is_lost]
    assert flips == sorted(flips, reverse=True)


def test_texts_that_are_not_in_all_models_are_counted(tmp_path: Path) -> None:
    first, second = pair_of(tmp_path, evidence="basic")
    texts = ("one of its own", "another of its own", *TEXTS[1:])
    other = make_results(tmp_path / "other", texts, seed=3, evidence="basic", failed=(4,))
    unmatched = chain(first, second, other).all_models.trend.unmatched
    assert [(own.n_missing, own.n_other) for own in unmatched] == [(0, 0), (0, 0), (2, 2)]


def test_texts_that_are_empty_in_every_model_are_told_once_with_their_ids(tmp_path: Path) -> None:
    made = [
        make_results(tmp_path / str(i), TEXTS, seed=i, failed=(1, 4, *(5,) * (i == 2)))
        for i in range(3)
    ]
    found = chain(*made)
    words = CompareWords(found, load_language("en"))
    ids = made[0].texts["text_id"].iloc[[1, 4]].tolist()
    once, more = limits(found.all_models, words)
    assert once == (
        f"2 texts are empty or failed in every model and are not compared (ids {', '.join(ids)})."
    )
    assert "missing or have no figures: 1;" in more
    with redacted_comparison(found, "en", wanted=True) as masked:
        assert limits(masked.all_models, CompareWords(masked, load_language("en")))[0] == once


@pytest.mark.parametrize(
    ("folders", "models", "expected"),
    [
        (["results-step250", "results-step500"], ["m", "m"], [250, 500]),
        (["a", "b"], ["checkpoint-500", "checkpoint-1000"], [500, 1000]),
        (["step 4", "step 8"], ["m", "m"], [4, 8]),
        (["step4", "final"], ["m", "m"], [None, None]),
        (["x-step4", "y-step4"], ["m", "m"], [None, None]),
        (["ck1", "ck2"], ["m", "m"], [None, None]),
        (["", ""], ["demo", "demo-star"], [None, None]),
    ],
)
def test_a_step_is_known_where_every_model_has_its_own(folders, models, expected) -> None:
    found = checkpoints(folders, models)
    assert [own.step for own in found] == expected
    names = [folder or model for folder, model in zip(folders, models, strict=True)]
    assert found == tuple(map(Checkpoint, names, expected))
