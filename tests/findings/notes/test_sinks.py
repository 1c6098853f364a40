"""What a token passes on: every rule on both sides of its threshold, and across it."""

from dataclasses import replace
from itertools import product

import pytest
from helpers.made_up.every_note import grid
from helpers.made_up.made_up_figures import CLS, COMMA, OUTPUT, Made, estimate, passing, probed
from hypothesis import given
from hypothesis import strategies as st

from reportgen.findings import XIAO, Note
from reportgen.findings.notes import (
    DARCET,
    GU,
    GUO,
    SUN,
    sink_effects,
    sink_test_notes,
    swap_note,
    value_note,
)
from reportgen.findings.sinks import Swapped
from reportgen.report import load_language, sentence
from reportgen.report.language import in_short
from reportgen.results import SINK_TESTS_AT, SinkTest


def ids(notes: tuple[Note | None, ...]) -> list[str]:
    return [note.id for note in notes if note is not None]


def said(ratios: dict[SinkTest, Made | None], is_sink: bool = True) -> list[str]:
    return ids(sink_test_notes(probed(ratios), 2, is_sink, OUTPUT))


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
    assert said(ratios) == [id]


@pytest.mark.parametrize(
    ("swap", "also"),
    [(202.0, ("N5-swap",)), (0.9, ()), ((1.5, 0.9, 2.0), ()), ((202.0, None), ())],
)
def test_a_constant_whose_loss_moves_the_output_is_not_told_as_one_that_does_nothing(
    swap: Made, also: tuple[str, ...]
) -> None:
    figures = probed({"zero_value": 0.9, "mean_value": 0.1, "swap": swap})
    (note,) = sink_test_notes(figures, 2, True, OUTPUT)
    assert (note.id, note.also) == ("N5", also)
    for lang, said in (("en", "202 times as much"), ("ja", "202倍")):
        language = load_language(lang)
        for told in (sentence(note, language), " ".join(in_short([note], language))):
            assert (said in told) == bool(also)


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
    notes = sink_test_notes(probed({"zero_value": zero}), 2, True, OUTPUT, SINK_TESTS_AT["basic"])
    assert ids(notes) == [id]
    assert {key: effect.kind for key, effect in sink_effects(notes).items()} == {"cls": kind}


def test_every_note_on_what_is_passed_on_has_one_verdict() -> None:
    """And no other note has one: hiding a key and swapping tokens say nothing of it."""
    notes = [*grid()]
    told = {note.id for note in notes if note.kind in ("passed", "test")}
    for note in notes:
        assert bool(sink_effects([note])) == (note.id in told)
    assert {"N7", "N8", "hide-only"} <= {note.id for note in notes} - told


intervals = st.tuples(
    st.sampled_from([0.0, 0.1, 0.25, 0.26, 0.4, 0.49, 0.5, 0.51, 1.0, 9.0]),
    st.sampled_from([0.0, 0.005, 0.1, 0.2, 0.5, 3.0]),
).map(lambda drawn: (drawn[0] + drawn[1] / 2, drawn[0], drawn[0] + drawn[1]))


@given(intervals, intervals)
def test_a_verdict_holds_wherever_in_their_intervals_the_figures_lie(
    zero: tuple[float, float, float], mean: tuple[float, float, float]
) -> None:
    (note,) = sink_test_notes(
        probed({"zero_value": zero, "mean_value": mean}), 2, is_sink=True, output=OUTPUT
    )
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
    ratios: dict[SinkTest, Made] = {"zero_value": 0.6, "mean_value": (0.5, 0.4, 0.6)}
    (note,) = sink_test_notes(probed(ratios), 2, is_sink=True, output=OUTPUT)
    assert (note.id, note.values["test_limit"]) == ("N5-unclear", 0.5)
    ratios = {"zero_value": (0.1, 0.0, 0.25), "mean_value": (0.2, 0.1, 0.3)}
    (note,) = sink_test_notes(probed(ratios), 2, is_sink=True, output=OUTPUT)
    assert (note.values["test"], note.values["test_limit"]) == ("mean_value", 0.25)


def test_only_a_sink_is_not_to_be_dismissed_as_one() -> None:
    figures = probed({"zero_value": 1.1, "mean_value": 0.9})
    (sink,) = sink_test_notes(figures, 2, is_sink=True, output=OUTPUT)
    (other,) = sink_test_notes(figures, 2, is_sink=False, output=OUTPUT)
    assert (sink.also, other.also) == (("N6-sink",), ())
    assert (sink.citations, other.citations) == ((DARCET,), ())


def test_a_constant_cites_the_study_of_constants() -> None:
    (note,) = sink_test_notes(probed({"zero_value": 0.5, "mean_value": 0.1}), 2, True, OUTPUT)
    assert note.citations == (SUN,)


