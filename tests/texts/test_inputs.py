"""Reading texts: nothing lost, nothing guessed, and every error names its place."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from places import SAMPLES

from reportgen.errors import InputError, UsageError
from reportgen.results.info import InputInfo
from reportgen.texts.read import Columns, TextInput, read_texts

Write = Callable[[str, str | bytes], str]

any_text = st.text(max_size=60)  # every code point of UTF-8: controls, NUL, bidi, emoji
line_text = any_text.filter(lambda text: text.strip() and "\n" not in text and "\r" not in text)
round_trip = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(name: str, content: str | bytes) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return str(path)

    return write_file


def parquet(**columns: Any) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


def give(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Let `content` stand on standard input."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))


def texts_of(*paths: str, **options: Any) -> list[str]:
    return [text.text for text in read_texts(paths, **options).texts]


def csv_bytes(rows: Sequence[Sequence[str]], delimiter: str = ",") -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter).writerows(rows)
    return stream.getvalue().encode("utf-8")


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
        path = write("t.csv", 'text,label\n"two\nlines",1\n\n"three\r\nmore\r\nlines",2\nlast,3\n')
        read = read_texts([path])
        assert [text.source for text in read.texts] == ["t.csv:2", "t.csv:5", "t.csv:8"]
        assert read.files[0].n_blank_lines == 1

    def test_an_empty_cell_is_an_empty_text_and_a_blank_line_is_none(self, write: Write) -> None:
        read = read_texts([write("t.csv", 'review\n""\n\n   \nlast\n')])
        assert [text.text for text in read.texts] == ["", "   ", "last"]
        assert read.files[0] == InputInfo("t.csv", read.files[0].sha256, 3, 1)

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
            ("t.json", '{"text": "a"}', r"t\.json: holds no list; .* --input-format jsonl"),
            ("t.json", '["a", ["b"]]', r"t\.json:item 2: neither a string nor an object"),
            ("t.json", '[{"text": {}}]', r"t\.json:item 1: column 'text' holds an object, not"),
            (
                "t.jsonl",
                '{"text": "a", "label": [1]}',
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

    def test_columns_that_are_no_text_are_refused_only_when_used(self, write: Write) -> None:
        path = write("t.parquet", parquet(text=["a"], vector=[[0.5]], image=[b"\xff"]))
        assert texts_of(path) == ["a"]
        with pytest.raises(InputError, match=r"t\.parquet:row 1: column 'vector' holds list<"):
            read_texts([path], Columns(label="vector"))
        with pytest.raises(InputError, match="column 'image' holds binary"):
            read_texts([path], Columns(text="image"))

    def test_a_file_that_is_none_is_named(self, write: Write) -> None:
        with pytest.raises(InputError, match=r"t\.parquet: not a parquet file"):
            read_texts([write("t.parquet", b"text,label\n")])

    def test_it_can_come_from_standard_input(self, monkeypatch: pytest.MonkeyPatch) -> None:
        give(monkeypatch, parquet(text=["a", "b"]))
        assert texts_of("-", input_format="parquet") == ["a", "b"]


class TestColumns:
    def test_text_is_taken_where_it_stands_among_others(self, write: Write) -> None:
        content = "group,pair,title,text,id,label\ng,p,t,x,i,l\n"
        read = read_texts([write("t.csv", content)])
        assert read.texts == (TextInput("i", "x", "p", "l", "g", "t.csv:2"),)

    def test_the_only_column_is_the_text_whatever_its_name(self, write: Write) -> None:
        read = read_texts([write("t.csv", "id\nx\nx\n")])
        assert [(text.id, text.text) for text in read.texts] == [("1", "x"), ("2", "x")]

    def test_named_columns_go_before_those_of_the_very_name(self, write: Write) -> None:
        content = "text,review,stars,label,key,id,part,other\nt,r,5,l,k,i,g,p\n"
        columns = Columns(text="review", label="stars", id="key", group="part", pair="other")
        read = read_texts([write("t.csv", content)], columns)
        assert read.texts == (TextInput("k", "r", "p", "5", "g", "t.csv:2"),)

    def test_an_empty_name_takes_none(self, write: Write) -> None:
        path = write("t.csv", "id,text,label\nx,a,1\nx,b,2\n")
        read = read_texts([path], Columns(id="", label=""))
        assert [(text.id, text.label) for text in read.texts] == [("1", None), ("2", None)]

    def test_an_empty_cell_beside_the_text_is_none(self, write: Write) -> None:
        read = read_texts([write("t.csv", "id,text,pair,label,group\n,a,,,\n")])
        assert read.texts == (TextInput("1", "a", source="t.csv:2"),)

    @pytest.mark.parametrize(
        ("content", "columns", "message"),
        [
            ("a,b\n1,2\n", Columns(), "no column 'text'; .*--text-column; columns: 'a', 'b'$"),
            ("text,b\n1,2\n", Columns(text="x"), "no column 'x'; columns: 'text', 'b'$"),
            ("text,b\n1,2\n", Columns(label="y"), "no column 'y'; columns: 'text', 'b'$"),
            ("text,b\n1,2\n", Columns(text="Text"), "no column 'Text'; columns: 'text', 'b'$"),
            ("text,text\n1,2\n", Columns(), "more than one column is named 'text'; rename one"),
            ("a\nb\n", Columns(id="\n"), r"no column '\\n'; columns: 'a'$"),
        ],
    )
    def test_a_column_that_cannot_be_used_lists_the_others(
        self, write: Write, content: str, columns: Columns, message: str
    ) -> None:
        with pytest.raises(UsageError, match=message):
            read_texts([write("t.csv", content)], columns)

    def test_hostile_column_names_stay_on_one_readable_line(self, write: Write) -> None:
        names = ["new\nline", "\u202ebidi", "x" * 1000, *map(str, range(100))]
        with pytest.raises(UsageError) as caught:
            read_texts([write("t.csv", csv_bytes([names, names]))])
        message = str(caught.value)
        assert r"'new\nline', '\u202ebidi', 'xxx" in message
        assert message.endswith(" and 73 more")
        assert message.isprintable()
        assert len(message) < 600

    def test_plain_texts_have_one_column(self, write: Write) -> None:
        with pytest.raises(UsageError, match="no column 'review'; columns: 'text'"):
            read_texts([write("t.txt", "a\n")], Columns(text="review"))


class TestEncodings:
    CONTENT = "text,label\n[無料]今すぐ申し込み、アルベルト,é\n"

    @pytest.mark.parametrize(
        ("mark", "encoding"),
        [
            (b"", "utf-8"),
            (b"\xef\xbb\xbf", "utf-8"),
            (b"\xff\xfe", "utf-16-le"),
            (b"\xfe\xff", "utf-16-be"),
            (b"\xff\xfe\0\0", "utf-32-le"),
            (b"\0\0\xfe\xff", "utf-32-be"),
        ],
    )
    def test_unicode_is_found_by_its_mark(self, write: Write, mark: bytes, encoding: str) -> None:
        (text,) = read_texts([write("t.csv", mark + self.CONTENT.encode(encoding))]).texts
        assert (text.text, text.label) == ("[無料]今すぐ申し込み、アルベルト", "é")

    @pytest.mark.parametrize("text", ["無料で今すぐ", "カード①㈱髙", "ﾊﾝｶｸとカナ、Aと1"])
    def test_cp932_is_found(self, write: Write, text: str) -> None:
        assert texts_of(write("t.txt", text.encode("cp932"))) == [text]

    @pytest.mark.parametrize(
        ("text", "encoding"),
        [
            ("it’s a café, isn’t it", "cp1252"),  # every byte fits CP932: "it痴 a ..."
            ("écran plat", "latin-1"),
            ("今すぐ申し込み", "euc-jp"),
            ("привет", "cp1251"),
            ("無料", "cp932"),  # kanji alone could be anything
        ],
    )
    def test_what_only_might_be_cp932_is_refused_and_can_be_named(
        self, write: Write, text: str, encoding: str
    ) -> None:
        path = write("t.txt", b"plain\n" + text.encode(encoding))
        with pytest.raises(InputError, match=r"t\.txt:2: neither UTF-8 nor CP932; .*--encoding"):
            read_texts([path])
        assert texts_of(path, encoding=encoding) == ["plain", text]

    @pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
    @pytest.mark.parametrize(
        "text", ["カード\nポイント\n", "plain ASCII\n", "no end of line", "a\r\nb"]
    )
    def test_utf16_without_a_mark_is_told(self, write: Write, encoding: str, text: str) -> None:
        path = write("t.txt", text.encode(encoding))
        with pytest.raises(InputError, match=f"like {encoding} without .*--encoding {encoding}"):
            read_texts([path])
        assert texts_of(path, encoding=encoding) == text.splitlines()

    @pytest.mark.parametrize("text", ["a\0b", "ab\0\0", "\0", "nul\0\nab"])
    def test_a_nul_alone_is_no_utf16(self, write: Write, text: str) -> None:
        assert texts_of(write("t.txt", text.encode())) == [x for x in text.split("\n") if x.strip()]

    def test_bytes_that_do_not_fit_the_named_encoding_are_placed(self, write: Write) -> None:
        path = write("t.csv", b"text\nok\ncaf\xe9\n")
        with pytest.raises(InputError, match=r"t\.csv:3: not ascii; .*--encoding"):
            read_texts([path], encoding="ascii")
        marked = write("m.txt", b"\xff\xfea\0\n\0b\0\n\0\0\xd8")
        with pytest.raises(InputError, match=r"m\.txt:3: not utf-16-le"):
            read_texts([marked])

    def test_a_named_encoding_may_have_a_mark(self, write: Write) -> None:
        assert texts_of(write("t.txt", "\ufeffa".encode()), encoding="utf-8") == ["a"]
        assert texts_of(write("u.txt", "\ufeffa".encode("utf-16-le")), encoding="utf-16") == ["a"]

    @pytest.mark.parametrize("name", ["nonsense", "base64", "rot13", "", "a\0b"])
    def test_an_encoding_that_is_none_is_a_usage_error(self, write: Write, name: str) -> None:
        with pytest.raises(UsageError, match=r"--encoding .* is not a text encoding"):
            read_texts([write("t.txt", b"a\xff")], encoding=name)


class TestFiles:
    def test_numbers_run_over_all_files(self, write: Write) -> None:
        paths = [write("a.txt", "x\n\ny\n"), write("b.csv", "text\nz\n"), write("c.json", "[]")]
        read = read_texts(paths)
        assert [(text.id, text.source) for text in read.texts] == [
            ("1", "a.txt:1"),
            ("2", "a.txt:3"),
            ("3", "b.csv:2"),
        ]
        assert [(file.name, file.n_texts) for file in read.files] == [
            ("a.txt", 2),
            ("b.csv", 1),
            ("c.json", 0),
        ]

    def test_a_limit_keeps_the_first_texts_of_all_files(self, write: Write) -> None:
        paths = [write("a.txt", "x\ny\n"), write("b.txt", "z\nw\n")]
        read = read_texts(paths, limit=3)
        assert [text.text for text in read.texts] == ["x", "y", "z"]
        assert [file.n_texts for file in read.files] == [2, 2]
        assert texts_of(*paths, limit=9) == ["x", "y", "z", "w"]

    def test_an_id_that_stands_twice_is_named_with_both_places(self, write: Write) -> None:
        first = write("one/t.csv", "id,text\n7,a\n8,b\n")
        second = write("two/t.jsonl", '{"id": "9", "text": "c"}\n{"id": 8, "text": "d"}\n')
        with pytest.raises(InputError) as caught:
            read_texts([first, second])
        assert str(caught.value).startswith(f"{second}:2: the id '8' already stands at {first}:3;")

    def test_a_number_given_to_a_text_may_not_be_an_id(self, write: Write) -> None:
        path = write("t.csv", "id,text\n2,a\n,b\n")
        with pytest.raises(InputError, match=r"t\.csv:3: the id '2' already stands at .*t\.csv:2"):
            read_texts([path])

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("t.txt", ""),
            ("t.txt", "\n \n\u3000\n"),
            ("t.txt", b"\xef\xbb\xbf"),
            ("t.csv", ""),
            ("t.csv", "text,label\n"),
            ("t.tsv", "\n\n"),
            ("t.json", ""),
            ("t.json", "[]"),
            ("t.jsonl", "\n"),
            ("t.parquet", parquet(text=pa.array([], pa.string()))),
        ],
    )
    def test_no_texts_is_one_line(self, write: Write, name: str, content: str | bytes) -> None:
        with pytest.raises(InputError, match=rf"^no texts in .*{name}; give at least one$"):
            read_texts([write(name, content)])

    def test_a_file_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"gone\.txt: no such file"):
            read_texts([str(tmp_path / "gone.txt")])
        with pytest.raises(InputError, match=r"'a\\x00b\.txt': no such file"):
            read_texts(["a\0b.txt"])
        with pytest.raises(InputError, match=r"'line\\nbreak\.txt': no such file"):
            read_texts(["line\nbreak.txt"])

    def test_a_folder_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="a folder; give the files in it"):
            read_texts([str(tmp_path)], input_format="txt")

    def test_a_file_that_may_not_be_read_is_named(
        self, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(path: Path) -> bytes:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "read_bytes", refuse)
        with pytest.raises(InputError, match=r"t\.txt: cannot be read \(Permission denied\)"):
            read_texts([write("t.txt", "a")])

    def test_a_name_that_is_no_text_is_made_visible(self, tmp_path: Path) -> None:
        path = tmp_path / "odd\udcff.txt"
        try:
            path.write_text("a")
        except OSError:
            pytest.skip("this file system takes no such name")
        read = read_texts([str(path)])
        assert (read.files[0].name, read.texts[0].source) == (r"odd\udcff.txt", r"odd\udcff.txt:1")


class TestFormats:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("a", "x\n"),
            ("a.TXT", "x\n"),
            ("a.text", "x\n"),
            ("a.CSV", "text,b\nx,1\n"),
            ("a.tsv", "text\tb\nx\t1\n"),
            ("a.tab", "text\tb\nx\t1\n"),
            ("a.json", '["x"]'),
            ("a.jsonl", '"x"'),
            ("a.ndjson", '"x"'),
            ("a.parquet", parquet(text=["x"])),
        ],
    )
    def test_the_suffix_says_the_format(
        self, write: Write, name: str, content: str | bytes
    ) -> None:
        assert texts_of(write(name, content)) == ["x"]

    def test_the_option_goes_before_the_suffix(self, write: Write) -> None:
        assert texts_of(write("a.txt", "text\tb\nx\t1\n"), input_format="tsv") == ["x"]
        assert texts_of(write("a.csv", "text\nx\n"), input_format="txt") == ["text", "x"]

    def test_an_unknown_suffix_is_not_guessed(self, write: Write) -> None:
        with pytest.raises(UsageError, match=r"a\.xlsx: '\.xlsx' says no format; .*--input-format"):
            read_texts([write("a.xlsx", "x\n")])
        assert texts_of(write("a.log", "x\n"), input_format="txt") == ["x"]

    def test_options_are_checked_before_any_file_is_read(self) -> None:
        with pytest.raises(UsageError, match="--input-format 'xls' is none of txt, csv"):
            read_texts(["gone.txt"], input_format="xls")
        with pytest.raises(UsageError, match="--limit 0"):
            read_texts(["gone.txt"], limit=0)
        with pytest.raises(UsageError, match=r"standard input \(-\) can be read only once"):
            read_texts(["-", "-"])
        with pytest.raises(UsageError, match="--encoding"):
            read_texts(["gone.txt"], encoding="nonsense")


class TestSamples:
    def test_reviews_name_their_columns(self) -> None:
        path = str(SAMPLES / "reviews_en.csv")
        read = read_texts([path], Columns(text="review", label="stars"))
        assert len(read.texts) == 24
        assert {text.label for text in read.texts} == {"1", "2", "3", "4", "5"}
        with pytest.raises(UsageError, match="columns: 'review', 'stars'"):
            read_texts([path])

    def test_pairs_have_two_segments_and_a_label(self) -> None:
        read = read_texts([str(SAMPLES / "pairs.csv")])
        assert len(read.texts) == 8
        assert all(text.text and text.pair and text.label for text in read.texts)

    def test_hostile_texts_arrive_whole(self) -> None:
        by_id = {text.id: text for text in read_texts([str(SAMPLES / "hostile.jsonl")]).texts}
        assert by_id["bidi\u202eoverride"].text.startswith("price \u202e000,05\u202c")
        assert by_id["nul\0"].label == "\0"
        assert len(by_id["long"].text) == 10_000
        assert by_id["empty"].text == ""
        assert by_id["spaces"].text.isspace()
        assert by_id["007"].text == "1e309 NaN null None true"
        for text in by_id.values():
            for part in (text.id, text.text, text.label or "", text.group or ""):
                assert part.encode("utf-8").decode("utf-8") == part
