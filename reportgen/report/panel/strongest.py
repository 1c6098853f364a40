"""What moves the output most beside what attention points to: where they differ is the point."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

from reportgen.findings.notes.thresholds import TINY_EFFECT
from reportgen.report.language.numbers import fixed
from reportgen.report.language.printable import shorten, visible
from reportgen.report.language.strings import Language
from reportgen.report.panel.measures import TextMeasure
from reportgen.results.units import Unit, is_unspaced, word_of

TOP = 5


@dataclass(frozen=True, slots=True)
class TopUnit:
    """A content unit of a list."""

    index: int
    label: str
    value: str
    ratio: str = ""  # how many times an average content token
    is_only_here: bool = False  # and not in the list beside it
    place: str = ""  # which of its name it is, and the word it is a piece of


@dataclass(frozen=True, slots=True)
class TopList:
    """The strongest content units by one measure, the strongest first."""

    title: str
    lead: str  # what its figures are; that no unit stands out, where none does
    units: tuple[TopUnit, ...]
    still: str = ""  # that hardly anything moves the text, where that is so


@dataclass(frozen=True, slots=True)
class Compared:
    """Both lists, and what they share; `moves` is None for a text without deletion effects."""

    moves: TopList | None
    points: TopList
    shared: str  # "" without `moves`


def compare(
    found: Sequence[TextMeasure],
    labels: Sequence[str],
    scalar: str,
    language: Language,
    *,
    places: Sequence[str],
    is_causal: bool = False,
    spread: float | None = None,
) -> Compared:
    """The lists of a text with the measures `found`, the one shown first in front.

    `labels` `[unit]` are the characters of the units, `places` `[unit]` what tells those of one
    name apart; `scalar` is what is explained, by name;
    `is_causal` is whether attention is taken over its even spread; `spread` is how far apart the
    figures that are explained lie over all texts, None where that is not known.
    """
    points = found[0]
    moves = next((measure for measure in found if measure.id == "deletion"), None)
    first = points.order[:TOP]
    second = () if moves is None else moves.order[:TOP]
    # What was never left out, such as the token that is explained, is in no list to differ from.
    unknown = () if moves is None else [i for i, value in enumerate(moves.values) if isnan(value)]
    lead = language.say("panel", f"top_lead_{points.id}{'_causal' if is_causal else ''}")
    return Compared(
        moves=None
        if moves is None
        else TopList(
            title=language.say("panel", "moves"),
            lead=language.say("panel", f"moves_lead_{moves.kind}", scalar=scalar),
            units=_top_units(moves, labels, places, first, language),
            still=_still(moves, spread, language),
        ),
        points=TopList(
            title=language.say("panel", "top"),
            lead=language.say("common", "space").join(filter(None, (lead, points.flat))),
            units=_top_units(
                points, labels, places, (*second, *unknown) if second else (), language
            ),
        ),
        shared="" if moves is None else _shared(first, second, len(points.order), language),
    )


def _top_units(
    measure: TextMeasure,
    labels: Sequence[str],
    places: Sequence[str],
    beside: Sequence[int],
    language: Language,
) -> tuple[TopUnit, ...]:
    """The five strongest content units of `measure`; `beside` are the other list's, if any."""
    units = []
    for i in measure.order[:TOP]:
        ratio = ""
        if measure.ratios is not None:
            ratio = language.say("panel", "top_ratio", ratio=fixed(float(measure.ratios[i]), 1))
        is_only_here = bool(beside) and i not in beside
        units.append(TopUnit(i, labels[i], measure.shown[i], ratio, is_only_here, places[i]))
    return tuple(units)


def _still(moves: TextMeasure, spread: float | None, language: Language) -> str:
    """That hardly anything moves the text, measured by how far apart all texts' figures lie."""
    if spread is None or not moves.order:
        return ""
    largest = abs(float(moves.values[moves.order[0]]))
    if largest > TINY_EFFECT * spread:
        return ""
    return language.say("panel", "still", most=largest, spread=spread)


def _shared(first: Sequence[int], second: Sequence[int], n_content: int, language: Language) -> str:
    """How many stand in both lists, and how many would where the two have nothing to do with each
    other."""
    if not second:
        return language.say("panel", "moves_nothing")
    if n_content <= TOP:
        return language.say("panel", "shared_all", n=n_content)
    return language.say(
        "panel",
        "shared",
        n=len(set(first) & set(second)),
        of=len(second),
        chance=len(first) * len(second) / n_content,
    )


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
        found.append(language.say("common", "comma").join(filter(None, (nth, piece * bool(word)))))
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
