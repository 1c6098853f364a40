"""Sentences: the same ones in both languages, every name in them filled with a figure."""

import re
import tomllib
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from every_note import every_note, live_notes, situations
from factories import make_results

from reportgen.findings.citations import CLARK, Citation
from reportgen.findings.findings import Findings
from reportgen.findings.notes.note import Note
from reportgen.findings.thresholds import THRESHOLDS
from reportgen.report.language.sentences import (
    Wording,
    correlation,
    decimal,
    difference,
    proportion,
    times,
)
from reportgen.results.info import (
    SINK_TESTS,
    STATISTICS,
    EvidenceLevel,
    OutputInfo,
    OutputKind,
    Reason,
    Scalar,
    Subject,
)
from reportgen.results.measures import VIEWS
from reportgen.results.store import Results

LANGUAGES = ("en", "ja")


def strings(lang: str) -> dict[tuple[str, str], str]:
    text = (
        files("reportgen.report.language")
        .joinpath("strings", f"notes_{lang}.toml")
        .read_text("utf-8")
    )
    return {
        (section, key): value
        for section, entries in tomllib.loads(text).items()
        for key, value in entries.items()
    }


def names(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[Results]:
    return situations(lambda: tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="module")
def notes(results: list[Results]) -> list[Note]:
    return list(every_note(results))


def test_both_languages_say_the_same_things_with_the_same_names() -> None:
    english, japanese = strings("en"), strings("ja")
    assert english.keys() == japanese.keys()
    for key, sentence in english.items():
        if key != ("phrases", "mean_of_texts"):
            assert names(sentence) == names(japanese[key]), key


def test_every_sentence_belongs_to_a_note_and_every_note_has_one(
    notes: list[Note], results: list[Results]
) -> None:
    written = strings("en")

    def keys(section: str) -> set[str]:
        return {key for part, key in written if part == section}

    assert {key for note in notes for key in (note.id, *note.also)} == keys("sentences")
    assert {note.id for note in notes if note.is_verdict} <= keys("headlines")
    assert keys("headlines") <= {note.id for note in notes}
    assert {note.id for note in live_notes(results)} == keys("beside")
    assert {threshold.id for threshold in THRESHOLDS} == keys("thresholds")


def test_everything_that_is_measured_has_a_name() -> None:
    written = strings("en")
    named: dict[str, tuple[str, ...]] = {
        "views": ("deletion", *VIEWS),
        "tests": SINK_TESTS,
        "tests_explained": SINK_TESTS,
        "statistics": STATISTICS,
        "reasons": get_args(Reason),
    }
    for section, names in named.items():
        assert {key for part, key in written if part == section} == set(names)
    for section in ("scalars", "outputs"):
        said = {key.removesuffix("_of") for part, key in written if part == section}
        assert said == set(get_args(Scalar))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_note_can_be_said(notes: list[Note], lang: str) -> None:
    words = Wording(lang)
    for note in notes:
        for sentence in (words.sentence(note), *words.in_short([note])):
            assert sentence.endswith("." if lang == "en" else "。")
            assert not re.search(r"[{}<>`*]|nan|None|\n|  |\.\.|。。", sentence), sentence
            assert lang == "ja" or sentence[0].isupper() or sentence[0] in "[“", sentence


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_headline_is_one_line_with_every_verdict(results: list[Results], lang: str) -> None:
    words = Wording(lang)
    for own in results:
        headline = words.headline(Findings(own).notes, own.info.model.name)
        assert "\n" not in headline
        assert headline.startswith("made-up")
        assert all(role.token in headline for role in own.info.roles)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_headline_says_what_a_sink_passes_on_where_that_was_tested(
    tmp_path: Path, lang: str
) -> None:
    words = Wording(lang)

    def headline(sink: float, level: EvidenceLevel) -> str:
        made = make_results(tmp_path / f"{sink}{level}", sink=sink, evidence=level)
        return words.headline(Findings(made).notes, made.info.model.name)

    passed_on = words.say("headlines", "N4", token="[CLS]", output="")[:8]
    assert passed_on in headline(0.6, "full")
    assert passed_on not in headline(0.6, "basic")
    assert passed_on not in headline(0.0, "full")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_read_of_the_last_layer_is_said_in_one_short_sentence(
    results: list[Results], lang: str
) -> None:
    words = Wording(lang)
    said = {note.id: words.beside(note) for note in live_notes(results)}
    assert said.keys() == {"N9-cls", "N9", "N9-all"}
    assert "[CLS]" in said["N9-cls"]
    assert "3" in said["N9"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_thresholds_are_said_with_their_values(lang: str) -> None:
    words = Wording(lang)
    said = {threshold.id: words.threshold(threshold) for threshold in THRESHOLDS}
    assert words.percent(0.3) in said["sink_share"]
    assert "1.5" in said["raised_ratio"]
    assert "1,000" in said["resamples"]
    assert "5" in said["min_texts"]


def sink_note(**values: float) -> Note:
    figures = {
        "n_texts": 20,
        "layer": 3,
        "share": 0.596,
        "expected": 0.0794,
        "ratio": 7.51,
        "share_low": 0.551,
        "share_high": 0.642,
        "ratio_low": 6.9,
        "ratio_high": 8.1,
        "confidence": 0.95,
        "sink_share": 0.3,
        "sink_ratio": 3.0,
        "raised_ratio": 1.5,
    }
    return Note("N1", "cls", "[CLS]", figures | values, (), is_verdict=True)


def test_figures_stand_in_the_sentence_rounded() -> None:
    sentence = Wording("en").sentence(sink_note())
    assert sentence.startswith(
        "In layer 3, 60 % of all attention goes to [CLS] (mean over 20 texts, 95 % interval "
        "55–64 %); spread evenly it would be 7.9 %, so this is 7.5 times as much."
    )
    japanese = Wording("ja").sentence(sink_note())
    for figure in ("第3層", "60%", "テキスト20件", "95%", "55～64%", "7.9%", "7.5倍"):
        assert figure in japanese


def test_a_token_that_looks_like_a_name_stays_as_it_is() -> None:
    note = replace(sink_note(), token="{share}<s>%s")
    assert "{share}<s>%s" in Wording("en").sentence(note)
    assert "{share}<s>%s" in Wording("ja").sentence(note)


def test_a_literature_figure_is_named_as_one(notes: list[Note]) -> None:
    (note,) = {n.id: n for n in notes if n.id == "N11"}.values()
    assert "a figure of that study" in Wording("en").sentence(note)
    assert "同研究が報告した値" in Wording("ja").sentence(note)
    assert note.citations == (CLARK,)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0.0 %"),
        (0.00761, "0.8 %"),
        (0.0994, "9.9 %"),
        (0.0996, "10 %"),
        (0.125, "12 %"),
        (1, "100 %"),
    ],
)
def test_percentages_have_one_decimal_below_ten_and_none_above(share: float, text: str) -> None:
    assert Wording("en").percent(share) == text
    assert Wording("ja").percent(share) == text.replace(" ", "")


