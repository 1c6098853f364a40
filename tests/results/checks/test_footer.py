"""What a Parquet file declares of its columns is read as pyarrow tells it; a damaged footer ends no
process."""

import multiprocessing
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.cases import some_of
from helpers.made_up.factories import HEADLINES, make_results

from reportgen.errors import InputError
from reportgen.results import TABLES, StoredTable
from reportgen.results.checks import chunks
from reportgen.texts import read_texts

TABLE = pa.table(
    {
        "text": [f"text {i}" for i in range(40)],
        "units": [["a", f"{i}"] if i % 3 else None for i in range(40)],
        "pairs": pa.array([[[1, 2], [i]] for i in range(40)], pa.list_(pa.list_(pa.int32()))),
        "answers": [{"text": [f"{i}"], "start": [i]} for i in range(40)],
        "is": [i % 2 == 0 for i in range(40)],
        "none": pa.nulls(40, pa.float64()),
        "map": pa.array([[("k", i)] for i in range(40)], pa.map_(pa.string(), pa.int64())),
    }
)
WRITTEN = (
    {},
    {"row_group_size": 7},
    {"use_dictionary": False, "write_statistics": False},
    {"compression": "zstd", "write_page_index": True, "data_page_version": "2.0"},
    {"version": "1.0", "store_schema": False, "store_decimal_as_integer": True},
)


def declared(path: Path) -> list[list[tuple[int, int]]]:
    """What pyarrow says of every column of every row group."""
    meta = pq.read_metadata(path)
    groups = [meta.row_group(place) for place in range(meta.num_row_groups)]
    return [
        [
            (own.num_values, own.total_uncompressed_size)
            for own in map(group.column, range(group.num_columns))
        ]
        for group in groups
    ]


def test_tables_of_results_declare_what_pyarrow_says(tmp_path: Path) -> None:
    make_results(tmp_path, HEADLINES, evidence="full")
    for path in tmp_path.glob("*.parquet"):
        assert [list(own) for own in chunks(path)] == declared(path), path.name


@pytest.mark.parametrize("options", WRITTEN)
def test_other_files_declare_what_pyarrow_says(tmp_path: Path, options: dict[str, object]) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(TABLE, path, **options)
    assert [list(own) for own in chunks(path)] == declared(path)
    assert list(chunks(path.read_bytes())) == list(chunks(path))


def read_as_texts(path: Path) -> None:
    with_texts = read_texts([str(path)])
    list(with_texts.texts)


def read_as_results(path: Path) -> None:
    stored = StoredTable(path, TABLES["roles"])
    list(stored.parts())
    stored.select(TABLES["roles"].names)


def _read_all_damaged(content: bytes, path: Path, read: Callable[[Path], None], step: int) -> None:
    """Read a file again and again, with one byte of its footer changed each time, so that a list
    there has one item more; every byte, or each so many bytes."""
    size = int.from_bytes(content[-8:-4], "little")
    for place in range(len(content) - 8 - size, len(content) - 8, step):
        damaged = bytearray(content)
        damaged[place] = (damaged[place] + 16) % 256
        path.write_bytes(damaged)
        try:
            read(path)
        except (InputError, pa.ArrowException, OSError, ValueError):
            continue


@pytest.mark.parametrize("step", some_of([3, 1], 3))
@pytest.mark.parametrize("read", [read_as_texts, read_as_results])
def test_no_byte_of_a_footer_can_end_the_process(
    tmp_path: Path, read: Callable[[Path], None], step: int
) -> None:
    path = tmp_path / "a.parquet"
    made = make_results(tmp_path / "r", HEADLINES).folder
    roles = pq.read_table(made / "roles.parquet")
    table = TABLE.select(["text", "units"]) if read is read_as_texts else roles
    pq.write_table(table, path, store_schema=False)
    run = multiprocessing.get_context("fork").Process(
        target=_read_all_damaged, args=(path.read_bytes(), tmp_path / "damaged.parquet", read, step)
    )
    run.start()
    run.join()
    assert run.exitcode == 0


def test_a_footer_that_ends_too_early_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(TABLE, path)
    content = path.read_bytes()
    size = int.from_bytes(content[-8:-4], "little")
    for cut in range(1, size, 7):
        short = content[: -8 - cut] + (size - cut).to_bytes(4, "little") + b"PAR1"
        with pytest.raises(pa.ArrowInvalid):
            list(chunks(short))
    for wrong in (b"", b"x", b"\xff" * 20, b"\x19" * 5_000):
        with pytest.raises(pa.ArrowInvalid):
            list(chunks(wrong + len(wrong).to_bytes(4, "little") + b"PAR1"))
