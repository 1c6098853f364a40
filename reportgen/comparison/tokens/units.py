"""The text units of the texts that both models split into the same tokens, with the figures of
both models."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from reportgen.comparison.change import SAME_OUTPUT, Sides, equal_if_close
from reportgen.comparison.pairing import Pairing
from reportgen.comparison.tokens.contrast import contrasts
from reportgen.findings.repeated_texts import first_alike
from reportgen.findings.statistics import Booleans, Places
from reportgen.findings.tokens.figures import n_tokens_of, without_last
from reportgen.findings.tokens.last_token import last_token
from reportgen.results.info import View
from reportgen.results.measure_register import BY_ID, EFFECT
from reportgen.results.store import Results
from reportgen.results.unit_names import unit_labels
from reportgen.results.unit_values import equal_shares, unit_values
from reportgen.tasks.task import task_of

_COLUMNS = ("text", "unit", "segment", "token", "start", "end", "is_special")
_LENGTH = "n_tokens"  # of its text


@dataclass(frozen=True, slots=True, eq=False)
class UnitPairs:
    """The text units of the aligned texts in input order; each array is `[unit]`."""

    names: tuple[str, ...]  # every label once
    label: Places  # place in `names`
    text: Places  # row of `texts`
    unit: Places  # its number in the text
    attention: Sides  # received, as a multiple of the equal share; mean over layers and heads
    # The weight in the row that the output is read from ([CLS], or the last row of a causal model),
    # as a multiple of the equal share; mean over layers and heads. NaN where the output of one of
    # the models is read from several rows.
    row: Sides
    effect: Sides  # effect; NaN where it cannot be compared
    n_other_target: int  # texts whose effects are of different classes or tokens in both models
    # [unit], in a text whose class differs: the effect is on the lead of the head's class over the
    # base's, so that it is of another figure than in other texts.
    flipped: Booleans
    n_other_rival: int = 0  # texts whose effects are on leads over different classes


def unit_pairs(base: Results, head: Results, pairing: Pairing) -> UnitPairs:
    """The text units of the aligned texts."""
    tokens = _tokens(base, pairing)
    content = ~tokens["is_special"].to_numpy(np.bool_)
    own = tokens[content]
    other = _tokens(head, pairing)[content]
    text, unit = own["text"].to_numpy(np.intp), own["unit"].to_numpy(np.intp)
    starts = np.flatnonzero((np.diff(text, prepend=-1) != 0) | (np.diff(unit, prepend=-1) != 0))
    if not len(starts):
        none, nothing = np.empty(0, np.intp), (np.empty(0), np.empty(0))
        return UnitPairs((), none, none, none, nothing, nothing, nothing, 0, none.astype(bool))
    label, names = unit_labels(base, own, starts)
    row = _multiples((own, other), "cls_row_all", starts)
    if not (reads_one_row(base) and reads_one_row(head)):
        row = np.full(len(starts), np.nan), np.full(len(starts), np.nan)
    found = contrasts(base, head, pairing)
    before, after = (
        effects[_rows(side, pairing)][content][starts]
        for effects, side in zip(found.effects, (base, head), strict=True)
    )
    known = found.comparable[text[starts]] & np.isfinite(before + after)
    before, after = (np.where(known, side, np.nan) for side in (before, after))
    if _ends_stand_out(base, head, text[starts], (before, after)):
        before, after = (without_last(text[starts], side) for side in (before, after))
    return UnitPairs(
        names=names,
        label=label,
        text=text[starts],
        unit=unit[starts],
        attention=_multiples((own, other), "received_all", starts),
        row=row,
        effect=(before, equal_if_close(before, after, _size(base, head), SAME_OUTPUT)),
        n_other_target=found.n_other_target,
        flipped=found.flipped[text[starts]],
        n_other_rival=found.n_other_rival,
    )


def _ends_stand_out(base: Results, head: Results, text: Places, effects: Sides) -> bool:
    """Whether the last units of the texts are most often the strongest in one of the models: then
    lists of both are of tokens elsewhere, as in a report."""
    same = first_alike(base)
    found = (
        last_token(text, own, same)
        for side, own in zip((base, head), effects, strict=True)
        if side.info.model.is_causal
    )
    return any(own is not None and own.stands_out for own in found)


def _tokens(results: Results, pairing: Pairing) -> pd.DataFrame:
    """The tokens of the aligned texts."""
    frame = results.token_columns(*_COLUMNS, "received_all", "expected", "cls_row_all")
    frame[_LENGTH] = n_tokens_of(results, frame["text"].to_numpy(np.intp))
    own: pd.DataFrame = frame[_rows(results, pairing)]
    return own


def _rows(results: Results, pairing: Pairing) -> Booleans:
    """`[token]`: the rows of tokens of the aligned texts."""
    found: Booleans = pairing.aligned[results.token_columns("text")["text"].to_numpy(np.intp)]
    return found


def _multiples(sides: tuple[pd.DataFrame, pd.DataFrame], view: View, starts: Places) -> Sides:
    """`[unit]` in both models: the attention that units get, over their equal share."""
    measure = BY_ID[view]
    base, head = (
        unit_values(
            measure,
            tokens[view],
            starts,
            equal_shares(measure, tokens["expected"], tokens[_LENGTH].to_numpy(np.intp)),
        )
        for tokens in sides
    )
    return base, equal_if_close(base, head)


def reads_one_row(results: Results) -> bool:
    """Whether the output is known to be read from a single row of the last layer, the one in the
    table of tokens. If so, that row shows where the model looks."""
    live = results.evidence["live_rows"].dropna()
    may_be = task_of(results.info.output).may_read_one_row
    return may_be and bool(len(live)) and bool((live == 1).all())


def _size(base: Results, head: Results) -> float:
    """The largest size of the explained figures and of the effects."""
    sizes = [0.0]
    for results in (base, head):
        for column in (results.evidence["explained"], results.effects[EFFECT]):
            values = column.to_numpy(np.float64)
            sizes.append(float(np.abs(values[np.isfinite(values)]).max(initial=0.0)))
    return max(sizes)
