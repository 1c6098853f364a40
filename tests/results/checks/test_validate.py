"""Results folders that someone altered, each told in one line that names file and column."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from itertools import cycle
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.cases import some_of
from helpers.made_up.factories import make_results
from whole_folder import BY_STEP, TEXTS, write_whole

from reportgen.errors import ResultsError
from reportgen.results import TABLES, FolderSource, Results, open_results, read_info
from reportgen.results.checks import FILLED
from reportgen.tasks import TASKS

Refused = Callable[[str, pa.Table], str]
Tables = Mapping[str, pa.Table]
FILLED_COLUMNS = [(name, column) for name, columns in FILLED.items() for column in columns]
COLUMNS = [(name, field.name) for name, schema in TABLES.items() for field in schema]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    write_whole(folder)
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "results"))


def read_all(folder: Path, first: str = "texts") -> Results:
    """Read each table, the one called `first` before the others, and all that a text has."""
    results = open_results(folder)
    for name in (first, *TABLES):
        getattr(results, name)
    for text in range(len(results.texts)):
        results.tokens_of(text), results.effects_of(text), results.packed_maps(text)
    return results


@pytest.fixture(scope="module")
def tables(whole: Path) -> Tables:
    """The tables of the whole folder by name."""
    return {name: pq.read_table(whole / f"{name}.parquet") for name in TABLES}


@pytest.fixture(scope="module")
def read_before(whole: Path) -> FolderSource:
    """The whole folder, whose texts are read and checked once."""
    source = FolderSource(whole, read_info(whole))
    source.table("texts")
    return source


@pytest.fixture
def refused(read_before: FolderSource, tmp_path: Path) -> Refused:
    """Says what is said of the whole folder with another table in place of one of its own.

    Only that table is written and read again: the other files are not copied for each case.
    """

    def said(name: str, table: pa.Table) -> str:
        path = tmp_path / f"{name}.parquet"
        pq.write_table(table, path)
        altered = copy(read_before)
        altered.folder, altered._checked = tmp_path, {}
        if name == "texts":
            altered = FolderSource(tmp_path, read_info(read_before.folder))
        with pytest.raises(ResultsError) as caught:
            altered.table(name)
        message = str(caught.value)
        assert message.startswith(f"{path}: ")
        assert message.endswith("; run `reportgen analyze` again")
        assert "\n" not in message
        return message

    return said


def read(folder: Path, name: str) -> pa.Table:
    return pq.read_table(folder / f"{name}.parquet")


def put(table: pa.Table, column: str, values: list[object], kind: pa.DataType) -> pa.Table:
    return table.set_column(
        table.column_names.index(column), column, pa.array(values, kind, from_pandas=False)
    )


def changed(table: pa.Table, column: str, value: object, row: int = 0) -> pa.Table:
    values = table[column].to_pylist()
    values[row] = value
    return put(table, column, values, table[column].type)


def test_the_whole_folder_is_taken(folder: Path) -> None:
    assert all(len(getattr(read_all(folder), name)) for name in TABLES)


def test_made_up_results_of_every_kind_are_taken(tmp_path: Path) -> None:
    """Other tests read them without these checks, for the sake of time."""
    for kind in TASKS:
        own = tmp_path / kind
        make_results(own, TEXTS, n_layers=1, n_heads=1, kind=kind, evidence="full", later=True)
        source = open_results(own).source
        read = {name: source.table(name).select(TABLES[name].names) for name in TABLES}
        assert all(len(read[name]) for name in ("texts", "tokens", "evidence", "effects"))


@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_is_missing_or_cut_short(folder: Path, name: str) -> None:
    path = folder / f"{name}.parquet"
    content = path.read_bytes()
    for size in (0, 4, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:size])
        with pytest.raises(ResultsError, match=rf"{name}\.parquet: cannot be read; run"):
            read_all(folder, name)
    path.unlink()
    with pytest.raises(ResultsError, match=rf"{name}\.parquet: is missing; run"):
        read_all(folder, name)
    path.mkdir()
    with pytest.raises(ResultsError, match=rf"{name}\.parquet: "):
        read_all(folder, name)


@pytest.mark.parametrize(("name", "column"), some_of(COLUMNS, *COLUMNS[::3]))
def test_a_column_that_is_missing_twice_or_of_another_type(
    refused: Refused, tables: Tables, name: str, column: str
) -> None:
    table = tables[name]
    assert f"no column {column!r}" in refused(name, table.drop_columns([column]))
    if column == "text":
        refused(name, table.append_column(column, table[column]))
    other = put(table, column, [{"a": 1}] * len(table), pa.struct([("a", pa.int8())]))
    message = refused(name, other)
    assert (
        f"column {column!r} holds struct<a: int8>, not {TABLES[name].field(column).type}" in message
    )


@pytest.mark.parametrize(("name", "column"), some_of(FILLED_COLUMNS, *FILLED_COLUMNS[::3]))
def test_columns_that_are_always_filled_have_no_gap(
    refused: Refused, tables: Tables, name: str, column: str
) -> None:
    table = tables[name]
    for row in (0, len(table) - 1):
        assert f"{column!r} has missing values" in refused(name, changed(table, column, None, row))


def floats() -> Iterator[tuple[str, str, bool, float]]:
    """Each column of figures, whether it holds lists, and what is not finite, in turn."""
    not_finite = cycle((float("nan"), float("inf"), -float("inf")))
    for name, schema in TABLES.items():
        for field in schema:
            is_list = pa.types.is_list(field.type)
            if pa.types.is_floating(field.type.value_type if is_list else field.type):
                yield name, field.name, is_list, next(not_finite)


FLOATS = list(floats())  # of each fourth all three that are not finite come in turn


@pytest.mark.parametrize(("name", "column", "is_list", "figure"), some_of(FLOATS, *FLOATS[::4]))
def test_figures_are_finite(
    refused: Refused, tables: Tables, name: str, column: str, is_list: bool, figure: float
) -> None:
    table = tables[name]
    message = refused(name, changed(table, column, [figure, figure] if is_list else figure))
    assert f"{column!r} holds a number that is not finite" in message
    if is_list and column not in BY_STEP:  # a word that was left out has no tag
        message = refused(name, changed(table, column, [None, 0.5]))
        assert f"{column!r} has missing values in its lists" in message


@pytest.mark.parametrize(
    ("name", "column"), [item for item in COLUMNS if item[1].endswith("_layers")]
)
def test_lists_are_as_long_as_there_are_layers(
    refused: Refused, tables: Tables, name: str, column: str
) -> None:
    for value in ([], [0.5], [0.5] * 3):
        message = refused(name, changed(tables[name], column, value))
        assert f"{column!r} does not fit" in message


@pytest.mark.parametrize("name", [name for name in TABLES if name != "texts"])
@pytest.mark.parametrize("text", [-1, 1, len(TEXTS), 2**31 - 1])
def test_rows_are_of_texts_that_were_analysed(
    refused: Refused, tables: Tables, name: str, text: int
) -> None:
    table = tables[name]
    assert "'text' does not fit" in refused(name, changed(table, "text", text))
    everywhere = put(table, "text", [text] * len(table), pa.int32())
    assert "'text' does not fit" in refused(name, everywhere)


GAPLESS = ("tokens", "heads", "roles", "layers", "targets", "decoder_heads", "evidence", "effects")


@pytest.mark.parametrize("name", GAPLESS)
def test_no_row_is_missing_or_too_many(refused: Refused, tables: Tables, name: str) -> None:
    table = tables[name]
    for rows in (table.slice(1), table.slice(0, len(table) - 1), pa.concat_tables([table, table])):
        assert "does not fit" in refused(name, rows)


@pytest.mark.parametrize("name", ["evidence", "sinks", "agreement"])
def test_no_row_is_there_twice(refused: Refused, tables: Tables, name: str) -> None:
    table = tables[name]
    assert "does not fit" in refused(name, pa.concat_tables([table, table.slice(0, 1)]))


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        ("texts", "n_tokens", -1),
        ("texts", "n_tokens", 0),
        ("texts", "first_token", 1),
        ("texts", "status", "fine"),
        ("texts", "status", "failed"),
        ("texts", "score_names", ["a", "b"]),
        ("tokens", "position", -1),
        ("tokens", "position", 2),
        ("tokens", "unit", 1),
        ("tokens", "segment", 0),
        ("tokens", "is_special", False),
        ("tokens", "segment", 2),
        ("tokens", "expected", 0.0),
        *(("tokens", name, None) for name in ("cls_row_last", "cls_row_all", "cls_row_layers")),
        *(("tokens", f"received_norm_{which}", None) for which in ("last", "all", "layers")),
        ("tokens", "value_size_layers", None),
        ("roles", "expected", 0.0),
        ("heads", "layer", 0),
        ("heads", "head", 3),
        ("heads", "head_class", "round"),
        ("roles", "role", "eos"),
        ("roles", "layer", 9),
        ("roles", "layer", 2),
        ("layers", "layer", -1),
        ("evidence", "n_rows", None),
        ("evidence", "reads_cls_only", None),
        ("evidence", "live_rows", 0),
        ("evidence", "live_rows", 99),
        ("effects", "position", -1),
        ("effects", "position", 3),
        ("sinks", "subject", "token:x"),
        ("sinks", "test", "none"),
        ("sinks", "expected_layers", [0.0, 0.1]),
        ("agreement", "view", "guess"),
        ("agreement", "statistic", "pearson"),
        ("agreement", "value", 1e308),
        ("agreement", "value", -1.01),
    ],
)
def test_values_fit_each_other_and_the_model(
    refused: Refused, tables: Tables, name: str, column: str, value: object
) -> None:
    refused(name, changed(tables[name], column, value))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("map_offset", value) for value in (7, -1, None, 2**62)),
        *(("map_bytes", value) for value in (10, 0, -1, None)),
    ],
)
def test_maps_that_are_not_where_they_should_be(
    folder: Path, column: str, value: int | None
) -> None:
    pq.write_table(changed(read(folder, "texts"), column, value, 2), folder / "texts.parquet")
    with pytest.raises(ResultsError, match=r"(maps\.bin|texts\.parquet): .*; run `reportgen"):
        read_all(folder)


@pytest.mark.parametrize("cells", [[], [1, 2], [0, 2, 2], [0, 4], [0, 2]])
def test_cells_hold_all_tokens_in_order_and_are_those_of_the_maps(
    folder: Path, cells: list[int]
) -> None:
    pq.write_table(changed(read(folder, "texts"), "map_cells", cells, 2), folder / "texts.parquet")
    with pytest.raises(ResultsError, match=r"'map_cells' does not fit|16 bytes, not more"):
        read_all(folder)


def test_texts_without_maps_have_no_cells(folder: Path) -> None:
    table = read(folder, "texts")
    for column, value in (("map_offset", None), ("map_bytes", None), ("map_cells", [0, 2])):
        table = changed(table, column, value, 2)
    pq.write_table(table, folder / "texts.parquet")
    with pytest.raises(ResultsError, match=r"texts\.parquet: .*'map_cells' does not fit"):
        read_all(folder)


def test_maps_that_are_not_all_there(folder: Path) -> None:
    pq.write_table(changed(read(folder, "texts"), "map_bytes", 2**62, 3), folder / "texts.parquet")
    read_all(folder)  # they reach to the end of the file
    content = (folder / "maps.bin").read_bytes()
    (folder / "maps.bin").write_bytes(content[:-9])
    with pytest.raises(ResultsError, match=r"maps\.bin: damaged attention maps"):
        read_all(folder)


def test_what_is_said_of_the_content_fits_the_tokens(folder: Path) -> None:
    pq.write_table(changed(read(folder, "texts"), "n_content", 1), folder / "texts.parquet")
    with pytest.raises(ResultsError, match=r"tokens\.parquet: damaged: column 'is_special'"):
        read_all(folder)


def test_another_texts_maps_are_not_taken(folder: Path) -> None:
    table = read(folder, "texts")
    for column in ("map_offset", "map_bytes"):
        table = changed(table, column, table[column][0].as_py(), row=2)
    pq.write_table(table, folder / "texts.parquet")
    with pytest.raises(
        ResultsError, match=r"maps\.bin: attention maps of 4 tokens have 64 bytes, not more;"
    ):
        read_all(folder)


def test_a_cls_row_is_known_in_all_ways_or_in_none(refused: Refused, tables: Tables) -> None:
    table = tables["tokens"]
    none = put(table, "cls_row_last", [None] * len(table), pa.float32())
    assert "'cls_row_all' does not fit" in refused("tokens", none)


def test_texts_beside_the_sample_must_be_as_many_as_the_results_say(
    refused: Refused, tables: Tables
) -> None:
    rows = tables["evidence"]
    place = rows.schema.get_field_index("extra")
    more = pa.array([True] + [False] * (len(rows) - 1))
    said = refused("evidence", rows.set_column(place, "extra", more))
    assert "column 'extra' does not fit the rest of the results" in said
