"""One text's evidence as it comes in, as rows of tables, and why views are missing."""

from collections.abc import Sequence

import numpy as np
import pytest
from helpers.real.encoded_texts import encoded

from reportgen.analysis.evidence import Missing, TextEvidence, effect_columns, evidence_columns
from reportgen.analysis.evidence.text_evidence import UnitEffects
from reportgen.analysis.work import Reasons, reasons_of, with_messages
from reportgen.models import ExplainedText
from reportgen.results import Reason, rows_of


def text(row: int = 0, n_content: int = 3) -> TextEvidence:
    whole = encoded(n_content)
    return TextEvidence(row, whole, ExplainedText(whole, None, None, 1.5, "good"))


def test_a_units_effect_stands_on_each_of_its_tokens_and_on_no_special_one() -> None:
    item = text()
    item.add_units("deletion", UnitEffects(((1, 2), (3,)), (0.5, -1.0), "1 of 2 units: odd"))
    np.testing.assert_array_equal(item.effects["deletion"], [np.nan, 0.5, 0.5, -1.0, np.nan])
    assert item.messages == ["1 of 2 units: odd"]


def test_positions_that_were_not_run_have_no_figure() -> None:
    item = text()
    item.add("gradient", (1.0, 2.0, 3.0))
    np.testing.assert_array_equal(item.effects["gradient"], [1, 2, 3, np.nan, np.nan])


def test_a_message_is_said_once_and_all_are_said() -> None:
    item = text(7)
    item.add_units("deletion", "no memory")
    item.add_units("mask", "no memory")
    item.add("ig", Missing("no_gradient"))
    item.add("alti", Missing("failed", "odd"))
    assert item.missing == {
        "deletion": "failed",
        "mask": "failed",
        "ig": "no_gradient",
        "alti": "failed",
    }
    columns = evidence_columns([item])
    assert columns["message"] == ["no memory; odd"]
    assert (columns["text"], columns["explained"]) == ([7], [1.5])
    assert columns["live_rows"] == [None]
    assert effect_columns([item]) == {}
    said = with_messages(rows_of("evidence", columns), {7: "swap of cls: odd", 8: "else"})
    assert said["message"].to_pylist() == ["no memory; odd; swap of cls: odd"]


def measured(
    row: int, deletion: Sequence[float] | None, reason: Reason | None = None
) -> TextEvidence:
    item = text(row)
    if deletion is not None:
        item.add("deletion", deletion)
    if reason is not None:
        item.add("deletion", Missing(reason))
    return item


@pytest.mark.parametrize(
    ("texts", "is_stopped", "expected"),
    [
        ([measured(0, (1, 2)), measured(1, None)], False, {}),
        ([measured(0, (0, 0)), measured(1, (np.nan, 0))], False, {"deletion": "constant_output"}),
        ([measured(0, (0, 0)), measured(1, (0, 1))], False, {}),
        ([measured(0, None, "failed")] * 2, False, {"deletion": "failed"}),
        (
            [measured(0, None, "no_gradient"), measured(1, None, "zero_gradient")],
            False,
            {"deletion": "no_gradient"},
        ),
        ([measured(0, None, "failed"), measured(1, (0, 1))], False, {}),
        ([measured(0, None)], True, {"deletion": "interrupted"}),
        ([measured(0, None, "failed"), measured(1, None)], True, "interrupted"),
        ([], True, {"deletion": "interrupted"}),
        ([TextEvidence(0, encoded(1), None)], False, {"deletion": "failed"}),
    ],
)
def test_a_view_is_withheld_where_no_text_has_it(texts, is_stopped, expected) -> None:
    reasons = Reasons()
    for item in texts:
        reasons.add(reasons_of([item]))
    expected = {"deletion": expected} if isinstance(expected, str) else expected
    assert reasons.withheld(["deletion"], is_stopped=is_stopped) == expected
