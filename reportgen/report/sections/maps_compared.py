"""The list of texts that changed most beside the open one, with its maps in both models: the last
layer with the difference, and the heads that changed most."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from reportgen.comparison import Comparison
from reportgen.report.charts.attention_map import (
    change_top,
    difference_map,
    small_map,
    text_map,
    three_maps,
    thumb_cells,
    thumb_times,
)
from reportgen.report.charts.svg import Drawing
from reportgen.report.language.comparison import CompareWords
from reportgen.report.language.printable import visible
from reportgen.report.sections.context_compared import CompareContext
from reportgen.report.sections.texts_compared import TextPair, make_pairs, shown_for
from reportgen.results import Results, TextUnits, map_levels, text_units, weights_of

HEADS = 6  # of those that changed most, drawn beside a text


@dataclass(frozen=True, slots=True)
class HeadPair:
    """One head's map in the old and in the new model."""

    name: str
    distance: str
    base: Markup
    head: Markup


@dataclass(frozen=True, slots=True)
class MapPair:
    """The maps of one text."""

    title: str
    legend: str
    maps: Markup  # of both models and their difference in one place, which a choice shows
    difference: Drawing
    says: str  # what the difference shows
    heads: tuple[HeadPair, ...]


def make_maps(comparison: Comparison, text: int, words: CompareWords) -> MapPair | None:
    """The maps of row `text` of `texts`; None where one of the models kept none, or pooled ones, or
    where their heads cannot be compared."""
    if comparison.heads is None or text not in comparison.heads.texts:
        return None
    units = text_units(comparison.base.results, text)
    labels = [visible(unit.label) for unit in units.units]
    sides = comparison.base.results, comparison.head.results
    base, head = (text_map(results, text, units, labels) for results in sides)
    if base is None or head is None:
        return None
    title = words.say("map_title", layer=comparison.base.info.model.n_layers)
    change = head.cells - base.cells
    row, column = divmod(int(np.abs(change).argmax()), len(change))
    says = words.say(
        "map_difference",
        top=change_top(change),
        origin=base.labels[row],
        to=base.labels[column],
        base=words.share(float(base.cells[row, column])),
        head=words.share(float(head.cells[row, column])),
    )
    script = words.language.words["script"]
    axes = script["axis_key"], script["axis_query"]
    difference = difference_map(base, head, f"d{text + 1}", says, axes)
    return MapPair(
        title=title,
        legend=words.say("map_legend"),
        maps=three_maps(base, head, f"d{text + 1}", says, axes).on_page(),
        difference=difference,
        says=says,
        heads=_heads(comparison, text, units, words),
    )


def _heads(
    comparison: Comparison, text: int, units: TextUnits, words: CompareWords
) -> tuple[HeadPair, ...]:
    heads = comparison.heads
    if heads is None or not heads.distance.any():
        return ()
    shown = [place for place in heads.ranking[:HEADS] if heads.distance[place] > 0]
    sides = comparison.base.results, comparison.head.results
    weights = [_weights(results, text, shown) for results in sides]
    is_causal = comparison.base.info.model.is_causal
    made = []
    for place in shown:
        cells = [thumb_cells(side[place], units.unit_of) for side in weights]
        name = "L{}H{}".format(*(number + 1 for number in place))
        drawings = [
            small_map(
                thumb_times(each, units, is_causal=is_causal), f"{name} {words.say(side)}", "thumb"
            ).on_page()
            for each, side in zip(cells, ("base", "head"), strict=True)
        ]
        distance = words.fit(float(heads.distance[place]))
        made.append(HeadPair(name, distance, drawings[0], drawings[1]))
    return tuple(made)


def _weights(
    results: Results, text: int, places: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], NDArray[np.float32]]:
    """The weights `[query, key]` of the heads at `places`, layer and head, in one text."""
    levels = map_levels(results, text)
    return {} if levels is None else {place: weights_of(levels[place]) for place in places}


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
