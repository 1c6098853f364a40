"""Reading files of texts: columns, ids, limits and what is wrong with a file."""

from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pytest
from helpers.places import SAMPLES
from helpers.text_files import Write, csv_bytes, parquet, texts_of, workbook

from reportgen.errors import InputError, UsageError
from reportgen.texts import TextInput, read_texts
from reportgen.texts.read import Columns


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
            read_texts([str(tmp_path)], input_format="csv")

    def test_a_file_that_may_not_be_read_is_named(
        self, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(path: Path, mode: str) -> BinaryIO:
            raise PermissionError(13, "Permission denied")

        path = write("t.txt", "a")
        monkeypatch.setattr(Path, "open", refuse)
        with pytest.raises(InputError, match=r"t\.txt: cannot be read \(Permission denied\)"):
            read_texts([path])

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
            ("a.xlsx", workbook([["text"], ["x"]])),
            ("a.XLSM", workbook([["text"], ["x"]])),
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
        with pytest.raises(UsageError, match=r"a\.docx: the suffix '\.docx' is not known; "):
            read_texts([write("a.docx", "x\n")])
        for name in ("a.xls", "a.xlsb", "a.ods"):
            with pytest.raises(UsageError, match=rf"{name}: save it as \.xlsx, which can be read"):
                read_texts([write(name, "x\n")])
        assert texts_of(write("a.log", "x\n"), input_format="txt") == ["x"]

    def test_options_are_checked_before_any_file_is_read(self) -> None:
        with pytest.raises(UsageError, match="--input-format 'xls': not a format; use one of txt"):
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
        assert [text.text for text in read_texts([path]).texts] == [
            text.text for text in read.texts
        ]

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
