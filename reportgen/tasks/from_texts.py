"""Makes the table of predictions from the table of texts.

The columns `prediction`, `prediction_label`, `scores`, `score_names` and `steps` mean something
else for each kind of output (`results/tables/schema.py`); only this module knows what. Results of
version 4 store the table, which is made here when they are written.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import expit, softmax

from reportgen.results import (
    ALTERNATIVE,
    NONE,
    PREDICTIONS_SCHEMA,
    STEPS,
    OutputKind,
    Results,
    word_ends,
    written_tokens,
)
from reportgen.tasks.answers import best_f1
from reportgen.tasks.choices import chosen_texts
from reportgen.tasks.damage import require_lists
from reportgen.tasks.labels import (
    Booleans,
    Floats,
    Places,
    class_labels,
    label_numbers,
    label_sets,
    mask_labels,
    number_labels,
    right_answers,
    tag_labels,
)

MOST_ALTERNATIVES = 4
YES, NO = "yes", "no"  # what is predicted for one of several labels
_AT_ONCE = 1 << 18  # tokens and scores of texts whose items are made together
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
        rows = np.full((len(self.sizes), width), np.nan)
        fits = self.sizes == width
        rows[fits] = self.numbers[np.repeat(fits, self.sizes)].reshape(-1, width)
        return rows


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
        [names.cast(pa.string()), _known(probabilities)], fields=list(ALTERNATIVE)
    )
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pairs)


# The items of some rows of `texts`, which follow one another among those that were analysed.
_Read: TypeAlias = Callable[[Places], Columns]


def _number(results: Results, labelled: Labelled) -> _Read:
    every = results.texts["prediction"].to_numpy(np.float64)
    has_errors = results.info.output.similarity is None  # which is on another scale than labels

    def read(rows: Places) -> Columns:
        rows = rows[np.isfinite(every[rows])]
        values, labels = every[rows], labelled.values(rows)
        return {
            "text": rows,
            "value": values,
            "label_value": _known(labels),
            "score": _known(abs(values - labels) if has_errors else np.full(len(rows), np.nan)),
        }

    return read


def _numbers(results: Results, labelled: Labelled) -> _Read:
    names = results.info.output.labels
    sizes = _Lists.of(results, "scores", labelled.rows).sizes
    width = len(names) or int(sizes.max(initial=0))

    def read(rows: Places) -> Columns:
        values = _Lists.of(results, "scores", rows).grid(width)
        labels = label_numbers(labelled.given(rows), width)
        return {
            **_items(rows, np.full(len(rows), width)),
            "name": list(names or [None] * width) * len(rows),
            "value": _known(values.ravel()),
            "label_value": _known(labels.ravel()),
            "score": _known(abs(values - labels).ravel()),
        }

    return read


def _class(results: Results, labelled: Labelled) -> _Read:
    classes = results.info.output.labels
    names = pa.array(classes, pa.string())
    place = {name: i for i, name in enumerate(classes)}
    right = class_labels(labelled.labels, classes, labelled.analysed).places

    def read(rows: Places) -> Columns:
        given = results.texts["prediction_label"].iloc[rows]
        predicted = np.array([place.get(name, NONE) for name in given], np.intp)
        labels = right[rows]
        shares = softmax(_Lists.of(results, "scores", rows).grid(len(classes)), axis=1)
        others = shares.copy()
        np.put_along_axis(others, predicted[:, None], np.inf, axis=1)
        order = np.argsort(-others, axis=1, kind="stable")[:, 1 : 1 + MOST_ALTERNATIVES]
        each = np.arange(len(rows))
        return {
            "text": rows,
            "predicted": _named(predicted, names),
            "probability": _known(np.where(predicted == NONE, np.nan, shares[each, predicted])),
            "label": _named(labels, names),
            "label_probability": _known(np.where(labels == NONE, np.nan, shares[each, labels])),
            "score": _right(predicted, labels),
            "alternatives": _alternatives(
                names.take(pa.array(order.ravel())),
                np.take_along_axis(shares, order, axis=1).ravel(),
                np.full(len(rows), order.shape[1]),
            ),
        }

    return read


def _labels(results: Results, labelled: Labelled) -> _Read:
    names, answers = results.info.output.labels, pa.array([NO, YES])
    sets = label_sets(labelled.labels["label"], names, labelled.analysed)

    def read(rows: Places) -> Columns:
        logits = _Lists.of(results, "scores", rows).grid(len(names))
        given, known = sets.given[rows], np.repeat(sets.known[rows], len(names))
        predicted, wanted = (logits > 0).ravel(), given.ravel()
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

    return read


def _tags(results: Results, labelled: Labelled) -> _Read:
    every, tags = labelled.rows, results.info.output.labels
    names, n_words = pa.array(tags, pa.string()), _n_words(results, every)
    n_names = _Lists.of(results, "score_names", every).sizes
    require_lists((n_names == n_words).all(), results, "score_names")
    starts = np.cumsum(n_words) - n_words
    is_cut = results.texts["status"].eq("truncated").to_numpy(np.bool_)[every]
    right = tag_labels(labelled.given(every), tags, n_words, is_cut).places

    def read(rows: Places) -> Columns:
        words = _words(results, rows)
        predicted = _Lists.of(results, "score_names", rows).flat
        place = pc.fill_null(pc.index_in(predicted, names), NONE).to_numpy().astype(np.intp)
        probability = np.exp(_Lists.of(results, "scores", rows).numbers)
        begin = starts[np.searchsorted(every, rows[0])]
        labels = right[begin : begin + len(place)]
        return {
            **words,
            "predicted": predicted,
            "probability": probability,
            "label": _named(labels, names),
            "label_probability": _known(np.where(place == labels, probability, np.nan)),
            "score": _right(place, labels),
        }

    return read


def _word_numbers(results: Results, labelled: Labelled) -> _Read:
    every = labelled.rows
    n_words = _n_words(results, every)
    starts = np.cumsum(n_words) - n_words
    is_cut = results.texts["status"].eq("truncated").to_numpy(np.bool_)[every]
    right = number_labels(labelled.given(every), (), n_words, is_cut).values

    def read(rows: Places) -> Columns:
        words, values = _words(results, rows), _Lists.of(results, "scores", rows).numbers
        begin = starts[np.searchsorted(every, rows[0])]
        labels = right[begin : begin + len(values)]
        return {
            **words,
            "value": values,
            "label_value": _known(labels),
            "score": _known(abs(values - labels)),
        }

    return read


def _n_words(results: Results, rows: Places) -> Places:
    """`[text]`: how many words each of `rows` has, each with its place and its score."""
    n_words = _Lists.of(results, STEPS, rows).sizes
    require_lists((_Lists.of(results, "scores", rows).sizes == n_words).all(), results, STEPS)
    return n_words


def _words(results: Results, rows: Places) -> Columns:
    """The keys of the words of each of `rows`, and their first and last tokens."""
    positions = _Lists.of(results, STEPS, rows)
    first = positions.numbers.astype(np.intp)
    ends = word_ends(results, rows, positions.sizes, first)
    return {**_items(rows, positions.sizes), "position": first, "end": ends}


def _masks(results: Results, labelled: Labelled) -> _Read:
    return partial(_masks_of, results, labelled)


def _masks_of(results: Results, labelled: Labelled, rows: Places) -> Columns:
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


def _answer(results: Results, labelled: Labelled) -> _Read:
    def read(rows: Places) -> Columns:
        texts, ends = results.texts.iloc[rows], _Lists.of(results, STEPS, rows).grid(2)
        predicted, given = texts["prediction_label"].tolist(), labelled.given(rows).tolist()
        right = [right_answers(label) for label in given]
        return {
            "text": rows,
            "position": _known(ends[:, 0]),
            "end": _known(ends[:, 1]),
            "predicted": predicted,
            "probability": np.exp(texts["prediction"].to_numpy(np.float64)),
            "label": [label if any_ else None for label, any_ in zip(given, right, strict=True)],
            "score": [
                best_f1(name, answers) if answers else None
                for name, answers in zip(predicted, right, strict=True)
            ],
        }

    return read


def _choice(results: Results, labelled: Labelled) -> _Read:
    every = chosen_texts(results, labelled.labels).every
    places = np.array([one.text for one in every], np.intp)

    def read(rows: Places) -> Columns:
        begin, stop = np.searchsorted(places, [rows[0], rows[-1] + 1])
        texts = every[begin:stop]
        shares = [softmax(np.array(one.logits)) for one in texts]
        others = [
            [i for i in np.argsort(-share, kind="stable").tolist() if i != one.place]
            for share, one in zip(shares, texts, strict=True)
        ]
        both = list(zip(texts, shares, strict=True))
        return {
            "text": [one.text for one in texts],
            "predicted": [one.picked for one in texts],
            "probability": [share[one.place] for one, share in both],
            "label": [one.right for one in texts],
            "label_probability": [
                None if one.right is None else share[one.label] for one, share in both
            ],
            "score": [None if one.right is None else float(one.is_right) for one in texts],
            "alternatives": [
                [{"name": one.names[i], "probability": share[i]} for i in rest]
                for (one, share), rest in zip(both, others, strict=True)
            ],
        }

    return read


def _next_token(results: Results, labelled: Labelled) -> _Read:
    def read(rows: Places) -> Columns:
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

    return read


def _completion(results: Results, labelled: Labelled) -> _Read:
    """A given completion is what should have been predicted. One that the model wrote itself is
    what it predicted; where it drew another token than the likeliest, that is the alternative."""
    written = written_tokens(results)
    is_generated = "generate" in results.info.settings.options

    def read(rows: Places) -> Columns:
        scores, likeliest = (_Lists.of(results, name, rows) for name in ("scores", "score_names"))
        probability, is_other = np.exp(scores.numbers), pc.not_equal(likeliest.flat, "")
        positions, tokens = written(rows)
        columns = {**_items(rows, scores.sizes), "position": positions, "end": positions}
        others = likeliest.flat.filter(is_other)
        is_less_likely = is_other.to_numpy(zero_copy_only=False)
        if is_generated:
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

    return read


def _nothing(results: Results, labelled: Labelled) -> _Read:
    return lambda rows: {"text": np.empty(0, np.intp)}


_READERS: Mapping[OutputKind, Callable[[Results, Labelled], _Read]] = {
    "number": _number,
    "numbers": _numbers,
    "class": _class,
    "labels": _labels,
    "embedding": _nothing,
    "next_token": _next_token,
    "completion": _completion,
    "tags": _tags,
    "word_numbers": _word_numbers,
    "masks": _masks,
    "answer": _answer,
    "choice": _choice,
}


def items_from_texts(results: Results, labels: pd.DataFrame | None = None) -> Iterator[pa.Table]:
    """The table of predictions of `results`, some texts at a time; columns as in
    `PREDICTIONS_SCHEMA`.

    Args:
        labels: a table with the columns `label` and `label_value`, one row per text; None for the
            labels of the results.
    """
    labelled = Labelled.of(results, labels)
    read = _READERS[results.info.output.kind](results, labelled)
    for rows in _parts(results, labelled.rows):
        columns = read(rows)
        n = len(columns["text"])
        columns = {"item": pa.array([0] * n, pa.int32()), **columns}
        table = pa.table(
            [
                pa.nulls(n, field.type) if field.name not in columns else columns[field.name]
                for field in PREDICTIONS_SCHEMA
            ],
            names=PREDICTIONS_SCHEMA.names,
        )
        yield table.cast(PREDICTIONS_SCHEMA)


def _parts(results: Results, rows: Places) -> Iterator[Places]:
    """Parts of `rows` of `texts` that have `_AT_ONCE` tokens and scores, or little more."""
    if not len(rows):
        return
    sizes = results.texts["n_tokens"].to_numpy(np.int64)[rows]
    sizes = sizes + _Lists.of(results, "scores", rows).sizes
    number = (np.cumsum(sizes) - sizes) // _AT_ONCE
    yield from np.split(rows, np.flatnonzero(np.diff(number)) + 1)
