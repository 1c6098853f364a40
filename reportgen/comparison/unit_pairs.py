"""The text units of the texts that both models split into the same tokens, with the figures of
both models; their effects are on one contrast of classes.

The margin of a class is its lead over the strongest other class, which can be another one in the
other model, or without a token. Both models are therefore compared on the same two classes in each
text: the class that both explain against the strongest other of the base, and where they explain
different classes, that of the head against that of the base. This takes the change of every class's
score, which is stored for three to twenty classes; of two classes it follows from the margin.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from reportgen.comparison.change import SAME_OUTPUT, Sides, equal_if_close
from reportgen.comparison.pairing import Pairing
from reportgen.findings import (
    Booleans,
    Floats,
    Places,
    first_alike,
    last_token,
    n_tokens_of,
    token_effects,
    without_last,
)
from reportgen.results import (
    BY_ID,
    DELETION_SCORES,
    EFFECT,
    Results,
    View,
    equal_shares,
    unit_labels,
    values_of_units,
)
from reportgen.tasks import target_of, task_of

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
    old = tokens[content]
    new = _tokens(head, pairing)[content]
    text, unit = old["text"].to_numpy(np.intp), old["unit"].to_numpy(np.intp)
    starts = np.flatnonzero((np.diff(text, prepend=-1) != 0) | (np.diff(unit, prepend=-1) != 0))
    if not len(starts):
        none, nothing = np.empty(0, np.intp), (np.empty(0), np.empty(0))
        return UnitPairs((), none, none, none, nothing, nothing, nothing, 0, none.astype(bool))
    label, names = unit_labels(base, old, starts)
    row = _multiples((old, new), "cls_row_all", starts)
    if not (reads_one_row(base) and reads_one_row(head)):
        row = np.full(len(starts), np.nan), np.full(len(starts), np.nan)
    contrasted = contrasts(base, head, pairing)
    before, after = (
        effects[_rows(side, pairing)][content][starts]
        for effects, side in zip(contrasted.effects, (base, head), strict=True)
    )
    known = contrasted.comparable[text[starts]] & np.isfinite(before + after)
    before, after = (np.where(known, side, np.nan) for side in (before, after))
    if _ends_stand_out(base, head, text[starts], (before, after)):
        before, after = (without_last(text[starts], side) for side in (before, after))
    return UnitPairs(
        names=names,
        label=label,
        text=text[starts],
        unit=unit[starts],
        attention=_multiples((old, new), "received_all", starts),
        row=row,
        effect=(before, equal_if_close(before, after, _size(base, head), SAME_OUTPUT)),
        n_other_target=contrasted.n_other_target,
        flipped=contrasted.flipped[text[starts]],
        n_other_rival=contrasted.n_other_rival,
    )


def _ends_stand_out(base: Results, head: Results, text: Places, effects: Sides) -> bool:
    """Whether the last units of the texts are most often the strongest in one of the models: then
    lists of both are of tokens elsewhere, as in a report."""
    same = first_alike(base)
    ends = (
        last_token(text, of_side, same)
        for side, of_side in zip((base, head), effects, strict=True)
        if side.info.model.is_causal
    )
    return any(end is not None and end.stands_out for end in ends)


def _tokens(results: Results, pairing: Pairing) -> pd.DataFrame:
    """The tokens of the aligned texts."""
    frame = results.token_columns(*_COLUMNS, "received_all", "expected", "cls_row_all")
    frame[_LENGTH] = n_tokens_of(results, frame["text"].to_numpy(np.intp))
    rows: pd.DataFrame = frame[_rows(results, pairing)]
    return rows


def _rows(results: Results, pairing: Pairing) -> Booleans:
    """`[token]`: the rows of tokens of the aligned texts."""
    rows: Booleans = pairing.aligned[results.token_columns("text")["text"].to_numpy(np.intp)]
    return rows


def _multiples(sides: tuple[pd.DataFrame, pd.DataFrame], view: View, starts: Places) -> Sides:
    """`[unit]` in both models: the attention that units get, over their equal share."""
    measure = BY_ID[view]
    base, head = (
        values_of_units(
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


@dataclass(frozen=True, slots=True, eq=False)
class Contrasts:
    """Effects that can be compared, and what they are effects on."""

    effects: tuple[Floats, Floats]  # [token of that model], NaN where none was measured
    comparable: Booleans  # [text]
    # [text], both models' classes differ: effects are on the lead of the head's over the base's
    flipped: Booleans
    n_other_target: int  # aligned texts whose effects are of different classes or tokens
    # Aligned texts whose effects are on the lead over different classes, since the scores of the
    # classes were not stored.
    n_other_rival: int


def contrasts(base: Results, head: Results, pairing: Pairing) -> Contrasts:
    """The effects of both models, in every text on the same two classes where that is known."""
    sides = base, head
    effects = [token_effects(side, int(side.texts["n_tokens"].sum()), EFFECT) for side in sides]
    n_texts = pairing.n_texts
    comparable, flipped = np.zeros(n_texts, np.bool_), np.zeros(n_texts, np.bool_)
    if not pairing.same_scalar:
        return Contrasts((effects[0], effects[1]), comparable, flipped, 0, 0)
    names = base.info.output.labels
    is_margin = target_of(base.info.evidence).is_lead
    old, new = (side.evidence.set_index("text")["explained_label"].astype(object) for side in sides)
    # Of other outputs they are no scores of classes.
    scores = [
        _scores(side, int(side.texts["n_tokens"].sum())) if is_margin else None for side in sides
    ]
    places = [_places(side) for side in sides]
    n_other_target = n_other_rival = 0
    for text in old.index.intersection(new.index).tolist():
        labels = ["" if not isinstance(label, str) else label for label in (old[text], new[text])]
        tokens = [side[text] for side in places]
        stored = [
            side is not None and bool(np.isfinite(side[at]).any())
            for side, at in zip(scores, tokens, strict=True)
        ]
        is_same = labels[0] == labels[1]
        is_known = is_margin and all(label in names for label in labels)
        comparable[text] = is_same or (is_known and (len(names) == 2 or all(stored)))
        flipped[text] = comparable[text] and not is_same
        if not comparable[text]:
            n_other_target += int(pairing.aligned[text])
        elif is_known and len(names) > 2:
            first = names.index(labels[1])
            rivals = [
                _strongest_other(side, text, names.index(label))
                for side, label in zip(sides, labels, strict=True)
            ]
            second = rivals[0] if is_same else names.index(labels[0])
            if all(stored):
                for side, at, effect in zip(scores, tokens, effects, strict=True):
                    assert side is not None
                    effect[at] = side[at, first] - side[at, second]
            elif rivals[0] != rivals[1]:
                n_other_rival += int(pairing.aligned[text])
        elif flipped[text]:
            effects[0][tokens[0]] *= -1
    return Contrasts((effects[0], effects[1]), comparable, flipped, n_other_target, n_other_rival)


def _places(results: Results) -> list[slice]:
    """Where the tokens of each text stand."""
    firsts, counts = (results.texts[name].tolist() for name in ("first_token", "n_tokens"))
    return [slice(first, first + count) for first, count in zip(firsts, counts, strict=True)]


def _scores(results: Results, n_tokens: int) -> Floats | None:
    """`[token, class]`, NaN where none are stored; None where the model has none at all."""
    rows = results.effects
    known = rows[DELETION_SCORES].notna().to_numpy(np.bool_)
    if not known.any():
        return None
    values = np.stack(list(rows[DELETION_SCORES][known]))
    scores = np.full((n_tokens, values.shape[1]), np.nan)
    first = results.texts["first_token"].to_numpy(np.int64)
    places = first[rows["text"].to_numpy(np.intp)] + rows["position"].to_numpy(np.int64)
    scores[places[known]] = values
    return scores


def _strongest_other(results: Results, text: int, label: int) -> int:
    """The class with the highest logit other than `label`; `label` itself if no logits are
    stored."""
    scores = np.array(results.texts["scores"].iloc[text], np.float64)
    if len(scores) <= label:
        return label
    scores[label] = -np.inf
    return int(scores.argmax())
