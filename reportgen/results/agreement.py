"""Agreement of each measure's ranking of text units with their effect on the output.

The measures are compared as they are drawn: by the value of each unit (see `unit_values`). Rank
agreement says that two measures order the units alike, not that either of them is right.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.results.info import Statistic, View
from reportgen.results.measure_register import (
    BASELINES,
    BY_ID,
    EFFECT,
    MIN_UNITS,
    VIEWS,
    YARDSTICK,
    Measure,
)
from reportgen.results.ranks import spearman
from reportgen.results.tables.schema import COMPLETION_SEGMENT, HELD
from reportgen.results.unit_values import (
    Floats,
    Places,
    equal_shares,
    measured_values,
    unit_starts,
    values_of_units,
)

_SEED = 20190603


class Score(NamedTuple):
    """A row of the table of agreement."""

    text: int
    view: View
    statistic: Statistic
    value: float


def unit_views(
    tokens: pd.DataFrame,
    effects: pd.DataFrame | Mapping[str, Floats],
    names: Sequence[View] = (*VIEWS, *YARDSTICK),
    users: Sequence[Measure] = (),
) -> dict[View, Floats]:
    """The yardstick and all other measures of one text, or those with `names`, by text unit.

    Args:
        tokens: the text's rows of the table of tokens, in the order of positions.
        effects: the columns of the table of effects, also with one row per token.
        users: the scores that came with the texts, which are compared too.

    Returns:
        `[text unit]` by measure, NaN where a unit has no value, without those of a completion
        and masks. Measures without any value are left out, and with a completion those read from
        the row of the last token, which none of it is read from. Of the baselines, only the one
        that takes all texts is missing.
    """
    content = ranked_tokens(tokens)
    starts = unit_starts(tokens["unit"].to_numpy(dtype=np.intp)[content])
    if not len(starts):
        return {}
    expected = tokens["expected"].to_numpy(dtype=np.float64)[content]
    is_completed = bool(_is_completion(tokens).any())
    views: dict[View, Floats] = {}
    for measure in (*(BY_ID[name] for name in names), *users):
        name = measure.id
        if measure.table is None or (measure.is_row and is_completed):
            continue
        if measure.table == "tokens" and (measure.column or name) not in tokens.columns:
            continue
        table = tokens if measure.table == "tokens" else effects
        values = measured_values(measure, table)[content]
        even = equal_shares(measure, expected, len(tokens))
        by_unit = values_of_units(measure, values, starts, even)
        if not np.isnan(by_unit).all():
            views[name] = by_unit
    if any(BY_ID[name].group == "baselines" for name in names):
        plain = _plain_views(tokens, content, starts)
        plain["random"] = _random(int(tokens["text"].iloc[0]), len(starts))
        views |= {name: values for name, values in plain.items() if name in names}
    return views


def _plain_views(
    tokens: pd.DataFrame, content: NDArray[np.bool_], starts: Places
) -> dict[View, Floats]:
    """What units of the tokens `content` tell of themselves, `[unit]`: how many tokens and
    characters they have, and their place in the text."""
    places = np.arange(len(starts), dtype=np.float64)
    views: dict[View, Floats] = {
        "unit_tokens": np.diff(starts, append=np.count_nonzero(content)).astype(np.float64),
        "early": places[::-1],
        "late": places,
    }
    if {"start", "end"} <= set(tokens.columns):
        first, last = (
            tokens[name].to_numpy(np.float64, na_value=np.nan)[content] for name in ("start", "end")
        )
        views["characters"] = np.maximum.reduceat(last, starts) - np.minimum.reduceat(first, starts)
    return views


def ranked_tokens(tokens: pd.DataFrame) -> NDArray[np.bool_]:
    """`[token]`: which take part in a ranking: no special tokens, none of a completion, and no
    masks."""
    held = tokens[HELD] if HELD in tokens else pd.Series(False, tokens.index)
    is_held = held.fillna(False).to_numpy(dtype=np.bool_)
    is_special = tokens["is_special"].to_numpy(dtype=np.bool_)
    return np.asarray(~is_special & ~_is_completion(tokens) & ~is_held, dtype=np.bool_)


def _is_completion(tokens: pd.DataFrame) -> NDArray[np.bool_]:
    of_completion: NDArray[np.bool_] = (
        tokens["segment"].fillna(0).to_numpy(np.int64) == COMPLETION_SEGMENT
    )
    return of_completion


def yardstick(views: Mapping[View, Floats]) -> Floats | None:
    """The effect of each unit of a text as it is shown, `[unit]`, which all measures are compared
    with; None where it was not measured. `views` are as `unit_views` gives them."""
    return views.get(EFFECT)


def text_agreement(
    text: int,
    views: Mapping[View, Floats],
    *,
    is_distance: bool = False,
    users: Sequence[Measure] = (),
) -> list[Score]:
    """Rank correlation of each of a text's `views` (see `unit_views`) with its `yardstick`.

    Spearman's rho over the text units that have both values. Signed measures
    are compared with signed effects, and by size as well ("spearman_size"); the others with the
    size of effects; where effects are distances (`is_distance`), all are compared by size. There
    is no score for fewer than MIN_UNITS units, nor if either side has the same value for all; but
    a baseline that has says nothing of the units, which is 0.
    """
    effects = yardstick(views)
    if effects is None:
        return []
    scores: list[Score | None] = []
    signed = {measure.id for measure in (*BY_ID.values(), *users) if measure.signed}
    for view, values in views.items():
        if view in YARDSTICK:
            continue
        both = np.isfinite(values) & np.isfinite(effects)
        view_values, effect = values[both], effects[both]
        # A [MASK] offset shifts all effects by the same amount and does not change their ranks.
        has_sign = view in signed and not is_distance
        first = (view_values, effect) if has_sign else (abs(view_values), abs(effect))
        scores.append(_correlation(text, view, *first, "spearman"))
        if has_sign:
            sizes = (abs(view_values), abs(effect))
            scores.append(_correlation(text, view, *sizes, "spearman_size"))
    return [score for score in scores if score is not None]


def _correlation(
    text: int, view: View, values: Floats, effect: Floats, statistic: Statistic
) -> Score | None:
    if len(values) < MIN_UNITS or not np.ptp(effect):
        return None
    if not np.ptp(values):
        return Score(text, view, statistic, 0.0) if view in BASELINES else None
    return Score(text, view, statistic, spearman(values, effect))


def agreement_columns(scores: Sequence[Score]) -> dict[str, list[object]]:
    """Columns of the table of agreement, one row per score."""
    return {name: [getattr(score, name) for score in scores] for name in Score._fields}


def _random(text: int, n_units: int) -> Floats:
    """A random order that depends only on the row of the text and its number of units."""
    return np.random.default_rng((_SEED, text, n_units)).permutation(n_units).astype(np.float64)
