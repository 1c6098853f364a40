"""What the highlighted text says of its units: the entities of a tagger, what fills masks."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TypeAlias

from reportgen.findings import Findings, Tags
from reportgen.report.language.language import Language
from reportgen.report.language.numbers import number
from reportgen.report.panel.coloured.strip import Mark, Marks
from reportgen.report.panel.influence import JointName
from reportgen.results import NONE, TextUnits
from reportgen.tasks import task_of

_CROSS = " ✗"  # behind what has another label
_Placed: TypeAlias = tuple[int, Mark]  # a mark and its unit


def strip_marks(findings: Findings, text: int, units: TextUnits, language: Language) -> Marks:
    """What the highlighted text of row `text` of `texts` says of its units: the kind of each
    entity; without a tag for words outside entities, each word's own tag. A cross marks what has
    another label. Of a mask it says its first choice, and where the answer to a question is."""
    placed = sorted(_placed(findings, text, units, language), key=itemgetter(0))
    return {
        unit: tuple(mark for _, mark in own) for unit, own in groupby(placed, key=itemgetter(0))
    }


def with_joint(marks: Marks, groups: Sequence[JointName]) -> Marks:
    """`marks`, and behind each unit of a group that says the same the mark of its group."""
    found = {unit: tuple(own) for unit, own in marks.items()}
    for group in groups:
        for unit in group.joint.units:
            found[unit] = (*found.get(unit, ()), Mark(None, group.mark))
    return found


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


def _entities(findings: Findings, found: Tags, text: int, units: TextUnits) -> Iterator[_Placed]:
    """The entities of a text."""
    words = found.words[text]
    ends = [*(word.position for word in words[1:]), len(units.unit_of)]
    for entity in found.entities[text]:
        first, last = entity.words
        own = range(words[first].position, ends[last])
        inside = [token for token in own if not units.units[units.unit_of[token]].is_special]
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
