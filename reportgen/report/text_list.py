"""The list of texts: one line each, with the figures it is sorted and filtered by."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

import pandas as pd

from reportgen.info import ANALYSED
from reportgen.report.classes import match_classes
from reportgen.report.language import Language, decimals
from reportgen.report.prediction import Prediction, prediction
from reportgen.report.static import shorten
from reportgen.results import Results

_CELL = 28  # half-width characters of any other column
_SHOWN = 110  # half-width characters of a text in the list; whole in its panel


@dataclass(frozen=True, slots=True)
class TextRow:
    """A line of the list of texts; a cell that had to be cut stands whole in `whole`."""

    number: int
    text_id: str
    text: str
    group: str | None
    prediction: Prediction | None
    is_wrong: bool  # a class other than its label
    n_tokens: int
    sink_share: str
    status: str
    whole: "Whole"


@dataclass(frozen=True, slots=True)
class Whole:
    """What was cut to fit a cell, uncut; None where nothing was."""

    text_id: str | None = None
    group: str | None = None
    prediction: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class TextList:
    """The listed texts in input order, and which columns they have."""

    rows: tuple[TextRow, ...]
    total: int  # of all texts, listed or not
    partial: str  # how many of them are listed; "" where all are
    has_ids: bool  # that are not the texts' numbers
    has_predictions: bool  # in a word; an embedding has none
    has_numbers: bool  # the predictions are single numbers
    has_labels: bool
    has_errors: bool
    has_groups: bool


def make_text_list(
    results: Results,
    language: Language,
    shares: pd.Series,
    listed: Sequence[int] | None = None,
) -> TextList:
    """The list of the texts `listed` (rows of `texts`, ascending), None for all; `shares` as
    `sink_shares` gives them."""
    texts = results.texts
    shown = range(len(texts)) if listed is None else listed
    output = results.info.output
    # The decimals of a column: those that give its largest number four significant digits.
    known = [abs(float(value)) for value in texts["prediction"].dropna() if isfinite(value)]
    digits = decimals(max(known)) if known else None
    wrong = _wrong(results)
    return TextList(
        rows=tuple(
            _row(results, text, language, shares.get(text), digits, text in wrong) for text in shown
        ),
        total=len(texts),
        partial=""
        if len(shown) == len(texts)
        else language.say("list", "partial", n=f"{len(shown):,}", of=f"{len(texts):,}"),
        has_ids=any(str(given) != str(n) for n, given in enumerate(texts["text_id"], start=1)),
        has_predictions=output.kind != "embedding",
        has_numbers=output.kind == "number",
        has_labels=bool(texts["label"].notna().any()),
        has_errors=output.kind == "number" and bool(texts["label_value"].notna().any()),
        has_groups=bool(texts["group"].notna().any()),
    )


def _wrong(results: Results) -> frozenset[int]:
    """The rows of `texts` whose class is not their label."""
    if results.info.output.kind != "class":
        return frozenset()
    classes = match_classes(results)
    missed = classes.compared & (classes.predicted != classes.labels)
    return frozenset(int(text) for text in missed.nonzero()[0])


def _row(
    results: Results,
    text: int,
    language: Language,
    share: float | None,
    digits: int | None,
    is_wrong: bool,
) -> TextRow:
    row = results.texts.iloc[text]
    analysed = row["status"] in ANALYSED
    output = prediction(row, results.info.output, language, digits) if analysed else None
    pair = None if pd.isna(row["pair"]) else str(row["pair"])
    group = None if pd.isna(row["group"]) else str(row["group"])
    return TextRow(
        number=text + 1,
        text_id=shorten(str(row["text_id"]), _CELL),
        text=shorten(str(row["text"]) if pair is None else f"{row['text']} ／ {pair}", _SHOWN),
        group=None if group is None else shorten(group, _CELL),
        prediction=None if output is None else _shortened(output),
        is_wrong=is_wrong,
        n_tokens=int(row["n_tokens"]),
        sink_share="" if share is None else language.percent(float(share)),
        status=str(row["status"]),
        whole=Whole(
            text_id=_cut(str(row["text_id"])),
            group=_cut(group),
            prediction=None if output is None else _cut(output.value),
            label=None if output is None else _cut(output.label),
        ),
    )


def _cut(value: str | None) -> str | None:
    return None if value is None or shorten(value, _CELL) == value else value


def _shortened(output: Prediction) -> Prediction:
    label = None if output.label is None else shorten(output.label, _CELL)
    return replace(output, value=shorten(output.value, _CELL), label=label)
