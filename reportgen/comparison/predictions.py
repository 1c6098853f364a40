"""How the predictions of two models differ, text by text, and how close they are to the labels."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.comparison.change import (
    CHANCE_MOVED,
    MOVED,
    SAME_OUTPUT,
    Change,
    Sides,
    changes,
    equal_if_close,
)
from reportgen.comparison.pairing import Pairing
from reportgen.comparison.quality import Outputs, Quality, judged, metric_fits
from reportgen.findings import (
    Booleans,
    Findings,
    Floats,
    Interval,
    Judging,
    Places,
    certain_share,
    intervals_of_counts,
    mean_interval,
)
from reportgen.results import OutputKind, Results, centred_ranks, spearman, weighted_correlation
from reportgen.tasks import Task, predictions_of, task_of, text_names

# What became of a text's class: right in the new model alone, in the old one alone, in both, in
# neither; "unknown" where it has no label.
Outcome: TypeAlias = Literal["fixed", "broken", "right", "wrong", "unknown"]
_OUTCOMES: dict[tuple[bool, bool], Outcome] = {
    (False, True): "fixed",
    (True, False): "broken",
    (True, True): "right",
    (False, False): "wrong",
}
# In which way a text got worse: its class or choice is right in the old model alone; fewer of its
# tags or masks are right, or less of its answer; its completion is less likely; its number moved
# away from the label.
# In which order texts whose class changed are listed: what a reader must see comes first.
_FLIP_ORDER: tuple[Outcome, ...] = ("broken", "wrong", "fixed", "unknown")


class Items(NamedTuple):
    """The predicted items of both models with the labels that both have."""

    base: pd.DataFrame
    head: pd.DataFrame


@dataclass(frozen=True, eq=False)
class PredictionChanges:
    """Predictions of both models, over the texts that both predicted; `[text]` is those texts."""

    kind: OutputKind
    texts: Places  # rows of `texts`
    # [text]: the difference of a number; of several numbers the largest difference, in spreads of
    # the base's predictions; else 1 where the prediction is another one.
    change: Floats
    moved: Booleans  # [text]
    # [text], predicted numbers; empty where the output is no single number
    base: Floats = field(default_factory=lambda: np.empty(0))
    head: Floats = field(default_factory=lambda: np.empty(0))
    names: tuple[tuple[str, str], ...] = ()  # [text], classes, labels or tokens; none for numbers
    threshold: float | None = None  # beyond which a number has moved
    is_null_threshold: bool = False  # it is the limit of changes from seed to seed
    mean: Change | None = None  # of one number
    correlation: float | None = None  # Spearman, of one number; None where a side never varies
    quality: Quality | None = None  # against labels; None where there are none
    # [text], how far the error of a number grew, or the mean error of several; NaN without a label,
    # empty for other kinds
    error_growth: Floats = field(default_factory=lambda: np.empty(0))
    # [text] in both models, the finest figure of the fit in it, such as the mean error of several
    # numbers; empty for one number, and where texts are right or wrong
    ends: Sides = field(default_factory=lambda: (np.empty(0), np.empty(0)))
    # [text], how the share of its tags or masks that is right changed, or the F1 of its answer; NaN
    # without a label, empty for other kinds
    right_change: Floats = field(default_factory=lambda: np.empty(0))
    # Whether all scores are the same, not only what is predicted by them.
    same_outputs: bool = False
    # [text]: the probability of the old model's class in both models; none where it is no class
    chances: tuple[tuple[float, float], ...] = ()
    outcomes: tuple[Outcome, ...] = ()  # [text], of classes; none where no text has a label

    @property
    def is_number(self) -> bool:
        """Whether one number is predicted for each text."""
        return len(self.base) > 0

    @property
    def is_numbers(self) -> bool:
        """Whether several numbers are predicted for each text."""
        return not self.names and not self.is_number

    @cached_property
    def share_moved(self) -> Change:
        """The change from 0 to the share of texts that moved."""
        moved = self.moved.astype(np.float64)[:, None]
        change = changes(np.zeros_like(moved), moved)[0]
        return replace(change, interval=self._share_interval(self.moved))

    @property
    def n_moved(self) -> int:
        """How many texts' prediction changed."""
        return int(self.moved.sum())

    @property
    def outputs_moved(self) -> bool:
        """Whether any prediction changed, or, of classes and choices, how likely the old one is."""
        lost = (abs(old - new) for old, new in self.chances)
        return bool(self.moved.any()) or any(change > CHANCE_MOVED for change in lost)

    @property
    def largest(self) -> float:
        """The largest size of a change."""
        return float(np.abs(self.change).max())

    @property
    def order(self) -> list[int]:
        """Places in `texts` of those whose prediction changed, the largest change first. With
        classes and labels, texts that are wrong now come first."""
        order = np.argsort(-np.abs(self.change), kind="stable")
        places = [int(place) for place in order if self.change[place]]
        if self.outcomes:
            places.sort(key=lambda place: _FLIP_ORDER.index(self.outcomes[place]))
        return places

    @property
    def flipped(self) -> list[int]:
        """Rows of `texts` with another class, label or token than before, as in `order`."""
        return [int(self.texts[place]) for place in self.order] if self.names else []

    @property
    def regressions(self) -> list[int]:
        """Places in `texts` of those whose error grew, the largest growth first."""
        order = np.argsort(-self.error_growth, kind="stable")
        return [int(place) for place in order if self.error_growth[place] > 0]

    @property
    def lost_chances(self) -> tuple[float, float] | None:
        """How much probability the old model's class lost in texts whose class changed: the median
        and the maximum; None if no class changed."""
        lost = [
            old - new
            for (old, new), moved in zip(self.chances, self.moved, strict=bool(self.chances))
            if moved
        ]
        return (float(np.median(lost)), max(lost)) if lost else None

    def fit(self, name: str) -> Change | None:
        """The change of one figure of the fit with the labels; None where it is not defined."""
        return None if self.quality is None else self.quality.change(name)

    def flips(self, outcome: Outcome) -> Booleans:
        """`[text]`: which texts changed their class with this outcome; all False if outcomes are
        unknown."""
        pairs = zip(self.outcomes, self.moved, strict=True) if self.outcomes else ()
        return np.array([bool(moved) and each == outcome for each, moved in pairs], np.bool_)

    def flips_interval(self, outcome: Outcome) -> Interval | None:
        """The interval of how many texts changed their class with this outcome."""
        flipped = self.flips(outcome)
        share = self._share_interval(flipped)
        return share and Interval(*(len(flipped) * end for end in share))

    def _share_interval(self, flags: Booleans) -> Interval | None:
        """The interval of a share of texts, `[text]`, that changed; [0, 0] where outputs are the
        same."""
        of = mean_interval(flags.astype(np.float64))
        return of if self.same_outputs else certain_share(of, len(flags))

    def n_flips(self, outcome: Outcome) -> int:
        """How many texts changed their class with this outcome."""
        return int(self.flips(outcome).sum())

    @cached_property
    def correlation_interval(self) -> Interval | None:
        """The interval of `correlation`; None where that is not defined."""
        if self.correlation is None:
            return None

        def correlation(counts: Floats) -> Floats:
            old, new = (centred_ranks(counts, side) for side in (self.base, self.head))
            return weighted_correlation(counts, old, new)[:, None]

        (interval,) = intervals_of_counts(correlation, len(self.texts))
        return interval


