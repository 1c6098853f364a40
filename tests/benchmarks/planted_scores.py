"""Scores of views against what is planted, text by text, and tables of their means."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from planted_rule import NOTHING, TRUTHS, Floats, Truth
from planted_views import SHAPLEY, YARDSTICK, Seen, Units
from scipy.stats import mannwhitneyu, spearmanr

from reportgen.results import BY_ID, MIN_UNITS

ALL = "all"
SINK = "above the sink"
SIGN = "sign"
SHAPLEY_SCORE = "Shapley"


def scores_of(seen: Seen, shuffle: int = -1) -> pd.DataFrame:
    """One row per text, view and score; `shuffle` is -1 for the weights that were learned."""
    rows = [
        (seen.name, shuffle, number, view, score, value)
        for number, units in enumerate(seen.texts)
        for view, values in units.views.items()
        if np.isfinite(values).all()
        for score, value in text_scores(units, view, values)
    ]
    return pd.DataFrame(rows, columns=["model", "shuffle", "text", "view", "score", "value"])


def text_scores(units: Units, view: str, values: Floats) -> Iterator[tuple[str, float]]:
    """The scores of one view of one text that are defined."""
    counts = abs(units.worth) > NOTHING
    is_sink = np.array([truth is Truth.SINK for truth in units.truths])
    size = abs(values)
    nothing = ~counts & ~is_sink
    for truth in TRUTHS:
        own = np.array([one is truth for one in units.truths])
        if own.any() and nothing.any():
            yield truth, area(size[own], size[nothing])
    if counts.any() and nothing.any():
        yield ALL, area(size[counts], size[nothing])
    if counts.any() and is_sink.any():
        yield SINK, area(size[counts], size[is_sink])
    is_signed = view in (SHAPLEY, YARDSTICK) or (view in BY_ID and BY_ID[view].signed)
    if is_signed:
        yield from _rank(SIGN, values, units.worth)
    own = units.views.get(SHAPLEY)
    if own is not None and view != SHAPLEY:
        pair = (values, own) if is_signed else (size, abs(own))
        yield from _rank(SHAPLEY_SCORE, *pair)


def area(of: Floats, against: Floats) -> float:
    """The share of pairs in which the first is larger; equal ones count half."""
    return float(mannwhitneyu(of, against).statistic / (len(of) * len(against)))


def table(means: pd.DataFrame) -> str:
    """Markdown, numbers with two decimals; a mark where there is none."""
    columns = list(means.columns)
    lines = [f"| view | {' | '.join(columns)} |", "|---" + "|--:" * len(columns) + "|"]
    for view, row in means.iterrows():
        cells = ["-" if np.isnan(value) else f"{value:.2f}".replace("0.", ".") for value in row]
        lines.append(f"| {view} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _rank(score: str, one: Floats, other: Floats) -> Iterator[tuple[str, float]]:
    if len(one) >= MIN_UNITS and np.ptp(one) and np.ptp(other):
        yield score, float(spearmanr(one, other).statistic)
