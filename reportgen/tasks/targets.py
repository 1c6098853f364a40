"""What evidence explains of a text: one number, which a token's effect is a change of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from reportgen.results import Evidence, Scalar
from reportgen.tasks.labels import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is explained."""

    is_distance: bool = False  # it is never below 0, so that effects have no sign
    is_lead: bool = False  # of one class over the strongest other
    is_output: bool = False  # it is a number of the model's, which may have a name
    # `[text]` of the scores `[text, score]` of texts, and of the place of the one that was asked
    # for, or None; None where the table of texts does not hold it.
    of_scores: Callable[[Floats, int | None], Floats] | None = None


def _number(scores: Floats, place: int | None) -> Floats:
    """The first number, or that at `place`."""
    return scores[:, place or 0]


def _score(scores: Floats, place: int | None) -> Floats:
    """The largest score, or that at `place`."""
    return np.asarray(scores.max(axis=1) if place is None else scores[:, place])


def _lead(scores: Floats, place: int | None) -> Floats:
    """By how much that score leads over the largest of all others."""
    places = np.arange(len(scores))
    own = scores.argmax(axis=1) if place is None else np.full(len(scores), place)
    others = scores.copy()
    others[places, own] = -np.inf
    return np.asarray(scores[places, own] - others.max(axis=1))


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
    "tags": Target(),
    "word_sum": Target(),
    "masks": Target(),
    "answer": Target(),
    "choice": Target(),
}


def target_of(evidence: Evidence) -> Target:
    """What the effects of a run are changes of."""
    return Target() if evidence.scalar is None else TARGETS[evidence.scalar]
