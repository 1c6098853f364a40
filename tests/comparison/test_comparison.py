"""Every figure of a comparison against a plain recomputation; what cannot be compared; nothing
found between a model and itself."""

import math
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.cases import some_of
from helpers.made_up.factories import HEADLINES, changed, make_results
from helpers.made_up.factories import LABELS as NAMES
from helpers.made_up.packed_maps import unpack
from helpers.plain.plain_bootstrap import plain_interval
from helpers.plain.plain_ranks import spearman
from helpers.real.two_models import (
    LABELS,
    STAR,
    TEXTS,
    pair_of,
    plant,
    retokenise,
    shaken,
    twice,
)
from scipy.stats import spearmanr

from reportgen.comparison import (
    HEAD_LEAST,
    MOVED,
    SAME_OUTPUT,
    SAME_SHARE,
    Comparison,
    compare_runs,
)
from reportgen.comparison.attention import row_distances
from reportgen.comparison.change import equal_if_close
from reportgen.comparison.figures import comparison_figures
from reportgen.comparison.notes import change_notes
from reportgen.errors import ComparisonError
from reportgen.findings import Findings
from reportgen.findings.figures import COMPARE_FIGURES
from reportgen.results import TABLES, Results, quantise
from reportgen.tasks import TASKS


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Results]:
    folder = tmp_path_factory.mktemp("pair")
    return pair_of(folder, evidence="basic", labels=LABELS, sink=0.2)


@pytest.fixture(scope="module")
def found(sides) -> Comparison:
    return compare_runs(*map(Findings, sides))


# The same texts


def r_squared(predictions, labels):
    """1 minus the mean squared error over the variance of the labels."""
    return 1 - ((predictions - labels) ** 2).mean() / labels.var()


def ids_of(found: Comparison) -> list[str]:
    return found.base.texts["text_id"].tolist()


def check_same_as(found: Comparison, base: Results, head: Results, rows: list[int]) -> None:
    """Each text of `found` has the figures of its own row in both results."""
    own = found.head.results
    assert found.base.texts["text"].tolist() == own.texts["text"].tolist()
    for place, row in enumerate(rows):
        for side, whole in ((found.base.results, base), (own, head)):
            text = str(base.texts["text"].iloc[row])
            there = whole.texts["text"].tolist().index(text)
            assert side.texts["prediction"].iloc[place] == whole.texts["prediction"].iloc[there]
            assert side.packed_maps(place) == whole.packed_maps(there)
            heads = [name for name in TABLES["heads"].names if name != "text"]
            assert side.heads_of(place, *heads).equals(whole.heads_of(there, *heads))
            for name in ("tokens_of", "effects_of"):
                frames = getattr(side, name)(place), getattr(whole, name)(there)
                kept = [frame.drop(columns="text").reset_index(drop=True) for frame in frames]
                assert kept[0].equals(kept[1])


def test_texts_of_one_result_alone_are_left_out_and_told(tmp_path: Path) -> None:
    base = make_results(tmp_path / "a", TEXTS, evidence="basic")
    head = make_results(
        tmp_path / "b",
        (*TEXTS[:9], "added"),
        evidence="basic",
        ids=(*map(str, range(1, 10)), "new"),
    )
    found = compare_runs(Findings(base), Findings(head))
    assert ids_of(found) == [str(i) for i in range(1, 10)]
    assert (found.matching.removed, found.matching.added) == (("10", "11", "12"), ("new",))
    assert found.figures["texts_total"] == 9
    assert found.figures["texts_removed"] == 3
    check_same_as(found, base, head, list(range(9)))


def test_texts_in_another_order_are_matched(tmp_path: Path) -> None:
    order = [3, 0, 1, 2, *range(11, 3, -1)]
    base = make_results(tmp_path / "a", TEXTS, evidence="basic")
    for name, ids in (("ids", tuple(str(i + 1) for i in order)), ("none", None)):
        given = {"ids": ids} if ids else {}
        head = make_results(
            tmp_path / name, tuple(TEXTS[i] for i in order), evidence="basic", seed=1, **given
        )
        found = compare_runs(Findings(base), Findings(head))
        assert found.matching.removed == found.matching.added == found.matching.altered == ()
        assert found.matching.n_moved == 12 if ids else found.matching.n_moved > 0
        check_same_as(found, base, head, list(range(12)))


