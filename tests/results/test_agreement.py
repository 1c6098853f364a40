"""Views of text units and their rank agreement with deletion, against plain loops."""

import warnings
from collections.abc import Sequence
from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from helpers.made_up.factories import make_results
from helpers.plain.reference import RECORDS
from hypothesis import given
from hypothesis import strategies as st

from reportgen.results import MIN_UNITS, VIEWS, Score, agreement_columns, text_agreement, unit_views
from reportgen.results.agreement import yardstick
from reportgen.results.tables import AGREEMENT_SCHEMA

IN_TOKENS = (
    "received_norm_all",
    "received_norm_last",
    "received_all",
    "received_last",
    "cls_row_all",
    "cls_row_last",
)
IN_EFFECTS = (
    "effect",
    "mask",
    "gradient",
    "jacobian",
    "ig",
    "alti",
    "attention_gradient",
    "alone",
    "cp_lrp",
)
PLACES = ("unit_tokens", "early", "late")  # baselines that take no offsets
# Which vector of the reference each view is; all of them explain the embedding.
REFERENCE = {
    "received_norm_all": "all_norms_col",
    "received_norm_last": "last_norms_col",
    "received_all": "all_col_mean",
    "received_last": "last_col_mean",
    "cls_row_all": "all_cls_row",
    "cls_row_last": "last_cls_row",
    "jacobian": "jac_F",
    "ig": "ig64_cos",
    "alti": "alti_rollout_col_mean",
    "mask": "occ_mask_D",
    "rarity": "ids",
}


def token_table(
    units: Sequence[int], is_special: Sequence[bool], ids: Sequence[int], text: int = 0, **columns
) -> pd.DataFrame:
    """One text's rows of the table of tokens; views that are not given are missing."""
    given = {name: columns.get(name, [np.nan] * len(units)) for name in IN_TOKENS}
    return (
        pd.DataFrame(
            {"text": text, "unit": units, "is_special": is_special, "token_id": ids, **given}
        )
        .assign(expected=columns.get("expected", 1 / len(units)))
        .assign(segment=pd.array([0] * len(units), pd.Int8Dtype()))
        .astype({"unit": "Int32", "token_id": "Int32", "is_special": "boolean"})
    )


def effects_table(n: int, **columns) -> pd.DataFrame:
    return pd.DataFrame({name: columns.get(name, [np.nan] * n) for name in IN_EFFECTS})


def values(scores: Sequence[Score], statistic: str) -> dict[str, float]:
    return {score.view: score.value for score in scores if score.statistic == statistic}


def plain_ranks(numbers: Sequence[float]) -> list[float]:
    """Ranks from 1; equals share the mean of theirs."""
    return [
        sum(other < number for other in numbers)
        + (sum(other == number for other in numbers) + 1) / 2
        for number in numbers
    ]


def plain_spearman(a: Sequence[float], b: Sequence[float]) -> float:
    x, y = plain_ranks(a), plain_ranks(b)
    middle = (len(x) + 1) / 2
    above = sum((p - middle) * (q - middle) for p, q in zip(x, y, strict=True))
    return above / sqrt(sum((p - middle) ** 2 for p in x) * sum((q - middle) ** 2 for q in y))


@pytest.mark.parametrize("number", range(len(RECORDS)))
def test_a_real_encoder_agrees_as_its_reference_vectors_do(number: int) -> None:
    record = RECORDS[number]
    n = len(record["ids"])
    is_special = [i in (0, n - 1) for i in range(n)]
    columns = {view: record[name] for view, name in REFERENCE.items()}
    tokens = token_table(range(n), is_special, record["ids"], number, **columns)
    effects = effects_table(n, effect=record["occ_delete_D"], **columns)
    scores = text_agreement(number, unit_views(tokens, effects), is_distance=True)
    content = slice(1, n - 1)
    deletion = record["occ_delete_D"][content]
    expected = {
        view: [abs(value) for value in record[name][content]] for view, name in REFERENCE.items()
    }
    found = values(scores, "spearman")
    assert set(found) == {*REFERENCE, *PLACES, "random"}
    for view, own in expected.items():
        assert found[view] == pytest.approx(plain_spearman(own, deletion), abs=1e-12)


def test_the_reference_encoder_ranks_as_it_was_found_to() -> None:
    """Norm-weighted attention agrees well with the size of effects."""
    found: dict[str, list[float]] = {}
    for record in RECORDS:
        n = len(record["ids"])
        columns = {view: record[name] for view, name in REFERENCE.items()}
        views = unit_views(
            token_table(range(n), [i in (0, n - 1) for i in range(n)], record["ids"], **columns),
            effects_table(n, effect=record["occ_delete_D"], **columns),
        )
        for view, value in values(text_agreement(0, views, is_distance=True), "spearman").items():
            found.setdefault(view, []).append(value)
    assert np.mean(found["received_norm_all"]) > 0.75


