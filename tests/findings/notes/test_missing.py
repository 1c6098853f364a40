"""What was not measured is said with its reason, once."""

from dataclasses import replace
from pathlib import Path

import pytest
from helpers.made_up.factories import HEADLINES, changed, make_results

from reportgen.findings import Findings
from reportgen.findings.notes import constant_notes, copies_notes, missing_notes, missing_text_notes
from reportgen.results import Evidence, Reason, Results


def ids(results: Results, text: int | None = None) -> list[str]:
    notes = (
        missing_notes(Findings(results))
        if text is None
        else missing_text_notes(Findings(results), text)
    )
    return [note.id for note in notes]


def with_evidence(results: Results, **fields: object) -> Results:
    """The same results with other `fields` of what was measured beside attention."""
    evidence: Evidence = replace(results.info.evidence, **fields)  # type: ignore[arg-type]
    return changed(results, replace(results.info, evidence=evidence))


def test_whole_evidence_leaves_nothing_to_say(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="full")
    assert ids(results) == []
    assert ids(results, 0) == []


def test_evidence_that_was_not_asked_for_is_not_missing(tmp_path: Path) -> None:
    results = make_results(tmp_path)
    assert ids(results) == ids(results, 0) == []
    assert constant_notes(Findings(results)) == []


def test_what_is_withheld_is_first_listed_reason(tmp_path: Path) -> None:
    withheld: dict[str, Reason] = {
        "received_norm_all": "values_unreadable",
        "gradient": "no_gradient",
        "zero_value": "values_unreadable",
    }
    notes = missing_notes(Findings(make_results(tmp_path, evidence="full", withheld=withheld)))
    assert [(note.values["measures"], note.values["reason"]) for note in notes] == [
        ("received_norm_all\nzero_value", "values_unreadable"),
        ("gradient", "no_gradient"),
    ]


@pytest.mark.parametrize("reason", ["interrupted", "constant_output"])
def test_a_reason_that_another_note_says_is_not_said_twice(tmp_path: Path, reason: Reason) -> None:
    results = make_results(tmp_path, evidence="full", withheld={"gradient": reason})
    assert ids(results) == []


def test_an_output_that_nothing_moves_is_said_once(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="full")
    results.effects.loc[results.effects["effect"].notna(), "effect"] = 0.0
    assert [note.id for note in constant_notes(Findings(results))] == ["constant"]
    assert ids(results, 0) == []


def test_a_text_that_nothing_moves_says_so_itself(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="full")
    effects = results.effects
    effects.loc[effects["effect"].notna() & (effects["text"] == 1), "effect"] = 0.0
    assert constant_notes(Findings(results)) == []
    assert (ids(results, 0), ids(results, 1)) == ([], ["constant-text"])


def test_a_run_that_was_stopped_says_so(tmp_path: Path) -> None:
    stopped = with_evidence(make_results(tmp_path, evidence="full"), interrupted=True)
    assert ids(stopped) == ["interrupted"]
    (note,) = missing_text_notes(Findings(changed(stopped, evidence=stopped.evidence[:2])), 4)
    assert (note.id, note.also) == ("evidence-none-text", ())


def test_a_run_that_was_stopped_says_on_how_many_texts_it_got_there(tmp_path: Path) -> None:
    stopped = with_evidence(make_results(tmp_path, evidence="full"), interrupted=True, n_texts=2)
    first, second = missing_notes(Findings(stopped))
    assert (first.id, second.id) == ("interrupted", "evidence-stopped")
    assert (second.values["n_chosen"], second.values["n_analysed"]) == (2, len(HEADLINES))


def test_groups_are_not_said_to_be_looked_for_where_the_run_was_stopped_before(
    tmp_path: Path,
) -> None:
    made = make_results(tmp_path, evidence="basic")
    assert Findings(made).has_joint
    stopped = with_evidence(made, interrupted=True, withheld={"effect": "interrupted"})
    assert not Findings(stopped).has_joint