def test_an_id_with_another_text_is_altered(tmp_path: Path) -> None:
    base = make_results(tmp_path / "a", TEXTS)
    head = make_results(tmp_path / "b", (*(f"x{text}" for text in TEXTS[:7]), *TEXTS[7:]))
    found = compare_runs(Findings(base), Findings(head))
    assert found.matching.altered == tuple(str(i) for i in range(1, 8))
    assert ids_of(found) == [str(i) for i in range(8, 13)]


def test_no_text_in_common_is_an_error(tmp_path: Path) -> None:
    base = make_results(tmp_path / "a", TEXTS)
    head = make_results(tmp_path / "b", tuple(f"x{text}" for text in TEXTS))
    with pytest.raises(ComparisonError, match="no text is in both results") as caught:
        compare_runs(Findings(base), Findings(head))
    assert caught.value.exit_code == 1


def test_a_text_given_twice_counts_twice(tmp_path: Path) -> None:
    base = make_results(tmp_path / "a", ("ab", "ab", "cd"))
    head = make_results(tmp_path / "b", ("ab", "cd", "cd"))
    found = compare_runs(Findings(base), Findings(head)).matching
    assert (found.base, found.head) == ((0, 2), (0, 2))
    assert found.altered == ("2",)


def test_the_second_text_of_a_pair_counts(tmp_path: Path) -> None:
    base, head = twice(tmp_path)
    texts = head.texts.copy()
    texts.loc[3, "pair"] = "and this"
    found = compare_runs(Findings(base), Findings(changed(head, texts=texts)))
    assert found.matching.altered == ("4",)


# Predictions


def test_predictions_are_compared_text_by_text(sides, found: Comparison) -> None:
    own, other = (side.texts["prediction"].to_numpy(float) for side in sides)
    predictions = found.predictions
    assert predictions.change == pytest.approx(other - own)
    assert predictions.threshold == pytest.approx(MOVED * np.std(own))
    moved = [abs(b - a) > MOVED * np.std(own) for a, b in zip(own, other, strict=True)]
    assert predictions.moved.tolist() == moved
    figures = comparison_figures(found)
    assert figures["prediction_changed"] == pytest.approx(np.mean(moved), abs=1e-5)
    assert figures["prediction_change_mean"] == pytest.approx(np.mean(other - own), rel=1e-5)
    assert figures["prediction_change_max"] == pytest.approx(max(abs(other - own)), rel=1e-5)
    assert figures["prediction_correlation"] == pytest.approx(
        spearmanr(own, other).statistic, rel=1e-5
    )


def test_the_fit_of_both_is_that_against_the_labels(sides, found: Comparison) -> None:
    labels = np.array(LABELS)
    figures = comparison_figures(found)
    fits = []
    for side in sides:
        errors = side.texts["prediction"].to_numpy(float) - labels
        fits.append(
            (1 - (errors**2).sum() / ((labels - labels.mean()) ** 2).sum(), abs(errors).mean())
        )
    assert (figures["r2_base"], figures["mae_base"]) == pytest.approx(fits[0], rel=1e-5)
    assert (figures["r2_head"], figures["mae_head"]) == pytest.approx(fits[1], rel=1e-5)
    assert figures["r2_drop"] == pytest.approx(fits[0][0] - fits[1][0], rel=1e-4)
    assert figures["mae_rise"] == pytest.approx(fits[1][1] - fits[0][1], rel=1e-4)


def test_intervals_draw_both_figures_of_a_text_together(found: Comparison, sides) -> None:
    """A plain bootstrap with other draws gives about the same interval."""
    own, other = (side.texts["prediction"].to_numpy(float) for side in sides)
    labels = np.array(LABELS)

    def drop(rows: list[int]) -> float:
        before, after = (r_squared(side[rows], labels[rows]) for side in (own, other))
        return after - before

    low, high = plain_interval(lambda rows: (other - own)[rows].mean(), len(own))
    assert found.predictions.mean.interval == pytest.approx((low, high), abs=0.15 * (high - low))
    low, high = plain_interval(drop, len(own))
    assert found.predictions.fit("r2").interval == pytest.approx(
        (low, high), abs=0.2 * (high - low)
    )