def test_one_text_is_not_texts() -> None:
    assert Wording("en").count_of_texts(1) == "1 text"
    assert Wording("en").count_of_texts(2000) == "2,000 texts"


def test_a_citation_without_identifier_ends_with_its_title() -> None:
    words = Wording("en")
    assert words.citation(Citation("Doe 2020", "A Title", "")) == "Doe 2020, A Title"
    assert words.citation(CLARK).endswith("arXiv 1906.04341 / W19-4828")


@pytest.mark.parametrize(
    ("kind", "labels", "target", "name"),
    [
        ("number", (), None, "the number “score”"),
        ("numbers", ("clicks", "cost"), None, "the number “clicks”"),
        ("numbers", ("clicks", "cost"), "cost", "the number “cost”"),
        ("class", ("bad", "good"), None, "the lead of the predicted class"),
        ("class", ("bad", "good"), "bad", "the lead of the class “bad”"),
        ("labels", ("price", "taste"), "taste", "the logit of the label “taste”"),
        ("embedding", (), None, "the text's embedding"),
        ("next_token", (), None, "the log-probability of the text's last content token"),
    ],
)
def test_what_is_explained_is_named(
    tmp_path: Path, kind: OutputKind, labels: tuple[str, ...], target: str | None, name: str
) -> None:
    info = make_results(tmp_path, kind=kind, evidence="basic").info
    evidence = replace(info.evidence, target=target)
    output = OutputInfo(kind, "score", labels)
    said = Wording("en").scalar_name(replace(info, evidence=evidence, output=output))
    assert said.startswith(name)


