"""Labels as files give them: numbers with a percent sign, lists, and other names."""

import json

import pytest
from helpers.text_files import Write

from reportgen.errors import UsageError
from reportgen.texts import (
    comparable_number,
    label_map,
    label_number,
    read_texts,
    with_labels_renamed,
)


@pytest.mark.parametrize(
    ("label", "number"),
    [
        ("2.1", 2.1),
        (" 2.1 % ", 2.1),
        ("２．１％", 2.1),
        ("-3e2", -300.0),
        ("50%%", None),
        ("%", None),
        ("nan", None),
        ("inf", None),
        ("", None),
        ("1,000", None),
        ("positive", None),
        (None, None),
    ],
)
def test_numbers(label: str | None, number: float | None) -> None:
    assert label_number(label) == number


def test_a_number_beyond_float32_is_compared_with_nothing() -> None:
    labels = ("1e38", "-1e38", "1.1e38", "1e308", "-1e308", "1e309", "nan", "x")
    assert [comparable_number(label) for label in labels] == [1e38, -1e38, *[None] * 6]


def test_a_list_of_labels_is_kept_as_json(write: Write) -> None:
    rows = [
        {"text": "a", "label": ["sport", "news"]},
        {"text": "b", "label": [0, 2]},
        {"text": "c", "label": [True]},
        {"text": "d", "label": []},
        {"text": "e", "label": [1.5, None]},  # of two words, of which one has no label
    ]
    path = write("t.jsonl", "\n".join(map(json.dumps, rows)))
    found = [text.label for text in read_texts([path]).texts]
    assert found == ['["sport", "news"]', '["0", "2"]', '["true"]', "[]", '["1.5", null]']


@pytest.mark.parametrize("names", ["1=bad, 2 = good", '{"1": "bad", "2": "good"}'])
def test_labels_get_other_names(write: Write, names: str) -> None:
    path = write("t.csv", 'text,label\na,1\nb," 2"\nc,3\nd,\ne,"[""1"", ""3""]"\n')
    renamed = with_labels_renamed(read_texts([path]), label_map(names))
    assert [text.label for text in renamed.texts] == ["bad", "good", "3", None, '["bad", "3"]']


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("bad", "not a list of OLD=NEW"),
        ("1=", "a label is empty"),
        ("=bad", "a label is empty"),
        ("1=bad,1=good", "two new names for '1'"),
        ('{"1": ["bad"]}', "a new label is not text"),
        ('{"1": "bad"', "broken JSON"),
        ("{" * 9, "broken JSON"),
    ],
)
def test_a_map_that_cannot_be_used_is_refused(names: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        label_map(names)


def test_a_map_without_any_label_of_the_texts_is_refused(write: Write) -> None:
    labelled = read_texts([write("t.csv", "text,label\na,x\nb,y\n")])
    with pytest.raises(UsageError, match="no text has one of its labels; there are 'x', 'y'"):
        with_labels_renamed(labelled, {"1": "bad"})
    with pytest.raises(UsageError, match="the texts have no labels"):
        with_labels_renamed(read_texts([write("t.txt", "a\n")]), {"1": "bad"})
