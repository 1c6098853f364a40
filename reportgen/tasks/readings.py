"""How many labels of texts can be used, how they are read, and what is said of those that are not
used, for each task with right answers."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd

from reportgen.results import LARGEST, NONE, STEPS, OutputInfo, Results, number_of
from reportgen.tasks.choices import ChoiceReading, chosen_texts
from reportgen.tasks.labels import (
    Booleans,
    Misfit,
    Places,
    ReadAs,
    TagLabels,
    WordNumbers,
    class_labels,
    label_numbers,
    label_sets,
    n_numbers,
    tag_labels,
)

_UNNAMED = re.compile(r"LABEL_\d+")  # a class without a name in the model's folder
_COMMA = re.compile(r"\s*[+-]?\d+(?:,\d+)+(?:\.\d+)?\s*[%％]?\s*")  # 2,5 or 1,000
_NAMED = 5  # classes in a line
_RENAME = "rename labels with --label-map"
_CHOICE_LABELS: dict[ChoiceReading, str] = {
    "column": "the name of a choice's column",
    "text": "one of the text's choices",
    "letter": "the letter of a choice",
    "from_0": "the number of a choice, counted from 0",
    "from_1": "the number of a choice, counted from 1",
}


# Reads the labels `[text]` of words by the names of the output, how many words each text has, and
# whether it was cut.
WordLabels: TypeAlias = Callable[
    ["pd.Series[str]", Sequence[str], Places, Booleans], TagLabels | WordNumbers
]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """How the labels of texts are read."""

    read_as: ReadAs  # of numbers: "number"
    used: Booleans  # [text], whether it has a label that is compared
    n_folded: int = 0  # match a class only without regard to case and spaces
    n_percent: int = 0  # end in %, which is left out
    # Texts whose label has no part for each word. Of these no label is quoted: it is a whole list.
    misfits: tuple[Misfit, ...] | None = None
    n_unknown: int = 0  # words whose label is no tag of the model, or no number


def numbers(results: Results) -> Reading:
    """A label is a number."""
    texts = results.texts
    used = results.analysed & texts["label_value"].notna().to_numpy(np.bool_)
    ends_in_percent = texts["label"][used].str.strip().str.endswith(("%", "％"))
    return Reading("number", used, n_percent=int(ends_in_percent.sum()))


def several_numbers(results: Results) -> Reading:
    """A label is a list of as many numbers as the model returns."""
    values = label_numbers(results.texts["label"], n_numbers(results))
    return Reading("number", results.analysed & np.isfinite(values).all(axis=1))


def classes(results: Results) -> Reading:
    """A label is a class; see `class_labels`."""
    labels = class_labels(results.texts, results.info.output.labels, results.analysed)
    return Reading(labels.read_as, results.analysed & ~labels.unmatched, labels.n_folded)


def sets(results: Results) -> Reading:
    """A label is several of the model's; see `label_sets`."""
    labels = label_sets(results.texts["label"], results.info.output.labels, results.analysed)
    return Reading(labels.read_as, results.analysed & labels.known, labels.n_folded)


def of_words(results: Results, read: WordLabels = tag_labels) -> Reading:
    """A label is a list with a part for each word, such as a tag; see `read`."""
    texts = results.texts
    n_words = np.where(results.analysed, texts[STEPS].list.len().fillna(0).to_numpy(np.intp), 0)
    is_cut = texts["status"].eq("truncated").to_numpy(np.bool_)
    labels = read(texts["label"], results.info.output.labels, n_words, is_cut)
    used = results.analysed & bool(labels.is_known.any())
    used[[misfit.text for misfit in labels.misfits]] = False
    return Reading(labels.read_as, used, misfits=labels.misfits, n_unknown=labels.n_unknown)


def choices(results: Results) -> Reading:
    """A label names a choice; see `chosen_texts`."""
    chosen = chosen_texts(results)
    used = results.analysed.copy()
    used[[choice.text for choice in chosen.every if choice.has_label and choice.label == NONE]] = (
        False
    )
    return Reading(chosen.read_as, used)


def no_number(label: str, output: OutputInfo, others: ReadAs | None) -> str:
    """What a label is that is not used, and what to do about it. Here and below `others` says how
    the labels that are used are read; None where none is."""
    why, advice = "not a number", _RENAME
    if number_of(label) is not None:
        why = f"beyond {LARGEST:g}, farther than a model in float32 can come"
    if _COMMA.fullmatch(label):
        advice = "write it without commas, with a point before decimals"
    return f"{why}; {advice}"


def no_numbers(label: str, output: OutputInfo, others: ReadAs | None) -> str:
    """As `no_number`, of several numbers."""
    why = f"not the {len(output.labels) or 'same count of'} numbers that the model returns"
    return f"{why}; write a JSON list such as [3.5, 2], or numbers between commas"


def no_label(label: str, output: OutputInfo, others: ReadAs | None) -> str:
    """As `no_number`, of the names of several labels."""
    more = ", …" if len(output.labels) > _NAMED else ""
    return f"not one of the model's labels ({', '.join(output.labels[:_NAMED])}{more}); {_RENAME}"


def no_class(label: str, output: OutputInfo, others: ReadAs | None) -> str:
    """As `no_number`, of classes."""
    message = no_label(label, output, others)
    if not all(map(_UNNAMED.fullmatch, output.labels)):
        return message
    advice = "name the classes in the model's order, e.g. --class-names bad,good"
    return message.removesuffix(_RENAME) + advice


def no_choice(label: str, output: OutputInfo, others: ReadAs | None) -> str:
    """As `no_number`, of choices."""
    why = "none of the text's choices, nor the letter, number or column of one"
    if others in _CHOICE_LABELS:
        why = f"not {_CHOICE_LABELS[others]}, as the other labels are"
    return f"{why}; {_RENAME}"
