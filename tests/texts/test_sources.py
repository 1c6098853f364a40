"""Where texts come from beside plain files: compressed files, folders, saved data sets, standard
input."""

import gzip
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from helpers.text_files import (
    Write,
    any_text,
    give,
    line_text,
    parquet,
    round_trip,
    texts_of,
    workbook,
)
from hypothesis import given
from hypothesis import strategies as st

from reportgen.errors import InputError, UsageError
from reportgen.texts import Columns, TextInput, read_texts


def zstd(data: bytes) -> bytes:
    return pa.compress(data, codec="zstd", asbytes=True)


PACKERS: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".zst": zstd}
TABLES = {
    "t.txt": b"a\nb\n",
    "t.csv": b"id,text\n7,a\n8,b\n",
    "t.tsv": b"id\ttext\n7\ta\n8\tb\n",
    "t.json": b'["a", "b"]',
    "t.jsonl": b'{"text": "a"}\n{"text": "b"}\n',
    "t.parquet": parquet(text=["a", "b"]),
}


class TestPacked:
    @pytest.mark.parametrize("suffix", PACKERS)
    @pytest.mark.parametrize("name", TABLES)
    def test_a_packed_file_is_read_as_the_file(self, write: Write, name: str, suffix: str) -> None:
        packed = PACKERS[suffix](TABLES[name])
        read = read_texts([write(name + suffix, packed)])
        plain = read_texts([write(name, TABLES[name])])
        assert [(text.id, text.text) for text in read.texts] == [
            (text.id, text.text) for text in plain.texts
        ]
        assert read.texts[0].source == plain.texts[0].source.replace(name, name + suffix)
        assert read.files[0].sha256 == hashlib.sha256(packed).hexdigest()

    @pytest.mark.parametrize("pack", PACKERS.values())
    @given(lines=st.lists(line_text, min_size=1, max_size=4))
    @round_trip
    def test_parts_that_follow_one_another_are_one_file(
        self, write: Write, pack: Callable[[bytes], bytes], lines: list[str]
    ) -> None:
        packed = b"".join(pack(f"{line}\n".encode()) for line in lines)
        assert texts_of(write("t.txt.gz", packed), encoding="utf-8") == lines

    def test_the_content_decides_not_the_name(self, write: Write) -> None:
        assert texts_of(write("t.csv.gz", b"text\na\n")) == ["a"]
        assert texts_of(write("t.csv", gzip.compress(b"text\na\n"))) == ["a"]
        assert texts_of(write("t", zstd(b"a\n"))) == ["a"]

    def test_a_wrong_line_is_named(self, write: Write) -> None:
        with pytest.raises(InputError, match=r"t\.csv\.gz:3: 2 cells, but the header has 1"):
            read_texts([write("t.csv.gz", gzip.compress(b"text\na\nb,c\n"))])

    @pytest.mark.parametrize("suffix", PACKERS)
    def test_what_is_damaged_is_told_in_one_line(self, write: Write, suffix: str) -> None:
        packed = PACKERS[suffix](os.urandom(5_000).hex().encode())
        for content in (packed[:-9], packed[:30], packed + b"more"):
            with pytest.raises(InputError, match=r"damaged (gzip|zstd) file, or not copied"):
                read_texts([write(f"t.txt{suffix}", content)])

    def test_an_unknown_suffix_below_is_told(self, write: Write) -> None:
        with pytest.raises(UsageError, match=r"t\.docx\.gz: the suffix '\.docx' is not known"):
            read_texts([write("t.docx.gz", b"")])


