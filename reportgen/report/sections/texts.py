"""The few texts that deserve a look, each with why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reportgen.findings.findings import Findings
from reportgen.findings.ranking import REASONS, Reason
from reportgen.report.language.numbers import decimals, written
from reportgen.report.language.printable import shorten
from reportgen.report.language.strings import Language
from reportgen.report.panel.measures import cls_name
from reportgen.report.panel.prediction import Prediction, prediction
from reportgen.results.info import ANALYSED

_MOST = 8  # texts
_SHARE = 3  # at most one text in so many, so that a list of few texts is not told twice
_LEAST = 4  # texts below which there is nothing to pick from
_RANKS = 2  # texts that one reason names
_SHOWN = 96  # half-width characters of a text
_NAME = 28  # of a class or a label


@dataclass(frozen=True, slots=True)
class NotableText:
    """One text."""

    number: int
    text: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notable:
    """The texts that deserve a look, those that stand out most first."""

    lead: str  # what they were picked by
    strange: str  # what strange attention is; "" where it is no reason
    texts: tuple[NotableText, ...]
    first: int  # number of the text that is open at first


def make_notable(findings: Findings, language: Language) -> Notable:
    """The notable texts of `results`; none where there are too few to pick from.

    The text that is open at first is the one with the largest error, where there is one: it is
    what a reader of labelled texts comes for. All other reasons are statistics of attention, which
    do not outweigh the order in which the user put the texts; then it is the first.
    """
    found, ranked = findings.text_figures, findings.ranking
    first = int(ranked["error"][0]) + 1 if len(ranked["error"]) else 1
    picked = _picked(ranked, found)
    words = _Reasons(findings, language)
    names = [language.say("notable", f"by_{reason}") for reason in REASONS if reason in picked]
    texts: dict[int, list[str]] = {}
    for rank in range(_RANKS):
        for reason, rows in picked.items():
            if rank < len(rows):
                row = int(rows[rank])
                texts.setdefault(row, []).append(words.of(reason, row, rank))
    n_texts = len(findings.texts)
    most = min(_MOST, -(-n_texts // _SHARE)) if n_texts >= _LEAST else 0
    shown = list(texts.items())[:most]
    has_shares = bool(np.isfinite(found["special_share"]).any())
    strange = language.say("notable", "strange" if has_shares else "strange_entropy")
    return Notable(
        strange=strange if "strangeness" in picked else "",
        lead=language.say(
            "notable", "lead", reasons=language.say("common", "comma").join(names), n=_RANKS
        ),
        texts=tuple(
            NotableText(row + 1, _shown(findings.texts.iloc[row]), tuple(reasons))
            for row, reasons in shown
        ),
        first=first,
    )


def _picked(
    ranked: Mapping[Reason, NDArray[np.intp]], found: pd.DataFrame
) -> dict[Reason, NDArray[np.intp]]:
    """By reason the texts it names; a reason by which all texts are alike names none."""
    picked = {}
    for reason, rows in ranked.items():
        values = found[reason].to_numpy(np.float64)[rows]
        if len(rows) and (reason == "error" or np.ptp(values) > 0):
            picked[reason] = rows[:_RANKS]
    return picked


def _shown(row: "pd.Series[str]") -> str:
    whole = str(row["text"]) if pd.isna(row["pair"]) else f"{row['text']} ／ {row['pair']}"
    return shorten(whole, _SHOWN)


class _Reasons:
    """Says why a text is named, with its figure."""

    def __init__(self, findings: Findings, language: Language) -> None:
        self._findings = findings
        self._found = findings.text_figures
        self._language = language

    def of(self, reason: Reason, row: int, rank: int) -> str:
        """Why row `row` of `texts` is named, as the one of `rank` (from 0) by this reason."""
        ranked = self._say(f"rank_{rank + 1}")
        value = float(self._found[reason].iloc[row])
        if reason == "error":
            return self._error(row, ranked)
        if reason == "tokens":
            return self._say("tokens", rank=ranked, n=int(value))
        if reason == "special_share":
            return self._say("special_share", rank=ranked, share=value)
        if reason == "agreement":
            row_name = cls_name(self._findings.info, self._language) or ""
            view = self._language.measure(self._findings.shown_first, "name", row=row_name)
            return self._say("agreement", rank=ranked, value=value, view=view)
        typical = float(self._found[reason].median())
        return self._say("strangeness", rank=ranked, value=value, typical=typical)

    def _error(self, row: int, ranked: str) -> str:
        findings = self._findings
        text = findings.texts.iloc[row]
        if findings.info.output.kind == "number":
            predicted, label = float(text["prediction"]), float(text["label_value"])
            digits = self._digits()
            return self._say(
                "error",
                rank=ranked,
                predicted=written(predicted, digits),
                label=written(label, digits),
            )
        names, classes = findings.info.output.labels, findings.classes
        predicted, label = classes.predicted[row], classes.labels[row]
        shares = findings.class_shares[row]
        return self._say(
            "wrong",
            rank=ranked,
            predicted=shorten(names[predicted], _NAME),
            label=shorten(names[label], _NAME),
            sure=float(shares[predicted]),
            left=float(shares[label]),
        )

    def _digits(self) -> int | None:
        """The decimals of labels and predictions, the same for all texts."""
        values = self._findings.texts[["prediction", "label_value"]].to_numpy(np.float64)
        return decimals(float(np.abs(values[np.isfinite(values)]).max()))

    def _say(self, key: str, **values: object) -> str:
        return self._language.say("notable", key, **values)


_CELL = 28  # half-width characters of any other column
_SHOWN_IN_LIST = 110  # half-width characters of a text in the list; whole in its panel


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
    findings: Findings,
    language: Language,
    listed: Sequence[int] | None = None,
) -> TextList:
    """The list of the texts `listed` (rows of `texts`, ascending), None for all."""
    texts = findings.texts
    shown = range(len(texts)) if listed is None else listed
    output = findings.info.output
    # The decimals of a column: those that give its largest number four significant digits.
    known = [abs(float(value)) for value in texts["prediction"].dropna() if isfinite(value)]
    digits = decimals(max(known)) if known else None
    wrong = _wrong(findings)
    return TextList(
        rows=tuple(_row(findings, text, language, digits, text in wrong) for text in shown),
        total=len(texts),
        partial=""
        if len(shown) == len(texts)
        else language.say("list", "partial", n=len(shown), of=len(texts)),
        has_ids=any(str(given) != str(n) for n, given in enumerate(texts["text_id"], start=1)),
        has_predictions=output.kind != "embedding",
        has_numbers=output.kind == "number",
        has_labels=bool(texts["label"].notna().any()),
        has_errors=output.kind == "number" and bool(texts["label_value"].notna().any()),
        has_groups=bool(texts["group"].notna().any()),
    )


def _wrong(findings: Findings) -> frozenset[int]:
    """The rows of `texts` whose class is not their label."""
    if findings.info.output.kind != "class":
        return frozenset()
    classes = findings.classes
    missed = classes.compared & (classes.predicted != classes.labels)
    return frozenset(int(text) for text in missed.nonzero()[0])


def _row(
    findings: Findings,
    text: int,
    language: Language,
    digits: int | None,
    is_wrong: bool,
) -> TextRow:
    row, share = findings.texts.iloc[text], findings.special_shares.get(text)
    analysed = row["status"] in ANALYSED
    output = prediction(row, findings.info.output, language, digits) if analysed else None
    pair = None if pd.isna(row["pair"]) else str(row["pair"])
    group = None if pd.isna(row["group"]) else str(row["group"])
    return TextRow(
        number=text + 1,
        text_id=shorten(str(row["text_id"]), _CELL),
        text=shorten(
            str(row["text"]) if pair is None else f"{row['text']} ／ {pair}", _SHOWN_IN_LIST
        ),
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
