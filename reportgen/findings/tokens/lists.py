"""Which tokens do most, of all texts, chosen so that luck is not listed as a finding.

A figure that is printed is the plain mean over the texts that have the token. The largest of many
means is large partly by chance, so plain means do not say which tokens to list, and in what order:
shrunken means do, and the chance that the truth has the other sign (see `shrink`). A list holds
the tokens whose chance of that is at most WRONG_LISTED and whose interval, which stands beside
them, leaves out the centre; a sentence names a token only at WRONG_NAMED and in enough different
texts.

The variance over the texts that have a token is pulled towards that of all tokens (Smyth 2004).
The interval is that of Student's t. Of *m* tokens that were judged, *R* are listed; a figure that
was picked lies far out by luck more often than any other, so intervals hold at the level
1 - .05 R / m (Benjamini and Yekutieli 2005).

Shrunken means are those of adaptive shrinkage: how many of many means are large by chance, and how
far the others are from the centre, is read from all means together (Stephens 2017, "False discovery
rates: a new deal"). The true distances are taken to come from a mixture: a part is exactly 0, the
others are normal around 0 with standard deviations on a grid. The weights are those that fit the
means best, by expectation maximisation with a penalty that favours 0. Each mean then has a
posterior distribution: its mean, and the *false sign rate*, the chance that the truth has the other
sign, or is 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import inf
from typing import NamedTuple

import numpy as np
from scipy.special import digamma, gammaln, ndtr, ndtri, stdtr, stdtrit

from reportgen.findings.statistics import CONFIDENCE, Booleans, Floats, Interval, Places
from reportgen.findings.tokens.figures import CorpusTokens, TokenEffect, TokenKind, fewest_texts
from reportgen.results import MIN_TEXTS, Results
from reportgen.tasks import target_of

LISTED = 8  # tokens in a list
IN_DOUBT = 16  # tokens that may be chance, which are shown on request
TARGETS = 3  # explained classes, labels or tokens that have lists of their own
MOST = 0.5  # of the changes, that tokens in enough texts have, for "none stands out"
WRONG_LISTED = 0.10  # chance of the other sign, of a token in a list, at most
WRONG_NAMED = 0.05  # the same of a token that a sentence names
_PRIOR_TEXTS = 4  # how many texts the variance of all tokens counts for in that of one


class ListedToken(NamedTuple):
    """A token of a list."""

    label: int  # place in `CorpusTokens.labels`
    value: float  # mean over the texts that have it
    interval: Interval  # of that
    n_texts: int
    wrong_sign: float  # chance that the truth is on the other side of the centre, or on it
    is_named: bool  # whether a sentence may name it
    is_few: bool  # in too few different texts for that


@dataclass(frozen=True, slots=True)
class Listing:
    """The tokens that do one thing, those in front that do it most for sure."""

    sure: tuple[ListedToken, ...] = ()
    doubtful: tuple[ListedToken, ...] = ()  # whose sign may be chance; none of them is named
    n_sure: int = 0  # also those beyond the length of the list
    n_doubtful: int = 0

    @property
    def named(self) -> ListedToken | None:
        """The first that a sentence may name."""
        return next((token for token in self.sure if token.is_named), None)


@dataclass(frozen=True, slots=True, eq=False)
class RankedTokens:
    """`[label]` each; NaN for tokens in too few texts to be listed."""

    means: Floats  # over the texts that have the token
    n_texts: Places  # that have it
    intervals: Floats  # [end, label]
    shrunken: Floats  # distance from the centre that is left after what chance makes of it
    wrong_sign: Floats
    is_sure: Booleans  # whether its sign is: it belongs in a list
    is_named: Booleans
    is_few: Booleans
    centre: float
    judged: float  # of the sizes of all values, the share of tokens in enough different texts
    n_shared: int = 0  # such tokens


@dataclass(frozen=True, slots=True, eq=False)
class EffectLists:
    """The tokens that move one explained figure most, by the direction in which they move it."""

    target: str | None  # the explained class, label or token; None where there is only one figure
    n_texts: int  # that have effects
    ranked: RankedTokens
    lists: Mapping[TokenEffect, Listing]

    @property
    def tells_of_none(self) -> bool:
        """Whether most of what changes the figure lies on tokens in too few texts to be named, and
        none is named: then it is not known whether one stands out."""
        return self.ranked.judged < MOST and not self.names_any

    @property
    def names_any(self) -> bool:
        """Whether a sentence may name a token."""
        return any(listing.named for listing in self.lists.values())

    def strong_in_few(self, least: float) -> tuple[ListedToken, ...]:
        """The tokens that surely do more than `least`, but in too few texts to be named, the
        strongest first."""
        every = (token for listing in self.lists.values() for token in listing.sure)
        few = (token for token in every if token.is_few and abs(token.value) > least)
        return tuple(sorted(few, key=lambda token: -abs(token.value)))

    @property
    def is_empty(self) -> bool:
        """Whether no token that moves the figure is in enough texts to be judged."""
        return not any(listing.n_sure or listing.n_doubtful for listing in self.lists.values())


def rank_tokens(
    tokens: CorpusTokens, values: Floats, fewest: int, centre: float | None, least: float = -inf
) -> RankedTokens:
    """What is known of the means over texts of `values` (one per row of `tokens`), by label.

    Copies of a text show nothing new, so errors go by texts that differ. Groups of tokens that say
    the same are judged like tokens; what is said of all tokens leaves them out, since their tokens
    are among these.

    Args:
        fewest: rows that a label must have.
        centre: what means are compared with; None for the mean of all means.
        least: what no value can be below.
    """
    known, size = np.isfinite(values), len(tokens.labels)
    label, values = tokens.label[known], values[known]
    counts = np.bincount(label, minlength=size)
    judged = counts >= fewest
    if not judged.any():
        nothing, none = np.full(size, np.nan), np.zeros(size, np.bool_)
        ends = np.stack([nothing, nothing])
        return RankedTokens(nothing, counts, ends, nothing, nothing, none, none, none, 0.0, 0.0)
    means = np.bincount(label, weights=values, minlength=size) / np.maximum(counts, 1)
    is_unit = np.arange(size) < tokens.n_units
    middle = float(means[judged & is_unit].mean()) if centre is None else centre
    different = _different(label, tokens.same[known], size)
    errors, freedom = _errors(label, values, means, different)
    posterior = shrink((means - middle)[judged], errors[judged], freedom[judged])
    shrunken, wrong = np.full((2, size), np.nan)
    shrunken[judged], wrong[judged] = posterior.means, posterior.wrong_sign
    means = np.where(judged, means, np.nan)
    with np.errstate(invalid="ignore"):
        is_sure = wrong <= WRONG_LISTED
        while True:  # the fewer are listed, the wider are their intervals
            share = max(int(is_sure.sum()), 1) / int(judged.sum())
            half = stdtrit(freedom, 1 - (1 - CONFIDENCE) / 2 * share) * errors
            is_apart = np.abs(means - middle) > half
            if not (is_sure & ~is_apart).any():
                break
            is_sure &= is_apart
        is_named = is_sure & (wrong <= WRONG_NAMED) & (different >= MIN_TEXTS)
    ends = np.stack([np.maximum(means - half, least), means + half])
    sizes = np.where(is_unit, np.bincount(label, weights=np.abs(values), minlength=size), 0.0)
    is_few = different < MIN_TEXTS
    is_shared = judged & is_unit & ~is_few
    part = float(sizes[is_shared].sum() / sizes.sum()) if sizes.any() else 0.0
    n_shared = int(is_shared.sum())
    return RankedTokens(
        means, counts, ends, shrunken, wrong, is_sure, is_named, is_few, middle, part, n_shared
    )


def _different(label: Places, same: Places, size: int) -> Places:
    """`[label]`: how many texts that differ have it."""
    n_texts = int(same.max()) + 1
    pairs = np.unique(label * n_texts + same)
    return np.bincount(pairs // n_texts, minlength=size).astype(np.intp)


def _errors(
    label: Places, values: Floats, means: Floats, different: Places
) -> tuple[Floats, Floats]:
    """`[label]` twice: the standard errors of the means, and their degrees of freedom."""
    size = len(means)
    squares = np.bincount(label, weights=(values - means[label]) ** 2, minlength=size)
    freedom = np.maximum(np.bincount(label, minlength=size) - 1.0, 0)
    unpooled = squares / np.maximum(freedom, 1)
    varies = unpooled > 0
    # The mean of logarithms, which lie too low for few texts (Smyth 2004).
    logs = np.log(unpooled[varies]) - digamma(freedom[varies] / 2) + np.log(freedom[varies] / 2)
    pooled = np.exp(np.average(logs, weights=freedom[varies])) if varies.any() else 0.0
    pulled = (squares + _PRIOR_TEXTS * pooled) / (freedom + _PRIOR_TEXTS)
    variance = np.maximum(pulled, unpooled)
    # Keeps what never differs from being divided by nothing.
    tiny = 1e-12 * max(float(np.square(means).max()), np.finfo(float).tiny)
    errors = np.sqrt(np.maximum(variance, tiny) / np.maximum(different, 1))
    return errors, np.maximum(different - 1.0, 0) + _PRIOR_TEXTS


def listed(kind: TokenKind, ranked: RankedTokens, most: int = LISTED) -> Listing:
    """The tokens that do `kind`, those that do it most after shrinkage first: at most `most` that
    are sure."""
    sign = -1.0 if kind == "lowers" else 1.0
    with np.errstate(invalid="ignore"):
        fits = sign * (ranked.means - ranked.centre) > 0
    is_sure = fits & ranked.is_sure
    distances = np.where(fits, sign * (ranked.means - ranked.centre), -inf)
    order = np.lexsort((-distances, np.where(fits, -sign * ranked.shrunken, inf)))
    sure, doubtful = (order[part[order]] for part in (is_sure, fits & ~is_sure))
    return Listing(
        tuple(_token(ranked, int(i)) for i in sure[:most]),
        tuple(_token(ranked, int(i)) for i in doubtful[:IN_DOUBT]),
        len(sure),
        len(doubtful),
    )


def _token(ranked: RankedTokens, i: int) -> ListedToken:
    return ListedToken(
        i,
        float(ranked.means[i]),
        Interval(*map(float, ranked.intervals[:, i])),
        int(ranked.n_texts[i]),
        float(ranked.wrong_sign[i]),
        bool(ranked.is_named[i]),
        bool(ranked.is_few[i]),
    )


def ranked_attention(tokens: CorpusTokens) -> RankedTokens:
    """How much attention tokens draw, relative to the average text token of their texts."""
    fewest = fewest_texts(tokens.n_texts)
    return rank_tokens(tokens, tokens.attention, fewest, 1.0, least=0.0)


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
    ranked = rank_tokens(tokens, tokens.effect, fewest_texts(n_texts), centre, least)
    kinds: tuple[TokenEffect, ...] = ("moves",) if is_size else ("raises", "lowers")
    lists = {kind: listed(kind, ranked) for kind in kinds} if n_texts else {}
    return EffectLists(target, n_texts, ranked, lists)


def explained_targets(results: Results) -> tuple[str, ...]:
    """The classes, labels or tokens that were explained, the most frequent first.

    Empty where the explained figure is the same for all texts.
    """
    names = results.evidence["explained_label"]
    if not names.notna().any():
        return ()
    counts = names.dropna().value_counts(sort=False).sort_values(ascending=False, kind="stable")
    return tuple(map(str, counts.index)) if len(counts) > 1 else ()


def lists_by_target(
    results: Results, tokens: CorpusTokens, targets: Sequence[str]
) -> tuple[EffectLists, ...]:
    """The lists for the most frequent `targets` in which at least one token occurs in enough texts.

    Those of all texts where there are no `targets`. Effects on different figures are never averaged
    together.
    """
    is_size = target_of(results.info.evidence).is_distance
    if not targets:
        return (effect_lists(tokens, is_size=is_size),)
    by_target = (
        effect_lists(tokens.among(explaining(results, target)), is_size=is_size, target=target)
        for target in targets
    )
    return tuple(islice((lists for lists in by_target if not lists.is_empty), TARGETS))


def told_first(lists: Sequence[EffectLists], least: float) -> EffectLists | None:
    """Of the lists by target those that an answer is about: the first that name a token which does
    more than `least`, else the first that name one, else the first in which any token can be
    judged; None where none can."""
    filled = [of_target for of_target in lists if not of_target.is_empty]
    named = [of_target for of_target in filled if of_target.names_any]
    strong = (
        of_target
        for of_target in named
        if any(
            abs(listing.named.value) > least
            for listing in of_target.lists.values()
            if listing.named
        )
    )
    return next(iter([*strong, *named, *filled]), None)


def explaining(results: Results, target: str) -> Booleans:
    """`[text]`: whether `target` was explained in the text."""
    is_explained = np.zeros(len(results.texts), np.bool_)
    rows = results.evidence.loc[results.evidence["explained_label"] == target, "text"]
    is_explained[rows.to_numpy(np.intp)] = True
    return is_explained


_NULL = 2.0  # pseudo-count of the penalty towards 0: of few tokens, the 10 of Stephens decide alone
_STEP = np.sqrt(2.0)  # between two standard deviations of the grid (Stephens 2017)
_SMALLEST = 0.1  # standard deviation of the grid, in the smallest error
_MOST_STEPS = 500
_SETTLED = 1e-7  # change of the weights
_DENSITY = 1 / np.sqrt(2 * np.pi)  # of the normal distribution at 0


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """`[figure]` each: what is known of the true distances from the centre."""

    means: Floats
    wrong_sign: Floats  # local false sign rate, 0 to 1


def shrink(distances: Floats, errors: Floats, freedom: Floats) -> Posterior:
    """The posterior of `distances` from the centre, each `[figure]`.

    Args:
        errors: standard errors, above 0.
        freedom: degrees of freedom of each error. So that a normal likelihood gives each distance
            the p-value of its t-test, its error is widened (Lu and Stephens 2019).
    """
    if not len(distances):
        return Posterior(distances, distances)
    errors = _widened(distances, errors, freedom)
    spreads = _grid(distances, errors)
    variance = errors[:, None] ** 2
    total = variance + spreads**2  # [figure, part]
    logs = -(distances[:, None] ** 2) / total / 2 - np.log(total) / 2
    likely = np.exp(logs - logs.max(axis=1, keepdims=True))
    shares = likely * _weights(likely)
    shares /= shares.sum(axis=1, keepdims=True)
    centres = distances[:, None] * spreads**2 / total
    scales = errors[:, None] * spreads / np.sqrt(total)
    below = ndtr(-centres[:, 1:] / scales[:, 1:])  # chance that the truth is below 0
    low, high = ((shares[:, 1:] * chance).sum(axis=1) for chance in (below, 1 - below))
    wrong = shares[:, 0] + np.minimum(low, high)
    return Posterior((shares * centres).sum(axis=1), np.minimum(wrong, 1.0))


def _widened(distances: Floats, errors: Floats, freedom: Floats) -> Floats:
    """Errors by which a normal distribution gives the p-values of Student's t."""
    scores = np.abs(distances) / errors
    density = np.exp(_log_density(freedom))
    widened = errors * _DENSITY / density  # the limit at a score of 0
    normal = -ndtri(stdtr(freedom, -scores))
    np.divide(np.abs(distances), normal, out=widened, where=scores > 1e-4)
    wider: Floats = np.maximum(widened, errors)  # also where a p-value is 0 in this arithmetic
    return wider


