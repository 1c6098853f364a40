"""Files that unpack to far more than they hold, or that never end: each is told in one line, at
once, and within a limit of memory."""

import json
import os
import shutil
import socket
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from helpers.made_up.factories import make_results
from helpers.made_up.unlisted import without_manifest
from helpers.memory import within
from helpers.real.models import save_model

from reportgen.api.options import configured_gates
from reportgen.errors import InputError, ModelError, UsageError
from reportgen.models import ModelSpec
from reportgen.models.loading import load_pretrained, read_state_dict, require_readable
from reportgen.report import read_plotlyjs
from reportgen.results import TABLES
from reportgen.texts import read_texts

ROOM = 1_000_000_000
READER = Path(__file__).with_name("reading.py")
# Everything of which a results folder must not hold another kind than a file.
NAMES = ("results.json", "texts.parquet", "tokens.parquet", "maps.bin")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def bound_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the path of a socket must be short
    socket.socket(socket.AF_UNIX).bind(path.name)
    os.chdir(here)


def subfolder(path: Path) -> None:
    path.mkdir()


FIRST = {"text": 0, "item": 0}  # of a row of a table without any


def repeated(name: str, column: str, value: Any, times: int) -> Callable[[Path], None]:
    """The table `name` with `value` in `column` of `times` rows, stored once."""

    def make(folder: Path) -> None:
        path = folder / f"{name}.parquet"
        one = pq.read_table(path).slice(0, 1)
        columns = []
        for field in TABLES[name]:
            known = one[field.name].to_pylist() or [FIRST.get(field.name)]
            cell = value if field.name == column else known[0]
            columns.append(pa.repeat(pa.scalar(cell, field.type), times))
        with pq.ParquetWriter(path, TABLES[name], compression="zstd") as writer:
            writer.write_table(pa.Table.from_arrays(columns, schema=TABLES[name]))

    return make


def many_groups(name: str, column: str, value: str, times: int, groups: int) -> Callable:
    """As `repeated`, in many row groups, each small."""

    def make(folder: Path) -> None:
        repeated(name, column, value, times)(folder)
        path = folder / f"{name}.parquet"
        table = pq.read_table(path)
        with pq.ParquetWriter(path, TABLES[name], compression="zstd") as writer:
            for _ in range(groups):
                writer.write_table(table)

    return make


def maps(size: int) -> Callable[[Path], None]:
    """Maps of the first text that unpack to `size` bytes."""

    def make(folder: Path) -> None:
        stream, parts = zlib.compressobj(9), []
        for _ in range(size >> 20):
            parts.append(stream.compress(bytes(1 << 20)))
        packed = b"".join([*parts, stream.flush()])
        (folder / "maps.bin").write_bytes(packed)
        path = folder / "texts.parquet"
        table = pq.read_table(path)
        for column, first in (("map_offset", 0), ("map_bytes", len(packed))):
            values = [first, *table[column].to_pylist()[1:]]
            place = table.column_names.index(column)
            field = table.schema.field(column)
            table = table.set_column(place, field, pa.array(values, field.type))
        pq.write_table(table, path)

    return make


