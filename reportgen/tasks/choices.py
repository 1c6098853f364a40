"""Finds which of its choices the label of a text names."""

import json
import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import pandas as pd

from reportgen.results import COMPLETION, NONE, STEPS, ClassNames, Results
from reportgen.tasks.damage import require_lists

# What labels are read as: the column of the right choice, the choice itself, its letter (A, B, C),
# its number from 0, or from 1.
ChoiceReading: TypeAlias = Literal["column", "text", "letter", "from_0", "from_1"]
_READINGS: tuple[ChoiceReading, ...] = ("column", "text", "letter", "from_0", "from_1")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The choices of one text: the one that the model picked, and the right one."""

    text: int  # row of `texts`
    names: tuple[str, ...]
    logits: tuple[float, ...]
    place: int  # of the one that was picked
    label: int  # place of the right one, or NONE
    has_label: bool  # whether the text has one at all

    @property
    def picked(self) -> str:
        """The choice that was picked."""
        return self.names[self.place]

    @property
    def right(self) -> str | None:
        """The right choice; None if it is not known."""
        return None if self.label == NONE else self.names[self.label]

    @property
    def is_right(self) -> bool:
        """Whether the right choice was picked, or one with the same characters."""
        return self.picked == self.right


@dataclass(frozen=True, slots=True)
class ChosenTexts:
    """The choices of all texts that have a prediction, and how labels were read."""

    every: tuple[Chosen, ...]
    read_as: ChoiceReading


def chosen_texts(results: Results, labelled: pd.DataFrame | None = None) -> ChosenTexts:
    """The choices of every text with a prediction, for a model that picks one.

    All labels are read in the same way: that of `_READINGS` by which most of them name a choice,
    the first of those if several do.

    Args:
        labelled: a table with the columns `label` and `label_value`, one row per text; None for the
            labels of the results.

    Raises:
        ResultsError: the table of texts does not hold the names of all choices, and one picked.
    """
    texts = results.texts
    labelled = texts if labelled is None else labelled
    rows = [i for i, scores in enumerate(texts["scores"]) if len(scores)]
    for name, sizes in (("score_names", texts["scores"]), (STEPS, [[0]] * len(texts))):
        is_so = all(len(texts[name].iloc[i]) == len(sizes[i]) for i in rows)
        require_lists(is_so, results, name)
    choices = [tuple(map(str, texts["score_names"].iloc[i])) for i in rows]
    labels = [labelled["label"].iloc[i] for i in rows]
    given = [label if isinstance(label, str) and label.strip() else None for label in labels]
    values = [float(labelled["label_value"].iloc[i]) for i in rows]
    readings = [
        [
            NONE if label is None else read(label, value, names)
            for label, value, names in zip(given, values, choices, strict=True)
        ]
        for read in _readers(results.info.output.labels)
    ]
    counts = [len(places) - places.count(NONE) for places in readings]
    best = counts.index(max(counts))
    every = tuple(
        Chosen(
            text,
            names,
            tuple(map(float, texts["scores"].iloc[text])),
            int(texts[STEPS].iloc[text][0]),
            place,
            label is not None,
        )
        for text, names, place, label in zip(rows, choices, readings[best], given, strict=True)
    )
    return ChosenTexts(every, _READINGS[best])


_Read: TypeAlias = Callable[[str, float, Sequence[str]], int]


def _readers(columns: Sequence[str]) -> Iterator[_Read]:
    """For each of `_READINGS`, a function that gives the index of the choice that a label names, or
    NONE."""
    by_column = ClassNames(columns)

    def letter(label: str, value: float, choices: Sequence[str]) -> int:
        mark = label.strip().strip("().").upper()
        return string.ascii_uppercase.find(mark) if len(mark) == 1 else NONE

    def number(first: int) -> _Read:
        def read(label: str, value: float, choices: Sequence[str]) -> int:
            return int(value) - first if value.is_integer() else NONE

        return read

    def among(read: _Read) -> _Read:
        def checked(label: str, value: float, choices: Sequence[str]) -> int:
            place = read(label, value, choices)
            return place if 0 <= place < len(choices) else NONE

        return checked

    yield among(lambda label, value, choices: by_column.find(label))
    yield among(lambda label, value, choices: ClassNames(choices).find(label))
    yield among(letter)
    yield among(number(0))
    yield among(number(1))


def choices_given(texts: pd.DataFrame) -> list[list[str | None]]:
    """What a model was given of each text: what stands before the choices, and these. A stored
    pair ends in the choice that was picked."""
    pairs = zip(texts["pair"], texts["prediction_label"], strict=True)
    leads = [
        pair.removesuffix(picked) if isinstance(pair, str) and isinstance(picked, str) else pair
        for pair, picked in pairs
    ]
    choices = [json.dumps(list(map(str, names))) for names in texts["score_names"]]
    return [texts["text"].tolist(), leads, choices]


def texts_given(texts: pd.DataFrame) -> list[list[str | None]]:
    """What any other model was given of each text."""
    return [texts[name].tolist() for name in ("text", "pair", COMPLETION)]
