"""Which of several tokens of the same name one is: the second "the", the "ing" in "running"."""

from collections import Counter
from collections.abc import Sequence

from reportgen.report.explorer import is_unspaced, word_of
from reportgen.report.language import Language
from reportgen.report.static import shorten
from reportgen.report.units import Unit
from reportgen.report.visible import visible

_WORD = 24  # half-width characters of a word


def ordinals(labels: Sequence[str], language: Language) -> tuple[str, ...]:
    """`[unit]`, such as "2nd" for a label that came once before; "" for one that stands once."""
    times = Counter(labels)
    seen: Counter[str] = Counter()
    found = []
    for label in labels:
        seen[label] += 1
        found.append(_ordinal(seen[label], language) if times[label] > 1 else "")
    return tuple(found)


def told_apart(labels: Sequence[str], language: Language) -> tuple[str, ...]:
    """`[unit]`: `labels`, with their place where one stands more than once."""
    return tuple(
        language.say("explore", "told_apart", token=label, nth=nth) if nth else label
        for label, nth in zip(labels, ordinals(labels, language), strict=True)
    )


def places(units: Sequence[Unit], segments: Sequence[str], language: Language) -> tuple[str, ...]:
    """`[unit]`: what tells a unit from others of its name, and the word it is a piece of; "" for a
    whole word that stands once.

    `segments` are the texts of the units. Where no spaces separate words there are no pieces.
    """
    words = _words(units, segments)
    found = []
    for nth, word in zip(ordinals([u.label for u in units], language), words, strict=True):
        piece = language.say("explore", "piece_of", word=visible(shorten(word, _WORD)))
        found.append(language.say("explore", "comma").join(filter(None, (nth, piece * bool(word)))))
    return tuple(found)


def _words(units: Sequence[Unit], segments: Sequence[str]) -> list[str]:
    """`[unit]`, the word a unit is a piece of, without what is no letter at its ends; "" for one
    that is not a piece."""
    of = word_of(units, segments)
    pieces: dict[int, list[Unit]] = {}
    for unit, word in zip(units, of, strict=True):
        pieces.setdefault(word, []).append(unit)
    return [_word(unit, pieces[word]) for unit, word in zip(units, of, strict=True)]


def _word(unit: Unit, pieces: Sequence[Unit]) -> str:
    if (
        not unit.label.isalnum()
        or len(pieces) < 2
        or any(is_unspaced(piece.label) for piece in pieces)
    ):
        return ""
    at = pieces.index(unit)
    first = last = at
    while first and pieces[first - 1].label.isalnum():
        first -= 1
    while last + 1 < len(pieces) and pieces[last + 1].label.isalnum():
        last += 1
    return "".join(piece.label for piece in pieces[first : last + 1]) if first < last else ""


def _ordinal(n: int, language: Language) -> str:
    """In English 1st, 2nd, 3rd, 4th, 11th; other languages have one form."""
    forms = {1: "first", 2: "second", 3: "third"}
    form = "other" if n % 100 in (11, 12, 13) else forms.get(n % 10, "other")
    return language.say("explore", f"nth_{form}", n=n)
