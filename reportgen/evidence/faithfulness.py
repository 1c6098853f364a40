"""Does a view find the units that the output rests on? They are left out, or kept alone.

Comprehensiveness and sufficiency (DeYoung et al. 2020, ERASER): a good view's first units change
the output much when they are left out, and little when they are all that is left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from reportgen.evidence.agreement import Floats, Measure, Score
from reportgen.evidence.target import Changed, Explained, Explainer
from reportgen.evidence.variants import content_units, keep
from reportgen.info import Scalar, Statistic, View
from reportgen.limits import MASK_OFFSET, MIN_UNITS
from reportgen.model.tokens import EncodedText

PERCENTS = (10, 20, 50)  # of the content units, rounded up
# Texts whose forms are made, and run, together: enough for full batches.
_WINDOW = 32


@dataclass(frozen=True, slots=True, eq=False)
class Rankings:
    """A text with the views whose ranking of its content units is put to the test."""

    text: int
    explained: Explained
    views: Mapping[View, Floats]  # `[content unit]` of what is run; larger sizes rank first


def rankings(
    text: int,
    explained: Explained,
    views: Mapping[Measure, Floats],
    scalar: Scalar,
    mask_offset: float | None,
) -> Rankings | None:
    """The rankings by a text's `views` (see `unit_views`); None for fewer than MIN_UNITS units.

    A view that is missing on any unit ranks nothing. Where [MASK] moves a scalar the same way
    wherever it stands (`mask_offset`, |mean| / sd of its effects, above MASK_OFFSET), what ranks
    is how far its effects lie from their median.
    """
    if len(content_units(explained.text)) < MIN_UNITS:
        return None
    whole: dict[View, Floats] = {
        view: values
        for view, values in views.items()
        if view != "deletion" and np.isfinite(values).all()
    }
    shifts = scalar != "cosine" and mask_offset is not None and mask_offset > MASK_OFFSET
    if shifts and "mask" in whole:
        whole["mask"] = whole["mask"] - np.median(whole["mask"])
    return Rankings(text, explained, whole)


def n_passes(n_units: int, n_views: int) -> int:
    """The forward passes that a text takes, at most: views that agree on a set of units share
    them."""
    return 2 * len(PERCENTS) * n_views if n_units >= MIN_UNITS else 0


def faithfulness(explainer: Explainer, texts: Sequence[Rankings]) -> list[Score]:
    """Comprehensiveness and sufficiency of every view of `texts`.

    Each is the mean over PERCENTS of the size of the output's change: without a view's first units
    (ties by position), and with these and the special tokens alone. There is no score where one of
    those forms of the text could not be run.
    """
    windows = (texts[start : start + _WINDOW] for start in range(0, len(texts), _WINDOW))
    return [score for window in windows for score in _scores(explainer, window)]


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
    """The positions of `text` that are kept, for each of PERCENTS."""
    units = content_units(text)
    order = np.argsort(-abs(values), kind="stable")
    kept: dict[Statistic, list[tuple[int, ...]]] = {"comprehensiveness": [], "sufficiency": []}
    for percent in PERCENTS:
        size = -(-len(units) * percent // 100)
        first = {position for unit in order[:size] for position in units[unit]}
        everywhere = range(len(text.ids))
        kept["comprehensiveness"].append(tuple(i for i in everywhere if i not in first))
        kept["sufficiency"].append(
            tuple(i for i in everywhere if i in first or text.roles[i] is not None)
        )
    return kept
