"""Tokens gathered into display units, on hand-made tokens with known sums."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from reportgen.results import Results, table_of, text_units

WHOLE = {name: pd.Int32Dtype() for name in ("unit", "segment", "start", "end")}


def made(text, tokens, pair=None, causal=False, has_norms=True):
    """Results with one text; a token is (name, unit, segment, start, end, role)."""
    n = len(tokens)
    received = np.arange(1, n + 1) / np.arange(1, n + 1).sum()
    frame = pd.DataFrame(tokens, columns=["token", "unit", "segment", "start", "end", "role"])
    frame = frame.astype(WHOLE)
    frame["is_special"] = frame["segment"].isna()
    has_row = causal or (frame["role"] == "cls").any()
    frame["received_layers"] = [[r, 2 * r] for r in received]
    frame["expected_layers"] = [[1 / n, 1 / n]] * n
    frame["cls_row_layers"] = [[r, r] if has_row else None for r in received]
    frame["received_all"] = received
    frame["expected"] = 1 / n
    frame["received_norm_all"] = 2 * received if has_norms else None
    frame["cls_row_all"] = frame["cls_row_last"] = received if has_row else None
    row = pd.Series({"text": text, "pair": pair})
    table = table_of("tokens", frame)
    results = SimpleNamespace(text_row=lambda _: row, token_table=lambda _: table)
    results.info = SimpleNamespace(
        model=SimpleNamespace(n_layers=2), output=SimpleNamespace(kind="number"), scores=()
    )
    results.by_layer = partial(Results.by_layer, results)
    results.recent = lambda make, *of: make(results, *of)
    return results


EMOJI = made(
    "a😀 b",
    [
        ("[CLS]", 0, None, None, None, "cls"),
        ("a", 1, 0, 0, 1, None),
        ("ð", 2, 0, 1, 2, None),
        ("Ł", 2, 0, 1, 2, None),
        ("Ġb", 3, 0, 3, 4, None),
    ],
)


def test_tokens_of_one_character_are_one_unit_with_the_sum_of_their_attention():
    units = text_units(EMOJI, 0)
    assert [unit.label for unit in units.units] == ["[CLS]", "a", "😀", "b"]
    assert units.received_all == pytest.approx([1 / 15, 2 / 15, 7 / 15, 5 / 15])
    assert units.received[1] == pytest.approx([2 / 15, 4 / 15, 14 / 15, 10 / 15])
    assert units.expected_all == pytest.approx([0.2, 0.2, 0.4, 0.2])
    assert units.norm_all == pytest.approx(2 * units.received_all)
    assert units.cls_row is not None
    assert units.cls_row[0] == pytest.approx(units.received_all)


def test_labels_are_the_original_characters_and_specials_their_tokens():
    units = text_units(EMOJI, 0)
    assert units.content.tolist() == [False, True, True, True]
    assert units.units[2].start == 1
    assert units.units[2].end == 2


def test_spaces_and_tokens_of_nothing_still_have_a_name():
    tokens = [("▁", 0, 0, 0, 0, None), ("▁", 1, 0, 1, 3, None), ("x", 2, 0, 3, 4, None)]
    units = text_units(made("a  x", tokens), 0)
    assert [unit.label for unit in units.units] == ["␣", "␣␣", "x"]


def test_without_places_the_tokens_themselves_are_the_labels():
    tokens = [("Hel", 0, 0, None, None, None), ("##lo", 1, 0, None, None, None)]
    units = text_units(made("Hello", tokens), 0)
    assert [(unit.label, unit.begins_word) for unit in units.units] == [
        ("Hel", True),
        ("lo", False),
    ]


def test_a_pair_is_read_from_its_own_text():
    tokens = [("a", 0, 0, 0, 1, None), ("b", 1, 1, 0, 1, None)]
    units = text_units(made("x", tokens, pair="y"), 0)
    assert [unit.label for unit in units.units] == ["x", "y"]


def test_the_cls_row_is_the_cls_tokens_or_else_the_last_tokens():
    tokens = [("a", 0, 0, 0, 1, None), ("b", 1, 0, 1, 2, None)]
    assert text_units(EMOJI, 0).cls_token == 0
    assert text_units(made("ab", tokens, causal=True), 0).cls_token == 1
    assert text_units(made("ab", tokens), 0).cls_token is None
    assert text_units(made("ab", tokens), 0).cls_row is None


def test_without_norms_there_are_none():
    tokens = [("a", 0, 0, 0, 1, None)]
    assert text_units(made("a", tokens, has_norms=False), 0).norm_all is None
