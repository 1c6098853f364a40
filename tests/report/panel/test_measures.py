"""What the colours show: values of the results, on a scale that is said, in words that fit."""

import re
from dataclasses import replace

import numpy as np
import pytest
from helpers.made_up.factories import HEADLINES, changed, make_results
from helpers.made_up.made_up_units import made_units
from helpers.plain.plain_multiples import plain_step

from reportgen.report import load_language, visible
from reportgen.report.panel import (
    TextEffects,
    about,
    measures,
    printed,
    text_effects,
    times_average_token,
)
from reportgen.results import BY_ID, COLOURS, text_units

EN = load_language("en")


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    folder = tmp_path_factory.mktemp("full")
    return make_results(folder, HEADLINES, sink=0.4, evidence="full")


def measured(results, text=0):
    units = text_units(results, text)
    labels = [visible(unit.label) for unit in units.units]
    effects = text_effects(results, text, units.unit_of)
    return {m.id: m for m in measures(results.info, units, labels, effects, EN)}


def of_effect(id, values, special=(), complete=True, scalar="number", info=None):
    """The measure `id` of units of one token each, which have `values`."""
    n = len(values)
    units = made_units([1 / n] * n, [1 / n] * n, range(n), special)
    effects = TextEffects({id: np.array(values)}, None, 0, False, complete)
    info = replace(info, evidence=replace(info.evidence, scalar=scalar))
    return measures(info, units, "abcdefgh"[:n], effects, EN)[-1]


def test_a_token_of_many_letters_is_cut_in_a_sentence(full):
    units = made_units([0.5, 0.5], [0.5, 0.5], range(2), ())
    effects = TextEffects({"effect": np.array([2.0, 0.0])}, None, 0, False, True)
    said = measures(full.info, units, ["x" * 250, "b"], effects, EN)[-1].legend
    assert re.search("“(.+)”", said)[1] == f"{'x' * 19}…{'x' * 19}"


def special_of(results, text=0):
    return results.tokens_of(text)["is_special"].to_numpy(bool)


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        ({"evidence": "none"}, ["received_all"]),
        (
            {"evidence": "basic"},
            ["received_norm_all", "received_all", "cls_row_last", "effect", "gradient"],
        ),
        (
            {"evidence": "full"},
            ["received_norm_all", "received_all", "cls_row_last", "effect", "gradient", "ig"],
        ),
        (
            {"evidence": "full", "kind": "embedding"},
            ["received_norm_all", "received_all", "cls_row_last", "effect", "jacobian", "ig"],
        ),
        (
            {"evidence": "basic", "withheld": {"received_norm_all": "values_unproven"}},
            ["received_all", "cls_row_last", "effect", "gradient"],
        ),
        (
            {"evidence": "basic", "special": False},
            ["received_norm_all", "received_all", "effect", "gradient"],
        ),
    ],
)
def test_the_first_measure_is_the_norm_weighted_one_where_there_is_one(tmp_path, arguments, ids):
    assert list(measured(make_results(tmp_path, HEADLINES[:1], **arguments))) == ids
    assert set(ids) <= set(COLOURS)


def test_the_values_of_attention_are_the_columns_of_the_tokens(full):
    tokens = full.tokens_of(0)
    for id in ("received_norm_all", "received_all", "cls_row_last"):
        found = measured(full)[id]
        assert found.values == pytest.approx(tokens[id].to_numpy(float), abs=1e-7)
        assert list(found.shown) == [f"{100 * value:.1f}\u00a0%" for value in tokens[id]]
        content = tokens.loc[~special_of(full), id].astype(float)
        ratios = content / content.mean()
        steps = np.array(found.steps, object)[~special_of(full)]
        assert steps.tolist() == [plain_step(ratio) for ratio in ratios]
        assert found.steps[0] is None
        order = content.sort_values(ascending=False).index
        assert list(found.order) == tokens.loc[order, "position"].tolist()


@pytest.mark.parametrize(("id", "signed"), [("effect", True), ("gradient", False), ("ig", True)])
def test_the_steps_of_an_effect_are_its_share_of_the_largest_with_its_sign(full, id, signed):
    values = full.effects_of(0)[id].to_numpy(float)
    content = ~special_of(full)
    top = np.abs(values[content]).max()
    found = measured(full)[id]
    assert found.kind == ("signed" if signed else "size")
    expected = np.sign(values) * np.round(15 * np.abs(values) / top)
    for step, right, is_content in zip(found.steps, expected, content, strict=True):
        assert step == (right if is_content else None)
    assert any(step < 0 for step in found.steps if step is not None) is signed
    assert found.order[0] == int(np.where(content, np.abs(values), 0).argmax())
    assert {text[0] for text in found.shown if text != "–"} <= (
        {"+", "−", "0"} if signed else {"0"}
    )


def test_the_legend_of_a_signed_effect_says_which_colour_is_which(full):
    for id in ("effect", "ig"):
        said = "Red tokens raise the prediction; blue, underlined ones lower it."
        assert said in about(id, full.info, EN)
    assert "Red tokens" not in about("gradient", full.info, EN)


def test_only_attention_is_called_where_the_model_looks(full):
    for id in COLOURS:
        said = about(id, full.info, EN)
        is_attention = BY_ID[id].group == "attention"
        assert ("Attention is where the model looks" in said) == is_attention, id
        assert ("not where the model looks" in said or "not just where" in said) != is_attention, id
    for id in ("cls_row_all", "alti", "rarity"):
        assert about(id, full.info, EN) == ""


