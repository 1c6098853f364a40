"""Where predictions are wrong: how errors differ with what the texts differ in.

Each part of the texts (Chung et al. 2019; Koh et al. 2021) is compared with all other texts, and
errors with the length of texts, by the ranks of errors. Errors are shuffled over the texts to see
how far the strongest of all parts lies off by chance. So what is said is corrected for all parts
that were tried, and for how they overlap, where Holm's correction would take them for independent
(Westfall and Young 1993, step-down). Of reports in which errors have nothing to do with the texts,
at most 5 % say anything.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import stdtrit

from reportgen.findings.quality.fits import rank_correlation
from reportgen.findings.quality.scored import Scored
from reportgen.findings.repeated_texts import first_alike
from reportgen.findings.statistics import (
    CONFIDENCE,
    Booleans,
    Estimate,
    Floats,
    Interval,
    estimate,
    share_estimate,
)
from reportgen.results import MIN_TEXTS, mean_ranks
from reportgen.tasks import Measure

if TYPE_CHECKING:
    from reportgen.findings.findings import Findings
from collections import Counter
from typing import TYPE_CHECKING, Literal, TypeAlias
from unicodedata import name as character_name

from numpy.typing import NDArray

from reportgen.findings.quality.scored import Answers
from reportgen.results import COMPLETION

if TYPE_CHECKING:
    from reportgen.findings.findings import Findings

AspectId: TypeAlias = Literal[
    "length",  # tokens
    "label",
    "prediction",
    "group",
    "source",  # the file
    "script",
    "cut",  # at the most tokens that the model takes
    "unknown",  # has unknown tokens
    "pair",  # has a second part
]
# The first words of the names of characters, by the script that a reader calls them.
_SCRIPTS = {"HIRAGANA": "kana", "KATAKANA": "kana", "CJK": "han", "HANGUL": "hangul"}


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing that texts differ in: a number of each text, or the name of a part it is in."""

    id: AspectId
    values: Floats | None = None  # [text]
    names: NDArray[np.str_] | None = None  # [text]; "" where it has none


def aspects(findings: "Findings", scored: Scored) -> Iterator[Aspect]:
    """All that the texts of `scored`, each once, differ in."""
    rows = np.unique(scored.texts)
    texts = findings.texts.iloc[rows]
    yield Aspect("length", texts["n_tokens"].to_numpy(np.float64))
    yield from _answered("label", scored.labels)
    yield from _answered("prediction", scored.predictions)
    group = texts["group"].fillna("").astype(str).to_numpy(np.str_)
    files = [source.rpartition(":")[0] for source in texts["source"].fillna("")]
    yield Aspect("group", names=group)
    yield Aspect("source", names=np.array(files, np.str_))
    if not findings.results.is_redacted:
        yield Aspect(
            "script", names=np.array([main_script(text) for text in texts["text"]], np.str_)
        )
    yield _flag("cut", (texts["status"] == "truncated").to_numpy(np.bool_))
    yield _flag("unknown", (texts["n_unknown"] > 0).to_numpy(np.bool_))
    has_pair = texts["pair"].notna().to_numpy(np.bool_)
    if texts[COMPLETION].isna().all():
        yield _flag("pair", has_pair)


def main_script(text: str) -> str:
    """The script of most letters of a text, such as latin; kana where it has any, which Japanese
    alone does; "" without letters."""
    counts = Counter(
        _SCRIPTS.get(first, first.lower())
        for letter, n in Counter(character for character in text if character.isalpha()).items()
        for first in [character_name(letter, "OTHER").split()[0]] * n
    )
    if not counts:
        return ""
    first = max(counts, key=lambda script: counts[script])
    return "kana" if first == "han" and counts["kana"] else first


def _answered(id: AspectId, answers: Answers | None) -> Iterator[Aspect]:
    if answers is None:
        return
    if answers.dtype.kind == "f":
        yield Aspect(id, np.asarray(answers, np.float64))
    else:
        yield Aspect(id, names=np.asarray(answers, np.str_))


