"""The two pictures of a brief: where each layer's attention goes, and one text's map."""

from collections.abc import Sequence
from math import ceil

import numpy as np

from reportgen.findings.attention import role_figures
from reportgen.report.charts.heatmap import colour_top, unit_map
from reportgen.report.charts.pictures import bars, figure, grid
from reportgen.report.components import Section
from reportgen.report.language.printable import visible
from reportgen.report.language.strings import Language
from reportgen.results.maps import unpack_layers
from reportgen.results.store import Results
from reportgen.results.units import text_units

_SIDE = 48  # cells along a side; units of longer texts share one
_RANK = 3


def make_sink_figure(results: Results, language: Language) -> Section | None:
    """The share of every special-token role, layer by layer, against the even spread; None for a
    model without any, or where no text is long enough."""
    found = [(role, role_figures(results, role.key)) for role in results.info.roles]
    known = [(role, figures) for role, figures in found if figures.layers]
    if not known:
        return None
    shares = np.array([[layer.share for layer in figures.layers] for _, figures in known])
    even = np.array([[layer.expected for layer in figures.layers] for _, figures in known])
    total, expected = shares.sum(axis=0), even.sum(axis=0)
    best = int(total.argmax())
    sentence = language.say(
        "brief",
        "sinks_sentence",
        layer=best + 1,
        share=language.percent(float(total[best])),
        even=language.percent(float(expected[best])),
    )
    svg = bars(
        title=language.say("brief", "sinks_title"),
        series=[(role.token, row.tolist()) for (role, _), row in zip(known, shares, strict=True)],
        expected=expected.tolist(),
        even=language.say("sinks", "even"),
        axis=(language.say("brief", "axis_share"), language.say("sinks", "axis_layer")),
        sentence=sentence,
    )
    return Section(_RANK, figure=figure("sinks", sentence, svg))


def make_map_figure(results: Results, wanted: Sequence[int], language: Language) -> Section | None:
    """The last layer's map, mean over heads, of the first of the rows `wanted` of `texts` whose
    maps were kept, else of the first such text; None where none was kept."""
    kept = results.texts["map_offset"].notna().to_numpy()
    candidates = [row for row in (*wanted, *np.flatnonzero(kept).tolist()[:1]) if kept[row]]
    if not candidates:
        return None
    row = candidates[0]
    packed = results.packed_maps(row)
    if packed is None:
        return None
    model = results.info.model
    *_, last = unpack_layers(packed, model.n_layers, model.n_heads)
    units = text_units(results, row)
    cells = unit_map(last.mean(axis=0), units.unit_of)
    content = units.content
    labels = [visible(unit.label) for unit in units.units]
    each = ceil(len(labels) / _SIDE)
    if each > 1:
        group = tuple((np.arange(len(labels)) // each).tolist())
        cells = unit_map(cells.astype(np.float32), group)
        content = np.logical_or.reduceat(content, range(0, len(labels), each))
        labels = labels[::each]
    top = colour_top(cells, content)
    looks, seen = divmod(int(cells.argmax()), len(cells))
    say = language.say
    where = {"n": row + 1, "layer": model.n_layers}
    sentence = say(
        "brief",
        "map_sentence",
        **where,
        looks=labels[looks],
        seen=labels[seen],
        share=language.percent(float(cells[looks, seen]), 0),
    )
    if each > 1:
        sentence += say("page", "space") + say("map", "pooled", n=f"{each:,}")
    svg = grid(
        title=say("brief", "map_title", **where),
        cells=cells,
        labels=labels,
        top=top,
        scale=(language.percent(0, 0), say("brief", "and_more", top=language.percent(top, 0))),
        axis=say("brief", "map_axis"),
        sentence=sentence,
    )
    return Section(_RANK, figure=figure("map", sentence, svg))