def test_gates_can_name_the_ends_of_each_change(sides, found: Comparison) -> None:
    """Plain bootstraps with other draws give about the same ends; drops are turned round."""
    own, other = (side.texts["prediction"].to_numpy(float) for side in sides)
    labels, figures = np.array(LABELS), comparison_figures(found)
    growth = abs(other - labels) - abs(own - labels)
    moved, distances = found.predictions.moved.astype(float), found.heads.by_text
    change = found.layers[0].largest
    plain = {
        "mae_head": lambda rows: abs(other - labels)[rows].mean(),
        "rmse_base": lambda rows: np.sqrt(((own - labels)[rows] ** 2).mean()),
        "rank_correlation_head": lambda rows: spearman(other[rows], labels[rows]),
        "r2_base": lambda rows: r_squared(own[rows], labels[rows]),
        "mae_rise": lambda rows: growth[rows].mean(),
        "prediction_changed": lambda rows: moved[rows].mean(),
        "prediction_correlation": lambda rows: spearman(own[rows], other[rows]),
        "jsd_mean": lambda rows: distances[rows].mean(),
    }
    for name, statistic in plain.items():
        low, high = plain_interval(statistic, len(own), draws=1_500)
        near = pytest.approx((low, high), abs=0.25 * (high - low))
        assert (figures[f"{name}_low"], figures[f"{name}_high"]) == near, name
        assert COMPARE_FIGURES.find(f"{name}_low").has_interval
    interval = found.predictions.fit("r2").interval
    ends = (figures["r2_drop_low"], figures["r2_drop_high"])
    assert ends == pytest.approx((-interval.high, -interval.low), rel=1e-4)
    sign = 1 if change.difference > 0 else -1
    ends = sorted(sign * end for end in change.interval)
    got = (figures["special_share_change_max_low"], figures["special_share_change_max_high"])
    assert got == pytest.approx(ends, rel=1e-4)


def test_classes_change_by_name_and_accuracy_is_paired(tmp_path: Path) -> None:
    given = [NAMES["class"][i % 2] for i in range(len(TEXTS))]
    base, head = (
        changed(side, texts=side.texts.assign(label=given))
        for side in pair_of(tmp_path, kind="class", evidence="basic")
    )
    found = compare_runs(Findings(base), Findings(head))
    own, other = (side.texts["prediction_label"].tolist() for side in (base, head))
    moved = [a != b for a, b in zip(own, other, strict=True)]
    assert 0 < sum(moved) < len(moved)
    assert found.predictions.moved.tolist() == moved
    figures = comparison_figures(found)
    right = [np.mean([a == b for a, b in zip(side, given, strict=True)]) for side in (own, other)]
    assert [figures["accuracy_base"], figures["accuracy_head"]] == pytest.approx(right, abs=1e-5)
    assert figures["accuracy_drop"] == pytest.approx(right[0] - right[1], abs=1e-5)
    assert figures["prediction_change_max"] is figures["r2_base"] is None


def test_several_numbers_are_compared_in_the_spread_of_each(tmp_path: Path) -> None:
    base, head = pair_of(tmp_path, kind="numbers")
    own, other = (np.stack(side.texts["scores"]) for side in (base, head))
    found = compare_runs(Findings(base), Findings(head)).predictions
    assert found.change == pytest.approx((abs(other - own) / own.std(axis=0)).max(axis=1))
    assert found.mean is found.quality is None


@pytest.mark.parametrize("kind", ["labels", "next_token"])
def test_labels_and_tokens_change_by_name(tmp_path: Path, kind: str) -> None:
    base, head = pair_of(tmp_path, kind=kind)
    own, other = (side.texts["prediction_label"].tolist() for side in (base, head))
    found = compare_runs(Findings(base), Findings(head)).predictions
    assert found.n_moved == sum(a != b for a, b in zip(own, other, strict=True))


def test_an_embedding_and_another_kind_of_output_are_not_compared(tmp_path: Path) -> None:
    assert (
        compare_runs(*map(Findings, pair_of(tmp_path / "e", kind="embedding"))).predictions is None
    )
    base = make_results(tmp_path / "base", TEXTS, kind="number")
    head = make_results(tmp_path / "head", TEXTS, kind="class")
    found = compare_runs(Findings(base), Findings(head))
    assert found.predictions is None
    assert not found.pairing.same_output
    assert comparison_figures(found)["prediction_changed"] is None


# Layers and heads


