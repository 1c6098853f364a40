"""The chart, the map and the table of one text's figures."""

from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from reportgen.findings import Findings
from reportgen.report.charts.one_text.cross import CrossFigure, cross_figure
from reportgen.report.charts.one_text.figure import make_text_figure
from reportgen.report.charts.one_text.heads import HeadPicture, head_picture
from reportgen.report.charts.one_text.heatmap import TextMap, text_map
from reportgen.report.charts.one_text.weights import Weights
from reportgen.report.language.language import Language
from reportgen.report.language.printable import visible
from reportgen.report.panel.coloured.measures import (
    TextEffects,
    cls_name,
    row_name,
    text_effects,
)
from reportgen.report.panel.evidence import Scope, row_read_alone
from reportgen.report.panel.table import UnitTable, unit_table
from reportgen.results import Scalar, text_units


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a text that was analysed."""

    chart: Markup
    range: str  # of the map's colours, in words; "" where the maps were not kept
    chart_title: str
    heads: HeadPicture | None  # of the texts to start with; for pages without scripts
    heads_legend: str
    reads: int | None  # the unit whose row of the last layer the output reads alone
    live: str  # how few rows of the chart's layer the output reads; "" where all, or not known
    cls_name: str | None
    table: UnitTable
    # What a decoder of its own looks at in the text; None without one, and without its maps.
    cross: CrossFigure | None
    cross_values: CrossFigure | None  # times value, of the texts to start with; without scripts


def make_figures(
    findings: Findings, text: int, language: Language, heads: str, scope: Scope
) -> Figures:
    """The figures of row `text` of `texts`; `heads` is "mean" or "sum"."""
    info = findings.info
    units = text_units(findings.results, text)
    effects = text_effects(findings.results, text, units.unit_of)
    weights = Weights(language, heads, info.model.n_heads)
    labels = tuple(visible(unit.label) for unit in units.units)
    name = None if units.cls_row is None else cls_name(info, language)
    drawn = text_map(findings.results, text, units, labels)
    reads = row_read_alone(findings, units, effects)
    across = partial(cross_figure, findings.results, text, units, labels, language, heads)
    is_first = text == findings.picked.first or text in findings.picked.texts
    return Figures(
        chart=make_text_figure(text + 1, units, labels, drawn, reads, language, weights),
        range=_range(drawn, language, weights),
        chart_title=language.say(
            "chart",
            "title" if units.has_layers else "title_all",
            layer=len(units.received),
            mode=weights.mode,
        ),
        heads=head_picture(findings.results, text) if is_first else None,
        heads_legend=_heads_legend(drawn, language),
        reads=reads,
        live=_live(effects, scope, name, info.evidence.scalar, language)
        if units.has_layers
        else "",
        cls_name=None if name is None else row_name(info, language),
        table=unit_table(units, effects, name, info.evidence.scalar, weights, language),
        cross=across(),
        cross_values=across(with_values=True) if is_first else None,
    )


def _range(drawn: TextMap | None, language: Language, weights: Weights) -> str:
    """Where the colours of the map end, and what lies beyond; as the script says it."""
    if drawn is None:
        return ""
    parts = [] if drawn.learned is None else [language.say("script", "sink_says")]
    parts.append(language.say("script", "range", top=weights.about(drawn.top)))
    if drawn.n_above:
        most = weights.about(drawn.most)
        parts.append(language.say("script", "clipped", n=drawn.n_above, most=most))
    if drawn.pooled > 1:
        parts.append(language.say("map", "pooled", n=drawn.pooled))
    return language.say("common", "space").join(parts)


def _heads_legend(drawn: TextMap | None, language: Language) -> str:
    """What the small pictures of all heads show."""
    parts = [language.say("map", "heads")]
    if drawn is not None and drawn.learned is not None:
        parts.append(language.say("explore", "grid_leaves_out"))
    return language.say("common", "space").join(parts)


def _live(
    effects: TextEffects | None,
    scope: Scope,
    name: str | None,
    scalar: Scalar | None,
    language: Language,
) -> str:
    """How few rows of the last layer the output reads: on this text, or else on those that have
    evidence."""
    if effects is None or effects.live_rows is None:
        return scope.live
    if effects.live_rows >= effects.n_rows:
        return ""
    if effects.reads_cls_only and name is not None:
        return language.say("live", "cls", of=effects.n_rows, name=name)
    key = language.key_of("live", "rows", scalar)
    return language.count("live", key, effects.live_rows, of=effects.n_rows)
