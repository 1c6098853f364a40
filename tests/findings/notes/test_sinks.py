"""What a token passes on: every rule on both sides of its threshold, and across it."""

from dataclasses import replace
from itertools import product

import pytest
from helpers.made_up.every_note import grid
from helpers.made_up.made_up_figures import CLS, OUTPUT, Made, passing, probed
from hypothesis import given
from hypothesis import strategies as st

from reportgen.findings import Note
from reportgen.findings.notes import (
    DARCET,
    GUO,
    SUN,
    sink_effects,
    sink_test_note,
    value_note,
)
from reportgen.results import SINK_TESTS_AT, SinkTest


def note_on(ratios: dict[SinkTest, Made | None], is_sink: bool = True) -> Note:
    note = sink_test_note(probed(ratios), is_sink, OUTPUT)
    assert note is not None
    return note


def said(ratios: dict[SinkTest, Made | None]) -> str:
    return note_on(ratios).id


@pytest.mark.parametrize(
    ("value", "norm", "share", "id"),
    [
        (0.5, 0.3, 0.6, "N2"),
        (0.51, 0.3, 0.6, "N3"),
        (0.5, 0.31, 0.6, "N2-heavy"),
        (0.08, 0.11, 0.6, "N2"),
        ((0.5, 0.4, 0.6), 0.1, 0.6, "N2-unclear"),
        ((0.4, 0.3, 0.5), 0.1, 0.6, "N2"),
        ((0.6, 0.51, 0.7), (0.3, 0.1, 0.9), 0.6, "N3"),  # its norms decide nothing then
        (0.2, (0.3, 0.28, 0.32), 0.6, "N2-unclear"),
        (0.2, (0.25, 0.2, 0.28), (0.6, 0.57, 0.63), "N2"),
        (0.2, (0.29, 0.28, 0.30), (0.6, 0.5, 0.7), "N2-unclear"),  # half of 50 to 70 %
        ((0.2, None), (0.1, None), (0.6, None), "few-value"),
    ],
)
def test_how_much_a_sink_passes_on_by_length(value: Made, norm: Made, share: Made, id: str) -> None:
    note = value_note(CLS, passing(value, norm, share), is_tested=False)
    assert note is not None
    assert note.id == id
    assert note.also == ("value-weighted",)


def test_light_vectors_carry_their_figures_and_sources() -> None:
    note = value_note(CLS, passing((0.1, 0.08, 0.12), (0.11, 0.1, 0.12), layer=3), is_tested=True)
    assert note is not None
    assert (note.values["layer"], note.values["n_texts"]) == (3, 20)
    assert note.values["norm_share"] == 0.11
    assert (note.values["value_ratio_low"], note.values["value_ratio_high"]) == (0.08, 0.12)
    assert GUO in note.citations
    assert note.also == ("value-weighted",)


def test_long_vectors_point_to_the_tests_where_there_are_some() -> None:
    note = value_note(CLS, passing(0.9), is_tested=True)
    assert note is not None
    assert note.also == ("value-weighted", "N3-tests")


@pytest.mark.parametrize(
    ("zero", "mean", "id"),
    [
        (0.25, 0.25, "N4"),
        (0.26, 0.25, "N5"),
        (0.26, 0.26, "N6-partly"),
        (0.26, 0.49, "N6-partly"),
        (0.26, 0.5, "N6"),
        (0.25, 0.26, "tests-disagree"),
        (0.25, None, "N4"),
        (0.26, None, "N5-open"),
        ((0.2, 0.1, 0.25), 0.1, "N4"),
        ((0.3, 0.2, 0.4), 0.1, "tests-unclear"),
        ((0.3, 0.2, 0.4), None, "tests-unclear"),
        ((0.6, 0.5, 0.7), (0.2, 0.1, 0.3), "N5-unclear"),
        ((0.6, 0.5, 0.7), (0.5, 0.4, 0.6), "N5-unclear"),
        ((0.6, 0.25, 0.7), (0.5, 0.4, 0.6), "tests-unclear"),
        ((0.6, 0.5, 0.7), (0.4, 0.26, 0.49), "N6-partly"),
        ((0.1, 0.0, 0.2), (0.2, 0.1, 0.3), "tests-unclear"),
    ],
)
def test_what_the_tests_of_the_value_say(zero: Made, mean: Made | None, id: str) -> None:
    ratios: dict[SinkTest, Made | None] = {"zero_value": zero}
    if mean is not None:
        ratios["mean_value"] = mean
    assert said(ratios) == id


def truth(zero: float, mean: float) -> str:
    """What exactly known effects would say."""
    if zero <= 0.25:
        return "N4" if mean <= 0.25 else "tests-disagree"
    if mean <= 0.25:
        return "N5"
    return "N6-partly" if mean < 0.5 else "N6"


