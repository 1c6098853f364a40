"""No two sentences of one page deny each other: over made-up results of every kind."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

import pytest
from helpers.made_up.drawn_pages import drawn_pages
from helpers.made_up.factories import make_results
from helpers.made_up.labelled import classes_with_labels, numbers_with_labels
from helpers.made_up.moved_tokens import with_last, with_parts
from helpers.made_up.sampled_shapley import with_shapley
from helpers.made_up.shuffled_agreement import TEXTS, with_shuffled

from reportgen.comparison import Runs
from reportgen.findings import Findings, Note
from reportgen.report import Lang, RenderOptions, load_language
from reportgen.report.json import render
from reportgen.report.language import LANGUAGES, Language
from reportgen.report.panel import make_scope
from reportgen.report.sections import (
    Context,
    make_across,
    make_answers,
    make_errors,
    make_overview,
    make_quality,
    make_trust,
)
from reportgen.report.short_form import report_headline

# Of the sentences of one row at most one may be on a page.
ON_A_PAGE: tuple[tuple[str, ...], ...] = (
    ("constant", "N13-few"),
    ("N13c", "N13c-unclear"),
    ("no-special-few", "no-token"),
    ("evidence-some", "evidence-stopped"),
    ("copies", "copies-few"),
    ("N9", "N9-cls"),
    ("N15", "N15-tokens"),
    ("N19", "N19-few"),
)
# The same for sentences about one token: what it gets, what it passes on, what the tests say of it.
ABOUT_A_TOKEN: tuple[tuple[str, ...], ...] = (
    ("N1", "N1b", "N1b-below", "N1d", "N1h", "unclear", "unclear-raised", "few", "no-text"),
    ("N1h", "single-heads"),
    ("N2", "N2-heavy", "N2-unclear", "N3", "few-value"),
    ("why-read", "why-unread", "why-all-rows"),
    *(("why-no-op", other) for other in ("why-rank", "N2-heavy", "N2-unclear", "N3", "few-value")),
    *(("why-broadcast", other) for other in ("N2", "N2-heavy", "N2-unclear", "few-value")),
    *(("why", verdict) for verdict in ("N1b", "N1b-below", "N1d", "unclear", "few", "massive")),
    ("N4", "N5", "N5-first", "N5-open", "N5-basic", "N5-unclear", "N6", "N6-partly"),
    *(("tests-disagree", other) for other in ("N4", "N5", "N5-basic", "N6", "N6-partly")),
    *(("tests-unclear", other) for other in ("N4", "N5", "N5-first", "N5-open", "N6", "N6-partly")),
    *(("tests-no-control", other) for other in ("N4", "N5", "N6")),
    *(("few-tests", other) for other in ("N4", "N5", "N6")),
    # Why it draws attention.
    ("score-alike", "score-between", "score-asks", "score-unclear", "few-score", "score-unread"),
    *(
        ("score-parking", other)
        for other in (
            *("score-between", "score-asks", "score-unclear", "few-score", "score-unread"),
            *("N2-heavy", "N2-unclear", "N3", "N5", "N5-first", "N5-open", "N6", "N6-partly"),
            *("tests-disagree", "tests-unclear"),
        )
    ),
    *(
        (verdict, score)
        for verdict in ("N1b", "N1d", "unclear")
        for score in ("score-alike", "score-between", "score-asks", "score-unread")
    ),
    # What is said of a sink is said of no token that is none.
    ("N1b", "N10"),
    ("N1b", "N11"),
    ("N1b", "N6-sink"),
    ("N1d", "N10"),
    ("N1d", "N11"),
    ("unclear", "N10"),
    ("unclear", "N11"),
)
# Each two sentences of the rows above and below that stand together on any of the first 126 pages
# that are drawn, and of one token or colouring where they are about it, do so on one of these or of
# the other pages of `found`; nine in ten of them on one of the first, where each sentence is said.
DRAWN = (
    *(1, 4, 9, 13, 19, 30, 33, 36, 37, 45, 46, 54, 57, 60, 63, 67, 81, 88, 90, 100, 109, 114, 118),
    163,  # on which tokens can be judged, and none stands out
    198,  # on which the colours that agree best rank tokens the other way round
    1110,  # on which a sink that adds little has the same lead for every token
)
RARE = (
    *(6, 12, 15, 16, 18, 25, 27, 34, 35, 39, 40, 42, 48, 56, 58, 66, 69, 76, 84, 85, 93, 96),
    *(102, 103, 105, 111),
)


# And for what is told beside notes: answers, headlines, remarks.
_SINK = ("answers.sink", "sinks.is_sink", "brief.sink", "N1")
_IN_HEADS = ("answers.in_heads", "brief.in_heads", "N1h")
_NO_SINK = (
    "answers.raised",
    "answers.no_pile",
    "answers.no_tokens",
    "sinks.no_sink",
    "brief.no_sink",
)
_AGREES = ("verdict.is_little", "verdict.is_partly", "verdict.is_largely")
_OTHERWISE = ("verdict.is_opposite", "verdict.is_chance", "trust.headline_zero")
_LESS = ("verdict.is_worse", "verdict.is_no_more", "trust.against_worse", "trust.against_no_more")
_NAMED = ("answers.raises", "answers.lowers", "answers.raises_and_lowers", "answers.moves")
_IN_LISTS = (
    *("across.headline_raises", "across.headline_lowers", "across.headline_moves"),
    *("across.headline_raises_enough", "across.headline_lowers_enough"),
)
_UNNAMED = (
    *("answers.none_stands_out", "answers.nothing_changes", "answers.few_strong"),
    *("answers.too_few_tokens", "answers.few_sure_tokens"),
)
_NO_LIST_OF_FEW = ("across.few_shared", "across.few_sure", "across.none_moves")
_SHUFFLED = tuple(f"trust.shuffled_{share}" for share in ("less", "most", "some", "all"))
ANSWERED: tuple[tuple[str, ...], ...] = (
    _SHUFFLED,
    *product(_SHUFFLED, (*_OTHERWISE, "trust.headline_opposite", "trust.not_computed", "constant")),
    *product(_SINK, _NO_SINK),
    *product(_IN_HEADS, ("sinks.no_sink", "brief.no_sink", "answers.no_pile", "answers.raised")),
    *product(("answers.unclear", "brief.unclear"), ("sinks.no_sink", "brief.no_sink")),
    *product(_AGREES, (*_OTHERWISE, "trust.headline_opposite")),
    *product((*_AGREES, "trust.against_above"), _LESS),
    ("verdict.is_worse", "trust.against_no_more"),
    ("verdict.is_no_more", "trust.against_worse"),
    ("verdict.is_no_more", "trust.headline_zero"),
    ("verdict.is_chance", "trust.against_above"),
    ("trust.headline", "trust.headline_zero", "trust.headline_opposite", "trust.not_computed"),
    ("verdict.is_opposite", "trust.headline"),
    ("verdict.is_chance", "trust.headline"),
    ("answers.few_agreement", "trust.headline"),
    *product(("trust.not_computed", "constant"), ("trust.shapley", "trust.shapley_effect")),
    ("trust.shapley_exact_all", "trust.shapley_exact_some", "trust.shapley_exact_none"),
    ("trust.headline", "N13-few"),
    *product(_NAMED, (*_UNNAMED, "across.none_moves", "across.nothing_moves", "constant")),
    *product(_IN_LISTS, (*_UNNAMED, "across.none_moves", "across.nothing_moves", "constant")),
    ("across.headline_draws", "across.none_draws", "across.no_draws", "across.few"),
    ("answers.nothing_changes", "across.none_moves"),
    ("answers.none_stands_out", "across.nothing_moves"),
    ("answers.none_stands_out", "across.few_shared"),
    ("answers.none_stands_out", "across.few_sure"),
    ("answers.few_sure_tokens", "across.few_shared"),
    ("answers.few_sure_tokens", "across.none_moves"),
    ("answers.too_few_tokens", "across.few_sure"),
    *product(("answers.few_strong",), ("across.nothing_moves", *_NO_LIST_OF_FEW)),
    *product(("answers.none_stands_out", "answers.none_matters"), ("across.few_strong",)),
    ("answers.none_matters", "across.nothing_moves"),
    ("answers.none_matters", "across.few_shared"),
    ("answers.too_few_tokens", "across.none_moves"),
    *product(("answers.last", "across.last"), (*_NAMED, *_UNNAMED, "across.none_moves")),
    *product(("answers.last", "across.last"), ("across.nothing_moves", "constant")),
    *product(("across.none_elsewhere",), ("across.none_moves", *_IN_LISTS)),
)


# And for sentences about errors.
_SURE = ("longer", "shorter", "worse", "better")
_FIT = ("_worse", "_no_better", "_unclear")
ABOUT_ERRORS: tuple[tuple[str, ...], ...] = (
    ("errors.longer", "errors.shorter"),
    *product((f"errors.{key}" for key in _SURE), ("errors.nothing_sure",)),
    *product((f"errors.short_{key}" for key in _SURE), ("errors.nothing_sure",)),
    tuple(f"errors.slope_{key}" for key in ("too_close", "too_far", "cautious", "unrelated")),
    tuple(f"errors.calibration_{key}" for key in ("over", "under", "off", "fits")),
    ("errors.short_over", "errors.calibration_fits"),
    tuple(f"answers.numbers_fit{ending}" for ending in _FIT),
    tuple(f"answers.fit_class{ending}" for ending in _FIT),
    ("answers.numbers_fit_worse", "quality.number_fit"),
    ("answers.numbers_fit_worse", "quality.number_fit_no_better"),
    ("answers.fit_class", "quality.fit_class_worse"),
    ("answers.fit_class_worse", "quality.fit_class"),
)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory) -> list[Findings]:
    """What reports on numbers and classes with right answers say, from good to worse than a
    constant, from squeezed to spread, with probabilities from too low to too high."""
    made = tmp_path_factory.mktemp("labelled")
    return [*numbers_with_labels(made / "numbers"), *classes_with_labels(made / "classes")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_sentence_about_errors_denies_another(labelled: list[Findings], lang: Lang) -> None:
    names = {name for row in ABOUT_ERRORS for name in row}
    language, together = load_language(lang), set[str]()
    for own in labelled:
        section, quality = make_errors(own, language), make_quality(own, language)
        said = [section.headline, *section.sentences] if section else []
        if section and section.probabilities:
            said.append(section.probabilities.headline)
        first = make_answers(own, language)[0]
        told = {
            "answers": [first.answer],
            "errors": [*said, first.remark],
            "quality": [quality.headline] if quality else [],
        }
        here = {name for name in names if _is_told(name, told, language)}
        together |= here
        assert _together(here, ABOUT_ERRORS) == []
    assert names - together == set()


@pytest.fixture(
    scope="module",
    params=[DRAWN, pytest.param((*DRAWN, *RARE), marks=pytest.mark.whole)],
    ids=["most", "all"],
)
def found(request, situations, tmp_path_factory) -> list[Findings]:
    """What many made-up reports say."""
    drawn = drawn_pages(lambda: tmp_path_factory.mktemp("results"), request.param)
    folder = tmp_path_factory.mktemp("moved")
    moved = (
        with_last(folder / "last", 7),
        with_parts(folder / "both", {"ab": 0.6, "cd": -0.5}, 0.05),
        with_parts(folder / "little", {}, 1e-5),
        with_parts(folder / "few", {"zz": 1.0}, 0.15),  # in four texts
        with_parts(folder / "few too", {"zz": 2.0, "ab": 0.6}, 0.05),
        with_parts(folder / "few below", {"zz": -2.0, "cd": -0.5}, 0.05),
    )
    some, every = with_shapley(folder / "some"), with_shapley(folder / "every", sampled=slice(None))
    exact = (Findings(some), Findings(every, colour="effect"))
    return [*situations, *map(Findings, (*drawn, *moved)), *exact, *_shuffled(folder / "shuffled")]


def _shuffled(folder: Path) -> Iterator[Findings]:
    """Reports whose colours agree with weights shuffled nearly as well as they do, or less; and one
    whose colours do so in a part of the texts alone."""
    made = make_results(folder, TEXTS, evidence="basic")
    for own, spread in ((0.1, 0.05), (0.5, 0.05), (0.3, 0.2), (0.6, 0.2)):
        yield Findings(with_shuffled(made, 0.6, own, spread), colour="gradient")
    yield Findings(with_shuffled(made, 0.6, 0.1, n_shuffled=8, rest=-0.6), colour="gradient")


@pytest.fixture(scope="module")
def pages(found: list[Findings]) -> list[tuple[Note, ...]]:
    """The notes of each."""
    return [own.notes for own in found]


def ids(note: Note) -> tuple[str, ...]:
    return (note.id, *note.also)


def test_no_two_sentences_of_a_page_deny_each_other(pages: list[tuple[Note, ...]]) -> None:
    for notes in pages:
        on_page = {id for note in notes for id in ids(note)}
        assert _together(on_page, ON_A_PAGE) == []


def test_no_two_sentences_about_a_token_deny_each_other(pages: list[tuple[Note, ...]]) -> None:
    for notes in pages:
        by_token: dict[str, set[str]] = {}
        for note in notes:
            if note.role is not None:
                by_token.setdefault(note.role, set()).update(ids(note))
        for own in by_token.values():
            assert _together(own, ABOUT_A_TOKEN) == []


def test_each_sentence_of_a_row_is_said_on_some_page(pages: list[tuple[Note, ...]]) -> None:
    """Else nothing would tell that it stands beside one that denies it."""
    said = {id for notes in pages for note in notes for id in ids(note)}
    rows = (*ON_A_PAGE, *ABOUT_A_TOKEN)
    assert {id for row in rows for id in row} - said == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_answer_denies_what_its_section_says(found: list[Findings], lang: Lang) -> None:
    """Answers, headlines and remarks, beside the notes that they are about."""
    together = set[str]()
    for own in found:
        said = _said(own, lang) | {id for note in own.notes for id in ids(note)}
        together |= said
        assert _together(said, ANSWERED) == []
    assert {id for row in ANSWERED for id in row} - together == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_answer_on_a_sink_says_what_its_section_and_the_json_say(
    found: list[Findings], lang: Lang
) -> None:
    """Nothing is said to matter, or not to, that its tests do not show."""
    language, kinds = load_language(lang), set[str]()
    for own in found:
        answer = make_answers(own, language)[2].answer
        told = _keys_told(answer, language)
        verdicts = json.loads(render(own, RenderOptions(lang=lang)))["verdicts"]
        effects = {key: own["effect"] for key, own in verdicts.items()}
        sinks = {note.role for note in own.notes if note.verdict == "sink"}
        tested = {key: effects[key] for key in sinks if effects[key]}
        kinds |= {key for key in told if key.startswith("sink")}
        if not told:
            assert not sinks
        elif told == ["sink"]:  # not tested
            assert sinks
            assert not tested
            assert all(
                note.kind not in ("passed", "test") for note in own.notes if note.role in sinks
            )
        elif told != ["sink_learned"]:
            (kind,) = {key.removeprefix("sink_") for key in told}
            # What is needed, but not surely more than a text token is, only counts.
            assert ("needed" if kind == "counts" else kind) in tested.values()
            assert {key: effect.kind for key, effect in own.sink_effects.items()} | tested == {
                key: effect.kind for key, effect in own.sink_effects.items()
            }
    assert {"sink", "sink_needed", "sink_unused"} <= kinds


def _keys_told(answer: str, language: Language) -> list[str]:
    """The strings of answers on sinks that are told."""
    keys = [key for key in language.words["answers"] if re.fullmatch(r"sink(_[a-z]+)?", key)]
    told = {"answers": [answer]}
    found = [key for key in keys if key != "sink_remark"]
    return [key for key in found if _is_told(f"answers.{key}", told, language)]


def _said(own: Findings, lang: Lang) -> set[str]:
    """The names of the strings of ANSWERED that stand on a page."""
    language = load_language(lang)
    trust = make_trust(own, make_scope(own, language), language)
    across, overview = make_across(own, language), make_overview(own, language)
    answers = [answer.answer for answer in make_answers(own, language)]
    told = {
        "answers": answers,
        "verdict": answers[-1:],
        "trust": [
            *(trust.headline, trust.chosen, trust.not_computed, trust.shapley, trust.shuffled)
        ]
        if trust
        else [],
        "across": [across.headline, *across.remarks] if across else [],
        "sinks": [overview.no_sink, overview.is_sink],
        "brief": [
            report_headline(Context(Runs(own), RenderOptions(lang=lang), language, "report.md"))
        ],
    }
    names = {name for row in ANSWERED for name in row if "." in name}
    return {name for name in names if _is_told(name, told, language)}


def _is_told(name: str, told: Mapping[str, Sequence[str]], language: Language) -> bool:
    """Whether a string stands in what is `told`, whatever its figures are."""
    section, key = name.split(".")
    pattern = re.sub(r"\\{.*?\\}", ".+?", re.escape(language.words[section][key]))
    if section == "brief":
        pattern = f"(: |; |：|、){pattern}"  # a clause of the headline
    search = re.fullmatch if section in ("answers", "verdict") else re.search
    return any(search(pattern, each) for each in told[section])


def test_no_content_token_is_a_sink_where_that_is_said_of_all(
    pages: list[tuple[Note, ...]],
) -> None:
    for notes in pages:
        if any("no-token" in note.also for note in notes):
            verdicts = [note for note in notes if note.role and note.role.startswith("token:")]
            assert not [note for note in verdicts if note.verdict in ("sink", "unclear")]


def _together(said: set[str], rows: tuple[tuple[str, ...], ...]) -> list[list[str]]:
    return [found for row in rows if len(found := [id for id in row if id in said]) > 1]
