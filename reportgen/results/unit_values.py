"""The value of each display unit for a measure, made of the values of its tokens.

What is drawn, ranked, listed and compared is this value: what is judged is what is seen.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.results.measure_register import Combine, Measure

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
_ROUNDING = 1e-9  # what an even text is off by
LEAST_CONTENT = 0.01  # of the equal share of text tokens; a row with less counts as if it had it


def _sums(values: Floats, starts: Places) -> Floats:
    return np.add.reduceat(values, starts)


# From values `[token]` and the first token of each unit to values `[unit]`; shares, which are
# divided by equal shares, stand in `unit_values`.
_COMBINE: Mapping[Combine, Callable[[Floats, Places], Floats]] = {
    "sum": _sums,
    "length": lambda values, starts: np.sqrt(_sums(values**2, starts)),
    "first": lambda values, starts: values[starts],
    "largest": np.maximum.reduceat,
}


def measured_values(measure: Measure, columns: Any) -> Floats:
    """The values of a measure, `[token]`, in the `columns` of its table; NaN where there is none,
    and everywhere in a table without its column."""
    name = measure.column or measure.id
    if measure.item is None:
        return np.asarray(columns[name], dtype=np.float64)
    lists = columns[name] if name in columns else [None] * len(columns["text"])
    return np.array([np.nan if row is None else row[measure.item] for row in lists], np.float64)


def unit_starts(unit: Any) -> Places:
    """Where each unit begins, `[unit]`, of the numbers of the units of tokens, `[token]`; the
    tokens of a unit follow one another."""
    return np.flatnonzero(np.diff(np.asarray(unit, dtype=np.intp), prepend=-1))


def values_of_units(
    measure: Measure, values: Any, starts: Places, equal: "Floats | float" = 1.0
) -> Floats:
    """The values of units, `[unit]`, of the `values` of their tokens, `[token]`; NaN for a unit
    with a token that has none.

    Attention is what all tokens of a unit get over what they would get if it were spread evenly:
    1 is the equal share, for a long word as for a short one, and for a token that few others can
    look at as for any.

    Args:
        starts: where each unit begins, `[unit]`.
        equal: the equal share of each token (see `equal_shares`), which only attention needs.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if measure.combine != "share":
        return _COMBINE[measure.combine](numbers, starts)
    even = _sums(np.broadcast_to(np.asarray(equal, np.float64), numbers.shape), starts)
    shares = np.full(len(starts), np.nan)
    np.divide(_sums(numbers, starts), even, out=shares, where=even > 0)
    return shares


def equal_shares(
    measure: Measure, expected: "pd.Series[float] | Floats", n_tokens: "int | Places"
) -> "Floats | float":
    """What a token would get of a measure of attention if it were spread evenly, `[token]`.

    That is what the results say of attention received, where not every token can look at every
    other; of a row, and of what another text gives, one part of as many as the text has tokens.
    """
    if measure.is_over_even:
        return np.asarray(expected, dtype=np.float64)
    return 1.0 / n_tokens


def times_average(values: Floats, n_tokens: Places, text: "Places | None" = None) -> Floats:
    """`values` of attention, `[unit]`, as multiples of that of the average text token.

    Args:
        n_tokens: how many text tokens each unit has, `[unit]`; 0 for a special token, which takes
            no part in the average.
        text: the text of each unit, `[unit]`, where there are several.

    Returns:
        NaN in texts without text tokens, and where these get nothing.
    """
    owner = np.zeros(len(values), np.intp) if text is None else text
    total = np.bincount(owner, weights=np.where(n_tokens > 0, values * n_tokens, 0.0))
    average = total / np.maximum(np.bincount(owner, weights=n_tokens), 1)
    ratios = np.full(len(values), np.nan)
    np.divide(values, average[owner], out=ratios, where=average[owner] > 0)
    ratios[np.abs(ratios - 1) < _ROUNDING] = 1.0
    return ratios


def even_map(sizes: Places, *, is_causal: bool) -> Floats:
    """The map `[query, key]` of attention that every token spreads evenly over all that it sees.

    Args:
        sizes: how many tokens each unit has, `[unit]`. Attention to a unit is the sum over its
            tokens, attention from it the mean.
        is_causal: whether a token sees none of those after it.
    """
    even = even_token(sizes, is_causal=is_causal)[:, None] * sizes
    if not is_causal:
        return even
    even = np.tril(even)
    starts = np.cumsum(sizes) - sizes
    seen = np.arange(1, sizes.sum() + 1)  # [token], how many tokens it sees
    inside = (seen - np.repeat(starts, sizes)) / seen  # what it gives its own unit
    np.fill_diagonal(even, np.add.reduceat(inside, starts) / sizes)
    return even


def even_token(sizes: Places, *, is_causal: bool) -> Floats:
    """What each row of `even_map` gives one token that all of it sees, `[query]`."""
    if not is_causal:
        return np.full(len(sizes), 1 / sizes.sum())
    starts = np.cumsum(sizes) - sizes
    each: Floats = np.add.reduceat(1 / np.arange(1, sizes.sum() + 1), starts) / sizes
    return each


def rows_times_average(cells: Floats, even: Floats, content: NDArray[np.bool_]) -> Floats:
    """A map as multiples of what an average text token gets from the same row, `[query, key]`.

    An even row is 1 everywhere. A row that gives text tokens next to nothing is measured as if it
    gave them `LEAST_CONTENT` of their part: less is lost in the bytes that a map is stored in.

    Args:
        cells: attention, `[query, key]`.
        even: the same if it were spread evenly (see `even_map`).
        content: which keys are text tokens, `[key]`.
    """
    part = even[:, content].sum(axis=1)
    average = np.ones(len(cells))  # of a row that sees no text token
    np.divide(cells[:, content].sum(axis=1), part, out=average, where=part > 0)
    times = np.zeros(cells.shape)
    scale = even * np.maximum(average, LEAST_CONTENT)[:, None]
    np.divide(cells, scale, out=times, where=even > 0)
    return times
