"""How the predictions of two models differ, text by text, and how close they are to the labels."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from reportgen.comparison.change import SAME_OUTPUT, Change, changes, equal_if_close
from reportgen.comparison.floors import CHANCE_MOVED, MOVED
from reportgen.comparison.outputs.fit import metric_fits
from reportgen.comparison.outputs.outcomes import Outcome, old_chances, outcomes
from reportgen.comparison.outputs.quality import Outputs, Quality, judged
from reportgen.comparison.outputs.share_right import Items, paired_items, right_parts
from reportgen.comparison.pairing import Pairing
from reportgen.findings.findings import Findings
from reportgen.findings.outputs.quality_register import Judging
from reportgen.findings.statistics import (
    Booleans,
    Floats,
    Interval,
    Places,
    certain_share,
    intervals_of_counts,
    mean_interval,
)
from reportgen.results.info import OutputKind
from reportgen.results.ranks import centred_ranks, spearman, weighted_correlation
from reportgen.results.store import Results
from reportgen.tasks.sums import token_chances, token_losses
from reportgen.tasks.task import task_of

# In which order texts whose class changed are listed: what a reader must see comes first.
_FLIP_ORDER: tuple[Outcome, ...] = ("broken", "wrong", "fixed", "unknown")


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
    # [text], how far the error of a number grew; NaN without a label, empty for other kinds
    error_growth: Floats = field(default_factory=lambda: np.empty(0))
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
        found = changes(np.zeros_like(moved), moved)[0]
        return replace(found, interval=self._share_interval(self.moved))

    @property
    def n_moved(self) -> int:
        """How many texts' prediction changed."""
        return int(self.moved.sum())

    @property
    def outputs_moved(self) -> bool:
        """Whether any prediction changed, or, of classes and choices, how likely the old one is."""
        lost = (abs(own - other) for own, other in self.chances)
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
        found = [int(place) for place in order if self.change[place]]
        if self.outcomes:
            found.sort(key=lambda place: _FLIP_ORDER.index(self.outcomes[place]))
        return found

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
            own - other
            for (own, other), moved in zip(self.chances, self.moved, strict=bool(self.chances))
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
            own, other = (centred_ranks(counts, side) for side in (self.base, self.head))
            return weighted_correlation(counts, own, other)[:, None]

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
    judging = judging or Judging()
    kind = base.info.output.kind
    if not pairing.same_output or kind == "embedding":
        return None
    texts = np.flatnonzero(pairing.analysed)
    if not len(texts):
        return None
    if kind in ("number", "numbers", "completion"):
        own: OutputKind = "numbers" if kind == "numbers" else "number"
        return _numbers(base, head, pairing, texts, own, least, judging)
    columns = [side.texts["prediction_label"].iloc[texts] for side in (base, head)]
    known = (columns[0].notna() & columns[1].notna()).to_numpy(np.bool_)
    if not known.any():
        return None
    names = tuple(zip(*(map(str, column[known]) for column in columns), strict=True))
    moved = np.array([own != other for own, other in names], np.bool_)
    texts = texts[known]
    items = paired_items(base, head, pairing, texts)
    fits, right_change = right_parts(base, items, texts)
    of_texts: tuple[Outcome, ...] = ()
    if task_of(base.info.output).has_outcomes:
        of_texts, right_change = outcomes(items, texts), np.empty(0)
    same = not moved.any() and _same_scores(base, head, texts)
    return PredictionChanges(
        kind=kind,
        texts=texts,
        change=moved.astype(np.float64),
        moved=moved,
        names=names,
        quality=judged(fits, Outputs(base.info.output, bool(moved.any()), same), judging),
        outcomes=of_texts,
        right_change=right_change,
        chances=old_chances(base, head, texts),
        same_outputs=same,
    )


