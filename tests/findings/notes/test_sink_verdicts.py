"""One verdict a role, whatever the figures; and what else attention piles up on."""

from dataclasses import replace

import pytest
from helpers.made_up.made_up_figures import COMMA, FIRST, OUTPUT, Made, probed
from hypothesis import given
from hypothesis import strategies as st

from reportgen.findings import (
    Estimate,
    Interval,
    LayerFigures,
    Note,
    RoleFigures,
    SinkVerdict,
    standing,
)
from reportgen.findings.notes import VERDICTS, caution_notes, subject_verdict, verdict
from reportgen.results import Subject


def truth(excess: float) -> str:
    """The verdict if the figure was known exactly."""
    if excess >= 0.30:
        return "N1"
    return "N1d" if excess >= 0.05 else "N1b"


def around(value: float, below: float, above: float) -> Estimate:
    return Estimate(value, Interval(value * (1 - below), value * (1 + above)), 20)


@st.composite
def layers(draw: st.DrawFn, layer: int = 1) -> LayerFigures:
    """A layer with any excess and interval, often right at a threshold."""
    excess = draw(st.floats(-1, 1) | st.sampled_from([0.3, 0.29999, 0.05, 0.04999, 0.0]))
    widths = st.floats(0, 0.9) | st.just(0.0)
    low, high = (draw(widths) for _ in range(2))
    return LayerFigures(
        layer=layer,
        share=around(0.2, 0, 0),
        expected=0.1,
        ratio=around(2.0, 0, 0),
        excess=Estimate(excess, Interval(excess - low, excess + high), 20),
    )


@st.composite
def models(draw: st.DrawFn) -> RoleFigures:
    n = draw(st.integers(1, 6))
    return RoleFigures(20, tuple(draw(layers(layer)) for layer in range(1, n + 1)))


def corners(layer: LayerFigures) -> set[str]:
    """Every verdict that some point inside the intervals would get."""
    assert layer.excess.interval is not None
    low, high = layer.excess.interval
    inside = (value for value in (0.05, 0.30) if low <= value <= high)
    return {truth(excess) for excess in (low, high, *inside)}


@given(layers())
def test_a_layer_has_the_one_verdict_of_its_whole_interval_or_is_unclear(
    layer: LayerFigures,
) -> None:
    assert layer.excess.interval is not None
    possible = corners(layer)
    said = VERDICTS[standing(layer.excess.interval)]
    unclear = "unclear" if "N1" in possible else "unclear-raised"
    assert said == (possible.pop() if len(possible) == 1 else unclear)


@given(models())
def test_the_verdict_on_a_model_is_the_strongest_that_any_layer_has_for_sure(
    figures: RoleFigures,
) -> None:
    possible = [corners(layer) for layer in figures.layers]
    said, named = verdict(figures)
    if {"N1"} in possible:
        assert said == "N1"
        assert corners(named) == {"N1"}
    elif any("N1" in verdicts for verdicts in possible):
        assert said == "unclear"
        assert "N1" in corners(named)
    elif {"N1d"} in possible:
        assert said == "N1d"
        assert corners(named) == {"N1d"}
    elif any("N1d" in verdicts for verdicts in possible):
        assert said == "unclear-raised"
        assert corners(named) == {"N1d", "N1b"}
    else:
        assert said == "N1b"
        assert named.excess.mean == max(layer.excess.mean for layer in figures.layers)


@given(models())
def test_of_layers_with_the_same_verdict_the_one_furthest_above_an_even_spread_is_named(
    figures: RoleFigures,
) -> None:
    said, named = verdict(figures)
    assert named in figures.layers
    if not said.startswith("unclear"):
        same = [layer for layer in figures.layers if corners(layer) == {said}]
        assert named.excess.mean == max(layer.excess.mean for layer in same)


def test_a_role_that_no_text_has_is_not_judged() -> None:
    note, layer = subject_verdict(Subject("cls", "[CLS]", "role"), RoleFigures(0, ()))
    assert (note.id, layer) == ("no-text", None)
    assert note.is_verdict


def figures(*shares: Made) -> RoleFigures:
    """A token with these shares by layer; an equal share gives it a tenth."""
    return RoleFigures(20, probed({}, shares=shares, piles=(1.0,) * len(shares)).layers)


@pytest.mark.parametrize("subject", [Subject("cls", "[CLS]", "role"), COMMA, FIRST])
@pytest.mark.parametrize(
    ("share", "id"),
    [
        (0.38, "N1"),  # .28 / .9 = .31
        (0.36, "N1d"),  # .26 / .9 = .29
        ((0.6, 0.5, 0.7), "N1"),
        ((0.5, 0.36, 0.7), "unclear"),
        ((0.5, 0.38, 0.7), "unclear"),  # of two layers one is high by luck more often
        (0.15, "N1d"),
        ((0.15, 0.11, 0.2), "unclear-raised"),
        (0.14, "N1b"),
        (0.1, "N1b-below"),
        (0.02, "N1b-below"),
    ],
)
def test_every_token_is_judged_by_the_same_rule_and_in_the_same_words(
    subject: Subject, share: Made, id: str
) -> None:
    note, _ = subject_verdict(subject, figures(0.1, share))
    assert note.id == id
    assert note.is_verdict
    assert (note.role, note.token) == (subject.key, subject.token)
    assert note.is_special == (subject.kind == "role")


def test_the_lower_end_of_a_token_found_among_many_is_moved_down_further() -> None:
    made = figures(0.1, (0.6, 0.5, 0.7))
    alone, among = (replace(made, n_tried=n).judged[1].excess.low for n in (1, 1000))
    assert made.layers[1].excess.low > alone > among > 0


def test_a_full_stop_at_78_percent_is_called_what_a_special_token_at_61_is_called() -> None:
    stop, _ = subject_verdict(Subject("token:。", "。", "token"), figures(0.1, (0.78, 0.7, 0.86)))
    cls, _ = subject_verdict(Subject("cls", "[CLS]", "role"), figures(0.1, (0.61, 0.58, 0.64)))
    assert (stop.id, stop.verdict) == (cls.id, cls.verdict) == ("N1", "sink")


def judged(verdict: SinkVerdict, role: str) -> Note:
    values = {"layer": 3, "self_share": 0.05, "share": 0.6}
    return Note("id", role, f"[{role.upper()}]", values, (), "verdict", verdict=verdict)


def test_each_saying_is_answered_where_it_would_be_heard() -> None:
    sinks = [judged("sink", "cls"), judged("sink", "sep")]
    assert [note.id for note in caution_notes(sinks, True, OUTPUT)] == ["N10", "N11"]
    assert [note.id for note in caution_notes(sinks, False, OUTPUT)] == ["N11"]
    others = [
        judged(verdict, role)
        for verdict in ("raised", "none", "unclear")
        for role in ("cls", "sep")
    ]
    assert caution_notes(others, True, OUTPUT) == []
    assert caution_notes([judged("sink", "bos")], True, OUTPUT) == []


def test_the_separators_own_weight_is_the_models_and_not_that_of_a_study() -> None:
    (note,) = caution_notes([judged("sink", "sep")], False, OUTPUT)
    assert note.values == {"layer": 3, "self_share": 0.05}
