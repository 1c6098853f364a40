"""Each format of files: nothing lost, nothing guessed, and every error names its place."""

import csv
import hashlib
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.text_files import (
    Write,
    any_text,
    csv_bytes,
    give,
    line_text,
    parquet,
    round_trip,
    texts_of,
)
from hypothesis import example, given
from hypothesis import strategies as st

from reportgen.errors import InputError
from reportgen.results import InputInfo
from reportgen.texts import TextInput, read_texts
from reportgen.texts.read import Columns


class TestPlainText:
    def test_every_line_is_a_text_and_blank_lines_are_counted(self, write: Write) -> None:
        content = "first\n\n  second line \r\n \u3000\t\nthird"
        path = write("ads.txt", content)
        read = read_texts([path])
        assert read.texts == (
            TextInput("1", "first", source="ads.txt:1"),
            TextInput("2", "  second line ", source="ads.txt:3"),
            TextInput("3", "third", source="ads.txt:5"),
        )
        digest = hashlib.sha256(content.encode()).hexdigest()
        assert read.files == (InputInfo("ads.txt", digest, 3, 2),)

    def test_other_unicode_separators_do_not_end_a_line(self, write: Write) -> None:
        line = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg"
        assert texts_of(write("a.txt", line + "\n")) == [line]

    def test_standard_input_is_plain_text(self, monkeypatch: pytest.MonkeyPatch) -> None:
        give(monkeypatch, "x\n年会費無料\n".encode())
        read = read_texts(["-"])
        assert [text.source for text in read.texts] == ["stdin:1", "stdin:2"]
        assert [text.text for text in read.texts] == ["x", "年会費無料"]
        assert read.files[0].name == "stdin"

    def test_standard_input_that_is_closed_is_told_and_stops_no_file(
        self, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.stdin", None)
        assert texts_of(write("a.txt", "a\n")) == ["a"]
        with pytest.raises(InputError, match="standard input is closed"):
            read_texts(["-"])

    @given(st.lists(line_text, min_size=1, max_size=5))
    @round_trip
    def test_lines_come_back_as_they_were(self, write: Write, lines: list[str]) -> None:
        path = write("t.txt", b"\xef\xbb\xbf" + "\n".join(lines).encode("utf-8"))
        assert texts_of(path) == lines


class TestTables:
    @pytest.mark.parametrize(("suffix", "delimiter"), [("csv", ","), ("tsv", "\t"), ("csv", ";")])
    @given(rows=st.lists(st.tuples(any_text, any_text, any_text), min_size=1, max_size=5))
    @example(rows=[("a\r\nb\rc\nd", '"', ""), ("\0", "NA", "null"), ("", " ", "x" * 200_000)])
    @round_trip
    def test_cells_come_back_as_they_were(
        self, write: Write, suffix: str, delimiter: str, rows: list[tuple[str, str, str]]
    ) -> None:
        content = csv_bytes([("text", "label", "group"), *rows], delimiter)
        read = read_texts([write(f"t.{suffix}", content)])
        assert [text.text for text in read.texts] == [text for text, _, _ in rows]
        assert [text.label or "" for text in read.texts] == [label for _, label, _ in rows]
        assert [text.group or "" for text in read.texts] == [group for _, _, group in rows]

    def test_numbers_and_missing_words_stay_strings(self, write: Write) -> None:
        path = write("t.csv", "id,text,label\n007,NA,1.50\n1e3,null,TRUE\n08,NaN,-0\n")
        assert [(text.id, text.text, text.label) for text in read_texts([path]).texts] == [
            ("007", "NA", "1.50"),
            ("1e3", "null", "TRUE"),
            ("08", "NaN", "-0"),
        ]

    def test_source_is_the_line_on_which_a_row_starts(self, write: Write) -> None:
        rows = 'text,label\n"two\nlines",1\n\n"three\r\nmore\r\nlines",2\n"one\rline",3\nlast,4\n'
        read = read_texts([write("t.csv", rows)])
        assert [text.source for text in read.texts] == [f"t.csv:{n}" for n in (2, 5, 8, 9)]
        assert read.files[0].n_blank_lines == 1

    def test_an_empty_cell_is_an_empty_text_and_a_blank_line_is_none(self, write: Write) -> None:
        read = read_texts([write("t.csv", 'review\n""\n\n   \nlast\n')])
        assert [text.text for text in read.texts] == ["", "   ", "last"]
        assert read.files[0] == InputInfo("t.csv", read.files[0].sha256, 3, 1, {"text": "review"})

    def test_the_size_limit_of_other_csv_readers_is_left_alone(self, write: Write) -> None:
        before = csv.field_size_limit()
        read_texts([write("t.csv", "text\na\n")])
        assert csv.field_size_limit() == before

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("text,label\na,1\nHello, world,2\n", "t.csv:3: 3 cells, but the header has 2; put"),
            ("text,label\na,1\nb\n", "t.csv:3: 1 cells, but the header has 2; put"),
            ('text,label\n"a\nb",1\n\n"open,2\nc,3\n', "t.csv:5: broken quotes in the record"),
            ('text,label\n"a" b,1\n', "t.csv:2: broken quotes in the record"),
        ],
    )
    def test_a_broken_line_is_named(self, write: Write, content: str, message: str) -> None:
        with pytest.raises(InputError, match=message):
            read_texts([write("t.csv", content)])


