"""Text tokens over all texts: how much attention each draws, how it moves the output, and which say
the same.

A causal model reads its output at the last token. Where that token is also the strongest in most
texts, it hides every other: a list over all texts would be a list of what texts end with.
"""

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from scipy.special import betaincinv

from reportgen.findings.evidence import explained_range
from reportgen.findings.notes.thresholds import TINY_EFFECT
from reportgen.findings.repeated_texts import first_alike, without_copies
from reportgen.findings.statistics import (
    CONFIDENCE,
    Booleans,
    Estimate,
    Floats,
    Interval,
    Places,
    estimate,
)
from reportgen.results import (
    BY_ID,
    EFFECT,
    JOINT,
    MIN_TEXTS,
    Results,
    View,
    equal_shares,
    joint_label,
    joint_units,
    segments_of,
    text_units,
    times_average,
    unit_labels,
    values_of_units,
)
from reportgen.tasks import task_of, text_names

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


FEWEST = 3  # texts that must contain a token to be listed, at least
_PARTS = 6  # parts of one kind, the largest ones
# What a token does to the output when it is there; `moves` where effects have no sign.
TokenEffect: TypeAlias = Literal["raises", "lowers", "moves"]
# What texts are divided by.
Division: TypeAlias = Literal["class", "label", "group"]
TokenKind: TypeAlias = TokenEffect | Literal["draws"]  # the last: draws attention


@dataclass(frozen=True, slots=True, eq=False)
class CorpusTokens:
    """One row per text and distinct token; figures are means over the token's occurrences in the
    text. So is one per text and group of tokens that say the same, with the effect of all of them
    together; it has no attention."""

    # Display units, then groups; in lower case where the tokenizer knows no other.
    labels: tuple[str, ...]
    text: Places  # [row], row of `texts`
    label: Places  # [row], place in `labels`
    count: Places  # [row], how often it occurs in the text
    attention: Floats  # [row], times the text's average text token; NaN where not measured
    # [row], effect; NaN where not measured. Of last tokens that stand out none is part.
    effect: Floats
    same: Places  # [row], of texts that are equal, the row of `texts` of the first
    last: LastToken | None = None  # how often the last is the strongest, in a causal model
    n_groups: int = 0  # of `labels`, at their end

    @property
    def n_units(self) -> int:
        """How many of the labels, the first, are display units."""
        return len(self.labels) - self.n_groups

    @property
    def is_without_last(self) -> bool:
        """Whether effects are of tokens elsewhere alone, since the last ones stand out."""
        return self.last is not None and self.last.stands_out

    def among(self, texts: Booleans) -> "CorpusTokens":
        """The rows of the texts for which `texts` `[text]` is true."""
        rows = texts[self.text]
        return replace(
            self,
            text=self.text[rows],
            label=self.label[rows],
            count=self.count[rows],
            attention=self.attention[rows],
            effect=self.effect[rows],
            same=self.same[rows],
        )

    @property
    def n_texts(self) -> int:
        """How many texts have a text token."""
        return len(np.unique(self.text))

    @property
    def n_effect(self) -> int:
        """How many texts have an effect."""
        return len(np.unique(self.text[np.isfinite(self.effect)]))


@dataclass(frozen=True, slots=True, eq=False)
class TokenMeans:
    """`[label]` each: means over the texts that contain a token."""

    attention: Floats
    effect: Floats
    n_effect: Places  # texts
    count: Places


@dataclass(frozen=True, slots=True, eq=False)
class TextGroup:
    """Some of the texts, such as those of one group."""

    name: str  # the class, label or group; "up_to" or "above" of a half
    texts: Booleans  # [text], whether it is in this part
    median: float | None = None  # of the labels, where they are cut into two halves


def fewest_texts(n_texts: int) -> int:
    """How many of `n_texts` must contain a token to be listed: half their square root, at least
    three. The effect of a token in one or two texts cannot be separated from that of the texts
    themselves, and among many thousands of tokens some such effect is always extreme."""
    return max(FEWEST, round(math.sqrt(n_texts) / 2))


def shown_attention(results: Results) -> View:
    """The column of attention that the colours show first."""
    evidence = results.info.evidence
    is_plain = evidence.level == "none" or "received_norm_all" in evidence.withheld
    return "received_all" if is_plain else "received_norm_all"


