"""How well scores of the units of a text find those that people marked, as ERASER measures it
(DeYoung et al. 2020): F1 of tokens, area under precision and recall, F1 of spans.

Of a text of *n* units, *k* of them marked, the *k* with the highest scores are picked. ERASER picks
as large a share of every text of a data set as is marked on average; here *k* is that of the text
itself, so that precision and recall of tokens are the same.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reportgen.findings.statistics import Booleans, Floats

OVERLAP = 0.5  # intersection over union of two spans, from which they count as the same
_DRAWS = 256  # orders that are tried where equal scores, or chance, leave the choice open
_SEED = 20201105


class RationaleScores(NamedTuple):
    """How well a ranking of the units of a text finds the marked ones, each from 0 to 1."""

    f1: float  # of units
    auprc: float  # average precision
    precision: float  # of spans: how many of those picked are marked ones
    recall: float  # of spans: how many of the marked ones they are


@dataclass(frozen=True, slots=True, eq=False)
class MarkedUnits:
    """The units of a text, some but not all of which are marked."""

    span: NDArray[
        np.intp
    ]  # `[unit]`: number of the marked span that it is part of, from 1; 0: none
    begins: Booleans  # `[unit]`: whether what is before it is no neighbour
    text: int = 0  # draws of chance depend on it

    @property
    def n_marked(self) -> int:
        """How many units are marked."""
        return int(np.count_nonzero(self.span))

    def scores(self, values: Floats) -> RationaleScores:
        """The scores of a ranking by `values`, `[unit]`, the highest first.

        Of units with equal values at the last place to pick, any may be: F1 is its mean over all
        choices, and precision and recall of spans are means over some drawn at random.
        """
        k, is_marked = self.n_marked, self.span > 0
        last = np.partition(values, -k)[-k]
        above, level = values > last, values == last
        n_above, n_level = np.count_nonzero(above), np.count_nonzero(level)
        part = (k - n_above) / n_level
        hits = np.count_nonzero(above & is_marked) + part * np.count_nonzero(level & is_marked)
        picked = (above | level)[None] if part == 1 else self._drawn(values)
        return RationaleScores(
            float(hits / k), average_precision(values, is_marked), *self.span_scores(picked)
        )

    def chance(self) -> RationaleScores:
        """The mean scores of all orders of the units; those of spans over some orders drawn."""
        n, k = len(self.span), self.n_marked
        ranks = np.arange(n)
        others = (k - 1) / (n - 1)  # of the units before a marked one, the share that is marked
        area = float(np.mean((1 + ranks * others) / (1 + ranks)))
        return RationaleScores(k / n, area, *self.span_scores(self._drawn(np.zeros(n))))

    def span_scores(self, picked: Booleans) -> tuple[float, float]:
        """Precision and recall of spans, means over the rows of `picked`, `[draw, unit]`.

        A span is a run of picked neighbours. It is right where its intersection with a marked span
        is at least half of their union.
        """
        after = np.zeros_like(picked)
        after[:, 1:] = picked[:, :-1] & ~self.begins[1:]
        run = np.cumsum(picked & ~after) * picked.ravel()  # from 1 over all draws; 0 is not picked
        n_spans = int(self.span.max(initial=0))
        span = np.broadcast_to(self.span, picked.shape).ravel()
        of_run, of_span = np.bincount(run), np.bincount(self.span)
        is_shared = (run > 0) & (span > 0)
        pairs, both = np.unique(
            run[is_shared] * (n_spans + 1) + span[is_shared], return_counts=True
        )
        runs, spans = np.divmod(pairs, n_spans + 1)
        is_right = np.zeros(len(of_run), np.bool_)
        is_right[runs[both >= OVERLAP * (of_run[runs] + of_span[spans] - both)]] = True
        draw = np.flatnonzero(picked & ~after) // picked.shape[1]
        n_right = np.bincount(draw, weights=is_right[1:], minlength=len(picked))
        n_picked = np.bincount(draw, minlength=len(picked))
        precision = np.divide(n_right, n_picked, out=np.zeros(len(picked)), where=n_picked > 0)
        return float(precision.mean()), float(n_right.mean() / n_spans)

    def _drawn(self, values: Floats) -> Booleans:
        """`[draw, unit]`: the units with the highest `values`, equal ones in random order."""
        n, k = len(values), self.n_marked
        chance = np.random.default_rng((_SEED, self.text, n)).random((_DRAWS, n))
        order = np.lexsort((chance, np.broadcast_to(-values, chance.shape)))
        picked = np.zeros((_DRAWS, n), np.bool_)
        np.put_along_axis(picked, order[:, :k], True, axis=1)
        return picked


def average_precision(values: Floats, is_marked: Booleans) -> float:
    """Precision at each marked unit, the highest of `values` first, mean over the marked ones;
    equal values are taken together."""
    order = np.argsort(-values, kind="stable")
    ends = np.flatnonzero(np.diff(values[order], append=np.nan) != 0)
    hits = np.cumsum(is_marked[order])[ends]
    return float(np.sum(np.diff(hits, prepend=0) * hits / (ends + 1)) / hits[-1])


def span_f1(precision: Floats, recall: Floats) -> Floats:
    """F1 of the means of precision and recall, 0 where both are."""
    total = precision + recall
    return np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)