def test_without_evidence_nothing_is_explained(tmp_path: Path) -> None:
    assert Wording("en").scalar_name(make_results(tmp_path).info) == ""


def test_tokens_are_quoted_where_they_could_be_taken_for_prose() -> None:
    english, japanese = Wording("en"), Wording("ja")
    assert english.subject_name(Subject("cls", "[CLS]", "role")) == "[CLS]"
    assert english.subject_name(Subject("token:the", "the", "token")) == "“the”"
    assert japanese.subject_name(Subject("token:、", "、", "token")) == "「、」"
    assert english.subject_name(Subject("first", "", "position")) == "the first position"


def test_what_is_missing_is_listed_by_name() -> None:
    values = {"measures": "received_norm_all\nzero_value", "reason": "values_unreadable"}
    note = Note("withheld", None, None, values, (), is_verdict=False)
    sentence = Wording("en").sentence(note)
    assert sentence.startswith(
        "Not measured: norm-weighted attention, all layers; zero value (test). It is not known"
    )


def test_a_row_without_a_token_is_that_of_the_last_one() -> None:
    assert Wording("en").view_name("cls_row_last") == "[CLS] row, last layer"
    assert Wording("ja").view_name("cls_row_last", "<s>") == "<s>の行（最終層）"
    values = {"view": "cls_row_last", "row": "", "n_texts": 20, "agreement": 0.5}
    values["effect"] = "effect_size"
    ends = {"agreement_low": -0.1, "agreement_high": 0.6, "confidence": 0.95}
    note = Note("N13", None, None, {**values, **ends}, (), is_verdict=False)
    sentence = Wording("en").sentence(note)
    assert "“last token row, last layer” agrees" in sentence
    assert "−0.10 to 0.60" in sentence


def test_counts_have_no_decimals_and_are_grouped() -> None:
    assert decimal(5) == "5"
    assert decimal(5.0) == "5.0"
    assert decimal(1234.5) == "1,234"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.000"),
        (0.0049, "0.005"),
        (0.0994, "0.099"),
        (0.0996, "0.10"),
        (0.12, "0.12"),
        (0.994, "0.99"),
        (0.996, "1.0"),
        (9.64, "9.6"),
        (9.96, "10"),
        (37.2, "37"),
    ],
)
def test_multiples_keep_two_digits_where_they_are_small(value: float, text: str) -> None:
    assert times(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.857, "0.86"), (-0.053, "\u22120.05"), (-0.004, "0.00"), (1.0, "1.00"), (0.0, "0.00")],
)
def test_correlations_have_two_decimals_and_a_true_minus(value: float, text: str) -> None:
    assert correlation(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.25, "0.25"), (0.004, "0.004"), (-0.004, "\u22120.004"), (0.0004, "0.00"), (0.0, "0.00")],
)
def test_a_difference_says_on_which_side_of_nothing_it_lies(value: float, text: str) -> None:
    assert difference(value) == text


def test_a_share_after_a_swap_has_the_decimals_that_its_threshold_needs() -> None:
    assert (proportion(0.996), proportion(1.1)) == ("1.00", "1.10")
