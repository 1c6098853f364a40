"""Fewer combinations than all: most faults need one value, or two together."""

from collections.abc import Iterable
from itertools import combinations, product
from typing import Any


def pairs(*axes: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Combinations with a value of each axis in which any two values of two axes stand together."""
    values = [list(axis) for axis in axes]
    everything = list(product(*(range(len(axis)) for axis in values)))
    left = {pair for places in everything for pair in _of(places)}
    chosen = []
    for wanted in range(len(axes) * (len(axes) - 1) // 2, 0, -1):
        for places in everything:
            if len(new := left.intersection(_of(places))) >= wanted:
                left -= new
                chosen.append(tuple(axis[at] for axis, at in zip(values, places, strict=True)))
    return chosen


def _of(places: tuple[int, ...]) -> list[tuple[tuple[int, int], ...]]:
    return list(combinations(enumerate(places), 2))
