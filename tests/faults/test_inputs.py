"""Any bytes in any encoding, and any rows in any format and with any options: they are read as they
were written, or told in one line."""

import csv
import encodings
import io
import json
import pkgutil
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reportgen.api.options import InputChoices, text_set
from reportgen.errors import InputError, UsageError, without_surrogates
from reportgen.texts import INPUT_FORMATS, TextSet, decode

CODECS = sorted(
    {found.name for found in pkgutil.iter_modules(encodings.__path__)}
    | set(encodings.aliases.aliases)
)


def told(error: Exception) -> str:
    """What is said of an input that cannot be read: one line."""
    said = str(error)
    assert said
    assert len(said.splitlines()) == 1, repr(said)
    return said


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
encoded = st.builds(
    lambda text, name, cut: text.encode(name, "ignore")[cut:],
    texts,
    st.sampled_from(["utf-8", "utf-16", "utf-16-le", "utf-32", "utf-32-be", "cp932", "latin-1"]),
    st.integers(0, 3),
)
contents = st.one_of(st.binary(max_size=60), encoded, st.builds(bytes.__add__, encoded, encoded))


named = st.one_of(st.none(), st.sampled_from(CODECS), texts)


@given(contents, named)
def test_any_bytes_in_any_encoding(data: bytes, name: str | None) -> None:
    try:
        assert isinstance(decode(data, "t.txt", name), str)
    except (InputError, UsageError) as error:
        told(error)


def test_every_codec_of_python_reads_or_is_told() -> None:
    few = (b"", b"plain", b"\xff\xfe\x00", b"xn--a-\n\x80", "カードé".encode(), b"\\u12")
    for data, name in product(few, CODECS):
        try:
            assert isinstance(decode(data, "t.txt", name), str)
        except (InputError, UsageError) as error:
            told(error)


TEXT = "a line of text\nand one more\n"


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (TEXT.encode("utf-16-le") + b"x", None, "looks like utf-16-le without a byte order mark"),
        (TEXT.encode("utf-16-be")[:-1], None, "looks like utf-16-be without a byte order mark"),
        (TEXT.encode("utf-16-le")[:-1], "utf-16-le", "utf-16-le that ends inside a character"),
        (TEXT.encode("utf-16") + b"x", None, "utf-16-le that ends inside a character"),
        (TEXT.encode("utf-32-le"), None, "looks like utf-32-le without a byte order mark"),
        (TEXT.encode("utf-32-be"), None, "looks like utf-32-be without a byte order mark"),
        (TEXT.encode("utf-32-le"), "utf-16-le", "not utf-16-le, but looks like utf-32-le"),
        (TEXT.encode("utf-32-le"), "cp1252", "not cp1252, but looks like utf-32-le"),
        (TEXT.encode("utf-16-le"), "latin-1", "not latin-1, but looks like utf-16-le"),
        (TEXT.encode(), "utf-32", "it looks like utf-8; give --encoding utf-8"),
        (TEXT.encode("utf-16-le"), "utf-32", "it looks like utf-16-le"),
    ],
)
def test_the_likely_encoding_is_named(data: bytes, name: str | None, said: str) -> None:
    with pytest.raises(InputError) as caught:
        decode(data, "t.txt", name)
    assert said in told(caught.value)


def read(folder: Path, name: str, content: bytes, **options: Any) -> TextSet:
    path = folder / name
    path.write_bytes(content)
    return text_set([str(path)], InputChoices(**options))


@pytest.mark.parametrize(
    ("content", "delimiter", "expected"),
    [
        ("text;note,x\na;b,c\n", ";", "a"),
        ("text|label\na,;b|1\n", "|", "a,;b"),
        ("text\tlabel\na\t1\n", "tab", "a"),
    ],
)
def test_a_delimiter_can_be_named(
    tmp_path: Path, content: str, delimiter: str, expected: str
) -> None:
    found = read(tmp_path, "t.csv", content.encode(), delimiter=delimiter)
    assert found.texts[0].text == expected