def _flag(id: AspectId, flags: NDArray[np.bool_]) -> Aspect:
    """The texts of which something is true; the others are no part of their own."""
    return Aspect(id, names=np.where(flags, id, ""))


WORTH_TELLING = 0.05  # of the larger of two mean errors
_BANDS = 3  # of numbers
_MOST_PARTS = 50  # of one aspect, the largest
_MOST_TEXTS = 20_000  # evenly spaced
_SHUFFLES = 2000
_BATCH_CELLS = 1_000_000  # shuffled at once
_SEED = 20260101
_FEW = 128  # texts; the mean of more is as good as normal
_UNBOUNDED: tuple[Measure, ...] = ("distance", "ranks", "loss")  # other errors are shares


@dataclass(frozen=True, slots=True)
class Subset:
    """Some of the texts, beside all others."""

    aspect: AspectId
    name: str  # of a class, group, file or script; "" for a band of numbers
    band: Interval | None  # its lowest and highest number
    error: Estimate  # mean over its texts
    rest: Estimate  # over all others
    difference: Interval | None  # of both means
    p: float  # corrected for all that was tried

    @property
    def is_sure(self) -> bool:
        """Whether errors are surely larger, or surely smaller, than elsewhere, by so much that it
        is worth telling."""
        return (
            self.p <= 1 - CONFIDENCE
            and _is_apart(self.difference, self.is_worse)
            and _is_much(self.error, self.rest)
        )

    @property
    def is_worse(self) -> bool:
        """Whether errors are larger than elsewhere."""
        return self.error.mean > self.rest.mean


@dataclass(frozen=True, slots=True)
class LengthTrend:
    """How errors go with the length of texts, in tokens."""

    correlation: Estimate  # Spearman
    lengths: tuple[Interval, Interval]  # of the third of the shortest, of the longest texts
    shortest: Estimate  # mean error
    longest: Estimate
    p: float

    @property
    def difference(self) -> Interval | None:
        """The interval of how much larger errors are in the longest than in the shortest."""
        return difference(self.longest, self.shortest)

    @property
    def is_sure(self) -> bool:
        """Whether errors surely grow, or surely shrink, with length, on average too."""
        grows = self.correlation.mean > 0
        return (
            self.p <= 1 - CONFIDENCE
            and _is_apart(self.correlation.interval, grows)
            and (self.longest.mean > self.shortest.mean) == grows
            and _is_much(self.longest, self.shortest)
        )


@dataclass(frozen=True, slots=True)
class WhereWrong:
    """How errors differ with what the texts differ in, over texts that have a right answer."""

    measure: Measure
    n_texts: int
    error: Estimate  # of all texts
    trend: LengthTrend | None  # None where lengths do not vary, or there are too few texts
    parts: tuple[Subset, ...]  # by aspect
    n_small: int  # parts that are not judged: they, or all others, have too few texts

    @property
    def n_tried(self) -> int:
        """How many comparisons were made."""
        return len(self.parts) + (self.trend is not None)

    @property
    def sure(self) -> tuple[Subset | LengthTrend, ...]:
        """What is surely so: the length, then the parts with errors that are most larger than
        elsewhere; and those with smaller ones, where no part by the same has larger ones."""
        sure = [part for part in self.parts if part.is_sure]
        worse = [part for part in sure if part.is_worse]
        told = {part.aspect for part in worse}
        better = [part for part in sure if part.aspect not in told]
        for subsets in (worse, better):
            subsets.sort(key=lambda part: -abs(part.error.mean - part.rest.mean))
        return (*([self.trend] if self.trend and self.trend.is_sure else []), *worse, *better)