def test_shares_and_entropy_are_means_by_layer(sides, found: Comparison) -> None:
    by_key = {each.key: each for each in found.layers}
    assert list(by_key) == ["special", "cls", "sep", "entropy"]
    for side, name in zip(sides, ("base", "head"), strict=True):
        for layer in range(1, 5):
            heads = side.heads[side.heads["layer"] == layer]
            roles = side.roles[(side.roles["layer"] == layer) & (side.roles["role"] == "cls")]
            got = {key: getattr(each, name)[layer - 1] for key, each in by_key.items()}
            assert got["special"] == pytest.approx(heads["special_share"].mean(), abs=SAME_SHARE)
            assert got["entropy"] == pytest.approx(heads["entropy"].mean(), abs=SAME_SHARE)
            assert got["cls"] == pytest.approx(roles["share"].mean(), abs=SAME_SHARE)
    changes = [b - a for a, b in zip(by_key["cls"].base, by_key["cls"].head, strict=True)]
    figures = comparison_figures(found)
    assert figures["sink_share_change_cls"] == pytest.approx(max(map(abs, changes)), rel=1e-4)


def distance(p: np.ndarray, q: np.ndarray) -> float:
    """The square root of the Jensen-Shannon divergence in bits, as Lin 1991 writes it."""

    def entropy(row):
        return -sum(x * math.log2(x) for x in row if x > 0)

    return math.sqrt(max(0.0, entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2))


def test_the_distance_of_heads_is_a_mean_over_queries_then_texts(sides, found: Comparison) -> None:
    layer, which = 2, 1
    by_text = []
    for text in range(len(TEXTS)):
        own, other = (
            unpack(side.packed_maps(text), 4, 3)[layer, which].astype(float) for side in sides
        )
        steps = [np.rint(255 * np.sqrt(side)) for side in (own, other)]
        near, lower = abs(steps[0] - steps[1]) <= 1, np.minimum(own, other)
        own, other = (np.where(near, lower, side) for side in (own, other))
        own, other = (side / side.sum(axis=1, keepdims=True) for side in (own, other))
        by_text.append(np.mean([distance(p, q) for p, q in zip(own, other, strict=True)]))
    assert found.heads.distance[layer, which] == pytest.approx(np.mean(by_text), abs=1e-6)
    assert found.heads.texts.tolist() == list(range(len(TEXTS)))
    figures = comparison_figures(found)
    assert figures["jsd_mean"] == pytest.approx(found.heads.distance.mean(), rel=1e-5)
    assert figures["heads_changed"] == 12  # drawn anew, every one


def test_distances_go_from_nothing_to_one() -> None:
    own = quantise(np.array([[1.0, 0.0], [0.5, 0.5]], np.float32))
    other = quantise(np.array([[0.0, 1.0], [0.5, 0.5]], np.float32))
    assert row_distances(own, other).tolist() == pytest.approx([1.0, 0.0])
    assert row_distances(own, own).tolist() == [0.0, 0.0]


def test_one_step_of_packing_is_no_distance_and_two_are_one() -> None:
    own = np.full((1, 9), 85, np.uint8)
    assert row_distances(own, own + 1).tolist() == [0.0]
    assert row_distances(own, own - 1).tolist() == [0.0]
    moved = own.copy()
    moved[0, 0] += 2
    assert row_distances(own, moved)[0] > 0


def test_a_distance_is_the_same_in_both_directions() -> None:
    random = np.random.default_rng(3)
    own = random.integers(0, 256, (200, 9)).astype(np.uint8)
    other = (own.astype(int) + random.integers(-3, 4, own.shape)).clip(0, 255).astype(np.uint8)
    there, back = row_distances(own, other), row_distances(other, own)
    assert there.any()
    assert there.tolist() == back.tolist()


def test_up_to_the_threshold_little_weight_can_stand_elsewhere() -> None:
    """The bound the threshold is explained by."""
    random = np.random.default_rng(2)
    for _ in range(300):
        p, q = random.dirichlet(np.full(8, 0.5), 2)
        q = p + (q - p) * random.uniform(0, 0.2)
        moved = abs(p - q).sum() / 2
        assert moved <= math.sqrt(2 * math.log(2)) * distance(p, q) + 1e-12
    assert math.sqrt(2 * math.log(2)) * HEAD_LEAST < 0.12


def test_other_numbers_of_heads_stand_side_by_side(tmp_path: Path) -> None:
    base = make_results(tmp_path / "a", TEXTS, n_layers=4, n_heads=3)
    head = make_results(tmp_path / "b", TEXTS, n_layers=6, n_heads=2)
    found = compare_runs(Findings(base), Findings(head))
    assert found.heads is None
    assert not found.pairing.same_shape
    assert {(len(each.base), len(each.head), each.changes) for each in found.layers} == {(4, 6, ())}
    figures = comparison_figures(found)
    assert figures["jsd_max"] is figures["heads_changed"] is None
    assert figures["entropy_change_max"] is figures["special_share_change_max"] is None
    assert not found.is_same