def _log_density(freedom: Floats) -> Floats:
    """The logarithm of the density of Student's t at 0."""
    logs: Floats = gammaln((freedom + 1) / 2) - gammaln(freedom / 2) - np.log(freedom * np.pi) / 2
    return logs


def _grid(distances: Floats, errors: Floats) -> Floats:
    """`[part]`: the standard deviations of the mixture, the first 0."""
    least = _SMALLEST * float(errors.min())
    beyond = float((distances**2 - errors**2).max())
    most = 2 * np.sqrt(max(beyond, (4 * least) ** 2))
    n_parts = int(np.ceil(np.log(most / least) / np.log(_STEP))) + 1
    return np.concatenate([[0.0], least * _STEP ** np.arange(n_parts)])


def _weights(likely: Floats) -> Floats:
    """`[part]`: the weights that fit best; `likely` is `[figure, part]`, the likelihood of each
    figure under each part."""
    n_parts = likely.shape[1]
    extra = np.where(np.arange(n_parts), 0.0, _NULL - 1)
    weights = np.full(n_parts, 1 / n_parts)
    for _ in range(_MOST_STEPS):
        shares = likely * weights
        shares /= shares.sum(axis=1, keepdims=True)
        fitted = shares.sum(axis=0) + extra
        fitted /= fitted.sum()
        change, weights = np.abs(fitted - weights).max(), fitted
        if change < _SETTLED:
            break
    return weights
