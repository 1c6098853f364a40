"""Agreement and its doubts: each note when it is due, and not otherwise."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.made_up.factories import HEADLINES, changed, make_results
from helpers.made_up.made_up_figures import OUTPUT, Made, estimate, judged, viewed

from reportgen.comparison import Runs
from reportgen.findings import SUNDARARAJAN, Findings, Judgement, Note, ViewFigures
from reportgen.findings.evidence import is_constant
from reportgen.findings.notes import (
    ABNAR,
    ALI,
    HASE,
    JAIN,
    RankedViews,
    agreement_notes,
    deletion_offset_note,
    incomplete_note,
    incomplete_text_note,
    missing_notes,
    offset_note,
    rollout_note,
    trust_notes,
    unconserved_note,
    unconserved_text_note,
)
from reportgen.report import Lang, RenderOptions, load_language, render, sentence
from reportgen.report.language import LANGUAGES
from reportgen.results import CONSERVED, View

COSINE = {"scalar": "cosine", "output_name": "embedding"}


def noted(*figures: ViewFigures, **told: Judgement) -> list[Note]:
    ranked = RankedViews({item.view: item for item in figures}, {}, judgements=told)
    return agreement_notes(ranked, "[CLS]", OUTPUT, False)


def test_each_shown_view_has_its_agreement_with_ceiling_and_baseline_beside_it() -> None:
    first, second = noted(
        viewed("gradient", (0.54, 0.46, 0.61)),
        viewed("received_norm_all", (0.48, 0.38, 0.57)),
        viewed("mask", 0.66),
        viewed("random", 0.0),
        gradient=judged((0.13, 0.02, 0.2), (0.54, 0.4, 0.7)),
        received_norm_all=judged((0.07, -0.1, 0.2), (0.48, 0.3, 0.6), "no_more"),
    )
    assert [note.values["view"] for note in (first, second)] == ["received_norm_all", "gradient"]
    assert (first.values["agreement"], first.values["agreement_low"]) == (0.48, 0.38)
    assert (first.values["ceiling"], first.values["base"]) == (0.66, pytest.approx(0.41))
    assert first.values["baseline"] == "characters"
    assert first.also == ("N13-explained-joint", "N13-ceiling-first", "N13b")
    assert second.also == ("N13-ceiling", "N13-better")
    assert JAIN in first.citations


def test_a_view_with_a_sign_is_compared_by_size_then_with_its_sign_and_that_ceiling() -> None:
    views: tuple[View, ...] = ("gradient", "ig", "mask")
    sizes = {view: viewed(view, 0.5) for view in views}
    signs = {"ig": viewed("ig", 0.7), "mask": viewed("mask", 0.8)}
    plain, signed = agreement_notes(RankedViews(sizes, signs), "[CLS]", OUTPUT, is_causal=False)
    assert plain.also == ("N13-explained-joint", "N13-ceiling-first")
    assert signed.also == ("N13-ceiling", "N13-signed-ceiling")
    assert (signed.values["agreement"], signed.values["ceiling"]) == (0.5, 0.5)
    assert (signed.values["signed"], signed.values["signed_ceiling"]) == (0.7, 0.8)
    assert {note.values["effect"] for note in (plain, signed)} == {"effect_size_joint"}
    del signs["mask"]
    assert agreement_notes(RankedViews(sizes, signs), "", OUTPUT, False)[1].also[-1] == "N13-signed"
    for note in agreement_notes(RankedViews(sizes, {}), "[CLS]", COSINE, is_causal=False):
        assert "signed" not in note.values


def test_results_of_the_first_version_compare_signs_alone_and_name_deletion() -> None:
    sizes = {"gradient": viewed("gradient", 0.5)}
    signs = {"ig": viewed("ig", 0.7), "mask": viewed("mask", 0.8)}
    plain, signed = agreement_notes(
        RankedViews(sizes, signs, False), "[CLS]", OUTPUT, is_causal=False
    )
    assert (plain.values["effect"], plain.also[0]) == ("effect_size", "N13-explained")
    assert (signed.values["effect"], signed.values["agreement"]) == ("effect_signed", 0.7)
    assert signed.also == ("N13-ceiling-signed",)  # nothing of baselines, which have no sign


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


def test_a_causal_models_attention_received_is_ranked_above_an_even_spread() -> None:
    views: tuple[View, ...] = ("received_norm_all", "received_all", "cls_row_last", "gradient")
    figures = {view: viewed(view, 0.5) for view in views}
    for is_causal in (True, False):
        notes = agreement_notes(RankedViews(figures, {}), "", OUTPUT, is_causal)
        said = [is_causal, False, False, False]  # once
        assert ["N13-even" in note.also for note in notes] == said


@pytest.mark.parametrize(
    ("over", "key"),
    [
        ((0.1, 0.01, 0.2), "N13-better"),
        ((0.1, 0.0, 0.2), "N13b"),
        ((0.0, -0.1, 0.1), "N13b"),
        ((-0.1, -0.2, 0.0), "N13b"),
        ((-0.1, -0.2, -0.01), "N13-worse"),
    ],
)
def test_a_view_is_held_against_a_baseline_by_the_interval_of_the_difference(
    over: Made, key: str
) -> None:
    (note,) = noted(viewed("ig", 0.3), ig=judged(over))
    assert note.also == ("N13-explained-joint", key)


def test_a_view_that_is_one_of_many_may_agree_by_chance() -> None:
    """Its own interval lies above 0, the one that holds for all views does not."""
    chance = judged((0.1, -0.2, 0.4), (0.3, -0.1, 0.7), "chance")
    (note,) = noted(viewed("ig", (0.3, 0.1, 0.5)), ig=chance)
    assert note.also == ("N13-together", "N13-explained-joint", "N13b")
    (note,) = noted(viewed("ig", (0.3, -0.1, 0.5)), ig=chance)
    assert note.also[0] == "N13-zero"


def test_without_a_ceiling_or_a_baseline_nothing_is_said_of_them() -> None:
    (note,) = noted(viewed("received_all", 0.3))
    assert note.also == ("N13-explained-joint",)
    assert "ceiling" not in note.values


@pytest.mark.parametrize(
    ("share", "agreement", "id"),
    [
        (0.71, (-0.05, -0.19, 0.10), "N12"),
        (0.71, (0.4, 0.3, 0.5), "N12"),
        (0.51, None, "N12"),
        (0.5, None, None),
        (0.5, (0.4, 0.3, 0.5), None),
        (0.3, (0.1, 0.0, 0.2), "N12-unrelated"),
        (0.3, (0.1, 0.01, 0.2), None),
        (0.3, (-0.1, -0.2, -0.01), None),
        ((0.5, 0.4, 0.6), (0.4, 0.3, 0.5), "N12-unclear"),
        ((0.5, 0.4, 0.6), (0.0, -0.1, 0.1), "N12-unrelated"),
        ((0.7, None), None, None),
    ],
)
def test_when_rollout_is_warned_of(share: Made, agreement: Made | None, id: str | None) -> None:
    measured = None if agreement is None else viewed("rollout", agreement)
    note = rollout_note(estimate(share), measured)
    assert (note and note.id) == id
    if note is not None:
        assert note.citations == (ABNAR,)
        shown = agreement is not None and id != "N12-unclear"
        assert note.also == (("N12-agreement-joint",) if shown else ())


def test_without_rollout_nothing_is_said_of_it() -> None:
    assert rollout_note(None, None) is None


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
    assert {note.id for note in notes if note.kind == "agreement"} == {"N13"}
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


def test_only_views_that_the_page_shows_are_noted(tmp_path: Path) -> None:
    views: tuple[View, ...] = ("received_last", "rollout", "alti", "mask", "rarity", "random")
    assert noted(*(viewed(view, 0.5) for view in views)) == []


@pytest.mark.parametrize(
    ("agreement", "key"),
    [
        ((0.2, 0.01, 0.4), None),
        ((0.2, 0.0, 0.4), "N13-zero"),
        ((0.1, -0.2, 0.4), "N13-zero"),
        ((-0.2, -0.4, -0.01), "N13-opposite"),
    ],
)
def test_no_relation_and_a_reversed_order_are_not_called_agreement(
    agreement: Made, key: str | None
) -> None:
    (note,) = noted(viewed("ig", agreement))
    assert {"N13-zero", "N13-opposite"} & {*note.also} == ({key} if key else set())


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
