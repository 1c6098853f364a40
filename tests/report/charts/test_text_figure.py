"""The figure of a text: lines, a map on the same axis, means or sums over heads."""

import re
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from helpers.drawings import painted, points
from helpers.made_up.factories import changed, make_results
from helpers.made_up.packed_maps import unpack
from helpers.plain.plain_multiples import plain_even, plain_multiples, plain_step

from reportgen.comparison import Runs
from reportgen.findings import Findings
from reportgen.report import RenderOptions, load_language, render
from reportgen.report.charts import (
    MAP_COLOURS,
    Segments,
    TextColumns,
    TextLines,
    Weights,
    draw_lines,
    geometry,
    make_text_figure,
    text_map,
)
from reportgen.report.charts.map_geometry import WIDTH
from reportgen.results import text_units

EN = load_language("en")
HEADS = 3


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    return make_results(folder, ("Free coffee for you",), sink=0.6, n_heads=HEADS)


def chart(results, heads="mean", reads=None):
    units = text_units(results, 0)
    labels = [unit.label for unit in units.units]
    weights = Weights(EN, heads, HEADS)
    found = text_map(results, 0, units, labels)
    made = make_text_figure(1, units, labels, found, reads, EN, weights)
    return [BeautifulSoup(each, "html.parser").svg for each in (made.map, made.lines)]


def heights(svg, name):
    """The values of a line, from its points and the marks of the axis."""
    marks = [
        (float(text["y"]), float(text.text.rstrip(" %")))
        for text in svg.select_one("path.rule + g").select("text:not([font-size])")
    ]
    (low, first), (high, last) = marks[0], marks[-1]
    heights = [y for _, y in points(svg.select_one(f"path.{name}"))]
    return [first + (last - first) * (y - low) / (high - low) for y in heights]


@pytest.mark.parametrize(("heads", "factor"), [("mean", 100), ("sum", HEADS)])
def test_the_lines_are_the_columns_of_the_last_layer(results, heads, factor):
    tokens = results.tokens_of(0)
    for name, column in (
        ("received", "received_last"),
        ("cls", "cls_row_last"),
        ("even", "expected"),
    ):
        values = factor * tokens[column].to_numpy(float)
        if name == "even":  # is level
            values = values[[0, -1]]
        assert heights(chart(results, heads)[1], name) == pytest.approx(values, abs=factor * 2.5e-3)


def test_the_sentence_names_the_highest_token(results):
    tokens = results.tokens_of(0)
    said = chart(results)[1]["aria-label"]
    assert f"“[CLS]”: {100 * tokens['received_last'].max():.1f}\u00a0%" in said
    to = tokens.loc[tokens["cls_row_last"].idxmax(), "token"]
    assert f"largest value is on “{to}”: {100 * tokens['cls_row_last'].max():.1f}\u00a0%" in said
    assert "mean over 3 heads" in said


def test_a_sum_is_no_percentage(results):
    tokens = results.tokens_of(0)
    said = " ".join(svg["aria-label"] for svg in chart(results, "sum"))
    assert f"“[CLS]”: {HEADS * tokens['received_last'].max():.2f}, " in said
    assert "%" not in said


def made(labels=("[CLS]", "a", "b"), second=None, has_map=False, **changes):
    values = {"received": [0.5, 0.3, 0.2], "expected": [1 / 3] * 3, "cls_row": [0.1, 0.4, 0.5]}
    place = geometry(labels, (), is_pair=second is not None)
    segments = None if second is None else Segments(second, ("first", "second"))
    columns = TextColumns(7, labels, place, "", segments)
    lines = TextLines(**values | changes)
    drawn = draw_lines(columns, lines, "exact_percent", EN, "What it shows.", has_map=has_map)
    return BeautifulSoup(drawn.on_page(), "html.parser").svg


def drawn_line(svg, name):
    return points(svg.find("path", class_=name))


def test_lines_stand_where_their_values_say():
    svg = made()
    place = geometry(("[CLS]", "a", "b"), ())
    bottom, top = place.lines_end, place.map_start
    for name, values in (("received", [0.5, 0.3, 0.2]), ("cls", [0.1, 0.4, 0.5])):
        heights = [(bottom - y) / (bottom - top) * 0.6 for _, y in drawn_line(svg, name)]
        assert heights == pytest.approx(values, abs=2e-3)


def test_both_lines_and_the_even_spread_share_the_positions_of_the_tokens():
    svg = made(expected=[0.5, 0.3, 0.1])
    places = [[x for x, _ in drawn_line(svg, name)] for name in ("cls", "received", "even")]
    assert places[0] == places[1] == places[2]
    assert places[0] == sorted(places[0])
    assert len(places[0]) == 3


def test_an_even_spread_that_is_level_runs_from_the_first_to_the_last_token():
    svg = made()
    (start, height), (end, same) = drawn_line(svg, "even")
    assert [start, end] == [drawn_line(svg, "cls")[i][0] for i in (0, -1)]
    assert height == same
    place = geometry(("[CLS]", "a", "b"), ())
    assert (place.lines_end - height) / 60 * 0.6 == pytest.approx(1 / 3, abs=2e-3)


def test_each_point_of_a_line_has_a_mark_of_its_own_shape(results):
    page = BeautifulSoup(render(Runs(Findings(results)), RenderOptions()).content, "html.parser")
    svg = made()
    for name, shape in (("cls", "circle"), ("received", "rect")):
        path = svg.find("path", class_=name)
        mark = path["marker-mid"].removeprefix("url(#").removesuffix(")")
        (marker,) = page.find_all("marker", id=mark)  # once for all texts
        (drawn_mark,) = marker.find_all(True)
        assert (drawn_mark.name, drawn_mark["fill"]) == (shape, path["stroke"])
        # Both ends stand twice: only what is in the middle has a mark.
        assert path["d"].count("h0") == 2
        assert path["d"].endswith("h0")