class TestJson:
    @given(st.lists(st.tuples(any_text, any_text), min_size=1, max_size=5))
    @round_trip
    def test_objects_and_strings_come_back_as_they_were(
        self, write: Write, rows: list[tuple[str, str]]
    ) -> None:
        objects = [{"label": label, "text": text} for text, label in rows]
        strings = [text for text, _ in rows]
        for ascii_only in (True, False):
            lines = [json.dumps(item, ensure_ascii=ascii_only) for item in objects]
            read = read_texts([write("t.jsonl", "\n".join(lines))])
            assert [(text.text, text.label or "") for text in read.texts] == rows
            content = json.dumps(strings, ensure_ascii=ascii_only, indent=1)
            assert texts_of(write("t.json", content)) == strings

    def test_strings_and_objects_may_stand_in_one_file(self, write: Write) -> None:
        read = read_texts([write("t.jsonl", '"plain"\n\n{"text": "object", "label": 3.50}\n""\n')])
        assert read.texts == (
            TextInput("1", "plain", source="t.jsonl:1"),
            TextInput("2", "object", label="3.50", source="t.jsonl:3"),
            TextInput("3", "", source="t.jsonl:4"),
        )
        assert read.files[0].n_blank_lines == 1

    def test_numbers_are_kept_as_they_are_written(self, write: Write) -> None:
        labels = ["1.10", "1e3", "-0", "9" * 5000, "0.1000000000000000055", "NaN", "true"]
        lines = [f'{{"text": "a", "label": {label}}}' for label in labels]
        read = read_texts([write("t.jsonl", "\n".join(lines))])
        assert [text.label for text in read.texts] == labels

    def test_null_is_an_empty_text_and_no_label(self, write: Write) -> None:
        content = '[{"text": null, "label": null, "pair": "", "group": null, "id": null}]'
        read = read_texts([write("t.json", content)])
        assert read.texts == (TextInput("1", "", source="t.json:item 1"),)

    def test_a_lone_surrogate_is_spelt_out(self, write: Write) -> None:
        content = r'{"id": "\udc00", "text": "a \ud83d b \ud83d\ude00", "label": "\uDFFF"}'
        (text,) = read_texts([write("t.jsonl", content)]).texts
        assert (text.id, text.text, text.label) == (r"\udc00", "a \\ud83d b 😀", r"\udfff")

    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            ("t.jsonl", '"a"\n\n{"text": "b"\n', r"t\.jsonl:3: broken JSON \(Expecting ',' del"),
            ("t.jsonl", '"a"\n["b"]\n', r"t\.jsonl:2: neither a string nor an object"),
            ("t.jsonl", '"a"\nnull\n', r"t\.jsonl:2: neither a string nor an object"),
            ("t.jsonl", '{"text": "a"}\n{"label": 1}\n', r"t\.jsonl:2: no 'text' in this object"),
            ("t.jsonl", "{}\n", r"t\.jsonl:1: no 'text' in this object"),
            ("t.jsonl", '"a"\n' + "[" * 100_000, r"t\.jsonl:2: JSON nested too deeply"),
            ("t.json", '[\n"a",\n"b"\n"c"]', r"t\.json:4: broken JSON \(Expecting ',' delimiter"),
            ("t.json", '"a"\n"b"\n', r"t\.json:2: broken JSON \(Extra data.*jsonl"),
            ("t.json", '{"text": "a"}', r"t\.json: not a JSON list; .* --input-format jsonl"),
            ("t.json", '["a", ["b"]]', r"t\.json:item 2: neither a string nor an object"),
            ("t.json", '[{"text": {}}]', r"t\.json:item 1: column 'text' holds an object, not"),
            (
                "t.jsonl",
                '{"text": "a", "label": [[1]]}',
                r"t\.jsonl:1: column 'label' holds a list, not a text; .* --label-column ''",
            ),
            ("t.jsonl", '{"text": "a", "text": "b"}', r"t\.jsonl:1: column 'text' holds two val"),
        ],
    )
    def test_a_broken_value_is_named(
        self, write: Write, name: str, content: str, message: str
    ) -> None:
        with pytest.raises(InputError, match=message):
            read_texts([write(name, content)])

    def test_what_is_not_used_may_be_anything(self, write: Write) -> None:
        content = '{"text": "a", "label": [1], "meta": {"x": [2]}}'
        read = read_texts([write("t.jsonl", content)], Columns(label=""))
        assert read.texts == (TextInput("1", "a", source="t.jsonl:1"),)


