"""No two sentences of one page deny each other: over made-up results of every kind."""

import pytest
from helpers.made_up.factories import HEADLINES, make_results
from helpers.made_up.pairs import pairs

from reportgen.findings.findings import Findings
from reportgen.findings.notes.note import Note

# Of the sentences of one row at most one may be on a page.
ON_A_PAGE: tuple[tuple[str, ...], ...] = (
    ("constant", "N13", "N13-few"),
    ("N12", "N12-unrelated", "N12-unclear"),
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
    ("N1", "N1b", "N1b-below", "N1d", "unclear", "unclear-raised", "few", "no-text"),
    ("N2", "N2-heavy", "N2-unclear", "N3", "few-value"),
    ("value-weighted", "value-plain"),
    ("why-read", "why-unread", "why-all-rows"),
    *(("why-no-op", other) for other in ("why-rank", "N2-heavy", "N2-unclear", "N3", "few-value")),
    *(("why-broadcast", other) for other in ("N2", "N2-heavy", "N2-unclear", "few-value")),
    *(("why", verdict) for verdict in ("N1b", "N1b-below", "N1d", "unclear", "few", "massive")),
    ("N4", "N5", "N5-first", "N5-open", "N5-unclear", "N6", "N6-partly", "tests-disagree"),
    *(("tests-unclear", other) for other in ("N4", "N5", "N5-first", "N5-open", "N6", "N6-partly")),
    *(("tests-no-control", other) for other in ("N4", "N5", "N6", "N7", "hide-only")),
    *(("few-tests", other) for other in ("N4", "N5", "N6", "N7", "N8")),
    ("N7", "N7-unclear", "hide-only"),
    ("N8", "N8-token", "N8-unclear", "few-swap"),
    # What is said of a sink is said of no token that is none.
    ("N1b", "N10"),
    ("N1b", "N11"),
    ("N1b", "N6-sink"),
    ("N1d", "N10"),
    ("N1d", "N11"),
    ("unclear", "N10"),
    ("unclear", "N11"),
)
# And for sentences about one colouring.
ABOUT_A_VIEW: tuple[tuple[str, ...], ...] = (
    ("N13-better", "N13b", "N13-worse"),
    ("N13-zero", "N13-opposite"),
)


@pytest.fixture(scope="module")
def pages(situations, tmp_path_factory) -> list[tuple[Note, ...]]:
    """The notes of each of many made-up reports."""
    many = [own.notes for own in situations]
    both = (True, False)
    for sink, special, evidence, reads_cls_only in pairs(
        (0.0, 0.25, 0.6), both, ("none", "full"), both
    ):
        results = make_results(
            tmp_path_factory.mktemp("results"),
            HEADLINES,
            sink=sink,
            special=special,
            evidence=evidence,
            reads_cls_only=reads_cls_only,
            seed=7,
        )
        many.append(Findings(results).notes)
    return many


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


def test_no_two_sentences_about_a_view_deny_each_other(pages: list[tuple[Note, ...]]) -> None:
    for notes in pages:
        for note in notes:
            assert _together(set(ids(note)), ABOUT_A_VIEW) == []


def test_each_sentence_of_a_row_is_one_that_can_be_said(notes: list[Note]) -> None:
    """Else a name could be misspelt, and nothing would tell."""
    said = {id for note in notes for id in ids(note)}
    rows = (*ON_A_PAGE, *ABOUT_A_TOKEN, *ABOUT_A_VIEW)
    assert {id for row in rows for id in row} - said == set()


def test_no_content_token_is_a_sink_where_that_is_said_of_all(
    pages: list[tuple[Note, ...]],
) -> None:
    for notes in pages:
        if any("no-token" in note.also for note in notes):
            verdicts = [note for note in notes if note.role and note.role.startswith("token:")]
            assert not [note for note in verdicts if note.verdict in ("sink", "unclear")]


def _together(said: set[str], rows: tuple[tuple[str, ...], ...]) -> list[list[str]]:
    return [found for row in rows if len(found := [id for id in row if id in said]) > 1]
