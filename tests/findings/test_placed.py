"""Every note on all texts stands on the page once."""

from collections import Counter

import pytest
from every_note import situations

from reportgen.findings.findings import Findings
from reportgen.findings.notes.note import place

_SAID_BY_THE_PAGE_ITSELF = {"withheld", "interrupted", "N13-few"}


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    return situations(lambda: tmp_path_factory.mktemp("results"))


def test_each_note_has_one_place(everything):
    for results in everything:
        notes = Findings(results).notes
        placed = place(notes, results.info)
        sinks = [note for own in placed.sinks.values() for note in own]
        stands = Counter(
            id(note) for note in (*placed.overview, *sinks, *placed.agreement, *placed.trust)
        )
        expected = [note for note in notes if note.id not in _SAID_BY_THE_PAGE_ITSELF]
        assert stands == Counter(id(note) for note in expected)


def test_verdicts_stay_in_the_overview(everything):
    for results in everything:
        notes = Findings(results).notes
        placed = place(notes, results.info)
        verdicts = [note for note in notes if note.is_verdict]
        assert [note for note in placed.overview if note.is_verdict] == verdicts


def test_without_evidence_all_is_in_the_overview(everything):
    bare = [results for results in everything if results.info.evidence.level == "none"]
    assert bare
    for results in bare:
        placed = place(Findings(results).notes, results.info)
        assert (placed.sinks, placed.agreement, placed.trust) == ({}, (), ())


def test_what_is_said_of_a_token_stands_in_its_panel(everything):
    own = [
        (key, note)
        for results in everything
        for key, notes in place(Findings(results).notes, results.info).sinks.items()
        for note in notes
    ]
    assert {note.id for _, note in own} >= {"N2", "N4", "N7", "N8"}
    assert all(note.role == key for key, note in own)
