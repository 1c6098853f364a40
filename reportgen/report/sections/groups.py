"""Divides the texts into parts: by label, by predicted class, by group."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reportgen.findings.findings import Findings
from reportgen.report.language.numbers import number
from reportgen.report.language.printable import shorten
from reportgen.report.language.strings import Language

if TYPE_CHECKING:
    import pandas as pd

_LISTED = 6  # parts of one kind, the largest ones
_NAME = 28  # half-width characters of a part's name


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Some of the texts, such as those of one group."""

    name: str
    texts: NDArray[np.bool_]  # [text], whether it is in this part


def make_parts(findings: Findings, language: Language) -> tuple[tuple[str, tuple[Part, ...]], ...]:
    """The ways to divide the texts into at least two parts, each with its title.

    Where labels are many different numbers, they are cut into two halves at their median.
    """
    texts, known = findings.texts, findings.analysed
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
    """One part for each of the most frequent `names` of the `known` texts."""
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
    """One part per number where there are few, named by its first label, else two halves."""
    own: Sequence[float] = np.unique(values[known & np.isfinite(values)]).tolist()
    if len(own) <= _LISTED:
        masks = [(values == value) & known for value in own]
        return tuple(Part(shorten(str(labels[m].iloc[0]), _NAME), m) for m in masks)
    middle = float(np.median(values[known & np.isfinite(values)]))
    with np.errstate(invalid="ignore"):
        low, high = (values <= middle) & known, (values > middle) & known
    names = [language.say("across", key, x=number(middle)) for key in ("up_to", "above")]
    return tuple(Part(name, own) for name, own in zip(names, (low, high), strict=True))
