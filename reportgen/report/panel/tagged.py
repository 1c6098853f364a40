"""What the highlighted text says of its units: the entities of a tagger, what fills masks."""

from collections.abc import Sequence

from reportgen.findings.findings import Findings
from reportgen.findings.outputs.tags import Word
from reportgen.report.language.strings import Language
from reportgen.report.panel.strip import Tags
from reportgen.results.labels import NONE
from reportgen.results.schema import STEPS
from reportgen.results.units import TextUnits


def strip_tags(findings: Findings, text: int, units: TextUnits, language: Language) -> Tags:
    """What the highlighted text of row `text` of `texts` says of its units: the kind of each
    entity; without a tag for words outside entities, each word's own tag. A cross marks what has
    another label. Of a mask it says its first choice, and
    where the answer to a question is."""
    if findings.answers is not None:
        first, last = (units.unit_of[i] for i in findings.results.text_row(text)[STEPS])
        name = language.say("steps", "answer")
        return Tags(frozenset((first,)), {last: f"] {name}"})
    if findings.masks is not None:
        masks = [(units.unit_of[m.position], m) for m in findings.masks.by_text.get(text, ())]
        return Tags(after={unit: f" → {mask.tokens[0].strip()}" for unit, mask in masks})
    found = findings.tags
    if found is None or text not in found.words:
        return Tags()
    words, names = found.words[text], findings.info.output.labels
    if not found.marks_entities:
        pairs = [(units.unit_of[word.position], word) for word in words]
        return Tags(after={unit: _marked(names[word.tag], [word]) for unit, word in pairs})
    ends = [*(word.position for word in words[1:]), len(units.unit_of)]
    opening, after = set(), {}
    for entity in found.entities[text]:
        first, last = entity.words
        own = units.unit_of[words[first].position : ends[last]]
        inside = [unit for unit in own if not units.units[unit].is_special]
        opening.add(inside[0])
        after[inside[-1]] = "] " + _marked(entity.kind, words[first : last + 1])
    return Tags(frozenset(opening), after)


def _marked(name: str, words: Sequence[Word]) -> str:
    """`name` of a tag or kind, with a cross where one of `words` has another label."""
    is_wrong = any(word.label not in (NONE, word.tag) for word in words)
    return f"{name} ✗" if is_wrong else name
