"""Sentences of notes: every name in them filled with a figure, in both languages."""

import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from helpers.cases import some_of
from helpers.made_up.every_note import live_notes
from helpers.made_up.factories import make_results

from reportgen.findings import CLARK, THRESHOLDS, Citation, Findings, Note
from reportgen.report import headline, load_language, sentence
from reportgen.report.language import (
    Language,
    beside,
    citation,
    in_short,
    measure_names,
    scalar_name,
    spoken,
    subject_name,
    threshold,
)
from reportgen.results import (
    BY_ID,
    MEASURES,
    SINK_TESTS,
    STATISTICS,
    EvidenceLevel,
    OutputInfo,
    OutputKind,
    Reason,
    Subject,
)
from reportgen.tasks.targets import TARGETS

EN, JA = load_language("en"), load_language("ja")
LANGUAGES = pytest.mark.parametrize("language", [EN, JA], ids=["en", "ja"])


def keys(section: str) -> set[str]:
    return set(EN.words[section])


def test_every_sentence_belongs_to_a_note_and_every_note_has_one(
    notes: list[Note], situations: list[Findings]
) -> None:
    assert {key for note in notes for key in (note.id, *note.also)} == keys("sentences")
    assert {note.id for note in notes if note.is_verdict} <= keys("headlines")
    assert keys("headlines") <= {key for note in notes for key in (note.id, *note.also)}
    assert {note.id for note in live_notes(situations)} == keys("beside")
    assert {threshold.id for threshold in THRESHOLDS} == keys("thresholds")


def test_everything_that_is_measured_has_a_name() -> None:
    assert keys("measures") == {*BY_ID, "user"}
    for measure in MEASURES:
        words = EN.words["measures"][measure.id].keys()
        assert "name" in words, measure.id
        assert ("legend" in words) == ("colours" in measure.shown), measure.id
        # What can be shown first is named in the answers, in buttons and in charts.
        assert "short" in words or "colours" not in measure.shown, measure.id
        assert ("method" in words) == (measure.table == "effects"), measure.id
    assert keys("tests") == keys("tests_explained") == set(SINK_TESTS)
    assert keys("statistics") == set(STATISTICS)
    assert keys("reasons") == set(get_args(Reason))
    for section in ("scalars", "outputs"):
        names = {key.removesuffix("_over").removesuffix("_of") for key in keys(section)}
        assert names == {*TARGETS, "other"}


@LANGUAGES
def test_every_note_can_be_said(notes: list[Note], language: Language) -> None:
    for note in notes:
        for said in (sentence(note, language), *in_short([note], language)):
            assert said.endswith("。" if language is JA else (".", ".)"))
            assert not re.search(r"[{}<>`*]|nan|None|\n|  |\.\.|。。", said), said
            assert language is JA or said[0].isupper() or said[0] in "[“", said


@LANGUAGES
def test_a_headline_is_one_line_with_every_verdict(
    situations: list[Findings], language: Language
) -> None:
    for own in situations:
        said = headline(own.notes, own.info.model.name, language)
        assert "\n" not in said
        assert said.startswith("made-up")
        assert all(role.token in said for role in own.info.roles)


@pytest.mark.parametrize(
    ("language", "passed_on"),
    some_of(
        [(EN, "What [CLS] passes on"), (JA, "[CLS]が渡す内容は")],
        (EN, "What [CLS] passes on"),
    ),
)
def test_a_headline_says_what_a_sink_passes_on_where_that_was_tested(
    tmp_path: Path, language: Language, passed_on: str
) -> None:
    def said(sink: float, level: EvidenceLevel) -> str:
        made = make_results(tmp_path / f"{sink}{level}", sink=sink, evidence=level)
        return headline(Findings(made).notes, made.info.model.name, language)

    assert passed_on in said(0.6, "full")
    assert passed_on not in said(0.6, "basic")
    assert passed_on not in said(0.0, "full")


@LANGUAGES
def test_what_is_read_of_the_last_layer_is_said_in_one_short_sentence(
    situations: list[Findings], language: Language
) -> None:
    said = {note.id: beside(note, language) for note in live_notes(situations)}
    assert said.keys() == {"N9-cls", "N9", "N9-all"}
    assert "[CLS]" in said["N9-cls"]
    assert "3" in said["N9"]


@pytest.mark.parametrize(
    ("id", "english", "japanese"),
    [
        ("sink_excess", "30\u00a0%", "30%"),
        ("raised_excess", "5\u00a0%", "5%"),
        ("confidence", "95\u00a0%", "95%"),
        ("resamples", "1,000", "1,000"),
        ("min_texts", "5 texts", "テキスト5件"),
    ],
)
def test_a_threshold_is_said_with_its_value_as_it_was_chosen(
    id: str, english: str, japanese: str
) -> None:
    (limit,) = (limit for limit in THRESHOLDS if limit.id == id)
    for language, value in ((EN, english), (JA, japanese)):
        _, alone, meaning = threshold(limit, language)
        assert alone == value
        assert value in meaning


def sink_note(**values: float) -> Note:
    figures = {
        "n_texts": 20,
        "layer": 3,
        "share": 0.596,
        "expected": 0.0794,
        "ratio": 7.51,
        "share_low": 0.551,
        "share_high": 0.642,
        "excess": 0.561,
        "excess_low": 0.512,
        "excess_high": 0.611,
        "confidence": 0.95,
        "sink_excess": 0.3,
        "raised_excess": 0.05,
    }
    return Note("N1", "cls", "[CLS]", figures | values, (), "verdict", verdict="sink")


