"""What is shown of an analysed text: the highlight, the strongest tokens, the chart, the table."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reportgen.info import Scalar
from reportgen.report.chart import Weights, make_chart
from reportgen.report.compare import TOP, Compared, TopUnit, compare
from reportgen.report.effects import TextEffects, text_effects
from reportgen.report.language import Language
from reportgen.report.measures import Measure, cls_name, measures, strongest
from reportgen.report.occurrence import places, told_apart
from reportgen.report.scope import Scope
from reportgen.report.static_map import make_static_map
from reportgen.report.strip import Paragraph, TwinCell, paragraphs, runs_left, twin
from reportgen.report.unit_table import UnitTable, unit_table
from reportgen.report.units import TextUnits, text_units
from reportgen.report.visible import visible
from reportgen.results import Results


@dataclass(frozen=True, slots=True)
class Figures:
    """What is shown of a text that was analysed."""

    strip: tuple[Paragraph, ...]
    twin: tuple[tuple[TwinCell, ...], ...]  # the strip where style sheets are refused
    runs_left: bool  # from right to left
    measures: tuple[Measure, ...]  # that the colours can show; the strip has the first
    compared: Compared
    cls_top: tuple[TopUnit, ...]
    cls_title: str
    chart: Markup
    map: Markup  # empty where the maps were not kept
    chart_title: str
    live: str  # how few rows of the chart's layer the output reads; "" where all, or not known
    cls_name: str | None
    table: UnitTable


def make_figures(
    results: Results,
    text: int,
    segments: Sequence[str],
    language: Language,
    heads: str,
    scope: Scope,
) -> Figures:
    """The figures of row `text` of `texts`, made of `segments`; `heads` is "mean" or "sum"."""
    info = results.info
    units = text_units(results, text)
    effects = text_effects(results, text, units.unit_of)
    weights = Weights(language, heads, info.model.n_heads)
    labels = tuple(visible(unit.label) for unit in units.units)
    bare_labels = tuple(unit.label for unit in units.units)
    found = measures(info, units, told_apart(labels, language), effects, language)
    placed = places(units.units, segments, language)
    first = found[0]
    name = None if units.cls_row is None else cls_name(info, language)
    title = language.say("panel", "cls_top", name=name, layer=len(units.received))
    scalar = language.wording.scalar_name(info)
    strip = paragraphs(units.units, segments, first.steps, first.shown)
    return Figures(
        strip=strip,
        twin=twin(strip),
        runs_left=runs_left(strip),
        measures=found,
        compared=compare(
            found,
            bare_labels,
            scalar,
            language,
            places=placed,
            is_causal=info.model.is_causal,
            spread=scope.spread,
        ),
        cls_top=_cls_top(units, placed, language),
        cls_title=title[:1].upper() + title[1:],
        chart=make_chart(text + 1, units, labels, first.steps, language, weights),
        map=make_static_map(results, text, units, labels, language),
        chart_title=language.say("chart", "title", layer=len(units.received), mode=weights.mode),
        live=_live(effects, scope, name, info.evidence.scalar, language),
        cls_name=name,
        table=unit_table(units, effects, name, info.evidence.scalar, weights, language),
    )


def _cls_top(units: TextUnits, placed: Sequence[str], language: Language) -> tuple[TopUnit, ...]:
    """The content units that the [CLS] row of the last layer gives most."""
    if units.cls_row is None:
        return ()
    row = units.cls_row[-1]
    return tuple(
        TopUnit(i, units.units[i].label, language.percent(float(row[i])), place=placed[i])
        for i in strongest(units, row)[:TOP]
    )


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
    key = "context" if scalar == "log_probability" else "rows"
    return language.count("live", key, effects.live_rows, of=effects.n_rows)
