"""Which heads matter: how far the prediction changes with the output of a head at its mean.

Of many heads some have the largest changes by luck, so what is said of the largest holds although
they were picked. A head is named if its change is surely larger than that of every head outside the
TOP: than that of the largest of these, which luck has raised too, by their ratio, with Student's t
on a scale of logarithms for as many tests as there are heads. How much of all change falls on the
TOP is measured on other texts than those that they are picked on: on each half of the texts for
those of the other half. So an equal share is what it comes to where all heads are alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import comb
from typing import Literal, TypeAlias

import numpy as np
from scipy.special import stdtrit

from reportgen.findings.repeated_texts import without_copies
from reportgen.findings.sinks.heads import SinkHeads
from reportgen.findings.statistics import (
    CONFIDENCE,
    Booleans,
    Estimate,
    Floats,
    Places,
    estimates,
    lows_among,
    p_values,
    ratio_estimates,
    widened,
)
from reportgen.results import MIN_TEXTS, Results

TOP = 5  # heads that are listed; at most half of all
# The interval of their share is as wide as for so many figures: both halves are picked for by texts
# that the other one counts. In simulations of 8 to 144 heads that are alike, on 10 and 24 texts, it
# then lies above the equal share in at most 3.3 % of runs, and in up to 7.4 % without.
_HALVES = 4
# How many of the TOP are heads of a sink: more or fewer than chance gives, or as many.
Overlap: TypeAlias = Literal["more", "fewer", "chance"]


@dataclass(frozen=True, slots=True)
class ListedHead:
    """One of the heads with the largest changes."""

    layer: int  # from 1
    head: int
    size: Estimate  # of the absolute change; its lower end holds for the largest of all heads
    effect: Estimate  # the same with its sign: above 0, the head raises the prediction
    is_named: bool  # surely larger than every head outside the TOP


@dataclass(frozen=True, slots=True)
class HeadsOfSink:
    """The heads that make one token a sink, among those that matter most."""

    key: str  # of the sink, as that of its subject
    n_sink: int
    n_heads: int
    n_top: int  # heads that are listed
    n_shared: int  # of them that are the sink's
    # Their mean change over that of all other heads; None where that is not defined.
    ratio: Estimate | None

    @property
    def expected(self) -> float:
        """How many would be the sink's by chance."""
        return self.n_top * self.n_sink / self.n_heads

    @property
    def overlap(self) -> Overlap:
        """Whether that differs from chance, by the hypergeometric distribution."""
        n_other = self.n_heads - self.n_sink
        chances = [
            comb(self.n_sink, i) * comb(n_other, self.n_top - i) / comb(self.n_heads, self.n_top)
            for i in range(self.n_top + 1)
        ]
        level = (1 - CONFIDENCE) / 2
        if sum(chances[self.n_shared :]) <= level:
            return "more"
        return "fewer" if sum(chances[: self.n_shared + 1]) <= level else "chance"


@dataclass(frozen=True, slots=True, eq=False)
class HeadEffects:
    """What each head does to the prediction, over the texts in which that was measured.

    Attributes:
        sizes, effects: `[layer][head]`, as of a `ListedHead`.
        top: the heads with the largest changes, the largest first.
        share: of all change, what falls on as many heads that were picked on other texts; None for
            too few texts, or where nothing changes.
        expected: their share if all heads were alike.
        n_directed: heads that surely raise the prediction on average, or surely lower it.
    """

    n_texts: int
    sizes: tuple[tuple[Estimate, ...], ...]
    effects: tuple[tuple[Estimate, ...], ...]
    top: tuple[ListedHead, ...]
    share: Estimate | None
    expected: float
    n_directed: int
    sink: HeadsOfSink | None

    @property
    def n_heads(self) -> int:
        """The number of heads in all layers."""
        return sum(map(len, self.sizes))

    @property
    def named(self) -> tuple[ListedHead, ...]:
        """The heads that surely matter more than the rest."""
        return tuple(head for head in self.top if head.is_named)

    @property
    def n_named(self) -> int:
        """How many these are."""
        return len(self.named)

    @property
    def is_uneven(self) -> bool:
        """Whether a few heads surely matter more than an equal share."""
        interval = self.share.interval if self.share else None
        return interval is not None and interval.low > self.expected

    @property
    def is_still(self) -> bool:
        """Whether no head changes the prediction in any text."""
        return self.largest.mean == 0

    @property
    def largest(self) -> Estimate:
        """The largest change of all heads."""
        return self.top[0].size


def head_effects(results: Results, sinks: Mapping[str, SinkHeads]) -> HeadEffects | None:
    """The figures over all texts in which the effects of heads were measured; None without any."""
    model = results.info.model
    rows = without_copies(results, results.head_effects, "layer", "head")
    if rows.empty:
        return None
    changes = rows["effect"].to_numpy(np.float64).reshape(-1, model.n_layers, model.n_heads)
    return figures_of(changes, sinks)


