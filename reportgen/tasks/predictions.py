"""What a model predicted, as one table: a row per predicted item, the same for all kinds of output.

A number is one item, several numbers are one each; a class is one, several labels are one each; a
tag or a number of words is one per word, a filled mask one per mask, an answer or a choice one per
text, a completion one per token. An embedding is no prediction, so it has no items.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from reportgen.results import (
    PREDICTIONS_SCHEMA,
    Results,
    segments_of,
    spelled,
    texts_frame,
    unit_label,
)
from reportgen.tasks.from_texts import items_from_texts
from reportgen.tasks.labels import Floats
from reportgen.tasks.task import task_of

_ROUNDING = 1e-9
_ALTERNATIVES = "alternatives"
_OF_LABELS = {"label", "label_value", "label_probability", "score"}
_MEASURED = ("value", "probability", "label_value", "label_probability", "score")


def predictions_of(results: Results, labelled: pd.DataFrame | None = None) -> pd.DataFrame:
    """The predictions of all texts that were analysed, by text and item.

    Args:
        results: whose texts they are of.
        labelled: a table with the columns `label` and `label_value`, one row per text; None for the
            labels of the results.

    Returns:
        Columns as in `PREDICTIONS_SCHEMA`. Its lists are kept as Arrow stores them.
    """
    if labelled is None and len(results.predictions):
        return results.predictions
    parts = (PREDICTIONS_SCHEMA.empty_table(), *items_from_texts(results, labelled))
    return texts_frame(pa.concat_tables(parts).combine_chunks())


def _of(alternatives: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    return pc.struct_field(alternatives, name)


@dataclass(frozen=True, slots=True)
class Alternative:
    """What is less likely than what was predicted."""

    name: str
    probability: float  # NaN where it was not stored


@dataclass(frozen=True, slots=True)
class Item:
    """What one row of the table says; see `PREDICTIONS_SCHEMA`."""

    text: int
    name: str | None  # which of several labels or numbers
    position: int  # of its first token; -1 for an item of the whole text
    end: int  # of its last token; -1 as position
    predicted: str  # "" for a number, and where no name was stored
    value: float  # NaN for what is named
    probability: float  # NaN where it was not stored
    label: str | None
    label_value: float  # NaN without a right number
    label_probability: float  # NaN where it was not stored
    score: float | None
    alternatives: tuple[Alternative, ...]

    @property
    def written(self) -> "WrittenToken":
        """The token of a completion that it is of."""
        if self.label is None:
            likelier = self.alternatives[0].name if self.alternatives else ""
            return WrittenToken(_spelled(self.predicted), self.probability, likelier)
        likelier = "" if self.score else self.predicted
        return WrittenToken(_spelled(self.label), self.label_probability, likelier)


@dataclass(frozen=True, slots=True)
class WrittenToken:
    """A token of a completion, which was given, or which the model wrote itself."""

    token: str  # its characters; a space where it is only the mark of one
    probability: float  # given all tokens before it
    likelier: str  # the token that the model holds likeliest there; "" where that is this one


def _spelled(token: str) -> str:
    return spelled(token) or " "


def items_of(items: pd.DataFrame, text: int) -> list[Item]:
    """The items of row `text` of `texts`, in order."""
    first, end = np.searchsorted(items["text"].to_numpy(np.int64), [text, text + 1])
    return items_in(items.iloc[first:end])


def items_in(rows: pd.DataFrame) -> list[Item]:
    """Some rows of the table one by one."""
    columns = pa.Table.from_pandas(rows[[field.name for field in fields(Item)]])
    return [
        Item(
            text=row["text"],
            position=-1 if row["position"] is None else row["position"],
            end=-1 if row["end"] is None else row["end"],
            name=row["name"],
            predicted=row["predicted"] or "",
            value=_or_nan(row["value"]),
            probability=_or_nan(row["probability"]),
            label=row["label"],
            label_value=_or_nan(row["label_value"]),
            label_probability=_or_nan(row["label_probability"]),
            score=row["score"],
            alternatives=tuple(
                Alternative(other["name"], _or_nan(other["probability"]))
                for other in row["alternatives"] or ()
            ),
        )
        for row in columns.to_pylist()
    ]


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def text_numbers(results: Results, items: pd.DataFrame) -> Floats:
    """`[text]`: the one number that is predicted, or the log-probability of an answer or of a
    completion; NaN where a text has none.

    Log-probabilities are those of the table of texts: the product of the probabilities of the
    tokens of a long completion is 0.
    """
    task = task_of(results.info.output)
    if not (task.is_number and task.has_number):
        return results.texts["prediction"].to_numpy(np.float64, na_value=np.nan)
    numbers = np.full(len(results.texts), np.nan)
    numbers[items["text"].to_numpy(np.intp)] = items["value"].to_numpy(np.float64)
    return numbers


def text_names(results: Results) -> "pd.Series[str]":
    """`[text]`: the class, labels, next token, tags, tokens at masks, answer or choice, in one
    line; missing where nothing is named.

    They are those of the table of texts: of a redacted copy it alone says at which masks of two
    texts the same tokens stand.
    """
    return results.texts["prediction_label"]


def with_ids(results: Results, items: pd.DataFrame) -> pd.DataFrame:
    """The table of predictions as it is handed out: each item with the id of its text, numbers as
    float32, which they were measured in, and alternatives as a list of dicts."""
    texts = results.texts["text_id"].iloc[items["text"].to_numpy(np.intp)]
    shown = items.drop(columns="text").astype(dict.fromkeys(_MEASURED, np.float32))
    shown.insert(0, "text_id", texts.array)
    alternatives: list[object] = pa.chunked_array([pa.array(items["alternatives"])]).to_pylist()
    shown["alternatives"] = pd.Series(alternatives, shown.index, dtype=object)
    return shown


def words_of(results: Results, items: pd.DataFrame) -> list[str]:
    """`[item]`: the characters of the tokens of each item, from its first to its last."""
    ends = items[["position", "end"]].to_numpy(np.intp)
    texts, starts = np.unique(items["text"].to_numpy(np.intp), return_index=True)
    parts = np.split(ends, starts[1:])
    pairs = zip(texts.tolist(), parts, strict=True) if len(ends) else ()
    return [word for text, part in pairs for word in _words(results, text, part.tolist())]


def _words(results: Results, text: int, ends: list[list[int]]) -> Iterator[str]:
    tokens = results.tokens_of(text, "token", "segment", "start", "end")
    names = tokens["token"].tolist()
    # -1 for special tokens, and for places that the tokenizer does not tell.
    segments, begins, stops = (
        tokens[name].fillna(-1).astype(int).tolist() for name in ("segment", "start", "end")
    )
    sources = segments_of(results.text_row(text))
    for first, last in ends:
        part, is_placed = slice(first, last + 1), min(begins[first : last + 1]) >= 0
        span = (min(begins[part]), max(stops[part])) if is_placed else None
        yield unit_label(names[part], span, sources[segments[first]] if is_placed else "")
