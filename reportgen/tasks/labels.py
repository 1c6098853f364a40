"""How the label of a text is read as the right answer, for each kind of output."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.results import (
    LARGEST,
    NONE,
    ClassNames,
    Results,
    label_list,
    number_list,
    number_of,
    tag_list,
)
from reportgen.tasks.choices import ChoiceReading

# What labels are read as: names of classes, their numbers from 0, or lists of one 0 or 1 per label;
# of choices see `ChoiceReading`.
ReadAs: TypeAlias = Literal["name", "number", "flags"] | ChoiceReading
Booleans: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.intp]
_IGNORED = ("-100", "_")  # in place of a label where a word has none
_NO_NUMBER = ("_", "nan")  # the same where numbers are expected
_IGNORED_NUMBER = -100.0


@dataclass(frozen=True, slots=True, eq=False)
class ClassLabels:
    """The class that each text should have."""

    places: Places  # [text], in the model's list of classes, or NONE
    read_as: ReadAs
    unmatched: Booleans  # [text], analysed texts whose label is no class
    n_folded: int  # analysed texts whose label is one only without regard to case and spaces


def class_labels(labelled: pd.DataFrame, classes: Sequence[str], analysed: Booleans) -> ClassLabels:
    """The classes that the labels of texts name.

    A label is the name of a class (see `ClassNames`), or a list with one. Where no label of the
    texts is a name, but all are whole numbers from 0 (which must be among them) to the number of
    classes less one, it is the class's number.

    Args:
        labelled: a table with the columns `label` and `label_value`, one row per text.
        classes: the names of the model's classes.
        analysed: `[text]`, whether a text has a prediction.
    """
    names = ClassNames(classes)
    has_label = labelled["label"].notna().to_numpy(np.bool_)
    spelled = [_single(label) if isinstance(label, str) else "" for label in labelled["label"]]
    places = np.array([names.find(label) if label else NONE for label in spelled], np.intp)
    read_as: ReadAs = "name"
    is_exact = np.array([names.is_exact(label) for label in spelled], np.bool_)
    n_folded = int(((places != NONE) & ~is_exact & analysed).sum())
    if not (places != NONE).any() and has_label.any():
        numbers = labelled["label_value"].to_numpy(dtype=np.float64)
        if 0 in set(numbers[has_label]) <= set(range(len(classes))):
            read_as = "number"
            places = np.where(np.isnan(numbers), NONE, np.nan_to_num(numbers)).astype(np.intp)
    return ClassLabels(places, read_as, has_label & (places == NONE) & analysed, n_folded)


def _single(label: str) -> str:
    """The label in a list of one; any other label is returned unchanged."""
    items = label_list(label)
    return items[0] if items and len(items) == 1 else label


@dataclass(frozen=True, slots=True, eq=False)
class LabelSets:
    """The labels that each text should have, of a model that gives several."""

    given: Booleans  # [text, label]
    known: Booleans  # [text], whether a text has labels and all of them are the model's
    read_as: ReadAs
    unmatched: Booleans  # [text], analysed texts with a label that is not the model's
    n_folded: int  # analysed texts whose labels match only without regard to case and spaces


def label_sets(labelled: "pd.Series[str]", labels: Sequence[str], analysed: Booleans) -> LabelSets:
    """The labels of every text of a model that gives several `labels`.

    A text has one label, a JSON list of them, or several between separators. They are names (see
    `ClassNames`). Where no label of the texts is a name, they are numbers of labels from 0; or, if
    each text has a list of as many zeros and ones as there are labels, and the same number stands
    in a list twice, one 0 or 1 for each label.

    Args:
        labelled: `[text]`, as they were given; missing where a text has none.
        labels: the names of the model's labels.
        analysed: `[text]`, whether a text has a prediction.
    """
    names = ClassNames(labels)
    rows = [names.split(label) if isinstance(label, str) else None for label in labelled]
    places: list[list[int] | None] = [
        None if parts is None else [names.find(part) for part in parts] for parts in rows
    ]
    read_as: ReadAs = "name"
    if all(place == NONE for of_text in places for place in of_text or ()):
        read_as, places = _numbered(rows, len(labels))
    given = np.zeros((len(rows), len(labels)), dtype=np.bool_)
    matched, folded = np.zeros(len(rows), np.bool_), np.zeros(len(rows), np.bool_)
    for text, (parts, of_text) in enumerate(zip(rows, places, strict=True)):
        if parts is not None and of_text is not None and NONE not in of_text:
            matched[text] = True
            given[text, of_text] = True
            folded[text] = read_as == "name" and not all(map(names.is_exact, parts))
    has_label = np.array([parts is not None for parts in rows], np.bool_)
    return LabelSets(
        given, matched, read_as, has_label & ~matched & analysed, int((folded & analysed).sum())
    )


def _numbered(
    rows: Sequence[Sequence[str] | None], n_labels: int
) -> tuple[ReadAs, list[list[int] | None]]:
    """How labels that are not names are read, and the indices of each text's labels."""
    places = [
        None if row is None else [_label_number(part, n_labels) for part in row] for row in rows
    ]
    given = [of_text for of_text in places if of_text]
    if any(len(set(of_text)) < len(of_text) for of_text in given) and all(
        len(of_text) == n_labels and set(of_text) <= {0, 1} for of_text in given
    ):
        return "flags", [
            of_text and [place for place, flag in enumerate(of_text) if flag] for of_text in places
        ]
    if given and all(NONE not in of_text for of_text in given):
        return "number", places
    return "name", [of_text and [NONE] * len(of_text) for of_text in places]


