"""Tables that were altered, found by hand or by a fuzzer: they are refused in one line or read.

Any others are tried by `test_fuzz`.
"""

from itertools import cycle
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.made_up.factories import make_results
from helpers.made_up.unlisted import without_manifest
from reading import said_of

import reportgen
from reportgen.errors import ResultsError

LARGE = (1e308, -1e308, 3.5e38, 3.4e38, -3.4e38)  # the last two are read


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_results(tmp_path / "r", ("ab", "cd", "ef", "gh"), evidence="full", labels=(1.0, 2, 3, 4))
    without_manifest(tmp_path / "r")  # which would refuse every one of them
    return tmp_path / "r"


def put(folder: Path, name: str, column: str, row: int, value: float) -> None:
    """Put a value into a table, whatever type the column has then."""
    path = folder / f"{name}.parquet"
    table = pq.read_table(path)
    values = table[column].to_pylist()
    values[row] = value
    place = table.column_names.index(column)
    pq.write_table(table.set_column(place, column, pa.array(values)), path)


def test_a_share_of_learned_sinks_in_one_row_is_refused_or_read(folder: Path) -> None:
    put(folder, "layers", "learned_share", 0, 0)
    said = said_of(folder)
    assert not said.startswith("TRACEBACK"), said
    assert len(said.splitlines()) <= 1, said


def test_row_groups_that_do_not_fit_together_are_told(folder: Path, monkeypatch) -> None:
    # A fuzzer found such a table: its parts can be read, but not put together.
    def torn(*_: object) -> None:
        raise pa.ArrowInvalid("Column 4 named control expected length 24 but got length 0")

    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", torn)
    said = said_of(folder)
    assert said.endswith(".parquet: cannot be read; run `reportgen analyze` again"), said


@pytest.mark.parametrize(
    ("value", "column"), [*zip(LARGE, cycle(["label_value", "prediction"]), strict=False)]
)
def test_numbers_at_the_ends_of_the_range_are_refused_or_drawn(
    folder: Path, column: str, value: float
) -> None:
    for row, own in enumerate((value, -value)):
        put(folder, "texts", column, row, own)
    outputs = (folder.parent / name for name in ("o.html", "o.md", "o.json"))
    if abs(value) > 3.4e38:
        with pytest.raises(ResultsError, match=f"column '{column}' holds a number beyond 3.4e.38"):
            reportgen.open_report(folder).save(*outputs)
        return
    reportgen.open_report(folder).save(*outputs)
