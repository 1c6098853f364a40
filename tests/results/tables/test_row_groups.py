"""Tables read a few row groups at a time."""

import errno
from pathlib import Path
from typing import NoReturn

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.made_up.factories import make_results

from reportgen.errors import ResultsError
from reportgen.results import TABLES, StoredTable
from reportgen.results.tables import part_of, row_groups, write

ROLE_COLUMNS = TABLES["roles"].names[1:]
SIZES = [3, 0, 4, 2, 0, 5]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tokens of six texts, two of them not analysed, in row groups of three sizes; no table is
    so small that it is read as a whole."""
    monkeypatch.setattr(row_groups, "_SMALL", 0)
    tokens = pd.DataFrame({"text": np.repeat(range(6), SIZES)})
    tokens["position"] = [position for size in SIZES for position in range(size)]
    schema = TABLES["tokens"]
    table = pa.Table.from_pandas(tokens.reindex(columns=schema.names).astype(object), schema)
    with pq.ParquetWriter(tmp_path / "tokens.parquet", schema) as writer:
        for start, end in ((0, 5), (5, 9), (9, 14)):  # the third text lies in two of them
            writer.write_table(table.slice(start, end - start))
    return tmp_path


class Tokens:
    """The table of tokens, read text by text."""

    def __init__(self, folder: Path) -> None:
        self._table = StoredTable(folder / "tokens.parquet", TABLES["tokens"])
        self._first = np.cumsum([0, *SIZES])

    def of(self, text: int) -> pd.DataFrame:
        return self._table.slice(int(self._first[text]), SIZES[text]).to_pandas()


def test_a_stored_table_gives_the_tokens_of_any_text(folder: Path) -> None:
    stored = Tokens(folder)
    for row in (0, 1, 2, 3, 5, 2, 0):
        tokens = stored.of(row)
        assert tokens["text"].tolist() == [row] * SIZES[row]
        assert tokens["position"].tolist() == list(range(SIZES[row]))


@pytest.fixture
def read(monkeypatch) -> list[list[int]]:
    """The row groups that were read, call by call."""
    calls: list[list[int]] = []
    original = pq.ParquetFile.read_row_groups

    def counted(self, groups, columns=None):
        calls.append(groups)
        return original(self, groups, columns)

    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", counted)
    return calls


def test_each_row_is_read_once_where_texts_are_asked_for_in_order(folder, read) -> None:
    stored = Tokens(folder)
    frames = [stored.of(row) for row in (0, 2, 2, 3, 5, 5)]
    assert read == [[0], [0, 1], [1], [2]]
    assert all(isinstance(frame, pd.DataFrame) for frame in frames)


def test_a_small_table_is_read_once_for_rows_and_columns(folder, read, monkeypatch) -> None:
    monkeypatch.setattr(row_groups, "_SMALL", 2_000_000)
    table = StoredTable(folder / "tokens.parquet", TABLES["tokens"])
    assert table.slice(5, 4)["text"].to_pylist() == [2, 2, 3, 3]
    assert table.select(["position", "text"]).column_names == ["position", "text"]
    assert len(table.select(["text"])) == sum(SIZES)
    assert read == [[0, 1, 2]]


def test_rows_in_any_order_are_read_once_as_long_as_they_are_held(folder, read) -> None:
    stored = Tokens(folder)
    for row in (0, 3, 5, 0, 3, 5):
        assert stored.of(row)["text"].tolist() == [row] * SIZES[row]
    assert read == [[0], [1], [2]]


def test_no_more_is_held_than_the_limit_and_the_rows_read_last(folder, read, monkeypatch) -> None:
    monkeypatch.setattr(row_groups, "_HELD", 1)
    stored = Tokens(folder)
    for row in (0, 0, 3, 3, 0):
        assert stored.of(row)["text"].tolist() == [row] * SIZES[row]
    assert read == [[0], [1], [0]]


def test_columns_of_some_rows_are_read_from_their_row_groups_and_not_kept(folder, read) -> None:
    stored = StoredTable(folder / "tokens.parquet", TABLES["tokens"])
    for _ in range(2):
        part = part_of(stored, 4, 6, ["position", "text"])
        assert part.to_pydict() == {"position": [1, 2, 3, 0, 1, 0], "text": [2, 2, 2, 3, 3, 5]}
    assert read == [[0, 1, 2]] * 2
    assert part_of(stored, 4, 0, ["text"]).column_names == ["text"]


def test_lists_of_strings_are_read_from_several_row_groups(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(write, "_TOGETHER", 1)
    made = make_results(tmp_path, ("one", "two", "three", "four"), kind="next_token")
    assert pq.read_metadata(tmp_path / "texts.parquet").num_row_groups > 1
    assert [len(names) for names in made.texts["score_names"]] == [5, 5, 5, 5]


def test_rows_are_written_together_up_to_a_number_of_bytes(tmp_path: Path) -> None:
    rows = write.rows_of("roles", {"text": [0] * 100} | dict.fromkeys(ROLE_COLUMNS, [None] * 100))
    n_parts = 2 * write._TOGETHER // rows.nbytes
    with write.Recorder(tmp_path, ["roles"]) as recorder:
        for _ in range(n_parts):
            recorder.add("roles", rows)
    meta = pq.read_metadata(tmp_path / "roles.parquet")
    assert (meta.num_row_groups, meta.num_rows) == (2, 100 * n_parts)


def test_an_error_of_the_disk_while_rows_are_read_says_that_they_cannot_be_read(
    folder: Path,
) -> None:
    class Failing(type(folder)):  # type: ignore[misc]
        def open(self, *_: object, **__: object) -> NoReturn:
            raise OSError(errno.EIO, "Input/output error")

    table = StoredTable(folder / "tokens.parquet", TABLES["tokens"])
    table._file = Failing(folder / "tokens.parquet")
    told = r"tokens\.parquet: cannot be read \(Input/output error\)"
    with pytest.raises(ResultsError, match=told):
        table.select(["text"])
    with pytest.raises(ResultsError, match=told):
        table.slice(0, 3)
    with pytest.raises(ResultsError, match=told):
        table.part(0, 3, ["text"])
