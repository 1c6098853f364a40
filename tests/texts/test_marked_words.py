"""Words that people marked in a text as the reason for its label, and what is wrong with marks."""

import json
from dataclasses import replace

import pytest
from helpers.text_files import Write, csv_bytes, parquet

from reportgen.errors import InputError, without_surrogates
from reportgen.texts import limits, read_texts, texts_in_memory
from reportgen.texts.rationales import rationale_places
from reportgen.texts.read import Columns

TEXT = "good food, good wine"


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("[[11, 15], [0, 4]]", TEXT, ["good", "good"]),
        ('["good", "wine", "good"]', TEXT, ["good", "good", "wine"]),
        ("[[0, 4], [4, 9]]", TEXT, ["good", " food"]),
        ("[]", TEXT, []),
        (TEXT, TEXT, []),
        ("**good** food, good **wine**", TEXT, ["good", "wine"]),
        ("<mark>good</mark> food, <mark>good wine</mark>", TEXT, ["good", "good wine"]),
        ("<mark>a ** b</mark>", "a ** b", ["a ** b"]),
        ("[**無料**]👍🏽**！**", "[無料]👍🏽！", ["無料", "！"]),
        ("<mark></script></mark>", "</script>", ["</script>"]),
        ('["\u202e<s>"]', "a \u202e<s> b", ["\u202e<s>"]),
        ("**[1]**", "[1]", ["[1]"]),
    ],
)
def test_marks_are_places_strings_or_signs_in_the_text(
    value: str, text: str, expected: list[str]
) -> None:
    places, of_pair = rationale_places(value, text)
    assert [text[start:end] for start, end in places] == expected
    assert of_pair == ()


def test_an_object_marks_the_pair_too() -> None:
    marks = {"text": "a **b** c", "pair": [[0, 1], "e"]}
    assert rationale_places(json.dumps(marks), "a b c", "d e") == (((2, 3),), ((0, 1), (2, 3)))
    assert rationale_places('{"pair": ["d"]}', "a b c", "d e") == ((), ((0, 1),))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("food", "neither a JSON list of marks nor the text with marks in it; write"),
        ("**bad** food, good wine", "not the text: they differ at character 1;"),
        ("**good** food, good wine!", "not the text: they differ at character 21;"),
        ("**good food, good wine", r"a mark is not closed, or not opened; write \*\*word\*\*"),
        ("</mark>good food<mark>, good wine", "a mark is not closed, or not opened; write <mark>"),
        ("<mark><mark>good</mark></mark> food, good wine", "a mark is not closed"),
        ("****good food, good wine", r"\*\*\*\* marks nothing"),
        (
            '["good"]',
            r"mark 1, .'good'., stands in the text 2 times, and 1 in the list; .* such as \[0, 4\]",
        ),
        ('["wine", "wine"]', "mark 1, .'wine'., stands in the text once, and 2 in the list;"),
        ('["Wine"]', "mark 1, .'Wine'., does not stand in the text"),
        ('[""]', "mark 1 is empty"),
        ("[[3, 3]]", "mark 1 is empty"),
        ("[[0, 4], [2, 9]]", "marks 1 and 2 overlap; make them one"),
        ('[[16, 18], "wine"]', "marks 1 and 2 overlap"),
        ("[[0, 21]]", "mark 1 ends at 21, but the text has 20 characters"),
        ("[[4, 0]]", "mark 1 begins at 4, after its end at 0"),
        ("[[-1, 4]]", "mark 1: start and end are whole numbers from 0"),
        ("[[0, true]]", "mark 1: start and end are whole numbers from 0"),
        ("[0, 1, 1, 0]", "0 and 1 say nothing of places; write"),
        ("[{}]", "mark 1 is neither a string nor"),
        ('{"why": ["good"]}', "an object of other things than marks of text and pair"),
        ('{"text": true}', "an object of other things than marks of text and pair"),
        ('{"pair": ["x"]}', "in the pair, mark 1, .'x'., does not stand in the text"),
        ("[" * 100_000, "neither a JSON list of marks"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(value: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        rationale_places(value, TEXT, "a pair")
    assert "\n" not in str(caught.value)


def test_a_text_with_the_sign_itself_needs_the_other_sign() -> None:
    with pytest.raises(ValueError, match=r"the text has \*\* itself; write <mark>"):
        rationale_places("a ** **b**", "a ** b")


def test_places_count_the_characters_that_are_analysed() -> None:
    text = "\ud83da b"
    shown = without_surrogates(text)
    for value in ('["a", "b"]', "[[1, 2], [3, 4]]"):
        places, _ = rationale_places(value, text)
        assert [shown[a:b] for a, b in places] == ["a", "b"]


def test_every_kind_of_file_brings_marks(write: Write) -> None:
    rows = [("text", "rationale"), ("a b", '["b"]'), ("c d", ""), ("e", "[]"), ("f g", "f **g**")]
    lines = (
        '{"text": "a b", "rationale": ["b"]}\n{"text": "c d", "rationale": null}\n'
        '{"text": "e", "rationale": []}\n{"text": "f g", "rationale": "f **g**"}\n'
    )
    columns = {name: [row[i] for row in rows[1:]] for i, name in enumerate(rows[0])}
    expected = [(((2, 3),), ()), None, ((), ()), (((2, 3),), ())]
    for path in (
        write("t.csv", csv_bytes(rows)),
        write("t.jsonl", lines),
        write("t.parquet", parquet(**columns)),
    ):
        assert [text.rationale for text in read_texts([path]).texts] == expected
        assert {t.rationale for t in read_texts([path], Columns(rationale="")).texts} == {None}
    marks = [["b"], float("nan"), [], "f **g**"]
    texts = ["a b", "c d", "e", "f g"]
    in_memory = texts_in_memory(texts, None, {"rationale": marks})
    assert [text.rationale for text in in_memory.texts] == expected


def test_a_wrong_mark_names_its_line_its_text_and_what_to_do(write: Write) -> None:
    path = write("t.csv", csv_bytes([("id", "text", "why"), ("x1", "a b", "[[0, 9]]")]))
    with pytest.raises(InputError) as caught:
        read_texts([path], Columns(rationale="why"))
    line = "".join(c for c in str(caught.value) if c.isprintable())
    assert "t.csv:2: text 'x1': column 'why': mark 1 ends at 9, but the text has 3" in line
    assert line.endswith("or leave the column unused with --rationale-column ''")


def test_marks_end_where_a_long_text_is_cut(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_TEXT", 4)
    path = write("t.jsonl", '{"text": "abcdef", "rationale": [[1, 2], [3, 5], [5, 6]]}\n')
    (text,) = read_texts([path]).texts
    assert text.rationale == (((1, 2), (3, 4)), ())


def test_what_is_not_marked_leaves_a_text_known_as_before(write: Write) -> None:
    """Results of a run that was begun before there were marks go on."""
    (text,) = read_texts([write("t.jsonl", '{"text": "a b", "rationale": ["a"]}\n')]).texts
    assert repr(text) == repr(replace(text, rationale=None))
