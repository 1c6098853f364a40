"""What the highlighted text says of its units: the entities of a tagger, what fills masks."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TypeAlias

from reportgen.findings.findings import Findings
from reportgen.findings.outputs.tags import Word
from reportgen.report.language.language import Language
from reportgen.report.panel.coloured.strip import Mark, Marks
from reportgen.report.panel.influence import JointName
from reportgen.results.labels import NONE
from reportgen.results.units import TextUnits

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
    if findings.info.output.kind == "answer":
        tag = f"] {language.say('steps', 'answer')}"
        for answer in findings.items_of(text):
            yield from _around(findings, text, units, (answer.position, answer.end), tag)
    elif findings.masks is not None:
        for mask in findings.items_of(text):
            yield units.unit_of[mask.position], Mark(None, f" → {mask.predicted.strip()}")
    elif findings.tags is not None and text in findings.tags.words:
        yield from _tags(findings, text, units)


def _tags(findings: Findings, text: int, units: TextUnits) -> Iterator[_Placed]:
    """The entities of a text, or the tag of each word."""
    found = findings.tags
    assert found is not None
    words, names = found.words[text], findings.info.output.labels
    if not found.marks_entities:
        for word in words:
            yield units.unit_of[word.position], Mark(None, _marked(names[word.tag], [word]))
        return
    ends = [*(word.position for word in words[1:]), len(units.unit_of)]
    for entity in found.entities[text]:
        first, last = entity.words
        own = range(words[first].position, ends[last])
        inside = [token for token in own if not units.units[units.unit_of[token]].is_special]
        tag = "] " + _marked(entity.kind, words[first : last + 1])
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


def _marked(name: str, words: Sequence[Word]) -> str:
    """`name` of a tag or kind, with a cross where one of `words` has another label."""
    is_wrong = any(word.label not in (NONE, word.tag) for word in words)
    return f"{name} ✗" if is_wrong else name
