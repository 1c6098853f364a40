"""Files that are read by lines, and texts that lie on the disk, are what they are in memory."""

import csv
import gzip
import io
import json
import os
import pickle
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reportgen.errors import InputError, ReportgenError
from reportgen.texts import (
    TextSet,
    limits,
    read_texts,
    source_files,
    stored,
    with_labels_renamed,
)
from reportgen.texts.formats import lines

ROWS = [{"id": f"t{i}", "text": f"text {i}\u2028“{i}”", "label": str(i % 3)} for i in range(9)]
JSONL = "\n".join(map(json.dumps, ROWS))
FILES: dict[str, tuple[str, bytes]] = {
    "lines": ("a.txt", "one\r\n\r\ntwo\rthree\x0b\u2028\u0085 x\n\n \nfour\nfive".encode()),
    "lines with a mark": ("a.txt", "one\ntwo\nthree\nfour\n".encode("utf-8-sig")),
    "another encoding": ("a.txt", "カード\nポイント\n無料です\nいま\n".encode("cp932")),
    "an older encoding": ("a.txt", "カード\nポイント\n無料です\nいま\n".encode("iso2022_jp")),
    "its mark in UTF-8": ("a.txt", "one \x1b$B\ntwo\n三\nfour\n".encode()),
    "not read by lines": ("a.txt", "one\0\ntwo\nthree\nfour".encode("utf-16")),
    "cells": ("a.csv", b'id,text\n1,"a\r\nb, c"\n\n2,d\n3,"e ""f"""\n4,\n5,g\n'),
    "semicolons": ("a.csv", b"n;words\n1;a, b\n2;c\n3;d\n4;e, f"),
    "tabs": ("a.tsv", b"text\tlabel\na\t1\nb\t2\nc\t\nd\t3"),
    "objects": ("a.jsonl", JSONL.encode()),
    "strings": ("a.jsonl", b'"one"\n\n"two"\n{"text": "three", "label": 2}\n"four"\n'),
    "broken cells": ("a.csv", b"id,text\n1,a\n2,b,c\n3,d\n4,e\n"),
    "broken quotes": ("a.csv", b'id,text\n1,a\n2,"b\n3,d\n4,e\n'),
    "broken objects": ("a.jsonl", JSONL.encode() + b'\n{"text": \n'),
    "no objects": ("a.jsonl", JSONL.encode() + b"\n[1]\n"),
    "no text": ("a.jsonl", JSONL.encode() + b'\n{"id": "x"}\n'),
    "two separators": ("a.csv", b"a;b,text\n1;2,x\n3;4,y\n"),
    "the same id": ("a.jsonl", JSONL.encode() + b"\n" + json.dumps(ROWS[1]).encode()),
    "the id of a number": ("a.jsonl", b'"a"\n"b"\n"c"\n"d"\n{"id": "3", "text": "e"}\n'),
}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes any file a large one, and any texts many."""

    def make() -> None:
        monkeypatch.setattr(source_files, "BY_LINES", 3)
        monkeypatch.setattr(lines, "_BLOCK", 5)
        monkeypatch.setattr(stored, "FEW", 3)
        monkeypatch.setattr(stored, "_TOGETHER", 2)
        monkeypatch.setattr("reportgen.texts.read._REMEMBERED", 2)

    return make


def read(path: Path | str, **options: object) -> TextSet | ReportgenError:
    try:
        return read_texts([str(path)], **options)
    except ReportgenError as error:
        return error


@pytest.mark.parametrize("name", FILES)
def test_a_large_file_is_read_as_a_small_one(tmp_path: Path, small, name: str) -> None:
    file, content = FILES[name]
    path = tmp_path / file
    path.write_bytes(content)
    whole = read(path)
    small()
    by_lines = read(path)
    if isinstance(whole, ReportgenError):
        told = str(whole).replace(f"{path}", "a")
        assert str(by_lines).replace(f"{path}", "a").replace("a.jsonl:", "a:") == told
        assert type(by_lines) is type(whole)
        return
    assert isinstance(by_lines, TextSet)
    assert isinstance(by_lines.texts, stored.Stored)
    assert tuple(by_lines.texts) == whole.texts
    assert (by_lines.files, by_lines.notes) == (whole.files, whole.notes)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_an_encoding_that_is_named_decides_how_a_large_file_is_read(
    tmp_path: Path, small, encoding: str
) -> None:
    (tmp_path / "a.txt").write_bytes(b"one \x1b$B\x1b(B\ntw\0o\nthree\nfour\n")
    small()
    found = read(tmp_path / "a.txt", encoding=encoding)
    assert isinstance(found, TextSet)
    assert isinstance(found.texts, stored.Stored)
    assert [text.text for text in found.texts] == ["one \x1b$B\x1b(B", "tw\0o", "three", "four"]
    (tmp_path / "b.txt").write_bytes(b"one \x1b$B\x1b(B\ntwo\n")  # the mark lies in two blocks
    assert "give --encoding iso2022_jp" in str(read(tmp_path / "b.txt"))


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> Callable[..., TextSet | ReportgenError]:
    """Reads what is given as standard input."""

    def read_piped(content: bytes, **options: object) -> TextSet | ReportgenError:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
        return read("-", **options)

    return read_piped


PACKERS = {"gz": "gzip", "zst": "zstd"}


@pytest.mark.parametrize("name", FILES)
def test_compressed_files_and_standard_input_are_read_by_lines_too(
    tmp_path: Path, small, piped, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    file, content = FILES[name]
    paths = [tmp_path / f"{file}.{suffix}" for suffix in PACKERS]
    for path, codec in zip(paths, PACKERS.values(), strict=True):
        path.write_bytes(pa.compress(content, codec=codec, asbytes=True))
    input_format = file.partition(".")[2]

    def found() -> list[TextSet | ReportgenError]:
        own = read(paths[1], input_format=input_format)
        pipes = [piped(data, input_format=input_format) for data in (content, *packed)]
        return [*map(read, paths), own, *pipes, piped(content)]

    packed = [path.read_bytes() for path in paths]
    whole = found()
    small()
    if name not in ("another encoding", "an older encoding", "not read by lines"):
        monkeypatch.setattr(source_files, "unpacked", None)  # what is read as a whole
    for by_lines, before in zip(found(), whole, strict=True):
        if isinstance(before, ReportgenError):
            told = str(before).replace(f"{tmp_path}/", "")
            assert str(by_lines).replace(f"{tmp_path}/", "") == told
            assert type(by_lines) is type(before)
        else:
            assert isinstance(by_lines, TextSet), by_lines
            assert tuple(by_lines.texts) == tuple(before.texts)
            assert (by_lines.files, by_lines.notes) == (before.files, before.notes)


def test_what_is_piped_or_packed_has_limits_too(
    tmp_path: Path, small, piped, monkeypatch: pytest.MonkeyPatch
) -> None:
    small()
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(b"text\n" * 9_000))
    monkeypatch.setattr("reportgen.texts.limits.MAX_ROWS", 8_000)
    assert "a.txt.gz: more than 8,000 lines; split it" in str(read(path))  # 1,000 times its size
    path.write_bytes(gzip.compress(os.urandom(60).hex().encode() + b"\ntwo")[:-9])
    assert "a.txt.gz: damaged gzip file, or not copied to its end" in str(read(path))
    assert "stdin: damaged gzip file" in str(piped(path.read_bytes()))
    listed = piped(json.dumps(ROWS).encode())
    assert isinstance(listed, TextSet)
    assert len(listed.texts) == len(ROWS)
    monkeypatch.setattr(source_files, "MAX_STDIN", 10)
    assert "stdin: more than 10 bytes; write it to a file" in str(piped(b"a\n" * 6))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    assert "stdin: no folder to keep it in (No such file" in str(piped(b"a\n" * 6))
    monkeypatch.setattr("sys.stdin", None)
    assert str(read("-")) == "standard input is closed; name a file of texts"


def test_a_parquet_file_is_read_in_parts(
    tmp_path: Path, small, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.parquet"
    columns = {name: [row[name] for row in ROWS] for name in ("id", "text", "label")}
    table = pa.table({**columns, "units": [[row["text"][:4]] for row in ROWS]})
    pq.write_table(table, path, row_group_size=4)
    whole = read(path)
    monkeypatch.setattr("reportgen.texts.formats.parquet._AT_ONCE", 3)
    small()
    found = read(path)
    assert isinstance(found, TextSet)
    assert isinstance(whole, TextSet)
    assert tuple(found.texts) == whole.texts
    assert [text.units for text in found.texts] == [(((0, 4),), ())] * 9
    assert len(read(path, limit=7).texts) == 7
    nested = pa.table({"text": [{"a": 1}] * 3})
    pq.write_table(nested, path)
    assert "column 'text' holds struct<a: int64>, not a text" in str(read(path))


def test_many_texts_are_a_sequence(small, tmp_path: Path) -> None:
    small()
    (tmp_path / "a.jsonl").write_text(JSONL, "utf-8")
    found = read_texts([str(tmp_path / "a.jsonl")])
    texts, every = found.texts, tuple(found.texts)
    assert len(texts) == len(every) == 9
    assert [texts[i] for i in (8, 0, -1, 3, 4)] == [every[i] for i in (8, 0, -1, 3, 4)]
    assert texts[2:7:2] == every[2:7:2]
    with pytest.raises(IndexError):
        texts[9]
    again = pickle.loads(pickle.dumps(found))
    assert tuple(again.texts) == every
    renamed = with_labels_renamed(found, {"1": "good"}).texts
    assert isinstance(renamed, stored.Stored)
    assert [text.label for text in renamed][:4] == ["0", "good", "2", "0"]


def test_a_line_or_record_without_end_is_not_read_at_once(
    tmp_path: Path, small, monkeypatch: pytest.MonkeyPatch
) -> None:
    small()
    monkeypatch.setattr(lines, "LONGEST", 8)
    monkeypatch.setattr("reportgen.texts.formats.file_formats.LONGEST", 8)
    (tmp_path / "a.txt").write_text("a text on one line\n", "utf-8")
    assert not lines.can_be_read_by_lines(tmp_path / "a.txt", "a.txt")
    (tmp_path / "a.csv").write_text('text\n"a\n' + "b\n" * 9 + '"\n', "utf-8")
    with pytest.raises(InputError, match=r"a\.csv:2: broken quotes .*more than 8 characters"):
        read_texts([str(tmp_path / "a.csv")])


def test_a_table_with_as_many_columns_as_may_be_is_read_once(tmp_path: Path, monkeypatch) -> None:
    n = limits.MAX_COLUMNS
    monkeypatch.setattr(source_files, "BY_LINES", 1_000_000)
    path = tmp_path / "wide.csv"
    numbers = ",".join(["7"] * (n - 1))
    names = ",".join(f"c{i}" for i in range(n))
    path.write_text(f"{names}\n{numbers},8\n{numbers},words here\n")
    assert path.stat().st_size > source_files.BY_LINES
    passes = []
    whole = lines.FileLines.__iter__
    monkeypatch.setattr(lines.FileLines, "__iter__", lambda own: passes.append(1) or whole(own))
    found = read_texts([str(path)])
    assert [text.text for text in found.texts] == ["8", "words here"]
    # To count its rows, to find the column of words, to look for numbers in the first rows, and to
    # take the texts.
    assert len(passes) == 4


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.json"])
def test_a_table_with_far_too_many_columns_is_refused_at_once(tmp_path: Path, name: str) -> None:
    n = 200_000
    path, columns = tmp_path / name, [f"c{i}" for i in range(n)]
    if "json" in name:
        row = json.dumps(dict.fromkeys(columns, 7))
        path.write_text(f"[{row}]" if name == "a.json" else row)
    else:
        separator = "," if name == "a.csv" else "\t"
        rows = [columns, ["7"] * n, ["words here"] * n]
        path.write_text("\n".join(separator.join(row) for row in rows))
    start = time.process_time()
    refused = read(path)
    assert time.process_time() - start < 5  # minutes, were each column looked at for each other
    where = path if name == "a.json" else f"{path}:1"
    assert str(refused) == (
        f"{where}: 200,000 columns, but at most 100,000 are read; keep those with texts, labels "
        "and ids"
    )


def test_a_parquet_file_with_too_many_columns_is_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(limits, "MAX_COLUMNS", 2)
    pq.write_table(pa.table({name: ["words"] for name in "abc"}), tmp_path / "a.parquet")
    assert "a.parquet: 3 columns, but at most 2 are read" in str(read(tmp_path / "a.parquet"))


def test_the_footer_of_a_parquet_file_is_parsed_twice(tmp_path: Path, monkeypatch) -> None:
    pq.write_table(pa.table({"text": ["one", "two"]}), tmp_path / "a.parquet")
    parsed = []
    for name in ("read_metadata", "read_schema", "ParquetFile"):
        own = getattr(pq, name)

        def counted(*given: object, own: Callable = own, **more: object) -> object:
            if more.get("metadata") is None:
                parsed.append(own.__name__)
            return own(*given, **more)

        monkeypatch.setattr(pq, name, counted)
    assert len(read_texts([str(tmp_path / "a.parquet")]).texts) == 2
    # To choose columns, and before rows are read: the file may have changed in between.
    assert parsed == ["read_metadata", "read_metadata"]


def test_a_line_of_20_mb_is_cut_as_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    line = "some words of a headline " * 800_000
    path.write_text(f"{line}\na short one\n")
    start = time.process_time()
    found = read_texts([str(path)])
    assert time.process_time() - start < 1
    assert [text.text for text in found.texts] == [line[: limits.MAX_TEXT], "a short one"]
    assert [text.is_cut for text in found.texts] == [True, False]
    (note,) = found.notes
    assert note == (
        f"{path}:1: of a text of more than 1,000,000 characters the first 1,000,000 are read"
    )


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv"])
def test_texts_pairs_and_units_are_cut_in_every_format(
    tmp_path: Path, monkeypatch, name: str
) -> None:
    monkeypatch.setattr(limits, "MAX_TEXT", 5)
    path = tmp_path / name
    rows = [
        ("abcde", "abcdef", [[0, 2]]),
        ("ab cdef", "a", [[0, 2], [3, 6], [6, 7]]),
        ("a", "b", []),
    ]
    objects = [dict(zip(("text", "pair", "units"), row, strict=True)) for row in rows]
    if name == "a.csv":
        with path.open("w", newline="") as stream:
            csv.writer(stream).writerows([("text", "pair", "units"), *rows])
    else:
        told = json.dumps(objects) if name == "a.json" else "\n".join(map(json.dumps, objects))
        path.write_text(told)
    found = read_texts([str(path)])
    assert [text.is_cut for text in found.texts] == [True, True, False]
    assert [(text.text, text.pair) for text in found.texts] == [
        ("abcde", "abcde"),
        ("ab cd", "a"),
        ("a", "b"),
    ]
    assert found.texts[0].units == (((0, 2),), ())
    assert found.texts[1].units == (((0, 2), (3, 5)), ())
    assert len(read_texts([str(path)], limit=1).notes) == 1
