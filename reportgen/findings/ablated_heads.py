"""Which heads matter: how far the prediction changes with the output of a head at its mean.

Of many heads some have the largest changes by luck. A head is named if its change is surely larger
than that of every head outside the TOP: than that of the largest of these, which luck has raised
too, by their ratio, with Student's t on a scale of logarithms for as many tests as there are heads.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from reportgen.findings.repeated_texts import without_copies
from reportgen.findings.statistics import (
    CONFIDENCE,
    Booleans,
    Estimate,
    Floats,
    Places,
    estimates,
    lows_among,
)
from reportgen.results import MIN_TEXTS, Results

TOP = 5  # heads that may be named; at most half of all


@dataclass(frozen=True, slots=True)
class NamedHead:
    """A head that surely changes the prediction more than every head outside the TOP."""

    layer: int  # from 1
    head: int
    size: Estimate  # of the absolute change; its lower end holds for the largest of all heads
    effect: Estimate  # the same with its sign: above 0, the head raises the prediction


@dataclass(frozen=True, slots=True)
class HeadEffects:
    """What single heads do to the prediction, over the texts in which that was measured."""

    n_texts: int
    largest: Estimate  # change of all heads
    n_top: int  # heads that may be named
    named: tuple[NamedHead, ...]  # the largest first

    @property
    def n_named(self) -> int:
        """How many these are."""
        return len(self.named)


def head_effects(results: Results) -> HeadEffects | None:
    """The figures over all texts in which the effects of heads were measured; None without any."""
    model = results.info.model
    rows = without_copies(results, results.head_effects, "layer", "head")
    if rows.empty:
        return None
    changes = rows["effect"].to_numpy(np.float64).reshape(-1, model.n_layers, model.n_heads)
    return figures_of(changes)


def figures_of(effects_of_texts: Floats) -> HeadEffects:
    """The figures of `[text, layer, head]`, at least one text."""
    n_heads = effects_of_texts.shape[2]
    changes = effects_of_texts.reshape(len(effects_of_texts), -1)
    absolute = np.abs(changes)
    plain = estimates(absolute)
    sizes, effects = lows_among(plain, plain), estimates(changes)
    n_top = min(TOP, max(1, len(sizes) // 2))
    order = np.argsort(-absolute.mean(axis=0), kind="stable")
    is_named = _surely_larger(absolute, order, n_top)
    named = tuple(
        NamedHead(int(i) // n_heads + 1, int(i) % n_heads + 1, sizes[i], effects[i])
        for i in order[:n_top][is_named]
    )
    return HeadEffects(len(changes), sizes[order[0]], n_top, named)


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
