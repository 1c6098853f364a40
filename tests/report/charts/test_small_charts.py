"""The charts of the answers draw their values to scale, whatever these are."""

import re
from math import log10

import numpy as np
import pytest
from bs4 import BeautifulSoup

from reportgen.findings import Interval
from reportgen.report.charts import (
    HEIGHT,
    Bar,
    Dot,
    Drawing,
    columns_of_dots,
    dots_with_intervals,
    named_bars,
    plane,
    shares_by_layer,
    sink_drawing,
)
from reportgen.report.charts.small_charts import WIDTH

NUMBER = r"-?\d+(?:\.\d+)?"


def drawn(chart: Drawing) -> BeautifulSoup:
    assert (chart.width, chart.height) == (WIDTH, HEIGHT)
    return BeautifulSoup(chart.on_page(), "html.parser").svg


def dots(svg, kind):
    path = svg.find("path", class_=kind)
    found = re.findall(rf"M({NUMBER}) ({NUMBER})h0", path["d"] if path else "")
    return [(float(x), float(y)) for x, y in found]


def test_there_is_a_dot_for_each_value_and_equal_ones_are_stacked():
    svg = drawn(columns_of_dots(np.array([0.0, 0.0, 0.0, 1.0, 2.0]), 1.0))
    plain, now = dots(svg, "dot"), dots(svg, "now")
    assert len(plain) + len(now) == 5
    assert len({x for x, _ in plain}) == 2
    assert len({y for _, y in plain}) == 3
    zero, two = (plain[0][0], max(x for x, _ in plain))
    assert now[0][0] == pytest.approx((zero + two) / 2, abs=5)


def test_many_values_are_columns_as_high_as_they_are_many():
    svg = drawn(columns_of_dots(np.array([0.0] * 300 + [1.0] * 100), None))
    path = svg.find("path", class_="dot")["d"]
    heights = [-float(h) for h in re.findall(rf"v(-{NUMBER})h", path)]
    assert heights[0] == pytest.approx(3 * heights[1], rel=0.02)
    assert dots(svg, "now") == []


@pytest.mark.parametrize("values", [[1e9, 2e9], [-5.0, 5.0], [1e-6, 3e-6], [3.0, 3.0]])
def test_nothing_lies_outside_the_chart(values):
    svg = drawn(columns_of_dots(np.array(values), values[0]))
    for x, y in (*dots(svg, "dot"), *dots(svg, "now")):
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT
    assert len(svg.find_all("text")) <= 4


def test_points_lie_on_the_line_where_both_values_are_equal():
    values = np.array([0.0, 1.0, 3.0, 4.0])
    svg = drawn(plane(values, values, 1, ("label", "predicted")))
    start, end = re.findall(rf"[ML]({NUMBER}) ({NUMBER})", svg.find("path", class_="even")["d"])
    (x0, y0), (x1, y1) = (tuple(map(float, point)) for point in (start, end))
    for x, y in (*dots(svg, "dot"), *dots(svg, "now")):
        assert (y - y0) / (y1 - y0) == pytest.approx((x - x0) / (x1 - x0), abs=0.06)
    assert dots(svg, "now") == [dots(svg, "dot")[1]]
    assert [text.get_text() for text in svg.find_all("text")] == ["predicted", "label"]


def test_bars_are_as_long_as_their_values_and_those_below_zero_end_at_the_same_line():
    rows = [Bar("up", 0.4, "+0.4", True), Bar("down", -0.2, "−0.2", True), Bar("no", 0.0, "0")]
    svg = drawn(named_bars(rows))
    up, down, _ = svg.find_all("rect")
    assert float(up["width"]) == pytest.approx(2 * float(down["width"]), abs=0.2)
    assert float(down["x"]) + float(down["width"]) == pytest.approx(float(up["x"]), abs=0.2)
    assert (up["class"], down["class"]) == (["up"], ["dn"])
    texts = [text.get_text() for text in svg.find_all("text")]
    assert texts == ["up", "down", "no", "+0.4", "−0.2", "0"]


def test_a_long_value_ends_inside_the_chart():
    svg = drawn(named_bars([Bar("a", 1.0, "+0.000123"), Bar("b", 0.5, "+0.5")]))
    value = svg.find("text", string="+0.000123")
    assert float(value["x"]) + 6.5 * len("+0.000123") <= WIDTH


def test_words_beside_values_end_inside_the_chart_and_bars_keep_one_scale():
    bars = [Bar("a", 0.4, "+0.400", True), Bar("b", 0.6, "+0.600", True, "few", "in 4 texts only")]
    svg = drawn(named_bars([*bars, Bar("c", -0.2, "−0.200", True)]))
    first, second, third = svg.find_all("rect")
    assert ["hollow" in bar["class"] for bar in (first, second, third)] == [False, True, False]
    widths = [float(bar["width"]) for bar in (first, second, third)]
    assert widths == pytest.approx([0.4 / 0.6 * widths[1], widths[1], widths[1] / 3], abs=0.1)
    words = svg.find("text", string="+0.600 in 4 texts only")
    assert float(words["x"]) + 5.2 * len(words.get_text()) <= WIDTH
    assert widths[1] >= 40


