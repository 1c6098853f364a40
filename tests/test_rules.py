"""The decision table: one verdict a role, whatever the figures; and each note when it is due."""

from dataclasses import replace
from pathlib import Path

import pytest
from factories import HEADLINES, make_results
from hypothesis import given
from hypothesis import strategies as st
from role_tables import far_apart, same_in_every_text, with_roles

from reportgen.info import Role
from reportgen.notes.figures import Interval, LayerFigures, RoleFigures
from reportgen.notes.rules import (
    BRUNNER,
    CLARK,
    GU,
    KOVALEVA,
    THRESHOLDS,
    VERDICTS,
    Note,
    corpus_notes,
    standing,
    text_notes,
    verdict,
)
from reportgen.results import Results

LONG = "x" * 64  # 32 tokens of two code points; with [CLS] and [SEP] more than the head size, 32


def truth(share: float, ratio: float) -> str:
    """The verdict if the figures were known exactly."""
    if share >= 0.30 and ratio >= 3:
        return "N1"
    return "N1d" if ratio >= 1.5 else "N1b"


def around(value: float, below: float, above: float) -> Interval:
    return Interval(value * (1 - below), value * (1 + above))


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
        share=share,
        expected=expected,
        ratio=share / expected,
        self_share=0.1,
        share_range=Interval(0, 1),
        expected_range=Interval(0, 1),
        share_interval=around(share, *draw(spread)),
        ratio_interval=around(share / expected, *draw(spread)),
    )


@st.composite
def models(draw: st.DrawFn) -> RoleFigures:
    n = draw(st.integers(1, 6))
    return RoleFigures(20, tuple(draw(layers(layer)) for layer in range(1, n + 1)))


def corners(layer: LayerFigures) -> set[str]:
    """Every verdict that some point inside the intervals would get."""
    assert layer.share_interval is not None
    assert layer.ratio_interval is not None
    return {truth(share, ratio) for share in layer.share_interval for ratio in layer.ratio_interval}


@given(layers())
def test_a_layer_has_the_one_verdict_of_its_whole_interval_or_is_unclear(
    layer: LayerFigures,
) -> None:
    assert layer.share_interval is not None
    assert layer.ratio_interval is not None
    possible = corners(layer)
    said = VERDICTS[standing(layer.share_interval, layer.ratio_interval)]
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
        assert named.ratio == max(layer.ratio for layer in figures.layers)


@given(models())
def test_of_layers_with_the_same_verdict_the_one_furthest_above_an_even_spread_is_named(
    figures: RoleFigures,
) -> None:
    said, named = verdict(figures)
    assert named in figures.layers
    if not said.startswith("unclear"):
        same = [layer for layer in figures.layers if corners(layer) == {said}]
        assert named.ratio == max(layer.ratio for layer in same)


def verdicts(results: Results) -> dict[str | None, str]:
    return {note.role: note.id for note in corpus_notes(results) if note.is_verdict}


def by_id(notes: tuple[Note, ...]) -> dict[str, Note]:
    return {note.id: note for note in notes}


@pytest.mark.parametrize("sink", [0.0, 0.1, 0.2, 0.25, 0.3, 0.6, 0.99])
@pytest.mark.parametrize("n", [1, 4, 5, 6])
def test_every_role_has_exactly_one_verdict(tmp_path: Path, sink: float, n: int) -> None:
    results = make_results(tmp_path, HEADLINES[:n], sink=sink)
    roles = [note.role for note in corpus_notes(results) if note.is_verdict]
    assert roles == ["cls", "sep"]


@pytest.mark.parametrize(
    ("share", "expected", "id"),
    [
        (0.60, 0.08, "N1"),
        (0.31, 0.10, "N1"),
        (0.29, 0.01, "N1d"),  # 29 times an even spread, but under 30 %
        (0.45, 0.20, "N1d"),  # short texts: over 30 %, but not three times an even spread
        (0.16, 0.10, "N1d"),
        (0.14, 0.10, "N1b"),
        (0.02, 0.08, "N1b"),
        (0.40, 0.40, "N1b"),  # five tokens, two of them special: 40 % is an even spread
    ],
)
def test_the_verdict_follows_both_thresholds(
    tmp_path: Path, share: float, expected: float, id: str
) -> None:
    results = with_roles(make_results(tmp_path), same_in_every_text(share, expected))
    assert verdicts(results) == {"cls": id, "sep": id}
    note = by_id(corpus_notes(results))[id]
    assert note.values["layer"] == (2 if share > expected else 1)
    assert note.values["n_texts"] == 6


def test_an_interval_across_a_threshold_is_unclear(tmp_path: Path) -> None:
    results = with_roles(make_results(tmp_path), far_apart())
    note = by_id(corpus_notes(results))["unclear"]
    assert float(note.values["share_low"]) < 0.3 < float(note.values["share"])


def test_where_a_sink_is_ruled_out_only_the_raised_share_can_be_unclear(tmp_path: Path) -> None:
    results = with_roles(make_results(tmp_path), far_apart(low=0.05, high=0.1))
    assert verdicts(results) == {"cls": "unclear-raised", "sep": "unclear-raised"}


