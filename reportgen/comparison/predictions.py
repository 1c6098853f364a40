"""What the two models predicted: text by text, and how far from the labels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from reportgen.comparison.change import SAME_OUTPUT, Change, Floats, changes, settled
from reportgen.comparison.pairing import Pairing
from reportgen.findings.classes import match_classes
from reportgen.findings.findings import Findings
from reportgen.findings.predictions import r_squared
from reportgen.findings.statistics import intervals_of
from reportgen.results.info import OutputKind
from reportgen.results.store import Results

# A number has moved where it differs by more than this part of how far the base's predictions of
# these texts spread (their standard deviation).
MOVED = 0.05
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class PredictionChanges:
    """Predictions of both models, over the texts that both predicted; `[text]` is those texts."""

    kind: OutputKind
    texts: Places  # rows of `texts`
    base: Floats  # [text], numbers; empty for what is no single number
    head: Floats
    names: tuple[tuple[str, str], ...]  # [text], classes, labels or tokens; empty for numbers
    # [text]: the difference of a number; of several the largest, in spreads of the base's; else 1
    # where the prediction is another one.
    change: Floats
    moved: NDArray[np.bool_]  # [text]
    threshold: float | None  # beyond which a number has moved; 1 where numbers are in spreads
    share_moved: Change  # from 0 to the share of texts that moved
    mean: Change | None  # of one number
    correlation: float | None  # Spearman, of one number; None where either side is all the same
    r2: Change | None  # against labels; None where there are none, or they are all the same
    mae: Change | None
    accuracy: Change | None  # of a class

    @property
    def n_moved(self) -> int:
        """How many texts' prediction changed."""
        return int(self.moved.sum())

    @property
    def largest(self) -> float:
        """The largest size of a change."""
        return float(np.abs(self.change).max())


def prediction_changes(
    base: Findings, head: Findings, pairing: Pairing
) -> PredictionChanges | None:
    """None where the outputs differ in kind, are embeddings (results hold none), or no text has a
    prediction in both."""
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
        base=np.empty(0),
        head=np.empty(0),
        names=names,
        change=moved.astype(np.float64),
        moved=moved,
        threshold=None,
        share_moved=_share(moved),
        mean=None,
        correlation=None,
        r2=None,
        mae=None,
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
    other = settled(own, other, size, SAME_OUTPUT)
    spread = own.std(axis=0)
    is_one = kind == "number"
    if is_one:
        threshold = MOVED * float(spread[0])
        change = (other - own)[:, 0]
    else:
        threshold = MOVED
        differences = np.abs(other - own)
        in_spreads = np.full_like(own, np.inf)
        np.divide(differences, spread, out=in_spreads, where=spread > 0)
        change = np.where(differences > 0, in_spreads, 0.0).max(axis=1)
    moved = np.abs(change) > threshold
    varies = len(texts) > 1 and np.ptp(own[:, 0]) > 0 and np.ptp(other[:, 0]) > 0
    labels = pairing.labels["label_value"].to_numpy(np.float64)[texts]
    r2, mae = _fit(own[:, 0], other[:, 0], labels) if is_one else (None, None)
    return PredictionChanges(
        kind=kind,
        texts=texts,
        base=own[:, 0] if is_one else np.empty(0),
        head=other[:, 0] if is_one else np.empty(0),
        names=(),
        change=change,
        moved=moved,
        threshold=threshold,
        share_moved=_share(moved),
        mean=changes(own, other)[0] if is_one else None,
        correlation=float(spearmanr(own[:, 0], other[:, 0]).statistic)
        if is_one and varies
        else None,
        r2=r2,
        mae=mae,
        accuracy=None,
    )


def _scores(results: Results, texts: Places) -> Floats:
    """`[text, number]` of `texts`; NaN where a text has none."""
    scores = [np.asarray(item, np.float64) for item in results.texts["scores"].iloc[texts]]
    width = max((len(item) for item in scores), default=1) or 1
    return np.stack([item if len(item) == width else np.full(width, np.nan) for item in scores])


def _share(moved: NDArray[np.bool_]) -> Change:
    values = moved.astype(np.float64)[:, None]
    return changes(np.zeros_like(values), values)[0]


def _fit(base: Floats, head: Floats, labels: Floats) -> tuple[Change | None, Change | None]:
    """R² and mean absolute error of both, over the texts that have a label."""
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
