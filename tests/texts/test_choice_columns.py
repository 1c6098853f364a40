"""The choices of texts: their columns, lists of them, and what is wrong with them."""

import json
from dataclasses import replace

import pytest
from helpers.text_files import Write

from reportgen.errors import InputError, UsageError
from reportgen.texts import named_choices, read_texts
from reportgen.texts.read import Columns


def read(path, columns=()):
    found = read_texts([path], *columns)
    return [text.choices for text in found.texts], found.choice_names


def test_numbered_columns_are_choices_in_the_order_of_their_numbers(write: Write) -> None:
    header = ",".join(["text", *(f"choice{i}" for i in (10, 2, 1))])
    found, names = read(write("t.csv", f"{header}\nx,c,b,a\n"))
    assert (found, names) == ([("a", "b", "c")], ("choice1", "choice2", "choice10"))


def test_empty_choices_at_the_end_are_none_and_others_stay(write: Write) -> None:
    content = "text,choice0,choice1,choice2\nx,a,b,\ny,a,,c\nz,,,\n"
    found, _ = read(write("t.csv", content))
    assert found == [("a", "b"), ("a", "", "c"), ()]


def test_named_columns_and_none(write: Write) -> None:
    path = write("t.csv", "text,right,wrong,choices\nx,a,b,c\n")
    columns = Columns(choices=named_choices("right, wrong"))
    assert read(path, [columns]) == ([("a", "b")], ("right", "wrong"))
    assert read(path, [replace(columns, choices=named_choices(""))]) == ([()], ())


@pytest.mark.parametrize(
    "choices", [["a", "b"], '["a", "b"]', {"label": ["A", "B"], "text": ["a", "b"]}]
)
def test_one_column_holds_lists(write: Write, choices: object) -> None:
    line = json.dumps({"text": "x", "choices": choices})
    assert read(write("t.jsonl", line)) == ([("a", "b")], ())


def test_numbers_in_a_list_are_choices(write: Write) -> None:
    line = json.dumps({"text": "x", "endings": [1, 2.5]})
    columns = Columns(choices=named_choices("endings"))
    assert read(write("t.jsonl", line), [columns])[0] == [("1", "2.5")]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"choices": "a, b"}, "'choices' holds a text, not a list of choices"),
        ({"choices": [["a"]]}, "'choices' holds a list, not a list of choices"),
        ({"choice1": ["a"], "choice2": "b"}, "'choice1' or 'choice2' holds a list, not a choice"),
    ],
)
def test_what_is_no_choice_is_told(write: Write, row: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read(write("t.jsonl", json.dumps({"text": "x", **row})))


def test_columns_that_do_not_exist_or_stand_twice_are_told(write: Write) -> None:
    path = write("t.csv", "text,a,b\nx,1,2\n")
    with pytest.raises(UsageError, match="no column 'c'"):
        read(path, [Columns(choices=("a", "c"))])
    with pytest.raises(UsageError, match="names a column twice"):
        named_choices("a,b,a")


def test_choices_are_not_taken_for_the_texts(write: Write) -> None:
    found = read_texts([write("t.csv", "sentence,choice1,choice2\nthe cat,sat,ran\n")])
    assert found.texts[0].text == "the cat"
