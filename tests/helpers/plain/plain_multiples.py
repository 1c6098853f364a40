"""Multiples of an average text token and their steps, one cell at a time, from their definition."""

from collections.abc import Sequence
from math import floor, log2

import numpy as np


def plain_step(times: float) -> int:
    """The step 0..15: 1 stands at three tenths of the scale, 16 at its end, doublings alike; of
    each tenth the nearest step."""
    tenths = 3 * times if times <= 1 else min(10.0, 3 + 7 * log2(times) / 4)
    return (0, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15)[floor(tenths + 0.5)]


def plain_even(unit_of: Sequence[int], *, is_causal: bool) -> np.ndarray:
    """Attention spread evenly by every token over all it sees, `[query, key]` of units: to a unit
    the sum over its tokens, from it the mean."""
    n, n_units = len(unit_of), max(unit_of) + 1
    even = np.zeros((n_units, n_units))
    for query in range(n):
        seen = query + 1 if is_causal else n
        for key in range(seen):
            even[unit_of[query], unit_of[key]] += 1 / seen / list(unit_of).count(unit_of[query])
    return even


def plain_multiples(cells: np.ndarray, even: np.ndarray, content: Sequence[bool]) -> np.ndarray:
    """`cells` as multiples of what an average text token gets from the same row."""
    times = np.zeros(cells.shape)
    for query, row in enumerate(cells):
        own = [key for key in range(len(row)) if content[key] and even[query, key] > 0]
        part = sum(even[query, key] for key in own)
        average = max(0.01, sum(row[key] for key in own) / part) if own else 1.0
        for key, share in enumerate(row):
            if even[query, key] > 0:
                times[query, key] = share / even[query, key] / average
    return times
