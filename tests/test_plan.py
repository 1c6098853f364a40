"""The size plan: what is kept, in which order, and that the limit holds."""

from hypothesis import given
from hypothesis import strategies as st

from reportgen.report.plan import Cost, Level, plan, size_of

COST = Cost(line=10, figures=100, layers=200, heads=1000)


def test_everything_is_kept_where_it_fits():
    assert plan(500, [COST, COST], 500 + 2 * 1100) == (Level.HEADS, Level.HEADS)


def test_one_byte_less_takes_the_heads_of_the_last_text():
    assert plan(500, [COST, COST], 500 + 2 * 1100 - 1) == (Level.HEADS, Level.LAYERS)


def test_every_text_has_layer_means_before_any_has_heads():
    assert plan(0, [COST] * 3, 3 * 300 + 799) == (Level.LAYERS,) * 3
    assert plan(0, [COST] * 3, 3 * 300 + 800) == (Level.HEADS, Level.LAYERS, Level.LAYERS)


def test_every_text_has_figures_before_any_has_maps():
    assert plan(0, [COST] * 3, 3 * 100 + 199) == (Level.FIGURES,) * 3


def test_a_text_without_maps_stays_at_its_figures():
    bare = Cost(line=10, figures=100, layers=None, heads=None)
    assert plan(0, [bare, COST], 10_000) == (Level.FIGURES, Level.HEADS)


def test_a_long_text_does_not_keep_later_ones_from_their_heads():
    long = Cost(line=10, figures=100, layers=200, heads=90_000)
    assert plan(0, [long, COST], 2000) == (Level.LAYERS, Level.HEADS)


def test_lines_are_never_left_out_even_over_the_limit():
    assert plan(500, [COST] * 4, 0) == (Level.LINE,) * 4
    assert size_of(500, [COST] * 4, [Level.LINE] * 4) == 540


costs = st.builds(
    lambda line, figures, layers, heads: Cost(
        line, line + figures, layers, None if layers is None else layers + heads
    ),
    st.integers(0, 50),
    st.integers(0, 500),
    st.none() | st.integers(0, 500),
    st.integers(0, 5000),
)


@given(st.integers(0, 1000), st.lists(costs, max_size=20), st.integers(0, 20_000))
def test_the_limit_holds_unless_the_lines_alone_pass_it(base, given_costs, limit):
    size = size_of(base, given_costs, plan(base, given_costs, limit))
    assert size <= max(limit, base + sum(cost.line for cost in given_costs))