def prediction_changes(
    base: Findings,
    head: Findings,
    pairing: Pairing,
    least: float = 0.0,
    judging: Judging | None = None,
) -> PredictionChanges | None:
    """What changed in the predictions; None where the outputs differ in kind, where they are
    embeddings (results hold none), and where no text has a prediction in both. The log-probability
    of a completion is compared as a number.

    A number has moved where it changed by more than `least` and more than MOVED says. `judging`
    says how it is decided which model is better.
    """
    texts = np.flatnonzero(pairing.analysed)
    if not pairing.same_output or not len(texts):
        return None
    sides = _TwoRuns(base, head, pairing, judging or Judging())
    if sides.task.has_number:
        return _number(sides, texts, least)
    if base.items["value"].notna().any():
        return _numbers(sides, texts)
    return _names(sides, texts)


@dataclass(frozen=True, slots=True)
class _TwoRuns:
    """Two models whose outputs are the same in kind."""

    base: Findings
    head: Findings
    pairing: Pairing
    judging: Judging

    @property
    def task(self) -> Task:
        """What both do."""
        return task_of(self.base.info.output)

    def items(self, texts: Places) -> Items:
        """The items of `texts` in both models; where items are compared one by one, of those texts
        that have the same ones in both: as many, and where they are of words, of the same words,
        however these are split."""
        sides = self.base, self.head
        old, new = (_independent(side.results, self.pairing.labels) for side in sides)
        if self.task.is_written:
            return Items(_of_texts(old, texts), _of_texts(new, texts))
        rows = [side["text"].to_numpy(np.intp) for side in (old, new)]
        counts = [np.bincount(side, minlength=self.pairing.n_texts) for side in rows]
        is_same = counts[0] == counts[1]
        if self.task.is_of_words:
            words = [
                _independent_words(side)[is_same[at]] for side, at in zip(sides, rows, strict=True)
            ]
            is_same[rows[0][is_same[rows[0]]][words[0] != words[1]]] = False
        kept = texts[is_same[texts]]
        return Items(_of_texts(old, kept), _of_texts(new, kept))

    def quality(self, items: Items, *, moved: bool, same: bool) -> Quality | None:
        """How well both fit the labels."""
        fits = metric_fits(self.task.metrics, *items)
        return judged(fits, Outputs(self.base.info.output, moved, same), self.judging)