def test_only_texts_whose_maps_both_keep_have_a_distance(tmp_path: Path) -> None:
    base = make_results(tmp_path / "a", TEXTS)
    head = make_results(tmp_path / "b", TEXTS, keep=3)
    assert compare_runs(Findings(base), Findings(head)).heads.texts.tolist() == [0, 1, 2]
    assert (
        compare_runs(Findings(base), Findings(make_results(tmp_path / "c", TEXTS, keep=0))).heads
        is None
    )


# Texts and tokens


def test_what_is_cut_otherwise_is_not_comparable_and_never_zero(tmp_path: Path) -> None:
    base, head = pair_of(tmp_path, evidence="basic")
    head = retokenise(head, 2)
    found = compare_runs(Findings(base), Findings(head))
    assert np.flatnonzero(~found.pairing.aligned).tolist() == [2]
    figures = comparison_figures(found)
    assert figures["texts_comparable"] == len(TEXTS) - 1
    assert figures["texts_not_comparable"] == 1
    assert 2 not in found.heads.texts
    assert 2 not in found.effects.texts
    assert 2 in found.predictions.texts  # a prediction has no tokens


def test_a_text_that_failed_in_one_is_counted(tmp_path: Path) -> None:
    base = make_results(tmp_path / "a", (*TEXTS, ""), failed=(1,))
    head = make_results(tmp_path / "b", (*TEXTS, ""), failed=(4, 5))
    pairing = compare_runs(Findings(base), Findings(head)).pairing
    assert (pairing.n_analysed, pairing.n_only_base, pairing.n_only_head) == (9, 2, 1)


def test_the_change_of_effects_is_in_spreads_of_the_base(tmp_path: Path) -> None:
    base, head = twice(tmp_path, evidence="basic")
    random = np.random.default_rng(3)
    effects = head.effects.copy()
    effects["effect"] += random.normal(0, 0.1, len(effects))
    head = changed(head, effects=effects)
    found = compare_runs(Findings(base), Findings(head)).effects
    sides = []
    for side in (base, head):
        by_text = defaultdict(list)
        for row in side.effects.itertuples():
            if np.isfinite(row.effect):
                by_text[row.text].append(row.effect)
        sides.append(by_text)
    spread = np.std([value for values in sides[0].values() for value in values])
    assert found.spread == pytest.approx(spread)
    for place, text in enumerate(found.texts):
        own, other = np.array(sides[0][text]), np.array(sides[1][text])
        assert found.change[place] == pytest.approx(abs(other - own).mean() / spread, rel=1e-4)
        if len(own) >= 4:
            assert found.rank[place] == pytest.approx(spearmanr(own, other).statistic)
    assert found.mean.head == pytest.approx(found.change.mean())


def test_a_token_is_its_mean_over_the_texts_it_stands_in(tmp_path: Path) -> None:
    base, head = pair_of(tmp_path, evidence="basic")
    head = plant(head)
    star = next(
        each for each in compare_runs(Findings(base), Findings(head)).tokens if each.token == STAR
    )
    for side, name in ((base, "base"), (head, "head")):
        tokens = side.stored("tokens").merge(side.effects, on=["text", "position"])
        own = tokens[tokens["token"] == STAR]
        assert star.n_texts == own["text"].nunique() == len(own)
        even = own["expected"]
        assert getattr(star.effect, name) == pytest.approx(own["effect"].mean(), abs=1e-6)
        received = (own["received_all"] / even).mean()
        assert getattr(star.attention, name) == pytest.approx(received, rel=1e-4)
        looked = (own["cls_row_all"] / even).mean()
        assert getattr(star.row, name) == pytest.approx(looked, rel=1e-4)
    assert star.turn == "more"


def test_a_planted_token_stands_first_and_is_said(tmp_path: Path) -> None:
    base, head = pair_of(tmp_path, evidence="basic")
    head = plant(head)
    found = compare_runs(Findings(base), Findings(head))
    assert found.tokens[0].token == STAR
    assert [token.token for token in found.tokens if token.turn != "noise"] == [STAR]
    (note,) = [note for note in change_notes(found) if note.token == STAR]
    assert (note.id, note.also) == ("token_moves", ("token_looks_row",))
    assert note.values["effect_head"] - note.values["effect_base"] == pytest.approx(0.6, abs=1e-6)
    assert note.values["effect_low"] > 0.5


