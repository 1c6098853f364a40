"""Agreement of each measure's ranking of text units with their effect on the output.

Rank agreement says that two measures order the units alike, not that either of them is right.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.analysis.evidence.scalar import Changed, Explained, Explainer
from reportgen.analysis.evidence.text_evidence import Floats
from reportgen.analysis.tasks.plan import chunks
from reportgen.models.tokens.encoded import EncodedText
from reportgen.models.tokens.perturbed_texts import content_units, fixed_positions, keep
from reportgen.results.info import Scalar, Statistic, View
from reportgen.results.measure_register import (
    BY_ID,
    MASK_OFFSET,
    MIN_UNITS,
    VIEWS,
    YARDSTICK,
    Combine,
)
from reportgen.results.ranks import kendall, spearman
from reportgen.results.tables.schema import COMPLETION_SEGMENT, HELD

_SEED = 20190603
PERCENTS = (10, 20, 50)  # of the text units, rounded up
# Texts whose changed forms run together: enough for full batches.
_WINDOW = 32


def _sums(values: Floats, starts: NDArray[np.intp]) -> Floats:
    return np.add.reduceat(values, starts)


# From values `[token]` and the first token of each unit to values `[unit]`.
_COMBINE: Mapping[Combine, Callable[[Floats, NDArray[np.intp]], Floats]] = {
    "sum": _sums,
    "length": lambda values, starts: np.sqrt(_sums(values**2, starts)),
    "first": lambda values, starts: values[starts],
    "largest": np.maximum.reduceat,
}


class Score(NamedTuple):
    """A row of the table of agreement."""

    text: int
    view: View
    statistic: Statistic
    value: float


def unit_views(
    tokens: pd.DataFrame,
    effects: pd.DataFrame | Mapping[str, Floats],
    *,
    is_causal: bool = False,
) -> dict[View, Floats]:
    """Both parts of the yardstick and all other measures of one text, by text unit.

    Args:
        tokens: the text's rows of the table of tokens, in the order of positions.
        effects: the columns of the table of effects, also with one row per token.
        is_causal: whether attention received is divided by its even-spread value. Otherwise the
            first tokens of a causal model would rank first, whatever the text.

    Returns:
        `[text unit]` by measure, NaN where a unit has no value, without those of a completion
        and masks.
        Measures without any value are left out, and with a completion those read from the row of
        the last token, which none of it is read from; a text with at least one unit has token
        rarity and a random order.
    """
    is_completion = tokens["segment"].fillna(0).to_numpy(np.int64) == COMPLETION_SEGMENT
    held = tokens[HELD] if HELD in tokens else pd.Series(False, tokens.index)
    is_held = held.fillna(False).to_numpy(dtype=np.bool_)
    content = ~tokens["is_special"].to_numpy(dtype=np.bool_) & ~is_completion & ~is_held
    units = tokens["unit"].to_numpy(dtype=np.intp)[content]
    starts = np.flatnonzero(np.diff(units, prepend=-1))
    if not len(starts):
        return {}
    views: dict[View, Floats] = {}
    for name in (*VIEWS, *YARDSTICK):
        measure = BY_ID[name]
        if measure.table is None or (measure.is_row and is_completion.any()):
            continue
        if measure.table == "tokens" and (measure.column or name) not in tokens.columns:
            continue
        column = (tokens if measure.table == "tokens" else effects)[measure.column or name]
        if measure.is_over_even and is_causal:
            column = column / tokens["expected"]
        values = np.asarray(column, dtype=np.float64)[content]
        by_unit = _COMBINE[measure.combine](values, starts)
        if not np.isnan(by_unit).all():
            views[name] = by_unit
    views["random"] = _random(int(tokens["text"].iloc[0]), len(starts))
    return views


def yardstick(views: Mapping[View, Floats]) -> Floats | None:
    """The effect of each unit of a text, `[unit]`, which all measures are compared with.

    It is the mean of its deletion effect and its effect alone, where all units have both; else the
    deletion effect, None where that was not measured. `views` are as `unit_views` gives them.
    """
    parts = [views[name] for name in YARDSTICK if name in views]
    if "deletion" not in views:
        return None
    is_whole = len(parts) == len(YARDSTICK) and np.isfinite(parts).all()
    return np.mean(parts, axis=0) if is_whole else views["deletion"]


def text_agreement(text: int, views: Mapping[View, Floats], scalar: Scalar) -> list[Score]:
    """Rank correlation of each of a text's `views` (see `unit_views`) with its `yardstick`.

    Spearman's rho and Kendall's tau-b over the text units that have both values. Signed measures
    are compared with signed effects, and by size as well ("spearman_size"); the others with the
    size of effects; for embeddings, whose effects are distances, all are compared by size. There
    is no score for fewer than MIN_UNITS units, nor if either side has the same value for all.
    """
    effects = yardstick(views)
    if effects is None:
        return []
    scores: list[Score] = []
    for view, values in views.items():
        if view in YARDSTICK:
            continue
        both = np.isfinite(values) & np.isfinite(effects)
        own, effect = values[both], effects[both]
        # A [MASK] offset shifts all effects by the same amount and does not change their ranks.
        has_sign = BY_ID[view].signed and scalar != "cosine"
        first = (own, effect) if has_sign else (abs(own), abs(effect))
        scores += _correlations(text, view, *first, ("spearman", "kendall"))
        if has_sign:
            scores += _correlations(text, view, abs(own), abs(effect), ("spearman_size",))
    return scores


_CORRELATIONS: Mapping[Statistic, Callable[[Floats, Floats], float]] = {
    "spearman": spearman,
    "kendall": kendall,
    "spearman_size": spearman,
}


def _correlations(
    text: int, view: View, own: Floats, effect: Floats, statistics: Sequence[Statistic]
) -> list[Score]:
    if len(own) < MIN_UNITS or not np.ptp(own) or not np.ptp(effect):
        return []
    return [Score(text, view, name, _CORRELATIONS[name](own, effect)) for name in statistics]


def agreement_columns(scores: Sequence[Score]) -> dict[str, list[object]]:
    """Columns of the table of agreement, one row per score."""
    return {name: [getattr(score, name) for score in scores] for name in Score._fields}


def _random(text: int, n_units: int) -> Floats:
    """A random order that depends only on the row of the text and its number of units."""
    return np.random.default_rng((_SEED, text, n_units)).permutation(n_units).astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Rankings:
    """A text, with the measures whose rankings of its text units are tried on the model."""

    text: int
    explained: Explained
    views: Mapping[View, Floats]  # [text unit]; larger absolute values rank first


def rankings(
    text: int,
    explained: Explained,
    views: Mapping[View, Floats],
    scalar: Scalar,
    mask_offset: float | None,
) -> Rankings | None:
    """The rankings of a text's units by its `views` (see `unit_views`); None for fewer than
    MIN_UNITS units.

    Measures that are missing on any unit are left out. Where [MASK] moves the scalar in the same
    direction at nearly all units (`mask_offset`, |mean| / sd of its effects, above MASK_OFFSET),
    units are ranked by the distance of their effect from the median.
    """
    if len(content_units(explained.text)) < MIN_UNITS:
        return None
    whole: dict[View, Floats] = {
        view: values
        for view, values in views.items()
        if view not in YARDSTICK and np.isfinite(values).all()
    }
    shifts = scalar != "cosine" and mask_offset is not None and mask_offset > MASK_OFFSET
    if shifts and "mask" in whole:
        whole["mask"] = whole["mask"] - np.median(whole["mask"])
    return Rankings(text, explained, whole)


def n_passes(n_units: int, n_views: int) -> int:
    """The most forward passes that `faithfulness` takes for one text; rankings that select the same
    units share passes."""
    return 2 * len(PERCENTS) * n_views if n_units >= MIN_UNITS else 0


def faithfulness(explainer: Explainer, texts: Sequence[Rankings]) -> list[Score]:
    """Comprehensiveness and sufficiency of every ranking of `texts` (DeYoung et al. 2020).

    Each is the mean over PERCENTS of the absolute change of the scalar: without the units that rank
    first (ties by position), or with only those and the special tokens. There is no score if one
    of these versions of the text could not be run.
    """
    return [score for window in chunks(texts, _WINDOW) for score in _scores(explainer, window)]


def _scores(explainer: Explainer, texts: Sequence[Rankings]) -> list[Score]:
    wanted = [
        (number, ranked.text, view, statistic, kept)
        for number, ranked in enumerate(texts)
        for view, values in ranked.views.items()
        for statistic, kept in _kept(ranked.explained.text, values).items()
    ]
    forms = list(dict.fromkeys((number, form) for number, *_, kept in wanted for form in kept))
    variants = [
        Changed(texts[number].explained, keep(texts[number].explained.text, positions))
        for number, positions in forms
    ]
    found = dict(zip(forms, explainer.run(variants), strict=True))
    scores: list[Score] = []
    for number, text, view, statistic, kept in wanted:
        values = [found[number, positions] for positions in kept]
        whole = texts[number].explained.value
        changes = [abs(whole - value) for value in values if not isinstance(value, str)]
        if len(changes) == len(kept):
            scores.append(Score(text, view, statistic, fmean(changes)))
    return scores


def _kept(text: EncodedText, values: Floats) -> dict[Statistic, list[tuple[int, ...]]]:
    """The positions of `text` that are kept, by statistic, for each of PERCENTS."""
    units = content_units(text)
    order = np.argsort(-abs(values), kind="stable")
    kept: dict[Statistic, list[tuple[int, ...]]] = {"comprehensiveness": [], "sufficiency": []}
    for percent in PERCENTS:
        size = -(-len(units) * percent // 100)
        first = {position for unit in order[:size] for position in units[unit]}
        stay = first.union(fixed_positions(text))
        everywhere = range(len(text.ids))
        kept["comprehensiveness"].append(tuple(i for i in everywhere if i not in first))
        kept["sufficiency"].append(tuple(i for i in everywhere if i in stay))
    return kept
