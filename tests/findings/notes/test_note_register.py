"""The decision table: one verdict a role, whatever the figures; and each note when it is due."""

from dataclasses import replace
from pathlib import Path

import pytest
from helpers.cases import some_of
from helpers.made_up.factories import HEADLINES, changed, make_results
from helpers.made_up.role_tables import far_apart, same_in_every_text, with_roles

from reportgen.findings import CLARK, Findings, Note
from reportgen.findings.notes import GU, KOVALEVA, subject_notes
from reportgen.report import load_language
from reportgen.report.language import verdicts as verdicts_in_words
from reportgen.report.sections.sinks import sink_answer
from reportgen.results import MIN_TEXTS, Results, Role, Subject

LONG = "x" * 64  # 32 tokens of two code points; with [CLS] and [SEP] more than the head size, 32


def verdicts(results: Results) -> dict[str | None, str]:
    return {note.role: note.id for note in Findings(results).notes if note.is_verdict}


def by_id(notes: tuple[Note, ...]) -> dict[str, Note]:
    return {note.id: note for note in notes}


@pytest.mark.parametrize(
    "sink", some_of([0.0, 0.1, 0.2, 0.25, 0.3, 0.6, 0.99], 0.0, 0.2, 0.25, 0.6)
)
@pytest.mark.parametrize("n", some_of([1, 4, 5, 6], 1, 4, 5))
def test_every_role_has_exactly_one_verdict(tmp_path: Path, sink: float, n: int) -> None:
    results = make_results(tmp_path, HEADLINES[:n], n_layers=2, n_heads=1, sink=sink)
    roles = [note.role for note in Findings(results).notes if note.is_verdict]
    assert roles == ["cls", "sep"]


@pytest.mark.parametrize(
    ("share", "expected", "id"),
    [
        (0.60, 0.08, "N1"),
        (0.371, 0.10, "N1"),  # .271 / .9 is more than .30
        (0.369, 0.10, "N1d"),
        (0.29, 0.01, "N1d"),  # 29 times its equal share, but .28 of the way to all
        (0.45, 0.20, "N1"),  # short texts: .25 / .8
        (0.90, 0.45, "N1"),  # very short ones, where three times its equal share is impossible
        (0.146, 0.10, "N1d"),
        (0.144, 0.10, "N1b"),
        (0.02, 0.08, "N1b-below"),
        (0.40, 0.40, "N1b-below"),  # five tokens, two of them special: 40 % is an equal share
    ],
)
def test_the_verdict_follows_the_thresholds_whatever_an_even_spread_is(
    tmp_path: Path, share: float, expected: float, id: str
) -> None:
    results = with_roles(make_results(tmp_path), same_in_every_text(share, expected))
    assert verdicts(results) == {"cls": id, "sep": id}
    note = by_id(Findings(results).notes)[id]
    assert note.values["layer"] == (2 if share > expected else 1)
    assert note.values["n_texts"] == 6


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "layer 2, it takes 5.2\u00a0% of all attention; an equal share is 5.1\u00a0%."),
        ("ja", "最も多い第2層でも5.2%で、均等な場合は5.1%です"),
    ],
)
def test_a_share_that_is_a_little_above_the_equal_share_is_given_beside_it(
    tmp_path: Path, lang: str, said: str
) -> None:
    """It is no more than “1.0 times” it, and is not “never more” than that."""
    results = with_roles(make_results(tmp_path), same_in_every_text(0.052, 0.051))
    told = verdicts_in_words(Findings(results).notes, load_language(lang))
    assert len(told) == 2
    assert all(said in verdict for verdict in told)


def test_an_interval_across_a_threshold_is_unclear(tmp_path: Path) -> None:
    results = with_roles(make_results(tmp_path), far_apart())
    note = by_id(Findings(results).notes)["unclear"]
    assert float(note.values["share_low"]) < 0.3 < float(note.values["share"])


def test_where_a_sink_is_ruled_out_only_the_raised_share_can_be_unclear(tmp_path: Path) -> None:
    results = with_roles(make_results(tmp_path), far_apart(low=0.05, high=0.1))
    assert verdicts(results) == {"cls": "unclear-raised", "sep": "unclear-raised"}


