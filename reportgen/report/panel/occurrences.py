"""What tells apart the units of a text that look the same: which occurrence, of which word."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from reportgen.report.language.language import Language
from reportgen.report.language.printable import shorten, visible
from reportgen.results import Unit, is_unspaced, word_of

_WORD = 24  # half-width characters of a word


def ordinals(labels: Sequence[str], language: Language) -> tuple[str, ...]:
    """`[unit]`, such as "2nd" for a label that occurred once before; "" for one that is unique."""
    times = Counter(labels)
    seen: Counter[str] = Counter()
    names = []
    for label in labels:
        seen[label] += 1
        names.append(ordinal(seen[label], language) if times[label] > 1 else "")
    return tuple(names)


def told_apart(labels: Sequence[str], language: Language) -> tuple[str, ...]:
    """`[unit]`: `labels`, numbered where one occurs more than once."""
    return tuple(
        language.say("explore", "told_apart", token=label, nth=nth) if nth else label
        for label, nth in zip(labels, ordinals(labels, language), strict=True)
    )


def places(units: Sequence[Unit], segments: Sequence[str], language: Language) -> tuple[str, ...]:
    """`[unit]`: what distinguishes a unit from others with its label, and the word it is a piece
    of; "" for a whole word that occurs once.

    `segments` are the texts of the units. Where no spaces separate words there are no pieces.
    """
    words = _words(units, segments)
    names = []
    for nth, word in zip(ordinals([u.label for u in units], language), words, strict=True):
        piece = language.say("explore", "piece_of", word=visible(shorten(word, _WORD)))
        names.append(language.listed((nth, piece * bool(word))))
    return tuple(names)


def _words(units: Sequence[Unit], segments: Sequence[str]) -> list[str]:
    """`[unit]`, the letters of the word that a unit is a piece of; "" for one that is no piece."""
    words: list[str] = []
    for _, word in groupby(zip(word_of(units, segments), units, strict=True), itemgetter(0)):
        labels = [unit.label for _, unit in word]
        has_pieces = not any(map(is_unspaced, labels))
        for are_letters, run in groupby(labels, str.isalnum):
            pieces = list(run)
            is_word = has_pieces and are_letters and len(pieces) > 1
            words += ["".join(pieces) if is_word else ""] * len(pieces)
    return words


def ordinal(n: int, language: Language) -> str:
    """In English 1st, 2nd, 3rd, 4th, 11th; other languages have one form."""
    forms = {1: "first", 2: "second", 3: "third"}
    form = "other" if n % 100 in (11, 12, 13) else forms.get(n % 10, "other")
    return language.say("explore", f"nth_{form}", n=n)
