"""What evidence explains of a text: one number, which a token's effect is a change of."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from reportgen.results import (
    EFFECT,
    LEVELS,
    MEASURES,
    Evidence,
    EvidenceLevel,
    Measure,
    Scalar,
    Trait,
)

if TYPE_CHECKING:  # which brings pandas, that options and help do without
    from reportgen.tasks.labels import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is explained."""

    is_distance: bool = False  # it is never below 0, so that effects have no sign
    is_sum_of_words: bool = False  # over the words of the text, with a part for each
    is_lead: bool = False  # of one class over the strongest other
    is_output: bool = False  # it is a number of the model's, which may have a name
    # `[text]` of the scores `[text, score]` of texts, and of the place of the one that was asked
    # for, or None; None where the table of texts does not hold it.
    of_scores: "Callable[[Floats, int | None], Floats] | None" = None


def _number(scores: "Floats", place: int | None) -> "Floats":
    """The first number, or that at `place`."""
    return scores[:, place or 0]


def _score(scores: "Floats", place: int | None) -> "Floats":
    """The largest score, or that at `place`."""
    target: Floats = scores.max(axis=1) if place is None else scores[:, place]
    return target


def _lead(scores: "Floats", place: int | None) -> "Floats":
    """By how much that score leads over the largest of all others."""
    rows = range(len(scores))
    places = scores.argmax(axis=1) if place is None else [place] * len(scores)
    others = scores.copy()
    others[rows, places] = -inf
    lead: Floats = scores[rows, places] - others.max(axis=1)
    return lead


# Those without a function are log-probabilities of tokens, and leads of tokens or choices; of words
# they are the sum over all words.
TARGETS: Mapping[Scalar, Target] = {
    "number": Target(is_output=True, of_scores=_number),
    "logit": Target(of_scores=_score),
    "margin": Target(is_lead=True, of_scores=_lead),
    "cosine": Target(is_distance=True),
    "log_probability": Target(),  # of the text's last token, in results of version 0.1
    "next_token": Target(),
    "token_lead": Target(),
    "completion": Target(),
    "tags": Target(is_sum_of_words=True),
    "word_sum": Target(is_sum_of_words=True),
    "masks": Target(),
    "answer": Target(),
    "choice": Target(),
}


def target_of(evidence: Evidence) -> Target:
    """What the effects of a run are changes of."""
    return Target() if evidence.scalar is None else TARGETS[evidence.scalar]


def _has_any(scalar: Scalar | None, traits: Iterable[Trait]) -> bool:
    return scalar is not None and any(getattr(TARGETS[scalar], trait) for trait in traits)


def applies_to(measure: Measure, scalar: Scalar | None) -> bool:
    """Whether a measure is defined where evidence explains `scalar`; where it explains nothing,
    those are that always are."""
    if scalar is None:
        return not measure.is_limited
    is_known = not measure.only_for or _has_any(scalar, measure.only_for)
    return is_known and not _has_any(scalar, measure.not_for)


def has_sign(measure: Measure, scalar: Scalar | None) -> bool:
    """Whether the values of a measure tell what raises `scalar` from what lowers it."""
    is_unsigned = _has_any(scalar, measure.unsigned_for)
    return measure.signed and not is_unsigned and applies_to(measure, scalar)


def measured_at(level: EvidenceLevel, scalar: Scalar | None) -> tuple[Measure, ...]:
    """The measures of evidence that `level` includes.

    The basic ones come first; those that few models have come last. `scalar` is the figure that
    evidence explains, None for the measures of all figures.
    """
    measures = [
        measure
        for measure in MEASURES
        if measure.table == "effects"
        and LEVELS.index(measure.level) <= LEVELS.index(level)
        and (scalar is None or applies_to(measure, scalar))
    ]
    return tuple(sorted(measures, key=lambda m: (LEVELS.index(m.level), m.is_limited)))


def taken_at(level: EvidenceLevel, scalar: Scalar | None) -> tuple[Measure, ...]:
    """Those of `measured_at` that have a stage of their own, in the order in which they are taken:
    what says the same comes last, since others say where to look for it."""
    measures = (measure for measure in measured_at(level, scalar) if measure.stage)
    return tuple(sorted(measures, key=lambda measure: measure.id == EFFECT))
