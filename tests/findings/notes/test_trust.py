"""Agreement and its doubts: each note when it is due, and not otherwise."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.made_up.factories import HEADLINES, changed, make_results
from helpers.made_up.made_up_figures import OUTPUT, Made, estimate

from reportgen.comparison import Runs
from reportgen.findings import SUNDARARAJAN, Findings
from reportgen.findings.evidence import is_constant
from reportgen.findings.notes import (
    ALI,
    HASE,
    deletion_offset_note,
    incomplete_note,
    incomplete_text_note,
    missing_notes,
    offset_note,
    trust_notes,
    unconserved_note,
    unconserved_text_note,
)
from reportgen.report import Lang, RenderOptions, load_language, render, sentence
from reportgen.report.language import LANGUAGES
from reportgen.results import CONSERVED

COSINE = {"scalar": "cosine", "output_name": "embedding"}


@pytest.mark.parametrize(
    ("offset", "is_said"),
    [(1.48, True), (1.0, False), ((1.1, 0.9, 1.3), False), ((1.5, None), False)],
)
def test_when_leaving_out_is_said_to_move_everything_one_way(offset: Made, is_said: bool) -> None:
    note = deletion_offset_note(estimate(offset), OUTPUT)
    assert (note is not None and note.id == "N13d") == is_said
    assert deletion_offset_note(None, OUTPUT) is None


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("shift", "is_said"), [(1.5, True), (0.0, False)])
def test_a_shift_by_length_alone_is_told_of_changes_without_a_token(
    tmp_path: Path, lang: Lang, shift: float, is_said: bool
) -> None:
    """Without any token the output falls by `shift`, and by the token's part, which is of size 1 up
    or down."""
    results = make_results(tmp_path, HEADLINES, evidence="basic", later=True)
    effects = results.effects.copy()
    parts = np.where(np.arange(len(effects)) % 2, 1.0, -1.0)
    effects["deletion"] = np.where(effects["deletion"].notna(), shift + parts, np.nan)
    findings = Findings(changed(results, effects=effects))
    language = load_language(lang)
    told = [sentence(note, language) for note in findings.notes if note.id == "N13d"]
    assert len(told) == is_said
    page = render(Runs(findings), RenderOptions(lang=lang)).content.decode()
    word = {"en": "leaving a token out tends to change", "ja": "どのトークンを除いても"}[lang]
    assert (word in page) == is_said
    assert all(word in each and "1.5" in each for each in told)


@pytest.mark.parametrize(
    ("offset", "id"),
    [
        (1.48, "N13c"),
        (1.0, None),
        (0.29, None),
        ((1.1, 0.9, 1.3), "N13c-unclear"),
        ((1.48, None), None),
    ],
)
def test_when_mask_is_said_to_move_everything_one_way(offset: Made, id: str | None) -> None:
    note = offset_note(estimate(offset), OUTPUT)
    assert (note and note.id) == id
    if note is not None:
        assert note.citations == (HASE,)
    assert offset_note(None, OUTPUT) is None


def test_incomplete_gradients_are_counted_with_their_worst_error(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="full")
    assert incomplete_note(Findings(results)) is None
    rows = results.evidence
    rows.loc[[1, 3], "ig_complete"] = False
    rows.loc[[1, 3], "ig_error"] = [0.2, 0.05]
    rows.loc[[1, 3], "ig_steps"] = 256
    note = incomplete_note(Findings(results))
    assert note is not None
    assert (note.id, note.also, note.citations) == ("N14", ("N14-error",), (SUNDARARAJAN,))
    assert [note.values[name] for name in ("n_incomplete", "n_attributed", "ig_steps")] == [
        2,
        len(HEADLINES),
        256,
    ]
    assert note.values["ig_error"] == 0.2
    assert [incomplete_text_note(Findings(results), rows.iloc[i]) is None for i in range(4)] == [
        True,
        False,
        True,
        False,
    ]


def test_an_error_that_is_no_number_is_not_said(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="full")
    rows = results.evidence
    rows.loc[0, "ig_complete"] = False
    rows.loc[0, "ig_error"] = None
    note = incomplete_text_note(Findings(results), rows.iloc[0])
    assert note is not None
    assert (note.id, note.also) == ("N14-text", ())
    assert "ig_error" not in note.values


def test_basic_evidence_has_no_integrated_gradients_to_doubt(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="basic")
    assert incomplete_note(Findings(results)) is None
    assert incomplete_text_note(Findings(results), results.evidence.iloc[0]) is None


def test_agreement_takes_five_texts_of_four_units(tmp_path: Path) -> None:
    enough = make_results(tmp_path / "enough", evidence="basic")
    notes = trust_notes(Findings(enough))
    assert "N13-few" not in {note.id for note in notes}
    texts = (*HEADLINES[:4], "abcdef", "abcdef")  # of the last two, three units each
    notes = trust_notes(Findings(make_results(tmp_path / "few", texts, evidence="basic")))
    assert notes[0].id == "N13-few"
    values = notes[0].values
    assert (values["n_ranked"], values["min_texts"], values["min_units"]) == (3, 5, 4)


def test_without_evidence_there_is_nothing_to_trust(tmp_path: Path) -> None:
    assert trust_notes(Findings(make_results(tmp_path))) == []


@pytest.mark.parametrize("told_by", ["reason", "effects"])
def test_a_constant_output_has_no_agreement(tmp_path: Path, told_by: str) -> None:
    withheld: dict[str, str] = {"deletion": "constant_output"} if told_by == "reason" else {}
    results = make_results(tmp_path, evidence="full", withheld=withheld)  # type: ignore[arg-type]
    assert is_constant(results) == (told_by == "reason")
    if told_by == "effects":
        results.effects.loc[results.effects["effect"].notna(), "effect"] = 0.0
    assert is_constant(results)
    assert trust_notes(Findings(results)) == []


def test_texts_without_shares_that_add_up_are_counted(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="full", later=True)
    rows = results.evidence
    assert unconserved_note(Findings(results)) is None
    rows.loc[[1, 3], "cp_lrp_holds"] = False
    note = unconserved_note(Findings(results))
    assert note is not None
    assert (note.id, note.citations) == ("N14b", (ALI,))
    found = [note.values[name] for name in ("n_incomplete", "n_attributed", "conserved")]
    assert found == [2, len(HEADLINES), CONSERVED]
    told = [unconserved_text_note(Findings(results), rows.iloc[i]) for i in range(4)]
    assert [note is None for note in told] == [True, False, True, False]


def test_what_no_text_has_is_told_as_missing_alone(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="full", later=True)
    rows = results.evidence.assign(cp_lrp_holds=False)
    told = replace(results.info.evidence, withheld={"cp_lrp": "not_conserved"})
    found = Findings(changed(results, replace(results.info, evidence=told), evidence=rows))
    assert unconserved_note(found) is None
    assert unconserved_text_note(found, rows.iloc[0]) is None
    (note,) = [note for note in missing_notes(found) if note.id == "withheld"]
    assert note.values["measures"] == "cp_lrp"
