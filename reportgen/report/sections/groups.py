"""The texts in parts: by label, by predicted class, by group."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.findings.findings import Findings
from reportgen.report.language.numbers import number
from reportgen.report.language.printable import shorten
from reportgen.report.language.strings import Language

_LISTED = 6  # parts of one kind, the largest
_NAME = 28  # half-width characters of a part's name


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Some of the texts."""

    name: str
    texts: NDArray[np.bool_]  # [text]


@dataclass(frozen=True, slots=True)
class PartRow:
    """What stands out in one part of the texts; for each column tokens with their figures."""

    name: str
    n_texts: str
    cells: tuple[tuple[tuple[str, str], ...], ...]


@dataclass(frozen=True, slots=True)
class PartTable:
    """The texts by label, class or group."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[PartRow, ...]


def make_parts(findings: Findings, language: Language) -> tuple[tuple[str, tuple[Part, ...]], ...]:
    """The ways to part the texts, each with its title; one that leaves a single part is none.

    Numbers as labels of which there are many are cut into two halves at their median.
    """
    texts = findings.texts
    known = findings.analysed
    values = texts["label_value"].where(texts["label"].notna())
    ways: list[tuple[str, tuple[Part, ...]]] = []
    if findings.info.output.kind == "class":
        title = language.say("across", "by_class")
        ways.append((title, _named(texts["prediction_label"], known)))
    if values[known].notna().sum() == texts["label"][known].notna().sum():
        parts = _numbers(texts["label"], values.to_numpy(np.float64), known, language)
    else:
        parts = _named(texts["label"], known)
    ways.append((language.say("across", "by_label"), parts))
    ways.append((language.say("common", "by_group"), _named(texts["group"], known)))
    return tuple((title, parts) for title, parts in ways if len(parts) > 1)


def _named(names: "pd.Series[str]", known: NDArray[np.bool_]) -> tuple[Part, ...]:
    """A part for each of the names that most of the `known` texts have."""
    counts = names[known].value_counts(sort=False)
    counts = counts.sort_values(ascending=False, kind="stable").iloc[:_LISTED]
    return tuple(
        Part(shorten(str(name), _NAME), (names == name).to_numpy(np.bool_, na_value=False) & known)
        for name in counts.index
    )


def _numbers(
    labels: "pd.Series[str]",
    values: NDArray[np.float64],
    known: NDArray[np.bool_],
    language: Language,
) -> tuple[Part, ...]:
    """A part for each of few numbers, by the first `labels` that give it, else two halves."""
    own: Sequence[float] = np.unique(values[known & np.isfinite(values)]).tolist()
    if len(own) <= _LISTED:
        masks = [(values == value) & known for value in own]
        return tuple(Part(_first(labels[mask]), mask) for mask in masks)
    middle = float(np.median(values[known & np.isfinite(values)]))
    with np.errstate(invalid="ignore"):
        low, high = (values <= middle) & known, (values > middle) & known
    said = number(middle)
    return (
        Part(language.say("across", "up_to", x=said), low),
        Part(language.say("across", "above", x=said), high),
    )


def _first(labels: "pd.Series[str]") -> str:
    return shorten(str(labels.iloc[0]), _NAME)