def test_a_tie_of_separators_names_the_option(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"t\.csv: .*',' or at ';'; say which with --delimiter"):
        read(tmp_path, "t.csv", b"text;note,x\na;b,c\n")
    with pytest.raises(InputError, match=r"t\.csv:2: .*--delimiter"):
        read(tmp_path, "t.csv", b"text;note,x\na;b;,c,d\n")
    # Only one of them fits all rows.
    found = read(tmp_path, "t.csv", b"text;note,x\na,b,c;d\n", text_column="text")
    assert found.texts[0].text == "a,b,c"


@pytest.mark.parametrize("delimiter", ["", ";;", '"', "\n", "é", "tabs"])
def test_what_is_no_delimiter_is_told(tmp_path: Path, delimiter: str) -> None:
    with pytest.raises(UsageError, match=r"--delimiter .*takes one"):
        read(tmp_path, "t.csv", b"text;x\na;b\n", delimiter=delimiter)
    with pytest.raises(UsageError, match="--delimiter: no input is a csv"):
        read(tmp_path, "t.txt", b"text", delimiter=";")


cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = st.sampled_from(["text", "pair", "label", "id", "group", "units", "note", "", "x;y", "a,b"])
tables = st.lists(st.one_of(names, cells), min_size=1, max_size=4, unique=True).flatmap(
    lambda header: st.tuples(
        st.just(header),
        st.lists(st.lists(cells, min_size=len(header), max_size=len(header)), max_size=5),
    )
)
choices = st.fixed_dictionaries(
    {},
    optional={
        "text_column": st.one_of(names, cells),
        "pair_column": names,
        "id_column": names,
        "units_column": names,
        "encoding": st.sampled_from(["utf-8", "utf-16", "cp932", "latin-1", "idna"]),
        "input_format": st.sampled_from(INPUT_FORMATS),
        "delimiter": st.one_of(st.sampled_from([",", ";", "tab", "|"]), cells),
        "limit": st.integers(-1, 3),
    },
)


def content_of(suffix: str, header: list[str], rows: list[list[str]]) -> bytes:
    """A file with these rows."""
    if suffix == "json":
        return json.dumps([dict(zip(header, row, strict=True)) for row in rows]).encode()
    if suffix == "jsonl":
        lines = (json.dumps(dict(zip(header, row, strict=True))) for row in rows)
        return "\n".join(lines).encode()
    stream = io.StringIO(newline="")
    delimiter = "\t" if suffix == "tsv" else ","
    csv.writer(stream, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    return stream.getvalue().encode()


@given(tables, st.sampled_from(["csv", "tsv", "json", "jsonl"]), choices)
@settings(max_examples=200, suppress_health_check=list(HealthCheck))
def test_any_rows_come_back_or_are_told(tmp_path_factory, table, suffix, options) -> None:
    (header, rows), folder = table, tmp_path_factory.getbasetemp()
    try:
        found = read(folder, f"t.{suffix}", content_of(suffix, header, rows), **options)
    except (InputError, UsageError) as error:
        told(error)
        return
    is_table = suffix in ("csv", "tsv")
    names = [name.strip() for name in header] if is_table else header
    named = options.get("text_column")  # "" names none
    text = named or ("text" if "text" in names else names[0])
    is_certain = text in names and (text == "text" or bool(named) or len(names) == 1)
    if is_certain and set(options) <= {"text_column", "id_column", "pair_column", "limit"}:
        expected = [row[names.index(text)] for row in rows]
        limit = options.get("limit")
        assert [text.text for text in found.texts] == [
            without_surrogates(text) for text in expected[:limit]
        ]


@pytest.mark.parametrize(
    "given_options", [["render", "none/"], ["compare", "none/", "none/"], ["run", "t.txt"]]
)
def test_a_date_that_is_none_is_told(monkeypatch, tmp_path, given_options) -> None:
    from typer.testing import CliRunner

    from reportgen.cli import app

    monkeypatch.setenv("SOURCE_DATE_EPOCH", "abc")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, given_options)
    assert done.exit_code == 2
    assert done.stderr.startswith("reportgen: SOURCE_DATE_EPOCH=abc: not whole seconds")
    assert done.stderr.count("\n") == 1
