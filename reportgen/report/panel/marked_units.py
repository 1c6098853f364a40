"""A text in which the units that its colours show strongest are marked."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from reportgen.findings import Findings
from reportgen.report.components import Span, Tone, between
from reportgen.report.language.language import Language
from reportgen.report.language.printable import shorten, visible
from reportgen.report.panel.highlighted_text import paragraphs
from reportgen.report.panel.unit_measures import STANDS_OUT, TextMeasure, measures, text_effects
from reportgen.results import ANALYSED, Unit, segments_of, text_units

_MOST = 3  # marked units of a text
# What the colour of a mark says; attention has the colour that marks have anyway.
_TONES: tuple[Tone | None, ...] = (None, "", "size", "rise", "fall")
_BETWEEN = " ／ "  # the two texts of a pair


def text_measures(findings: Findings, text: int, language: Language) -> tuple[TextMeasure, ...]:
    """The measures of row `text` of `texts`, the one of its colours first; none where it was not
    analysed."""
    if findings.texts["status"].iloc[text] not in ANALYSED:
        return ()
    units = text_units(findings.results, text)
    labels = [visible(unit.label) for unit in units.units]
    effects = text_effects(findings.results, text, units.unit_of)
    return measures(findings.info, units, labels, effects, language, findings.shown_first)


def marked_text(findings: Findings, text: int, measures: Sequence[TextMeasure]) -> tuple[Span, ...]:
    """Row `text` of `texts` in pieces, of which up to three units are strong: those of which the
    first of its `measures` is largest, and clearly larger than for the average unit."""
    row = findings.results.text_row(text)
    segments = segments_of(row)
    if not measures:
        return (Span(_BETWEEN.join(filter(None, segments))),)
    return marked(text_units(findings.results, text).units, segments, measures[0])


def marked(units: Sequence[Unit], segments: Sequence[str], first: TextMeasure) -> tuple[Span, ...]:
    """`marked_text` of a text of `units`, made of `segments`, whose colours show `first`."""
    top = _strongest(first)
    steps = [_TONES.index(_tone(first, i)) if i in top else 0 for i in range(len(units))]
    spans: list[Span] = []
    for paragraph in paragraphs(units, segments, steps, [""] * len(units)):
        spans += [Span(_BETWEEN)] if spans else []
        pieces = (p for p in paragraph.pieces if p.kind != "special" and (p.has_text or p.step))
        spans += [Span(p.text, bool(p.step), _TONES[p.step or 0] or "") for p in pieces]
    return _merged(spans)


def shortened(spans: Sequence[Span], width: int) -> tuple[Span, ...]:
    """`spans` cut in the middle to `width` half-width characters, as `shorten` does."""
    whole = "".join(span.text for span in spans)
    short = shorten(whole, width)
    if short == whole:
        return tuple(spans)
    head = next(
        at
        for at, character in enumerate(short)
        if character == "…" and whole.startswith(short[:at]) and whole.endswith(short[at + 1 :])
    )
    tail = len(short) - head - 1
    return (*between(spans, 0, head), Span("…"), *between(spans, len(whole) - tail, len(whole)))


def _strongest(first: TextMeasure) -> set[int]:
    ratios = first.ratios
    if ratios is None:  # evidence, whose size counts
        sizes = np.abs(first.values)
        ratios = sizes / (sizes[list(first.order)].mean() if first.order else 1.0)
    return {index for index in first.order[:_MOST] if float(ratios[index]) >= STANDS_OUT}


def _tone(first: TextMeasure, index: int) -> Tone:
    if first.kind == "signed":
        return "fall" if first.values[index] < 0 else "rise"
    return "size" if first.kind == "size" else ""


def _merged(spans: Sequence[Span]) -> tuple[Span, ...]:
    """`spans` with neighbours joined that are both strong by the same tone, or both not."""
    merged: list[Span] = []
    for span in spans:
        if merged and replace(merged[-1], text="") == replace(span, text=""):
            merged[-1] = replace(span, text=merged[-1].text + span.text)
        elif span.text:
            merged.append(span)
    return tuple(merged)
