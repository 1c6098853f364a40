"""Results folders with altered tables: they are refused in one line or read, whatever was done."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.made_up.factories import make_results
from helpers.made_up.unlisted import without_manifest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from reading import said_of

import reportgen
from reportgen.errors import ResultsError
from reportgen.results import TABLES

few = settings(max_examples=30, suppress_health_check=list(HealthCheck))
many = settings(max_examples=10_000, suppress_health_check=list(HealthCheck))
LARGE = (1e308, -1e308, 3.5e38, 3.4e38, -3.4e38)  # the last two are read
VALUES = (None, 0, -1, 2**31 - 1, 2**62, float("nan"), float("inf"), "", "x", True, [0.5], [None])
VALUES += LARGE
places = [(name, field.name) for name, schema in TABLES.items() for field in schema]
changes = st.tuples(
    st.sampled_from(places),
    st.sampled_from(["drop", "fill", "one", "swap", "cut", "double"]),
    st.sampled_from(VALUES),
    st.integers(0, 10**6),
)
cases = given(st.lists(changes, min_size=1, max_size=3))
info_values = st.sampled_from((*VALUES, {}, {"a": 1}, 10**30, "x" * 10_000, "layers"))
info_changes = st.tuples(st.integers(0, 10**6), st.sampled_from(["drop", "put"]), info_values)
info_cases = given(st.lists(info_changes, min_size=1, max_size=3))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    make_results(folder, ("abcdefgh", "", "xyz"), n_layers=2, n_heads=2, evidence="full")
    without_manifest(folder)  # which would refuse every one of them
    return folder


def alter(folder: Path, change: Any) -> None:
    (name, column), kind, value, number = change
    path = folder / f"{name}.parquet"
    if kind == "swap":
        other = folder / f"{sorted(TABLES)[number % len(TABLES)]}.parquet"
        path.write_bytes(other.read_bytes())
        return
    if kind == "cut":
        path.write_bytes(path.read_bytes()[: number % max(1, path.stat().st_size)])
        return
    try:
        table = pq.read_table(path)
        place = table.column_names.index(column)
    except (pa.ArrowException, ValueError, OSError):
        return  # altered before
    if kind == "drop":
        table = table.remove_column(place)
    elif kind == "double":
        table = pa.concat_tables([table, table])
    else:
        values = table[column].to_pylist()
        rows = range(len(values)) if kind == "fill" else [number % max(1, len(values))]
        for row in rows:
            values[row : row + 1] = [value]
        try:
            table = table.set_column(place, column, pa.array(values))
        except (pa.ArrowException, OverflowError):
            return  # values that no column holds
    pq.write_table(table, path)


def alter_info(folder: Path, change: Any) -> None:
    """Drop or replace one value of results.json, wherever it stands."""
    number, kind, value = change
    path = folder / "results.json"
    info = json.loads(path.read_text())
    places = list(places_in(info))
    if not places:
        return
    parent, key = places[number % len(places)]
    if kind == "drop":
        del parent[key]
    else:
        parent[key] = value
    path.write_text(json.dumps(info))


def places_in(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every object or list in a value, with each key or index in it."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in keys:
        yield value, key
        yield from places_in(value[key])


def check(whole: Path, folder: Path, change: Any, alter: Callable[[Path, Any], None]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(whole, folder)
    for each in change:
        alter(folder, each)
    said = said_of(folder)
    assert not said.startswith("TRACEBACK"), said
    assert len(said.splitlines()) <= 1, said


@cases
@example(change=[(("layers", "learned_share"), "one", 0, 0)])
@few
def test_altered_tables_are_refused_or_read(whole, tmp_path_factory, change) -> None:
    check(whole, tmp_path_factory.getbasetemp() / "altered", change, alter)


def test_row_groups_that_do_not_fit_together_are_told(whole: Path, monkeypatch) -> None:
    # A fuzzer found such a table: its parts can be read, but not put together.
    def torn(*_: object) -> None:
        raise pa.ArrowInvalid("Column 4 named control expected length 24 but got length 0")

    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", torn)
    said = said_of(whole)
    assert said.endswith(".parquet: cannot be read; run `reportgen analyze` again"), said


@pytest.mark.parametrize("column", ["label_value", "prediction"])
@pytest.mark.parametrize("value", LARGE)
def test_numbers_at_the_ends_of_the_range_are_refused_or_drawn(
    tmp_path: Path, column: str, value: float
) -> None:
    folder = tmp_path / "r"
    make_results(folder, ("ab", "cd", "ef", "gh"), labels=(1.0, 2.0, 3.0, 4.0))
    without_manifest(folder)
    for row, own in enumerate((value, -value)):
        alter(folder, (("texts", column), "one", own, row))
    outputs = (tmp_path / name for name in ("o.html", "o.md", "o.json"))
    if abs(value) > 3.4e38:
        with pytest.raises(ResultsError, match=f"column '{column}' holds a number beyond 3.4e.38"):
            reportgen.open_report(folder).save(*outputs)
        return
    reportgen.open_report(folder).save(*outputs)


@pytest.mark.whole
@cases
@many
def test_whole_altered_tables_are_refused_or_read(whole, tmp_path_factory, change) -> None:
    check(whole, tmp_path_factory.getbasetemp() / "altered", change, alter)


@info_cases
@few
def test_an_altered_results_json_is_refused_or_read(whole, tmp_path_factory, change) -> None:
    check(whole, tmp_path_factory.getbasetemp() / "altered", change, alter_info)


@pytest.mark.whole
@info_cases
@many
def test_whole_an_altered_results_json_is_refused_or_read(whole, tmp_path_factory, change) -> None:
    check(whole, tmp_path_factory.getbasetemp() / "altered", change, alter_info)
