"""One verdict a role, whatever the figures; and what else attention piles up on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_figures import COMMA, FIRST, OUTPUT, Made, probed

from reportgen.findings.attention import LayerFigures, RoleFigures
from reportgen.findings.notes.citations import CLARK
from reportgen.findings.notes.note import Note, Verdict
from reportgen.findings.notes.verdicts import (
    VERDICTS,
    caution_notes,
    other_sink,
    role_verdict,
    standing,
    verdict,
)
from reportgen.findings.statistics import Estimate, Interval
from reportgen.results.info import Role


def truth(share: float, ratio: float) -> str:
    """The verdict if the figures were known exactly."""
    if share >= 0.30 and ratio >= 3:
        return "N1"
    return "N1d" if ratio >= 1.5 else "N1b"


def around(value: float, below: float, above: float) -> Estimate:
    return Estimate(value, Interval(value * (1 - below), value * (1 + above)), 20)


@st.composite
def layers(draw: st.DrawFn, layer: int = 1) -> LayerFigures:
    """A layer with any share, even spread and interval, often right at a threshold."""
    share = draw(st.floats(0, 1) | st.sampled_from([0.3, 0.29999, 0.6]))
    expected = draw(st.floats(0.001, 1) | st.sampled_from([share / 3, share / 1.5]))
    expected = max(expected, 0.001)
    widths = st.floats(0, 0.9) | st.just(0.0)
    spread = st.tuples(widths, widths)
    return LayerFigures(
        layer=layer,
        share=around(share, *draw(spread)),
        expected=expected,
        ratio=around(share / expected, *draw(spread)),
    )


@st.composite
def models(draw: st.DrawFn) -> RoleFigures:
    n = draw(st.integers(1, 6))
    return RoleFigures(20, tuple(draw(layers(layer)) for layer in range(1, n + 1)))


def corners(layer: LayerFigures) -> set[str]:
    """Every verdict that some point inside the intervals would get."""
    assert layer.share.interval is not None
    assert layer.ratio.interval is not None
    return {truth(share, ratio) for share in layer.share.interval for ratio in layer.ratio.interval}


@given(layers())
def test_a_layer_has_the_one_verdict_of_its_whole_interval_or_is_unclear(
    layer: LayerFigures,
) -> None:
    assert layer.share.interval is not None
    assert layer.ratio.interval is not None
    possible = corners(layer)
    said = VERDICTS[standing(layer.share.interval, layer.ratio.interval)]
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
        assert named.ratio.mean == max(layer.ratio.mean for layer in figures.layers)


@given(models())
def test_of_layers_with_the_same_verdict_the_one_furthest_above_an_even_spread_is_named(
    figures: RoleFigures,
) -> None:
    said, named = verdict(figures)
    assert named in figures.layers
    if not said.startswith("unclear"):
        same = [layer for layer in figures.layers if corners(layer) == {said}]
        assert named.ratio.mean == max(layer.ratio.mean for layer in same)


def test_a_role_that_no_text_has_is_not_judged() -> None:
    note, layer = role_verdict(Role("cls", "[CLS]"), RoleFigures(0, ()))
    assert (note.id, layer) == ("no-text", None)
    assert note.is_verdict


@pytest.mark.parametrize(
    ("pile", "id"),
    [
        (3.0, "N1c"),
        (2.99, None),
        ((4.0, 3.3, 5.0), "N1c"),
        ((4.0, 3.05, 5.0), "N1c-unclear"),  # of two layers one is high by luck more often
        ((3.5, 2.9, 4.0), "N1c-unclear"),
        ((2.5, 2.0, 3.0), "N1c-unclear"),
        ((9.0, None), "N1c-few"),
    ],
)
def test_another_token_is_named_where_attention_piles_up_on_it(pile: Made, id: str | None) -> None:
    note = other_sink(probed({}, COMMA, piles=(1.0, pile)))
    assert (note and note.id) == id


def test_another_token_carries_the_figures_of_its_strongest_layer() -> None:
    figures = probed({}, FIRST, shares=(0.2, 0.5, 0.3), piles=(3.0, 9.0, 4.0))
    note = other_sink(figures)
    assert note is not None
    assert (note.values["layer"], note.values["share"]) == (2, 0.5)
    assert (note.role, note.token, note.is_special) == ("first", "", False)
    assert not note.is_verdict
    assert CLARK in note.citations


@pytest.mark.parametrize(
    ("value", "also"),
    [
        (0.5, ("N1c-sink",)),
        (0.51, ()),
        ((0.4, 0.3, 0.5), ("N1c-sink",)),
        ((0.4, 0.3, 0.6), ()),  # what is said of its length says that it is unclear
        ((0.4, None), ()),
        (None, ("N1c-unmeasured",)),
    ],
)
def test_another_token_behaves_like_a_sink_only_if_what_it_passes_on_is_short(
    value: Made | None, also: tuple[str, ...]
) -> None:
    note = other_sink(probed({}, COMMA, piles=(1.0, 4.0), value=value))
    assert note is not None
    assert (note.id, note.also) == ("N1c", also)
    assert (CLARK in note.citations) == ("N1c-sink" in also)


def judged(verdict: Verdict, role: str) -> Note:
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
