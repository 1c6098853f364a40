"""The manifest of results: what it lists, what it refuses, and how it is checked by hand."""

import json
import os
import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from helpers.made_up.factories import make_results

from reportgen.errors import ResultsError
from reportgen.results import TABLES, manifest, name_commit, open_results, read_info, write_info

TEXTS = ("abcdefgh", "", "xyz", "ij kl mn op")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_results(tmp_path / "r", TEXTS, n_layers=2, n_heads=2, evidence="full")
    return tmp_path / "r"


def listed(folder: Path) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads((folder / "results.json").read_bytes())
    return found["manifest"]["files"]  # type: ignore[return-value]


def test_every_file_is_listed_with_its_size_and_sha256(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()} - {"results.json"}
    assert {"texts.parquet", "sink_scores.parquet", "maps.bin"} < names == listed(folder).keys()
    for name, said in listed(folder).items():
        content = (folder / name).read_bytes()
        assert said["bytes"] == len(content)
        assert said["sha256"] == sha256(content).hexdigest()


def test_the_docs_check_it_by_hand(folder: Path) -> None:
    """The two commands of `docs/outputs.md`."""
    docs = (Path(__file__).parents[2] / "docs" / "outputs.md").read_text("utf-8")
    code = re.search(r"```sh\n(cd results\n.*?)```", docs, re.DOTALL)
    assert code is not None
    run = subprocess.run(
        ["sh", "-ec", code[1].replace("cd results", f"cd '{folder}'")],
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    *files, run_id, own = run.stdout.splitlines()
    assert all(line.endswith(": OK") for line in files)
    assert len(files) == len(listed(folder))
    assert own.split()[0] in run_id


def test_the_run_id_is_that_of_the_content(tmp_path: Path) -> None:
    ids = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        make_results(tmp_path / name, TEXTS, seed=seed)
        ids.append(
            json.loads((tmp_path / name / "results.json").read_bytes())["manifest"]["run_id"]
        )
    assert ids[0] == ids[1] != ids[2]


def test_another_file_than_is_listed_is_named_with_what_is_wrong(folder: Path) -> None:
    path = folder / "heads.parquet"
    whole = path.read_bytes()
    for content, wrong in (
        (whole + b"\0", f"it has {len(whole) + 1:,} bytes, and results.json lists {len(whole):,}"),
        (whole[:-1] + b"\0", "its SHA-256 is not the one that results.json lists"),
    ):
        path.write_bytes(content)
        with pytest.raises(ResultsError) as caught:
            _ = open_results(folder).heads
        assert str(caught.value) == (
            f"{path}: damaged, or of another run: {wrong}; run `reportgen analyze` again"
        )
        assert len(open_results(folder).layers)  # which is whole
    path.unlink()
    with pytest.raises(ResultsError, match=r"heads\.parquet: is missing"):
        _ = open_results(folder).heads


def test_each_file_of_another_run_is_named(folder: Path, tmp_path: Path) -> None:
    """Another model on the same texts has files of the same names, columns and rows."""
    other = tmp_path / "other"
    make_results(other, TEXTS, seed=1, n_layers=2, n_heads=2, evidence="full")
    n_named = 0
    for path in sorted(folder.iterdir()):
        whole = path.read_bytes()
        path.write_bytes((other / path.name).read_bytes())
        if path.read_bytes() != whole:
            named = r"\w+\.parquet" if path.name == "results.json" else re.escape(path.name)
            with pytest.raises(ResultsError, match=f"{named}: damaged, or of another run: ") as one:
                read_all(folder)
            assert "\n" not in str(one.value)
            n_named += 1
        path.write_bytes(whole)
    assert n_named == 8


def read_all(folder: Path) -> None:
    results = open_results(folder)
    for name in TABLES:
        results.stored(name)
    for text in range(len(results.texts)):
        results.packed_maps(text)


def test_a_table_that_is_not_listed_is_refused_and_one_that_is_must_be_there(
    folder: Path,
) -> None:
    spare = (folder / "shuffled.parquet").read_bytes()
    info = read_info(folder)
    (folder / "shuffled.parquet").unlink()
    with pytest.raises(ResultsError, match=r"shuffled\.parquet: is missing"):
        _ = open_results(folder).shuffled
    write_info(folder, info)
    (folder / "shuffled.parquet").write_bytes(spare)
    with pytest.raises(ResultsError, match=r"shuffled\.parquet: .*results\.json does not list it"):
        _ = open_results(folder).shuffled


def test_maps_are_checked_block_by_block(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "BLOCK", 64)
    write_info(folder, read_info(folder))
    path = folder / "maps.bin"
    whole = path.read_bytes()
    blocks = listed(folder)["maps.bin"]["blocks"]
    assert blocks == [
        sha256(whole[start : start + 64]).hexdigest() for start in range(0, len(whole), 64)
    ]
    assert len(whole) > 5 * 64
    last = open_results(folder).texts["map_offset"].dropna().astype(int).idxmax()
    expected = open_results(folder).packed_maps(int(last))
    path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    results = open_results(folder)
    assert results.packed_maps(int(last)) == expected  # none of what is read was changed
    with pytest.raises(ResultsError, match=r"maps\.bin: damaged, or of another run: its SHA-256"):
        results.packed_maps(0)


def test_each_bit_of_results_json_counts(tmp_path: Path) -> None:
    make_results(tmp_path, ("abc",), n_layers=1, n_heads=1)
    path = tmp_path / "results.json"
    whole = path.read_bytes()
    begin = whole.index(b'"manifest"') + len(b'"manifest"')  # else it is as of an older version
    for place in (0, 50, begin, begin + 40, len(whole) // 2, len(whole) - 2):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ResultsError, match=r"results\.json: ") as caught:
            open_results(tmp_path)
        assert "\n" not in str(caught.value)


def test_ends_of_lines_may_be_those_of_another_system(folder: Path) -> None:
    path = folder / "results.json"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert len(open_results(folder).heads)


def test_a_commit_that_is_named_gets_into_the_manifest(folder: Path) -> None:
    before = listed(folder)
    results = name_commit(open_results(folder), "1b3c5d7")
    assert results.info.commit == open_results(folder).info.commit == "1b3c5d7"
    assert listed(folder) == before
    assert len(open_results(folder).tokens)


def test_a_file_that_is_written_over_while_it_is_read_is_checked_again(folder: Path) -> None:
    results = open_results(folder)
    table = results.source.table("heads")
    path = folder / "heads.parquet"
    content = path.read_bytes()
    stamp = path.stat()
    path.write_bytes(content)  # the same file, as a copy over it leaves it
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns + 1))
    assert table.select(["layer"]).num_rows
    other = results.stored_in.file("heads.parquet")
    path.write_bytes(content[:-1] + b"\0")
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns + 2))
    with pytest.raises(ResultsError, match=r"heads\.parquet: damaged, or of another run"):
        other.open()
