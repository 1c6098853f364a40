"""How the predictions of two models differ, text by text, and how close they are to the labels."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.stats import spearmanr

from reportgen.comparison.change import SAME_OUTPUT, Change, changes, equal_if_close
from reportgen.comparison.pairing import Pairing
from reportgen.findings.classes import match_classes
from reportgen.findings.findings import Findings
from reportgen.findings.predictions import r_squared
from reportgen.findings.statistics import Booleans, Floats, Places, intervals_of
from reportgen.results.info import OutputKind
from reportgen.results.store import Results

# A predicted number has moved if it differs by more than this fraction of the standard deviation of
# the base's predictions.
MOVED = 0.05


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
    mean: Change | None = None  # of one number
    correlation: float | None = None  # Spearman, of one number; None where a side never varies
    r2: Change | None = None  # against labels; None where there are none, or they never vary
    mae: Change | None = None
    accuracy: Change | None = None  # of a class

    @cached_property
    def share_moved(self) -> Change:
        """The change from 0 to the share of texts that moved."""
        moved = self.moved.astype(np.float64)[:, None]
        return changes(np.zeros_like(moved), moved)[0]

    @property
    def n_moved(self) -> int:
        """How many texts' prediction changed."""
        return int(self.moved.sum())

    @property
    def largest(self) -> float:
        """The largest size of a change."""
        return float(np.abs(self.change).max())

    @property
    def order(self) -> list[int]:
        """Places in `texts` of those whose prediction changed at all, the largest change first."""
        order = np.argsort(-np.abs(self.change), kind="stable")
        return [int(place) for place in order if self.change[place]]


def prediction_changes(
    base: Findings, head: Findings, pairing: Pairing
) -> PredictionChanges | None:
    """What changed in the predictions; None where the outputs differ in kind, where they are
    embeddings (results hold none), and where no text has a prediction in both."""
    kind = base.info.output.kind
    if not pairing.same_output or kind == "embedding":
        return None
    texts = np.flatnonzero(pairing.analysed)
    if not len(texts):
        return None
    if kind in ("number", "numbers"):
        return _numbers(base, head, pairing, texts, kind)
    columns = [side.texts["prediction_label"].iloc[texts] for side in (base, head)]
    known = (columns[0].notna() & columns[1].notna()).to_numpy(np.bool_)
    if not known.any():
        return None
    names = tuple(zip(*(map(str, column[known]) for column in columns), strict=True))
    moved = np.array([own != other for own, other in names], np.bool_)
    return PredictionChanges(
        kind=kind,
        texts=texts[known],
        change=moved.astype(np.float64),
        moved=moved,
        names=names,
        accuracy=_accuracy(base, head, pairing) if kind == "class" else None,
    )


def _numbers(
    base: Findings, head: Findings, pairing: Pairing, texts: Places, kind: OutputKind
) -> PredictionChanges | None:
    own, other = (_scores(side.results, texts) for side in (base, head))  # [text, number]
    known = np.isfinite(own).all(axis=1) & np.isfinite(other).all(axis=1)
    texts, own, other = texts[known], own[known], other[known]
    if not len(texts):
        return None
    size = float(np.abs(np.concatenate([own, other])).max())
    other = equal_if_close(own, other, size, SAME_OUTPUT)
    spread = own.std(axis=0)
    if kind == "numbers":
        differences = np.abs(other - own)
        in_spreads = np.full_like(own, np.inf)
        np.divide(differences, spread, out=in_spreads, where=spread > 0)
        change = np.where(differences > 0, in_spreads, 0.0).max(axis=1)
        return PredictionChanges(kind, texts, change, change > MOVED, threshold=MOVED)
    (mean,) = changes(own, other)
    before, after = own[:, 0], other[:, 0]
    change, threshold = after - before, MOVED * float(spread[0])
    varies = len(texts) > 1 and np.ptp(before) > 0 and np.ptp(after) > 0
    r2, mae = _fit(before, after, pairing.labels["label_value"].to_numpy(np.float64)[texts])
    return PredictionChanges(
        kind=kind,
        texts=texts,
        change=change,
        moved=np.abs(change) > threshold,
        base=before,
        head=after,
        threshold=threshold,
        mean=mean,
        correlation=float(spearmanr(before, after).statistic) if varies else None,
        r2=r2,
        mae=mae,
    )


def _scores(results: Results, texts: Places) -> Floats:
    """`[text, number]` of `texts`; NaN where a text has none."""
    scores = [np.asarray(item, np.float64) for item in results.texts["scores"].iloc[texts]]
    width = max((len(item) for item in scores), default=1) or 1
    return np.stack([item if len(item) == width else np.full(width, np.nan) for item in scores])


def _fit(base: Floats, head: Floats, labels: Floats) -> tuple[Change | None, Change | None]:
    """The change of R² and of the mean absolute error, over the texts that have a label."""
    known = np.isfinite(labels)
    own, other, given = base[known][:, None], head[known][:, None], labels[known][:, None]
    if not len(given):
        return None, None
    (mae,) = changes(np.abs(own - given), np.abs(other - given))
    if not np.ptp(given) > 0:
        return None, mae

    def difference(own: Floats, other: Floats, mean: Floats, square: Floats) -> Floats:
        spread = square - mean**2
        fall = np.full_like(spread, np.nan)
        np.divide(own - other, spread, out=fall, where=spread > 0)
        return fall

    centred = given - given.mean()
    squares = [(side - given) ** 2 for side in (own, other)]
    (interval,) = intervals_of(difference, *squares, centred, centred**2)
    before, after = (r_squared(side[:, 0], given[:, 0]) for side in (own, other))
    return Change(before, after, after - before, interval, len(given)), mae


def _accuracy(base: Findings, head: Findings, pairing: Pairing) -> Change | None:
    own, other = (match_classes(side.results, pairing.labels) for side in (base, head))
    both = own.compared & other.compared & pairing.analysed
    if not both.any():
        return None
    right = ((side.predicted == side.labels)[both][:, None].astype(float) for side in (own, other))
    return changes(*right)[0]
