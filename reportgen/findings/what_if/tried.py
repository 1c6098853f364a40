"""What raises and what lowers the explained figure: edits that were tried on the texts, and words
that stand in them.

Of each text of the sample an edit and a word count once. Means are over the texts that they apply
to, at least MIN_TEXTS different ones. The largest of many means is so in part by chance: what is
listed, its order and its interval are those of lists of tokens (`findings/tokens/lists.py`), over
edits and words together. An edit that no text's tokens show changes nothing, and is not judged.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from reportgen.findings.repeated_texts import first_alike
from reportgen.findings.statistics import Booleans, Estimate, Floats, Places
from reportgen.findings.tokens.figures import CorpusTokens
from reportgen.findings.tokens.lists import explaining, listed, rank_tokens
from reportgen.findings.what_if.edits import sample_of
from reportgen.results import MIN_TEXTS, Results
from reportgen.tasks import target_of

if TYPE_CHECKING:
    from reportgen.findings.findings import Findings

MOST = 8  # changes in a list
_TARGETS = 3  # explained classes, labels or tokens that have lists of their own


@dataclass(frozen=True, slots=True)
class TriedChange:
    """An edit over all texts that it applies to, or a word over those that it stands in."""

    kind: Literal["edit", "word"]
    name: str  # id of the edit; the word
    change: Estimate  # of the explained figure: with the edit less without, or with the word
    largest: int  # row of the text that it changes most in that direction


@dataclass(frozen=True, slots=True)
class TriedChanges:
    """What surely raises and lowers one explained figure, what does it most in front."""

    target: str | None  # the explained class, label or token; None where there is one figure
    n_tried: int  # edits and words that were judged
    n_texts: int
    raises: tuple[TriedChange, ...]
    lowers: tuple[TriedChange, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _ChangeRows:
    """The change of each text by each of some edits or words."""

    kind: Literal["edit", "word"]
    names: tuple[str, ...]
    text: Places  # [row]
    name: Places  # [row], place in `names`
    change: Floats  # [row]

    def among(self, texts: Booleans) -> "_ChangeRows":
        """Those of the texts for which `texts` `[text]` is true."""
        rows = texts[self.text]
        return _ChangeRows(
            self.kind, self.names, self.text[rows], self.name[rows], self.change[rows]
        )


def tried_changes(findings: "Findings") -> tuple[TriedChanges, ...]:
    """What raises and lowers each explained figure; none without edits, and where an effect is a
    distance, which has no direction."""
    results = findings.results
    rows = sample_of(results)
    if rows.empty or target_of(results.info.evidence).is_distance:
        return ()
    changes = [_edits(rows)]
    if not results.is_redacted:  # tokens look the same there
        changes.append(_words(findings.tokens))
    targets = findings.explained_targets
    if not targets:
        return tuple(_of_target(results, None, changes))
    lists: list[TriedChanges] = []
    for target in targets[:_TARGETS]:
        chosen = explaining(results, target)
        lists += _of_target(results, target, [each.among(chosen) for each in changes])
    return tuple(lists)


def _of_target(
    results: Results, target: str | None, changes: list[_ChangeRows]
) -> Iterator[TriedChanges]:
    """The lists of one figure; none where nothing is in enough texts."""
    names = [(each.kind, name) for each in changes for name in each.names]
    starts = np.cumsum([0, *(len(each.names) for each in changes)])
    text = np.concatenate([each.text for each in changes])
    label = np.concatenate(
        [each.name + start for each, start in zip(changes, starts, strict=False)]
    )
    change = np.concatenate([each.change for each in changes])
    unread = np.full(len(text), np.nan)
    table = CorpusTokens(
        labels=tuple(name for _, name in names),
        text=text,
        label=label,
        count=np.ones(len(text), np.intp),
        attention=unread,
        effect=change,
        same=first_alike(results)[text],
    )
    ranked = rank_tokens(table, change, MIN_TEXTS, 0.0)
    n_tried = int(np.isfinite(ranked.means).sum())
    if not n_tried:
        return

    def made(way: Literal["raises", "lowers"]) -> Iterator[TriedChange]:
        sign = 1.0 if way == "raises" else -1.0
        for token in listed(way, ranked, len(names)).sure:
            if token.is_named:
                rows = np.flatnonzero(label == token.label)
                most = int(text[rows[np.argmax(sign * change[rows])]])
                mean = Estimate(token.value, token.interval, token.n_texts)
                yield TriedChange(*names[token.label], mean, most)

    yield TriedChanges(
        target,
        n_tried,
        len(np.unique(text)),
        tuple(made("raises"))[:MOST],
        tuple(made("lowers"))[:MOST],
    )


def _edits(rows: pd.DataFrame) -> _ChangeRows:
    """The edits of `rows` that change any text."""
    changes = rows["after"].to_numpy(np.float64) - rows["before"].to_numpy(np.float64)
    moved = pd.Series(np.abs(np.nan_to_num(changes))).groupby(rows["edit"].to_numpy()).max()
    names = tuple(map(str, moved.index[moved > 0]))
    place = {name: i for i, name in enumerate(names)}
    known = np.isfinite(changes) & rows["edit"].isin(names).to_numpy(np.bool_)
    return _ChangeRows(
        "edit",
        names,
        rows["text"].to_numpy(np.intp)[known],
        np.array([place[name] for name in rows["edit"][known]], np.intp),
        changes[known],
    )


def _words(tokens: CorpusTokens) -> _ChangeRows:
    """What each word adds to the texts that it stands in."""
    known = np.isfinite(tokens.effect) & (tokens.same == tokens.text)
    return _ChangeRows(
        "word", tokens.labels, tokens.text[known], tokens.label[known], tokens.effect[known]
    )
