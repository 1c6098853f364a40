"""What raises and what lowers the explained figure: edits of texts, and words that stand in them.

Nothing that another section judges is judged anew, so that a figure has one interval on a page.
Words are those that the lists of tokens name (`findings/tokens/lists.py`). Kinds of edits are those
that surely change the mean (`edit_kind.py`) where that is the mean of the figure that effects are
of. Elsewhere, as for a class, whose lead over the next one is explained, the changes of that figure
are ranked as effects of tokens are; an edit that no text's tokens show is not ranked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from reportgen.findings.repeated_texts import first_alike
from reportgen.findings.statistics import Booleans, Estimate
from reportgen.findings.tokens.figures import CorpusTokens, TokenEffect
from reportgen.findings.tokens.lists import RankedTokens, explaining, listed, rank_tokens
from reportgen.findings.what_if.edits import sample_of
from reportgen.findings.what_if.text_change import has_direction
from reportgen.results import MIN_TEXTS, Results

if TYPE_CHECKING:
    from reportgen.findings.findings import Findings

MOST = 8  # changes in a list
_TARGETS = 3  # explained classes, labels or tokens that have lists of their own


@dataclass(frozen=True, slots=True)
class TriedChange:
    """An edit over all texts that it applies to, or a word over those that it stands in."""

    kind: Literal["edit", "word"]
    name: str  # of the edit; the word
    change: Estimate  # of the explained figure: with the edit less without, or with the word
    largest: int  # row of the text that it changes most in that direction


@dataclass(frozen=True, slots=True)
class TriedChanges:
    """What surely raises and lowers one explained figure, what does it most in front."""

    target: str | None  # the explained class, label or token; None where there is one figure
    n_tried: int  # edits and words in at least MIN_TEXTS different texts
    raises: tuple[TriedChange, ...]
    lowers: tuple[TriedChange, ...]


def tried_changes(findings: "Findings") -> tuple[TriedChanges, ...]:
    """What raises and lowers each explained figure; none where no edit was tried, and where no
    figure has a direction, see `has_direction`."""
    results = findings.results
    if results.edits.empty or not has_direction(results):
        return ()
    targets: tuple[str | None, ...] = findings.explained_targets[:_TARGETS] or (None,)
    return tuple(made for target in targets if (made := _of_target(findings, target)).n_tried)


def _of_target(findings: "Findings", target: str | None) -> TriedChanges:
    results, what_if = findings.results, findings.what_if
    chosen = explaining(results, target) if target else np.ones(len(results.texts), np.bool_)
    changes: list[TriedChange] = []
    n_tried = 0
    words = () if results.is_redacted else findings.token_lists  # tokens look the same there
    for lists in words:
        if lists.target == target:
            changes += _named("word", findings.tokens, lists.ranked, chosen)
            n_tried += _n_judged(lists.ranked)
    if target is None and what_if is not None and not what_if.is_share:
        judged = [kind for kind in what_if.kinds if kind.change and kind.change.interval]
        n_tried += len(judged)
        for kind in judged:
            if kind.is_clear and kind.change:
                sign = np.sign(kind.change.mean)
                most = max(kind.changes, key=lambda each: sign * each.change)
                changes.append(TriedChange("edit", kind.name, kind.change, most.text))
    elif len((edits := _edits(results, chosen)).text):
        ranked = rank_tokens(edits, edits.effect, MIN_TEXTS, 0.0)
        changes += _named("edit", edits, ranked, chosen)
        n_tried += _n_judged(ranked)
    changes.sort(key=lambda each: -abs(each.change.mean))
    raises = tuple(each for each in changes if each.change.mean > 0)
    lowers = tuple(each for each in changes if each.change.mean < 0)
    return TriedChanges(target, n_tried, raises[:MOST], lowers[:MOST])


def _n_judged(ranked: RankedTokens) -> int:
    return int((np.isfinite(ranked.means) & ~ranked.is_few).sum())


def _named(
    kind: Literal["edit", "word"], table: CorpusTokens, ranked: RankedTokens, chosen: Booleans
) -> Iterator[TriedChange]:
    """What a sentence may name of a table of edits or words."""
    in_target = chosen[table.text] & np.isfinite(table.effect)
    ways: tuple[tuple[TokenEffect, float], ...] = (("raises", 1.0), ("lowers", -1.0))
    for way, sign in ways:
        for token in listed(way, ranked, len(table.labels)).sure:
            if token.is_named:
                rows = np.flatnonzero(in_target & (table.label == token.label))
                most = int(table.text[rows[np.argmax(sign * table.effect[rows])]])
                mean = Estimate(token.value, token.interval, token.n_texts)
                yield TriedChange(kind, table.labels[token.label], mean, most)


def _edits(results: Results, chosen: Booleans) -> CorpusTokens:
    """The edits of the `chosen` texts (`[text]`) that change any, as a table of tokens."""
    rows = sample_of(results)
    texts = rows["text"].to_numpy(np.intp)
    changes = rows["after"].to_numpy(np.float64) - rows["before"].to_numpy(np.float64)
    is_known = np.isfinite(changes) & chosen[texts]
    moved = pd.Series(np.abs(changes[is_known])).groupby(rows["edit"].to_numpy()[is_known]).max()
    names = tuple(map(str, moved.index[moved > 0]))
    is_known &= rows["edit"].isin(names).to_numpy(np.bool_)
    place = {name: i for i, name in enumerate(names)}
    text = texts[is_known]
    return CorpusTokens(
        labels=names,
        text=text,
        label=np.array([place[name] for name in rows["edit"][is_known]], np.intp),
        count=np.ones(len(text), np.intp),
        attention=np.full(len(text), np.nan),
        effect=changes[is_known],
        same=first_alike(results)[text],
    )