def test_a_sink_carries_its_figures_and_sources(tmp_path: Path) -> None:
    results = make_results(tmp_path, sink=0.6)
    notes = Findings(results).notes
    note = by_id(notes)["N1"]
    assert (note.role, note.token) == ("cls", "[CLS]")
    assert note.citations == (CLARK, KOVALEVA, GU)
    rows = results.roles[results.roles["role"] == "cls"].groupby("layer")[["share", "expected"]]
    means = rows.mean()
    layer = int((means["share"] / means["expected"]).idxmax())
    assert note.values["layer"] == layer
    assert note.values["share"] == pytest.approx(float(means["share"][layer]), rel=1e-6)
    assert note.values["share_low"] < note.values["share"] < note.values["share_high"]  # type: ignore[operator]
    assert verdicts(results)["sep"] == "N1b-below"


def test_fewer_than_five_texts_get_measurements_and_no_verdict(tmp_path: Path) -> None:
    results = make_results(tmp_path, HEADLINES[:4], sink=0.6)
    assert verdicts(results) == {"cls": "few", "sep": "few"}
    values = by_id(Findings(results).notes[:1])["few"].values
    rows = results.roles[
        (results.roles["role"] == "cls") & (results.roles["layer"] == values["layer"])
    ]
    assert values["share_min"] == pytest.approx(float(rows["share"].min()))
    assert values["share_max"] == pytest.approx(float(rows["share"].max()))
    assert "share_low" not in values


def test_short_texts_do_not_count_towards_a_verdict(tmp_path: Path) -> None:
    results = make_results(tmp_path, (*HEADLINES[:4], "ab", "cd"), sink=0.6)
    assert verdicts(results) == {"cls": "few", "sep": "few"}
    note = by_id(Findings(results).notes)["N16"]
    assert (note.values["n_short"], note.values["n_analysed"]) == (2, 6)


def test_without_a_text_long_enough_that_is_said(tmp_path: Path) -> None:
    results = make_results(tmp_path, ("ab", "cd", ""))
    assert verdicts(results) == {"cls": "no-text", "sep": "no-text"}


def test_a_model_without_special_tokens_has_that_for_a_verdict(tmp_path: Path) -> None:
    results = make_results(tmp_path, special=False)
    assert verdicts(results) == {None: "no-special", "first": "N1b"}


def test_the_boundary_note_stands_only_with_a_sink_on_the_separator(tmp_path: Path) -> None:
    sink = with_roles(make_results(tmp_path / "sink"), same_in_every_text(0.6))
    notes = [note for note in Findings(sink).notes if note.id == "N11"]
    assert [note.role for note in notes] == ["sep"]
    assert notes[0].values["self_share"] == pytest.approx(0.05)
    assert notes[0].citations == (CLARK,)
    # A sink on [CLS] alone, and a raised [SEP], call for no such note.
    cls_only = make_results(tmp_path / "cls", sink=0.6)
    raised = with_roles(make_results(tmp_path / "raised"), same_in_every_text(0.2))
    for results in (cls_only, raised):
        assert "N11" not in by_id(Findings(results).notes)


def test_the_boundary_note_is_about_separators_by_role_and_not_by_name(tmp_path: Path) -> None:
    results = make_results(tmp_path)
    roles = (Role("cls", "<s>"), Role("sep", "</s>"))
    renamed = replace(results, info=replace(results.info, roles=roles))
    note = by_id(Findings(with_roles(renamed, same_in_every_text(0.6))).notes)["N11"]
    assert note.token == "</s>"


def test_a_text_has_only_its_own_notes(tmp_path: Path) -> None:
    texts = (HEADLINES[0], "ab", LONG, "", "abcdefgh")
    results = make_results(tmp_path, texts, sink=0.6, failed=(4,))
    ids = [[note.id for note in Findings(results).text_notes(text)] for text in range(5)]
    assert ids == [["N15"], ["N16-text"], ["N15", "N17-text"], [], []]
    assert not any(
        note.is_verdict for text in range(5) for note in Findings(results).text_notes(text)
    )


def ids(notes: tuple[Note, ...]) -> list[str]:
    return [note.id for note in notes]


