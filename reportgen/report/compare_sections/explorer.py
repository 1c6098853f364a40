"""The list of texts that changed most beside the open one, with its maps in both models."""

from dataclasses import dataclass

from reportgen.report.compare_sections.context import CompareContext
from reportgen.report.compare_sections.maps import MapPair, make_maps
from reportgen.report.compare_sections.texts import TextPair, make_pairs, shown_for


@dataclass(frozen=True, slots=True)
class OpenText:
    """One text with its strips and maps."""

    pair: TextPair
    maps: MapPair | None
    before: int | None  # number of the text listed before it
    after: int | None


@dataclass(frozen=True, slots=True)
class Explorer:
    """The section."""

    heading: str  # says what changed most in these texts
    texts: tuple[OpenText, ...]


def make_explorer(context: CompareContext) -> Explorer:
    """The texts that changed most, in the order of the list."""
    comparison, words = context.comparison, context.words
    pairs = make_pairs(context)
    numbers = [None, *(pair.number for pair in pairs), None]
    texts = tuple(
        OpenText(pair, make_maps(comparison, pair.number - 1, words), before, after)
        for pair, before, after in zip(pairs, numbers, numbers[2:], strict=False)
    )
    return Explorer(shown_for(comparison, words), texts)
