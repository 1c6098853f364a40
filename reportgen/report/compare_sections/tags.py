"""Both models' predictions for a text in words; of tags only those that differ."""

from collections import Counter

from reportgen.comparison.compare import Comparison
from reportgen.comparison.outputs.predictions import PredictionChanges
from reportgen.findings.outputs.tags import Word
from reportgen.report.language.comparison import CompareWords
from reportgen.results.labels import NONE
from reportgen.tasks.task import task_of

_WORDS = 3  # with another tag, of a text


def both_names(
    comparison: Comparison, found: PredictionChanges, place: int, words: CompareWords
) -> tuple[str, str]:
    """The class, labels, token or tags of place `place` of `found` in both models: of tags only
    those that differ, with their words."""
    base, head = found.names[place]
    pairs = _other_tags(comparison, found, place)
    if not pairs:
        return base, head
    names = comparison.base.info.output.labels
    comma = words.language.say("common", "comma")

    def said(side: int) -> str:
        own = [_said(pair[side], pair[side].tag, names, words) for pair in pairs[:_WORDS]]
        return comma.join(own) + (" …" if len(pairs) > _WORDS else "")

    return said(0), said(1)


def label_of(
    comparison: Comparison, found: PredictionChanges, place: int, label: str, words: CompareWords
) -> str:
    """The `label` of place `place` of `found`: of tags only those of words whose tag differs, of
    choices the right one."""
    if comparison.base.choices is not None:
        chosen = comparison.base.choices.by_text.get(int(found.texts[place]))
        return label if chosen is None else chosen.right or label
    pairs = _other_tags(comparison, found, place)
    if not pairs:
        return label
    names = comparison.base.info.output.labels
    known = [(old.label, old) if old.label != NONE else (new.label, new) for old, new in pairs]
    own = [_said(word, tag, names, words) for tag, word in known[:_WORDS] if tag != NONE]
    return words.language.say("common", "comma").join(own)


def turns(comparison: Comparison, found: PredictionChanges) -> Counter[tuple[str, str]]:
    """How many predictions changed from what to what: of tags how many words, else texts."""
    if not task_of(comparison.base.info.output).is_of_words:
        pairs = zip(found.names, found.moved, strict=True)
        return Counter(names for names, moved in pairs if moved)
    names = comparison.base.info.output.labels
    return Counter(
        (names[old.tag], names[new.tag])
        for place in range(len(found.texts))
        for old, new in _other_tags(comparison, found, place)
    )


def _other_tags(
    comparison: Comparison, found: PredictionChanges, place: int
) -> list[tuple[Word, Word]]:
    if not task_of(comparison.base.info.output).is_of_words:
        return []
    return comparison.other_tags(int(found.texts[place]))


def _said(word: Word, tag: int, names: tuple[str, ...], words: CompareWords) -> str:
    return words.language.say("panel", "entity", kind=word.name, name=names[tag])