def test_a_sink_is_told_to_its_end_before_anything_else(tmp_path: Path) -> None:
    results = make_results(tmp_path, sink=0.6, evidence="full")
    assert ids(Findings(results).notes) == [
        *("N1", "why", "N2", "N4"),  # of [CLS]
        *("N1b-below", "N6"),  # of [SEP]
        *("N9-cls", "N10"),
        *("N19", "N15"),
    ]


def test_a_sink_comes_before_tokens_that_are_none(tmp_path: Path) -> None:
    results = with_roles(
        make_results(tmp_path),
        [
            (text, 1, role, share, 0.1, 0.05)
            for text in range(6)
            for role, share in (("cls", 0.1), ("sep", 0.6))
        ],
    )
    assert [(note.role, note.id) for note in Findings(results).notes[:3]] == [
        ("sep", "N1"),
        ("cls", "N1b-below"),
        ("sep", "N11"),
    ]


def test_basic_evidence_has_no_sink_tests(tmp_path: Path) -> None:
    found = ids(Findings(make_results(tmp_path, sink=0.6, evidence="basic")).notes)
    assert found[:3] == ["N1", "why", "N2"]
    assert not {"N4", "tests-no-control"} & set(found)


def test_without_evidence_only_attention_is_spoken_of(tmp_path: Path) -> None:
    assert ids(Findings(make_results(tmp_path, sink=0.6)).notes) == ["N1", "N1b-below", "N15"]


def test_every_note_on_a_sink_test_names_the_output_it_holds_for(tmp_path: Path) -> None:
    for kind, scalar in (("embedding", "cosine"), ("class", "margin"), ("number", "number")):
        results = make_results(tmp_path / kind, sink=0.6, kind=kind, evidence="full")  # type: ignore[arg-type]
        notes = {note.id: note for note in Findings(results).notes}
        assert {notes[id].values["scalar"] for id in ("N4", "N6")} == {scalar}
        assert notes["N4"].values["output_name"] == "score"


def test_the_popular_reason_is_answered_only_where_cls_alone_is_read(tmp_path: Path) -> None:
    def found(name: str, sink: float, reads_cls_only: bool) -> list[str]:
        folder = tmp_path / name
        results = make_results(folder, sink=sink, reads_cls_only=reads_cls_only, evidence="basic")
        return ids(Findings(results).notes)

    assert "N10" in found("both", 0.6, True)
    assert "N10" not in found("no-sink", 0.0, True)
    assert "N10" not in found("mean-pooled", 0.6, False)


def test_all_there_is_to_say_of_a_token_stands_by_its_key(tmp_path: Path) -> None:
    results = make_results(tmp_path, sink=0.6, evidence="full")
    by_key = subject_notes(Findings(results))
    assert list(by_key) == ["cls", "sep"]
    assert ids(by_key["cls"]) == ["N1", "why", "N2", "N4"]
    assert ids(by_key["sep"]) == ["N1b-below", "N6"]


def with_subject(results: Results, subject: Subject, share: float, value: float = 1.8) -> Results:
    """The same results with [SEP]'s tests said to be those of `subject`, which gets `share` where
    an equal share gives a tenth, and `value` the length of what it passes on (text tokens: 2).
    """
    rows = results.sinks
    rows.loc[rows["subject"] == "sep", "subject"] = subject.key
    for name, made in (
        ("share_layers", share),
        ("expected_layers", 0.1),
        ("value_size_layers", value),
        ("value_ratio_layers", value / 2),
    ):
        rows[name] = [
            [made] * len(results.sinks["share_layers"].iloc[0]) if key == subject.key else own
            for key, own in zip(rows["subject"], rows[name], strict=True)
        ]
    subjects = (results.info.evidence.subjects[0], subject)
    evidence = replace(results.info.evidence, subjects=subjects)
    return changed(results, replace(results.info, evidence=evidence), sinks=rows)


