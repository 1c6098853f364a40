"""Sentences: the same ones in both languages, every name in them filled with a figure."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from string import Formatter

import pytest
from factories import HEADLINES, make_results
from role_tables import far_apart, same_in_every_text, with_roles

from reportgen.notes.rules import CLARK, THRESHOLDS, Citation, Note, corpus_notes, text_notes
from reportgen.notes.words import Wording, decimal
from reportgen.results import Results

LANGUAGES = ("en", "ja")
LONG = "x" * 64  # more tokens than the head size


def strings(lang: str) -> dict[tuple[str, str], str]:
    text = files("reportgen.notes").joinpath("wording", f"{lang}.toml").read_text("utf-8")
    return {
        (section, key): value
        for section, entries in tomllib.loads(text).items()
        for key, value in entries.items()
    }


def names(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


@pytest.fixture(scope="module")
def situations(tmp_path_factory: pytest.TempPathFactory) -> list[Results]:
    """Results that together call for every note."""

    def folder() -> Path:
        return tmp_path_factory.mktemp("results")

    return [
        make_results(folder(), sink=0.6),
        with_roles(make_results(folder()), same_in_every_text(0.6)),
        with_roles(make_results(folder()), same_in_every_text(0.2)),
        with_roles(make_results(folder()), far_apart()),
        with_roles(make_results(folder()), far_apart(low=0.05, high=0.1)),
        make_results(folder(), HEADLINES[:3]),
        make_results(folder(), ("ab", LONG)),
        make_results(folder(), ("ab", "")),
        make_results(folder(), special=False),
    ]


def all_notes(situations: list[Results]) -> Iterator[Note]:
    for results in situations:
        yield from corpus_notes(results)
        for text in range(len(results.texts)):
            yield from text_notes(results, text)


def test_both_languages_say_the_same_things_with_the_same_names() -> None:
    english, japanese = strings("en"), strings("ja")
    assert english.keys() == japanese.keys()
    for key, sentence in english.items():
        if key != ("phrases", "mean_of_texts"):
            assert names(sentence) == names(japanese[key]), key


def test_every_sentence_belongs_to_a_note_and_every_note_has_one(
    situations: list[Results],
) -> None:
    notes = list(all_notes(situations))
    written = strings("en")
    assert {note.id for note in notes} == {key for part, key in written if part == "sentences"}
    said = {note.id for note in notes if note.is_verdict}
    assert said == {key for part, key in written if part == "headlines"}
    explained = {threshold.id for threshold in THRESHOLDS}
    assert explained == {key for part, key in written if part == "thresholds"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_note_can_be_said(situations: list[Results], lang: str) -> None:
    words = Wording(lang)
    for note in all_notes(situations):
        sentence = words.sentence(note)
        assert sentence.endswith("." if lang == "en" else "。")
        assert not re.search(r"[{}<>`*]|nan|None|\n|  ", sentence), sentence


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_headline_is_one_line_with_every_verdict(situations: list[Results], lang: str) -> None:
    words = Wording(lang)
    for results in situations:
        headline = words.headline(corpus_notes(results), results)
        assert "\n" not in headline
        assert headline.startswith("made-up")
        assert all(role.token in headline for role in results.info.roles)


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


def test_a_literature_figure_is_named_as_one(situations: list[Results]) -> None:
    (note,) = {n.id: n for n in all_notes(situations) if n.id == "N11"}.values()
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


def test_counts_have_no_decimals_and_are_grouped() -> None:
    assert decimal(5) == "5"
    assert decimal(5.0) == "5.0"
    assert decimal(1234.5) == "1,234"


def test_one_text_is_not_texts() -> None:
    assert Wording("en").count_of_texts(1) == "1 text"
    assert Wording("en").count_of_texts(2000) == "2,000 texts"


def test_a_citation_without_identifier_ends_with_its_title() -> None:
    words = Wording("en")
    assert words.citation(Citation("Doe 2020", "A Title", "")) == "Doe 2020, A Title"
    assert words.citation(CLARK).endswith("arXiv 1906.04341 / W19-4828")
