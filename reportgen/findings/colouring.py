"""Chooses the measure that colours the texts first, and says how well it agrees with what moves the
output."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from reportgen.findings.evidence import ByView, draw_agreement, size_agreement
from reportgen.findings.judgement import Judgement, judge
from reportgen.findings.statistics import Estimate, estimate
from reportgen.results import (
    BASELINES,
    BY_ID,
    CHANGES,
    EARLIER_NAMES,
    MIN_TEXTS,
    Results,
    View,
    coloured_at,
)

AUTO = "auto"
MIN_CHOICE = 8  # different texts with evidence; with fewer, no measure is chosen by its agreement
LEAD = 2.0  # standard errors of its lead in each text by which one of few texts replaces the usual
_FOLDS = 5
# Where there is no choice by agreement: the first of these that was measured.
_PREFERRED: tuple[View, ...] = ("gradient", "received_norm_all", "received_all")
# Why a measure comes first: it was asked for; agrees best; or few texts, or none, can be compared.
Way: TypeAlias = Literal["asked", "best", "few", "unmeasured"]


@dataclass(frozen=True, slots=True)
class Colouring:
    """The measure that colours texts first."""

    view: View
    way: Way
    n_views: int = 0  # that could be chosen from
    n_texts: int = 0  # in which they were compared
    # Rank correlation by size, mean over texts; of the one that agrees best, each fold of the texts
    # is scored by what was chosen on the others. None for too few texts.
    agreement: Estimate | None = None
    rarity: Estimate | None = None  # the same of token rarity
    missing: View | None = None  # asked for, but not measured
    # What its agreement says beyond the baselines; None for too few texts. It has an agreement of
    # its own, also of texts that are too few to choose by.
    judgement: Judgement | None = None
    ahead_of: View | None = None  # of few texts: the usual measure, which it is far ahead of
    # Of the one that agrees best: the one that agrees next best, and by how much less in each text.
    # None where it was the only one.
    next_best: View | None = None
    over_next: Estimate | None = None
    # Of the one that agrees best: by text that took part in the choice, what scores it, which was
    # chosen on the other folds.
    scored_by: Mapping[int, View] = field(default_factory=dict)

    @property
    def is_surely_best(self) -> bool:
        """Whether it surely agrees better than the one that agrees next best."""
        over = self.over_next
        return over is None or (over.interval is not None and over.interval.low > 0)

    @property
    def is_agreeing(self) -> bool:
        """Whether the order of the colours agrees with that of the effects, at least in part: it is
        surely neither unrelated nor reversed."""
        interval = self.agreement.interval if self.agreement else None
        return interval is not None and interval.low > 0


def choose_colouring(results: Results, asked: str = AUTO) -> Colouring:
    """The measure that colours the texts of `results` first; `asked` is "auto" or one of them.

    What is asked for but was not measured is replaced as "auto" would. "auto" takes the measure
    whose sizes agree best with the size of effects in at least MIN_CHOICE different texts that have
    all measures (Spearman, mean over texts; of equals the first in the register); else gradient
    size, norm-weighted attention or attention received, the first of them that was measured, unless
    another is far ahead in at least MIN_TEXTS texts.
    """
    asked = EARLIER_NAMES.get(asked, asked)
    given = size_agreement(results)
    able = offered(results)
    table = _complete(given, able)
    plain = {view: given[view] for view in BASELINES if view in given}
    if asked in _measured(results):
        return _told(asked, "asked", table, table.get(asked), plain)
    missing = None if asked == AUTO else asked
    if len(table) >= MIN_CHOICE and len(table.columns):
        return replace(_best(table, plain), missing=missing)
    known = [view for view in _PREFERRED if view in able]
    if results.info.evidence.level == "none":
        return Colouring(known[0], "unmeasured", n_texts=len(table), missing=missing)
    return replace(_of_few(known[0], table, given, plain), missing=missing)


def offered(results: Results) -> tuple[View, ...]:
    """The measures that a reader can choose, in the order of the register: those that have colours
    and were measured, without baselines.

    Integrated gradients are among them only where they are complete in all their texts.
    """
    return tuple(
        view for view in _measured(results) if view not in CHANGES and _is_sound(results, view)
    )


def _is_sound(results: Results, view: View) -> bool:
    return view != "ig" or is_complete(results)


def _measured(results: Results) -> tuple[View, ...]:
    """The measures with colours that at least one text has."""
    return results.recent(_make_measured)


def _make_measured(results: Results) -> tuple[View, ...]:
    if results.info.evidence.level == "none":
        return ("received_all",)
    evidence = results.info.evidence
    measures = [
        BY_ID[view] for view in coloured_at(evidence.level) if view not in evidence.withheld
    ]
    if results.info.settings.small:  # their values are left out, and how far they agree is kept
        known = {"received_all", *draw_agreement(results)["view"]}
        return tuple(m.id for m in measures if m.id in known)
    of_tokens = {m.id: m.column or m.id for m in measures if m.table == "tokens"}
    tokens, effects = results.token_columns(*of_tokens.values()), results.effects
    return tuple(
        m.id
        for m in measures
        if (tokens[of_tokens[m.id]] if m.id in of_tokens else effects[m.column or m.id])
        .notna()
        .any()
    )


def is_complete(results: Results) -> bool:
    """Whether integrated gradients add up in every text that has them."""
    told = results.evidence["ig_complete"].dropna()
    return bool(told.astype(bool).all()) and len(told) > 0


def _complete(given: Mapping[View, "pd.Series[float]"], views: Sequence[View]) -> pd.DataFrame:
    """`[text, view]`: the agreement of `views`, in the texts that have all of these.

    A view that was compared in less than half of the texts is left out, so that it does not take
    the texts from the others.
    """
    known = {view: given[view] for view in views if view in given}
    most = max(map(len, known.values()), default=0)
    kept = {view: own for view, own in known.items() if 2 * len(own) >= most}
    return pd.DataFrame(kept).dropna().sort_index()


def _best(table: pd.DataFrame, plain: ByView) -> Colouring:
    fold = np.arange(len(table)) % _FOLDS
    chosen = [str(table[fold != one].mean().idxmax()) for one in range(_FOLDS)]
    by_text = {text: chosen[one] for text, one in zip(table.index.tolist(), fold, strict=True)}
    scores = pd.Series({text: table.at[text, view] for text, view in by_text.items()})
    first, *others = table.mean().sort_values(ascending=False, kind="stable").index.tolist()
    found = replace(_told(first, "best", table, scores, plain), scored_by=by_text)
    if not others:
        return found
    return replace(found, next_best=others[0], over_next=estimate(table[first] - table[others[0]]))


def _told(
    view: View, way: Way, table: pd.DataFrame, scores: "pd.Series[float] | None", plain: ByView
) -> Colouring:
    is_enough = len(table) >= MIN_CHOICE
    rarity = plain.get("rarity")
    return Colouring(
        view=view,
        way=way,
        n_views=len(table.columns),
        n_texts=len(table),
        agreement=estimate(scores) if is_enough and scores is not None else None,
        rarity=estimate(rarity.reindex(table.index)) if is_enough and rarity is not None else None,
        judgement=None if scores is None else judge(scores, plain),
    )


def _of_few(
    usual: View, table: pd.DataFrame, given: "Mapping[View, pd.Series[float]]", plain: ByView
) -> Colouring:
    """What colours texts that are too few to choose by: the `usual` measure, unless another is
    ahead of it by more than LEAD standard errors."""
    leads: dict[View, float] = {}
    if usual in table and len(table) >= MIN_TEXTS:
        ahead = table.sub(table[usual], axis=0)
        is_far = ahead.mean() > LEAD * ahead.std() / np.sqrt(len(table))
        leads = {str(view): float(ahead[view].mean()) for view in ahead if is_far[view]}
    view = max(leads, key=lambda view: leads[view], default=usual)
    scores = given.get(view)
    return Colouring(
        view=view,
        way="few",
        n_texts=len(table),
        # One that was picked because of its agreement is judged as one of all.
        judgement=judge(scores, plain, len(table.columns) if leads else 1)
        if scores is not None
        else None,
        ahead_of=usual if leads else None,
    )