@pytest.mark.parametrize(
    ("effect", "row", "note"),
    [
        (0.6, 0.0, ("token_moves", ("token_attention_row",))),
        (0.02, 0.5, ("token_moves", ("token_looks_row",))),  # small, but both go together
        (0.02, 0.0, None),  # small, and not looked at
        (0.0, 0.5, ("token_looks_row", ())),
        (0.0, 0.001, None),
    ],
)
def test_a_note_on_a_token_takes_a_large_change_or_both(
    tmp_path: Path, effect: float, row: float, note: tuple[str, tuple[str, ...]] | None
) -> None:
    base, head = twice(tmp_path, evidence="basic")
    head = plant(head, effect=effect, row=row)
    found = compare_runs(Findings(base), Findings(head))
    said = [(each.id, each.also) for each in change_notes(found) if each.token == STAR]
    assert said == ([note] if note else [])
    assert (found.tokens[0].token == STAR) is (effect > 0)


def test_what_is_hardly_looked_at_is_not_said_to_be(tmp_path: Path) -> None:
    """Many times next to nothing is next to nothing."""
    sides = []
    for side, weight in zip(twice(tmp_path, evidence="basic"), (0.0001, 0.004), strict=True):
        tokens = side.tokens
        tokens.loc[tokens["token"] == STAR, "cls_row_all"] = weight
        sides.append(changed(side, tokens=tokens))
    found = compare_runs(*map(Findings, sides))
    star = next(each for each in found.tokens if each.token == STAR)
    assert star.row.head > 10 * star.row.base
    assert change_notes(found) == []


def test_a_token_that_moves_it_less_stands_behind_one_that_moves_it_more(tmp_path: Path) -> None:
    base, head = twice(tmp_path, evidence="basic")
    base = plant(base, effect=3.0, row=0.0)
    head = plant(head, effect=0.0, row=0.0)
    other = next(
        t.token for t in compare_runs(Findings(base), Findings(head)).tokens if t.token != STAR
    )
    head = plant(head, effect=1.5, row=0.0, token=other)
    tokens = compare_runs(Findings(base), Findings(head)).tokens
    assert [(token.token, token.turn) for token in tokens[:2]] == [(other, "more"), (STAR, "less")]
    assert abs(tokens[0].effect.difference) < abs(tokens[1].effect.difference)
    assert [n.id for n in change_notes(compare_runs(Findings(base), Findings(head)))][:2] == [
        "token_moves",
        "token_moves_less",
    ]


def test_effects_of_other_classes_are_not_compared(tmp_path: Path) -> None:
    base, head = twice(tmp_path, evidence="basic", kind="class")
    evidence = head.evidence.copy()
    evidence.loc[[0, 3], "explained_label"] = "another"
    head = changed(head, evidence=evidence)
    found = compare_runs(Findings(base), Findings(head))
    assert found.units.n_other_target == 2
    assert set(found.effects.texts) == set(range(len(TEXTS))) - {0, 3}


def test_effects_of_other_figures_are_not_compared(tmp_path: Path) -> None:
    base = make_results(tmp_path / "a", TEXTS, evidence="basic")
    head = make_results(tmp_path / "b", TEXTS, evidence="none")
    found = compare_runs(Findings(base), Findings(head))
    assert found.effects is None
    assert all(token.effect is None and token.row is None for token in found.tokens)
    assert comparison_figures(found)["deletion_change_mean"] is None


def test_where_the_output_reads_all_rows_attention_received_says_where_it_looks(
    tmp_path: Path,
) -> None:
    base, head = pair_of(tmp_path, evidence="basic", reads_cls_only=False)
    head = plant(head)
    found = compare_runs(Findings(base), Findings(head))
    assert all(token.row is None for token in found.tokens)
    assert change_notes(found)[0].also == ("token_looks",)


# A model and itself