def _label_number(part: str, n_labels: int) -> int:
    """The label as one of the numbers from 0 to `n_labels` less one, or NONE."""
    text = part.strip()
    number = int(text) if text.isdecimal() and len(text) < 10 else NONE
    return number if number < n_labels else NONE


@dataclass(frozen=True, slots=True)
class Misfit:
    """A text whose label is no list with a part for each word."""

    text: int  # row of `texts`
    n_labels: int
    n_words: int


@dataclass(frozen=True, slots=True, eq=False)
class TagLabels:
    """The tag that each word should have."""

    places: Places  # [word] of all texts, in the model's list of tags, or NONE
    read_as: ReadAs
    misfits: tuple[Misfit, ...]  # texts whose label is not used
    n_unknown: int  # words whose label is no tag of the model

    @property
    def is_known(self) -> Booleans:
        """`[word]`, whether it has a label."""
        known: Booleans = self.places != NONE
        return known


@dataclass(frozen=True, slots=True, eq=False)
class WordNumbers:
    """The number that each word should have."""

    values: Floats  # [word] of all texts; NaN where a word has none
    misfits: tuple[Misfit, ...]  # texts whose label is not used
    n_unknown: int  # words whose label is no number
    read_as: ReadAs = "number"

    @property
    def is_known(self) -> Booleans:
        """`[word]`, whether it has a label."""
        known: Booleans = np.isfinite(self.values)
        return known


def word_parts(
    labelled: "pd.Series[str]", n_words: Places, is_cut: Booleans
) -> tuple[Mapping[int, list[str]], tuple[Misfit, ...]]:
    """The parts of the labels of texts that have one for each word, by the text's row; and the
    texts whose label does not. Arguments as of `tag_labels`."""
    given: dict[int, list[str]] = {}
    misfits = []
    for row in np.flatnonzero(n_words).tolist():
        n, label = int(n_words[row]), labelled.iloc[row]
        parts = tag_list(label) if isinstance(label, str) else []
        if len(parts) == n or (is_cut[row] and len(parts) > n):
            given[row] = parts[:n]
        elif parts:
            misfits.append(Misfit(row, len(parts), n))
    return given, tuple(misfits)


def number_labels(
    labelled: "pd.Series[str]", names: Sequence[str], n_words: Places, is_cut: Booleans
) -> WordNumbers:
    """The numbers that the labels of texts give to their words. Arguments as of `tag_labels`; of
    numbers there are no `names`."""
    given, misfits = word_parts(labelled, n_words, is_cut)
    values, n_unknown = np.full(int(n_words.sum()), np.nan), 0
    starts = np.cumsum(n_words) - n_words
    for row, parts in given.items():
        for word, part in enumerate(parts):
            number = number_of(part)
            if part.strip().casefold() in _NO_NUMBER or number == _IGNORED_NUMBER:
                continue
            if number is None or abs(number) > LARGEST:
                n_unknown += 1
            else:
                values[starts[row] + word] = number
    return WordNumbers(values, misfits, n_unknown)


def tag_labels(
    labelled: "pd.Series[str]", tags: Sequence[str], n_words: Places, is_cut: Booleans
) -> TagLabels:
    """The tags that the labels of texts give to their words.

    Labels are names (see `ClassNames`), or where none is one, numbers of tags from 0. Of a text
    that was cut, the labels of the words that are left are used.

    Args:
        labelled: `[text]`, as they were given; missing where a text has none.
        tags: the names of the model's tags.
        n_words: `[text]`, how many words have a prediction.
        is_cut: `[text]`, whether a text was cut.
    """
    given, misfits = word_parts(labelled, n_words, is_cut)
    known = ClassNames(tags)
    places = {row: [known.find(part) for part in parts] for row, parts in given.items()}
    read_as: ReadAs = "name"
    if places and all(place == NONE for of_text in places.values() for place in of_text):
        read_as = "number"
        places = {
            row: [_label_number(part, len(tags)) for part in parts] for row, parts in given.items()
        }
    n_unknown = sum(
        place == NONE and part not in _IGNORED
        for row, of_text in places.items()
        for place, part in zip(of_text, given[row], strict=True)
    )
    by_word = np.full(int(n_words.sum()), NONE, np.intp)
    starts = np.cumsum(n_words) - n_words
    for row, of_text in places.items():
        by_word[starts[row] : starts[row] + len(of_text)] = of_text
    return TagLabels(by_word, read_as, misfits, n_unknown)


def mask_labels(label: object, n_masks: int) -> list[str | None]:
    """The right word of each mask of a text, from a JSON list or a single word; None for each if
    there are more or fewer words than masks."""
    words = right_answers(label)
    return [word or None for word in words] if len(words) == n_masks else [None] * n_masks


def right_answers(label: object) -> list[str]:
    """The right answers of a text: those in a JSON list, or the label itself; empty without one."""
    return (label_list(label) or [label]) if isinstance(label, str) else []


def label_numbers(labels: Iterable[object], n: int) -> Floats:
    """`[text, number]`: the labels of a model that returns `n` numbers; NaN in all of a text whose
    label is not as many."""
    given = list(labels)
    rows = np.full((len(given), n), np.nan)
    for row, label in enumerate(given):
        numbers = number_list(label) if isinstance(label, str) else None
        if numbers is not None and len(numbers) == n:
            rows[row] = numbers
    return rows


def n_numbers(results: Results) -> int:
    """How many numbers the model returns for a text."""
    widths = map(len, results.texts["scores"])
    return len(results.info.output.labels) or max(widths, default=0)
