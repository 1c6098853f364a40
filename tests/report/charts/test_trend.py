"""The line of a figure over several models."""

import re

from bs4 import BeautifulSoup

from reportgen.findings import Interval
from reportgen.report.charts import Axis, DashedLine, trend_chart
from reportgen.report.charts.trend_charts import ANSWER, trend


def drawn(values, intervals=None):
    svg = BeautifulSoup(trend(values, intervals or [None] * len(values)), "html.parser").svg
    bars, line = (path["d"] for path in svg.find_all("path"))
    return svg, bars, line, [float(circle["cy"]) for circle in svg.find_all("circle")]


def test_points_lie_by_their_values_from_the_lowest_to_the_highest():
    svg, bars, line, heights = drawn([0.0, 1.0, 0.5])
    low, high, middle = heights
    assert low > middle > high  # y runs downwards
    assert middle == (low + high) / 2
    assert [float(circle["cx"]) for circle in svg.find_all("circle")] == [5, 23, 41]
    assert line.count("L") == 2
    assert bars == ""


def test_the_scale_holds_intervals_so_that_noise_looks_small():
    _, _, _, alone = drawn([1.0, 1.1])
    _, bars, _, beside = drawn([1.0, 1.1], [None, Interval(0.1, 2.1)])
    assert abs(beside[0] - beside[1]) < 0.1 * abs(alone[0] - alone[1])
    ends = [float(y) for y in re.fullmatch(r"M23 ([\d.]+)V([\d.]+)", bars).groups()]
    assert ends == [23, 5]


def test_a_model_without_a_value_breaks_the_line():
    _, _, line, heights = drawn([1.0, None, 2.0, 3.0])
    assert len(heights) == 3
    assert (line.count("M"), line.count("L")) == (2, 1)


def test_equal_values_lie_in_the_middle():
    _, _, _, heights = drawn([2.0, 2.0])
    assert heights == [14, 14]


def test_the_name_of_a_limit_below_all_points_keeps_off_the_names_of_the_models():
    drawing = trend_chart(
        [0.4, 0.75], [None, None], Axis(["1", "2"]), str, "", limit=DashedLine(0.3, "sink")
    )
    require_name_above_models(drawing, "sink")


def test_the_name_of_a_limit_at_the_foot_of_the_chart_stands_above_its_line():
    drawing = trend_chart(
        [0.4, 0.42],
        [Interval(0.2, 0.6), Interval(0.1, 0.62)],
        Axis(["1", "2"]),
        str,
        "",
        limit=DashedLine(0.0, "chance"),
        frame=ANSWER,
    )
    require_name_above_models(drawing, "chance")


def require_name_above_models(drawing, name):
    svg = BeautifulSoup(drawing.on_page(), "html.parser").svg
    name = svg.find("text", string=name)
    ticks = svg.find_all("path", class_="rule")[-1]["d"]
    assert float(name["y"]) + float(name["dy"]) + 2 < float(
        re.match(r"M[\d.]+ ([\d.]+)v4", ticks)[1]
    )
