"""The chart of a text: its sentence, its scale, means or sums over heads."""

import pytest
from bs4 import BeautifulSoup
from drawings import points
from factories import make_results

from reportgen.report.charts.lines import Weights, make_chart
from reportgen.report.language.strings import load_language
from reportgen.results.units import text_units

EN = load_language("en")
HEADS = 3


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    return make_results(folder, ("Free coffee for you",), sink=0.6, n_heads=HEADS)


def chart(results, heads="mean"):
    units = text_units(results, 0)
    labels = [unit.label for unit in units.units]
    made = make_chart(1, units, labels, [1] * len(labels), EN, Weights(EN, heads, HEADS))
    return BeautifulSoup(made, "html.parser").svg


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
        assert heights(chart(results, heads), name) == pytest.approx(values, abs=factor * 1e-3)


def test_the_sentence_names_the_highest_token(results):
    tokens = results.tokens_of(0)
    said = chart(results)["aria-label"]
    assert f"“[CLS]”: {100 * tokens['received_last'].max():.1f} %" in said
    to = tokens.loc[tokens["cls_row_last"].idxmax(), "token"]
    assert f"largest value is on “{to}”: {100 * tokens['cls_row_last'].max():.1f} %" in said
    assert "mean over 3 heads" in said


def test_a_sum_is_no_percentage(results):
    tokens = results.tokens_of(0)
    said = chart(results, "sum")["aria-label"]
    assert f"“[CLS]”: {HEADS * tokens['received_last'].max():.2f}, " in said
    assert "%" not in said


def test_weights_are_shares_or_sums():
    mean, total = Weights(EN, "mean", 4), Weights(EN, "sum", 4)
    assert (mean.show(0.125), mean.bare(0.125), mean.unit) == ("12.5 %", "12.50", " (%)")
    assert (total.show(0.125), total.bare(0.125), total.unit) == ("0.50", "0.500", "")
    assert (mean.mode, total.mode) == ("mean over 4 heads", "sum over 4 heads")