def test_a_model_without_a_cls_row_has_one_line():
    svg = made(cls_row=None)
    assert not svg.find_all("path", class_="cls")
    assert svg.find_all("path", class_="received")


def test_labels_are_text_and_never_markup():
    svg = made(labels=("<s>", "</svg>", 'a"b&'))
    assert [text.string for text in svg.find(class_="names").find_all("text")] == [
        "<s>",
        "</svg>",
        'a"b&',
    ]
    assert not svg.find_all("s")


def test_colours_are_attributes_and_nothing_is_styled_inline(results):
    drawn_map, lines = chart(results)
    assert lines.find("path", class_="received")["stroke"].startswith("#")
    assert drawn_map.find(class_="scale").find("path")["stroke"] in MAP_COLOURS
    assert "style" not in f"{drawn_map}{lines}"


def test_the_lines_stand_on_the_columns_of_the_map_and_use_their_names(results):
    drawn_map, lines = chart(results, reads=0)
    labels = results.tokens_of(0)["token"].tolist()
    xs = [x for x, _ in points(lines.find("path", class_="cls"))]
    scale = drawn_map.find(class_="scale")
    left, _ = places(scale.parent)
    column, row = map(float, scale["transform"].removeprefix("scale(").rstrip(")").split())
    centres = [left + column * (i + 0.5) for i in range(len(labels))]
    assert xs == pytest.approx(centres, abs=0.3)
    assert left + column * len(labels) < WIDTH
    names = drawn_map.find(class_="names")
    assert lines.find("use")["href"] == f"#{names['id']}"
    assert [text.string for text in names.find_all("text")] == labels
    frame = drawn_map.find("rect", class_="reads")
    assert float(frame["y"]) == 0  # the row of [CLS] is the first
    assert float(frame["height"]) == pytest.approx(row, abs=0.06)
    assert chart(results)[0].find("rect", class_="reads") is None
    assert lines.find("path", class_="received")["d"].startswith("M")
    assert places(drawn_map.find(class_="all"))[1] > row * len(labels)


def causal_of(results):
    """The same results as those of a causal model."""
    model = replace(results.info.model, is_causal=True)
    return changed(results, replace(results.info, model=model))


def places(group):
    """Where a group stands in the one around it."""
    return [float(number) for number in re.findall(r"[\d.]+", group["transform"])]


@pytest.mark.parametrize("causal", [False, True])
def test_the_row_of_all_rows_is_the_mean_of_the_columns(tmp_path, causal):
    results = make_results(tmp_path, ("Free coffee for you",), sink=0.6, n_heads=HEADS)
    results = causal_of(results) if causal else results
    tokens = results.tokens_of(0)
    n = len(tokens)
    maps = unpack(results.packed_maps(0), results.info.model.n_layers, results.info.model.n_heads)
    last = maps[-1].astype(float).mean(0)
    even = plain_even(range(n), is_causal=causal)
    content = [not own for own in tokens["is_special"]]
    times = plain_multiples(last.mean(0)[None], even.mean(0)[None], content)[0]
    row = chart(results)[0].find(class_="all")
    drawn = painted(row.find(class_="scale"), 1, n, MAP_COLOURS[0])[0]
    assert drawn.tolist() == [MAP_COLOURS[plain_step(value)] for value in times]
    assert max(times) > 2  # not all of one colour


def test_what_rows_of_a_causal_map_cannot_see_is_hatched(tmp_path):
    results = make_results(tmp_path, ("Free coffee for you",), n_heads=HEADS)
    assert chart(results)[0].find(class_="future") is None
    drawn_map, _ = chart(causal_of(results))
    n = len(results.tokens_of(0))
    size = drawn_map.find(class_="scale")["transform"].removeprefix("scale(").rstrip(")")
    column, row = map(float, size.split())
    corners, x, y = [], 0.0, 0.0
    path = drawn_map.find(class_="future")["d"]
    for command, rest in re.findall(r"([MHVhv])([^MHVhvz]*)", path):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", rest)]
        if command == "M":
            x, y = numbers
        elif command in "Hh":
            x = numbers[0] + (x if command == "h" else 0)
        else:
            y = numbers[0] + (y if command == "v" else 0)
        corners.append((x, y))
    pairs = zip(corners, corners[1:] + corners[:1], strict=True)
    area = abs(sum(a * d - c * b for (a, b), (c, d) in pairs)) / 2
    assert area == pytest.approx(sum(range(n)) * column * row, rel=0.02)
    for at, (x, y) in enumerate(corners[5::2]):  # the inner corners of the stairs, from below
        step = n - 2 - at
        assert (x, y) == pytest.approx((column * step, row * step), abs=0.6)


def test_a_pair_has_its_names_and_a_line_where_the_second_begins():
    svg = made(second=2)
    assert [text.string for text in svg.find_all("text")][-2:] == ["first", "second"]
    place = geometry(("[CLS]", "a", "b"), (), is_pair=True)
    x = float(svg.find("path", class_="ink")["d"].removeprefix("M").split()[0])
    assert x == pytest.approx(place.left + 2 * place.column, abs=0.1)


def test_long_texts_name_only_some_of_their_units():
    count = 512
    svg = made(
        labels=["w"] * count,
        received=[1 / count] * count,
        cls_row=[1 / count] * count,
        expected=[1 / count] * count,
    )
    assert 20 <= len(svg.find(class_="names").find_all("text")) <= 64
    assert len(drawn_line(svg, "received")) == count
