"""The plotly figures of a text: the attention map with the row of all rows below it, and two lines.

They are made without data and embedded as JSON; the page's script fills in the values, the names of
the units and the colours of the theme. They are written as plotly.js reads them, since plotly's own
classes take a quarter of a second to import.
"""

from typing import Any

from reportgen.report.charts.colours import CLS_ROW, MUTED, RECEIVED
from reportgen.report.language.language import Language

# Measuring every label to see whether it overflows takes as long as all the rest.
_AXIS = {
    "ticklabeloverflow": "allow",
    "ticklabelstandoff": 4,
    "zeroline": False,
    "fixedrange": True,
}
_UNITS = {"tickmode": "array", "ticks": "", "showgrid": False, **_AXIS}
_LAYOUT = {
    "template": {"data": {"scatter": [{"type": "scatter"}]}},  # plotly's "none"
    "margin": {"autoexpand": False, "t": 8},
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "hovermode": "closest",
    "dragmode": False,
    "showlegend": False,
}


def map_figure() -> dict[str, Any]:
    """The map's JSON. Traces: 0 the map, 1 the row of all rows."""
    cells = {
        "type": "heatmap",
        "z": [],
        "xaxis": "x",
        "xgap": 1,
        "ygap": 1,
        "hoverongaps": False,
        "hoverinfo": "none",  # the page has a tooltip of its own
    }
    bar = {"outlinewidth": 0, "orientation": "h", "yanchor": "top", "xanchor": "left", "x": 0}
    layout = {
        **_LAYOUT,
        "xaxis": {"side": "top", "anchor": "y", **_UNITS},
        "yaxis": {"autorange": "reversed", **_UNITS},
        "yaxis2": {"autorange": False, **_UNITS},
    }
    rows = {**cells, "meta": "all", "yaxis": "y2", "showscale": False}
    return {"data": [{**cells, "yaxis": "y", "colorbar": bar}, rows], "layout": layout}


def lines_figure(language: Language, cls_name: str | None) -> dict[str, Any]:
    """The JSON of the lines; `cls_name` is the token of the [CLS] row, None where there is none.

    Traces: 0 attention received, 1 the equal share, 2 the [CLS] row.
    """
    line = {
        "type": "scatter",
        "xaxis": "x",
        "yaxis": "y",
        "cliponaxis": False,
        "hoverinfo": "none",
    }
    received = line | {
        "name": language.say("script", "received"),
        "mode": "lines+markers",
        "line": {"color": RECEIVED, "width": 1.5},
        "marker": {"symbol": "square", "size": 5},
    }
    equal = line | {
        "name": language.say("common", "even_line"),
        "mode": "lines",
        "line": {"color": MUTED, "width": 1.5, "dash": "dash"},
    }
    row = line | {
        "mode": "lines+markers",
        "line": {"color": CLS_ROW, "width": 1.5},
        "marker": {"symbol": "circle", "size": 5},
    }
    lines = [received, equal] if cls_name is None else [received, equal, row]
    layout = {
        **_LAYOUT,
        "xaxis": {"side": "top", "anchor": "y", **_UNITS},
        "yaxis": {"tickmode": "array", "autorange": False, **_AXIS},
    }
    return {"data": lines, "layout": layout}
