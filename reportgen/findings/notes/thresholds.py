"""The thresholds of notes; the strings of `thresholds` say why each has its value."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import TypeVar

from reportgen.findings.notes.citations import GU, HESTERBERG, SUN, Citation
from reportgen.findings.resampling import RESAMPLES
from reportgen.findings.statistics import CONFIDENCE, Interval
from reportgen.results import MASK_OFFSET, MIN_CONTENT, MIN_TEXTS, MIN_UNITS, SINK_EXCESS

RAISED_EXCESS = 0.05  # of what lies between an equal share and all attention
LIGHT_VALUE = 0.5  # length of a token's vectors, in those of a text token
LIGHT_NORM = 0.5  # share of norm-weighted attention, in that of attention
NO_OPERATION = 0.1  # the same, of what adds next to nothing
BROADCAST_RANK = 1.5  # effective rank of what nearly all points along one direction
MASSIVE = 1000  # largest hidden value, in the median of its text's
TEST_SMALL = 0.25  # effect of a sink test, in that on text tokens
TEST_LARGE = 0.5
# Of the mean square of a sink's lead, the part that is the same for every token that asks. At 0.8
# the leads spread by half their mean, at 0.5 by as much as their mean.
ALIKE_MOST = 0.8
ALIKE_LITTLE = 0.5
TINY_EFFECT = 0.05  # largest deletion effect of a text, in the range of the scores of all texts
TRUST_PARTLY = 0.2  # rank agreement of the colours with what changes the prediction
TRUST_LARGELY = 0.6
Decided = TypeVar("Decided")


@dataclass(frozen=True, slots=True)
class Threshold:
    """A threshold of notes."""

    id: str
    value: float
    citation: Citation | None = None  # None where it is our own choice


THRESHOLDS = (
    Threshold("sink_excess", SINK_EXCESS, GU),
    Threshold("raised_excess", RAISED_EXCESS),
    Threshold("light_value", LIGHT_VALUE),
    Threshold("light_norm", LIGHT_NORM),
    Threshold("no_operation", NO_OPERATION),
    Threshold("broadcast_rank", BROADCAST_RANK),
    Threshold("massive", MASSIVE, SUN),
    Threshold("test_small", TEST_SMALL),
    Threshold("test_large", TEST_LARGE),
    Threshold("alike_most", ALIKE_MOST),
    Threshold("alike_little", ALIKE_LITTLE),
    Threshold("mask_limit", MASK_OFFSET),
    Threshold("tiny_effect", TINY_EFFECT),
    Threshold("trust_partly", TRUST_PARTLY),
    Threshold("trust_largely", TRUST_LARGELY),
    Threshold("confidence", CONFIDENCE, HESTERBERG),
    Threshold("resamples", RESAMPLES),
    Threshold("min_texts", MIN_TEXTS),
    Threshold("min_content", MIN_CONTENT),
    Threshold("min_units", MIN_UNITS),
)


def certain(decide: Callable[..., Decided], *intervals: Interval) -> Decided | None:
    """The answer of `decide` if it is the same for all arguments in their `intervals`.

    None where the answers differ. Only the ends are tried, so the arguments with one answer must
    lie together.
    """
    decisions = {decide(*ends) for ends in product(*intervals)}
    return decisions.pop() if len(decisions) == 1 else None