@pytest.mark.parametrize(
    ("hide", "zero", "mean", "id"),
    [
        (1.0, 0.1, 0.25, "N7"),
        (0.99, 0.1, 0.25, None),
        (1.0, 0.9, 0.26, None),
        (1.0, 0.25, None, "N7"),  # without a mean, what is passed on is told by zero
        (1.0, 0.26, None, None),
        (1.0, 0.9, 0.1, "N7"),
        ((1.0, 0.9, 1.1), 0.1, 0.1, "N7-unclear"),
        (3.7, 0.9, (0.25, 0.2, 0.3), "N7-unclear"),
        ((0.8, 0.7, 0.9), 0.9, (0.25, 0.2, 0.3), None),
        (9.6, None, None, "hide-only"),
    ],
)
def test_what_hiding_the_key_says(
    hide: Made, zero: Made | None, mean: Made | None, id: str | None
) -> None:
    ratios: dict[SinkTest, Made | None] = {"hide_key": hide}
    ratios |= {"zero_value": zero} if zero is not None else {}
    ratios |= {"mean_value": mean} if mean is not None else {}
    found = [name for name in said(ratios) if name.startswith(("N7", "hide"))]
    assert found == ([] if id is None else [id])


@pytest.mark.parametrize("test", ["mean_value", "zero_value"])
def test_an_unclear_parking_place_names_the_test_of_what_is_passed_on(test: SinkTest) -> None:
    ratios: dict[SinkTest, Made] = {"hide_key": (1.0, 0.9, 1.1), "zero_value": 0.1, test: 0.2}
    note = sink_test_notes(probed(ratios), 2, True, OUTPUT)[-1]
    assert (note.id, note.values["test"], note.values["passed_ratio"]) == ("N7-unclear", test, 0.2)


def test_the_parking_place_names_its_share_and_sources() -> None:
    notes = sink_test_notes(probed({"zero_value": 0.1, "hide_key": 9.6}), 2, True, OUTPUT)
    (note,) = (note for note in notes if note.id == "N7")
    assert (note.values["layer"], note.values["share"]) == (2, 0.6)
    assert note.citations == (XIAO, GU)


def test_where_content_moves_nothing_there_is_no_ratio() -> None:
    assert said({"zero_value": None, "hide_key": None}) == ["tests-no-control"]
    assert said({}) == []


def test_a_ratio_that_is_missing_leaves_the_others_their_say() -> None:
    assert said({"zero_value": 0.1, "mean_value": None, "hide_key": 2.0}) == ["N4", "N7"]
    assert said({"zero_value": 0.9, "mean_value": (0.1, None)}) == ["N5-open"]


def test_a_few_texts_get_the_ratios_and_no_verdict() -> None:
    ratios: dict[SinkTest, Made] = {"zero_value": (0.1, None), "hide_key": (9.6, None)}
    (note,) = sink_test_notes(probed(ratios), 2, True, OUTPUT)
    assert note.id == "few-tests"
    assert note.also == ("few-zero_value", "few-hide_key")
    assert (note.values["zero_ratio"], note.values["hide_ratio"]) == (0.1, 9.6)


@pytest.mark.parametrize(
    ("ratio", "id"),
    [
        (0.9, "N8"),
        (1.1, "N8"),
        (0.89, "N8-token"),
        (1.11, "N8-token"),
        ((0.9, 0.85, 0.95), "N8-unclear"),
        ((1.0, 0.85, 1.15), "N8-unclear"),  # on both sides, so perhaps in between
        ((0.5, 0.4, 0.6), "N8-token"),
        ((1.0, None), "few-swap"),
    ],
)
def test_whether_the_position_or_the_token_is_looked_at(ratio: Made, id: str) -> None:
    note = swap_note(probed({}, COMMA, swap=ratio), 2)
    assert note is not None
    assert (note.id, note.role, note.values["layer"]) == (id, COMMA.key, 2)
    assert note.values["share"] == 0.6
    assert note.values["swapped_share"] == pytest.approx(0.6 * note.values["swap_ratio"])


def test_without_a_swap_nothing_is_said_of_the_position() -> None:
    assert swap_note(probed({}), 1) is None
    nothing = Swapped(0.0, estimate(0.2), None)
    assert swap_note(replace(probed({}), swapped=(nothing, nothing)), 1) is None


def test_that_the_start_token_of_a_causal_model_is_a_constant_is_no_finding() -> None:
    """It sees itself alone, so its average over the other texts is itself."""
    found = probed({"zero_value": 0.9, "mean_value": 0.0})
    assert ids(sink_test_notes(found, 2, True, OUTPUT)) == ["N5"]
    (note,) = sink_test_notes(replace(found, is_same=True), 2, True, OUTPUT)
    assert (note.id, note.kind) == ("N5-first", "passed")
    assert "mean_ratio" not in note.values
    alone = replace(probed({"mean_value": 0.0}), is_same=True)
    assert sink_test_notes(alone, 2, True, OUTPUT) == ()
    # That its content is hardly used is one, since the output could have used it.
    unused = replace(probed({"zero_value": 0.1, "mean_value": 0.0}), is_same=True)
    assert ids(sink_test_notes(unused, 2, True, OUTPUT)) == ["N4"]
