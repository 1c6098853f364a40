"""Units that a file gives with its texts: strings and places, and what is wrong with them."""

import json

import pyarrow as pa
import pytest
from helpers.text_files import Write, csv_bytes, parquet
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.errors import InputError, without_surrogates
from reportgen.texts import WordSplitter, by_script, read_texts
from reportgen.texts.given_units import given_units
from reportgen.texts.read import Columns

SPLITTER = WordSplitter(by_script, None)


def found(value: object, text: str) -> list[str]:
    own, of_pair = given_units(json.dumps(value), text, "no pair here")
    assert of_pair == ()
    return [text[a:b] for a, b in own]


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        (["New York", "is big"], "New York is big", ["New York", "is big"]),
        ([[0, 8], [9, 15]], "New York is big", ["New York", "is big"]),
        (["New York", [9, 11]], "New York is big", ["New York", "is"]),
        (["a", "a"], "a b a", ["a", "a"]),
        (["年会費", "無料"], "年会費無料", ["年会費", "無料"]),
        ([[1, 2]], "a👍🏽b", ["👍"]),
        (["👍🏽", "🇯🇵"], "👍🏽🇯🇵", ["👍🏽", "🇯🇵"]),
        ([7], "5 of 7", ["7"]),
        ([" "], "a b", [" "]),
        ([], "a b", []),
        ([], "", []),
    ],
)
def test_units_are_found_in_order(value: object, text: str, expected: list[str]) -> None:
    assert found(value, text) == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("New York", "no JSON list of units"),
        ('{"a": 1}', "an object of other things than lists of units; write {"),
        ('{"text": ["New York"], "pairs": []}', "an object of other things than lists of units"),
        ('{"text": "New York"}', "an object of other things than lists of units"),
        ('{"pair": ["New"]}', "in the pair, unit 1, 'New', does not stand in the text; "),
        ('{"text": ["of"], "pair": ["of"]}', "unit 1, 'of', does not stand in the text; "),
        ("3", "no JSON list of units"),
        ("[" * 100_000, "no JSON list of units"),
        ('["big", "New"]', "unit 2, 'New', does not stand in the text after unit 1"),
        ('["new york"]', "unit 1, 'new york', does not stand in the text; "),
        ('[""]', "unit 1 is empty"),
        ("[[3, 3]]", "unit 1 is empty"),
        ("[[0, 8], [4, 11]]", "unit 2 begins at 4, before the end of unit 1 at 8"),
        ("[[9, 11], [0, 8]]", "unit 2 begins at 0, before the end of unit 1 at 11"),
        ("[[0, 99]]", "unit 1 ends at 99, but the text has 15 characters"),
        ("[[-1, 3]]", "unit 1: start and end are whole numbers from 0"),
        ("[[0, 1.5]]", "unit 1: start and end are whole numbers from 0"),
        (f"[[0, {'9' * 5000}]]", "unit 1: start and end are whole numbers from 0"),
        ("[[5, 3]]", "unit 1 begins at 5, after its end at 3"),
        ("[[0, 1, 2]]", "unit 1 is neither a string nor"),
        ("[true]", "unit 1 is neither a string nor"),
        ("[null]", "unit 1 is neither a string nor"),
        ('[{"start": 0}]', "unit 1 is neither a string nor"),
        ("[[true, 3]]", "unit 1: start and end are whole numbers from 0"),
    ],
)
def test_what_is_wrong_is_said(value: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"^no JSON|unit \d|^an object") as caught:
        given_units(value, "New York is big", "one of many")
    said = str(caught.value).replace("\x02", "").replace("\x03", "")
    assert message in "".join(c for c in said if c.isprintable())


def test_places_count_the_characters_that_are_analysed() -> None:
    """JSON can hold half of a pair of surrogates, which is written out as six characters."""
    text = "\ud83da b"
    shown = without_surrogates(text)
    for value in (["a", "b"], [[1, 2], [3, 4]]):
        places, _ = given_units(json.dumps(value), text)
        assert [shown[a:b] for a, b in places] == ["a", "b"]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(max_size=30), st.lists(st.integers(0, 30), max_size=8))