def _numbers(
    base: Findings,
    head: Findings,
    pairing: Pairing,
    texts: Places,
    kind: OutputKind,
    least: float,
    judging: Judging,
) -> PredictionChanges | None:
    own, other = (_scores(side.results, texts) for side in (base, head))  # [text, number]
    known = np.isfinite(own).all(axis=1) & np.isfinite(other).all(axis=1)
    texts, own, other = texts[known], own[known], other[known]
    if not len(texts):
        return None
    size = float(np.abs(np.concatenate([own, other])).max())
    other = equal_if_close(own, other, size, SAME_OUTPUT)
    spread = own.std(axis=0)
    metrics, items = task_of(base.info.output).metrics, paired_items(base, head, pairing, texts)
    if kind == "numbers":
        differences = np.abs(other - own)
        in_spreads = np.full_like(own, np.inf)
        np.divide(differences, spread, out=in_spreads, where=spread > 0)
        change = np.where(differences > 0, in_spreads, 0.0).max(axis=1)
        moved = change > MOVED
        same = not change.any()
        outputs = Outputs(base.info.output, bool(moved.any()), same)
        fits = metric_fits(metrics, items.base, items.head.assign(value=other.ravel()))
        return PredictionChanges(
            kind,
            texts,
            change,
            moved,
            threshold=MOVED,
            same_outputs=same,
            quality=judged(fits, outputs, judging),
        )
    (mean,) = changes(own, other)
    before, after = own[:, 0], other[:, 0]
    change, threshold = after - before, max(MOVED * float(spread[0]), least)
    varies = len(texts) > 1 and np.ptp(before) > 0 and np.ptp(after) > 0
    labels = pairing.labels["label_value"].to_numpy(np.float64)[texts]
    has_errors = base.info.output.similarity is None
    errors = [np.abs(side - (labels if has_errors else np.nan)) for side in (before, after)]
    moved, same = np.abs(change) > threshold, not change.any()
    new = (
        _near_completions(items)
        if base.info.output.kind == "completion"
        else items.head.assign(value=after)
    )
    outputs = Outputs(base.info.output, bool(moved.any()), same)
    return PredictionChanges(
        kind=kind,
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
        quality=judged(metric_fits(metrics, items.base, new), outputs, judging),
        error_growth=errors[1] - errors[0],
    )


def _near_completions(items: Items) -> pd.DataFrame:
    """The new model's tokens of completions; those as likely as in the old model, but for what
    another batch size changes, have its probability. Two tokenizers may cut a completion into more
    or fewer tokens."""
    own, other = (side["text"].to_numpy(np.intp) for side in items)
    size = max(own.max(), other.max()) + 1
    counts = [np.bincount(side, minlength=size) for side in (own, other)]
    same = counts[0] == counts[1]
    before, after = token_losses(items.base), token_losses(items.head)
    a, b = before[same[own]], after[same[other]]
    near = equal_if_close(a, b, float(max(before.max(), after.max())), SAME_OUTPUT) == a
    old, new = (token_chances(side) for side in items)
    new[same[other]] = np.where(near, old[same[own]], new[same[other]])
    return items.head.assign(label_probability=new)


def _same_scores(base: Findings, head: Findings, texts: Places) -> bool:
    own, other = (_scores(side.results, texts) for side in (base, head))
    if own.shape != other.shape:
        return False
    size = float(np.nanmax(np.abs([own, other]), initial=0.0))
    near = equal_if_close(own, other, size, SAME_OUTPUT)
    return np.array_equal(own, near, equal_nan=True)


def _scores(results: Results, texts: Places) -> Floats:
    """`[text, number]` of `texts`; NaN where a text has none."""
    if results.info.output.kind == "completion":
        return results.texts["prediction"].to_numpy(np.float64)[texts][:, None]
    scores = [np.asarray(item, np.float64) for item in results.texts["scores"].iloc[texts]]
    width = max((len(item) for item in scores), default=1) or 1
    return np.stack([item if len(item) == width else np.full(width, np.nan) for item in scores])
