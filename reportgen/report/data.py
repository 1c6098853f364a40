"""What the page's script reads: inert blocks of JSON and base64."""

import gzip
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from plotly.offline import get_plotlyjs

from reportgen.info import HEAD_CLASSES, RunInfo
from reportgen.report.explorer import head_figures, reading
from reportgen.report.figures import SCALE_DARK, SCALE_LIGHT, map_figure
from reportgen.report.language import Language
from reportgen.report.measures import MEASURE_IDS, Measure, cls_name
from reportgen.report.options import RenderOptions
from reportgen.report.plotlyjs import read_plotlyjs
from reportgen.report.pooling import Pooling
from reportgen.report.units import Floats, text_units
from reportgen.report.visible import visible
from reportgen.results import Results


def plotly_source(path: Path | None) -> str:
    """The text of plotly.js: the file at `path`, else the one plotly brings.

    Raises:
        UsageError: the file cannot be read or is not plotly.js.
    """
    if path is None:
        source: str = get_plotlyjs()
    else:
        source = read_plotlyjs(path)
    return source.replace("\r\n", "\n")


def compressed(source: str) -> str:
    """`source` as gzip in base64; the same bytes every time."""
    return b64encode(gzip.compress(source.encode(), 9, mtime=0)).decode("ascii")


def page_data(
    info: RunInfo, options: RenderOptions, language: Language, first: int = 1
) -> dict[str, Any]:
    """What holds for all texts: the model's shape, the script's words, the empty figure; `first`
    is the text that stands open where the address names none."""
    name = cls_name(info, language)
    return {
        "layers": info.model.n_layers,
        "heads": info.model.n_heads,
        "first": first,
        "sums": options.heads == "sum",
        "cls": name,
        "measures": MEASURE_IDS,
        "classes": HEAD_CLASSES,
        "words": {
            **language.words["script"],
            **language.words["tools"],
            **language.words["explore"],
        },
        "figure": map_figure(language, name),
        "scales": {"light": SCALE_LIGHT, "dark": SCALE_DARK},
    }


def text_data(results: Results, text: int, how: Pooling | None = None) -> dict[str, Any]:
    """One text's units and the float32 figures behind its lines, as base64 `[layer, unit]`.

    `grid` has the figures of every head; what `reading` finds stands beside them. Where its maps
    are pooled (`how`), `cells` says by unit to which cell of them it belongs, and `pool` how many
    tokens a cell holds at most.
    """
    units = text_units(results, text)
    row = results.texts.iloc[text]
    texts = [str(row["text"]), "" if pd.isna(row["pair"]) else str(row["pair"])]
    pooled = {} if how is None else {"cells": how.of_unit, "pool": how.factor}
    read = reading(units, texts)
    if results.is_redacted:
        read.pop("words", None)  # dots tell no words apart
    return pooled | {
        "labels": [visible(unit.label) for unit in units.units],
        "special": [i for i, unit in enumerate(units.units) if unit.is_special],
        "units": units.unit_of,
        "cls": units.cls_token,
        "received": _lines(units.received, units.received_all),
        "expected": _lines(units.expected, units.expected_all),
        "row": None
        if units.cls_row is None or units.cls_row_all is None
        else _lines(units.cls_row, units.cls_row_all),
        "grid": head_figures(results, text),
        **read,
    }


def measure_data(measures: Sequence[Measure]) -> list[dict[str, Any]]:
    """What the colours of one text can show; the first stands in the strip, so its name is all."""
    first, *others = measures
    return [_named(first)] + [
        _named(measure) | {"legend": measure.legend, "steps": measure.steps, "shown": measure.shown}
        for measure in others
    ]


def _named(measure: Measure) -> dict[str, Any]:
    return {"id": measure.id, "name": visible(measure.name)}


def _lines(layers: Floats, all_layers: Floats) -> str:
    """Every layer's line, then the mean over layers, as little-endian float32 in base64."""
    values = np.vstack([layers, all_layers[None]]).astype("<f4")
    return b64encode(values.tobytes()).decode("ascii")