def test_a_units_value_is_made_of_its_tokens() -> None:
    tokens = token_table(
        units=[0, 1, 1, 2, 3],
        is_special=[True, False, False, False, True],
        ids=[101, 7, 900, 30, 102],
        received_all=[0.5, 0.1, 0.2, 0.05, 0.15],
    )
    effects = effects_table(
        5,
        effect=[np.nan, -0.4, -0.4, 0.3, np.nan],
        mask=[np.nan, 0.7, 0.7, 0.1, np.nan],
        gradient=[9.0, 3.0, 4.0, 2.0, 9.0],
        jacobian=[9.0, 5.0, 12.0, 1.0, 9.0],
        ig=[0.0, -0.25, 0.5, 0.125, 0.0],
        alti=[0.4, 0.1, 0.3, 0.1, 0.1],
    )
    views = unit_views(tokens, effects)
    expected = {
        "effect": [-0.4, 0.3],  # measured on the unit, so not added up
        "mask": [0.7, 0.1],
        # Over its equal share, which is 2 of 5 tokens for the first unit, 1 of 5 for the second.
        "received_all": [(0.1 + 0.2) * 5 / 2, 0.05 * 5],
        "gradient": [5.0, 2.0],  # 3 and 4 stand at a right angle
        "jacobian": [13.0, 1.0],
        "ig": [0.25, 0.125],
        "alti": [0.4, 0.1],
        "rarity": [900, 30],
    }
    assert set(views) == {*expected, *PLACES, "random"}
    for name, own in expected.items():
        assert views[name].tolist() == pytest.approx(own)


def test_tokens_of_a_completion_take_no_part() -> None:
    """They are what is explained; and none of it is read from the row of the last token."""
    rows = {"cls_row_last", "cls_row_all"}
    tokens = token_table(range(4), [False] * 4, [5, 6, 7, 8], received_all=[0.1, 0.2, 0.3, 0.4])
    tokens = tokens.assign(expected=0.25, **dict.fromkeys(rows, 0.25))
    effects = effects_table(4, effect=[1.0, 2.0, np.nan, np.nan])
    assert rows <= unit_views(tokens, effects).keys()
    completed = tokens.assign(segment=pd.array([0, 0, 2, 2], pd.Int8Dtype()))
    views = unit_views(completed, effects)
    assert not rows & views.keys()
    assert {name: len(values) for name, values in views.items()} == dict.fromkeys(views, 2)
    assert views["effect"].tolist() == [1.0, 2.0]


def test_the_yardstick_is_the_effect_that_is_shown() -> None:
    views = {"effect": np.array([0.5, -0.25, 1.0, 0.0]), "gradient": np.array([4.0, 1.0, 3.0, 2.0])}
    assert yardstick(views) is views["effect"]
    found = values(text_agreement(0, views), "spearman")
    assert found == {"gradient": pytest.approx(plain_spearman([4, 1, 3, 2], [0.5, 0.25, 1, 0]))}
    assert yardstick({"gradient": np.ones(3)}) is None


def test_a_view_with_a_sign_is_compared_by_size_as_well() -> None:
    own, effects = np.array([-3.0, 1.0, 2.0, -0.5, 0.1]), np.array([2.0, 0.5, 1.0, -0.2, -0.3])
    views = {"effect": effects, "attention_gradient": own, "gradient": abs(own)}
    scores = text_agreement(0, views)
    sizes = plain_spearman(abs(own).tolist(), abs(effects).tolist())
    signed = plain_spearman(own.tolist(), effects.tolist())
    assert sizes != signed
    assert values(scores, "spearman_size") == {"attention_gradient": pytest.approx(sizes)}
    found = values(scores, "spearman")
    assert found == pytest.approx({"attention_gradient": signed, "gradient": sizes})
    assert values(text_agreement(0, views, is_distance=True), "spearman_size") == {}