def _independent(results: Results, labels: pd.DataFrame) -> pd.DataFrame:
    """The items of all texts but variants."""
    items = predictions_of(results, labels)
    if results.independent.all():
        return items
    rows: pd.DataFrame = items[results.independent[items["text"].to_numpy(np.intp)]]
    return rows.reset_index(drop=True)


def _independent_words(side: Findings) -> NDArray[np.object_]:
    """`[item]` of all texts but variants: the word that each is of."""
    is_counted = side.results.independent[side.all_items["text"].to_numpy(np.intp)]
    words: NDArray[np.object_] = np.array(side.words, object)[is_counted]
    return words


def _of_texts(items: pd.DataFrame, texts: Places) -> pd.DataFrame:
    return items[np.isin(items["text"].to_numpy(np.intp), texts)]


def _near(base: Floats, head: Floats, size: float) -> Floats:
    return equal_if_close(base, head, size, SAME_OUTPUT)


def _names(sides: _TwoRuns, texts: Places) -> PredictionChanges | None:
    """Of what is named."""
    base, head = sides.base, sides.head
    columns = [text_names(side.results).iloc[texts] for side in (base, head)]
    known = (columns[0].notna() & columns[1].notna()).to_numpy(np.bool_)
    if not known.any():
        return None
    names = tuple(zip(*(map(str, column[known]) for column in columns), strict=True))
    moved = np.array([old != new for old, new in names], np.bool_)
    texts = texts[known]
    items = sides.items(texts)
    has_outcomes, none = sides.task.has_outcomes, np.empty(0)
    before, after = (none, none) if has_outcomes else _finest(sides.task, items, texts)
    same = not moved.any() and _same_scores(base, head, texts)
    return PredictionChanges(
        kind=base.info.output.kind,
        texts=texts,
        change=moved.astype(np.float64),
        moved=moved,
        names=names,
        quality=sides.quality(items, moved=bool(moved.any()), same=same),
        outcomes=_outcomes(items, texts) if has_outcomes else (),
        right_change=after - before,
        chances=_old_chances(base, head, texts),
        same_outputs=same,
    )


