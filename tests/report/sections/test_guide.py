"""The page in five sentences: short, plain, and no more than the answers say."""

import re

import pytest
from helpers.cases import some_of
from helpers.made_up.completed import completed_results
from helpers.made_up.drawn_pages import drawn_pages
from helpers.made_up.factories import HEADLINES, make_results
from helpers.made_up.with_answers import ANSWERED, answered_results
from helpers.page_of import page_of

from reportgen.findings import Findings
from reportgen.report import load_language, redacted
from reportgen.report.sections import make_answers, make_guide

LANGUAGES = {code: load_language(code) for code in ("en", "ja")}
JARGON = re.compile(r"R²|RMSE|bootstrap|entropy|interval|correlation|[^“「]\[CLS\]|相関|区間")


def guide_of(results, code="en"):
    findings = results if isinstance(results, Findings) else Findings(results)
    language = LANGUAGES[code]
    return make_guide(findings, make_answers(findings, language), language)


def said(results, code="en"):
    return [sentence.text for sentence in guide_of(results, code)]


def require_short_and_plain(run):
    findings = run if isinstance(run, Findings) else Findings(run)
    for code, language in LANGUAGES.items():
        answers = make_answers(findings, language)
        sentences = make_guide(findings, answers, language)
        is_alone = int(findings.analysed.sum()) == 1  # which no agreement can be told of
        assert len(sentences) == (4 if is_alone or findings.info.evidence.level == "none" else 5)
        for sentence in sentences:
            length = len(sentence.text) if code == "ja" else len(sentence.text.split())
            assert length <= (90 if code == "ja" else 25), sentence.text
            assert not JARGON.search(sentence.text)
            assert not re.search(r"[{}]", sentence.text)
        if findings.info.evidence.level != "none":
            assert answers[1].answer in sentences[2].text
        if len(sentences) == 5:  # the verdicts are those of the answers
            assert answers[3].answer in sentences[3].text


def test_sentences_are_short_and_plain_whatever_was_found(tmp_path_factory):
    for results in drawn_pages(lambda: tmp_path_factory.mktemp("results"), range(0, 24, 2)):
        require_short_and_plain(results)


@pytest.mark.parametrize("kind", some_of(ANSWERED, *ANSWERED[::2]))
def test_sentences_of_every_task_are_short_and_say_how_well_it_does(tmp_path, kind):
    findings = Findings(answered_results(tmp_path / "results", kind, evidence="basic", sink=0.6))
    require_short_and_plain(findings)
    first = make_answers(findings, LANGUAGES["en"])[0].answer
    sentence = said(findings)[0]
    assert first in sentence
    assert "unknown" not in sentence


def test_a_completion_has_its_sentences(tmp_path):
    require_short_and_plain(completed_results(tmp_path, HEADLINES))


def test_without_right_answers_accuracy_is_unknown(tmp_path):
    results = make_results(tmp_path, evidence="basic")
    assert said(results)[0].endswith("Without right answers, accuracy is unknown.")
    assert "unknown" not in said(make_results(tmp_path / "e", kind="embedding"))[0]


def test_orange_names_the_strongest_words_of_the_open_text(tmp_path):
    results = make_results(tmp_path, sink=0.4, evidence="basic")
    guide = guide_of(results)
    page = page_of(results)
    opened = page.find(id="text=3")
    marked = re.search(r"Looked at most: “(.+?)” [\d.]+×, “(.+?)”", opened.get_text())
    assert f"In text 3 that is most of all “{marked[1]}” and “{marked[2]}”." in guide[1].text
    assert (guide[1].place, guide[1].link, guide[1].address) == ("strip-3", "#text=3", "#text=3")
    assert page.find(id=guide[1].place)


def test_without_evidence_it_says_that_what_counts_was_not_measured(tmp_path):
    sentences = said(make_results(tmp_path))
    assert sentences[2] == "What counts was not measured in this run."
    assert not any("Bars" in sentence or "looking" in sentence for sentence in sentences)


def test_no_figure_stands_for_an_agreement_that_may_be_chance(tmp_path):
    results = make_results(tmp_path, HEADLINES * 2, evidence="basic")
    assert Findings(results).colouring.judgement.verdict == "chance"
    assert said(results)[3] == "Does looking matter? Not clearly better than chance."


def test_redacted_texts_have_positions_and_no_words(tmp_path):
    results = make_results(tmp_path, HEADLINES * 3, evidence="basic", sink=0.5)
    with redacted(results, "en", wanted=True) as copy:
        require_short_and_plain(copy)
        sentences = said(copy)
    assert "above a position" in sentences[2]
    assert not re.search("“(?!\\[CLS\\])", " ".join(sentences[1:]))


def test_a_sink_is_told_as_a_marker_and_shown_where_it_piles_up(tmp_path):
    results = make_results(tmp_path, sink=0.6, evidence="basic")
    last = guide_of(results)[4]
    layer = re.match(r"In layer (\d), [\d.]+\xa0% of attention goes to “\[CLS\]”, ", last.text)[1]
    assert "a marker before each text" in last.text
    assert "was not tested" in last.text
    assert (last.place, last.address) == ("map-3", f"#text=3&layer={layer}&head=mean")


def test_of_a_model_without_markers_the_first_position_is_named(tmp_path):
    made = make_results(tmp_path, special=False, sink=0.7, evidence="full")
    last = guide_of(made)[4]
    assert "marker" not in last.text
    assert "content=1" not in last.address


def test_one_text_says_its_prediction(tmp_path):
    results = make_results(tmp_path, HEADLINES[2:3], evidence="basic")
    value = f"{results.texts['prediction'].iloc[0]:.2f}"
    assert f"Here: {value}." in said(results)[0]
    require_short_and_plain(results)


def test_where_no_text_was_analysed_there_is_no_guide(tmp_path):
    results = make_results(tmp_path, ("", ""))
    assert guide_of(results) == ()
    assert page_of(results).find(id="guide") is None


def test_shown_first_by_another_measure_the_colour_has_its_name(tmp_path):
    results = make_results(tmp_path, evidence="basic")
    findings, language = Findings(results, "gradient"), LANGUAGES["en"]
    sentences = make_guide(findings, make_answers(findings, language), language)
    assert sentences[1].text.startswith("Colours show “gradient size”.")
    assert "Orange" not in sentences[3].text
