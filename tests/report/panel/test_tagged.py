"""What is found in a text stands in brackets: exactly its characters, also inside a word."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from helpers.made_up.factories import changed, make_results
from helpers.made_up.tagged import tagged_results

from reportgen.comparison import Runs
from reportgen.findings import Findings
from reportgen.report import RenderOptions, load_language, render
from reportgen.report.panel import Mark, UnitPart, paragraphs, strip_marks
from reportgen.results import STEPS, Results, Unit, text_units

EN = load_language("en")
TEXTS = ("abcdefghij", "klmnopqrstuv")  # pieces of two letters


def joined(results: Results) -> Results:
    """The same results with the first four pieces of a text as one unit, and the others as one."""
    tokens = results.stored("tokens").copy()
    for text, rows in tokens.groupby("text"):
        last = len(rows) - 1
        units = [0, *(1 if i <= 4 else 2 for i in range(1, last))]
        tokens.loc[tokens["text"] == text, "unit"] = [*units, units[-1] + 1]
    return changed(results, tokens=tokens)


def bracketed(page: str) -> list[str]:
    """The units of the first text that hold a bracket, as they are read with styles."""
    strip = BeautifulSoup(page, "html.parser").select_one("#strip-1")
    assert strip is not None
    for sign in strip.select(".opens"):
        sign.string = "["
    units = strip.select("p .u")  # without [CLS], [SEP]
    read = [("[" if "data-e" in unit.attrs else "") + unit.get_text() for unit in units]
    return [unit for unit in read if "[" in unit or "]" in unit]


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ((2, 3), ["ab[cdef] answergh"]),
        ((1, 4), ["[abcdefgh] answer"]),
        ((1, 2), ["[abcd] answerefgh"]),
        ((3, 5), ["abcd[efgh", "ij] answer"]),
    ],
)
def test_an_answer_is_bracketed_by_its_characters(
    tmp_path: Path, steps: tuple[int, int], said: list[str]
) -> None:
    made = make_results(tmp_path, TEXTS, kind="answer", evidence="basic")
    rows = made.stored("texts").copy()
    rows[STEPS] = [list(steps), *rows[STEPS][1:]]
    results = joined(changed(made, texts=rows))
    page = render(Runs(Findings(results)), RenderOptions()).content.decode()
    assert bracketed(page) == said


def test_entities_that_share_a_word_are_each_bracketed(tmp_path: Path) -> None:
    results = joined(tagged_results(tmp_path, TEXTS))
    findings, units = Findings(results), text_units(results, 0)
    assert findings.tags is not None
    found = findings.tags.entities[0]
    marks = [mark for own in strip_marks(findings, 0, units, EN).values() for mark in own]
    assert [mark.tag for mark in marks if mark.tag] == [f"] {own.kind}" for own in found]
    assert sum(not mark.tag for mark in marks) == len(found)


def test_marks_cut_a_unit_into_parts_and_stand_around_one_that_is_cut_short() -> None:
    marks = {0: (Mark(1), Mark(2, "] A"), Mark(2), Mark(None, "] B"))}
    results = text_of("abcd", marks)
    assert results == (UnitPart("a"), UnitPart("b", True, "] A"), UnitPart("cd", True, "] B"))
    long = "x" * 200
    (part,) = text_of(long, marks)
    assert (part.opens, part.tag, len(part.text)) == (True, "] A ] B", 81)


def text_of(text: str, marks: dict[int, tuple[Mark, ...]]) -> tuple[UnitPart, ...]:
    unit = Unit(text, is_special=False, segment=0, start=0, end=len(text), begins_word=False)
    (paragraph,) = paragraphs([unit], [text], [1], ["1"], marks=marks)
    return paragraph.pieces[0].parts