def figures_of(effects_of_texts: Floats, sinks: Mapping[str, SinkHeads] = {}) -> HeadEffects:
    """The figures of `[text, layer, head]`, at least one text."""
    shape = effects_of_texts.shape[1:]
    changes = effects_of_texts.reshape(len(effects_of_texts), -1)
    absolute = np.abs(changes)
    plain = estimates(absolute)
    sizes, effects = lows_among(plain, plain), estimates(changes)
    n_top = min(TOP, max(1, len(sizes) // 2))
    order = np.argsort(-absolute.mean(axis=0), kind="stable")
    named = _surely_larger(absolute, order, n_top)
    top = tuple(
        ListedHead(
            int(i) // shape[1] + 1, int(i) % shape[1] + 1, sizes[i], effects[i], bool(is_named)
        )
        for i, is_named in zip(order[:n_top], named, strict=True)
    )
    return HeadEffects(
        n_texts=len(changes),
        sizes=_in_layers(sizes, shape[1]),
        effects=_in_layers(effects, shape[1]),
        top=top,
        share=_share_of_others(absolute, n_top),
        expected=n_top / len(sizes),
        n_directed=_n_directed(changes),
        sink=_heads_of_sink(absolute, order[:n_top], sinks),
    )


def _in_layers(figures: tuple[Estimate, ...], n_heads: int) -> tuple[tuple[Estimate, ...], ...]:
    return tuple(figures[i : i + n_heads] for i in range(0, len(figures), n_heads))


def _surely_larger(absolute: Floats, order: Places, n_top: int) -> Booleans:
    """`[n_top]`: whether a head surely changes the prediction more than each head after those."""
    if len(absolute) < MIN_TEXTS or len(order) == n_top:
        return np.zeros(n_top, np.bool_)
    top, rest = absolute[:, order[:n_top]], absolute[:, order[n_top], None]
    means, least = top.mean(axis=0), float(rest.mean())
    if least == 0:  # of the others none does anything; one text or two may be chance
        return np.asarray((top > 0).sum(axis=0) >= MIN_TEXTS, np.bool_)
    # Of the logarithm of the ratio of two means (delta method).
    ratios, parts = np.log(means / least), top / means - rest / least
    errors = parts.std(axis=0, ddof=1) / np.sqrt(len(parts))
    score = stdtrit(len(parts) - 1, 1 - (1 - CONFIDENCE) / 2 / len(order))
    return np.asarray(ratios > score * errors, np.bool_)


def _share_of_others(absolute: Floats, n_top: int) -> Estimate | None:
    """The share of the change of each half of the texts that falls on the largest heads of the
    other half."""
    if len(absolute) < MIN_TEXTS:
        return None
    above = np.zeros(len(absolute))
    for half in (slice(0, None, 2), slice(1, None, 2)):
        other = slice(1 - (half.start or 0), None, 2)
        picked = np.argsort(-absolute[other].mean(axis=0), kind="stable")[:n_top]
        above[half] = absolute[half][:, picked].sum(axis=1)
    (share,) = ratio_estimates(above[:, None], absolute.sum(axis=1)[:, None])
    return None if share is None else widened(share, _HALVES, most=1.0)


def _n_directed(changes: Floats) -> int:
    """How many heads surely change the prediction in one direction on average, with Student's t for
    as many tests as there are heads (Bonferroni)."""
    n_texts, n_heads = changes.shape
    if n_texts < MIN_TEXTS:
        return 0
    errors = changes.std(axis=0, ddof=1) / np.sqrt(n_texts)
    chances = p_values(changes.mean(axis=0), errors, np.full(n_heads, n_texts))
    return int((chances * n_heads <= 1 - CONFIDENCE).sum())


def _heads_of_sink(
    absolute: Floats, top: Places, sinks: Mapping[str, SinkHeads]
) -> HeadsOfSink | None:
    """Those of the sink that most heads make one; None without a sink that one head surely makes,
    and where all heads do."""
    sure = {key: heads for key, heads in sinks.items() if heads.is_sure}
    if not sure:
        return None
    key = max(sure, key=lambda key: sure[key].n_sink)
    is_sink = sure[key].is_sink.ravel()
    if is_sink.all():
        return None
    means = (absolute[:, chosen].mean(axis=1)[:, None] for chosen in (is_sink, ~is_sink))
    (ratio,) = ratio_estimates(*means)
    return HeadsOfSink(
        key, int(is_sink.sum()), len(is_sink), len(top), int(is_sink[top].sum()), ratio
    )