def test_units_without_an_effect_do_not_count() -> None:
    deletion = np.array([0.1, np.nan, 0.3, 0.2, 0.4, 0.5])
    views = {"effect": deletion, "received_all": np.array([1.0, 99.0, 3.0, 2.0, 5.0, 4.0])}
    found = values(text_agreement(0, views), "spearman")
    kept = [0, 2, 3, 4, 5]
    assert found["received_all"] == pytest.approx(
        plain_spearman(views["received_all"][kept].tolist(), deletion[kept].tolist())
    )


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=4, max_size=9))
def test_it_equals_plain_loops_ties_and_all(pairs: list[tuple[int, int]]) -> None:
    views = {
        "ig": np.array([a for a, _ in pairs], dtype=float),
        "gradient": np.array([abs(a) for a, _ in pairs], dtype=float),
        "effect": np.array([b for _, b in pairs], dtype=float),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = text_agreement(3, views)
    signed = (views["ig"].tolist(), views["effect"].tolist())
    unsigned = (views["gradient"].tolist(), abs(views["effect"]).tolist())
    for view, (own, deletion) in {"ig": signed, "gradient": unsigned}.items():
        defined = len(set(own)) > 1 and len(set(deletion)) > 1
        found = values(scores, "spearman")
        assert (view in found) == defined
        if defined:
            assert found[view] == pytest.approx(plain_spearman(own, deletion), abs=1e-12)
    assert {score.text for score in scores} <= {3}


@pytest.mark.parametrize(("is_distance", "signed"), [(False, 1.0), (True, -1.0)])
def test_only_signed_views_are_held_against_signed_effects(
    is_distance: bool, signed: float
) -> None:
    deletion = np.array([-4.0, -3.0, -2.0, -1.0])
    views = dict.fromkeys(("ig", "mask", "received_all"), deletion * 2 + 10)
    scores = text_agreement(0, {**views, "effect": deletion}, is_distance=is_distance)
    found = values(scores, "spearman")
    # As sizes the views rise where the effects fall.
    assert found == pytest.approx({"ig": signed, "mask": signed, "received_all": -1.0})


@pytest.mark.parametrize("n", range(1, 7))
def test_few_units_have_no_agreement(n: int) -> None:
    views = {"effect": np.arange(n) + 0.5, "received_all": np.arange(n) * 2.0}
    assert bool(text_agreement(0, views)) == (n >= MIN_UNITS)


@pytest.mark.parametrize("deletion", [[0.0] * 5, [0.5, -0.5, 0.5, 0.5, -0.5]])
def test_effects_of_one_size_agree_with_nothing(deletion: list[float]) -> None:
    views = {"effect": np.array(deletion), "received_all": np.arange(5.0)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert text_agreement(0, views) == []


def test_without_deletion_effects_there_is_no_agreement() -> None:
    tokens = token_table(range(5), [False] * 5, range(5), received_all=[0.1, 0.2, 0.3, 0.15, 0.25])
    views = unit_views(tokens, effects_table(5))
    assert set(views) == {"received_all", "rarity", *PLACES, "random"}
    assert text_agreement(0, views) == []


def test_baselines_are_what_units_tell_of_themselves() -> None:
    tokens = token_table([0, 1, 1, 2, 3, 4], [True, *[False] * 4, True], [1, 7, 900, 30, 8, 2])
    tokens = tokens.assign(start=[None, 0, 2, 5, 6, None], end=[None, 2, 5, 6, 16, None])
    views = unit_views(tokens, effects_table(6, effect=[np.nan, 1, 1, 2, 3, np.nan]))
    assert views["unit_tokens"].tolist() == [2, 1, 1]
    assert views["characters"].tolist() == [5, 1, 10]
    assert views["early"].tolist() == [2, 1, 0]
    assert views["late"].tolist() == [0, 1, 2]


def test_a_baseline_that_is_the_same_for_all_units_says_nothing() -> None:
    same = np.ones(5)
    views = {"effect": np.arange(5.0) + 1, "unit_tokens": same, "received_all": same}
    scores = text_agreement(0, views)
    assert {score.view: score.value for score in scores} == {"unit_tokens": 0.0}
    assert text_agreement(0, {**views, "effect": same}) == []


def test_special_tokens_alone_have_no_views() -> None:
    tokens = token_table([0, 1], [True, True], [101, 102], received_all=[0.5, 0.5])
    assert unit_views(tokens, effects_table(2)) == {}


def test_the_random_order_depends_on_the_text_and_its_units_alone() -> None:
    def order(text: int, n: int, ids: int) -> list[float]:
        tokens = token_table(range(n), [False] * n, range(ids, ids + n), text)
        return unit_views(tokens, effects_table(n))["random"].tolist()

    assert order(3, 20, 0) == order(3, 20, 500)
    assert sorted(order(3, 20, 0)) == list(range(20))
    assert order(3, 20, 0) != order(4, 20, 0)
    assert order(3, 20, 0) != order(3, 21, 0)[:20]


def test_random_orders_agree_with_nothing_on_average() -> None:
    found = [
        values(
            text_agreement(
                text,
                unit_views(
                    token_table(range(12), [False] * 12, range(12), text),
                    effects_table(12, effect=range(1, 13)),
                ),
            ),
            "spearman",
        )["random"]
        for text in range(120)
    ]
    # The standard deviation of one is 1 / sqrt(11), of the mean .028.
    assert abs(np.mean(found)) < 0.09


def test_views_come_from_results_and_scores_fit_their_table(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="full")
    tokens, effects = results.tokens_of(0), results.effects_of(0)
    assert effects is not None
    views = unit_views(tokens, effects)
    content = ~tokens["is_special"].to_numpy(bool)
    assert set(views) <= {*VIEWS, "effect"}
    for name in ("received_norm_all", "cls_row_last", "received_last"):
        shares = tokens[name][content].to_numpy(float)  # type: ignore[index]
        assert views[name] == pytest.approx(shares * len(tokens))
    assert views["gradient"].tolist() == pytest.approx(effects["gradient"][content].tolist())
    columns = agreement_columns(text_agreement(0, views))
    table = pa.table(columns, schema=AGREEMENT_SCHEMA)
    signed = {"ig", "mask"}
    assert table.num_rows == len(views) - 1 + len(signed)
    assert agreement_columns([]) == {name: [] for name in AGREEMENT_SCHEMA.names}
