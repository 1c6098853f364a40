"""Made-up results of each kind of output, with labels of which about half are right."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from helpers.made_up.factories import HEADLINES, make_results
from helpers.made_up.unlisted import without_manifest
from reportgen.results import (
    PREDICTIONS_SCHEMA,
    OutputKind,
    Results,
    number_of,
    open_results,
    table_of,
)
from reportgen.tasks import items_from_texts

ANSWERED: tuple[OutputKind, ...] = (
    *("number", "numbers", "class", "labels", "tags", "word_numbers", "masks", "answer", "choice"),
)
_ABOUT = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
TEXTS = (*HEADLINES, "", *(f"line {i} about {name} things" for i, name in enumerate(_ABOUT)))


def answered_results(folder: Path, kind: OutputKind, seed: int = 0, **choices: Any) -> Results:
    """Results of `kind`, of which one text is cut and one empty. The labels are the same for every
    `seed`; some texts have none, or one that cannot be used."""
    made = make_results(folder, TEXTS, kind=kind, seed=seed, truncated=(2,), **choices)
    first = make_results(folder.with_name(f"{folder.name}_0"), TEXTS, kind=kind, truncated=(2,))
    random = np.random.default_rng(7)
    labels = [_label(kind, row, random) for row in first.texts.to_dict("records")]
    values = [None if label is None else number_of(label) for label in labels]
    stored = table_of("texts", made.texts.assign(label=labels, label_value=values))
    pq.write_table(stored, folder / "texts.parquet")
    without_manifest(folder)
    made = items_from_texts(open_results(folder))
    pq.write_table(
        pa.concat_tables([PREDICTIONS_SCHEMA.empty_table(), *made]), folder / "predictions.parquet"
    )
    return open_results(folder)


def _label(kind: OutputKind, row: dict[str, Any], random: np.random.Generator) -> str | None:
    if not len(row["scores"]) or random.random() < 0.1:
        return None
    return _MAKERS[kind](row, random)


def _class(row: dict[str, Any], random: np.random.Generator) -> str:
    return ("good", "bad", "Good", "nothing")[random.choice(4, p=[0.45, 0.35, 0.15, 0.05])]


def _labels(row: dict[str, Any], random: np.random.Generator) -> str:
    return ("price, taste", "service", "[]", "price;Service", "other")[random.integers(5)]


def _tags(row: dict[str, Any], random: np.random.Generator) -> str:
    tags = [tag if random.random() < 0.7 else "O" for tag in row["score_names"]]
    if random.random() < 0.3:
        tags[0] = "_"
    return json.dumps(tags if random.random() < 0.9 else tags[1:])


def _word_numbers(row: dict[str, Any], random: np.random.Generator) -> str:
    numbers = [round(score + random.normal(0, 0.4), 3) for score in row["scores"]]
    if random.random() < 0.3:
        numbers[0] = (None, -100)[random.integers(2)]
    return json.dumps(numbers if random.random() < 0.9 else numbers[1:])


def _masks(row: dict[str, Any], random: np.random.Generator) -> str:
    listed = np.reshape(list(row["score_names"]), (len(row["steps"]), -1))
    words = [own[random.integers(3)].upper() if random.random() < 0.8 else "fox" for own in listed]
    return json.dumps(words)


def _answer(row: dict[str, Any], random: np.random.Generator) -> str:
    right = row["prediction_label"] + (" and more" if random.random() < 0.5 else "")
    return json.dumps([right, "the others"]) if random.random() < 0.5 else right


_MAKERS: dict[OutputKind, Callable[[dict[str, Any], np.random.Generator], str]] = {
    "number": lambda row, random: f"{row['prediction'] + random.normal():.3f}",
    "numbers": lambda row, random: json.dumps(
        [round(s + random.normal(), 3) for s in row["scores"]]
    ),
    "class": _class,
    "labels": _labels,
    "tags": _tags,
    "word_numbers": _word_numbers,
    "masks": _masks,
    "answer": _answer,
    "choice": lambda row, random: str(row["score_names"][random.integers(3)]),
}
