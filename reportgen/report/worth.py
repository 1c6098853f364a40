"""Which texts deserve a look: figures by text that a reader may sort by, and an order by them."""

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.notes.figures import analysed, takes_part
from reportgen.report.classes import class_shares, match_classes
from reportgen.report.trust_panel import shown_first
from reportgen.results import Results

# Why a text deserves a look, in the order in which they take turns.
Reason: TypeAlias = Literal["error", "strangeness", "special_share", "tokens", "agreement"]
REASONS: tuple[Reason, ...] = get_args(Reason)

DEPTH = 100  # texts that stand out by one reason, at most; all others keep their input order

Floats: TypeAlias = NDArray[np.float64]


def figures(results: Results) -> pd.DataFrame:
    """A row a text, in input order; NaN where a figure is not defined.

    Columns:
        tokens: how many the model saw, special tokens included.
        special_share: attention that special tokens receive, mean over layers and heads.
        strangeness: how far its attention lies from the other texts', see `strangeness`.
        agreement: rank agreement (Spearman) of the view that is shown first with deletion effects.
        error: a number's distance to its label; of a class, by how much of the softmax the
            predicted class leads over the label's, so that 0 is right and 1 surely wrong.
        prediction: the number; of a class, the softmax share of the predicted one.
    """
    texts = results.texts
    tokens = texts["n_tokens"].to_numpy(dtype=np.float64, na_value=np.nan)
    shares = by_head(results, "special_share")
    error, prediction = _errors(results)
    return pd.DataFrame(
        {
            "tokens": np.where(analysed(results), tokens, np.nan),
            "special_share": _mean(shares),
            "strangeness": strangeness(results),
            "agreement": _agreement(results),
            "error": error,
            "prediction": prediction,
        },
        index=texts.index,
    )


def order(results: Results) -> tuple[int, ...]:
    """All rows of `texts`, those that deserve a look first.

    The reasons take turns: the text that stands out most by each, then the second of each, down to
    DEPTH; a text that has stood already is passed over. All others follow in input order.
    """
    ranked = ranking(results, figures(results))
    places = np.full(len(results.texts), np.inf)
    for turn, reason in enumerate(REASONS):
        rows = ranked[reason][:DEPTH]
        np.minimum.at(places, rows, np.arange(len(rows)) * len(REASONS) + turn)
    return tuple(np.argsort(places, kind="stable").tolist())


def ranking(results: Results, found: pd.DataFrame) -> Mapping[Reason, NDArray[np.intp]]:
    """By reason the rows of the texts it may name, those that stand out most first.

    `found` are the `figures`. A right prediction is no reason; texts of few content tokens are
    named by their error and length only, as long as there are others: their shares are large for
    want of anything else to look at.
    """
    counted = takes_part(results)
    counted = counted if counted.any() else np.ones_like(counted)
    ranked: dict[Reason, NDArray[np.intp]] = {}
    for reason in REASONS:
        values = found[reason].to_numpy(dtype=np.float64)
        if reason in ("strangeness", "special_share", "agreement"):
            values = np.where(counted, values, np.nan)
        if reason == "error":
            values = np.where(values > 0, values, np.nan)
        keys = values if reason == "agreement" else -values
        rows = np.argsort(keys, kind="stable")  # NaN last
        ranked[reason] = rows[: int(np.isfinite(keys).sum())]
    return ranked


def strangeness(results: Results) -> Floats:
    """`[text]`: root mean square, over all layers and heads, of how far the share that a head gives
    to special tokens beyond an even spread lies from its mean over the texts.

    The even spread is taken off because it is larger in short texts whatever a model does. Entropy
    takes its place in a model without special tokens. The mean is that over the texts that the
    notes count.
    """
    values = by_head(results, "special_share")
    if np.isnan(values).all():
        values = by_head(results, "entropy")
    else:
        values = values - by_head(results, "uniform_share")
    counted = takes_part(results)
    typical = values[counted] if counted.any() else values
    return np.sqrt(_mean((values - _column_means(typical)) ** 2))


def by_head(results: Results, column: str) -> Floats:
    """A column of the table of heads as `[text, layer and head]`; NaN where it has no value."""
    model, heads = results.info.model, results.heads
    values = np.full((len(results.texts), model.n_layers * model.n_heads), np.nan)
    place = (heads["layer"].to_numpy(np.intp) - 1) * model.n_heads
    place += heads["head"].to_numpy(np.intp) - 1
    values[heads["text"].to_numpy(np.intp), place] = heads[column].to_numpy(np.float64)
    return values


def _mean(values: Floats) -> Floats:
    """`[text]`: means of the rows that are whole; NaN for the others."""
    return np.asarray(values.mean(axis=1), dtype=np.float64)


def _column_means(values: Floats) -> Floats:
    """`[figure]`: means over the rows that have a value; NaN where none has."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        means: Floats = np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0)
    return means


def _agreement(results: Results) -> Floats:
    values = np.full(len(results.texts), np.nan)
    if results.info.evidence.level == "none":
        return values
    rows = results.agreement
    rows = rows[(rows["view"] == shown_first(results)) & (rows["statistic"] == "spearman")]
    values[rows["text"].to_numpy(np.intp)] = rows["value"].to_numpy(np.float64)
    return values


def _errors(results: Results) -> tuple[Floats, Floats]:
    """`[text]` each: how wrong the prediction is, and the prediction as a number."""
    texts, kind = results.texts, results.info.output.kind
    nothing = np.full(len(texts), np.nan)
    if kind == "number":
        prediction = texts["prediction"].to_numpy(dtype=np.float64)
        labels = texts["label_value"].to_numpy(dtype=np.float64)
        return np.abs(prediction - labels), prediction
    if kind != "class":
        return nothing, nothing
    classes, shares = match_classes(results), class_shares(results)
    rows = np.arange(len(texts))
    prediction = np.where(classes.predicted >= 0, shares[rows, classes.predicted], np.nan)
    lead = prediction - shares[rows, classes.labels]
    return np.where(classes.compared, lead, np.nan), prediction