@pytest.mark.parametrize("n_rows", [1, None])
def test_a_text_whose_norms_are_not_proven_says_so(tmp_path: Path, n_rows: int | None) -> None:
    """NaN in its columns, where the other texts have figures; with evidence of its own or not."""
    results = make_results(tmp_path, evidence="full")
    tokens, evidence = results.tokens, results.evidence
    tokens.loc[tokens["text"] == 1, "received_norm_all"] = float("nan")
    if n_rows is None:
        evidence = evidence[evidence["text"] != 1]
    results = changed(results, tokens=tokens, evidence=evidence)
    assert ids(results, 1) == ["norms-text"] + ["evidence-none-text"] * (n_rows is None)
    assert ids(results, 0) == []
    withheld = with_evidence(results, withheld={"received_norm_all": "values_unproven"})
    assert "norms-text" not in ids(withheld, 1)


def test_a_text_that_was_not_chosen_says_how_it_would_be(tmp_path: Path) -> None:
    some = with_evidence(make_results(tmp_path, evidence="full"), n_texts=2)
    (note,) = missing_notes(Findings(some))
    assert note.id == "evidence-some"
    assert (note.values["n_chosen"], note.values["n_analysed"]) == (2, len(HEADLINES))
    some = changed(some, evidence=some.evidence[some.evidence["text"].isin([0, 2])])
    (note,) = missing_text_notes(Findings(some), 4)
    assert (note.id, note.also) == ("evidence-none-text", ("evidence-choice",))
    assert ids(some, 2) == []


def test_a_text_beside_the_sample_says_so_and_is_counted_apart(tmp_path: Path) -> None:
    made = with_evidence(make_results(tmp_path, evidence="full"), n_texts=4, n_extra=2)
    rows = made.evidence.assign(extra=made.evidence["text"].isin([1, 4]))
    rows.loc[rows["text"] == 4, "message"] = "out of memory"
    results = changed(made, evidence=rows)
    (note,) = missing_notes(Findings(results))  # faults beside the sample are not counted
    assert (note.id, note.also) == ("evidence-some", ("evidence-extra",))
    assert (note.values["n_chosen"], note.values["n_extra"]) == (4, 2)
    assert [ids(results, text) for text in (0, 1, 4)] == [
        [],
        ["evidence-extra-text"],
        ["evidence-extra-text", "evidence-flawed-text"],
    ]


def test_a_fault_is_told_by_its_own_text_and_counted_by_the_rest(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="full")
    results.evidence.loc[2, "message"] = "2 of 9 units: out of range."
    (note,) = missing_notes(Findings(results))
    assert (note.id, note.values["n_flawed"]) == ("evidence-flawed", 1)
    (own,) = missing_text_notes(Findings(results), 2)
    assert (own.id, own.values["message"]) == ("evidence-flawed-text", "2 of 9 units: out of range")
    assert ids(results, 1) == []


@pytest.mark.parametrize(("text", "n_units"), [("abcdef", 3), ("abcdefgh", None), ("abcd", None)])
def test_a_text_of_few_units_has_no_ranks(tmp_path: Path, text: str, n_units: int | None) -> None:
    """Two code points a token; a text of two tokens is called too short for everything."""
    results = make_results(tmp_path, (*HEADLINES, text), evidence="full")
    found = missing_text_notes(Findings(results), len(HEADLINES))
    assert [note.values["n_units"] for note in found] == ([n_units] if n_units else [])
    assert [note.id for note in found] == (["units-text"] if n_units else [])


def test_tokens_that_are_drawn_as_one_are_one_unit(tmp_path: Path) -> None:
    results = make_results(tmp_path, ("abcdefgh", *HEADLINES), evidence="full")
    tokens = results.tokens
    assert results.tokens_of(0)["unit"].tolist() == [0, 1, 2, 3, 4, 5]
    tokens.loc[tokens["text"] == 0, "unit"] = [0, 1, 1, 2, 2, 3]
    (note,) = missing_text_notes(Findings(changed(results, tokens=tokens)), 0)
    assert note.values["n_units"] == 2


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (HEADLINES, None),
        ((*HEADLINES[:5], *HEADLINES[:2]), ("copies", 2, 5)),
        (HEADLINES[:1] * 6, ("copies-few", 5, 1)),
    ],
)
def test_texts_that_repeat_others_are_counted(
    tmp_path: Path, texts: tuple[str, ...], expected: tuple[str, int, int] | None
) -> None:
    notes = copies_notes(Findings(make_results(tmp_path, texts)))
    found = [(note.id, note.values["n_copies"], note.values["n_different"]) for note in notes]
    assert found == ([] if expected is None else [expected])
