"""Small figures in table cells: a value is where the scale says, its interval around it."""

import pytest
from bs4 import BeautifulSoup

from reportgen.findings import Interval
from reportgen.report import load_language
from reportgen.report.charts import axis, bar, correlation_scale, dot, interval_text, log_scale

EN = load_language("en")
LEFT, RIGHT = 14, 226


def svg_of(markup):
    return BeautifulSoup(markup, "html.parser").svg


@pytest.mark.parametrize(
    ("value", "share"), [(0.01, 0), (0.1, 0.25), (1, 0.5), (10, 0.75), (100, 1), (1e9, 1), (0, 0)]
)
def test_ratios_lie_by_powers_of_ten(value, share):
    assert log_scale().at(value) == pytest.approx(LEFT + share * (RIGHT - LEFT))


@pytest.mark.parametrize(
    ("lowest", "low"), [(0.2, 0.0), (0.0, 0.0), (-0.1, -0.5), (-0.5, -0.5), (-0.51, -1.0)]
)
def test_correlations_run_from_the_half_below_the_lowest_to_1(lowest, low):
    scale = correlation_scale(lowest)
    assert (scale.low, scale.high) == (low, 1.0)
    assert scale.at(1.0) == RIGHT
    assert scale.at((low + 1) / 2) == pytest.approx((LEFT + RIGHT) / 2)
    assert [value for value, _ in scale.marks] == pytest.approx(
        [low + i / 2 for i in range(round(2 * (1 - low)) + 1)]
    )


def test_the_axis_names_its_marks_with_a_true_minus():
    names = [text.text for text in svg_of(axis(correlation_scale(-0.2))).find_all("text")]
    assert names == ["−0.5", "0", "0.5", "1"]


@pytest.mark.parametrize("value", [0.8, -0.3])
def test_a_bar_runs_from_0_to_its_value(value):
    scale = correlation_scale(-0.5)
    drawn = svg_of(bar(scale, value, Interval(value - 0.1, value + 0.1), 0.5, colour=0))
    left, width = float(drawn.rect["x"]), float(drawn.rect["width"])
    ends = sorted((scale.at(0), scale.at(value)))
    assert [left, left + width] == pytest.approx(ends, abs=0.11)
    whisker = drawn.find_all("path")[-1]["d"]
    assert whisker.startswith(f"M{scale.at(value - 0.1):.1f} 11H{scale.at(value + 0.1):.1f}")
    dashed = drawn.find("path", attrs={"stroke-dasharray": True})
    assert dashed["d"].startswith(f"M{scale.at(0.5):.1f} ")


def test_what_others_are_held_against_is_an_outline_without_a_limit():
    drawn = svg_of(bar(correlation_scale(0), 0.4, colour=None))
    assert drawn.rect["fill"] == "none"
    assert drawn.find("path", attrs={"stroke-dasharray": True}) is None
    assert len(drawn.find_all("path")) == 2  # the marks and 0, no whisker


def test_a_dot_beyond_the_scale_is_an_arrow_that_points_there():
    scale = log_scale()
    inside = svg_of(dot(scale, 0.1, None))
    assert float(inside.circle["cx"]) == pytest.approx(scale.at(0.1))
    below, above = svg_of(dot(scale, 0.001, None)), svg_of(dot(scale, 1000, None))
    assert below.circle is above.circle is None
    assert below.find("path", class_="r0")["d"].startswith(f"M{LEFT} 5l-7 6")
    assert above.find("path", class_="r0")["d"].startswith(f"M{RIGHT} 5l7 6")


def test_an_interval_in_words():
    assert interval_text(Interval(-0.1, 0.25), 2, EN) == "[−0.10, 0.25]"
    assert interval_text(None, 2, EN) == ""
