"""Which tokens do most, of all texts: shrunken means, so that luck is not listed as a finding.

The largest of many means is large partly by chance. So each mean is pulled towards what tokens do
on average, by as much as its texts leave it open (Efron and Morris 1975):

    centre + (mean - centre) * t2 / (t2 + s2 / n)

where s2 is the variance over the n texts that have the token, pulled towards that of all tokens,
and t2 the variance between tokens in truth, by the method of moments (Hedges and Olkin 1985). A
token is named in a sentence only if Benjamini-Hochberg at FALSE_DISCOVERIES keeps it, and the
interval that is printed beside it leaves out the centre.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import inf
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from reportgen.findings.statistics import (
    CONFIDENCE,
    Booleans,
    Floats,
    Interval,
    benjamini_hochberg,
    p_values,
)
from reportgen.findings.tokens.figures import CorpusTokens, TokenEffect, TokenKind, fewest_texts
from reportgen.results.measure_register import MIN_TEXTS
from reportgen.results.store import Results

LISTED = 8  # tokens in a list
TARGETS = 3  # explained classes, labels or tokens that have lists of their own
MOST = 0.5  # of the changes, that tokens in enough texts have, for "none stands out"
_PRIOR_TEXTS = 4  # how many texts the variance of all tokens counts for in that of one


class ListedToken(NamedTuple):
    """A token of a list."""

    label: int  # place in `CorpusTokens.labels`
    value: float  # shrunken mean over the texts that have it
    interval: Interval  # of that
    is_named: bool  # whether a sentence may name it
    is_few: bool  # in too few different texts for that, though its interval leaves out the centre
    is_unsure: bool  # in enough, and its interval leaves it out, but it may be chance among so many


@dataclass(frozen=True, slots=True, eq=False)
class Shrunken:
    """`[label]` each; NaN for tokens in too few texts to be listed."""

    values: Floats
    intervals: Floats  # [end, label]
    is_named: Booleans
    is_few: Booleans
    is_unsure: Booleans
    centre: float
    judged: float  # of the sizes of all values, the share of tokens in enough different texts


@dataclass(frozen=True, slots=True, eq=False)
class EffectLists:
    """The tokens that move one explained figure most, by the direction in which they move it."""

    target: str | None  # the explained class, label or token; None where there is only one figure
    n_texts: int  # that have deletion effects
    shrunken: Shrunken
    lists: Mapping[TokenEffect, tuple[ListedToken, ...]]

    @property
    def tells_of_none(self) -> bool:
        """Whether most of what changes the figure lies on tokens in too few texts to be named, and
        none is named: then it is not known whether one stands out."""
        return self.shrunken.judged < MOST and not self.shrunken.is_named.any()


def shrink(
    tokens: CorpusTokens, values: Floats, fewest: int, centre: float | None, least: float = -inf
) -> Shrunken:
    """Shrunken means over texts of `values` (one per row of `tokens`), by label.

    What may be named goes by texts that differ: a copy shows nothing new.

    Args:
        fewest: rows that a label must have.
        centre: what means are pulled towards, and compared with; None for the mean of all means.
        least: what no value can be below.
    """
    known, size = np.isfinite(values), len(tokens.labels)
    label, values = tokens.label[known], values[known]
    counts = np.bincount(label, minlength=size)
    held = np.maximum(counts, 1)
    means = np.bincount(label, weights=values, minlength=size) / held
    squares = np.bincount(label, weights=(values - means[label]) ** 2, minlength=size)
    listed = counts >= fewest
    if not listed.any():
        nothing = np.full(size, np.nan)
        none = np.zeros(size, np.bool_)
        return Shrunken(nothing, np.stack([nothing, nothing]), none, none, none, 0.0, 0.0)
    middle = float(means[listed].mean()) if centre is None else centre
    freedom = counts - 1.0
    pooled = squares.sum() / max(np.maximum(freedom, 0).sum(), 1)
    # Keeps what never differs from being divided by nothing.
    tiny = 1e-12 * max(float(np.square(means).max()), np.finfo(float).tiny)
    pulled = (squares + _PRIOR_TEXTS * pooled) / (np.maximum(freedom, 0) + _PRIOR_TEXTS)
    variance = np.maximum(pulled, tiny) / held
    between = float(((means - middle) ** 2 - variance)[listed].mean())
    kept = max(between, 0.0) / (max(between, 0.0) + variance)
    shrunken = np.where(listed, middle + kept * (means - middle), np.nan)
    half = stdtrit(np.maximum(freedom, 1) + _PRIOR_TEXTS, (1 + CONFIDENCE) / 2)
    half = half * np.sqrt(kept * variance)
    n_texts = int(tokens.same.max()) + 1
    pairs = np.unique(label * n_texts + tokens.same[known])
    different = np.bincount(pairs // n_texts, minlength=size)
    tested = listed & (different >= MIN_TEXTS)
    errors = np.sqrt(squares / np.maximum(freedom, 1) / np.maximum(different, 1))
    is_named = np.zeros(size, np.bool_)
    found = p_values((means - middle)[tested], errors[tested], different[tested])
    is_named[tested] = benjamini_hochberg(found)
    ends = np.stack([np.maximum(shrunken - half, least), shrunken + half])
    with np.errstate(invalid="ignore"):
        is_apart = (ends[0] > middle) | (ends[1] < middle)
    is_few, is_unsure = is_apart & ~tested, is_apart & tested & ~is_named
    sizes = np.bincount(label, weights=np.abs(values), minlength=size)
    judged = float(sizes[tested].sum() / sizes.sum()) if sizes.any() else 0.0
    return Shrunken(shrunken, ends, is_named & is_apart, is_few, is_unsure, middle, judged)


def listed(kind: TokenKind, found: Shrunken, most: int = LISTED) -> tuple[ListedToken, ...]:
    """The tokens that do `kind` most, the strongest first, at most `most`."""
    values = -found.values if kind == "lowers" else found.values
    least = -found.centre if kind == "lowers" else found.centre
    with np.errstate(invalid="ignore"):
        fits = values > least
    order = np.argsort(np.where(fits, -values, np.inf), kind="stable")[: int(fits.sum())]
    return tuple(
        ListedToken(
            int(i),
            float(found.values[i]),
            Interval(*map(float, found.intervals[:, i])),
            bool(found.is_named[i]),
            bool(found.is_few[i]),
            bool(found.is_unsure[i]),
        )
        for i in order[:most]
    )


def shrunken_attention(tokens: CorpusTokens) -> Shrunken:
    """How much attention tokens draw, relative to the average text token of their texts."""
    fewest = fewest_texts(tokens.n_texts)
    return shrink(tokens, tokens.attention, fewest, 1.0, least=0.0)


def effect_lists(tokens: CorpusTokens, *, is_size: bool, target: str | None = None) -> EffectLists:
    """The tokens that move the output most, by direction; empty lists without effects.

    Args:
        tokens: of texts of which the same figure is explained.
        is_size: whether an effect is a distance, which has no sign; a token is then compared with
            the average token.
        target: the name of that figure.
    """
    n_texts = tokens.n_effect
    centre, least = (None, 0.0) if is_size else (0.0, -inf)
    found = shrink(tokens, tokens.effect, fewest_texts(n_texts), centre, least)
    kinds: tuple[TokenEffect, ...] = ("moves",) if is_size else ("raises", "lowers")
    lists = {kind: listed(kind, found) for kind in kinds} if n_texts else {}
    return EffectLists(target, n_texts, found, lists)


def explained_targets(results: Results) -> tuple[str, ...]:
    """The classes, labels or tokens that were explained, the most frequent first.

    Empty where the explained figure is the same for all texts.
    """
    names = results.evidence["explained_label"].dropna()
    counts = names.value_counts(sort=False).sort_values(ascending=False, kind="stable")
    return tuple(map(str, counts.index)) if len(counts) > 1 else ()


def lists_by_target(
    results: Results, tokens: CorpusTokens, targets: Sequence[str]
) -> tuple[EffectLists, ...]:
    """The lists for the most frequent `targets` in which at least one token occurs in enough texts.

    Those of all texts where there are no `targets`. Effects on different figures are never averaged
    together.
    """
    is_size = results.info.evidence.scalar == "cosine"
    if not targets:
        return (effect_lists(tokens, is_size=is_size),)
    found = (
        effect_lists(tokens.among(explaining(results, target)), is_size=is_size, target=target)
        for target in targets
    )
    return tuple(islice((own for own in found if any(own.lists.values())), TARGETS))


def explaining(results: Results, target: str) -> Booleans:
    """`[text]`: whether `target` was explained in the text."""
    own = np.zeros(len(results.texts), np.bool_)
    rows = results.evidence.loc[results.evidence["explained_label"] == target, "text"]
    own[rows.to_numpy(np.intp)] = True
    return own