def test_a_sink_carries_its_figures_and_sources(tmp_path: Path) -> None:
    results = make_results(tmp_path, sink=0.6)
    notes = corpus_notes(results)
    note = by_id(notes)["N1"]
    assert (note.role, note.token) == ("cls", "[CLS]")
    assert note.citations == (CLARK, KOVALEVA, GU)
    rows = results.roles[results.roles["role"] == "cls"].groupby("layer")[["share", "expected"]]
    means = rows.mean()
    layer = int((means["share"] / means["expected"]).idxmax())
    assert note.values["layer"] == layer
    assert note.values["share"] == pytest.approx(float(means["share"][layer]), rel=1e-6)
    assert note.values["share_low"] < note.values["share"] < note.values["share_high"]  # type: ignore[operator]
    assert verdicts(results)["sep"] == "N1b"


def test_fewer_than_five_texts_get_measurements_and_no_verdict(tmp_path: Path) -> None:
    results = make_results(tmp_path, HEADLINES[:4], sink=0.6)
    assert verdicts(results) == {"cls": "few", "sep": "few"}
    values = by_id(corpus_notes(results)[:1])["few"].values
    rows = results.roles[
        (results.roles["role"] == "cls") & (results.roles["layer"] == values["layer"])
    ]
    assert values["share_min"] == pytest.approx(float(rows["share"].min()))
    assert values["share_max"] == pytest.approx(float(rows["share"].max()))
    assert "share_low" not in values


def test_short_texts_do_not_count_towards_a_verdict(tmp_path: Path) -> None:
    results = make_results(tmp_path, (*HEADLINES[:4], "ab", "cd"), sink=0.6)
    assert verdicts(results) == {"cls": "few", "sep": "few"}
    note = by_id(corpus_notes(results))["N16"]
    assert (note.values["n_short"], note.values["n_analysed"]) == (2, 6)


def test_without_a_text_long_enough_that_is_said(tmp_path: Path) -> None:
    results = make_results(tmp_path, ("ab", "cd", ""))
    assert verdicts(results) == {"cls": "no-text", "sep": "no-text"}


def test_a_model_without_special_tokens_has_that_for_a_verdict(tmp_path: Path) -> None:
    results = make_results(tmp_path, special=False)
    assert verdicts(results) == {None: "no-special"}


def test_the_boundary_note_stands_only_with_a_sink_on_the_separator(tmp_path: Path) -> None:
    sink = with_roles(make_results(tmp_path / "sink"), same_in_every_text(0.6))
    notes = [note for note in corpus_notes(sink) if note.id == "N11"]
    assert [note.role for note in notes] == ["sep"]
    assert notes[0].values["self_share"] == pytest.approx(0.05)
    assert notes[0].citations == (CLARK,)
    # A sink on [CLS] alone, and a raised [SEP], call for no such note.
    cls_only = make_results(tmp_path / "cls", sink=0.6)
    raised = with_roles(make_results(tmp_path / "raised"), same_in_every_text(0.2))
    for results in (cls_only, raised):
        assert "N11" not in by_id(corpus_notes(results))


def test_the_boundary_note_is_about_separators_by_role_and_not_by_name(tmp_path: Path) -> None:
    results = make_results(tmp_path)
    roles = (Role("cls", "<s>"), Role("sep", "</s>"))
    renamed = Results(results.folder, replace(results.info, roles=roles))
    note = by_id(corpus_notes(with_roles(renamed, same_in_every_text(0.6))))["N11"]
    assert note.token == "</s>"


def test_the_spread_is_the_mean_over_texts(tmp_path: Path) -> None:
    results = make_results(tmp_path)
    texts = results.texts
    values = by_id(corpus_notes(results))["N15"].values
    for name in ("effective_tokens", "effective_content", "n_tokens", "n_content"):
        assert values[name] == pytest.approx(sum(texts[name].tolist()) / len(texts))


def test_the_spread_has_no_half_on_content_where_all_is_content(tmp_path: Path) -> None:
    notes = by_id(corpus_notes(make_results(tmp_path, special=False)))
    assert "N15" not in notes
    assert "effective_content" not in notes["N15-tokens"].values


def test_texts_whose_content_gets_no_attention_have_no_spread_over_content(tmp_path: Path) -> None:
    results = make_results(tmp_path)
    results.texts["effective_content"] = float("nan")
    assert "N15-tokens" in by_id(corpus_notes(results))
    assert "N15-tokens" in by_id(text_notes(results, 0))


def test_texts_longer_than_the_head_size_are_counted_once(tmp_path: Path) -> None:
    results = make_results(tmp_path, (*HEADLINES, LONG, LONG[:-4]))
    note = by_id(corpus_notes(results))["N17"]
    assert (note.values["n_long"], note.values["n_analysed"]) == (1, 8)
    assert note.citations == (BRUNNER,)
    assert "N17" not in by_id(corpus_notes(make_results(tmp_path / "short")))


def test_a_text_has_only_its_own_notes(tmp_path: Path) -> None:
    texts = (HEADLINES[0], "ab", LONG, "", "abcdefgh")
    results = make_results(tmp_path, texts, sink=0.6, failed=(4,))
    ids = [[note.id for note in text_notes(results, text)] for text in range(5)]
    assert ids == [["N15"], ["N16-text"], ["N15", "N17-text"], [], []]
    assert not any(note.is_verdict for text in range(5) for note in text_notes(results, text))


def test_the_same_results_give_the_same_notes(tmp_path: Path) -> None:
    results = make_results(tmp_path, sink=0.25)
    assert corpus_notes(results) == corpus_notes(results)


def test_every_threshold_is_listed_once() -> None:
    ids = [threshold.id for threshold in THRESHOLDS]
    assert len(ids) == len(set(ids))
    values = {threshold.id: threshold.value for threshold in THRESHOLDS}
    assert (values["sink_share"], values["sink_ratio"], values["raised_ratio"]) == (0.3, 3, 1.5)
