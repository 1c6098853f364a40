"""How the output changes when the units that a measure ranks first are left out, or kept alone.

DeYoung et al. 2020.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from reportgen.analysis.evidence.explainer import ChangedText, Explainer
from reportgen.analysis.work.plan import chunks
from reportgen.models import EncodedText, ExplainedText, content_units, fixed_positions, keep
from reportgen.results import (
    BASELINES,
    BY_ID,
    MASK_OFFSET,
    MIN_UNITS,
    YARDSTICK,
    Floats,
    Scalar,
    Score,
    Statistic,
    View,
)
from reportgen.tasks import has_sign

PERCENTS = (10, 20, 50)  # of the text units, rounded up
# What the others are compared with, and of the baselines all but one, which would cost too much.
_NOT_TRIED = frozenset((*YARDSTICK, *BASELINES)) - {"rarity"}
# Texts whose changed forms run together: enough for full batches.
_WINDOW = 32


@dataclass(frozen=True, slots=True, eq=False)
class Rankings:
    """A text, with the measures whose rankings of its text units are tried on the model."""

    text: int
    explained: ExplainedText
    views: Mapping[View, Floats]  # [text unit]; larger absolute values rank first


def rankings(
    text: int,
    explained: ExplainedText,
    views: Mapping[View, Floats],
    scalar: Scalar,
    mask_offset: float | None,
) -> Rankings | None:
    """The rankings of a text's units by its `views` (see `unit_views`); None for fewer than
    MIN_UNITS units.

    Measures that are missing on any unit are left out. Where [MASK] moves the target in the same
    direction at nearly all units (`mask_offset`, |mean| / sd of its effects, above MASK_OFFSET),
    units are ranked by the distance of their effect from the median.
    """
    if len(content_units(explained.text)) < MIN_UNITS:
        return None
    whole: dict[View, Floats] = {
        view: values
        for view, values in views.items()
        if view not in _NOT_TRIED and np.isfinite(values).all()
    }
    shifts = mask_offset is not None and mask_offset > MASK_OFFSET
    if shifts and "mask" in whole and has_sign(BY_ID["mask"], scalar):
        whole["mask"] = whole["mask"] - np.median(whole["mask"])
    return Rankings(text, explained, whole)


def n_passes(n_units: int, n_views: int) -> int:
    """The most forward passes that `faithfulness` takes for one text; rankings that select the same
    units share passes."""
    return 2 * len(PERCENTS) * n_views if n_units >= MIN_UNITS else 0


def faithfulness(explainer: Explainer, texts: Sequence[Rankings]) -> list[Score]:
    """Comprehensiveness and sufficiency of every ranking of `texts` (DeYoung et al. 2020).

    Each is the mean over PERCENTS of the absolute change of the target: without the units that rank
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
        ChangedText(texts[number].explained, keep(texts[number].explained.text, positions))
        for number, positions in forms
    ]
    targets = dict(zip(forms, explainer.run(variants), strict=True))
    scores: list[Score] = []
    for number, text, view, statistic, kept in wanted:
        values = [targets[number, positions] for positions in kept]
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
