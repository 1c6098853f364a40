"""The measure that colours the texts first: where the model looks, and how well that agrees with
what moves the output."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from reportgen.findings.agreement_verdict import Judgement, judge
from reportgen.findings.evidence import live_rows, size_agreement
from reportgen.findings.statistics import Estimate, estimate
from reportgen.results import (
    BASELINES,
    BY_ID,
    CHANGES,
    USER_SCORES,
    Results,
    View,
    coloured_at,
    measured_values,
    user_measures,
)

AUTO = "auto"
# Why a measure comes first: it was asked for; or it is where the model looks, which is the row that
# the output is read from, what a decoder looks at in the text, or else what all tokens look at.
Way: TypeAlias = Literal["asked", "row", "cross", "received"]
_LOOKS: Mapping[Way, View] = {
    "row": "cls_row_last",
    "cross": "cross_received",
    "received": "received_all",
}


@dataclass(frozen=True, slots=True)
class Colouring:
    """The measure that colours texts first."""

    view: View
    way: Way
    n_views: int = 0  # that can colour these texts; 0 where too few texts were compared
    n_texts: int = 0  # different texts in which this one was
    # Of the size of its values with that of effects, by text (Spearman), and what this says beyond
    # the baselines; None for too few texts.
    judgement: Judgement | None = None
    rarity: Estimate | None = None  # the same of token rarity, in the same texts
    missing: View | None = None  # asked for, but not measured

    @property
    def agreement(self) -> Estimate | None:
        """The rank correlation, mean over texts; None for too few texts."""
        return self.judgement.agreement if self.judgement else None


def choose_colouring(results: Results, asked: str = AUTO) -> Colouring:
    """The measure that colours the texts of `results` first; `asked` is "auto" or one of them.

    "auto" shows where the model looks. It is not chosen by its agreement with effects, so that
    figure is no best of several. It also replaces what is asked for but was not measured.
    """
    is_measured = asked in _measured(results)
    way: Way = "asked" if is_measured else _way(results)
    view = asked if is_measured else _LOOKS[way]
    given = size_agreement(results)
    agreement, rarity = given.get(view), given.get("rarity")
    plain = {name: given[name] for name in BASELINES if name in given}
    judged = None if agreement is None else judge(agreement, plain)
    compared = [name for name in _measured(results) if name in given and name not in CHANGES]
    return Colouring(
        view=view,
        way=way,
        n_views=0 if judged is None else len(compared),
        n_texts=0 if agreement is None else int(agreement.notna().sum()),
        judgement=judged,
        rarity=estimate(rarity.reindex(agreement.index))
        if judged is not None and agreement is not None and rarity is not None
        else None,
        missing=None if is_measured or asked == AUTO else asked,
    )


def _way(results: Results) -> Way:
    """Where the model looks, of what was measured."""
    able, rows = _measured(results), live_rows(results)
    if rows is not None and rows.reads_cls_only and _LOOKS["row"] in able:
        return "row"
    return "cross" if _LOOKS["cross"] in able else "received"


def _measured(results: Results) -> tuple[View, ...]:
    """The measures with colours that at least one text has."""
    return results.recent(_make_measured)


def _make_measured(results: Results) -> tuple[View, ...]:
    users = user_measures(results.info.scores)
    evidence = results.info.evidence
    if evidence.level == "none":
        return ("received_all", *(measure.id for measure in users))
    measures = [
        BY_ID[view] for view in coloured_at(evidence.level) if view not in evidence.withheld
    ]
    of_tokens = {m.id: m.column or m.id for m in measures if m.table == "tokens"}
    tokens, effects = results.token_columns(*of_tokens.values()), results.effects
    told = [
        m
        for m in measures
        if (tokens[of_tokens[m.id]] if m.id in of_tokens else effects[m.column or m.id])
        .notna()
        .any()
    ]
    if users:
        scores = results.token_columns("text", USER_SCORES)
        told += [m for m in users if not np.isnan(measured_values(m, scores)).all()]
    return tuple(m.id for m in told)


def is_complete(results: Results) -> bool:
    """Whether integrated gradients add up in every text that has them."""
    told = results.evidence["ig_complete"].dropna()
    return bool(told.astype(bool).all()) and len(told) > 0
