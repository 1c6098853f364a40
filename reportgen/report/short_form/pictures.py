"""The two pictures of a brief: where each layer's attention goes, and one text's map."""

from collections.abc import Sequence

import numpy as np

from reportgen.findings import Findings
from reportgen.report.charts.attention_map import draw_map, map_legend, text_map
from reportgen.report.charts.bars import stacked_bars, stacked_legend
from reportgen.report.charts.svg import Drawing, Swatch, file_width, standalone
from reportgen.report.components import Picture, Section
from reportgen.report.language.language import Language
from reportgen.report.language.printable import visible
from reportgen.results import Results, text_units

_SIDE = 48  # cells along a side; units of longer texts share one
_RANK = 3


def make_sink_figure(findings: Findings, language: Language) -> Section | None:
    """The share of every special-token role, layer by layer, against the equal share; None for a
    model without any, or where no text is long enough."""
    found = [(role, findings.roles[role.key]) for role in findings.info.roles]
    known = [(role, figures) for role, figures in found if figures.layers]
    if not known:
        return None
    shares = np.array([[layer.share.mean for layer in figures.layers] for _, figures in known])
    even = np.array([[layer.expected for layer in figures.layers] for _, figures in known])
    total, expected = shares.sum(axis=0), even.sum(axis=0)
    best = int(total.argmax())
    sentence = language.say(
        "brief",
        "sinks_sentence",
        layer=best + 1,
        share=float(total[best]),
        even=float(expected[best]),
    )
    tokens = [role.token for role, _ in known]
    drawing = stacked_bars(
        series=[(token, row.tolist()) for token, row in zip(tokens, shares, strict=True)],
        expected=expected.tolist(),
        axis=(language.say("sinks", "axis_share"), language.say("common", "axis_layer")),
        sentence=sentence,
    )
    legend = stacked_legend(tokens, language.say("sinks", "even"))
    title = language.say("common", "special_by_layer")
    return _section("sinks", title, drawing, legend)


def make_map_figure(results: Results, wanted: Sequence[int], language: Language) -> Section | None:
    """The last layer's map, mean over heads, of the first of the rows `wanted` of `texts` whose
    maps were kept, else of the first such text; None where none was kept."""
    kept = results.texts["map_offset"].notna().to_numpy()
    candidates = [row for row in (*wanted, *np.flatnonzero(kept).tolist()[:1]) if kept[row]]
    if not candidates:
        return None
    row = candidates[0]
    units = text_units(results, row)
    labels = [visible(unit.label) for unit in units.units]
    found = text_map(results, row, units, labels, _SIDE)
    if found is None:
        return None
    say = language.say
    where = {"n": row + 1, "layer": results.info.model.n_layers}
    looks, seen = found.largest
    ends = {"looks": found.labels[looks], "seen": found.labels[seen]}
    said = [say("brief", "map_sentence", **where, **ends, share=float(found.cells[looks, seen]))]
    if found.pooled > 1:
        said.append(say("map", "pooled", n=found.pooled))
    if found.learned is not None:
        share = language.percent(float(found.learned.mean()))
        said.append(say("map", "learned", share=share))
    axes = say("script", "axis_key"), say("script", "axis_query")
    learned = say("script", "learned_sink")
    drawing = draw_map(found, "map", language.sentences(said), axes, learned)
    top = say("brief", "and_more", top=found.top)
    legend = map_legend(language.write(0, "exact_percent"), top)
    return _section("map", say("brief", "map_title", **where), drawing, legend)


def _section(name: str, title: str, drawing: Drawing, legend: Sequence[Swatch]) -> Section:
    picture = make_picture(name, title, drawing, legend)
    return Section(_RANK, title, picture=picture, is_folded=True)


def make_picture(name: str, title: str, drawing: Drawing, legend: Sequence[Swatch]) -> Picture:
    """A drawing with its title and legend, for a file."""
    svg = standalone(drawing, title, legend)
    return Picture(name, drawing.sentence, svg, file_width(drawing))
