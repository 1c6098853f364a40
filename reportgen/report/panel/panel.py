"""The panel of one text: its highlighted text, figures, lists and notes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd
from markupsafe import Markup

from reportgen.findings.findings import Findings
from reportgen.findings.notes.note import Note
from reportgen.findings.outputs.predictions import MIN_PREDICTIONS
from reportgen.report.charts.one_text.figure import make_text_figure
from reportgen.report.charts.one_text.heads import HeadPicture, head_picture
from reportgen.report.charts.one_text.heatmap import TextMap, text_map
from reportgen.report.charts.one_text.weights import Weights
from reportgen.report.components import Cell, Sentence, Span
from reportgen.report.language.printable import visible
from reportgen.report.language.sentences import sentence
from reportgen.report.language.strings import Language
from reportgen.report.panel.evidence import Scope
from reportgen.report.panel.influence import Explained, Influence, bars, influence
from reportgen.report.panel.marked import marked
from reportgen.report.panel.measures import (
    TextEffects,
    TextMeasure,
    about,
    cls_name,
    explained_name,
    measures,
    text_effects,
)
from reportgen.report.panel.places import ordinal, places, told_apart
from reportgen.report.panel.prediction import Prediction, prediction
from reportgen.report.panel.steps import Steps, make_steps, strip_tags
from reportgen.report.panel.strip import (
    LONG,
    Paragraph,
    paragraphs,
    runs_left,
    target_paragraph,
    twin,
)
from reportgen.report.panel.table import UnitTable, unit_table
from reportgen.results.info import ANALYSED, Scalar
from reportgen.results.schema import COMPLETION_SEGMENT
from reportgen.results.targets import target_units
from reportgen.results.units import TextUnits, segments_of, text_units

_LOST_SHOWN = 300  # code points of what was cut off


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a text that was analysed."""

    strip: tuple[Paragraph, ...]
    is_signed: bool  # whether its colours tell what raises the prediction from what lowers it
    twin: tuple[tuple[Cell, ...], ...]  # the strip where style sheets are refused
    runs_left: bool  # from right to left
    measures: tuple[TextMeasure, ...]  # that the colours can show; the strip has the first
    legend: str  # of the first
    marked: tuple[Span, ...]  # the text, with the units that the first shows strongest
    influence: Influence
    has_bars: bool  # beside the tokens of the strip
    is_long: bool  # so that its lines stand closer
    chart: Markup
    range: str  # of the map's colours, in words; "" where the maps were not kept
    chart_title: str
    heads: HeadPicture | None  # of the texts to start with; for pages without scripts
    reads: int | None  # the unit whose row of the last layer the output reads alone
    live: str  # how few rows of the chart's layer the output reads; "" where all, or not known
    cls_name: str | None
    table: UnitTable
    steps: Steps | None  # what is predicted for single tokens: of a completion, or of words


@dataclass(frozen=True, slots=True)
class Panel:
    """One text."""

    number: int  # from 1, in input order
    text_id: str
    source: str
    group: str | None
    status: str
    message: str
    facts: tuple[str, ...]
    prediction: Prediction | None
    figures: Figures | None  # None where the text was not analysed, or there is no room for them
    notes: tuple[Sentence, ...]
    cut: str  # how much was cut off; "" where nothing was
    lost: tuple[str, ...]  # what was cut off, by segment
    lost_more: str  # how much of that is not shown
    plain: tuple[str, ...]  # the text itself, by segment


def make_panel(
    findings: Findings,
    text: int,
    language: Language,
    heads: str,
    scope: Scope,
    *,
    with_figures: bool = True,
) -> Panel:
    """The panel of row `text` of `texts`.

    `heads` is "mean" or "sum", for chart and table; `scope` describes the evidence on all texts.
    `with_figures` is whether there is room for them.
    """
    row = findings.results.text_row(text)
    analysed = row["status"] in ANALYSED
    has_figures = analysed and with_figures
    segments = segments_of(row)
    cuts = [None if pd.isna(row[name]) else int(row[name]) for name in ("cut_text", "cut_pair")]
    lost = [part[cut:] for part, cut in zip(segments, cuts, strict=False) if cut is not None]
    hidden = sum(max(0, len(part) - _LOST_SHOWN) for part in lost)
    n_lost = int(row["n_truncated"])
    return Panel(
        number=text + 1,
        text_id=str(row["text_id"]),
        source=str(row["source"]),
        group=None if pd.isna(row["group"]) else str(row["group"]),
        status=str(row["status"]),
        message=str(row["message"]),
        facts=_facts(findings, text, language) if analysed else (),
        prediction=_predicted(findings, text, language) if analysed else None,
        figures=make_figures(findings, text, segments, language, heads, scope)
        if has_figures
        else None,
        notes=sentences(findings.text_notes(text), language),
        cut=_cut(findings, n_lost, language) if n_lost else "",
        lost=tuple(part[:_LOST_SHOWN] for part in lost if part),
        lost_more=language.count("panel", "lost_more", hidden) if hidden else "",
        plain=tuple(filter(None, segments)),
    )


def _cut(findings: Findings, n_lost: int, language: Language) -> str:
    """How many tokens were cut off, and whether the model or the user set the limit."""
    is_asked = "max-length" in findings.info.settings.options
    key = "cut_asked" if is_asked else "cut"
    return language.count("panel", key, n_lost, max=findings.info.model.max_tokens)


