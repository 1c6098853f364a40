"""One text's evidence as it comes in, why views are missing, and the tokens it is held against."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from test_cost import encoded

from reportgen.evidence.collected import (
    Reasons,
    TextEvidence,
    effect_columns,
    evidence_columns,
    with_sayings,
)
from reportgen.evidence.deletion import UnitEffects
from reportgen.evidence.embeddings import Missing
from reportgen.evidence.first_pass import FirstPass
from reportgen.evidence.target import Explained
from reportgen.info import Reason


def text(row: int = 0, n_content: int = 3) -> TextEvidence:
    whole = encoded(n_content)
    return TextEvidence(row, whole, Explained(whole, None, None, 1.5, "good"))


def test_a_units_effect_stands_on_each_of_its_tokens_and_on_no_special_one() -> None:
    item = text()
    item.put_units("deletion", UnitEffects(((1, 2), (3,)), (0.5, -1.0), "1 of 2 units: odd"))
    np.testing.assert_array_equal(item.effects["deletion"], [np.nan, 0.5, 0.5, -1.0, np.nan])
    assert item.messages == ["1 of 2 units: odd"]


def test_positions_that_were_not_run_have_no_figure() -> None:
    item = text()
    item.put("gradient", (1.0, 2.0, 3.0))
    np.testing.assert_array_equal(item.effects["gradient"], [1, 2, 3, np.nan, np.nan])


def test_a_message_is_said_once_and_all_are_said() -> None:
    item = text(7)
    item.put_units("deletion", "no memory")
    item.put_units("mask", "no memory")
    item.miss("ig", Missing("no_gradient"))
    item.miss("alti", Missing("failed", "odd"))
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
    said = with_sayings(columns, {7: "swap of cls: odd", 8: "else"})
    assert said["message"] == ["no memory; odd; swap of cls: odd"]


def measured(
    row: int, deletion: Sequence[float] | None, reason: Reason | None = None
) -> TextEvidence:
    item = text(row)
    if deletion is not None:
        item.put("deletion", deletion)
    if reason is not None:
        item.miss("deletion", Missing(reason))
    return item


@pytest.mark.parametrize(
    ("texts", "is_stopped", "expected"),
    [
        ([measured(0, (1, 2)), measured(1, None)], False, {}),
        ([measured(0, (0, 0)), measured(1, (np.nan, 0))], False, {"deletion": "constant_output"}),
        ([measured(0, (0, 0)), measured(1, (0, 1))], False, {}),
        ([measured(0, None, "failed")] * 2, False, {"deletion": "failed"}),
        ([measured(0, None)], True, {"deletion": "interrupted"}),
        ([measured(0, None, "failed"), measured(1, None)], True, "interrupted"),
        ([], True, {"deletion": "interrupted"}),
        ([TextEvidence(0, encoded(1), None)], False, {"deletion": "failed"}),
    ],
)
def test_a_view_is_withheld_where_no_text_has_it(texts, is_stopped, expected) -> None:
    reasons = Reasons()
    for item in texts:
        reasons.add([item])
    expected = {"deletion": expected} if isinstance(expected, str) else expected
    assert reasons.withheld(["deletion"], is_stopped=is_stopped) == expected


SIZES = [3, 0, 4, 2, 0, 5]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Tables of six texts, two of them not analysed; tokens in row groups of three sizes."""
    first = np.cumsum([0, *SIZES[:-1]])
    pq.write_table(
        pa.table({"first_token": first, "n_tokens": SIZES, "text": list("abcdef")}),
        tmp_path / "texts.parquet",
    )
    tokens = pa.table(
        {
            "text": np.repeat(range(6), SIZES),
            "position": [position for size in SIZES for position in range(size)],
        }
    )
    with pq.ParquetWriter(tmp_path / "tokens.parquet", tokens.schema) as writer:
        for start, end in ((0, 5), (5, 9), (9, 14)):  # the third text lies in two of them
            writer.write_table(tokens.slice(start, end - start))
    return tmp_path


def test_the_first_pass_gives_the_tokens_of_any_text(folder: Path) -> None:
    with FirstPass(folder) as first:
        assert first.analysed == (0, 2, 3, 5)
        for row in (0, 2, 3, 5, 2, 0):
            tokens = first.tokens_of(row)
            assert tokens["text"].tolist() == [row] * SIZES[row]
            assert tokens["position"].tolist() == list(range(SIZES[row]))


def test_each_row_is_read_once_where_texts_are_asked_for_in_order(folder, monkeypatch) -> None:
    read: list[list[int]] = []
    original = pq.ParquetFile.read_row_groups

    def counted(self, groups):
        read.append(groups)
        return original(self, groups)

    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", counted)
    with FirstPass(folder) as first:
        frames = [first.tokens_of(row) for row in (0, 2, 2, 3, 5, 5)]
    assert read == [[0], [0, 1], [1], [2]]
    assert all(isinstance(frame, pd.DataFrame) for frame in frames)
