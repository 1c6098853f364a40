"""The empty plotly figures that the page's script fills."""

import json

import plotly.graph_objects as go

from reportgen.report import load_language
from reportgen.report.charts import SCALE_DARK, SCALE_LIGHT, lines_figure, map_figure

EN = load_language("en")


def lightness(colour):
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def figures(name):
    return map_figure(), lines_figure(EN, name)


def test_the_figures_are_plain_json_without_the_default_template():
    for figure in figures("[CLS]"):
        assert len(json.dumps(figure)) < 1500
        assert set(figure["layout"]["template"]) == {"data"}


def test_plotly_knows_the_figures():
    for name in ("[CLS]", None):
        for figure in figures(name):
            assert json.loads(go.Figure(figure).to_json()) == figure  # go.Figure checks every name


def test_the_map_and_the_row_of_all_rows_share_the_axis_of_the_tokens():
    data = map_figure()["data"]
    assert [trace["type"] for trace in data] == ["heatmap", "heatmap"]
    assert {trace["xaxis"] for trace in data} == {"x"}
    assert [trace["yaxis"] for trace in data] == ["y", "y2"]


def test_the_lines_differ_by_more_than_colour():
    received, even, row = lines_figure(EN, "[CLS]")["data"]
    assert received["marker"]["symbol"] != row["marker"]["symbol"]
    assert even["line"]["dash"] == "dash"


def test_without_a_cls_row_there_is_no_third_line():
    assert len(lines_figure(EN, None)["data"]) == 2


def test_both_scales_run_evenly_from_paper_to_ink():
    for scale, direction in ((SCALE_LIGHT, -1), (SCALE_DARK, 1)):
        steps = [direction * lightness(colour) for colour in scale]
        assert steps == sorted(steps)