def test_an_interval_lies_across_the_end_of_its_bar_and_its_value_behind_it():
    bars = [Bar("model", 0.5, "0.5", interval=Interval(0.25, 1.0)), Bar("constant", 0.75, "0.75")]
    svg = drawn(named_bars(bars))
    model, constant = svg.find_all("rect")
    start, length = float(model["x"]), float(model["width"])
    scale = length / 0.5
    assert float(constant["width"]) == pytest.approx(0.75 * scale, abs=0.1)
    low, high = map(
        float, re.findall(r"M([\d.]+) [\d.]+H([\d.]+)", svg.find("path", class_="ink")["d"])[0]
    )
    assert (low, high) == pytest.approx((start + 0.25 * scale, start + scale), abs=0.1)
    first = svg.find_all("g")[1].find("text")
    assert float(first["x"]) == pytest.approx(high + 5, abs=0.1)


def test_only_the_first_bars_are_drawn_and_long_or_hostile_names_are_cut_and_escaped():
    svg = drawn(named_bars([Bar("<b>\u202e" + "x" * 90, 1.0, "1")] * 9))
    assert len(svg.find_all("rect")) == 4
    name = svg.find("text").get_text()
    assert name.startswith("<b>⟨U+2")
    assert len(name) <= 15


@pytest.mark.parametrize("n", [1, 6, 13, 24, 96])
def test_a_share_in_each_layer_is_to_scale_with_the_equal_share(n):
    shares = np.linspace(0.1, 0.9, n).tolist() if n > 1 else [0.9]
    svg = drawn(
        sink_drawing(
            shares_by_layer(shares, 0.2, "90 %", ("L", "equal", "20 %"), is_half=True), (), ("no",)
        )
    )
    others, peak = svg.find_all("path", class_="at")
    heights = [
        float(x) for path in (others, peak) for x in re.findall(rf"v-({NUMBER})h", path["d"])
    ]
    assert len(heights) == n  # the layer with the largest share comes last, and is the last
    assert [height / heights[-1] for height in heights] == pytest.approx(
        [share / 0.9 for share in shares], abs=0.01
    )
    even = float(svg.find("path", class_="ink")["d"].split()[1].split("H")[0])
    assert (HEIGHT - 13 - even) / heights[-1] == pytest.approx(0.2 / 0.9, abs=0.01)
    texts = [text.get_text() for text in svg.find_all("text")]
    assert {"90 %", "equal20 %", f"L{n}", "no"} <= {*texts}
    layers = [text for text in texts if re.fullmatch(r"L\d+", text)]
    assert len(layers) == n if n <= 6 else layers == [f"L{n}"]


@pytest.mark.parametrize("ratio", [0.25, 1.0, 4.0, 300.0, 1e-9, 1e9])
def test_what_the_output_does_without_a_sink_stands_on_powers_of_ten(ratio):
    tests = [
        Dot("zero", ratio, Interval(ratio / 2, ratio * 2), "r"),
        Dot("mean", 1.0, None, "1"),
    ]
    svg = drawn(
        sink_drawing(
            shares_by_layer([0.3, 0.6], 0.1, "60 %", ("L", "equal", "10 %")), tests, ("one",)
        )
    )
    zero, mean = (float(circle["cx"]) for circle in svg.find_all("circle"))
    assert [one.get_text() for one in svg.find_all("text")[-3:]] == ["zeror", "mean1", "one"]
    low, high = map(float, re.findall(NUMBER, svg.find("path", class_="now")["d"])[::2])
    assert WIDTH / 2 <= low <= zero <= high <= WIDTH
    assert (zero < mean) == (ratio < 1)
    if ratio / 2 > 0.1 and ratio * 2 < 10 and ratio != 1.0:  # within the scale from 0.1 to 10
        assert (high - low) / abs(zero - mean) == pytest.approx(log10(4) / abs(log10(ratio)), 0.05)


def test_the_bar_of_a_baseline_is_hollow_and_grey() -> None:
    bars = [Bar("the model", 0.4, "0.40"), Bar("always 2", 0.9, "0.90", is_baseline=True)]
    own, base = drawn(named_bars(bars))("rect")
    assert (own["class"], own["fill"]) == (["own"], "#1b1d22")
    assert (base["class"], base["fill"]) == (["base", "hollow"], "#ffffff")
    assert base["stroke"] == "#5b616e"


def test_values_with_intervals_stand_on_a_scale_that_ends_at_one():
    rows = [
        Dot("first", 0.5, Interval(0.25, 0.75), "0.50", "other", is_first=True),
        Dot("base", -0.5, None, "−0.50", "baseline"),
        Dot("top", 1.0, Interval(1.0, 1.0), "1.00"),
    ]
    svg = drawn(dots_with_intervals(rows, ("nothing", "all")))
    first, base, top = (float(circle["cx"]) for circle in svg.find_all("circle"))
    assert (first - base) / (top - base) == pytest.approx(2 / 3, abs=0.01)
    low, high = map(float, re.findall(NUMBER, svg.find("path", class_="sense")["d"])[::2])
    assert (high - low) / (top - base) == pytest.approx(1 / 3, abs=0.02)
    texts = [text.get_text() for text in svg.find_all("text")]
    assert texts[:3] == ["first", "base", "top"]
    assert texts[-2:] == ["nothing", "all"]
