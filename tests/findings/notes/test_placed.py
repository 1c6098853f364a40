"""Every note on all texts stands on the page once."""

from collections import Counter

_SAID_BY_THE_PAGE_ITSELF = {"withheld", "interrupted", "N13-few"}


def test_each_note_has_one_place(situations):
    for found in situations:
        notes = found.notes
        placed = found.placed
        sinks = [note for own in placed.sinks.values() for note in own]
        stands = Counter(id(note) for note in (*placed.overview, *sinks, *placed.trust))
        expected = [note for note in notes if note.id not in _SAID_BY_THE_PAGE_ITSELF]
        assert stands == Counter(id(note) for note in expected)


def test_verdicts_stay_in_the_overview(situations):
    for found in situations:
        notes = found.notes
        placed = found.placed
        verdicts = [note for note in notes if note.is_verdict]
        assert [note for note in placed.overview if note.is_verdict] == verdicts


def test_without_evidence_all_is_in_the_overview(situations):
    bare = [found for found in situations if found.info.evidence.level == "none"]
    assert bare
    for found in bare:
        placed = found.placed
        assert (placed.sinks, placed.trust) == ({}, ())


def test_what_is_said_of_a_token_stands_in_its_panel(situations):
    own = [
        (key, note)
        for found in situations
        for key, notes in found.placed.sinks.items()
        for note in notes
    ]
    assert {note.id for _, note in own} >= {"N2", "N4"}
    assert all(note.role == key for key, note in own)
