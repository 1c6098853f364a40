"""What moves the output beside what attention points to."""

from dataclasses import replace

import numpy as np
import pytest
from factories import HEADLINES, make_results

from reportgen.report.language.strings import load_language
from reportgen.report.panel.measures import TextMeasure, measures, text_effects
from reportgen.report.panel.strongest import compare
from reportgen.results.units import text_units

EN = load_language("en")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return make_results(tmp_path_factory.mktemp("results"), HEADLINES, evidence="basic")


def compared(results, text=0, spread=None):
    units = text_units(results, text)
    labels = [unit.label for unit in units.units]
    effects = text_effects(results, text, units.unit_of)
    found = measures(results.info, units, labels, effects, EN)
    return compare(found, labels, "“score”", EN, places=[""] * len(labels), spread=spread)


def ordered(points, moves, values=None, is_causal=False, spread=None):
    """Both lists of ten content units, given the order of each; `values` are the effects."""
    attention = TextMeasure(
        id="received_all",
        kind="attention",
        name="attention received",
        values=np.zeros(10),
        ratios=np.ones(10),
        steps=(0,) * 10,
        shown=("10.0\u00a0%",) * 10,
        order=tuple(points),
        legend="",
        flat="",
    )
    deletion = replace(
        attention,
        id="deletion",
        kind="signed",
        values=np.zeros(10) if values is None else values,
        ratios=None,
        shown=("+0.1",) * 10,
        order=moves,
    )
    found = (attention, deletion)
    places = ("", "2nd", *[""] * 8)
    return compare(
        found, "abcdefghij", "“score”", EN, places=places, is_causal=is_causal, spread=spread
    )


def test_both_lists_are_the_five_largest_of_their_columns(results):
    tokens = results.tokens_of(0)
    content = tokens[~tokens["is_special"].astype(bool)]
    shown = compared(results)
    norms = content["received_norm_all"].astype(float).sort_values(ascending=False)[:5]
    assert [u.index for u in shown.points.units] == content.loc[norms.index, "position"].tolist()
    assert [u.value for u in shown.points.units] == [f"{100 * v:.1f}\u00a0%" for v in norms]
    mean = content["received_norm_all"].astype(float).mean()
    assert [u.ratio for u in shown.points.units] == [f"{v / mean:.1f}×" for v in norms]
    effects = results.effects_of(0).set_index("position")["deletion"].dropna()
    most = effects.reindex(effects.abs().sort_values(ascending=False).index)[:5]
    assert [u.index for u in shown.moves.units] == most.index.tolist()
    assert [u.value for u in shown.moves.units] == [
        f"{v:+.3f}".replace("-", "−") for v in most.astype(float)
    ]


def test_what_stands_in_one_list_only_is_marked():
    shown = ordered([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], (4, 9, 8, 0, 1, 2, 3, 5, 6, 7))
    assert [u.label for u in shown.points.units if u.is_only_here] == ["c", "d"]
    assert [u.label for u in shown.moves.units if u.is_only_here] == ["j", "i"]
    assert shown.shared == ("3 of 5 are in both lists (by chance: about 2.5).")


def test_a_short_text_says_that_both_lists_hold_all_of_it():
    shown = ordered([0, 1, 2], (2, 1, 0))
    assert not any(u.is_only_here for u in (*shown.points.units, *shown.moves.units))
    assert shown.shared.startswith("With 3 content tokens both lists hold all of them")


def test_where_nothing_moves_the_output_that_is_said():
    shown = ordered(range(10), ())
    assert shown.moves.units == ()
    assert not any(unit.is_only_here for unit in shown.points.units)
    assert shown.shared == "Nothing that was left out moved the output."


def test_without_deletion_effects_there_is_one_list_and_nothing_marked(tmp_path):
    shown = compared(make_results(tmp_path, HEADLINES[:1]))
    assert (shown.moves, shown.shared) == (None, "")
    assert len(shown.points.units) == 5
    assert not any(unit.is_only_here for unit in shown.points.units)


def test_a_flat_text_says_so_above_its_list(tmp_path):
    shown = compared(make_results(tmp_path, ("ab",)))
    assert shown.points.lead.endswith("Nearly even: no content token stands out.")


def test_the_lists_say_what_their_figures_are(results, tmp_path):
    shown = compared(results)
    assert shown.moves.lead.startswith("How far “score” falls when the token is left out: +")
    assert shown.points.lead.startswith("Share of norm-weighted attention")
    embedding = make_results(tmp_path, HEADLINES, kind="embedding", evidence="basic")
    assert "it has no sign" in compared(embedding).moves.lead


def test_what_was_never_left_out_is_not_said_to_stand_in_one_list_only():
    """Such as the token whose log-probability is explained."""
    moves = np.zeros(10)
    moves[2] = np.nan
    shown = ordered([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], (4, 9, 8, 0, 1, 3, 5, 6, 7), moves)
    assert [u.label for u in shown.points.units if u.is_only_here] == ["d"]


def test_a_causal_models_multiples_are_said_to_be_over_an_even_spread():
    assert "even spread" not in ordered(range(10), tuple(range(10))).points.lead
    shown = ordered(range(10), tuple(range(10)), is_causal=True)
    assert "that over its even spread" in shown.points.lead


def test_a_place_stands_with_its_token_in_both_lists():
    shown = ordered(range(10), (3, 1, 0))
    for found in (shown.points, shown.moves):
        assert [(u.label, u.place) for u in found.units if u.place] == [("b", "2nd")]


def test_a_text_that_hardly_anything_moves_is_said_to_be_one():
    values = np.array([0.01, -0.049, *[0.0] * 8])
    said = ordered(range(10), (1, 0), values, spread=1.0).moves.still
    assert said == (
        "No single token matters much here: the largest effect is 0.04900, while the scores of "
        "all texts span 1.000."
    )
    values[1] = -0.051
    assert ordered(range(10), (1, 0), values, spread=1.0).moves.still == ""
    assert ordered(range(10), (1, 0), values, spread=None).moves.still == ""
    assert ordered(range(10), (), values, spread=9.0).moves.still == ""