def test_what_colours_show_is_told_in_short_sentences(full):
    model = replace(full.info.model, is_causal=True)
    for info in (full.info, replace(full.info, model=model)):
        for id in COLOURS:
            if id != "ig":  # which names what it starts from
                assert all(len(part.split()) <= 15 for part in about(id, info, EN).split(". ")), id


def test_special_tokens_are_explained_where_there_are_any(full):
    assert "special tokens, markers added to each text" in about("gradient", full.info, EN)
    assert "special tokens" not in about("gradient", replace(full.info, roles=()), EN)


@pytest.mark.parametrize(
    ("withheld", "start"),
    [
        ({}, "from a text of nothing but [MASK]"),
        ({"mask": "no_mask_token"}, "from a text with zeros as the input"),
    ],
)
@pytest.mark.parametrize("scalar", ["number", "cosine"])
def test_integrated_gradients_say_what_they_start_from(full, scalar, withheld, start):
    evidence = replace(full.info.evidence, withheld=withheld, scalar=scalar)
    assert start in about("ig", replace(full.info, evidence=evidence), EN)


def test_a_cosine_distance_has_no_sign_but_its_integrated_gradients_do(full):
    deletion = of_effect("effect", [0.1, 0.4], scalar="cosine", info=full.info)
    assert (deletion.kind, deletion.shown) == ("size", ("0.100", "0.400"))
    info = replace(full.info, evidence=replace(full.info.evidence, scalar="cosine"))
    assert "has no sign" in about("effect", info, EN)
    ig = of_effect("ig", [-0.1, 0.4], scalar="cosine", info=full.info)
    assert (ig.kind, ig.shown) == ("signed", ("−0.100", "+0.400"))


def test_what_nothing_moves_has_no_colour_and_says_so(full):
    found = of_effect("effect", [np.nan, 0.0, 0.0], special=(0,), info=full.info)
    assert found.steps == (None, 0, 0)
    assert found.order == ()
    assert "It is 0 for every token" in found.legend
    assert "Strongest" not in found.legend


def test_gradients_that_do_not_add_up_are_not_to_be_relied_on(full):
    said = "do not rely on them"
    assert said in of_effect("ig", [0.1, 0.2], complete=False, info=full.info).legend
    assert said not in of_effect("ig", [0.1, 0.2], info=full.info).legend


def test_ratios_are_over_the_average_content_token():
    # "a" is special; "b" has two tokens, "c" one: 0.2, 0.2 and 0.1 a token, 0.5 / 3 on average.
    units = made_units([0.5, 0.4, 0.1], [0.25, 0.5, 0.25], (0, 1, 1, 2), special=(0,))
    found = times_average_token(units, units.multiples["received_all"])
    assert found[1:] == pytest.approx([1.2, 0.6])
    # Where the first token is seen by more queries, its equal share is larger.
    units = made_units([0.5, 0.3, 0.2], [0.6, 0.25, 0.15], (0, 1, 2))
    over = np.array([0.5 / 0.6, 1.2, 0.2 / 0.15])
    assert times_average_token(units, over) == pytest.approx(over / over.mean())


def test_received_attention_is_coloured_over_its_equal_share_but_not_the_row(full):
    info = replace(full.info, model=replace(full.info.model, is_causal=True))
    tokens, content = full.tokens_of(0), ~special_of(full)
    every = full.stored("tokens")
    even = np.linspace(0.2, 0.01, len(tokens))
    every.loc[every["text"] == 0, "expected"] = even.astype(np.float32)
    units = text_units(changed(full, tokens=every), 0)
    found = {m.id: m for m in measures(info, units, tokens["token"].tolist(), None, EN)}
    over = tokens["received_all"].to_numpy(float) / even
    assert found["received_all"].ratios == pytest.approx(over / over[content].mean())
    assert "over its equal share" in about("received_all", info, EN)
    assert "over its equal share" in about("received_norm_all", info, EN)
    row = tokens["cls_row_last"].to_numpy(float)
    assert found["cls_row_last"].ratios == pytest.approx(row / row[content].mean())


def test_content_that_receives_nothing_has_no_colour():
    units = made_units([1.0, 0.0], [0.5, 0.5], (0, 1), special=(0,))
    assert times_average_token(units, units.received_all).tolist() == [0.0, 0.0]


def test_a_flat_text_says_that_no_token_stands_out(tmp_path):
    one = make_results(tmp_path / "one", ("ab",))  # one text token is its own average
    flat = measured(one)["received_all"]
    assert flat.flat == "Attention is nearly even: no text token stands out."
    assert flat.flat in flat.legend
    assert "Strongest" not in flat.legend
    two = make_results(tmp_path / "two", ("abcdefgh",), n_layers=1, n_heads=1)
    received = two.tokens_of(0)["received_all"][1:-1]
    assert received.max() / received.mean() > 1.3
    found = measured(two)["received_all"]
    assert found.flat == ""
    assert "Strongest: “" in found.legend


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([1.23456, -0.1, np.nan], ("+1.23", "−0.10", "–")),
        ([0.0, 0.0], ("0", "0")),
        ([1234.5, 0.4], ("+1,234", "0")),
        ([0.000012345], ("+1.23e−05",)),
    ],
)
def test_effects_have_the_decimals_that_the_largest_calls_for(values, shown):
    assert printed(np.array(values), with_sign=True) == shown