def corpus_tokens(results: Results) -> CorpusTokens:
    """The text tokens of all texts but variants, by display unit, and the groups of those that say
    the same; these not where effects are of tokens elsewhere than at the end, which a group may
    hold."""
    view = shown_attention(results)
    names = ["text", "unit", "segment", "token", "start", "end", "is_special", "expected", view]
    every = results.token_columns(*dict.fromkeys(names))
    content = ~every["is_special"].to_numpy(np.bool_)
    content &= results.independent[every["text"].to_numpy(np.intp)]
    effects = token_effects(results, len(every))[content]
    tokens = every[content]
    del every
    text, unit = tokens["text"].to_numpy(np.intp), tokens["unit"].to_numpy(np.intp)
    starts = np.flatnonzero((np.diff(text, prepend=-1) != 0) | (np.diff(unit, prepend=-1) != 0))
    if not len(starts):
        none, nothing = np.empty(0, np.intp), np.empty(0)
        return CorpusTokens((), none, none, none, nothing, nothing, none)
    sizes = np.diff(starts, append=len(text))
    even = equal_shares(BY_ID[view], tokens["expected"], n_tokens_of(results, text))
    values = values_of_units(BY_ID[view], tokens[view], starts, even)
    ratios = times_average(values, sizes, text[starts])
    codes, labels = unit_labels(results, tokens, starts)
    same, effects = first_alike(results), effects[starts]
    is_causal = results.info.model.is_causal
    last = last_token(text[starts], effects, same) if is_causal else None
    if last is not None and last.stands_out:
        effects = without_last(text[starts], effects)
    corpus = replace(_by_text(text[starts], codes, labels, ratios, effects, same), last=last)
    return corpus if corpus.is_without_last else _with_groups(corpus, results)


def _with_groups(tokens: CorpusTokens, results: Results) -> CorpusTokens:
    """`tokens`, and behind those of a text its groups of tokens that say the same."""
    rows = joint_rows(results)
    if rows.empty:
        return tokens
    # Two groups of a text may be called the same.
    rows = rows.groupby(["text", "tokens"])["effect"].mean().reset_index()
    codes, names = pd.factorize(rows["tokens"], sort=True)
    more = rows["text"].to_numpy(np.intp)
    text = np.concatenate([tokens.text, more])
    order = np.argsort(text, kind="stable")
    none = np.full(len(rows), np.nan)
    return replace(
        tokens,
        labels=(*tokens.labels, *map(str, names)),
        text=text[order],
        label=np.concatenate([tokens.label, codes + len(tokens.labels)])[order],
        count=np.concatenate([tokens.count, np.ones(len(rows), np.intp)])[order],
        attention=np.concatenate([tokens.attention, none])[order],
        effect=np.concatenate([tokens.effect, rows["effect"].to_numpy(np.float64)])[order],
        same=np.concatenate([tokens.same, first_alike(results)[more]])[order],
        n_groups=len(names),
    )


def without_last(text: Places, effects: Floats) -> Floats:
    """`[unit]`: the effects, NaN for the last unit of each text that has one; `text` is ascending
    and has the row of `texts` of each unit."""
    known = np.flatnonzero(np.isfinite(effects))
    ends = np.flatnonzero(np.diff(text[known], append=-1) != 0)
    earlier = effects.copy()
    earlier[known[ends]] = np.nan
    return earlier


def token_means(tokens: CorpusTokens) -> TokenMeans:
    """The means of each token over texts; NaN where no measured text contains it."""
    size = len(tokens.labels)
    attention, _ = _mean(tokens.label, tokens.attention, size)
    effect, n_effect = _mean(tokens.label, tokens.effect, size)
    count = np.bincount(tokens.label, weights=tokens.count, minlength=size).astype(np.intp)
    return TokenMeans(attention, effect, n_effect, count)


def parts(results: Results) -> Mapping[Division, tuple[TextGroup, ...]]:
    """The texts by predicted class, by label and by group; only divisions with at least two parts.
    Right answers that are about words of a text, not about the whole, make no parts.

    Where labels are many different numbers, they are cut into two halves at their median.
    """
    texts, known = results.texts, results.analysed & results.independent
    values = texts["label_value"].where(texts["label"].notna())
    is_number = values[known].notna().sum() == texts["label"][known].notna().sum()
    divisions: dict[Division, tuple[TextGroup, ...]] = {}
    task = task_of(results.info.output)
    if task.classifies_texts:
        divisions["class"] = _by_name(text_names(results), known)
    if task.returns or not task.has_places:
        divisions["label"] = (
            _by_number(texts["label"], values.to_numpy(np.float64), known)
            if is_number
            else _by_name(texts["label"], known)
        )
    divisions["group"] = _by_name(texts["group"], known)
    return {division: groups for division, groups in divisions.items() if len(groups) > 1}


def _by_name(names: "pd.Series[str]", known: Booleans) -> tuple[TextGroup, ...]:
    """One part for each of the most frequent `names` among the `known` texts."""
    counts = names[known].value_counts(sort=False)
    counts = counts.sort_values(ascending=False, kind="stable").iloc[:_PARTS]
    return tuple(
        TextGroup(str(name), (names == name).to_numpy(np.bool_, na_value=False) & known)
        for name in counts.index
    )


