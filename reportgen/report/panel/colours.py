"""The coloured text of a panel, and the tokens that matter in it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

from reportgen.findings import TINY_EFFECT, Findings
from reportgen.report.components import Cell, Span
from reportgen.report.language.language import Language
from reportgen.report.language.printable import TOKEN_WIDTH, shorten, visible
from reportgen.report.panel.coloured.marked import marked
from reportgen.report.panel.coloured.measures import (
    TextEffects,
    TextMeasure,
    about,
    explained_name,
    measures,
    row_name,
    text_effects,
)
from reportgen.report.panel.coloured.occurrences import places, told_apart
from reportgen.report.panel.coloured.steps import Steps, make_steps
from reportgen.report.panel.coloured.strip import (
    LONG,
    Kind,
    Paragraph,
    paragraphs,
    runs_left,
    target_paragraph,
    twin,
)
from reportgen.report.panel.coloured.tagged import strip_marks, with_joint
from reportgen.report.panel.evidence import Scope, row_read_alone
from reportgen.report.panel.influence import (
    Explained,
    Influence,
    JointName,
    bars,
    influence,
    looks_of,
)
from reportgen.results import (
    COMPLETION_SEGMENT,
    NUMBERS,
    TextUnits,
    joint_label,
    target_units,
    text_units,
)

_JOINT_WIDTH = 3 * TOKEN_WIDTH  # of the name of units that say the same


@dataclass(frozen=True, slots=True)
class Colours:
    """The coloured text of one that was analysed."""

    strip: tuple[Paragraph, ...]
    kind: Kind  # what its colours show
    twin: tuple[tuple[Cell, ...], ...]  # the strip where style sheets are refused
    runs_left: bool  # from right to left
    measures: tuple[TextMeasure, ...]  # that the colours can show; the strip has the first
    legend: str  # of the first
    marked: tuple[Span, ...]  # the text, with the units that the first shows strongest
    influence: Influence
    has_bars: bool  # beside the tokens of the strip
    is_long: bool  # so that its lines stand closer
    steps: Steps | None  # what is predicted for single tokens: of a completion, or of words


def make_colours(
    findings: Findings, text: int, segments: Sequence[str], language: Language, scope: Scope
) -> Colours:
    """The colours of row `text` of `texts`, made of `segments`; `scope` describes the evidence on
    all texts."""
    info = findings.info
    units = text_units(findings.results, text)
    effects = text_effects(findings.results, text, units.unit_of)
    labels = tuple(visible(unit.label) for unit in units.units)
    bare_labels = tuple(unit.label for unit in units.units)
    apart = told_apart(labels, language)
    found = measures(info, units, apart, effects, language, findings.shown_first)
    placed = places(units.units, segments, language)
    is_alone = row_read_alone(findings, units, effects) is not None
    row = row_name(info, language) if is_alone else ""
    first = found[0]
    lengths = bars(found, scope.spread)
    groups = _joint_names(effects, units, segments)
    least = TINY_EFFECT * (scope.spread or 0.0)
    clear = [group for group in groups if abs(group.joint.effect) > least]
    marks = with_joint(strip_marks(findings, text, units, language), clear)
    strip = paragraphs(units.units, segments, first.steps, first.shown, lengths, marks)
    written = target_units(findings.results, text)
    if written:
        strip += (target_paragraph(written, segments[COMPLETION_SEGMENT]),)
    return Colours(
        strip=strip,
        kind=first.kind,
        twin=twin(strip, first.kind),
        runs_left=runs_left(strip),
        measures=found,
        legend=language.say("common", "space").join(
            filter(None, (about(first.id, info, language) if first.order else "", first.legend))
        ),
        marked=marked(units.units, segments, first),
        influence=influence(
            looks_of(found, row),
            found,
            bare_labels,
            tuple(shorten(name, TOKEN_WIDTH) for name in told_apart(bare_labels, language)),
            placed,
            replace(
                _explained(findings, text, scope, language),
                joint=groups,
                has_joint=findings.has_joint,
            ),
            language,
        ),
        has_bars=any(lengths),
        is_long=len(labels) > LONG,
        steps=make_steps(findings, text, units, language, written),
    )


def _joint_names(
    effects: TextEffects | None, units: TextUnits, segments: Sequence[str]
) -> tuple[JointName, ...]:
    """The units of a text that say the same, with what they are called, the strongest first."""
    found = sorted(effects.joint if effects else (), key=lambda joint: -abs(joint.effect))
    return tuple(
        JointName(joint, shorten(joint_label(joint, units.units, segments), _JOINT_WIDTH), mark)
        for joint, mark in zip(found, NUMBERS, strict=False)
    )


def _explained(findings: Findings, text: int, scope: Scope, language: Language) -> Explained:
    """The figure of the output that evidence explains, with its value for row `text` of `texts`
    where the table of texts has it."""
    name, values = explained_name(findings.info, language), findings.explained_values
    if values is None or not isfinite(values[text]):
        return Explained(name, spread=scope.spread)
    return Explained(name, float(values[text]), scope.spread)