def test_what_was_tested_is_judged_though_no_text_shows_it(tmp_path: Path) -> None:
    """As in a redacted copy, whose tokens cannot be told apart."""
    made = make_results(tmp_path, sink=0.6, evidence="full")
    results = with_subject(made, Subject("token:、", "、", "token"), 0.4)
    notes = subject_notes(Findings(results))["token:、"]
    assert [(note.id, note.also) for note in notes] == [
        ("N1", ()),
        ("why", ("why-length",)),
        ("N3", ("value-weighted", "N3-tests")),
        ("N6", ("N6-sink",)),
    ]
    assert notes[2].values["value_ratio"] == pytest.approx(0.9)
    assert not any(note.is_special for note in notes)
    assert ids(Findings(results).notes)[4:9] == ["N1", "why", "N3", "N6", "N1b-below"]


def test_how_long_its_vectors_are_is_no_part_of_the_verdict_on_a_token(tmp_path: Path) -> None:
    for value, note in ((0.2, "N2"), (1.8, "N3")):
        made = make_results(tmp_path / note, sink=0.6, evidence="full")
        results = with_subject(made, Subject("token:、", "、", "token"), 0.4, value)
        assert ids(subject_notes(Findings(results))["token:、"])[:3] == ["N1", "why", note]


def test_a_tested_token_below_the_threshold_is_not_called_a_sink(tmp_path: Path) -> None:
    made = make_results(tmp_path, sink=0.6, evidence="full")
    results = with_subject(made, Subject("token:、", "、", "token"), 0.2)
    assert ids(subject_notes(Findings(results))["token:、"]) == ["N1d", "N6"]


def test_a_model_without_special_tokens_says_which_others_were_looked_at(tmp_path: Path) -> None:
    def note(level: str, texts: tuple[str, ...]) -> Note:
        folder = tmp_path / f"{level}{len(texts)}"
        notes = Findings(make_results(folder, texts, special=False, evidence=level)).notes  # type: ignore[arg-type]
        return by_id(notes)["no-special"]

    for level in ("none", "basic", "full"):
        assert note(level, HEADLINES[:5]).also == ()  # they have no token in common
        assert note(level, HEADLINES[:4]).also == ("no-special-few",)
        start = HEADLINES[0] + " " * (len(HEADLINES[0]) % 2)
        same = note(level, tuple(start + end for end in ("aa", "bb", "cc", "dd", "ee")))
        assert (same.also, same.values["n_tried"]) == (("no-token",), len(start) // 2)


def test_a_note_over_few_texts_has_no_interval(tmp_path: Path) -> None:
    for level in ("basic", "full"):
        folder = tmp_path / level
        results = make_results(folder, HEADLINES[:4], sink=0.6, evidence=level)  # type: ignore[arg-type]
        for note in Findings(results).notes:
            assert not [name for name in note.values if name.endswith(("_low", "_high"))], note


def test_what_a_role_passes_on_is_of_the_texts_that_have_norms(tmp_path: Path) -> None:
    results = make_results(tmp_path, sink=0.6, evidence="basic")
    norms = ["norm_share", "value_size", "content_value_size"]
    results.roles.loc[results.roles["text"] == 0, norms] = float("nan")
    (value,) = (note for note in subject_notes(Findings(results))["cls"] if note.id == "N2")
    assert value.values["n_texts"] == 5
    results.roles.loc[results.roles["text"] == 1, norms] = float("nan")
    (value,) = (note for note in subject_notes(Findings(results))["cls"] if note.id == "few-value")
    assert value.values["n_texts"] == 4
    results.roles[norms] = float("nan")
    assert ids(subject_notes(Findings(results))["cls"]) == ["N1", "why"]


@pytest.mark.parametrize("n_different", [1, 4, 5])
def test_copies_of_few_texts_make_no_verdict_on_a_sink(tmp_path: Path, n_different: int) -> None:
    texts = tuple(HEADLINES[i % n_different] for i in range(8))
    found = Findings(make_results(tmp_path, texts, sink=0.6, evidence="full"))
    verdict, *others = subject_notes(found)["cls"]
    if n_different < MIN_TEXTS:
        assert (verdict.verdict, verdict.values["n_texts"]) == ("too_few_texts", n_different)
        assert "few-tests" in [note.id for note in others]
        assert not any(note.id == "N16" for note in found.notes)  # copies are not short
    else:
        assert (verdict.verdict, verdict.values["n_texts"]) == ("sink", 8)
    assert sink_answer(found, load_language("en")).answer.startswith(
        "Too few texts to say" if n_different < MIN_TEXTS else "No: on [CLS]"
    )