def _by_number(labels: "pd.Series[str]", values: Floats, known: Booleans) -> tuple[TextGroup, ...]:
    """One part per number if there are few, named by its first label; otherwise two halves."""
    numbers = np.unique(values[known & np.isfinite(values)])
    if len(numbers) <= _PARTS:
        masks = [(values == value) & known for value in numbers]
        return tuple(TextGroup(str(labels[mask].iloc[0]), mask) for mask in masks)
    median = float(np.median(values[known & np.isfinite(values)]))
    with np.errstate(invalid="ignore"):
        low, high = (values <= median) & known, (values > median) & known
    return TextGroup("up_to", low, median), TextGroup("above", high, median)


def _mean(label: Places, values: Floats, size: int) -> tuple[Floats, Places]:
    """`[label]`: the mean of the finite values, NaN without one; and their number."""
    known = np.isfinite(values)
    counts = np.bincount(label[known], minlength=size)
    means = np.full(size, np.nan)
    sums = np.bincount(label[known], weights=values[known], minlength=size)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means, counts.astype(np.intp)


def _by_text(
    text: Places,
    codes: Places,
    labels: tuple[str, ...],
    ratios: Floats,
    effects: Floats,
    same: Places,
) -> CorpusTokens:
    """The units `[unit]`, averaged over equal ones in the same text."""
    keys, place = np.unique(text * len(labels) + codes, return_inverse=True)
    (attention, _), (effect, _) = (_mean(place, of, len(keys)) for of in (ratios, effects))
    return CorpusTokens(
        labels=labels,
        text=keys // len(labels),
        label=keys % len(labels),
        count=np.bincount(place),
        attention=attention,
        effect=effect,
        same=same[keys // len(labels)],
    )


def n_tokens_of(results: Results, text: Places) -> Places:
    """How many tokens the text of each token has, `[token]`; `text` are rows of `texts`."""
    lengths: Places = results.texts["n_tokens"].to_numpy(np.intp)[text]
    return lengths


def token_effects(results: Results, n_tokens: int, column: str = EFFECT) -> Floats:
    """`[token]` of all texts: effects, or another `column` of theirs; NaN if not measured."""
    values = np.full(n_tokens, np.nan)
    effects = results.effects
    if len(effects):
        first = results.texts["first_token"].to_numpy(np.intp)
        rows = first[effects["text"].to_numpy(np.intp)] + effects["position"].to_numpy(np.intp)
        values[rows] = effects[column].to_numpy(np.float64)
    return values


@dataclass(frozen=True, slots=True)
class JointTokens:
    """A group of tokens that say the same in some texts."""

    tokens: str  # with "…" between those that do not stand side by side
    target: str | None  # what is explained: a class, label or token; None where there is one figure
    effect: Estimate  # of all of them together, mean over the texts


def joint_tokens(results: Results) -> tuple[JointTokens, ...]:
    """The groups of all texts of the sample, those of most different texts first, then the
    largest; none of redacted texts, of which tokens of one length look the same."""
    rows = without_copies(results, joint_rows(results), "tokens", "target")
    groups = [
        _joint(key, group["effect"].to_numpy(np.float64))
        for key, group in rows.groupby(["tokens", "target"], sort=True)
    ]
    return tuple(sorted(groups, key=lambda one: (-one.effect.n_texts, -abs(one.effect.mean))))


def joint_rows(results: Results) -> pd.DataFrame:
    """The groups of each text of the sample that are marked in it, with the columns text, tokens
    (what they are called), target and effect; in lower case if no token of a text has a capital.
    Not those whose effect is at most TINY_EFFECT of the range of all texts."""
    return results.recent(_joint_rows)


def _joint_rows(results: Results) -> pd.DataFrame:
    effects = results.effects
    texts = effects.loc[effects[JOINT].notna(), "text"].unique()
    rows = [] if results.is_redacted else [row for i in texts for row in _of_text(results, int(i))]
    frame = pd.DataFrame(rows, columns=["text", "tokens", "target", "effect"])
    frame = frame[frame["effect"].abs() > TINY_EFFECT * (explained_range(results) or 0.0)]
    if len(frame) and not _has_case(results):
        frame["tokens"] = frame["tokens"].str.lower()
    return frame


def _has_case(results: Results) -> bool:
    tokens = results.token_columns("token", "is_special")
    names: list[str] = tokens.loc[~tokens["is_special"].astype(bool), "token"].unique().tolist()
    return any(name != name.lower() for name in names)


def _of_text(results: Results, text: int) -> list[tuple[int, str, str, float]]:
    units, evidence = text_units(results, text), results.evidence_row(text)
    segments = segments_of(results.text_row(text))
    label = evidence["explained_label"] if evidence else None
    target = "" if label is None or pd.isna(label) else str(label)
    return [
        (text, joint_label(group, units.units, segments), target, group.effect)
        for group in joint_units(results.effects_of(text), units.unit_of)
    ]


def _joint(key: Hashable, effects: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> JointTokens:
    assert isinstance(key, tuple)
    tokens, target = key
    effect = estimate(effects)
    assert effect is not None
    return JointTokens(str(tokens), str(target) or None, effect)
