"""Makes the table of predictions from the table of texts, as results of version 3 and before store
predictions.

The columns `prediction`, `prediction_label`, `scores`, `score_names` and `steps` mean something
else for each kind of output (`results/tables/schema.py`); only this module knows what.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import expit, softmax

from reportgen.results.info import OutputKind
from reportgen.results.labels import NONE
from reportgen.results.store import Results
from reportgen.results.tables.schema import COMPLETION_SEGMENT, STEPS
from reportgen.tasks.answers import best_f1
from reportgen.tasks.choices import chosen_texts
from reportgen.tasks.labels import (
    Booleans,
    Floats,
    Places,
    class_labels,
    label_numbers,
    label_sets,
    mask_labels,
    right_answers,
    tag_labels,
)

MOST_ALTERNATIVES = 4
YES, NO = "yes", "no"  # what is predicted for one of several labels
_AT_ONCE = 4096  # texts whose tokens are read together
Columns: TypeAlias = dict[str, Any]  # by name, what `pa.array` takes


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """The texts of results with the labels that they are compared with."""

    labels: pd.DataFrame  # one row per text: `label` and `label_value`
    analysed: Booleans  # [text], whether it has a prediction

    @classmethod
    def of(cls, results: Results, labels: pd.DataFrame | None = None) -> "Labelled":
        """Those of `results`, with `labels` in place of their own."""
        return cls(results.texts if labels is None else labels, results.analysed)

    @property
    def rows(self) -> Places:
        """The rows of `texts` that were analysed."""
        return np.flatnonzero(self.analysed)

    def given(self, rows: Places) -> "pd.Series[str]":
        """The labels of `rows` as they were given; missing where a text has none."""
        return self.labels["label"].iloc[rows]

    def values(self, rows: Places) -> Floats:
        """The labels of `rows` as numbers; NaN where one is none."""
        return self.labels["label_value"].to_numpy(np.float64)[rows]


@dataclass(frozen=True, slots=True, eq=False)
class _Lists:
    """A column of lists of some texts."""

    sizes: Places  # [text]
    flat: pa.Array  # all items, list after list

    @classmethod
    def of(cls, results: Results, name: str, rows: Places) -> "_Lists":
        column = pa.chunked_array([pa.array(results.texts[name].iloc[rows])]).combine_chunks()
        sizes = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
        return cls(sizes.astype(np.intp), column.flatten())

    @property
    def numbers(self) -> Floats:
        """All items as numbers."""
        return np.asarray(self.flat.to_numpy(zero_copy_only=False), np.float64)

    def grid(self, width: int) -> Floats:
        """`[text, width]`: the items of lists of this length; NaN for any other."""
        found = np.full((len(self.sizes), width), np.nan)
        fits = self.sizes == width
        found[fits] = self.numbers[np.repeat(fits, self.sizes)].reshape(-1, width)
        return found


def _items(rows: Places, sizes: Places) -> Columns:
    """The keys of `sizes` `[text]` items of each of `rows`."""
    starts = np.cumsum(sizes) - sizes
    return {
        "text": np.repeat(rows, sizes),
        "item": np.arange(int(sizes.sum())) - np.repeat(starts, sizes),
    }


def _named(places: Places, names: pa.Array) -> pa.Array:
    """The `names` at `places`; null for NONE."""
    return names.take(pa.array(places, mask=places == NONE))


def _known(values: Floats) -> pa.Array:
    """Numbers, with null for NaN."""
    return pa.array(values, pa.float64(), from_pandas=True)


def _right(predicted: Places, labels: Places) -> pa.Array:
    """1 where both are the same, 0 where not; null without a label."""
    return _known(np.where(labels == NONE, np.nan, predicted == labels))


def _alternatives(names: pa.Array, probabilities: Floats, sizes: Places) -> pa.Array:
    """Lists of `sizes` `[item]` of the `names` with their `probabilities`, one after another."""
    pairs = pa.StructArray.from_arrays(
        [names.cast(pa.string()), _known(probabilities)], ["name", "probability"]
    )
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pairs)


def _number(results: Results, labelled: Labelled) -> Columns:
    values = results.texts["prediction"].to_numpy(np.float64)
    rows = np.flatnonzero(labelled.analysed & np.isfinite(values))
    values, labels = values[rows], labelled.values(rows)
    has_errors = results.info.output.has_errors
    return {
        "text": rows,
        "value": values,
        "label_value": _known(labels),
        "score": _known(abs(values - labels) if has_errors else np.full(len(rows), np.nan)),
    }


def _numbers(results: Results, labelled: Labelled) -> Columns:
    rows, names = labelled.rows, results.info.output.labels
    scores = _Lists.of(results, "scores", rows)
    width = len(names) or int(scores.sizes.max(initial=0))
    values, labels = scores.grid(width), label_numbers(labelled.given(rows), width)
    return {
        **_items(rows, np.full(len(rows), width)),
        "name": list(names or [None] * width) * len(rows),
        "value": _known(values.ravel()),
        "label_value": _known(labels.ravel()),
        "score": _known(abs(values - labels).ravel()),
    }


def _class(results: Results, labelled: Labelled) -> Columns:
    rows, classes = labelled.rows, results.info.output.labels
    names = pa.array(classes, pa.string())
    place = {name: i for i, name in enumerate(classes)}
    given = results.texts["prediction_label"].iloc[rows]
    predicted = np.array([place.get(name, NONE) for name in given], np.intp)
    labels = class_labels(labelled.labels, classes, labelled.analysed).places[rows]
    shares = softmax(_Lists.of(results, "scores", rows).grid(len(classes)), axis=1)
    others = shares.copy()
    np.put_along_axis(others, predicted[:, None], np.inf, axis=1)
    order = np.argsort(-others, axis=1, kind="stable")[:, 1 : 1 + MOST_ALTERNATIVES]
    own = np.arange(len(rows))
    return {
        "text": rows,
        "predicted": _named(predicted, names),
        "probability": _known(np.where(predicted == NONE, np.nan, shares[own, predicted])),
        "label": _named(labels, names),
        "label_probability": _known(np.where(labels == NONE, np.nan, shares[own, labels])),
        "score": _right(predicted, labels),
        "alternatives": _alternatives(
            names.take(pa.array(order.ravel())),
            np.take_along_axis(shares, order, axis=1).ravel(),
            np.full(len(rows), order.shape[1]),
        ),
    }


def _labels(results: Results, labelled: Labelled) -> Columns:
    rows, names = labelled.rows, results.info.output.labels
    logits = _Lists.of(results, "scores", rows).grid(len(names))
    sets = label_sets(labelled.labels["label"], names, labelled.analysed)
    given, known = sets.given[rows], np.repeat(sets.known[rows], len(names))
    predicted, wanted = (logits > 0).ravel(), given.ravel()
    answers = pa.array([NO, YES])
    return {
        **_items(rows, np.full(len(rows), len(names))),
        "name": list(names) * len(rows),
        "predicted": answers.take(pa.array(predicted.astype(np.intp))),
        "probability": _known(expit(abs(logits)).ravel()),
        "label": _named(np.where(known, wanted, NONE), answers),
        "label_probability": _known(
            np.where(known, expit(np.where(wanted, 1.0, -1.0) * logits.ravel()), np.nan)
        ),
        "score": _known(np.where(known, predicted == wanted, np.nan)),
    }


def _tags(results: Results, labelled: Labelled) -> Columns:
    rows, tags = labelled.rows, results.info.output.labels
    names, positions = pa.array(tags, pa.string()), _Lists.of(results, STEPS, rows)
    first = positions.numbers.astype(np.intp)
    predicted = _Lists.of(results, "score_names", rows).flat
    place = pc.fill_null(pc.index_in(predicted, names), NONE).to_numpy().astype(np.intp)
    probability = np.exp(_Lists.of(results, "scores", rows).numbers)
    is_cut = results.texts["status"].eq("truncated").to_numpy(np.bool_)[rows]
    labels = tag_labels(labelled.given(rows), tags, positions.sizes, is_cut).places
    is_right = place == labels
    keys = _items(rows, positions.sizes)
    return {
        **keys,
        "position": first,
        "end": _word_ends(results, keys["text"], first),
        "predicted": predicted,
        "probability": probability,
        "label": _named(labels, names),
        "label_probability": _known(np.where(is_right, probability, np.nan)),
        "score": _right(place, labels),
    }


def _word_ends(results: Results, text: Places, first: Places) -> Places:
    """`[word]`: the last token of each word: the last in the segment of the first before the next
    word of its text, or its end."""
    if not len(text):
        return first
    sizes = results.texts["n_tokens"].to_numpy(np.int64)
    starts = np.cumsum(sizes) - sizes
    segment = results.token_columns("segment")["segment"].to_numpy(np.int64, na_value=NONE)
    begins = starts[text] + first
    stops = np.append(begins[1:], 0)
    is_last = np.append(text[1:] != text[:-1], True)
    stops[is_last] = (starts + sizes)[text[is_last]]
    # Where the segment changes behind each token, and for each word the first such place.
    changes = np.append(np.flatnonzero(segment[1:] != segment[:-1]) + 1, len(segment))
    same = changes[np.searchsorted(changes, begins, side="right")]
    return np.asarray(np.minimum(stops, same) - 1 - starts[text], np.intp)


def _masks(results: Results, labelled: Labelled) -> Columns:
    rows = labelled.rows
    positions, names = (_Lists.of(results, name, rows) for name in (STEPS, "score_names"))
    probability = np.exp(_Lists.of(results, "scores", rows).numbers)
    n_masks = positions.sizes
    words = [
        word
        for label, n in zip(labelled.given(rows), n_masks.tolist(), strict=True)
        for word in mask_labels(label, n)
    ]
    each = np.repeat(names.sizes // np.maximum(n_masks, 1), n_masks)  # [mask], tokens listed
    firsts = np.cumsum(each) - each
    is_first = np.zeros(len(names.flat), np.bool_)
    is_first[firsts] = True
    tokens = names.flat.to_pylist()
    label_probability = np.full(len(words), np.nan)
    score = np.full(len(words), np.nan)
    for mask, (word, start, n) in enumerate(zip(words, firsts, each, strict=True)):
        if word is None:
            continue
        listed = [token.strip().casefold() for token in tokens[start : start + n]]
        wanted = word.strip().casefold()
        score[mask] = float(listed[0] == wanted)
        if wanted in listed:
            label_probability[mask] = probability[start + listed.index(wanted)]
    return {
        **_items(rows, n_masks),
        "position": positions.flat,
        "end": positions.flat,
        "predicted": names.flat.filter(pa.array(is_first)),
        "probability": probability[is_first],
        "label": pa.array(words, pa.string()),
        "label_probability": _known(label_probability),
        "score": _known(score),
        "alternatives": _alternatives(
            names.flat.filter(pa.array(~is_first)), probability[~is_first], each - 1
        ),
    }


def _answer(results: Results, labelled: Labelled) -> Columns:
    rows = labelled.rows
    texts, ends = results.texts.iloc[rows], _Lists.of(results, STEPS, rows).grid(2)
    predicted = texts["prediction_label"].tolist()
    given = labelled.given(rows).tolist()
    right = [right_answers(label) for label in given]
    return {
        "text": rows,
        "position": _known(ends[:, 0]),
        "end": _known(ends[:, 1]),
        "predicted": predicted,
        "probability": np.exp(texts["prediction"].to_numpy(np.float64)),
        "label": [label if own else None for label, own in zip(given, right, strict=True)],
        "score": [
            best_f1(name, own) if own else None for name, own in zip(predicted, right, strict=True)
        ],
    }


def _choice(results: Results, labelled: Labelled) -> Columns:
    texts = chosen_texts(results, labelled.labels).every
    shares = [softmax(np.array(own.logits)) for own in texts]
    others = [
        [i for i in np.argsort(-own, kind="stable").tolist() if i != chosen.place]
        for own, chosen in zip(shares, texts, strict=True)
    ]
    both = list(zip(texts, shares, strict=True))
    return {
        "text": [own.text for own in texts],
        "predicted": [own.picked for own in texts],
        "probability": [share[own.place] for own, share in both],
        "label": [own.right for own in texts],
        "label_probability": [
            None if own.right is None else share[own.label] for own, share in both
        ],
        "score": [None if own.right is None else float(own.is_right) for own in texts],
        "alternatives": [
            [{"name": own.names[i], "probability": share[i]} for i in rest]
            for (own, share), rest in zip(both, others, strict=True)
        ],
    }


def _next_token(results: Results, labelled: Labelled) -> Columns:
    rows = labelled.rows
    scores, names = (_Lists.of(results, name, rows) for name in ("scores", "score_names"))
    probability = np.exp(scores.numbers)
    has_any = scores.sizes > 0
    is_first = np.zeros(len(probability), np.bool_)
    is_first[(np.cumsum(scores.sizes) - scores.sizes)[has_any]] = True
    return {
        "text": rows[has_any],
        "predicted": results.texts["prediction_label"].iloc[rows[has_any]],
        "probability": probability[is_first],
        "alternatives": _alternatives(
            names.flat.filter(pa.array(~is_first)),
            probability[~is_first],
            scores.sizes[has_any] - 1,
        ),
    }


def _completion(results: Results, labelled: Labelled) -> Columns:
    """A given completion is what should have been predicted. One that the model wrote itself is
    what it predicted; where it drew another token than the likeliest, that is the alternative."""
    rows = labelled.rows
    scores, likeliest = (_Lists.of(results, name, rows) for name in ("scores", "score_names"))
    probability, is_other = np.exp(scores.numbers), pc.not_equal(likeliest.flat, "")
    positions, tokens = _written(results, rows)
    columns = {**_items(rows, scores.sizes), "position": positions, "end": positions}
    others = likeliest.flat.filter(is_other)
    is_less_likely = is_other.to_numpy(zero_copy_only=False)
    if "generate" in results.info.settings.options:
        n_others = is_less_likely.astype(np.intp)
        return {
            **columns,
            "predicted": tokens,
            "probability": probability,
            "alternatives": _alternatives(others, np.full(len(others), np.nan), n_others),
        }
    return {
        **columns,
        "predicted": pc.if_else(is_other, likeliest.flat, tokens),
        "probability": _known(np.where(is_less_likely, np.nan, probability)),
        "label": tokens,
        "label_probability": probability,
        "score": 1.0 - is_less_likely,
    }


def _written(results: Results, rows: Places) -> tuple[Places, pa.Array]:
    """The positions and the names of the tokens of the completions of `rows`: in the text, or in
    the target that a separate decoder wrote."""
    if len(results.targets):
        own = results.targets[~results.targets["is_given"].astype(bool)]
        return own["position"].to_numpy(np.intp), pa.array(own["token"], pa.string())
    positions, tokens = [np.empty(0, np.intp)], [pa.array([], pa.string())]
    places = results.texts[["first_token", "n_tokens"]].to_numpy(np.int64)[rows]
    for start in range(0, len(rows), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        begin, n = int(places[start, 0]), int(places[part, 1].sum())
        read = results.token_part(begin, n, "position", "segment", "token")
        own = read.filter(pc.equal(read["segment"], COMPLETION_SEGMENT))
        positions.append(own["position"].to_numpy().astype(np.intp))
        tokens.append(own["token"].combine_chunks().cast(pa.string()))
    return np.concatenate(positions), pa.concat_arrays(tokens)


def _nothing(results: Results, labelled: Labelled) -> Columns:
    return {"text": np.empty(0, np.intp)}


READERS: Mapping[OutputKind, Callable[[Results, Labelled], Columns]] = {
    "number": _number,
    "numbers": _numbers,
    "class": _class,
    "labels": _labels,
    "embedding": _nothing,
    "next_token": _next_token,
    "completion": _completion,
    "tags": _tags,
    "masks": _masks,
    "answer": _answer,
    "choice": _choice,
}
