"""The table of a text's units holds the columns of the results."""

from dataclasses import replace

import pytest
from helpers.made_up.factories import HEADLINES, make_results
from helpers.made_up.made_up_units import made_units

from reportgen.report import load_language
from reportgen.report.charts import Weights
from reportgen.report.panel import text_effects, unit_table
from reportgen.results import text_units

EN = load_language("en")
HEADS = 3
ATTENTION = {
    "received, all layers (%)": "received_all",
    "received, layer 4 (%)": "received_last",
    "[CLS] row, layer 4 (%)": "cls_row_last",
}


def table(results, heads="mean"):
    units = text_units(results, 0)
    effects = text_effects(results, 0, units.unit_of)
    scalar = results.info.evidence.scalar
    name = None if units.cls_row is None else "[CLS]"
    return unit_table(units, effects, name, scalar, Weights(EN, heads, HEADS), EN)


def test_without_evidence_there_is_attention_alone(tmp_path):
    made = make_results(tmp_path, HEADLINES[:1])
    shown, tokens = table(made), made.tokens_of(0)
    assert shown.columns == tuple(ATTENTION)
    (even,) = {f"{100 * value:.2f}\u00a0%" for value in tokens["expected"]}
    assert shown.even == f"The equal share of every token is {even}."
    for row, (_, token) in zip(shown.rows, tokens.iterrows(), strict=True):
        assert row.figures == tuple(f"{100 * token[c]:.2f}" for c in ATTENTION.values())
        assert (row.index, row.label) == (token["position"], token["token"])
        assert row.is_special == token["is_special"]


def test_evidence_has_a_column_each_with_its_sign(tmp_path):
    made = make_results(tmp_path, HEADLINES[:1], evidence="full")
    shown, effects = table(made), made.effects_of(0)
    assert shown.columns[3:] == (
        "attention × value, all layers (%)",
        "effect",
        "gradient size",
        "integrated gradients",
        "[MASK] effect",
        "ALTI (%)",
    )
    for row, (_, effect), (_, token) in zip(
        shown.rows, effects.iterrows(), made.tokens_of(0).iterrows(), strict=True
    ):
        norm, deletion, gradient, ig, mask, alti = row.figures[3:]
        assert norm == f"{100 * token['received_norm_all']:.2f}"
        assert float(gradient) == pytest.approx(effect["gradient"], abs=1e-3)
        assert alti == f"{100 * effect['alti']:.2f}"
        for text, name in ((deletion, "effect"), (mask, "mask"), (ig, "ig")):
            if token["is_special"] and name != "ig":
                assert text == "–"
            else:
                assert float(text.replace("−", "-")) == pytest.approx(effect[name], abs=1e-3)
                assert text.startswith("+") is (effect[name] > 0)


def test_an_even_spread_that_differs_has_a_column(tmp_path):
    units = made_units([0.5, 0.3, 0.2], [0.6, 0.3, 0.1], [0, 1, 2])
    shown = unit_table(units, None, None, None, Weights(EN, "mean", HEADS), EN)
    assert shown.even == ""
    at = shown.columns.index("equal share (%)")
    assert [row.figures[at] for row in shown.rows] == ["60.00", "30.00", "10.00"]


@pytest.mark.parametrize(
    ("label", "is_turned"), [("abc", False), ("無料", False), ("שלום", True), ("(سلام", True)]
)
def test_letters_from_right_to_left_are_told(label, is_turned):
    units = made_units([0.5], [0.5], [0])
    units = replace(units, units=(replace(units.units[0], label=label),))
    (row,) = unit_table(units, None, None, None, Weights(EN, "mean", HEADS), EN).rows
    assert row.is_turned is is_turned


def test_a_distance_has_no_sign(tmp_path):
    made = make_results(tmp_path, HEADLINES[:1], evidence="full", kind="embedding")
    shown = table(made)
    at = shown.columns.index("effect")
    assert not any(row.figures[at].startswith("+") for row in shown.rows)
    at = shown.columns.index("integrated gradients")
    assert any(row.figures[at].startswith("+") for row in shown.rows)


def test_sums_are_the_means_times_the_heads(tmp_path):
    made = make_results(tmp_path, HEADLINES[:1], evidence="basic")
    token = made.tokens_of(0).iloc[0]
    shown = table(made, heads="sum")
    assert shown.columns[1] == "received, layer 4 (sum of heads)"
    assert shown.rows[0].figures[1] == f"{HEADS * token['received_last']:.3f}"
    norm = shown.columns.index("attention × value, all layers (%)")
    assert shown.rows[0].figures[norm] == f"{100 * token['received_norm_all']:.2f}"


def test_without_a_cls_row_it_has_no_column(tmp_path):
    shown = table(make_results(tmp_path, HEADLINES[:1], special=False))
    assert not any("[CLS]" in name for name in shown.columns)