def where_wrong(findings: "Findings") -> WhereWrong | None:
    """How errors differ with what the texts differ in; None without enough right answers, and where
    all errors are the same."""
    if findings.scored is None:
        return None
    scored = findings.scored.once(first_alike(findings.results))
    rows = np.unique(scored.texts)
    if (step := -(-len(rows) // _MOST_TEXTS)) > 1:
        scored = scored.among(np.isin(scored.texts, rows[::step]))
    return compared(scored, aspects(findings, scored))


def compared(scored: Scored, differ_in: Iterable[Aspect]) -> WhereWrong | None:
    """How the errors of different texts go with their length, and with all else that they
    `differ_in`; None for too few texts, and where all errors are the same."""
    _, errors = scored.of_text
    if len(errors) < MIN_TEXTS or not np.isfinite(errors).all() or np.ptp(errors) == 0:
        return None
    mean = partial(_mean, is_share=scored.measure not in _UNBOUNDED)
    lengths, tried, n_small = np.zeros(len(errors)), list[_Tried](), 0
    for aspect in differ_in:
        if aspect.id == "length" and aspect.values is not None:
            lengths = aspect.values
            continue
        every = [_Tried(aspect.id, *candidate) for candidate in _parts(aspect)]
        if len(every) == 2 and (every[0].texts ^ every[1].texts).all():  # two names of one thing
            every = [max(every, key=lambda candidate: float(errors[candidate.texts].mean()))]
        judged = [candidate for candidate in every if _least(candidate.texts) >= MIN_TEXTS]
        n_small += sum(0 < _least(candidate.texts) < MIN_TEXTS for candidate in every)
        tried += judged
    columns = [candidate.texts.astype(np.float64) for candidate in tried]
    has_trend = len(errors) >= 3 * MIN_TEXTS and np.ptp(lengths) > 0
    if has_trend:
        columns.append(mean_ranks(lengths))
    p = adjusted_p(np.column_stack(columns), errors).tolist() if columns else []
    trend = _trend(lengths, errors, p.pop(), mean) if has_trend else None
    parts = []
    for part, chance in zip(tried, p, strict=True):
        inside, rest = mean(errors[part.texts]), mean(errors[~part.texts])
        apart = difference(inside, rest)
        parts.append(Subset(part.aspect, part.name, part.band, inside, rest, apart, chance))
    return WhereWrong(scored.measure, len(errors), mean(errors), trend, tuple(parts), n_small)


class _Tried(NamedTuple):
    """A part of the texts that is compared with all others."""

    aspect: AspectId
    name: str
    band: Interval | None
    texts: Booleans  # [text]


def _least(texts: Booleans) -> int:
    """How many texts the smaller side has."""
    return int(min(texts.sum(), (~texts).sum()))


def adjusted_p(columns: Floats, errors: Floats) -> Floats:
    """`[column]`: how often errors that are shuffled over the texts would lie as far off as these
    do, in this column or any with weaker evidence (Westfall and Young 1993, step-down).

    Args:
        columns: `[text, column]`: 1 for the texts of a part and 0 for all others, or ranks.
        errors: `[text]`; by their ranks they go with a column by its correlation with it.
    """
    n = len(errors)
    ranks = _standard(mean_ranks(errors)[:, None])[:, 0]
    columns = _standard(columns)
    correlations = abs(ranks @ columns)
    order = np.argsort(correlations, kind="stable")  # the weakest evidence first
    random, at_least = np.random.default_rng(_SEED), np.zeros(len(correlations))
    size = max(1, _BATCH_CELLS // n)
    for start in range(0, _SHUFFLES, size):
        shuffled = np.tile(ranks, (min(size, _SHUFFLES - start), 1))
        random.permuted(shuffled, axis=1, out=shuffled)
        strongest = np.maximum.accumulate(abs(shuffled @ columns[:, order]), axis=1)
        at_least += (strongest >= correlations[order] - 1e-9).sum(axis=0)
    p = (1 + at_least) / (1 + _SHUFFLES)
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(p[::-1])[::-1]
    return adjusted


def _standard(columns: Floats) -> Floats:
    """`[text, column]` with mean 0 and length 1 in each column; none is constant."""
    centred = columns - columns.mean(axis=0)
    standard: Floats = centred / np.sqrt((centred**2).sum(axis=0))
    return standard


def _parts(aspect: Aspect) -> Iterator[tuple[str, Interval | None, Booleans]]:
    """The parts of an aspect, with their name or the numbers that they hold: each name, each of few
    numbers, or bands of about as many texts."""
    if aspect.values is not None:
        for texts in _bands(aspect.values):
            yield "", _ends(aspect.values[texts]), texts
    elif aspect.names is not None:
        names, counts = np.unique(aspect.names, return_counts=True)
        for i in np.argsort(-counts, kind="stable")[:_MOST_PARTS].tolist():
            if names[i]:
                yield str(names[i]), None, aspect.names == names[i]


def _bands(values: Floats) -> Iterator[Booleans]:
    """`[text]` for each band of numbers."""
    known = np.unique(values)
    if len(known) <= _BANDS + 2:
        yield from (values == value for value in known)
        return
    cuts = np.unique(np.quantile(values, np.linspace(0, 1, _BANDS + 1)[1:-1]))
    place = np.searchsorted(cuts, values)
    yield from (place == band for band in np.unique(place))


def _trend(
    lengths: Floats, errors: Floats, p: float, mean: Callable[[Floats], Estimate]
) -> LengthTrend | None:
    correlation = rank_correlation(errors, lengths)
    if correlation is None:
        return None
    short, long = _thirds(lengths)
    bands = _ends(lengths[short]), _ends(lengths[long])
    return LengthTrend(correlation, bands, mean(errors[short]), mean(errors[long]), p)


def _thirds(lengths: Floats) -> tuple[Booleans, Booleans]:
    """`[text]`: the shortest and the longest third, each with all texts as long as its last; they
    share none. Lengths must vary."""
    ordered, third = np.sort(lengths), len(lengths) // 3
    to, since = ordered[third - 1], ordered[len(ordered) - third]
    if to < since:
        return lengths <= to, lengths >= since
    # Most texts are of one length: what is longer stands against it, or it against what is shorter.
    return (lengths <= to, lengths > to) if to < ordered[-1] else (lengths < to, lengths >= to)


def _ends(values: Floats) -> Interval:
    return Interval(float(values.min()), float(values.max()))


def difference(inside: Estimate, rest: Estimate) -> Interval | None:
    """The interval of the difference of the means of two sets of texts, from theirs (Newcombe 1998;
    Zou and Donner 2008)."""
    if inside.interval is None or rest.interval is None:
        return None
    middle = inside.mean - rest.mean
    down = np.hypot(inside.mean - inside.interval.low, rest.interval.high - rest.mean)
    up = np.hypot(inside.interval.high - inside.mean, rest.mean - rest.interval.low)
    return Interval(float(middle - down), float(middle + up))


def _mean(errors: Floats, *, is_share: bool) -> Estimate:
    """The mean over texts: with its bootstrap interval, of many texts with Student's."""
    n = len(errors)
    if n <= _FEW:
        estimated = (share_estimate if is_share else estimate)(errors)
        assert estimated is not None  # there is a text
        return estimated
    reach = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2) * errors.std(ddof=1) / n**0.5)
    mean = float(errors.mean())
    return Estimate(mean, Interval(mean - reach, mean + reach), n)


def _is_much(inside: Estimate, rest: Estimate) -> bool:
    """Whether two mean errors differ by enough of the larger to be worth telling."""
    return abs(inside.mean - rest.mean) > WORTH_TELLING * max(inside.mean, rest.mean)


def _is_apart(interval: Interval | None, above: bool) -> bool:
    """Whether an interval lies wholly above, or below, 0."""
    return interval is not None and (interval.low > 0 if above else interval.high < 0)
