"""Scores that came with texts, in columns and in tables of their own."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reportgen.errors import InputError, UsageError
from reportgen.texts import Columns, TextSet, read_texts, with_score_tables

TEXTS = 'id,text,captum,own\na,good film,[0.5 -1e-3],"[[""good"", 1]]"\nb,bad,0.25,\n'.replace(
    "[0.5 -1e-3]", "0.5 -1e-3"
)


def read(folder: Path, content: str = TEXTS, **columns: object) -> TextSet:
    path = folder / "texts.csv"
    path.write_text(content, "utf-8")
    return read_texts([str(path)], Columns(**columns))  # type: ignore[arg-type]


def table(folder: Path, content: str, name: str = "shap.csv") -> str:
    path = folder / name
    path.write_text(content, "utf-8")
    return str(path)


def test_columns_and_tables_give_scores_by_name(tmp_path: Path) -> None:
    rows = "text,unit,score\na,1,0.5\na,0,-2\nb,bad,3\n"
    texts = with_score_tables(
        read(tmp_path, scores=("captum", "own")),
        [f"{table(tmp_path, rows)},", f"other={table(tmp_path, rows, 'a=b,c.csv')}"],
    )
    assert [(one.name, one.source, one.is_signed) for one in texts.scores] == [
        ("captum", "captum", True),
        ("own", "own", False),
        ("shap", "shap.csv", True),
        ("other", "a=b,c.csv", True),
    ]
    first, second = texts.texts
    assert [(one.name, one.values, one.words) for one in first.scores] == [
        ("captum", (0.5, -0.001), None),
        ("own", (1.0,), ("good",)),
        ("shap", (-2.0, 0.5), None),
        ("other", (-2.0, 0.5), None),
    ]
    assert [(one.name, one.words) for one in second.scores] == [
        ("captum", None),
        ("shap", ("bad",)),
        ("other", ("bad",)),
    ]


def test_lists_of_numbers_in_parquet_and_json_lines_are_scores(tmp_path: Path) -> None:
    rows = pa.table({"text": ["good film", "bad"], "own": [[0.5, -0.25], None]})
    pq.write_table(rows, tmp_path / "t.parquet")
    (tmp_path / "t.jsonl").write_text('{"text": "good film", "own": [0.5, -2.5e-1]}\n', "utf-8")
    for name in ("t.parquet", "t.jsonl"):
        texts = read_texts([str(tmp_path / name)], Columns(scores=("own",)))
        assert [one.values for one in texts.texts[0].scores] == [(0.5, -0.25)]
    assert [(one.name, one.is_signed) for one in texts.scores] == [("own", True)]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("0.5 nan", "'nan' is no finite number"),
        ('"[0.5, 1e999]"', "inf is no finite number"),
        ('"[0.5, null]"', "null is no finite number"),
        ('"[0.5"', "no list of scores"),
        ('"[[1, 2]]"', "score 1 is no pair of a word and a number"),
        ("good", "'good' is no finite number"),
    ],
)
def test_a_cell_that_holds_no_scores_is_told_with_its_line(
    tmp_path: Path, cell: str, message: str
) -> None:
    with pytest.raises(InputError) as error:
        read(tmp_path, f"id,text,captum\na,good film,{cell}\n", scores=("captum",))
    line = str(error.value)
    assert "texts.csv:2: text 'a': column 'captum'" in line
    assert message in line


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("text,score\na,1\n", "no column 'unit'"),
        ("text,unit,score\na,0,inf\n", "shap.csv:2: text 'a': 'inf' is no finite number"),
        ("text,unit,score\nc,0,1\n", "shap.csv:2: no text has the id 'c'"),
        ("text,unit,score\na,0,1\na,0,2\n", "shap.csv:3: text 'a' has unit 0 twice"),
        ("text,unit,score\na,0,1\na,2,2\n", "shap.csv:3: text 'a' has a unit 2 and none with"),
        ("text,unit,score\na,,1\n", "shap.csv:2: column 'unit' holds nothing"),
        ("text,unit,score,name\na,0,1,gradient\n", "a measure of reportgen has this name"),
        ("text,unit,score,name\na,0,1,captum\n", "two have this name"),
    ],
)
def test_a_table_that_does_not_fit_is_told_in_one_line(
    tmp_path: Path, rows: str, message: str
) -> None:
    texts = read(tmp_path, scores=("captum",))
    with pytest.raises((InputError, UsageError)) as error:
        with_score_tables(texts, [table(tmp_path, rows)])
    assert message in str(error.value)
    assert "\n" not in str(error.value)
