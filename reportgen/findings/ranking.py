"""Chooses the texts that deserve a look: figures of each text, and an order by them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from reportgen.findings.evidence import explained_range, size_agreement
from reportgen.findings.head_figures import column_means, counted_texts, text_means
from reportgen.findings.notes.thresholds import TINY_EFFECT
from reportgen.findings.quality.where_wrong import main_script
from reportgen.findings.statistics import Booleans, Floats, Places
from reportgen.results import EFFECT, JOINT_EFFECT, Results, View
from reportgen.tasks import predictions_of, task_of

# Why a text deserves a look, in the order in which they take turns.
Reason: TypeAlias = Literal[
    "error", "highest", "lowest", "strangeness", "special_excess", "tokens", "agreement"
]
REASONS: tuple[Reason, ...] = get_args(Reason)
_RISING: tuple[Reason, ...] = ("lowest", "agreement")  # the smallest stands out
_AT_ONCE = 4096  # texts
_SEEN = 5e-4  # of a share or a correlation: what is less apart is alike, and reads alike
DEPTH = 100  # texts that stand out by one reason, at most; all others keep their input order
# Also of texts with few text tokens.
_OF_ALL: tuple[Reason, ...] = ("error", "highest", "lowest", "tokens")
_LEAST_OF: Mapping[Reason, float] = {"error": 0.0, "strangeness": _SEEN, "special_excess": _SEEN}
RANKS = 2  # texts that each reason picks
MARKED = 3  # texts with the largest errors, which a chart names
_MOST = 8  # texts that deserve a look, at most
_SHARE = 3  # and at most one in so many of all texts, so that few texts are not listed twice
_LEAST = 4  # fewer texts than this are too few to pick from
# The scripts of texts that readers of a page in a language can read.
_READ_IN: Mapping[str, tuple[str, ...]] = {"en": ("latin",), "ja": ("kana", "han")}


@dataclass(frozen=True, slots=True)
class Picked:
    """The texts that deserve a look."""

    reasons: tuple[Reason, ...]  # that picked any
    # By row of `texts`, the one that stands out most in front: why it was picked, and its rank by
    # that reason, from 0.
    texts: Mapping[int, tuple[tuple[Reason, int], ...]]
    first: int  # row of the text that gets most, with the largest error or else the first
    worst: tuple[int, ...]  # rows of those with the largest errors, at most MARKED


def figures(results: Results, shown_first: View) -> pd.DataFrame:
    """One row per text, in input order; NaN where a figure is not defined.

    `shown_first` is the measure that colours the texts.

    Columns:
        tokens: how many the model saw, special tokens included.
        special_share: attention that special tokens receive, mean over layers and heads.
        special_usual: what they usually get in texts as long, see `usual_at_length`.
        special_excess: what they get beyond that; none in a text where they get no more than their
            equal share.
        strangeness: how far its attention lies from the other texts', see `strangeness`.
        agreement: rank agreement (Spearman) of the size of the measure that is shown first with
            that of effects; none where it is part of them, nor where no effect in the text is large
            enough to matter, so that their order is chance.
        error: a number's distance to its label, of a similarity in ranks; of a class, by how much
            of the softmax the predicted class leads over the label's, so that 0 is right and 1
            surely wrong; of a choice the same; of several labels, the largest probability
            of a wrong one; of tags, how many words have a wrong one.
        prediction: the number; of a class or choice, the softmax share of the predicted one.
        highest, lowest: the predicted number; nothing of any other kind of prediction.
    """
    texts = results.texts
    tokens = texts["n_tokens"].to_numpy(dtype=np.float64, na_value=np.nan)
    error, prediction = _errors(results)
    is_number = task_of(results.info.output).chart_column == "value"
    numbers = np.where(is_number, prediction, np.nan)
    tokens = np.where(results.analysed, tokens, np.nan)
    share, even = (text_means(results, name) for name in ("special_share", "uniform_share"))
    usual = usual_at_length(share, tokens)
    return pd.DataFrame(
        {
            "tokens": tokens,
            "special_share": share,
            "special_usual": usual,
            "special_excess": np.where(share > even, share - usual, np.nan),
            "strangeness": strangeness(results),
            "agreement": _agreement(results, shown_first),
            "error": error,
            "prediction": prediction,
            "highest": numbers,
            "lowest": numbers,
        },
        index=texts.index,
    )


def order(ranked: Mapping[Reason, Places], n_texts: int) -> tuple[int, ...]:
    """All rows of `texts`, those that deserve a look first; `ranked` comes from `ranking`.

    The reasons take turns: first the text that stands out most by each, then the second of each,
    down to DEPTH; a text that is already listed is skipped. All others follow in input order.
    """
    places = np.full(n_texts, np.inf)
    for turn, reason in enumerate(REASONS):
        rows = ranked[reason][:DEPTH]
        np.minimum.at(places, rows, np.arange(len(rows)) * len(REASONS) + turn)
    return tuple(np.argsort(places, kind="stable").tolist())


def ranking(takes_part: Booleans, text_figures: pd.DataFrame) -> Mapping[Reason, Places]:
    """By reason, the rows of the texts that it applies to, those that stand out most first.

    `text_figures` are the `figures`. A correct prediction is no reason. Texts with few text tokens
    are listed by error, prediction and length only, if there are longer ones: their figures of
    attention rest on little. Nor is a text listed for attention that is that of the average text,
    or for special tokens that get no more than their equal share or than is usual at its length.
    """
    counted = takes_part if takes_part.any() else np.ones_like(takes_part)
    ranked: dict[Reason, Places] = {}
    for reason in REASONS:
        values = text_figures[reason].to_numpy(dtype=np.float64)
        if reason not in _OF_ALL:
            values = np.where(counted, values, np.nan)
        if reason in _LEAST_OF:
            values = np.where(values > _LEAST_OF[reason], values, np.nan)
        keys = values if reason in _RISING else -values
        rows = np.argsort(keys, kind="stable")  # NaN last
        ranked[reason] = rows[: int(np.isfinite(keys).sum())]
    return ranked


def picked(ranked: Mapping[Reason, Places], text_figures: pd.DataFrame, alike: Places) -> Picked:
    """The texts that deserve a look; none where there are too few texts to pick from.

    `ranked` is as `ranking` gives it, `text_figures` are the `figures`, `alike` is the row of the
    first text that is equal: of equal texts a reason picks one. The reasons take turns; one by
    which all texts are alike picks none.

    The first of all is with labels the text with the largest error, because readers look for it.
    Otherwise it is the first text: statistics of attention are no reason to leave the order that
    the user chose.
    """
    rows = {
        reason: places[np.sort(np.unique(alike[places], return_index=True)[1])][:RANKS].tolist()
        for reason, places in ranked.items()
        if len(places) and not _are_alike(reason, text_figures[reason].to_numpy(np.float64)[places])
    }
    texts: dict[int, tuple[tuple[Reason, int], ...]] = {}
    for rank in range(RANKS):
        for reason, first_rows in rows.items():
            if rank < len(first_rows):
                texts[first_rows[rank]] = (*texts.get(first_rows[rank], ()), (reason, rank))
    most = min(_MOST, -(-len(text_figures) // _SHARE)) if len(text_figures) >= _LEAST else 0
    first = int(ranked["error"][0]) if len(ranked["error"]) else 0
    worst = tuple(ranked["error"][:MARKED].tolist())
    return Picked(tuple(rows), dict(list(texts.items())[:most]), first, worst)


def opened(results: Results, chosen: Picked) -> Mapping[str, int]:
    """By language of a page, the row of the text that is open when it opens: of the texts that
    deserve a look where any has an error, then of all, the first that is written in that language
    and in which something counts."""
    deserving = chosen.texts if chosen.worst else ()
    analysed = np.flatnonzero(results.analysed).tolist()
    rows = tuple(dict.fromkeys((*deserving, chosen.first, *analysed)))
    if results.is_redacted:
        return dict.fromkeys(_READ_IN, chosen.first)
    stored = results.stored("effects")
    measured = set(stored["text"])
    still = _is_still(results, stored)
    counting = tuple(row for row in rows if row in measured and not still[row])
    texts = results.texts["text"].tolist()
    by_language: dict[str, int] = {}
    for language in _READ_IN:
        readable = (
            row for group in (counting, rows) for row in group if is_in(language, texts[row])
        )
        by_language[language] = next(readable, next(iter(counting), chosen.first))
    return by_language


def is_in(language: str, text: str) -> bool:
    """Whether readers of a page in `language` can be expected to read `text`, by its script."""
    return main_script(text) in _READ_IN[language]


def _are_alike(reason: Reason, values: Floats) -> bool:
    """Whether a reason applies equally to several of the texts listed by it, so that it singles out
    none."""
    return reason != "error" and len(values) > 1 and bool(np.ptp(values) <= _SEEN)


def strangeness(results: Results) -> Floats:
    """`[text]`: how unusual the attention on special tokens is. For each layer and head, take the
    share beyond the equal share minus its mean over the texts; then the root mean square over
    layers and heads.

    The equal share is subtracted because it is larger in short texts whatever a model does. A model
    without special tokens is measured by entropy instead. The mean is that over the texts that the
    notes count.
    """
    values, even = results.head_values("special_share"), results.head_values("uniform_share")
    if np.isnan(values).all():
        values, even = results.head_values("entropy"), np.zeros_like(even)
    counted = counted_texts(results, values)
    typical = column_means(values, counted) - column_means(even, counted)
    distances = np.empty(len(values))
    for i in range(0, len(values), _AT_ONCE):
        part = slice(i, i + _AT_ONCE)
        apart = values[part].astype(np.float64) - even[part] - typical
        distances[part] = np.sqrt((apart**2).mean(axis=(1, 2)))
    return distances


def usual_at_length(share: Floats, tokens: Floats) -> Floats:
    """`[text]`: the `share` that texts with as many `tokens` usually have, by least squares a
    parabola over the logarithm of their length, or less where there are fewer lengths.

    Any share of special tokens falls with the length of a text, in all models measured, and so does
    what is beyond the equal share (`tests/benchmarks/special_length.py`): the texts with most of
    either are the shortest.
    """
    usual = np.full(len(share), np.nan)
    known = np.isfinite(share) & (tokens > 0)
    if known.any():
        lengths = np.log(tokens[known])
        degree = min(2, len(np.unique(lengths)) - 1)
        usual[known] = np.polynomial.Polynomial.fit(lengths, share[known], degree)(lengths)
    return usual


def _agreement(results: Results, view: View) -> Floats:
    values = np.full(len(results.texts), np.nan)
    if results.info.evidence.level == "none":
        return values
    agreement = size_agreement(results, with_copies=True).get(view)
    if agreement is not None:
        values[agreement.index.to_numpy(np.intp)] = agreement.to_numpy(np.float64)
    return np.where(_is_still(results, results.effects), np.nan, values)


def _is_still(results: Results, effects: pd.DataFrame) -> Booleans:
    """`[text]`: whether all its `effects`, of groups too, are too small to matter."""
    if results.is_redacted:  # whose effects are in steps of their largest
        return np.zeros(len(results.texts), np.bool_)
    if effects.empty:
        return np.ones(len(results.texts), np.bool_)
    sizes = effects[[EFFECT, JOINT_EFFECT]].astype(np.float64).abs().max(axis=1)
    largest = sizes.groupby(effects["text"]).max().reindex(range(len(results.texts)))
    least = TINY_EFFECT * (explained_range(results) or 0.0)
    is_still: Booleans = (largest.fillna(0.0) <= least).to_numpy(np.bool_)
    return is_still


def _errors(results: Results) -> tuple[Floats, Floats]:
    """`[text]` twice: how wrong the prediction is, and the prediction as a number."""
    task, n_texts = task_of(results.info.output), len(results.texts)
    error, prediction = (np.full(n_texts, np.nan) for _ in range(2))
    if task.errors is None or task.errors.of_texts is None:
        return error, prediction
    items = predictions_of(results)
    if task.chart_column is not None:
        shown = items[task.chart_column].to_numpy(np.float64)
        prediction[items["text"].to_numpy(np.intp)] = shown
    errors = task.errors.of_texts(items)
    error[errors.texts] = errors.parts[0][:, 0]
    return error, prediction
