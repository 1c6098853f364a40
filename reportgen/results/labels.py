"""Reads stored labels: which class of the model a label names, or which several."""

import json
import math
import unicodedata
from collections import Counter
from collections.abc import Sequence

NONE = -1  # in place of a class where there is none
# No model in float32 comes near a number beyond it, and squares of it can still be added up.
LARGEST = 1e38
_SEPARATORS = ",;|、，；"  # between the labels of one text


class ClassNames:
    """Finds the classes of a model by the names in labels.

    A label names a class if they are the same without spaces around them; else if they are the same
    without regard to case, width and number of spaces, and only one class is.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._exact = {name: place for place, name in enumerate(names)}
        counts = Counter(map(_folded, names))
        self._folded = {
            _folded(name): place for place, name in enumerate(names) if counts[_folded(name)] == 1
        }

    def find(self, label: str) -> int:
        """The index of the class that `label` names, or NONE."""
        place = self._exact.get(label.strip())
        return self._folded.get(_folded(label), NONE) if place is None else place

    def is_exact(self, label: str) -> bool:
        """Whether `label` is exactly the name of a class."""
        return label.strip() in self._exact

    def split(self, label: str) -> list[str]:
        """The labels in a label that may contain several: a JSON list, or parts between separators.

        A name of a class is one label, even if it holds a separator.
        """
        if (items := label_list(label)) is not None:
            return items
        if self.find(label) != NONE:
            return [label]
        for mark in _SEPARATORS[1:]:
            label = label.replace(mark, _SEPARATORS[0])
        return [part for part in label.split(_SEPARATORS[0]) if part.strip()]


def label_list(label: str, null: str | None = None) -> list[str] | None:
    """The items of a label that is a JSON list of strings and numbers; None for any other label.
    `null` stands in place of null, if that is allowed."""
    if not label.lstrip().startswith("["):
        return None
    try:
        items = json.loads(label, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None
    items = [null if item is None else item for item in items]
    return items if all(isinstance(item, str) for item in items) else None


def number_of(label: str) -> float | None:
    """The number that a label stands for; None if it is not a finite number.

    A percent sign is left out: "2.1%" is 2.1, not 0.021. Full-width digits count as digits.
    """
    text = unicodedata.normalize("NFKC", label).strip().removesuffix("%")
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def number_list(label: str) -> list[float] | None:
    """The numbers in a label with several: a JSON list, or parts between separators; None where
    one of them is not a number from -`LARGEST` to `LARGEST`."""
    items = label_list(label)
    if items is None:
        for mark in _SEPARATORS[1:]:
            label = label.replace(mark, _SEPARATORS[0])
        items = label.split(_SEPARATORS[0])
    numbers = [number_of(item) for item in items]
    known = [number for number in numbers if number is not None and abs(number) <= LARGEST]
    return known if len(known) == len(numbers) else None


def tag_list(label: str) -> list[str]:
    """The parts of a label with one for each word, such as a tag: a JSON list, or parts between
    spaces. "_" stands for a word without one, as null does in JSON."""
    items = label_list(label, null="_")
    return label.split() if items is None else items


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