def info(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    """`results.json` after a change."""

    def make(folder: Path) -> None:
        path = folder / "results.json"
        found = json.loads(path.read_bytes())
        change(found)
        path.write_text(json.dumps(found))

    return make


def nested(folder: Path) -> None:
    path = folder / "results.json"
    path.write_text(path.read_text().rstrip().removesuffix("}") + ',"x":' + "[" * 10**6)


def sparse(folder: Path) -> None:
    os.truncate(folder / "results.json", 1 << 36)


def long_text(folder: Path) -> None:
    """A first text that says it has 2,000,000,000 tokens."""
    path = folder / "texts.parquet"
    table = pq.read_table(path)
    place, field = table.column_names.index("n_tokens"), table.schema.field("n_tokens")
    sizes = np.array(table["n_tokens"].to_numpy())
    sizes[0] = 2_000_000_000
    table = table.set_column(place, field, pa.array(sizes, field.type))
    first = np.cumsum(sizes.astype(np.int64)) - sizes
    place, field = table.column_names.index("first_token"), table.schema.field("first_token")
    table = table.set_column(place, field, pa.array(first, field.type))
    pq.write_table(table, path)


BOMBS: dict[str, Callable[[Path], None]] = {
    "maps of 30 MB in 30 KB": maps(30 << 20),
    "a text of 1 MB in 30 rows": repeated("texts", "text", "x" * 10**6, 30),
    "a token of 1 MB in 30 rows": repeated("tokens", "token", "x" * 10**6, 30),
    "names of 1 MB in 30 rows": repeated("texts", "score_names", ["x" * 10**6], 30),
    "alternatives of 1 MB in 30 rows": repeated(
        "predictions", "alternatives", [{"name": "x" * 10**6, "probability": 0.5}], 30
    ),
    "many groups": many_groups("tokens", "token", "x" * 10**6, 2, 15),
    "lists of 100,000 numbers": repeated("tokens", "received_layers", [0.5] * 10**5, 55),
    "many rows": repeated("heads", "uniform_share", 0.5, 600_000),
    "a text of two billion tokens": long_text,
    "a billion layers": info(lambda found: found["model"].update(n_layers=10**9)),
    "a billion heads": info(lambda found: found["model"].update(n_heads=10**9)),
    "a number of 4,000 digits": info(lambda found: found["model"].update(n_layers=10**4000)),
    "lists in lists": nested,
    "64 GB of nothing": sparse,
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    make_results(folder, ("abcdefgh", "xyz", "ij kl mn op"), n_layers=2, n_heads=2, evidence="full")
    without_manifest(folder)  # with one that fits, whoever made a bomb gets as far
    return folder


def verdicts(whole: Path, folders: list[Path]) -> list[tuple[str, int]]:
    """What is said of each folder, and by how many bytes it raised the use of memory."""
    done = subprocess.run(
        [sys.executable, READER, str(ROOM // 4), whole, *folders],
        capture_output=True,
        text=True,
        timeout=120,
    )
    lines = [tuple(json.loads(line)) for line in done.stdout.splitlines()]
    assert len(lines) == len(folders), done.stderr
    return lines


def require_told(path: Path, said: str) -> None:
    assert said.startswith(str(path)), said
    assert said.endswith("; run `reportgen analyze` again"), said
    assert "\n" not in said


def test_every_bomb_is_refused_in_one_line_and_little_memory(whole: Path, tmp_path: Path) -> None:
    folders = []
    for number, make in enumerate(BOMBS.values()):
        folders.append(Path(shutil.copytree(whole, tmp_path / str(number))))
        make(folders[-1])
    found = dict(zip(BOMBS, verdicts(whole, folders), strict=True))
    for (name, (said, grown)), folder in zip(found.items(), folders, strict=True):
        print(f"{name}: {grown / 1e6:.0f} MB: {said}")
        require_told(folder, said)


def test_only_files_and_links_to_files_are_opened(whole: Path, tmp_path: Path) -> None:
    places = []
    for put in (pipe, device, bound_socket, subfolder):
        for name in NAMES:
            folder = Path(shutil.copytree(whole, tmp_path / put.__name__ / name))
            (folder / name).unlink()
            put(folder / name)
            places.append(folder / name)
    linked = tmp_path / "linked"
    linked.mkdir()
    for path in whole.iterdir():
        (linked / path.name).symlink_to(path)
    *found, of_links = verdicts(whole, [*(path.parent for path in places), linked])
    for path, (said, _) in zip(places, found, strict=True):
        require_told(path, said)
        assert ", not a file; " in said
    assert of_links[0] == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("num_hidden_layers", 10**9),
        ("num_attention_heads", 10**9),
        ("num_labels", 10**9),
        ("max_position_embeddings", 10**9),
        ("hidden_size", 10**9),
        ("hidden_size", 10**7),
        ("vocab_size", 10**9),
        ("intermediate_size", 10**100),
        ("text_config", {"num_hidden_layers": 10**9}),
    ],
)
def test_a_model_of_impossible_size_is_refused(tmp_path: Path, name: str, value: Any) -> None:
    folder = save_model(tmp_path / "model", "bert")
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {name: value}))
    with pytest.raises(ModelError, match=r"config\.json: \w+ is [\d,]+, ") as caught:
        load_pretrained(ModelSpec(model=str(folder)), str(folder), torch.float32)
    assert len(str(caught.value).splitlines()) == 1


def test_a_configuration_of_lists_in_lists_is_refused(tmp_path: Path) -> None:
    folder = save_model(tmp_path / "model", "bert")
    (folder / "config.json").write_text('{"a":' * 10**5 + "1" + "}" * 10**5)
    with pytest.raises(ModelError, match=r"config\.json: nested too deeply"):
        load_pretrained(ModelSpec(model=str(folder)), str(folder), torch.float32)


@pytest.mark.parametrize("put", [pipe, device])
@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors", "notes"])
def test_a_folder_of_a_model_with_a_pipe_or_a_device_is_refused(
    tmp_path: Path, put: Callable[[Path], None], name: str
) -> None:
    folder = save_model(tmp_path / "model", "bert")
    (folder / name).unlink(missing_ok=True)
    put(folder / name)
    with pytest.raises(ModelError, match=rf"{name}: a (pipe|device), not a file; copy or down"):
        load_pretrained(ModelSpec(model=str(folder)), str(folder), torch.float32)


@pytest.mark.parametrize("put", [pipe, device])
@pytest.mark.parametrize("name", ["weights.pt", "weights.safetensors"])
def test_weights_that_are_no_file_are_refused(
    tmp_path: Path, put: Callable[[Path], None], name: str
) -> None:
    put(tmp_path / name)
    for read in (read_state_dict, require_readable):
        with pytest.raises(ModelError, match=r"a (pipe|device), not a file"):
            read(tmp_path / name)


def test_a_tokenizer_of_impossible_size_is_refused(tmp_path: Path) -> None:
    folder = save_model(tmp_path / "model", "bert")
    os.truncate(folder / "tokenizer.json", 1 << 36)
    with pytest.raises(ModelError, match=r"tokenizer\.json: larger than 200 MB"):
        load_pretrained(ModelSpec(model=str(folder)), str(folder), torch.float32)