class TestFolders:
    def test_every_file_is_a_text_named_after_it_in_natural_order(self, write: Write) -> None:
        files = {"10.txt": "ten", "2.txt": "two\n", "B.TXT": "b\r\n", "a.text": " a\nb \n\n"}
        for name, content in files.items():
            folder = str(Path(write(f"reviews/{name}", content)).parent)
        write("reviews/c.txt.gz", gzip.compress(b"packed"))
        read = read_texts([folder])
        assert read.texts == (
            TextInput("2", "two", source="reviews/2.txt"),
            TextInput("10", "ten", source="reviews/10.txt"),
            TextInput("a", " a\nb ", source="reviews/a.text"),
            TextInput("B", "b", source="reviews/B.TXT"),
            TextInput("c", "packed", source="reviews/c.txt.gz"),
        )
        assert read.notes == ()
        assert [(file.name, file.n_texts) for file in read.files] == [("reviews", 5)]
        assert texts_of(folder + "/") == texts_of(folder, input_format="txt")
        assert [text.id for text in read_texts([folder], Columns(id="")).texts] == list("12345")

    def test_what_is_not_read_is_said(self, write: Write) -> None:
        for name in ("a.txt", "pos/b.txt", "neg/c.txt", "notes.md", "t.csv", ".hidden"):
            write(f"all/{name}", "x")
        folder = str(Path(write("all/a.txt", "x")).parent)
        read = read_texts([folder])
        assert [text.id for text in read.texts] == ["a"]
        assert read.notes == (
            f"{folder}: folders in it are not read: neg, pos",
            f"{folder}: 2 files are not read, as only .txt files are texts",
        )

    def test_the_checksum_is_of_names_and_contents(self, write: Write) -> None:
        def checksum(name: str, content: str) -> str:
            folder = Path(write(f"{name}-{content}/{name}.txt", content)).parent
            return read_texts([str(folder)]).files[0].sha256

        assert len({checksum("a", "x"), checksum("b", "x"), checksum("a", "y")}) == 3
        assert checksum("a", "x") == checksum("a", "x")

    def test_an_id_that_stands_twice_names_both_files(self, write: Write) -> None:
        write("f/a.text", "x")
        folder = str(Path(write("f/a.txt", "y")).parent)
        with pytest.raises(InputError, match=r"f/a\.txt: the id 'a' already stands at .*f/a\.text"):
            read_texts([folder])

    def test_the_file_that_cannot_be_decoded_is_named(self, write: Write) -> None:
        folder = str(Path(write("f/a.txt", b"one\n\xff\xff")).parent)
        with pytest.raises(InputError, match=r"f/a\.txt:2: neither UTF-8 nor CP932"):
            read_texts([folder])
        assert texts_of(folder, encoding="latin-1") == ["one\nÿÿ"]

    def test_a_pipe_in_it_is_refused(self, write: Write) -> None:
        folder = Path(write("f/a.txt", "x")).parent
        os.mkfifo(folder / "b.txt")
        with pytest.raises(InputError, match=r"f/b\.txt: a pipe, not a file; move it elsewhere"):
            read_texts([str(folder)])

    def test_one_without_texts_is_told(self, write: Write) -> None:
        with pytest.raises(InputError, match=r"a folder without \.txt files; give the files in it"):
            read_texts([str(Path(write("f/t.csv", "text\na\n")).parent)])
        with pytest.raises(InputError, match="a results folder, not texts; use `reportgen render`"):
            read_texts([str(Path(write("r/results.json", "{}")).parent)])

    @given(st.dictionaries(st.integers(0, 99), any_text.map(lambda text: text.rstrip("\r\n"))))
    @round_trip
    def test_texts_come_back_as_they_were(
        self, tmp_path_factory: pytest.TempPathFactory, texts: dict[int, str]
    ) -> None:
        folder = tmp_path_factory.mktemp("folder")
        (folder / "x.txt").write_bytes(b"last")
        for name, text in texts.items():
            (folder / f"{name}.txt").write_bytes(b"\xef\xbb\xbf" + text.encode())
        ordered = sorted(texts.items())
        read = read_texts([str(folder)]).texts
        assert [(text.id, text.text) for text in read] == [
            *((str(name), text) for name, text in ordered),
            ("x", "last"),
        ]


