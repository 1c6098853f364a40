"""What a model predicted, as one table: a row per predicted item, the same for all kinds of output.

A number is one item, several numbers are one each; a class is one, several labels are one each; a
tag is one per word, a filled mask one per mask, an answer or a choice one per text, a completion
one per token. An embedding is no prediction, so it has no items.
"""

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
import pyarrow as pa

from reportgen.results.store import Results
from reportgen.results.tables.frames import texts_frame
from reportgen.tasks.from_texts import READERS, Labelled

ALTERNATIVE = pa.struct([("name", pa.string()), ("probability", pa.float64())])
PREDICTIONS_SCHEMA = pa.schema(
    [
        ("text", pa.int32()),  # row of `texts`
        ("item", pa.int32()),  # counted from 0 in each text
        ("name", pa.string()),  # of one of several labels or numbers; null where there is one
        # The first and the last token that the item belongs to, of a completion that a separate
        # decoder wrote in its target; null for an item of the whole text.
        ("position", pa.int32()),
        ("end", pa.int32()),
        # Class, tag, token, answer or choice; of a label "yes" or "no"; null for a number.
        ("predicted", pa.string()),
        ("value", pa.float64()),  # the number; null for what is named
        # Of what was predicted, 0 to 1; null for a number, and where it was not stored.
        ("probability", pa.float64()),
        ("label", pa.string()),  # the right answer; of several, one of which is enough, a JSON list
        ("label_value", pa.float64()),  # the right number
        ("label_probability", pa.float64()),  # of the right answer; null where it was not stored
        # 1 right, 0 wrong; of an answer the F1 of its words; of a number its absolute error, null
        # if its label is on another scale. Null without a label.
        ("score", pa.float64()),
        # The next likeliest, the likeliest first: up to four, of choices all the others.
        ("alternatives", pa.list_(ALTERNATIVE)),
    ]
)
_MEASURED = ("value", "probability", "label_value", "label_probability", "score")


def predictions(results: Results, labelled: pd.DataFrame | None = None) -> pd.DataFrame:
    """The predictions of all texts that were analysed, by text and item.

    Args:
        results: of any version of the folder.
        labelled: a table with the columns `label` and `label_value`, one row per text; None for the
            labels of the results.

    Returns:
        Columns as in `PREDICTIONS_SCHEMA`. Its lists are kept as Arrow stores them.
    """
    read = READERS[results.info.output.kind]
    columns = read(results, Labelled.of(results, labelled))
    n = len(columns["text"])
    columns = {"item": pa.array([0] * n, pa.int32()), **columns}
    table = pa.table(
        [
            pa.nulls(n, field.type) if field.name not in columns else columns[field.name]
            for field in PREDICTIONS_SCHEMA
        ],
        names=PREDICTIONS_SCHEMA.names,
    )
    return texts_frame(table.cast(PREDICTIONS_SCHEMA))


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


def items_of(items: pd.DataFrame, text: int) -> list[Item]:
    """The items of row `text` of `texts`, in order."""
    first, end = np.searchsorted(items["text"].to_numpy(np.int64), [text, text + 1])
    return items_in(items.iloc[first:end])


def items_in(rows: pd.DataFrame) -> list[Item]:
    """Some rows of the table one by one."""
    columns = pa.Table.from_pandas(rows[[field.name for field in fields(Item)]])
    return [
        Item(
            text=own["text"],
            position=-1 if own["position"] is None else own["position"],
            end=-1 if own["end"] is None else own["end"],
            name=own["name"],
            predicted=own["predicted"] or "",
            value=_or_nan(own["value"]),
            probability=_or_nan(own["probability"]),
            label=own["label"],
            label_value=_or_nan(own["label_value"]),
            label_probability=_or_nan(own["label_probability"]),
            score=own["score"],
            alternatives=tuple(
                Alternative(other["name"], _or_nan(other["probability"]))
                for other in own["alternatives"] or ()
            ),
        )
        for own in columns.to_pylist()
    ]


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def with_ids(results: Results, items: pd.DataFrame) -> pd.DataFrame:
    """The table of predictions as it is handed out: each item with the id of its text, numbers as
    float32, which they were measured in, and alternatives as a list of dicts."""
    texts = results.texts["text_id"].iloc[items["text"].to_numpy(np.intp)]
    shown = items.drop(columns="text").astype(dict.fromkeys(_MEASURED, np.float32))
    shown.insert(0, "text_id", texts.array)
    alternatives: list[object] = pa.chunked_array([pa.array(items["alternatives"])]).to_pylist()
    shown["alternatives"] = pd.Series(alternatives, shown.index, dtype=object)
    return shown
