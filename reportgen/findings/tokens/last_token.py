"""How often the last text token of a text is the one that changes the output most.

A causal model reads its output at the last token. Where that token is also the strongest in most
texts, it hides every other: a list over all texts would be a list of what texts end with.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv

from reportgen.findings.statistics import CONFIDENCE, Floats, Interval, Places
from reportgen.results import MIN_TEXTS

_HALF = 0.5


@dataclass(frozen=True, slots=True)
class LastToken:
    """In how many texts the last text unit changes the output more than any other."""

    n_strongest: int
    n_texts: int  # that differ, of at least two units with an effect
    chance: float  # the share of texts in which it would be by chance: mean of one by their units

    @property
    def share(self) -> float:
        """The share of texts in which it is the strongest."""
        return self.n_strongest / self.n_texts

    @property
    def interval(self) -> Interval:
        """The exact interval of that share (Clopper and Pearson 1934)."""
        k, n, tail = self.n_strongest, self.n_texts, (1 - CONFIDENCE) / 2
        low = betaincinv(k, n - k + 1, tail) if k else 0.0
        high = betaincinv(k + 1, n - k, 1 - tail) if k < n else 1.0
        return Interval(float(low), float(high))

    @property
    def stands_out(self) -> bool:
        """Whether it is the strongest in most texts, and surely in more than by chance."""
        is_most = self.n_texts >= MIN_TEXTS and self.share > _HALF
        return is_most and self.interval.low > self.chance


def last_token(text: Places, effects: Floats, same: Places) -> LastToken | None:
    """How often the last unit is the strongest; None where no text has two units with an effect.

    Of texts that are equal the first counts. Where several units are the strongest, the last is
    not.

    Args:
        text: `[unit]`, its row of `texts`, ascending.
        effects: `[unit]`, NaN where not measured.
        same: `[text]`, of texts that are equal, the row of the first.
    """
    known = np.isfinite(effects) & (same[text] == text)
    text, sizes = text[known], np.abs(effects[known])
    _, starts, counts = np.unique(text, return_index=True, return_counts=True)
    several = counts > 1
    if not several.any():
        return None
    most = np.maximum.reduceat(sizes, starts)
    n_most = np.add.reduceat((sizes == np.repeat(most, counts)).astype(np.intp), starts)
    is_last = (sizes[starts + counts - 1] == most) & (n_most == 1)
    return LastToken(
        int(is_last[several].sum()), int(several.sum()), float((1 / counts[several]).mean())
    )
