"""Which text carries what on the page, decided before it is written, within a number of bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """What a text carries; each level has all that the ones below it have."""

    LINE = 0  # its row in the table, and its text
    FIGURES = 1  # the highlighted text, chart and figures, without scripts
    LAYERS = 2  # attention maps of every layer, the mean over its heads
    HEADS = 3  # attention maps of every layer and head


@dataclass(frozen=True, slots=True)
class Cost:
    """The bytes one text adds to the page; the last two are None where its maps were not kept."""

    line: int
    figures: int
    layers: int | None
    heads: int | None


def plan(base: int, costs: Sequence[Cost], max_size: int) -> tuple[Level, ...]:
    """The level of each text, so that `base` and all of them stay within `max_size` bytes.

    In input order: first the figures of every text, then the layer means of every text, then all
    heads, each as long as there is room. Only the lines are never left out.
    """
    left = max_size - base - sum(cost.line for cost in costs)
    levels = [Level.LINE] * len(costs)
    for level in (Level.FIGURES, Level.LAYERS, Level.HEADS):
        for index, cost in enumerate(costs):
            extra = _extra(cost, levels[index], level)
            if extra is not None and extra <= left:
                levels[index] = level
                left -= extra
    return tuple(levels)


def size_of(base: int, costs: Sequence[Cost], levels: Sequence[Level]) -> int:
    """The bytes of a page with `levels`; a text without maps counts its figures at most."""
    total = base
    for cost, level in zip(costs, levels, strict=True):
        total += cost.line if level is Level.LINE else cost.figures
        if level is Level.LAYERS:
            total += cost.layers or 0
        elif level is Level.HEADS:
            total += cost.heads or 0
    return total


def _extra(cost: Cost, have: Level, want: Level) -> int | None:
    """The bytes it takes to lift a text from one level to the next, None where it cannot be."""
    if have != want - 1:
        return None
    if want is Level.FIGURES:
        return cost.figures - cost.line
    if want is Level.LAYERS:
        return cost.layers
    if cost.layers is None or cost.heads is None:
        return None
    return cost.heads - cost.layers
