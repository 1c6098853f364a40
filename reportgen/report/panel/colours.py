"""The coloured text of a panel with what is marked in it, such as entities or what fills masks, and
the tokens that matter in it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import isfinite
from operator import itemgetter
from typing import TypeAlias

from reportgen.findings import TINY_EFFECT, Findings, Tags
from reportgen.report.components import Cell, Span
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import number
from reportgen.report.language.printable import TOKEN_WIDTH, shorten, visible
from reportgen.report.panel.evidence_scope import Scope, row_read_alone
from reportgen.report.panel.highlighted_text import (
    LONG,
    Kind,
    Mark,
    Marks,
    Paragraph,
    paragraphs,
    runs_left,
    target_paragraph,
    twin,
)
from reportgen.report.panel.influence import (
    Explained,
    Influence,
    JointName,
    Looks,
    bars,
    influence,
    looks_of,
)
from reportgen.report.panel.marked_units import marked
from reportgen.report.panel.occurrences import places, told_apart
from reportgen.report.panel.prediction import number_digits
from reportgen.report.panel.steps import Steps, make_steps
from reportgen.report.panel.unit_measures import (
    TextEffects,
    TextMeasure,
    about,
    explained_name,
    legend_of,
    measures,
    row_name,
    text_effects,
)
from reportgen.report.panel.used_units import UsedUnits, make_used_units
from reportgen.results import (
    COMPLETION_SEGMENT,
    NONE,
    NUMBERS,
    RunInfo,
    TextUnits,
    joint_label,
    target_units,
    text_units,
)
from reportgen.tasks import task_of

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
    markers: str  # what the shares of special tokens are of
    marked: tuple[Span, ...]  # the text, with the units that the first shows strongest
    influence: Influence
    used: UsedUnits | None  # None where no change was measured, or nothing changed
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
    text_measures = measures(info, units, apart, effects, language, findings.shown_first)
    placed = places(units.units, segments, language)
    is_alone = row_read_alone(findings, units, effects) is not None
    row = row_name(info, language) if is_alone else ""
    first = text_measures[0]
    lengths = bars(text_measures, scope.spread)
    groups = _joint_names(effects, units, segments)
    least = TINY_EFFECT * (scope.spread or 0.0)
    clear = [group for group in groups if abs(group.joint.effect) > least]
    marks = with_joint(strip_marks(findings, text, units, language), clear)
    strip = paragraphs(units.units, segments, first.steps, first.shown, lengths, marks)
    written = target_units(findings.results, text)
    if written:
        strip += (target_paragraph(written, segments[COMPLETION_SEGMENT], len(units.units)),)
    looks = looks_of(text_measures, row)
    short_names = tuple(shorten(name, TOKEN_WIDTH) for name in told_apart(bare_labels, language))
    explained = _explained(findings, text, scope, language)
    explained = replace(
        explained, joint=groups, has_joint=findings.has_joint, largest=scope.largest
    )
    return Colours(
        strip=strip,
        kind=first.kind,
        twin=twin(strip, first.kind),
        runs_left=runs_left(strip),
        measures=text_measures,
        legend=_first_legend(first, looks, info, language),
        markers=_of_markers(first, row_name(info, language), language),
        marked=marked(units.units, segments, first),
        influence=influence(
            looks, text_measures, bare_labels, short_names, placed, explained, language
        ),
        used=make_used_units(
            looks, text_measures, short_names, units.n_tokens.tolist(), explained, language
        ),
        has_bars=any(lengths),
        is_long=len(labels) > LONG,
        steps=make_steps(findings, text, units, language, written),
    )


def _first_legend(first: TextMeasure, looks: Looks, info: RunInfo, language: Language) -> str:
    """What the colours of a text show at first. Of where the model looks a line below the text has
    said the rest."""
    if not first.order:
        return first.legend
    if first.id == looks.measure.id:
        return legend_of(first.id, info, language)
    return language.sentences((about(first.id, info, language), first.legend))


def _of_markers(first: TextMeasure, row: str, language: Language) -> str:
    """What the shares are of that special tokens have in the colours that are shown first."""
    if first.id == "cls_row_last" and row:
        return language.say("panel", "markers_of_row", row=row)
    is_all = first.id in ("received_all", "received_last")
    return language.say("panel", "markers_of_all" if is_all else "markers")


def _joint_names(
    effects: TextEffects | None, units: TextUnits, segments: Sequence[str]
) -> tuple[JointName, ...]:
    """The units of a text that say the same, with what they are called, the strongest first."""
    joints = sorted(effects.joint if effects else (), key=lambda joint: -abs(joint.effect))
    return tuple(
        JointName(joint, shorten(joint_label(joint, units.units, segments), _JOINT_WIDTH), mark)
        for joint, mark in zip(joints, NUMBERS, strict=False)
    )


def _explained(findings: Findings, text: int, scope: Scope, language: Language) -> Explained:
    """The figure of the output that evidence explains, with its value for row `text` of `texts`
    where the table of texts has it."""
    name, values = explained_name(findings.info, language), findings.explained_values
    if values is None or not isfinite(values[text]):
        return Explained(name, spread=scope.spread)
    return Explained(name, float(values[text]), scope.spread, number_digits(findings))


_CROSS = " ✗"  # behind what has another label
_Placed: TypeAlias = tuple[int, Mark]  # a mark and its unit


def strip_marks(findings: Findings, text: int, units: TextUnits, language: Language) -> Marks:
    """What the highlighted text of row `text` of `texts` says of its units: the kind of each
    entity; without a tag for words outside entities, each word's own tag. A cross marks what has
    another label. Of a mask it says its first choice, and where the answer to a question is."""
    placed = sorted(_placed(findings, text, units, language), key=itemgetter(0))
    return {
        unit: tuple(mark for _, mark in pairs) for unit, pairs in groupby(placed, key=itemgetter(0))
    }


def with_joint(marks: Marks, groups: Sequence[JointName]) -> Marks:
    """`marks`, and behind each unit of a group that says the same the mark of its group."""
    by_unit = {unit: tuple(unit_marks) for unit, unit_marks in marks.items()}
    for group in groups:
        for unit in group.joint.units:
            by_unit[unit] = (*by_unit.get(unit, ()), Mark(None, group.mark))
    return by_unit


def _placed(
    findings: Findings, text: int, units: TextUnits, language: Language
) -> Iterator[_Placed]:
    task, items = task_of(findings.info.output), findings.items_of(text)
    if not task.has_places or task.is_written:
        return
    if findings.tags is not None and findings.tags.marks_entities and items:
        yield from _entities(findings, findings.tags, text, units)
        return
    key = language.key_of("steps", "mark", task.kind)
    for item in items:
        if item.position < 0:
            continue
        predicted = number(item.value) if task.is_number else item.predicted.strip()
        is_wrong = item.label is not None and item.score == 0
        mark = language.say("steps", key, predicted=predicted, cross=_CROSS if is_wrong else "")
        if task.has_ends:
            yield from _around(findings, text, units, (item.position, item.end), mark)
        else:
            yield units.unit_of[item.position], Mark(None, mark)


def _entities(findings: Findings, tags: Tags, text: int, units: TextUnits) -> Iterator[_Placed]:
    """The entities of a text."""
    words = tags.words[text]
    ends = [*(word.position for word in words[1:]), len(units.unit_of)]
    for entity in tags.entities[text]:
        first, last = entity.words
        covered = range(words[first].position, ends[last])
        inside = [token for token in covered if not units.units[units.unit_of[token]].is_special]
        is_wrong = any(word.label not in (NONE, word.tag) for word in words[first : last + 1])
        tag = f"] {entity.kind}{_CROSS if is_wrong else ''}"
        yield from _around(findings, text, units, (inside[0], inside[-1]), tag)


def _around(
    findings: Findings, text: int, units: TextUnits, ends: tuple[int, int], tag: str
) -> Iterator[_Placed]:
    """Marks around the characters from the first to the last token of `ends`, which a unit may hold
    more than."""
    first, last = ends
    tokens = findings.results.tokens_of(text, "start", "end")
    starts, stops = tokens["start"].tolist(), tokens["end"].tolist()
    opening, closing = (units.unit_of[end] for end in ends)
    begins, stop = units.units[opening].start, units.units[closing].end
    yield opening, Mark(0 if begins is None else int(starts[first]) - begins)
    start = units.units[closing].start
    is_whole = start is None or stop is None or int(stops[last]) == stop
    yield closing, Mark(None if is_whole else int(stops[last]) - (start or 0), tag)
