"""Says whether a ranking of text units tells more than rankings that need no model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from reportgen.findings.notes.thresholds import TRUST_LARGELY, TRUST_PARTLY
from reportgen.findings.statistics import (
    Estimate,
    Floats,
    Interval,
    estimate,
    is_reversed,
    widened,
)
from reportgen.results import View

if TYPE_CHECKING:
    import pandas as pd

# In the order in which they are tried: the ranking is surely reversed; surely worse than a
# baseline; not surely better than chance; not surely better than every baseline; surely better
# than all of them, and surely at least so far from chance.
AgreementVerdict: TypeAlias = Literal[
    "opposite", "worse", "chance", "no_more", "little", "partly", "largely"
]
ABOVE_ALL: tuple[AgreementVerdict, ...] = ("little", "partly", "largely")


@dataclass(frozen=True, slots=True)
class Judgement:
    """How well a ranking agrees with effects, and what it says beyond the baselines."""

    verdict: AgreementVerdict
    agreement: Estimate  # mean rank correlation; its interval holds for all that are judged
    baseline: View | None = None  # that the verdict is about; None where none was measured
    # Agreement less that of the baseline in the same text, mean; the interval holds for all that
    # are judged, and for all baselines where the verdict says that one of them does as well.
    over: Estimate | None = None
    n_judged: int = 1

    @property
    def is_above_all(self) -> bool:
        """Whether it is surely better than chance and than every baseline."""
        return self.verdict in ABOVE_ALL


def judge(
    correlations: "pd.Series[float]",
    baselines: "Mapping[View, pd.Series[float]]",
    n_judged: int = 1,
    widest: float = 2.0,
) -> Judgement | None:
    """The judgement of a ranking by its agreement with effects, by text; None for too few texts.

    It is better than all baselines where the interval of the paired difference from each is above
    0; that needs no correction for their number (Berger 1982). That it is worse than any, of which
    there are several, does (Bonferroni), and so does that several rankings are judged.

    Args:
        baselines: the same of each baseline; a text that one has no value for counts as 0.
        n_judged: how many rankings are judged together.
        widest: the largest that two of the values can differ by; 2 of rank correlations.
    """
    estimated = estimate(correlations)
    if estimated is None or estimated.interval is None:
        return None
    agreement = widened(estimated, n_judged, 1.0)
    gaps = {
        view: gap
        for view, base in baselines.items()
        if (gap := estimate(correlations.to_numpy() - _values(base, correlations.index)))
        is not None
    }
    above = {view: widened(gap, n_judged, widest) for view, gap in gaps.items()}
    among = {view: widened(gap, n_judged * len(gaps), widest) for view, gap in gaps.items()}
    worse = {view: gap for view, gap in among.items() if _ends(gap).high < 0}
    level = {view: gap for view, gap in among.items() if _ends(above[view]).low <= 0}
    verdict = _verdict(_ends(agreement), is_worse=bool(worse), is_level=bool(level))
    named = worse or level or above
    baseline = min(named, key=lambda view: named[view].mean, default=None)
    over = None if baseline is None else named[baseline]
    return Judgement(verdict, agreement, baseline, over, n_judged)


def _values(base: "pd.Series[float]", texts: "pd.Index[int]") -> Floats:
    """The values of `base` for these texts, 0 where it has none."""
    values = (base if base.index.equals(texts) else base.reindex(texts)).to_numpy(np.float64)
    return np.where(np.isnan(values), 0.0, values)


def _verdict(agreement: Interval, *, is_worse: bool, is_level: bool) -> AgreementVerdict:
    if is_reversed(agreement):
        return "opposite"
    if is_worse:
        return "worse"
    if agreement.low <= 0:
        return "chance"
    if is_level:
        return "no_more"
    if agreement.low >= TRUST_LARGELY:
        return "largely"
    return "partly" if agreement.low >= TRUST_PARTLY else "little"


def _ends(figure: Estimate) -> Interval:
    assert figure.interval is not None  # as many texts as the agreement has
    return figure.interval