def test_figures_stand_in_the_sentence_rounded() -> None:
    assert (
        sentence(sink_note(), EN)
        .replace("\u00a0", " ")
        .startswith(
            "In layer 3, 59.6 % of all attention goes to [CLS] (mean over 20 texts, 95 % interval "
            "55.1–64.2 %); its equal share would be 7.9 %, so this is 7.5 times as much, and "
            "56.1 % of the way from the equal share to all attention (interval 51.2 to 61.1 %)."
        )
    )
    japanese = sentence(sink_note(), JA)
    for figure in (
        "第3層",
        "59.6%",
        "テキスト20件",
        "95%",
        "55.1～64.2%",
        "7.9%",
        "7.5倍",
        "56.1%",
    ):
        assert figure in japanese


def test_a_token_that_looks_like_a_name_stays_as_it_is() -> None:
    note = replace(sink_note(), token="{share}<s>%s")
    assert "{share}<s>%s" in sentence(note, EN)
    assert "{share}<s>%s" in sentence(note, JA)


def test_a_literature_figure_is_named_as_one(notes: list[Note]) -> None:
    (note,) = {n.id: n for n in notes if n.id == "N11"}.values()
    assert "a figure of that study" in sentence(note, EN)
    assert "同研究が報告した値" in sentence(note, JA)
    assert note.citations == (CLARK,)


def test_a_citation_without_identifier_ends_with_its_title() -> None:
    assert citation(Citation("Doe 2020", "A Title", ""), EN) == "Doe 2020, A Title"
    assert citation(CLARK, EN).endswith("arXiv 1906.04341 / W19-4828")


@pytest.mark.parametrize(
    ("kind", "labels", "target", "name"),
    [
        ("number", (), None, "the score"),
        ("numbers", ("clicks", "cost"), None, "the clicks"),
        ("numbers", ("clicks", "cost"), "cost", "the cost"),
        ("class", ("bad", "good"), None, "the lead of the predicted class"),
        ("class", ("bad", "good"), "bad", "the lead of the class “bad”"),
        ("labels", ("price", "taste"), "taste", "the logit of the tag “taste”"),
        ("embedding", (), None, "the text's embedding"),
        ("next_token", (), None, "the log-probability of the predicted next token"),
        ("next_token", (), " cat", "the log-probability of the next token “ cat”"),
        ("completion", (), None, "the log-probability of the completion"),
    ],
)
def test_what_is_explained_is_named(
    tmp_path: Path, kind: OutputKind, labels: tuple[str, ...], target: str | None, name: str
) -> None:
    info = make_results(tmp_path, kind=kind, evidence="basic").info
    evidence = replace(info.evidence, target=target)
    output = OutputInfo(kind, "score", labels)
    assert scalar_name(replace(info, evidence=evidence, output=output), EN).startswith(name)


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (None, "the lead of the predicted next token over “ dog”"),
        (" cat", "the lead of the next token “ cat” over “ dog”"),
    ],
)
def test_the_lead_of_a_token_names_the_other(tmp_path: Path, target: str | None, name: str) -> None:
    info = make_results(tmp_path, kind="next_token", evidence="basic").info
    lead = replace(info.evidence, scalar="token_lead", target=target, against=" dog")
    assert scalar_name(replace(info, evidence=lead), EN).startswith(name)


def test_without_evidence_nothing_is_explained(tmp_path: Path) -> None:
    assert scalar_name(make_results(tmp_path).info, EN) == ""


def test_tokens_are_quoted_where_they_could_be_taken_for_prose() -> None:
    assert subject_name(Subject("cls", "[CLS]", "role"), EN) == "[CLS]"
    assert subject_name(Subject("token:the", "the", "token"), EN) == "“the”"
    assert subject_name(Subject("token:、", "、", "token"), JA) == "「、」"
    assert subject_name(Subject("first", "", "position"), EN) == "the first position"


def test_what_is_missing_is_first_listed_name() -> None:
    values = {"measures": "received_norm_all\nzero_value", "reason": "values_unreadable"}
    note = Note("withheld", None, None, values, (), "banner")
    assert sentence(note, EN).startswith(
        "Not measured: attention × value, all layers; zero value (test). It is not known"
    )
    assert measure_names(["cls_row_last"], JA, "<s>") == "<s>の行（最終層）"


@pytest.mark.parametrize(
    ("token", "en", "ja"),
    [
        ("\n", "line break ↵", "改行↵"),
        ("\r\n", "line break ↵", "改行↵"),
        ("\n\n", "line breaks ↵↵", "改行↵↵"),
        ("\t", "tab ⇥", "タブ⇥"),
        (" ", "space ␣", "空白␣"),
        (" \n", " \n", " \n"),  # of two kinds: their marks are printed
        (" bad", " bad", " bad"),
        ("", "", ""),
    ],
)
def test_a_token_that_cannot_be_seen_has_one_name_and_its_mark(token, en, ja) -> None:
    assert (spoken(token, EN), spoken(token, load_language("ja"))) == (en, ja)


def test_a_token_of_the_text_is_named_without_the_mark_of_a_space() -> None:
    names = {"▁bad": "“bad”", "Ġbad": "“bad”", "bad": "“bad”", "▁": "“␣”"}
    for token, name in names.items():
        assert subject_name(Subject(f"token:{token}", token, "token"), load_language("en")) == name
