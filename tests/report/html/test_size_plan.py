"""The size plan: what is kept, in which order, and that the limit holds."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.report.html import Level, plan


@dataclass(frozen=True)
class Cost:
    line: int = 10
    colours: int | None = 20
    figures: int | None = 70
    layers: int | None = 200
    heads: int | None = 1000


class Known:
    """Costs as they are given; says what was asked for."""

    def __init__(self, costs):
        self.costs = costs
        self.asked = set()

    def __call__(self, text, level):
        name = level.name.lower()
        self.asked.add((name, text))
        return getattr(self.costs[text], name)


COST = Cost()
WHOLE = 1100


def planned(costs, room, order=None):
    order = range(len(costs)) if order is None else order
    levels = plan(Known(costs), order, room)
    return [levels.get(text, Level.ABSENT) for text in range(len(costs))]


def size(costs, levels):
    total = 0
    for cost, level in zip(costs, levels, strict=True):
        total += cost.line * (level >= Level.LINE)
        total += (cost.colours or 0) * (level >= Level.COLOURS)
        total += (cost.figures or 0) * (level >= Level.FIGURES)
        total += (cost.layers or 0) * (level == Level.LAYERS)
        total += (cost.heads or 0) * (level == Level.HEADS)
    return total


def test_everything_is_kept_where_it_fits():
    assert planned([COST] * 2, 2 * WHOLE) == [Level.HEADS] * 2


def test_one_byte_less_takes_the_heads_of_the_last_text():
    assert planned([COST] * 2, 2 * WHOLE - 1) == [Level.HEADS, Level.LAYERS]


def test_the_first_in_order_come_first():
    levels = planned([COST] * 3, 1700, order=(2, 0, 1))
    assert levels == [Level.LAYERS, Level.LAYERS, Level.HEADS]
    levels = planned([COST] * 3, 600, order=(2, 0, 1))
    assert levels == [Level.FIGURES, Level.FIGURES, Level.LAYERS]


def test_few_texts_have_layer_means_before_any_has_heads():
    assert planned([COST] * 3, 3 * 300 + 799) == [Level.LAYERS] * 3
    assert planned([COST] * 3, 3 * 300 + 800) == [Level.HEADS, Level.LAYERS, Level.LAYERS]


def test_few_texts_have_figures_before_any_has_maps():
    assert planned([COST] * 3, 3 * 100 + 199) == [Level.FIGURES] * 3


def test_of_many_texts_all_are_coloured_before_others_than_those_to_start_with_have_figures():
    levels = planned([COST] * 1000, 50_000)
    left = 50_000 - 10_000 - 8 * 1090 - 992 * 20
    assert levels[:8] == [Level.HEADS] * 8
    whole = 8 + left * 2 // 5 // 1070
    assert levels[8:whole] == [Level.HEADS] * (whole - 8)
    n_figures = (left - (whole - 8) * 1070) // 70
    assert levels[whole : whole + n_figures] == [Level.FIGURES] * n_figures
    assert set(levels[whole + n_figures :]) == {Level.COLOURS}


def test_without_room_for_the_colours_of_all_the_first_have_them():
    levels = planned([COST] * 1000, 30_000)
    n_coloured = (30_000 - 10_000 - 7 * 1090) // 20
    assert levels[:7] == [Level.HEADS] * 7  # two fifths of 20,000
    assert levels[7 : 7 + n_coloured] == [Level.COLOURS] * n_coloured
    assert set(levels[7 + n_coloured :]) == {Level.LINE}


def test_too_many_texts_are_absent_but_for_a_sixth_of_the_room():
    levels = planned([COST] * 100_000, 30_000)
    left = 30_000 - 500 * 10 - 8 * 1090 - 492 * 20
    whole = 8 + left * 2 // 5 // 1070
    assert levels[:whole] == [Level.HEADS] * whole
    n_coloured = 500 + (left - (whole - 8) * 1070) // 30  # with the line that they had not
    assert levels[whole:n_coloured] == [Level.COLOURS] * (n_coloured - whole)
    assert set(levels[n_coloured + 3 :]) == {Level.ABSENT}  # the rest of the room holds 2 lines


def test_the_first_three_hundred_lines_are_never_left_out_even_over_the_limit():
    assert planned([COST] * 400, 0) == [Level.LINE] * 300 + [Level.ABSENT] * 100


def test_a_text_without_maps_stays_at_its_figures_and_one_without_figures_at_its_line():
    bare, empty = (
        Cost(layers=None, heads=None),
        Cost(colours=None, figures=None, layers=None, heads=None),
    )
    assert planned([bare, empty, COST], 10_000) == [Level.FIGURES, Level.LINE, Level.HEADS]


def test_a_long_text_does_not_keep_later_ones_from_their_heads():
    assert planned([Cost(heads=90_000), COST], 2000) == [Level.LAYERS, Level.HEADS]


@pytest.mark.parametrize("count", [1000, 20_000])
@pytest.mark.parametrize("cost", [COST, Cost(layers=None, heads=None)], ids=["maps", "no maps"])
def test_no_more_is_asked_for_than_there_is_room(count, cost):
    costs = Known([cost] * count)
    plan(costs, range(count), 50_000)
    assert len({text for name, text in costs.asked if name == "figures"}) < 400
    assert len({text for name, text in costs.asked if name == "layers"}) < 400
    assert len([name for name, _ in costs.asked if name != "heads"]) < 4000


def test_layer_means_are_not_made_where_all_heads_fit():
    costs = Known([COST] * 20)
    plan(costs, range(20), 20 * WHOLE)
    assert not [text for name, text in costs.asked if name == "layers"]


costs = st.builds(
    lambda line, colours, figures, layers, heads: Cost(
        line,
        None if figures is None else colours,
        figures,
        None if figures is None else layers,
        None if layers is None or figures is None else layers + heads,
    ),
    st.integers(0, 50),
    st.integers(0, 200),
    st.none() | st.integers(0, 500),
    st.none() | st.integers(0, 500),
    st.integers(0, 5000),
)


@given(st.lists(costs, max_size=20), st.integers(0, 20_000))
def test_the_limit_holds_unless_the_lines_alone_pass_it(given_costs, room):
    levels = planned(given_costs, room)
    assert size(given_costs, levels) <= max(room, sum(cost.line for cost in given_costs))
    assert Level.ABSENT not in levels