def sentences(notes: Sequence[Note], language: Language) -> tuple[Sentence, ...]:
    """Notes in words, in their order."""
    return tuple(Sentence(sentence(note, language), note.citations) for note in notes)


def _predicted(findings: Findings, text: int, language: Language) -> Prediction:
    """The prediction of row `text` of `texts`, with its place among all, or its probability."""
    kind = findings.info.output.kind
    row = findings.results.text_row(text)
    found = prediction(findings, text, language)
    if kind == "class" and found.value:
        share = float(findings.class_shares[text].max())
        return _beside(found, language.say("panel", "probability", share=share), language)
    spread = findings.number_spread
    if kind != "number" or spread is None or len(spread.values) < MIN_PREDICTIONS:
        return found
    n, above = len(spread.values), int((spread.values > float(row["prediction"])).sum())
    if above == 0 or above == n - 1:
        key = "lowest" if above else "highest"
        return _beside(found, language.say("panel", key, n=n), language)
    nth = ordinal(above + 1, language)
    return _beside(found, language.say("panel", "nth_highest", nth=nth, n=n), language)


def _beside(found: Prediction, place: str, language: Language) -> Prediction:
    return replace(found, beside=language.say("explore", "in_brackets", place=place))


def _facts(findings: Findings, text: int, language: Language) -> tuple[str, ...]:
    row = findings.results.text_row(text)
    facts = [language.count("panel", "tokens", int(row["n_tokens"]))]
    if (shares := findings.shares_by_text.get(text)) is not None:
        facts.append(language.say("panel", "sink_share", share=shares[0]))
    if (share := findings.learned_by_text.get(text)) is not None:
        facts.append(language.say("panel", "learned_share", share=share))
    if int(row["n_unknown"]):
        facts.append(language.count("panel", "unknown", int(row["n_unknown"])))
    return tuple(facts)


def make_figures(
    findings: Findings,
    text: int,
    segments: Sequence[str],
    language: Language,
    heads: str,
    scope: Scope,
) -> Figures:
    """The figures of row `text` of `texts`, made of `segments`; `heads` is "mean" or "sum"."""
    info = findings.info
    units = text_units(findings.results, text)
    effects = text_effects(findings.results, text, units.unit_of)
    weights = Weights(language, heads, info.model.n_heads)
    labels = tuple(visible(unit.label) for unit in units.units)
    bare_labels = tuple(unit.label for unit in units.units)
    apart = told_apart(labels, language)
    found = measures(info, units, apart, effects, language, findings.shown_first)
    placed = places(units.units, segments, language)
    first = found[0]
    name = None if units.cls_row is None else cls_name(info, language)
    drawn = text_map(findings.results, text, units, labels)
    reads = _reads(units, effects, findings)
    lengths = bars(found, scope.spread)
    is_first = text == findings.picked.first or text in findings.picked.texts
    tags = strip_tags(findings, text, units)
    strip = paragraphs(units.units, segments, first.steps, first.shown, lengths, tags)
    written = target_units(findings.results, text)
    if written:
        strip += (target_paragraph(written, segments[COMPLETION_SEGMENT]),)
    is_signed = first.kind == "signed"
    return Figures(
        strip=strip,
        is_signed=is_signed,
        twin=twin(strip, is_signed=is_signed),
        runs_left=runs_left(strip),
        measures=found,
        legend=language.say("common", "space").join(
            filter(None, (about(first.id, info, language) if first.order else "", first.legend))
        ),
        marked=marked(units.units, segments, first),
        influence=influence(
            found, bare_labels, placed, _explained(findings, text, scope, language), language
        ),
        has_bars=any(lengths),
        is_long=len(labels) > LONG,
        chart=make_text_figure(text + 1, units, labels, drawn, reads, language, weights),
        range=_range(drawn, language, weights),
        chart_title=language.say("chart", "title", layer=len(units.received), mode=weights.mode),
        heads=head_picture(findings.results, text) if is_first else None,
        reads=reads,
        live=_live(effects, scope, name, info.evidence.scalar, language),
        cls_name=name,
        table=unit_table(units, effects, name, info.evidence.scalar, weights, language),
        steps=make_steps(findings, text, units, language, written),
    )


def _explained(findings: Findings, text: int, scope: Scope, language: Language) -> Explained:
    """The figure of the output that evidence explains, with its value where that is the prediction
    of row `text` of `texts`."""
    info = findings.info
    name = explained_name(info, language)
    if info.output.kind != "number" or info.evidence.scalar != "number":
        return Explained(name, spread=scope.spread)
    value = float(findings.texts["prediction"].iloc[text])
    return Explained(name, value, scope.spread)


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


def _reads(units: TextUnits, effects: TextEffects | None, findings: Findings) -> int | None:
    """The unit whose row of the last layer the output reads alone: in this text, or else in all
    that have evidence; None where it reads several, or that is not known."""
    if units.cls_token is None:
        return None
    rows = findings.live_rows
    is_alone = (
        rows is not None and rows.reads_cls_only
        if effects is None or effects.live_rows is None
        else effects.reads_cls_only and effects.live_rows == 1
    )
    return units.unit_of[units.cls_token] if is_alone else None


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