def _numbers(sides: _TwoRuns, texts: Places) -> PredictionChanges | None:
    """Of texts that have several numbers. A text has changed by the largest difference of one of
    its numbers, in spreads of that number in the base."""
    items = sides.items(texts)
    values = [side["value"].to_numpy(np.float64) for side in items]
    known = pd.Series(np.isfinite(values[0]) & np.isfinite(values[1]))
    is_whole = known.groupby(items.base["text"].to_numpy()).transform("all").to_numpy(np.bool_)
    if not is_whole.any():
        return None
    old, new = (side[is_whole] for side in items)
    new = sides.task.near(old, new, _near)
    texts, starts = np.unique(old["text"].to_numpy(np.intp), return_index=True)
    before, after = (side["value"].to_numpy(np.float64) for side in (old, new))
    grid = before.reshape(-1, len(before) // len(texts) if sides.task.has_names else 1)
    spread = np.tile(grid.std(axis=0), len(grid))
    differences = np.abs(after - before)
    in_spreads = np.full_like(before, np.inf)
    np.divide(differences, spread, out=in_spreads, where=spread > 0)
    change = np.maximum.reduceat(np.where(differences > 0, in_spreads, 0.0), starts)
    moved, same = change > MOVED, not change.any()
    ends = _finest(sides.task, Items(old, new), texts)
    return PredictionChanges(
        kind=sides.base.info.output.kind,
        texts=texts,
        change=change,
        moved=moved,
        threshold=MOVED,
        same_outputs=same,
        quality=sides.quality(Items(old, new), moved=bool(moved.any()), same=same),
        error_growth=ends[1] - ends[0],
        ends=ends,
    )


def _number(sides: _TwoRuns, texts: Places, least: float) -> PredictionChanges | None:
    """Of texts that have one number."""
    before, after = (side.text_numbers[texts] for side in (sides.base, sides.head))
    known = np.isfinite(before) & np.isfinite(after)
    texts, before, after = texts[known], before[known], after[known]
    if not len(texts):
        return None
    after = _near(before, after, float(np.abs(np.concatenate([before, after])).max()))
    (mean,) = changes(before[:, None], after[:, None])
    change, threshold = after - before, max(MOVED * float(before.std()), least)
    varies = len(texts) > 1 and np.ptp(before) > 0 and np.ptp(after) > 0
    labels = sides.pairing.labels["label_value"].to_numpy(np.float64)[texts]
    has_errors = sides.base.info.output.similarity is None
    errors = [np.abs(side - (labels if has_errors else np.nan)) for side in (before, after)]
    moved, same = np.abs(change) > threshold, not change.any()
    old, new = sides.items(texts)
    items = Items(old, sides.task.near(old, new, _near))
    return PredictionChanges(
        kind="number",
        texts=texts,
        change=change,
        moved=moved,
        base=before,
        head=after,
        threshold=threshold,
        is_null_threshold=threshold == least > 0,
        same_outputs=same,
        mean=mean,
        correlation=spearman(before, after) if varies else None,
        quality=sides.quality(items, moved=bool(moved.any()), same=same),
        error_growth=errors[1] - errors[0],
    )


def _same_scores(base: Findings, head: Findings, texts: Places) -> bool:
    old, new = (_scores(side.results, texts) for side in (base, head))
    if old.shape != new.shape:
        return False
    size = float(np.nanmax(np.abs([old, new]), initial=0.0))
    return np.array_equal(old, _near(old, new, size), equal_nan=True)


def _scores(results: Results, texts: Places) -> Floats:
    """`[text, number]` of `texts`; NaN where a text has none."""
    scores = [np.asarray(item, np.float64) for item in results.texts["scores"].iloc[texts]]
    width = max((len(item) for item in scores), default=1) or 1
    return np.stack([item if len(item) == width else np.full(width, np.nan) for item in scores])


def _outcomes(items: Items, texts: Places) -> tuple[Outcome, ...]:
    """What became of the one item of each of `texts`; empty where none has a right answer."""
    scores = [side.set_index("text")["score"].reindex(texts) for side in items]
    if not scores[0].notna().any():
        return ()
    return tuple(
        "unknown" if was != was or now != now else _OUTCOMES[was == 1, now == 1]
        for was, now in zip(*scores, strict=True)
    )


def _old_chances(base: Findings, head: Findings, texts: Places) -> tuple[tuple[float, float], ...]:
    """`[text]`: the probability of the old model's class or choice in both models; none for other
    outputs."""
    task = task_of(base.info.output)
    if not task.has_outcomes:
        return ()
    before, after = (task.shares_of(side.results, texts) for side in (base, head))
    if list(map(len, before)) != list(map(len, after)):
        return ()
    if not np.isfinite(np.concatenate([*before, *after])).all():
        return ()
    places = [int(each.argmax()) for each in before]
    ends = zip(places, before, after, strict=True)
    return tuple((float(old[place]), float(new[place])) for place, old, new in ends)


def _finest(task: Task, items: Items, texts: Places) -> Sides:
    """`[text]` in both models: the finest metric in each of `texts`, NaN where it is not known;
    empty where no text has it in both."""
    ends, finest = list[Floats](), task.text_metric
    if finest is not None:
        for side in items:
            sums = finest.sums(side)
            of_text = pd.Series(finest.of_each(sums), sums.texts, np.float64)
            ends.append(np.asarray(of_text.reindex(texts), np.float64))
    if not ends or not np.isfinite(ends[0] + ends[1]).any():
        return np.empty(0), np.empty(0)
    return ends[0], ends[1]


def worse(predictions: PredictionChanges) -> list[int]:
    """Places in `texts` of those that got worse, the worst first.

    Classes and choices are sorted by how much probability the right one lost; numbers and
    completions only count where they moved.
    """
    if predictions.outcomes:
        lost = [old - new for old, new in predictions.chances] or [0.0] * len(predictions.texts)
        broken = np.flatnonzero(predictions.flips("broken")).tolist()
        return sorted(broken, key=lambda place: -lost[place])
    if np.isfinite(predictions.right_change).any():
        changes = predictions.right_change
    elif predictions.quality is not None and predictions.quality.of_completions:
        changes = predictions.change * predictions.moved
    else:
        return [place for place in predictions.regressions if predictions.moved[place]]
    return [place for place in np.argsort(changes, kind="stable").tolist() if changes[place] < 0]
