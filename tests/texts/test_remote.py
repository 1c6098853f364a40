"""Texts at an address, read with fsspec: its file system in memory stands for object stores."""

import json
from pathlib import Path

import fsspec
import pytest
from helpers.calling import call

import reportgen
from reportgen.errors import InputError, UsageError
from reportgen.texts import read_texts, source_files

TEXTS = ["one", "two", "three"]


@pytest.fixture
def store() -> fsspec.AbstractFileSystem:
    store = fsspec.filesystem("memory")
    store.pipe("/bucket/a.txt", "\n".join(TEXTS).encode())
    lines = [json.dumps({"id": text, "text": text}) for text in TEXTS]
    store.pipe("/bucket/b.jsonl", "\n".join(lines).encode())
    store.pipe("/bucket/broken.csv", b"id,text\n1,a,b\n")
    return store


@pytest.mark.parametrize("by_lines", [False, True])
def test_texts_are_read_from_an_address(store, monkeypatch, tmp_path: Path, by_lines: bool) -> None:
    if by_lines:
        monkeypatch.setattr(source_files, "BY_LINES", 3)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    found = read_texts(["memory://bucket/a.txt", "memory://bucket/b.jsonl"])
    assert [text.text for text in found.texts] == TEXTS * 2
    assert [text.source for text in found.texts][2:4] == ["a.txt:3", "b.jsonl:1"]
    (tmp_path / "a.txt").write_bytes(store.cat("/bucket/a.txt"))
    assert read_texts([str(tmp_path / "a.txt")]).files == found.files[:1]
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]  # copies are gone


def test_what_is_wrong_names_the_address(store) -> None:
    for name, told in (
        ("none.csv", r"^memory://bucket/none\.csv: no such file$"),
        ("broken.csv", r"^memory://bucket/broken\.csv:2: 3 cells"),
    ):
        with pytest.raises(InputError, match=told):
            read_texts([f"memory://bucket/{name}"])


def test_what_reads_an_address_is_named_where_it_is_missing(monkeypatch) -> None:
    def missing(address: str, mode: str) -> None:
        raise ImportError("Install s3fs to access S3")

    with monkeypatch.context() as patch:
        patch.setattr(fsspec, "open", missing)
        with pytest.raises(
            UsageError, match=r"^s3://b/a\.csv: cannot be read yet; Install s3fs to access S3$"
        ):
            read_texts(["s3://b/a.csv"])
    with pytest.raises(UsageError, match="nowhere:// is not known; give a file, or s3://"):
        read_texts(["nowhere://b/a.csv"])


def test_the_command_reads_an_address(store) -> None:
    done = call("analyze", "memory://bucket/broken.csv", "-o", "never")
    assert done.exit_code == 1
    assert done.stderr.startswith("reportgen: memory://bucket/broken.csv:2: 3 cells")
    with pytest.raises(InputError, match=r"^memory://bucket/none\.csv: no such file"):
        reportgen.analyze("memory://bucket/none.csv", "demo")