def test_settings_and_plotlyjs_that_never_end_are_refused() -> None:
    for read in (partial(configured_gates, "run"), read_plotlyjs):
        with pytest.raises(UsageError, match=r"/dev/zero: cannot be read \(File too large\)"):
            read(Path("/dev/zero"))


def test_settings_that_take_long_to_read_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "gates.yaml"
    path.write_text("limit: 20\n" * 60_000)
    with pytest.raises(UsageError, match=r"gates\.yaml: cannot be read \(File too large\)"):
        configured_gates("run", path)


def parquet(path: Path, table: pa.Table, group: int | None = None) -> str:
    """Write a parquet file whose texts are not stored as a dictionary."""
    pq.write_table(table, path, compression="zstd", row_group_size=group, use_dictionary=False)
    return str(path)


@pytest.mark.usefixtures("tenth")
def test_a_parquet_file_of_texts_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    tables = {
        "long texts": pa.table({"text": pa.repeat("x" * 10**6, 30)}),
        "many rows": pa.table({"text": pa.nulls(300_000, pa.int32())}),
        "long lists": pa.table(
            {"text": pa.repeat("a", 20), "label": pa.array([np.zeros(30_000, np.int8)] * 20)}
        ),
        "long labels": pa.table(
            {"text": pa.repeat("a", 40_000), "label": pa.repeat("x" * 1000, 40_000)}
        ),
    }
    for name, table in tables.items():
        for is_dictionary in (True, False):
            path = tmp_path / f"{name}.parquet"
            pq.write_table(table, path, compression="zstd", use_dictionary=is_dictionary)
            with pytest.raises(InputError, match=r"split it, or take the first with --limit$"):
                read_texts([str(path)])
            assert len(read_texts([str(path)], limit=10).texts) == 10


@pytest.mark.parametrize("group", [None, pytest.param(1_000, marks=pytest.mark.whole)])
def test_of_a_large_parquet_file_the_first_rows_are_read(tmp_path: Path, group: int | None) -> None:
    """10 texts of 105 MB, in one row group or in many."""
    texts = [f"{number:06} " * 25 for number in range(1_000)]
    path = parquet(tmp_path / "large.parquet", pa.table({"text": texts * 600}), group)

    def read() -> None:
        found = read_texts([path], limit=10)
        assert [one.text for one in found.texts] == texts[:10]
        assert found.files[0].n_texts == 600_000

    within(ROOM // 16, read)


@pytest.mark.whole
@pytest.mark.parametrize("group", [1_000, None], ids=["many groups", "one group"])
def test_a_large_parquet_file_is_read_in_parts(tmp_path: Path, group: int | None) -> None:
    """190 MB of texts, beside as much of a column that is not needed."""
    texts = [f"{number:06} " * 60 for number in range(1_000)] * 450
    path = parquet(tmp_path / "whole.parquet", pa.table({"text": texts, "other": texts}), group)
    within(ROOM, lambda: require_texts(path, 450_000))


def require_texts(path: str, n_texts: int) -> None:
    assert len(read_texts([path]).texts) == n_texts


def test_a_file_of_texts_that_never_ends_or_holds_too_much_is_refused(
    tmp_path: Path, tenth: int
) -> None:
    whole = {
        "lines.txt": b"a\n" * 50_001,
        "cells.csv": b"text" + b"," * 500_001,
        "texts.json": b"[1" + b",1" * 50_000 + b"]",
        "cells.json": b"[1" + b",1" * 500_001 + b"]",
    }
    for name, content in whole.items():
        (tmp_path / name).write_bytes(content)

    def read() -> None:
        for name in whole:
            with pytest.raises(InputError, match=rf"{name}: .*more than [\d,]+.*; split it"):
                read_texts([str(tmp_path / name)])
        for input_format in ("txt", "json", "parquet"):
            with pytest.raises(InputError, match="/dev/zero: more than 20,000,000 bytes; split"):
                read_texts(["/dev/zero"], input_format=input_format)

    within(tenth, read)


def test_a_long_line_is_refused_where_one_of_its_characters_is_wide(tmp_path: Path) -> None:
    wide = tmp_path / "wide.txt"
    wide.write_bytes(b"a" * 80_000_000 + "😀".encode())

    def read() -> None:
        with pytest.raises(InputError, match="too large to read at once with such characters"):
            read_texts([str(wide)])

    within(ROOM, read)


@pytest.mark.usefixtures("tenth")
def test_weights_that_unpack_to_far_more_than_they_hold_are_refused(tmp_path: Path) -> None:
    folder = save_model(tmp_path / "model", "bert")
    (folder / "model.safetensors").unlink()
    bomb = folder / "pytorch_model.bin"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("archive/data/0", bytes(30_000_000))
    with pytest.raises(ModelError, match="unpacks to 30 MB, far more than it holds") as caught:
        load_pretrained(ModelSpec(model=str(folder)), str(folder), torch.float32)
    assert len(str(caught.value).splitlines()) == 1
    with pytest.raises(ModelError, match="unpacks to 30 MB"):
        read_state_dict(bomb)