@pytest.mark.parametrize(
    ("zero", "id", "kind"),
    [
        (0.25, "N4", "unused"),
        ((0.2, 0.1, 0.26), "tests-unclear", "unclear"),
        (0.26, "N5-basic", "needed"),
        ((7.0, 2.0, 40.0), "N5-basic", "needed"),
        (None, "tests-no-control", "unclear"),
        ((0.2, None), "few-tests", "unclear"),
    ],
)
def test_what_the_one_test_of_basic_evidence_says(zero: Made | None, id: str, kind: str) -> None:
    """That the average over other texts was not tried is no fault of the model."""
    note = sink_test_note(probed({"zero_value": zero}), True, OUTPUT, SINK_TESTS_AT["basic"])
    assert note is not None
    assert note.id == id
    assert {key: effect.kind for key, effect in sink_effects([note]).items()} == {"cls": kind}


def test_every_note_on_what_is_passed_on_has_one_verdict() -> None:
    """And no other note has one."""
    notes = [*grid()]
    told = {note.id for note in notes if note.kind in ("passed", "test")}
    for note in notes:
        assert bool(sink_effects([note])) == (note.id in told)


intervals = st.tuples(
    st.sampled_from([0.0, 0.1, 0.25, 0.26, 0.4, 0.49, 0.5, 0.51, 1.0, 9.0]),
    st.sampled_from([0.0, 0.005, 0.1, 0.2, 0.5, 3.0]),
).map(lambda drawn: (drawn[0] + drawn[1] / 2, drawn[0], drawn[0] + drawn[1]))


@given(intervals, intervals)
def test_a_verdict_holds_wherever_in_their_intervals_the_figures_lie(
    zero: tuple[float, float, float], mean: tuple[float, float, float]
) -> None:
    note = note_on({"zero_value": zero, "mean_value": mean})
    steps = [i / 20 for i in range(21)]
    inside = [[low + (high - low) * step for step in steps] for _, low, high in (zero, mean)]
    possible = {truth(z, m) for z, m in product(*inside)}
    unclear = "tests-unclear" if zero[1] <= 0.25 else "N5-unclear"
    assert note.id == (possible.pop() if len(possible) == 1 else unclear)
    if note.id == "N5-unclear":
        low, high = note.values["mean_ratio_low"], note.values["mean_ratio_high"]
        assert float(low) <= float(note.values["test_limit"]) <= float(high)
    if note.id == "tests-unclear":
        low, high = note.values["test_ratio_low"], note.values["test_ratio_high"]
        assert float(low) <= float(note.values["test_limit"]) <= float(high)


def test_an_unclear_test_is_named_with_the_threshold_it_crosses() -> None:
    note = note_on({"zero_value": 0.6, "mean_value": (0.5, 0.4, 0.6)})
    assert (note.id, note.values["test_limit"]) == ("N5-unclear", 0.5)
    note = note_on({"zero_value": (0.1, 0.0, 0.25), "mean_value": (0.2, 0.1, 0.3)})
    assert (note.values["test"], note.values["test_limit"]) == ("mean_value", 0.25)


def test_only_a_sink_is_not_to_be_dismissed_as_one() -> None:
    ratios: dict[SinkTest, Made | None] = {"zero_value": 1.1, "mean_value": 0.9}
    sink, other = note_on(ratios), note_on(ratios, is_sink=False)
    assert (sink.also, other.also) == (("N6-sink",), ())
    assert (sink.citations, other.citations) == ((DARCET,), ())


def test_a_constant_cites_the_study_of_constants() -> None:
    assert note_on({"zero_value": 0.5, "mean_value": 0.1}).citations == (SUN,)


def test_where_content_moves_nothing_there_is_no_ratio() -> None:
    assert said({"zero_value": None}) == "tests-no-control"
    assert sink_test_note(probed({}), True, OUTPUT) is None


def test_a_ratio_that_is_missing_leaves_the_others_their_say() -> None:
    assert said({"zero_value": 0.1, "mean_value": None}) == "N4"
    assert said({"zero_value": 0.9, "mean_value": (0.1, None)}) == "N5-open"


def test_a_few_texts_get_the_ratios_and_no_verdict() -> None:
    note = note_on({"zero_value": (0.1, None), "mean_value": (9.6, None)})
    assert note.id == "few-tests"
    assert note.also == ("few-zero_value", "few-mean_value")
    assert (note.values["zero_ratio"], note.values["mean_ratio"]) == (0.1, 9.6)


def test_that_the_start_token_of_a_causal_model_is_a_constant_is_no_finding() -> None:
    """It sees itself alone, so its average over the other texts is itself."""
    found = probed({"zero_value": 0.9, "mean_value": 0.0})
    assert said({"zero_value": 0.9, "mean_value": 0.0}) == "N5"
    note = sink_test_note(replace(found, is_same=True), True, OUTPUT)
    assert note is not None
    assert (note.id, note.kind) == ("N5-first", "passed")
    assert "mean_ratio" not in note.values
    alone = replace(probed({"mean_value": 0.0}), is_same=True)
    assert sink_test_note(alone, True, OUTPUT) is None
    # That its content is hardly used is one, since the output could have used it.
    unused = replace(probed({"zero_value": 0.1, "mean_value": 0.0}), is_same=True)
    note = sink_test_note(unused, True, OUTPUT)
    assert note is not None
    assert note.id == "N4"
