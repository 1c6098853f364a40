"""Two lists for one text: the units that move the output most, and those with most attention."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isnan
from operator import itemgetter

from reportgen.findings.notes.thresholds import TINY_EFFECT
from reportgen.report.language.numbers import fixed
from reportgen.report.language.printable import shorten, visible
from reportgen.report.language.strings import Language
from reportgen.report.panel.measures import TextMeasure, attention_received
from reportgen.results.units import Unit, is_unspaced, word_of

TOP = 5


@dataclass(frozen=True, slots=True)
class TopUnit:
    """A content unit of a list."""

    index: int
    label: str
    value: str
    ratio: str = ""  # how many times an average content token
    is_only_here: bool = False  # not in the other list
    place: str = ""  # which occurrence it is, and the word it is a piece of


@dataclass(frozen=True, slots=True)
class TopList:
    """The strongest content units by one measure, the strongest first."""

    title: str
    lead: str  # explains its figures; says if no unit stands out
    units: tuple[TopUnit, ...]
    still: str = ""  # says that hardly anything moves the text; "" elsewhere


@dataclass(frozen=True, slots=True)
class Compared:
    """Both lists, and how much they agree; `moves` is None for a text without deletion effects."""

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
    """The lists of a text.

    Args:
        found: The measures of the text.
        labels: The characters of each unit, `[unit]`.
        scalar: The name of the figure that the effects explain.
        places: What distinguishes units with the same label, `[unit]`.
        is_causal: Whether attention is divided by its even spread.
        spread: The range of the explained figure over all texts; None if unknown.
    """
    points = attention_received(found)
    moves = next((measure for measure in found if measure.id == "deletion"), None)
    first = points.order[:TOP]
    second = () if moves is None else moves.order[:TOP]
    # A unit that was never left out, such as the token that is explained, has no deletion effect,
    # so it is not marked as missing from the list of effects.
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
    """The five strongest content units of `measure`; `beside` are the units of the other list."""
    units = []
    for i in measure.order[:TOP]:
        ratio = ""
        if measure.ratios is not None:
            ratio = language.say("panel", "top_ratio", ratio=fixed(float(measure.ratios[i]), 1))
        is_only_here = bool(beside) and i not in beside
        units.append(TopUnit(i, labels[i], measure.shown[i], ratio, is_only_here, places[i]))
    return tuple(units)


def _still(moves: TextMeasure, spread: float | None, language: Language) -> str:
    """Says that hardly anything moves the text, compared with the range over all texts; else ""."""
    if spread is None or not moves.order:
        return ""
    largest = abs(float(moves.values[moves.order[0]]))
    if largest > TINY_EFFECT * spread:
        return ""
    return language.say("panel", "still", most=largest, spread=spread)


def _shared(first: Sequence[int], second: Sequence[int], n_content: int, language: Language) -> str:
    """How many units are in both lists, and how many would be by chance."""
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
    """`[unit]`, such as "2nd" for a label that occurred once before; "" for one that is unique."""
    times = Counter(labels)
    seen: Counter[str] = Counter()
    found = []
    for label in labels:
        seen[label] += 1
        found.append(_ordinal(seen[label], language) if times[label] > 1 else "")
    return tuple(found)


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
    found = []
    for nth, word in zip(ordinals([u.label for u in units], language), words, strict=True):
        piece = language.say("explore", "piece_of", word=visible(shorten(word, _WORD)))
        found.append(language.say("common", "comma").join(filter(None, (nth, piece * bool(word)))))
    return tuple(found)


def _words(units: Sequence[Unit], segments: Sequence[str]) -> list[str]:
    """`[unit]`, the letters of the word that a unit is a piece of; "" for one that is no piece."""
    found: list[str] = []
    for _, word in groupby(zip(word_of(units, segments), units, strict=True), itemgetter(0)):
        labels = [unit.label for _, unit in word]
        has_pieces = not any(map(is_unspaced, labels))
        for are_letters, run in groupby(labels, str.isalnum):
            pieces = list(run)
            is_word = has_pieces and are_letters and len(pieces) > 1
            found += ["".join(pieces) if is_word else ""] * len(pieces)
    return found


def _ordinal(n: int, language: Language) -> str:
    """In English 1st, 2nd, 3rd, 4th, 11th; other languages have one form."""
    forms = {1: "first", 2: "second", 3: "third"}
    form = "other" if n % 100 in (11, 12, 13) else forms.get(n % 10, "other")
    return language.say("explore", f"nth_{form}", n=n)