class DataSet:
    """Writes folders as `save_to_disk` does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, *tables: pa.Table, **state: Any) -> str:
        self.folder.mkdir(parents=True, exist_ok=True)
        names = [f"data-{n:05}-of-{len(tables):05}.arrow" for n in range(len(tables))]
        for name, table in zip(names, tables, strict=True):
            with pa.ipc.new_stream(str(self.folder / name), table.schema) as stream:
                stream.write_table(table, max_chunksize=2)
        described = {"_data_files": [{"filename": name} for name in names], **state}
        (self.folder / "state.json").write_text(json.dumps(described))
        (self.folder / "dataset_info.json").write_text("{}")
        return str(self.folder)


@pytest.fixture
def data_set(tmp_path: Path) -> DataSet:
    return DataSet(tmp_path / "saved")


class TestSavedDataSets:
    TABLE = pa.table(
        {
            "text": ["a", None, "c"],
            "label": pa.array([1, 0, None], pa.int64()),
            "id": ["x", "y", "z"],
            "image": [{"bytes": b"1"}] * 3,
        }
    )

    def test_it_is_read_as_a_parquet_file_of_the_same_table(
        self, write: Write, data_set: DataSet
    ) -> None:
        saved = read_texts([data_set.write(self.TABLE)])
        path = write("other/saved", parquet(**self.TABLE.to_pydict()))
        table = read_texts([path], input_format="parquet")
        assert saved.texts == table.texts
        assert saved.texts[0] == TextInput("x", "a", label="1", source="saved:row 1")
        assert (saved.files[0].name, saved.files[0].n_texts) == ("saved", 3)

    def test_its_files_follow_one_another(self, data_set: DataSet) -> None:
        folder = data_set.write(self.TABLE[:2], self.TABLE[2:])
        assert [text.id for text in read_texts([folder]).texts] == ["x", "y", "z"]
        read = read_texts([folder], limit=1)
        assert [text.id for text in read.texts] == ["x"]
        assert read.files[0].n_texts == 3

    def test_lists_are_labels_and_units(self, data_set: DataSet) -> None:
        table = pa.table({"text": ["New York"], "label": [["a", "b"]], "units": [[[0, 8]]]})
        (text,) = read_texts([data_set.write(table)]).texts
        assert (text.label, text.units) == ('["a", "b"]', (((0, 8),), ()))

    def test_data_sets_of_taggers_and_of_questions_are_read_as_they_are(
        self, write: Write, data_set: DataSet
    ) -> None:
        answers = [{"text": ["London", "in London"], "answer_start": [13, 10]}]
        table = pa.table({"text": [["New", "", "York"]], "label": [[1, 2, 2]], "answers": answers})
        objects = [{"text": "London", "answer_start": 13}, {"text": "in London"}]
        lines = [{"text": ["New", "", "York"], "answers": own} for own in (*answers, objects)]
        for of_tags, of_answers in (
            (data_set.write(table),) * 2,
            (write("t.parquet", parquet(**table.to_pydict())),) * 2,
            (None, write("a.jsonl", "\n".join(map(json.dumps, lines)))),
        ):
            for path, label, expected in (
                (of_tags, "label", '["1", "2", "2"]'),
                (of_answers, "answers", '["London", "in London"]'),
            ):
                for text in read_texts([path], Columns(label=label)).texts if path else ():
                    # the words are the units
                    assert (text.text, text.units) == ("New  York", (((0, 3), (5, 9)), ()))
                    assert text.label == expected
        (empty,) = read_texts([write("e.jsonl", '{"text": []}')]).texts
        assert (empty.text, empty.units) == ("", None)

    def test_several_splits_are_named(self, data_set: DataSet) -> None:
        data_set.write(self.TABLE)
        (data_set.folder / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
        path = str(data_set.folder)
        with pytest.raises(InputError) as caught:
            read_texts([path])
        said = f"{path}: has several splits; give one: {path}/train, {path}/test"
        assert str(caught.value) == said

    def test_another_column_can_be_named(self, data_set: DataSet) -> None:
        folder = data_set.write(pa.table({"review": ["a"], "stars": [5]}))
        assert read_texts([folder], Columns(label="stars")).texts[0].label == "5"
        with pytest.raises(InputError, match=r"saved:row 1: column 'image' holds struct"):
            read_texts([DataSet(data_set.folder).write(self.TABLE)], Columns(text="image"))

    @pytest.mark.parametrize(
        ("break_it", "said"),
        [
            (lambda f: (f / "state.json").write_text("[1]"), "state.json: not a JSON object"),
            (lambda f: (f / "state.json").write_text("{"), "state.json: cannot be read"),
            (lambda f: (f / "state.json").write_text("{}"), "does not name its files"),
            (lambda f: next(f.glob("*.arrow")).unlink(), "'data-00000-of-00001.arrow' is missing"),
            (lambda f: next(f.glob("*.arrow")).write_bytes(b"x" * 99), "cannot be read; save it"),
            (
                lambda f: (f / "state.json").write_text('{"_indices_files": [1]}'),
                "saved with an index of rows",
            ),
        ],
    )
    def test_what_is_damaged_is_told_in_one_line(
        self, data_set: DataSet, break_it: Callable[[Path], Any], said: str
    ) -> None:
        folder = data_set.write(self.TABLE)
        break_it(data_set.folder)
        with pytest.raises(InputError) as caught:
            read_texts([folder])
        assert said in str(caught.value)
        assert len(str(caught.value).splitlines()) == 1

    def test_packed_columns_are_refused(self, data_set: DataSet) -> None:
        folder = data_set.write(self.TABLE)
        for table, options in (
            (self.TABLE, pa.ipc.IpcWriteOptions(compression="zstd")),
            (pa.table({"text": pa.array(["a", "a"]).dictionary_encode()}), None),
        ):
            file = str(data_set.folder / "data-00000-of-00001.arrow")
            with pa.ipc.new_stream(file, table.schema, options=options) as stream:
                stream.write_table(table)
            with pytest.raises(InputError, match="holds packed columns; save it again"):
                read_texts([folder])


class TestStandardInput:
    @pytest.mark.parametrize(
        ("content", "texts", "said"),
        [
            (b"id,text\n7,a\n8,b\n", ["a", "b"], "read as a table, as its first line names"),
            (b"text\ta\na, b\tc\n", ["a, b"], "read as a table"),
            (b"text\na\nb\n", ["a", "b"], "read as a table"),
            (b"review,stars\nbad,1\ngood,5\n", ["bad", "good"], "read as a table"),
            (b'\n{"text": "a"}\n"b"\n', ["a", "b"], "read as JSON lines; --input-format txt"),
            (b'[\n"a",\n"b"]', ["a", "b"], "read as a JSON list; --input-format txt"),
            (b"text, image, video\nmore\n", ["text, image, video", "more"], "the first too"),
            (parquet(text=["a"]), ["a"], None),
            (workbook([["text"], ["a"]]), ["a"], None),
            (
                gzip.compress(b"a\nb\n", mtime=0),
                ["a", "b"],
                None,
            ),  # no time: names of tests are compared
            (b"Nice, 5\nGood, 4\n", ["Nice, 5", "Good, 4"], None),
            (b"Hello, world\nSo, well\n", ["Hello, world", "So, well"], None),
            (b"[note] a\n{b}\n", ["[note] a", "{b}"], None),
            (b'"a"\n"b"\n', ['"a"', '"b"'], None),
            (b"a\n", ["a"], None),
        ],
    )
    def test_its_content_says_the_format(
        self,
        monkeypatch: pytest.MonkeyPatch,
        content: bytes,
        texts: list[str],
        said: str | None,
    ) -> None:
        give(monkeypatch, content)
        read = read_texts(["-"])
        assert [text.text for text in read.texts] == texts
        assert (said is None) == (not read.notes)
        if said is not None:
            assert said in read.notes[0]

    def test_options_go_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        give(monkeypatch, b"text,b\na,1\n")
        assert texts_of("-", input_format="txt") == ["text,b", "a,1"]
        give(monkeypatch, b"review|b\na|1\n")
        assert texts_of("-", columns=Columns(text="review"), delimiter="|") == ["a"]
        give(monkeypatch, b"review,b\na,c\n")
        assert texts_of("-", columns=Columns(text="review")) == ["a"]
        give(monkeypatch, b"review,b\na,c,d\n")
        with pytest.raises(InputError, match="stdin:2: 3 cells, but the header has 2"):
            read_texts(["-"], Columns(text="review"))


class TestTheOnlyColumnOfWords:
    @pytest.mark.parametrize(
        ("content", "text"),
        [
            ("slogan,stars\nbad,1\ngood,\n", "bad"),
            (" stars ,slogan,price\n1,bad,2.1%\n,5,3e5\n", "bad"),
            ("when,slogan\n2024-01-01,bad\n", "bad"),
            ("id,label,slogan\nx,neg,bad\n", "bad"),
        ],
    )
    def test_it_is_taken_and_that_is_said(self, write: Write, content: str, text: str) -> None:
        read = read_texts([write("t.csv", content)])
        assert read.texts[0].text == text
        note = read.notes[0]
        assert "the only one of words; --text-column names another" in note

    @pytest.mark.parametrize(
        "content", ["a,b\nx,y\n", "a,b\n1,2\n", "a,b\n", "id,label\nx,y\n", "good,1\nbad,2\n"]
    )
    def test_otherwise_it_has_to_be_named(self, write: Write, content: str) -> None:
        with pytest.raises(UsageError, match=r"no column 'text'; name one with --text-column"):
            read_texts([write("t.csv", content)])

    def test_a_column_named_for_something_else_is_not_it(self, write: Write) -> None:
        path = write("t.csv", "campaign,slogan\nspring,bad\n")
        assert read_texts([path], Columns(group="campaign")).texts[0].text == "bad"

    def test_it_is_found_in_every_kind_of_table(self, write: Write) -> None:
        for name, content in {
            "t.jsonl": '{"slogan": "a", "stars": 1}\n{"slogan": "b", "other": [1]}\n',
            "t.parquet": parquet(slogan=["a", "b"], stars=[1, None], spans=[[1], [2]]),
            "t.xlsx": workbook([["slogan", "stars"], ["a", 1], ["b", None]]),
        }.items():
            assert texts_of(write(name, content)) == ["a", "b"]

    def test_blanks_around_names_of_columns_do_not_count(self, write: Write) -> None:
        path = write("t.csv", " id , text ,\u3000label\n 7 , a ,1\n")
        assert read_texts([path]).texts == (TextInput(" 7 ", " a ", label="1", source="t.csv:2"),)
        assert texts_of(path, columns=Columns(text=" text ")) == [" a "]
