"""How well each way of colouring a text finds the words that people marked as the reason for its
label.

That is plausible, which is another thing than to be faithful to the model (Jacovi and Goldberg
2020): a colouring can find what people marked while the model uses other words. So both figures
stand side by side.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.findings.agreement_verdict import Judgement, judge
from reportgen.findings.evidence import text_rarity
from reportgen.findings.rationale_scores import MarkedUnits, RationaleScores, span_f1
from reportgen.findings.repeated_texts import first_alike
from reportgen.findings.statistics import (
    Estimate,
    Floats,
    certain_share,
    estimate,
    intervals_of,
    share_estimate,
)
from reportgen.results import (
    BASELINES,
    BY_ID,
    CHANGES,
    EFFECT,
    EXTRA,
    HELD,
    RATIONALE,
    RATIONALE_F1,
    Measure,
    Results,
    RunInfo,
    View,
    measure_of,
    ranked_tokens,
    rationale_of,
    unit_starts,
    unit_views,
    user_measures,
    views_of,
)

# What is read of tokens: fewer columns than they have, as each text is read by itself.
_PLACES = ("unit", "segment", "is_special", HELD, "start", "end")
_CHANCE: View = "random"  # which is known exactly
_ALL_TEXTS: View = "text_rarity"  # takes all texts to know


def marked_f1(
    results: Results, rationales: "Rationales | None"
) -> Mapping[View, Mapping[int, float]]:
    """By measure and row of `texts`, how well it finds the marked words. Of results kept small what
    was computed when they were made, as they lack most measures."""
    stored = results.agreement[results.agreement["statistic"] == RATIONALE_F1]
    rows: Iterable[tuple[int, View, float]] = zip(
        stored["text"], stored["view"], stored["value"], strict=True
    )
    if stored.empty and rationales is not None:
        every = rationales.by_text.items()
        rows = ((row, view, scores.f1) for row, by in every for view, scores in by.items())
    f1: dict[View, dict[int, float]] = {}
    for text, view, value in rows:
        f1.setdefault(view, {})[int(text)] = float(value)
    return f1


def with_marked_f1(results: Results, agreement: pd.DataFrame) -> pd.DataFrame:
    """The table of `agreement`, with how well each measure finds the words that people marked."""
    rows = [
        (text, view, RATIONALE_F1, value)
        for view, by_text in marked_f1(results, rationale_figures(results, EFFECT)).items()
        for text, value in by_text.items()
    ]
    if not rows:
        return agreement
    marked = pd.DataFrame(rows, columns=list(agreement.columns)).astype(agreement.dtypes.to_dict())
    both = pd.concat([agreement, marked])
    return both.sort_values("text", kind="stable", ignore_index=True)


def compared_with_marks(info: RunInfo) -> tuple[Measure, ...]:
    """What is held against the marks: what ranks units, and what leaves them out; baselines
    last."""
    views = (view for view in (*views_of(info), *CHANGES) if view != _CHANCE)
    measures = (measure_of(view, info) for view in views)
    return tuple(sorted(measures, key=lambda measure: measure.is_plain))


@dataclass(frozen=True, slots=True)
class RationaleFigures:
    """How well a ranking finds the marked units, over texts."""

    f1: Estimate
    auprc: Estimate
    iou: Estimate  # F1 of spans: of the means of their precision and recall

    @property
    def n_texts(self) -> int:
        """In how many different texts that was measured."""
        return self.f1.n_texts


@dataclass(frozen=True, slots=True)
class ViewRationale:
    """The figures of one way of colouring, beside those of chance in the same texts."""

    view: View
    figures: RationaleFigures
    chance: RationaleFigures
    # What F1 says beyond chance and beyond the baselines; its `agreement` is F1 less chance. None
    # for too few texts, and for baselines.
    judgement: Judgement | None = None

    @property
    def stated(self) -> RationaleFigures | None:
        """The figures; None with too few texts for an interval."""
        return self.figures if self.figures.f1.interval else None


@dataclass(frozen=True, eq=False)
class Rationales:
    """What people marked, and how well it is found."""

    marked: frozenset[int]  # rows of texts with marks, also of those that say that there is none
    n_none: int  # of these, texts without a marked unit
    n_all: int  # of these, texts in which every unit is marked
    cut: frozenset[int]  # of these, texts with a mark behind the place where they were cut
    share: Estimate | None  # of the units of a compared text, how many are marked
    shown_first: View
    views: Mapping[View, ViewRationale]  # in the order of `compared_with_marks`
    # Rows of the compared texts that figures are over: equal ones once, and no variants.
    different: tuple[int, ...]
    # By row of `texts` and view, of every compared text; copies too.
    by_text: Mapping[int, Mapping[View, RationaleScores]]

    @property
    def first(self) -> ViewRationale | None:
        """How well what colours the texts first finds them."""
        return self.views.get(self.shown_first)

    def f1_of(self, text: int) -> float | None:
        """How well what colours the texts first finds the marked words of row `text` of `texts`;
        None where that was not compared."""
        scores = self.by_text.get(text, {}).get(self.shown_first)
        return None if scores is None else scores.f1

    @property
    def n_compared(self) -> int:
        """How many texts have marked units and others."""
        return len(self.by_text)


def rationale_figures(results: Results, shown_first: View) -> Rationales | None:
    """What people marked and how well each colouring finds it; None where they marked nothing.

    The measure that colours texts first and effects were chosen before they were held against the
    marks, so they are judged together; of the others the best is one of many.
    """
    marked = _marked_texts(results)
    if not marked:
        return None
    units = {row: found for row in marked if (found := _marked_units(results, row)) is not None}
    n_units = {row: (found.n_marked, len(found.span)) for row, found in units.items()}
    compared = {row: units[row] for row, (k, n) in n_units.items() if 0 < k < n}
    rarity = text_rarity(results) if compared else {}
    by_text = {row: _scores(results, row, found, rarity) for row, found in compared.items()}
    alike = first_alike(results)
    firsts = {int(alike[row]): row for row in reversed(compared) if results.independent[row]}
    different = sorted(firsts.values())
    chance = {row: compared[row].chance() for row in different}
    shares = [n_units[row][0] / n_units[row][1] for row in different]
    return Rationales(
        marked=frozenset(marked),
        n_none=sum(k == 0 for k, _ in n_units.values()),
        n_all=sum(k == n for k, n in n_units.values() if k),
        cut=frozenset(row for row in marked if _is_cut(results, row)),
        share=estimate(np.array(shares)) if shares else None,
        shown_first=shown_first,
        views=dict(_views(results.info, by_text, chance, {shown_first, EFFECT})),
        different=tuple(different),
        by_text=by_text,
    )


def _marked_texts(results: Results) -> tuple[int, ...]:
    """The rows of the texts that were analysed and have marks."""
    has_marks = results.texts[RATIONALE].notna().to_numpy(np.bool_)
    return tuple(np.flatnonzero(results.analysed & has_marks).tolist())


def _is_cut(results: Results, text: int) -> bool:
    """Whether a mark lies, in part at least, in what was cut off."""
    row = results.text_row(text)
    marks = rationale_of(row) or ((), ())
    cuts = (row["cut_text"], row["cut_pair"])
    return any(
        places and not pd.isna(cut) and places[-1][1] > cut
        for places, cut in zip(marks, cuts, strict=True)
    )


def _marked_units(results: Results, text: int) -> MarkedUnits | None:
    """The units of a text that are ranked, and which of them are marked; None without any unit."""
    tokens = results.tokens_of(text, *_PLACES)
    tokens = tokens[ranked_tokens(tokens)]
    starts = unit_starts(tokens["unit"])
    if not len(starts):
        return None
    row = results.text_row(text)
    marks = rationale_of(row) or ((), ())
    mark = np.zeros(len(tokens), np.intp)  # `[token]`: the number of its mark, from 1
    first, end = (tokens[name].to_numpy(np.float64, na_value=np.nan) for name in ("start", "end"))
    segment = tokens["segment"].fillna(0).to_numpy(np.intp)
    number = 0
    for of, (name, places) in enumerate(zip(("text", "pair"), marks, strict=True)):
        for place in places:
            start, stop = _bare(str(row[name]), place)
            number += 1
            mark[(segment == of) & (first < stop) & (end > start) & (mark == 0)] = number
    by_unit = np.maximum.reduceat(mark, starts)
    begins = np.diff(segment[starts], prepend=-1) != 0
    begins |= np.diff(tokens["unit"].to_numpy(np.intp)[starts], prepend=-1) != 1
    # Two marks in one unit are one span; so each is numbered by where its units begin.
    is_new = (by_unit > 0) & ((np.diff(by_unit, prepend=0) != 0) | begins)
    return MarkedUnits(np.cumsum(is_new) * (by_unit > 0), begins, text)


def _bare(text: str, place: tuple[int, int]) -> tuple[int, int]:
    """A mark without the spaces around it: tokens may begin with the one before a word."""
    start, end = place
    marked = text[start:end]
    return start + len(marked) - len(marked.lstrip()), end - len(marked) + len(marked.rstrip())


def marked_units(results: Results, text: int) -> NDArray[np.intp]:
    """The numbers of the units of a text that are marked, as `tokens` numbers units."""
    found = None if rationale_of(results.text_row(text)) is None else _marked_units(results, text)
    if found is None:
        return np.empty(0, np.intp)
    tokens = results.tokens_of(text, *_PLACES)
    units = tokens["unit"].to_numpy(np.intp)[ranked_tokens(tokens)]
    return units[unit_starts(units)][found.span > 0]


def _scores(
    results: Results, text: int, units: MarkedUnits, rarity: Mapping[int, Floats]
) -> Mapping[View, RationaleScores]:
    """The scores of every measure that each unit of the text has, by size; of a text that is beside
    the sample of evidence, only of what all texts have."""
    evidence = results.evidence_row(text)
    is_sampled = evidence is not None and evidence[EXTRA] is not True
    effects = results.effects_of(text) if is_sampled else None
    measures = compared_with_marks(results.info)
    if effects is None:
        measures = tuple(measure for measure in measures if measure.table != "effects")
    read = {of.column or of.id for of in measures if of.table == "tokens"}
    views = unit_views(
        results.tokens_of(text, "text", *_PLACES, "expected", *sorted(read)),
        {} if effects is None else effects,
        [measure.id for measure in measures if measure.id in BY_ID],
        user_measures(results.info.scores),
    )
    if text in rarity:
        views[_ALL_TEXTS] = rarity[text]
    return {
        measure.id: units.scores(np.abs(views[measure.id]))
        for measure in measures
        if measure.id in views and np.isfinite(views[measure.id]).all()
    }


def _views(
    info: RunInfo,
    by_text: Mapping[int, Mapping[View, RationaleScores]],
    chance: Mapping[int, RationaleScores],
    first: Collection[View],
) -> Iterator[tuple[View, ViewRationale]]:
    """The figures of each view over the texts that `chance` has. Those of `first` are judged
    together, and all others."""
    measures = compared_with_marks(info)
    f1 = {
        measure.id: pd.Series(
            {
                row: by_text[row][measure.id].f1 - of.f1
                for row, of in chance.items()
                if measure.id in by_text[row]
            },
            dtype=np.float64,
        )
        for measure in measures
    }
    baselines = {view: f1[view] for view in BASELINES if len(f1[view])}
    judged = [of.id for of in measures if len(f1[of.id]) and not of.is_plain]
    n_first = len(set(first) & set(judged))
    for view, values in f1.items():
        rows = values.index.tolist()
        if not rows:
            continue
        yield (
            view,
            ViewRationale(
                view,
                _figures([by_text[row][view] for row in rows]),
                _figures([chance[row] for row in rows]),
                judge(values, baselines, n_first if view in first else len(judged), widest=1.0)
                if view in judged
                else None,
            ),
        )


def _figures(scores: Sequence[RationaleScores]) -> RationaleFigures:
    """The means over at least one text."""
    by_text = np.array(scores, np.float64)
    f1, auprc = (share_estimate(by_text[:, i]) for i in range(2))
    assert f1 is not None
    assert auprc is not None
    precision, recall = by_text[:, 2:3], by_text[:, 3:4]
    (interval,) = intervals_of(span_f1, precision, recall)
    mean = float(span_f1(precision.mean(axis=0), recall.mean(axis=0))[0])
    iou = Estimate(mean, certain_share(interval, len(by_text)), len(by_text))
    return RationaleFigures(f1, auprc, iou)
