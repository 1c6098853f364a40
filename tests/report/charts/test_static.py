"""The figures without scripts or styles, read back from their SVG."""

import pytest
from bs4 import BeautifulSoup
from drawings import painted, points

from reportgen.report.charts.static import (
    STEPS,
    heat_colour,
    heat_step,
    shorten,
    stacked_bars,
    ticks,
    two_lines,
)


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def chart(labels=("[CLS]", "a", "b"), **changes):
    values = {
        "key": 7,
        "labels": labels,
        "received": [0.5, 0.3, 0.2],
        "cls_row": [0.1, 0.4, 0.5],
        "expected": [1 / 3] * 3,
        "steps": [None, 15, 10],
        "tick_values": (0.0, 0.25, 0.5),
        "tick_text": ("0 %", "25 %", "50 %"),
        "ribbon": "all layers",
        "sentence": "What it shows.",
    }
    return BeautifulSoup(two_lines(**values | changes), "html.parser").svg


def line(svg, name):
    return points(svg.find("path", class_=name))


def test_dark_text_keeps_its_contrast_on_every_step():
    ink = luminance("#1b1d22")
    for step in range(STEPS):
        assert (luminance(heat_colour(step)) + 0.05) / (ink + 0.05) >= 4.5


def test_steps_run_from_nothing_to_the_top_and_clip_above():
    assert [heat_step(value, 0.2) for value in (0, 0.1, 0.2, 0.9)] == [0, 8, 15, 15]
    assert heat_step(0.0, 0.0) == 0
    assert heat_colour(0) == "#ffffff"


def test_lines_stand_where_their_values_say():
    svg = chart()
    bottom, top = 200, 10
    for name, values in (("received", [0.5, 0.3, 0.2]), ("cls", [0.1, 0.4, 0.5])):
        heights = [(bottom - y) / (bottom - top) * 0.5 for _, y in line(svg, name)]
        assert heights == pytest.approx(values, abs=1e-3)


def test_both_lines_and_the_even_spread_share_the_positions_of_the_tokens():
    svg = chart(expected=[0.5, 0.3, 0.1])
    places = [[x for x, _ in line(svg, name)] for name in ("cls", "received", "even")]
    assert places[0] == places[1] == places[2]
    assert places[0] == sorted(places[0])
    assert len(places[0]) == 3


def test_an_even_spread_that_is_level_runs_from_the_first_to_the_last_token():
    svg = chart()
    (start, height), (end, same) = line(svg, "even")
    assert [start, end] == [line(svg, "cls")[i][0] for i in (0, -1)]
    assert height == same
    assert (200 - height) / 190 * 0.5 == pytest.approx(1 / 3, abs=1e-3)


def test_each_point_of_a_line_has_a_mark_of_its_own_shape():
    svg = chart()
    for name, shape in (("cls", "circle"), ("received", "rect")):
        path = svg.find("path", class_=name)
        marker = svg.find("marker", id=path["marker-mid"].removeprefix("url(#").removesuffix(")"))
        (mark,) = marker.find_all(True)
        assert (mark.name, mark["fill"]) == (shape, path["stroke"])
        # Both ends stand twice: only what is in the middle has a mark.
        assert path["d"].count("h0") == 2
        assert path["d"].endswith("h0")
    assert len({marker["id"] for marker in svg.find_all("marker")}) == 2


def test_a_model_without_a_cls_row_has_one_line():
    svg = chart(cls_row=None)
    assert not svg.find_all("path", class_="cls")
    assert svg.find_all("path", class_="received")


def test_labels_are_text_and_never_markup():
    svg = chart(labels=("<s>", "</svg>", 'a"b&'))
    assert [text.string for text in svg.find_all("g")[-1].find_all("text")] == [
        "<s>",
        "</svg>",
        'a"b&',
    ]
    assert not svg.find_all("s")


def test_colours_are_attributes_and_nothing_is_styled_inline():
    svg = chart()
    ribbon = painted(svg.find(class_="ramp"), 1, 3, "none")
    assert ribbon.tolist() == [["none", heat_colour(15), heat_colour(10)]]
    assert svg.find("path", class_="received")["stroke"].startswith("#")
    assert "style" not in str(svg)


def test_long_texts_name_only_some_of_their_units():
    count = 512
    svg = chart(
        labels=["w"] * count,
        received=[1 / count] * count,
        cls_row=[1 / count] * count,
        expected=[1 / count] * count,
        steps=[0] * count,
    )
    assert 40 <= len(svg.find_all("g")[-1].find_all("text")) <= 64
    assert len(line(svg, "received")) == count


def test_bars_are_as_high_as_the_shares():
    svg = BeautifulSoup(
        stacked_bars(
            series=[("[CLS]", [0.5, 0.1]), ("[SEP]", [0.25, 0.2])],
            expected=[0.1, 0.1],
            axis=("share", "layer"),
            sentence="What it shows.",
        ),
        "html.parser",
    ).svg
    heights = [float(rect["height"]) / 220 for rect in svg.find_all("rect")]
    assert heights == pytest.approx([0.5, 0.25, 0.1, 0.2], abs=1e-3)
    assert svg["aria-label"] == "What it shows."
    assert svg["role"] == "img"


@pytest.mark.parametrize("top", [1e-4, 0.013, 0.07, 0.2, 0.333, 0.99, 1.0, 11.4])
def test_ticks_start_at_zero_and_reach_the_top(top):
    values = ticks(top)
    assert values[0] == 0
    assert values[-2] < top * (1 + 1e-9) <= values[-1] * (1 + 1e-6)
    assert 3 <= len(values) <= 6


def test_shortening_keeps_both_ends_and_counts_wide_characters_twice():
    assert shorten("short") == "short"
    assert shorten("a" * 30 + "z", 11) == "aaaaa…aaaaz"
    assert shorten("無料" * 20, 9) == "無料…無料"