class TestParquet:
    def test_values_are_strings_without_trailing_noise(self, write: Write) -> None:
        data = parquet(
            text=["a", None, "\0"],
            id=pa.array(["007", "x", "y"]),
            label=pa.array([0.1, 3.0, None], pa.float32()),
            group=pa.array([True, False, None]),
        )
        assert read_texts([write("t.parquet", data)]).texts == (
            TextInput("007", "a", label="0.1", group="true", source="t.parquet:row 1"),
            TextInput("x", "", label="3", group="false", source="t.parquet:row 2"),
            TextInput("y", "\0", source="t.parquet:row 3"),
        )

    @pytest.mark.parametrize("encoding", ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"])
    def test_strings_stored_by_how_they_differ_are_read(self, write: Write, encoding: str) -> None:
        table = pa.table({"text": [f"the cat sat {number}" for number in range(9)]})
        sink = pa.BufferOutputStream()
        stored = {"use_dictionary": False, "column_encoding": {"text": encoding}}
        pq.write_table(table, sink, row_group_size=4, **stored)
        texts = read_texts([write("t.parquet", sink.getvalue().to_pybytes())]).texts
        assert [own.text for own in texts] == table["text"].to_pylist()

    def test_columns_that_are_no_text_are_refused_only_when_used(self, write: Write) -> None:
        path = write("t.parquet", parquet(text=["a"], vector=[[0.5]], image=[b"\xff"]))
        assert texts_of(path) == ["a"]
        with pytest.raises(InputError, match=r"t\.parquet:row 1: column 'vector' holds list<"):
            read_texts([path], Columns(label="vector"))
        with pytest.raises(InputError, match="column 'image' holds binary"):
            read_texts([path], Columns(text="image"))

    def test_a_file_that_is_none_is_named(self, write: Write) -> None:
        with pytest.raises(InputError, match=r"t\.parquet: cannot be read as a parquet file"):
            read_texts([write("t.parquet", b"text,label\n")])

    def test_it_can_come_from_standard_input(self, monkeypatch: pytest.MonkeyPatch) -> None:
        give(monkeypatch, parquet(text=["a", "b"]))
        assert texts_of("-", input_format="parquet") == ["a", "b"]