def test_words_fill_what_the_given_units_leave(text: str, cuts: list[int]) -> None:
    ends = sorted({cut for cut in cuts if cut <= len(text)})
    places = list(zip(ends[::2], ends[1::2], strict=False))
    assert given_units(json.dumps(places), text) == (tuple(places), ())
    assert given_units(json.dumps({"pair": places}), "", text) == ((), tuple(places))
    parts = SPLITTER.split(text, places)
    assert set(places) <= set(parts)
    before = [0, *(end for _, end in parts)]
    assert all(last <= start < end for last, (start, end) in zip(before, parts, strict=False))
    inside = {i for start, end in places for i in range(start, end)}
    covered = {i for start, end in parts for i in range(start, end)}
    words = {i for start, end in SPLITTER.split(text) for i in range(start, end)}
    assert covered == inside | words


def test_files_give_units(write: Write) -> None:
    rows = [("text", "units"), ("a b c", '["a b"]'), ("d e", ""), ("f", "[]")]
    lines = '{"text": "a b c", "units": ["a b"]}\n{"text": "d e"}\n{"text": "f", "units": []}\n'
    columns = {"text": [row[0] for row in rows[1:]], "units": [row[1] for row in rows[1:]]}
    for path in (
        write("t.csv", csv_bytes(rows)),
        write("t.jsonl", lines),
        write("t.parquet", parquet(**columns)),
    ):
        found = [text.units for text in read_texts([path]).texts]
        assert found == [(((0, 3),), ()), None, ((), ())]


def test_files_give_units_of_a_pair(write: Write) -> None:
    own = {"text": ["a b"], "pair": [[0, 4]]}
    rows = [("text", "pair", "units"), ("a b c", "d ef g", json.dumps(own))]
    line = json.dumps({"text": "a b c", "pair": "d ef g", "units": own})
    columns = {name: [value] for name, value in zip(*rows, strict=True)}
    for path in (
        write("t.csv", csv_bytes(rows)),
        write("t.jsonl", line),
        write("t.json", f"[{line}]"),
        write("t.parquet", parquet(**columns)),
    ):
        (text,) = read_texts([path]).texts
        assert text.units == (((0, 3),), ((0, 4),))


def test_the_column_may_have_another_name_or_be_ignored(write: Write) -> None:
    path = write("t.jsonl", '{"text": "a b", "spans": [[0, 1], [2, 3]], "units": "7 sold"}\n')
    texts = read_texts([path], Columns(units="spans")).texts
    assert texts[0].units == (((0, 1), (2, 3)), ())
    assert read_texts([path], Columns(units="")).texts[0].units is None
    with pytest.raises(InputError, match=r"no JSON list of units.*--units-column ''"):
        read_texts([path])


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ('["b", "a"]', "unit 2, 'a', does not stand in the text after unit 1"),
        ("[[0, 5]]", "unit 1 ends at 5, but the text has 3 characters"),
        ("[[{}]]", "unit 1 is neither a string nor"),
        ('{"a": []}', "an object of other things than lists of units"),
        ("12", "no JSON list of units"),
        ("[" * 900 + "]" * 900, "unit 1 is neither a string nor|nested too deeply|write it as"),
    ],
)
def test_an_error_names_file_line_and_text(write: Write, cell: str, message: str) -> None:
    second = f'{{"id": "no", "text": "a b", "units": {cell}}}'
    path = write("t.jsonl", f'{{"id": "x", "text": "ok"}}\n{second}\n')
    with pytest.raises(InputError, match=message) as caught:
        read_texts([path])
    assert str(caught.value).startswith(f"{path}:2: text 'no': column 'units': ")
    assert "a b" not in caught.value.unquoted


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        (pa.array([["a b"], None, []]), [(((0, 3),), ()), None, ((), ())]),
        (pa.array([[[0, 3]], None, []]), [(((0, 3),), ()), None, ((), ())]),
        (pa.array([["a b"], None, []], pa.large_list(pa.large_string())), None),
    ],
)
def test_a_parquet_file_gives_units_as_lists(write: Write, units: pa.Array, expected) -> None:
    path = write("t.parquet", parquet(text=["a b c", "d e", "f"], units=units))
    found = [text.units for text in read_texts([path]).texts]
    assert found == (expected or [(((0, 3),), ()), None, ((), ())])


@pytest.mark.parametrize("units", [pa.array([[{"a": 1}]]), pa.array([[["a"]]]), pa.array([[0.5]])])
def test_another_nested_column_of_a_parquet_file_is_told(write: Write, units: pa.Array) -> None:
    path = write("t.parquet", parquet(text=["a"], units=units))
    with pytest.raises(InputError, match=r"list<.*; write it as JSON"):
        read_texts([path])