@pytest.mark.parametrize("kind", some_of(TASKS, "class", "choice", "embedding", "number", "tags"))
def test_nothing_is_found_between_a_model_and_itself(tmp_path: Path, kind: str) -> None:
    base, head = twice(tmp_path, kind=kind, evidence="basic", labels=LABELS)
    head = shaken(head)
    found = compare_runs(Findings(base), Findings(head))
    assert found.is_same
    assert change_notes(found) == []
    zero = {
        name: value
        for name, value in comparison_figures(found).items()
        if any(part in name for part in ("change", "jsd", "drop", "rise"))
    }
    assert set(zero.values()) <= {0, None}
    assert all(token.turn == "noise" for token in found.tokens)


def test_a_difference_that_rounding_cannot_make_is_one(tmp_path: Path) -> None:
    base, head = twice(tmp_path, evidence="basic")
    found = compare_runs(Findings(base), Findings(shaken(head, by=1e-3)))
    assert not found.is_same


def test_what_other_batches_move_is_set_back() -> None:
    base, head = np.array([1.0, 1.0, 0.0]), np.array([1.0 + 2e-6, 1.01, 5e-6])
    assert equal_if_close(base, head, 1.0, SAME_OUTPUT).tolist() == [1.0, 1.01, 0.0]
    assert SAME_SHARE < 1e-3


def test_few_texts_have_no_interval_and_no_tokens(tmp_path: Path) -> None:
    found = compare_runs(*map(Findings, pair_of(tmp_path, HEADLINES[:3], evidence="basic")))
    assert found.tokens == ()
    assert found.predictions.mean.interval is None
    assert change_notes(found) == []
    assert comparison_figures(found)["tokens_changed"] == 0


def test_a_single_text_and_none_analysed_are_compared(tmp_path: Path) -> None:
    assert compare_runs(
        *map(Findings, pair_of(tmp_path / "one", ("abcdefgh",)))
    ).predictions.n_moved in (0, 1)
    found = compare_runs(
        *map(Findings, pair_of(tmp_path / "none", TEXTS, failed=tuple(range(len(TEXTS)))))
    )
    assert found.predictions is None
    assert found.layers == ()
    assert found.heads is None


def test_labels_of_either_side_are_those_of_both(tmp_path: Path) -> None:
    """Swapped, the changes have the opposite sign, whichever side has the labels."""
    base = make_results(tmp_path / "a", TEXTS, labels=LABELS)
    head = make_results(tmp_path / "b", TEXTS, seed=1)
    there, back = (
        compare_runs(Findings(base), Findings(head)).predictions,
        compare_runs(Findings(head), Findings(base)).predictions,
    )
    assert there.fit("r2").difference == pytest.approx(-back.fit("r2").difference)
    assert there.fit("mae").base == back.fit("mae").head


def test_other_labels_are_left_out_and_counted(tmp_path: Path) -> None:
    base = make_results(tmp_path / "a", TEXTS, labels=LABELS)
    head = make_results(tmp_path / "b", TEXTS, seed=1, labels=(*LABELS[:-2], 70.0, 80.0))
    found = compare_runs(Findings(base), Findings(head))
    assert found.pairing.n_other_labels == 2
    assert found.predictions.fit("mae").n_texts == 10
    own = base.texts["prediction"].to_numpy()[:10]
    assert found.predictions.fit("mae").base == pytest.approx(np.abs(own - LABELS[:10]).mean())
    back = compare_runs(Findings(head), Findings(base)).predictions
    assert found.predictions.fit("r2").difference == pytest.approx(-back.fit("r2").difference)


def test_accuracy_is_against_the_same_labels(tmp_path: Path) -> None:
    sides = []
    for results, shift in zip(pair_of(tmp_path, kind="class"), (0, 1), strict=True):
        labels = [NAMES["class"][(i + shift * (i < 3)) % 2] for i in range(len(TEXTS))]
        sides.append(changed(results, texts=results.texts.assign(label=labels)))
    found = compare_runs(*map(Findings, sides))
    assert found.pairing.n_other_labels == 3
    assert found.predictions.fit("accuracy").n_texts == 9


def test_several_numbers_are_compared_only_where_there_are_as_many(tmp_path) -> None:
    made = make_results(tmp_path, kind="numbers")
    unnamed = replace(made.info, output=replace(made.info.output, labels=()))
    more = made.texts.assign(scores=[[*scores, 1.0] for scores in made.texts["scores"]])
    base, head = changed(made, unnamed), changed(made, unnamed, texts=more)
    assert compare_runs(Findings(base), Findings(base)).predictions is not None
    found = compare_runs(Findings(base), Findings(head))
    assert found.predictions is None
    assert not found.pairing.same_output
