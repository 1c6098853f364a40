"""The plotly figure of a text: the two lines above the attention map, sharing one axis.

It is made without data and embedded as JSON; the page's script fills in the values, the names of
the units and the colours of the theme. It is written as plotly.js reads it, since plotly's own
classes take a quarter of a second to import.
"""

from typing import Any

from reportgen.report.charts.colours import CLS_ROW, MUTED, RECEIVED
from reportgen.report.language.language import Language


def map_figure(language: Language, cls_name: str | None) -> dict[str, Any]:
    """The figure's JSON; `cls_name` is the token of the [CLS] row, None where there is none.

    Traces: 0 the map, 1 attention received, 2 the equal share, 3 the [CLS] row.
    """
    heatmap = {
        "type": "heatmap",
        "z": [],
        "xaxis": "x",
        "yaxis": "y",
        "xgap": 1,
        "ygap": 1,
        "hoverongaps": False,
        "hoverinfo": "none",  # the page has a tooltip of its own
        "colorbar": {"outlinewidth": 0, "yanchor": "bottom", "y": 0},
    }
    line = {
        "type": "scatter",
        "xaxis": "x",
        "yaxis": "y2",
        "cliponaxis": False,
        "hoverinfo": "none",
    }
    received = line | {
        "name": language.say("script", "received"),
        "mode": "lines+markers",
        "line": {"color": RECEIVED, "width": 1.5},
        "marker": {"symbol": "square", "size": 6},
    }
    equal = line | {
        "name": language.say("common", "even_line"),
        "mode": "lines",
        "line": {"color": MUTED, "width": 1.5, "dash": "dash"},
    }
    row = line | {
        "mode": "lines+markers",
        "line": {"color": CLS_ROW, "width": 1.5},
        "marker": {"symbol": "circle", "size": 6},
    }
    # Measuring every label to see whether it overflows takes as long as all the rest.
    axis = {
        "ticklabeloverflow": "allow",
        "ticklabelstandoff": 4,
        "zeroline": False,
        "fixedrange": True,
    }
    units = {"tickmode": "array", "ticks": "", "showgrid": False, **axis}
    layout = {
        "template": {"data": {"scatter": [{"type": "scatter"}]}},  # plotly's "none"
        "margin": {"autoexpand": False, "t": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "closest",
        "dragmode": False,
        "showlegend": False,
        "xaxis": {"side": "top", "anchor": "y", **units},
        "yaxis": {"autorange": "reversed", **units},
        "yaxis2": {"tickmode": "array", "autorange": False, **axis},
    }
    lines = [received, equal] if cls_name is None else [received, equal, row]
    return {"data": [heatmap, *lines], "layout": layout}
