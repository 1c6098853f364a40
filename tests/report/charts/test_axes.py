"""Round values for axes."""

from itertools import pairwise

import pytest

from reportgen.report.charts import round_values, ticks


@pytest.mark.parametrize("top", [1e-4, 0.013, 0.07, 0.2, 0.333, 0.99, 1.0, 11.4])
def test_ticks_start_at_zero_and_reach_the_top(top):
    values = ticks(top)
    assert values[0] == 0
    assert values[-2] < top * (1 + 1e-9) <= values[-1] * (1 + 1e-6)
    assert 3 <= len(values) <= 6


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3.2, 8.1), (0.001, 0.0013), (5, 5), (0, 0)])
def test_round_values_enclose_both_ends(low, high):
    values = round_values(low, high)
    assert values[0] <= low
    assert values[-1] >= high
    assert 2 <= len(values) <= 9
    steps = [b - a for a, b in pairwise(values)]
    assert steps == pytest.approx([steps[0]] * len(steps))
