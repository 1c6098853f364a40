"""What the first screen says, kind by kind: short sentences, and nothing that was not measured."""

import re
from itertools import product

import pytest
from helpers.cases import some_of
from helpers.made_up.factories import HEADLINES, make_results
from helpers.page_of import page_of

from reportgen.findings import Findings
from reportgen.report import load_language
from reportgen.report.language import half_widths
from reportgen.report.sections import make_answers

KINDS = (
    *("number", "class", "labels", "numbers", "embedding", "next_token"),
    *("masks", "answer", "choice"),
)
# What stands above the fold: the title, the answers, and the head and the sentences of a text.
PARTS = (
    ".run h1, .run .defined, #answers h2, #answers p, .panel .without, .panel .keep .legend, "
    ".panel .influence p, .panel caption small"
)
EN, JA = r"(?<=[.:]) +(?=[A-Z“])", r"(?<=。)"


def sentences(page, between):
    for part in page.select(PARTS):
        yield from re.split(between, " ".join(part.get_text().split()))


def n_words(said):
    """How many words are said, of which a share is one."""
    return len(re.sub(r"\s%", "%", said).split())


CASES = [*product(KINDS, ["full"]), ("number", "none"), ("embedding", "none")]


@pytest.mark.parametrize(
    ("kind", "evidence"),
    some_of(CASES, ("number", "full"), ("class", "full"), ("answer", "full"), ("number", "none")),
)
def test_sentences_are_short_in_both_languages(tmp_path, kind, evidence):
    made = make_results(
        tmp_path, HEADLINES[:3], n_layers=2, n_heads=1, kind=kind, sink=0.4, evidence=evidence
    )
    findings = Findings(made)
    for said in sentences(page_of(findings), EN):
        assert n_words(said) <= 15, said
    for said in sentences(page_of(findings, lang="ja"), JA):
        assert half_widths(said) <= 80, said
    for answer in make_answers(findings, load_language("en")):
        assert 1 <= n_words(answer.answer) <= 15
        assert all(n_words(said) <= 15 for said in re.split(EN, answer.remark))
    for answer in make_answers(findings, load_language("ja")):
        assert half_widths(answer.answer) <= 80
        assert half_widths(answer.remark) <= 80


def test_bars_without_a_sign_say_neither_up_nor_down(tmp_path):
    page = page_of(make_results(tmp_path, kind="embedding", evidence="basic"))
    panel = page.select_one(".panel")
    assert panel.select(".strip.sized")
    assert "Changes most (bar): “" in panel.select_one(".without").get_text()
    assert not page.select(".panel :is(i.up, i.dn)")
    assert "raises" not in page.select_one("#answers").get_text()


def test_bars_with_a_sign_say_both(tmp_path):
    panel = page_of(make_results(tmp_path, evidence="basic")).select_one(".panel")
    assert not panel.select(".sized")
    lines = panel.select_one(".without").get_text()
    assert "Raises the score (bar above): “" in lines
    assert "Lowers the score (bar below): “" in lines


def test_without_evidence_nothing_is_said_of_changes(tmp_path):
    page = page_of(make_results(tmp_path))
    panel = page.select_one(".panel")
    assert panel.caption.small.get_text().startswith("The strongest by attention. Orange:")
    assert not panel.select(".barred")
    assert "Without “" not in panel.get_text()
    assert [part.get_text() for part in page.select("#answers .says")].count("Not measured") == 2
