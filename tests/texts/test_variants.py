"""Variants name the texts that they change."""

import pandas as pd
import pytest
from helpers.text_files import Write, csv_bytes, parquet, workbook

from reportgen.errors import InputError, UsageError
from reportgen.texts import read_texts, texts_in_memory, typed_texts
from reportgen.texts.columns import Columns

_HEADER = ("id", "text", "variant_of", "variant")
_ROWS = (("a", "【無料】", "", ""), ("b", "無料", "a", "brackets"), ("c", "有料", "a", ""))


def of(texts):
    return [(text.variant_of, text.variant) for text in texts.texts]


def test_files_of_every_kind_and_tables_in_memory_name_variants(write: Write) -> None:
    expected = [(None, None), ("a", "brackets"), ("a", None)]
    names = {name: [row[i] or None for row in _ROWS] for i, name in enumerate(_HEADER)}
    frame = pd.DataFrame(names)
    for name, content in (
        ("t.csv", csv_bytes([_HEADER, *_ROWS], ",")),
        ("t.tsv", csv_bytes([_HEADER, *_ROWS], "\t")),
        ("t.jsonl", frame.to_json(orient="records", lines=True).encode()),
        ("t.parquet", parquet(**names)),
        ("t.xlsx", workbook([_HEADER, *_ROWS])),
    ):
        assert of(read_texts([write(name, content)])) == expected, name
    assert of(texts_in_memory(frame, None, {})) == expected
    renamed = frame.rename(columns={"variant_of": "original", "variant": "edit"})
    named = {"variant_of": "original", "variant": "edit"}
    assert of(texts_in_memory(renamed, None, named)) == expected
    unused = read_texts([write("t.csv", csv_bytes([_HEADER, *_ROWS], ","))], Columns(variant_of=""))
    assert of(unused) == [(None, None), (None, "brackets"), (None, None)]
    # A column of whole numbers with gaps is one of floats in pandas.
    numbered = pd.DataFrame({"text": ["x", "y"], "variant_of": [None, 1]})
    assert of(texts_in_memory(numbered, None, {})) == [(None, None), ("1", None)]


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        ("a,x,,\nb,y,q,\n", "t.csv:3: variant_of 'q': no text has this id"),
        ("a,x,a,\n", "t.csv:2: variant_of 'a': that is its own id"),
        ("a,x,b,\nb,y,a,\n", "t.csv:2: variant_of 'b': this text is the original of its own"),
        ("a,x,,\nb,y,a,\nc,z,b,\n", "t.csv:4: variant_of 'b': that text is a variant itself; "),
    ],
)
def test_a_variant_of_no_original_is_an_error_with_its_line(rows, error, write: Write) -> None:
    with pytest.raises(InputError, match=error) as raised:
        read_texts([write("t.csv", "id,text,variant_of,variant\n" + rows)])
    assert "--variant-of-column ''" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_limit_that_parts_a_variant_from_its_original_is_told(write: Write) -> None:
    path = write("t.csv", "id,text,variant_of\nb,y,a\na,x,\n")
    assert (
        "t.csv:2: the original of a variant is beyond the limit"
        in read_texts([path], limit=1).notes[-1]
    )
    assert read_texts([path], limit=2).notes == ()


def test_typed_variants_belong_to_the_only_text_or_to_one_each() -> None:
    assert of(typed_texts(["a"], ["b", "c"])) == [(None, None), ("1", None), ("1", None)]
    assert of(typed_texts(["a", "b"], ["c", "d"])) == [(None, None)] * 2 + [
        ("1", None),
        ("2", None),
    ]
    with pytest.raises(UsageError, match="--text-variant: 3 for 2 texts"):
        typed_texts(["a", "b"], ["c", "d", "e"])
