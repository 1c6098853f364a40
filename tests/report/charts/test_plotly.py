"""The empty plotly figure that the page's script fills."""

import json

import plotly.graph_objects as go

from reportgen.report import load_language
from reportgen.report.charts import SCALE_DARK, SCALE_LIGHT, map_figure

EN, JA = load_language("en"), load_language("ja")


def lightness(colour):
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_the_figure_is_plain_json_without_the_default_template():
    figure = map_figure(EN, "[CLS]")
    assert len(json.dumps(figure)) < 2500
    assert set(figure["layout"]["template"]) == {"data"}


def test_plotly_knows_the_figure():
    for name in ("[CLS]", None):
        figure = map_figure(EN, name)
        assert json.loads(go.Figure(figure).to_json()) == figure  # go.Figure checks every name


def test_map_and_lines_share_the_axis_of_the_tokens():
    figure = map_figure(EN, "[CLS]")
    assert [trace["type"] for trace in figure["data"]] == ["heatmap"] + ["scatter"] * 3
    assert {trace["xaxis"] for trace in figure["data"]} == {"x"}
    assert [trace["yaxis"] for trace in figure["data"]] == ["y", "y2", "y2", "y2"]


def test_the_lines_differ_by_more_than_colour():
    _, received, even, row = map_figure(EN, "[CLS]")["data"]
    assert received["marker"]["symbol"] != row["marker"]["symbol"]
    assert even["line"]["dash"] == "dash"


def test_without_a_cls_row_there_is_no_third_line():
    assert len(map_figure(EN, None)["data"]) == 3


def test_both_scales_run_evenly_from_paper_to_ink():
    for scale, direction in ((SCALE_LIGHT, -1), (SCALE_DARK, 1)):
        steps = [direction * lightness(colour) for colour in scale]
        assert steps == sorted(steps)
