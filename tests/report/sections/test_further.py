"""How to get more: options stand in one place of a page, and nowhere in its sentences."""

import re
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from helpers.cases import some_of
from helpers.made_up.factories import HEADLINES, changed, make_results
from helpers.real.two_models import LABELS, chain, pair_of

from reportgen.comparison import Runs
from reportgen.findings import Findings
from reportgen.report import CompareOptions, RenderOptions, load_language
from reportgen.report.html import write
from reportgen.report.language import LANGUAGES
from reportgen.report.short_form import markdown

OPTION = re.compile(r"(?<![\w<!-])--[a-z][a-z-]+|(?<!\w)-o [a-z]+")


def page_of(runs: Runs, lang: str) -> BeautifulSoup:
    made = CompareOptions(lang=lang) if runs.n > 1 else RenderOptions(lang=lang)
    return BeautifulSoup(write(runs, made).content.decode(), "html.parser")


def prose(page: BeautifulSoup) -> str:
    """What a page says but for how to make it again."""
    for part in page.select("script, style, #reproduce, noscript"):
        part.decompose()
    return page.get_text(" ")


@pytest.mark.parametrize(
    ("level", "lang"),
    some_of(
        product(["none", "basic", "full"], LANGUAGES),
        *(("none", "en"), ("basic", "ja"), ("full", "en")),
    ),
)
def test_no_sentence_of_a_report_names_an_option(tmp_path: Path, level: str, lang: str) -> None:
    made = make_results(tmp_path, HEADLINES, evidence=level, sink=0.6, labels=LABELS[:6], keep=1)
    assert OPTION.findall(prose(page_of(Runs(Findings(made)), lang))) == []


@pytest.mark.parametrize(("n", "lang"), some_of(product([2, 3], LANGUAGES), (2, "ja"), (3, "en")))
def test_no_sentence_of_a_comparison_names_an_option(tmp_path: Path, n: int, lang: str) -> None:
    sides = pair_of(tmp_path, evidence="basic", labels=LABELS, sink=0.5)
    runs = chain(*(sides * 2)[:n]).runs
    assert OPTION.findall(prose(page_of(runs, lang))) == []


def rows_of(page: BeautifulSoup) -> dict[str, str]:
    """The options of the table, with the same in Python."""
    table = page.select_one("#reproduce table.further")
    cells = [[cell.get_text() for cell in row.find_all("td")] for row in table.tbody("tr")]
    return {row[0]: row[-1] for row in cells}


@pytest.mark.parametrize(
    ("level", "named"),
    [
        ("none", {"--evidence basic", "--evidence full"}),
        ("basic", {"--evidence full"}),
        ("full", set()),
    ],
)
def test_the_options_that_add_evidence_are_those_that_the_run_lacks(
    tmp_path: Path, level: str, named: set[str]
) -> None:
    page = page_of(Runs(Findings(make_results(tmp_path, evidence=level))), "en")
    rows = rows_of(page)
    assert {option for option in rows if "evidence" in option} == named
    for option, python in rows.items():
        if option.startswith("--"):
            name, value = option.removeprefix("--").split()
            assert python == f'{name.replace("-", "_")}="{value}"'
    assert bool(page.select('#trust a[href="#more"]')) == (level == "basic")
    assert page.find(id="more") is not None


def test_texts_without_evidence_can_have_it(tmp_path: Path) -> None:
    made = make_results(tmp_path, evidence="basic")
    evidence = replace(made.info.evidence, n_texts=made.info.evidence.n_texts - 1)
    some = changed(made, replace(made.info, evidence=evidence))
    assert "--evidence-texts all" in rows_of(page_of(Runs(Findings(some)), "en"))


def test_a_model_from_python_is_told_python_alone(tmp_path: Path) -> None:
    made = make_results(tmp_path, evidence="basic")
    remark = load_language("en").say("remarks", "handed_over")
    given = changed(made, replace(made.info, remarks=(remark,)))
    rows = rows_of(page_of(Runs(Findings(given)), "en"))
    assert 'evidence="full"' in rows
    assert not any(OPTION.search(cell) for cell in rows)


def test_a_comparison_says_how_it_can_be_judged_otherwise(tmp_path: Path) -> None:
    sides = pair_of(tmp_path, evidence="none", labels=LABELS)
    rows = rows_of(page_of(chain(*sides).runs, "en"))
    assert {"--smallest-change 10%,3points", "--quality rmse", "-o compare.json"} <= set(rows)
    assert "--evidence basic" in rows
    assert "-o trend.json" in rows_of(page_of(chain(*sides, sides[0]).runs, "en"))


def test_markdown_names_the_options_once_too(tmp_path: Path) -> None:
    found = Findings(make_results(tmp_path, evidence="basic"))
    text = markdown.write(Runs(found), RenderOptions()).text
    assert text.count("--evidence full") == 2  # tests of sinks, and more checks of the colours
    assert text.index("--evidence full") > text.index("How to reproduce")
